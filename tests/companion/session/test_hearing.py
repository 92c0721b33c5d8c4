"""What the keys tell: the voice, the rest, the loudness, the key of the music."""

from __future__ import annotations

import pytest
from support.jamfakes import PLAIN, chords_at

from companion.controls.settings import Settings
from companion.generation.improviser import Context, Improviser, Planned
from companion.music.key import Key
from companion.phrase.hands import Hands
from companion.session.hearing import FEWEST_KEY_STEPS, Hearing
from companion.session.plan import guidance_of


def imagined(steps: int) -> list[Planned]:
    """Steps of C major that nobody played."""
    improviser = Improviser(chords_at({0: (72, 67, 64, 48)}))  # type: ignore[arg-type]
    context, made = Context(improviser.start(0), Hands()), []
    for _ in range(steps):
        made.append(improviser.heard(context, context.hands, guidance_of(PLAIN, None, 0), 0))
        context = made[-1].after
    return made


def test_a_rest_is_over_when_no_key_is_down_for_so_many_beats() -> None:
    hearing = Hearing()
    assert hearing.rest_over(Settings(rest_beats=2)) is None
    hearing.capture.press(0, 60, 80, 0)
    assert hearing.rest_over(Settings()) is None
    hearing.capture.release(3.5, 60, 0)
    assert hearing.rest_over(Settings(rest_beats=2)) == 11.5


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
