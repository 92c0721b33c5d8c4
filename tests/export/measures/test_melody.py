"""Steps and leaps of all voices, among the motions they make."""

from __future__ import annotations

from support.made_up import frames_of_chords

from export.measures import melody
from export.measures.tally import Tally

# Soprano: a step, a sixth, an octave down; alto: a third, a fourth; tenor: nothing; bass: a seventh, a rest, a note
FRAMES = frames_of_chords([(60, 60, 55, 40), (62, 60, 55, 50), (71, 63, 55, 0), (59, 68, 55, 41)])


def test_steps_are_of_two_semitones_at_most() -> None:
    assert melody.steps(FRAMES) == Tally(1, 6)


def test_leaps_are_of_a_fourth_or_more() -> None:
    assert melody.leaps(FRAMES) == Tally(4, 6)


def test_wide_leaps_leave_octaves_aside() -> None:
    assert melody.wide_leaps(FRAMES) == Tally(2, 6)  # the sixth of nine semitones and the bass's ten
    assert melody.wide_leaps(frames_of_chords([(60, 60, 55, 40), (68, 60, 55, 40)])) == Tally(0, 1)  # a minor sixth


def test_a_voice_that_stays_has_no_motions() -> None:
    still = frames_of_chords([(60, 57, 55, 40)] * 3)
    assert melody.steps(still) == Tally(0, 0)
    assert melody.steps(still).rate is None
