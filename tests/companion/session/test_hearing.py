"""What the keys tell: the voice, the rest, the loudness, the key of the music."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.jamfakes import PLAIN, chords_at

from companion.controls.settings import Settings
from companion.generation.improviser import Context, Improviser, Planned
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.pulse import QUARTERS
from companion.phrase.hands import Hands
from companion.session.hearing import FEWEST_KEY_STEPS, Hearing
from companion.session.plan import guidance_of

FOUR_FOUR = Barlines()


def imagined(steps: int) -> list[Planned]:
    """Steps of C major that nobody played."""
    improviser = Improviser(chords_at({0: (72, 67, 64, 48)}))  # type: ignore[arg-type]
    context, made = Context(improviser.start(0), Hands()), []
    for _ in range(steps):
        made.append(improviser.heard(context, context.hands, guidance_of(PLAIN, None, QUARTERS), 0))
        context = made[-1].after
    return made


def test_a_rest_is_over_when_no_key_is_down_for_so_many_beats() -> None:
    hearing, two = Hearing(), replace(PLAIN, rest_beats=2.0)
    assert hearing.phrase_over(two, FOUR_FOUR) is None
    hearing.capture.press(0, 60, 80, 0)
    assert hearing.phrase_over(two, FOUR_FOUR) is None
    hearing.capture.release(3.5, 60, 0)
    assert hearing.phrase_over(two, FOUR_FOUR) == 11.5


def sung(*pitches: int, last_steps: int) -> Hearing:
    """Quarters in C major, and a last tone; every key comes up as the next goes down."""
    hearing = Hearing(key=Key(0, False))
    lengths = [*([4] * (len(pitches) - 1)), last_steps]
    for number, (pitch, steps) in enumerate(zip(pitches, lengths, strict=True)):
        hearing.capture.press(4 * number, pitch, 80, 0)
        hearing.capture.release(4.0 * number + steps, pitch, 0)
    return hearing


def test_a_long_tonic_reached_from_above_ends_a_phrase_at_once_and_a_tone_on_its_way_is_waited_for() -> None:
    sense = replace(PLAIN, phrase_end="sense", rest_beats=3.0)
    home = sung(60, 62, 64, 65, 67, 64, 62, 60, last_steps=8)
    away = sung(60, 62, 64, 65, 67, 64, 66, 69, last_steps=4)
    assert home.phrase_over(sense, FOUR_FOUR) == 37.0  # the first 16th of silence
    over = away.phrase_over(sense, FOUR_FOUR)
    assert over is not None and over > 32 + 6  # a breath of a beat and a half ends nothing


def test_no_silence_within_a_phrase_is_longer_than_the_rest() -> None:
    hearing = sung(60, 62, 64, 65, 67, 64, 66, 69, last_steps=4)
    assert hearing.phrase_over(replace(PLAIN, phrase_end="sense", rest_beats=0.5), FOUR_FOUR) == 34.0


def test_the_same_silence_is_told_until_something_is_played_or_heard() -> None:
    sense = replace(PLAIN, phrase_end="sense", rest_beats=3.0)
    hearing = sung(60, 62, 64, 65, 67, 64, 62, 60, last_steps=8)
    assert hearing.phrase_over(sense, FOUR_FOUR) == hearing.phrase_over(sense, FOUR_FOUR) == 37.0
    asked = replace(sense, key="F# major")  # where it is a tone that no scale has
    assert hearing.phrase_over(asked, FOUR_FOUR) != 37.0
    hearing.capture.press(38, 62, 80, 0)
    assert hearing.phrase_over(sense, FOUR_FOUR) is None


@pytest.mark.parametrize(("rule", "loud"), [("played", 60), ("90", 90)])
def test_an_answer_is_as_loud_as_the_phrase_unless_a_rule_says_otherwise(rule: str, loud: int) -> None:
    hearing = Hearing()
    for step, velocity in enumerate((50, 70)):
        hearing.capture.press(step, 60, velocity, 0)
    hearing.hear_loudness()
    assert hearing.velocity_rule(Settings(velocity=rule))(0, 0.0, 0) == loud


def test_the_key_takes_some_steps_to_be_heard() -> None:
    hearing = Hearing()
    hearing.hear_key(imagined(FEWEST_KEY_STEPS - 1))
    assert hearing.key is None
    hearing.hear_key(imagined(FEWEST_KEY_STEPS))
    assert hearing.key == Key(0, False)


@pytest.mark.parametrize(
    ("pitch", "voice", "told"),
    [(72, 0, ""), (100, 0, "E7 is out of the soprano's range: it is heard 2 octaves lower")],
)
def test_a_note_out_of_range_is_told_once(pitch: int, voice: int, told: str) -> None:
    hearing, before = Hearing(), Hands()
    press = hearing.capture.press(0, pitch, 80, 0)
    hands = before.deal(0, [press], [0], False)
    assert hearing.likely_voice(press, before, hands) == (voice, told)
    assert hearing.likely_voice(press, hands, hands) == (voice, "")
