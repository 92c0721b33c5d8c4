"""Chords by name and what they do, each by an example that would tell if it were counted otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.made_up import frames_of_chords

from companion.music.vocabulary import HOLD, strike
from export.measures import function
from export.measures.function import Sonority, chord_of
from export.measures.passage import Passage
from export.measures.tally import Tally

TONIC, SUBDOMINANT, DOMINANT = (72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55)
SEVENTH, CLASH = (71, 65, 62, 55), (72, 67, 61, 48)
C_MAJOR = [TONIC, SUBDOMINANT, DOMINANT, TONIC] * 4  # enough for the key to be heard


def passage(chords: Sequence[Sequence[int]], start: int = 0) -> Passage:
    return Passage("x", frames_of_chords(chords), start)


@pytest.mark.parametrize(
    ("pitches", "chord"),
    [
        (TONIC, Sonority(0, (0, 4, 7))),
        ((72, 64, 60, 52), Sonority(0, (0, 4, 7))),  # the fifth may be missing
        (SEVENTH, Sonority(7, (0, 4, 7, 10))),
        ((71, 65, 55, 43), Sonority(7, (0, 4, 7, 10))),
        ((71, 65, 62, 59), Sonority(11, (0, 3, 6))),
        ((72, 67, 60, 48), None),  # an open fifth
        (CLASH, None),
        ((0, 0, 0, 0), None),
    ],
)
def test_a_chord_has_the_name_of_its_root_and_what_stands_on_it(
    pitches: tuple[int, ...], chord: Sonority | None
) -> None:
    assert chord_of(pitches) == chord


def test_a_piece_opens_on_a_triad_or_not_and_what_goes_on_is_not_asked() -> None:
    assert function.opens_on_triad(passage(C_MAJOR)) == Tally(1, 1)
    assert function.opens_on_triad(passage([SEVENTH, *C_MAJOR])) == Tally(0, 1)
    assert function.opens_on_triad(passage([(0, 0, 0, 0), *C_MAJOR])) == Tally(1, 1)
    assert function.opens_on_triad(passage([(71, 65, 62, 59), *C_MAJOR])) == Tally(0, 1)  # diminished
    assert function.opens_on_triad(passage([SEVENTH, *C_MAJOR], start=4)).rate is None


def test_a_piece_opens_at_home_on_the_tonic_alone() -> None:
    assert function.opens_at_home(passage(C_MAJOR)) == Tally(1, 1)
    assert function.opens_at_home(passage([DOMINANT, *C_MAJOR])) == Tally(0, 1)


def test_the_dominant_goes_to_the_tonic_over_what_has_no_name_and_from_its_seventh() -> None:
    assert function.authentic_progressions(passage(C_MAJOR)) == Tally(4, 12)  # the tonic twice is one
    held = passage([*C_MAJOR, DOMINANT, SEVENTH, CLASH, TONIC])
    assert function.authentic_progressions(held) == Tally(5, 14)


def test_another_fall_of_a_fifth_is_none() -> None:
    piece = passage([*C_MAJOR, SUBDOMINANT])  # from I to IV
    assert function.authentic_progressions(piece) == Tally(4, 13)


def test_a_leading_tone_is_doubled_in_what_goes_to_the_tonic() -> None:
    doubled = (71, 67, 62, 47)
    assert function.doubled_leading_tones(passage(C_MAJOR)) == Tally(0, 4)
    assert function.doubled_leading_tones(passage([*C_MAJOR, (71, 62, 59, 55), TONIC])) == Tally(1, 5)
    assert function.doubled_leading_tones(passage([*C_MAJOR, doubled, SUBDOMINANT])) == Tally(0, 4)


def test_a_fifth_in_the_bass_counts_in_triads_and_in_sevenths() -> None:
    piece = passage([TONIC, (72, 64, 60, 55), (71, 67, 65, 50), (72, 67, 64, 52)])
    assert function.six_fours(piece) == Tally(2, 4)


def test_seventh_chords_and_those_that_lead_nowhere() -> None:
    piece = passage([TONIC, SEVENTH, (72, 69, 65, 50), (71, 67, 64, 48), CLASH])  # G7, d7, a C major seventh
    assert function.seventh_chords(piece) == Tally(3, 5)
    assert function.soft_sevenths(piece) == Tally(2, 5)


def test_a_dissonant_beat_is_led_on_within_a_beat() -> None:
    beat = frames_of_chords([TONIC])
    late = frames_of_chords([CLASH], steps=8)
    off = np.concatenate([frames_of_chords([CLASH], steps=2), frames_of_chords([SUBDOMINANT], steps=2)])
    assert function.dissonant_beats_led_on(Passage("x", np.concatenate([beat, off, beat]))) == Tally(1, 1)
    assert function.dissonant_beats_led_on(Passage("x", np.concatenate([beat, late, beat]))) == Tally(1, 2)


def test_root_motions_are_from_beat_to_beat_and_nothing_goes_over_what_has_no_name() -> None:
    motions = function.root_motions(passage([TONIC, TONIC, SUBDOMINANT, CLASH, TONIC, DOMINANT]))
    assert motions.tolist() == [1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]


def suspended(alto: tuple[tuple[int, int], ...], bass: tuple[int, ...] = (48, 43, 48)) -> Passage:
    """An alto of pitches that last so many steps, under C and over a bass in quarters."""
    frames = frames_of_chords([(72, 60, 55, pitch) for pitch in bass])
    column = [token for pitch, steps in alto for token in [strike(pitch), *[HOLD] * (steps - 1)]]
    frames[: len(column), 1] = column
    return Passage("x", frames)


@pytest.mark.parametrize(
    ("alto", "found"),
    [
        (((60, 6), (59, 6)), 1),  # a fourth, prepared for a beat
        (((64, 2), (60, 4), (59, 6)), 1),  # for half of one
        (((64, 3), (60, 3), (59, 6)), 0),  # for less
        (((60, 8), (59, 4)), 1),  # it goes down on the next beat
        (((60, 12),), 0),  # or never
        (((60, 6), (62, 6)), 0),  # up
        (((60, 6), (57, 6)), 0),  # by a leap
        (((60, 4), (60, 2), (59, 6)), 1),  # struck again it is held, too, as the CSV set has it
        (((62, 6), (60, 6)), 0),  # a fifth with the bass
        (((64, 4), (60, 2), (59, 6)), 0),  # begun on the beat
    ],
)
def test_a_suspension_is_held_over_the_beat_and_goes_down_by_step(
    alto: tuple[tuple[int, int], ...], found: int
) -> None:
    assert function.suspensions(suspended(alto)) == Tally(found, 3)


def test_what_goes_on_is_asked_of_its_own_beats() -> None:
    piece = suspended(((60, 6), (59, 6)))
    assert function.suspensions(Passage("x", piece.piece, 2)) == Tally(1, 2)
    assert function.suspensions(Passage("x", piece.piece, 4)) == Tally(0, 2)
