"""What the frames of a gap are asked to be, by what is known around it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from support.fakes import random_source

from companion.generation.asked import AskedHarmony
from companion.generation.blanks import Blank
from companion.generation.gap import IN_VIEW, UNSEEING, Gap, Means
from companion.harmony.chords import Chord
from companion.harmony.symbols import AskedChord
from companion.model.codes import NOTHING
from companion.music.key import Key
from companion.music.vocabulary import HOLD, REST, STEPS_PER_BEAT, IntArray, strike
from companion.phrase.seed import Phrase
from companion.sampling.styles import STYLES

ALL, INNER = (0, 1, 2, 3), (1, 2)
CHORDS = ((72, 67, 64, 48), (71, 67, 62, 55), (72, 64, 60, 57), (72, 65, 60, 53))


def frames_of(beats: int) -> IntArray:
    """A chord a beat."""
    struck = np.array([[strike(pitch) for pitch in CHORDS[beat % 4]] for beat in range(beats)])
    frames = np.full((beats * STEPS_PER_BEAT, 4), HOLD, dtype=np.int32)
    frames[::STEPS_PER_BEAT] = struck
    return frames


def phrase_of(frames: IntArray, first_step: int = 0, given: tuple[bool, bool, bool, bool] = (True,) * 4) -> Phrase:
    return Phrase(frames, given, (), 480, first_step, first_step, 16, 0, ())


def gap_of(
    voices: tuple[int, ...] = ALL, beats: int = 16, means: Means | None = None, blank: bool = False, **said: object
) -> Gap:
    frames = frames_of(beats)
    if blank:
        frames[16:32, list(voices)] = REST
    phrase = said.pop("phrase", phrase_of(frames))
    assert isinstance(phrase, Phrase)
    return Gap(phrase, Blank(16, 32, voices), STYLES["bach"], random_source(), means=means or Means(), **said)  # type: ignore[arg-type]


def test_what_is_kept_is_given_and_the_rest_is_not() -> None:
    gap = gap_of(INNER)
    assert gap.request(15).given == dict(enumerate([HOLD] * 4))
    assert gap.request(16).given == {0: strike(72), 3: strike(48)}
    assert gap.request(32).given == dict(enumerate(strike(pitch) for pitch in CHORDS[0]))


def test_chords_are_asked_for_where_anything_is_made_anew() -> None:
    one, other = (AskedChord(root, (4, 7)) for root in (7, 0))
    asked = AskedHarmony({step: (one,) if step < 20 else (other,) for step in range(0, 64, 4)})
    gap = gap_of(INNER, asked=asked)
    options = {at: harmony.beat.options for at in range(12, 36, 4) if (harmony := gap.request(at).harmony)}
    assert options == {16: (one,), 20: (other,), 24: (other,), 28: (other,)}
    free = [gap_of(INNER).request(at).harmony for at in range(16, 32, 4)]
    assert [harmony.beat.options for harmony in free if harmony] == [()] * 4


def test_a_chord_that_is_asked_for_on_the_last_close_need_not_be_the_key_s() -> None:
    asked = AskedHarmony({28: (AskedChord(9, (3, 7)),)})
    own, other = (gap_of(beats=8, closes=[28], asked=one).closes() for one in (AskedHarmony(), asked))
    assert (own, other) == ({28: Key(0, minor=False)}, {28: None})


def test_a_model_is_told_what_each_voice_does_next() -> None:
    seen = gap_of(INNER).request(28).conditions.ahead
    blind = gap_of(INNER, means=UNSEEING).request(28).conditions.ahead
    assert seen is not None and blind is not None
    following = [strike(pitch) for pitch in CHORDS[0]]
    assert (seen.later.tolist(), seen.steps.tolist()) == (following, [4] * 4)
    assert (blind.later.tolist(), blind.steps.tolist()) == (
        [following[0], NOTHING, NOTHING, following[3]],
        [4, 0, 0, 4],
    )


@pytest.mark.parametrize("voices", [ALL, INNER])
def test_the_chords_before_lead_to_those_after(voices: tuple[int, ...]) -> None:
    """A phrase that closes before a tonic chord closes on it oftener than where nothing is known of what comes."""
    found = []
    for means in (Means(), UNSEEING):
        harmony = gap_of(voices, means=means, asked_key=Key(0, minor=False)).request(28).harmony
        assert harmony is not None and harmony.beat.toward is not None
        tonic = harmony.progressions.of_chord(Chord(0, 0, 0))
        found.append(float(harmony.beat.toward[tonic] / harmony.beat.toward.sum()))
    seeing, unseeing = found
    assert seeing > 1.5 * unseeing


def test_in_the_last_beat_voices_come_to_what_they_go_on_with() -> None:
    rules = [len(gap_of().request(at).sampling.rules) for at in (27, 28, 31)]
    assert rules == [rules[0], rules[0] + 1, rules[0] + 1]
    assert len(gap_of(means=UNSEEING).request(31).sampling.rules) == rules[0]
    assert len(gap_of(beats=8).request(31).sampling.rules) == rules[0], "nothing comes after"


def test_a_last_chord_is_held_until_a_voice_that_is_kept_goes_on() -> None:
    frames = frames_of(16)
    frames[20:36, 0] = HOLD
    alone = phrase_of(frames)
    gap = Gap(alone, Blank(16, 32, (1, 2)), STYLES["bach"], random_source(), closes=(16,))
    assert [(span.close, span.end) for span in gap.form.spans[:1]] == [(16, 20)]
    assert set(gap.request(19).given) == {0, 1, 2, 3}
    assert set(gap.request(21).given) == {0, 3}
    frames[20:36, 3] = HOLD
    held = Gap(phrase_of(frames), Blank(16, 32, (1, 2)), STYLES["bach"], random_source(), closes=(16,))
    assert set(held.request(21).given) == {0, 1, 2, 3}


def test_so_they_do_in_a_close_that_is_held_until_then() -> None:
    gap = gap_of(closes=(20,), blank=True)
    assert [gap.form.steps_to_close(at) for at in (20, 31)] == [0, -11]
    assert [len(gap.request(at).sampling.rules) for at in (19, 20)] == [
        len(gap_of(closes=(20,), blank=True, means=UNSEEING).request(at).sampling.rules) + more
        for at, more in ((19, 0), (20, 1))
    ]


def test_the_first_notes_begin_anew_even_where_a_chord_is_held() -> None:
    """The close before goes on to its phrase's end; what was kept ends where it ended."""
    gap = gap_of(ALL, closes=(12,), blank=True)
    assert gap.form.steps_to_close(16) == -4
    assert gap.request(16).given == {}
    assert gap.request(17).given == dict.fromkeys(range(4), HOLD)


def test_phrases_end_where_fermatas_are() -> None:
    gap = gap_of(closes=(12, 28, 44))
    assert [span.close for span in gap.form.spans] == [12, 28, 44, 60]
    assert gap.closes() == {28: None}
    assert gap.request(28).conditions.steps_to_close == 0


def test_two_fermatas_on_one_long_note_are_one_end() -> None:
    """An inner voice may come to its own a beat later."""
    frames = frames_of(16)
    frames[29:40, 0] = HOLD
    spans = Gap(phrase_of(frames), Blank(16, 32, ALL), STYLES["bach"], random_source(), closes=(12, 28, 32)).form.spans
    assert [(span.start, span.close, span.end) for span in spans] == [(0, 12, 16), (16, 28, 32), (32, 60, 64)]


def test_where_fermatas_are_far_apart_the_tune_tells_of_others() -> None:
    frames = frames_of(40)
    for close in (28, 92):
        frames[close + 1 : close + 12] = HOLD
    phrase = phrase_of(frames)
    closes = Gap(phrase, Blank(48, 64, ALL), STYLES["bach"], random_source(), closes=(92,)).form.spans
    assert {28, 92} <= {span.close for span in closes}, "a long note, and a fermata"
    assert all(one.end == other.start for one, other in itertools.pairwise(closes))


@pytest.mark.parametrize("voices", [ALL, INNER])
def test_the_last_bars_close_the_piece_in_its_key(voices: tuple[int, ...]) -> None:
    frames = frames_of(8)
    gap = Gap(phrase_of(frames), Blank(16, 32, voices), STYLES["bach"], random_source(), Key.of_name("C major"))
    assert gap.closes() == {28: Key(0, minor=False)}
    assert (gap.stop, gap.after) == (32, 32)


def test_bars_without_a_tune_close_where_the_others_leave_room() -> None:
    """Whatever the dice: no close is drawn among what is known, and phrases follow without a gap."""
    frames = frames_of(40)
    frames[64:96] = REST
    for number in range(30):
        gap = Gap(phrase_of(frames), Blank(64, 96, ALL), STYLES["bach"], random_source(number))
        spans = gap.form.spans
        assert spans[0].start == 0
        assert all(one.end == other.start for one, other in itertools.pairwise(spans))
        assert all(one.start <= one.close < one.end for one in spans)
        assert spans[-1].end == len(gap.frames)


def test_voices_that_the_piece_lacks_are_sung_along() -> None:
    frames = frames_of(16)
    frames[:, 1:] = REST
    gap = gap_of((0,), phrase=phrase_of(frames, given=(True, False, False, False)))
    assert gap.request(3).given == {0: HOLD}
    assert gap.request(16).given == {}
    assert gap.anew.sum(axis=0).tolist() == [16, 0, 0, 0]


def test_of_a_long_piece_only_what_is_near_is_gone_through() -> None:
    frames = frames_of(400)
    gap = Gap(phrase_of(frames), Blank(800, 832, ALL), STYLES["bach"], random_source())
    assert (gap.first, gap.stop, len(gap.frames)) == (512, 544, 544 + IN_VIEW)
    assert not gap.form.ends


def test_a_piece_may_begin_inside_a_beat() -> None:
    frames = frames_of(16)[2:]
    gap = Gap(phrase_of(frames, first_step=2), Blank(14, 30, ALL), STYLES["bach"], random_source())
    assert gap.lead == 2
    assert gap.steps[gap.first] == 16
    assert gap.request(gap.first).harmony is not None
