"""Faults of part-writing are counted one by one, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import frames_of_chords

from companion.music.partwriting import FIFTHS, OCTAVES
from companion.music.vocabulary import IntArray, strike
from export.measures import partwriting
from export.measures.tally import Tally

C_MAJOR = (72, 67, 64, 48)


def moves(*chords: tuple[int, int, int, int]) -> IntArray:
    return frames_of_chords(chords)


@pytest.mark.parametrize(
    ("to", "fifths", "octaves"),
    [
        ((74, 69, 65, 50), 1, 1),  # soprano, alto and bass go up together
        ((72, 69, 65, 50), 1, 0),  # the soprano stays
        ((71, 67, 62, 47), 0, 1),  # the alto stays
        ((71, 69, 65, 53), 0, 0),  # contrary motion
        ((72, 65, 62, 46), 1, 0),  # alto and bass go down together
    ],
)
def test_parallels_are_of_voices_that_move_the_same_way(
    to: tuple[int, int, int, int], fifths: int, octaves: int
) -> None:
    frames = moves(C_MAJOR, to)
    assert partwriting.parallels(frames, FIFTHS) == Tally(fifths, 1)
    assert partwriting.parallels(frames, OCTAVES) == Tally(octaves, 1)


def test_a_fifth_that_moves_by_contrary_motion_to_a_twelfth_is_no_parallel() -> None:
    assert partwriting.parallels(moves((72, 64, 55, 48), (72, 64, 62, 43)), FIFTHS) == Tally(0, 1)


def test_parallel_fifths_are_counted_for_every_pair_and_by_changes_of_chord() -> None:
    frames = moves((79, 72, 55, 48), (81, 74, 57, 50), (81, 74, 57, 50), (81, 74, 57, 48))
    assert partwriting.changes(frames) == 2
    assert partwriting.parallels(frames, FIFTHS) == Tally(
        3, 2
    )  # under the soprano alto and bass, under the tenor the bass
    assert partwriting.parallels(frames, OCTAVES) == Tally(2, 2)


def test_a_fourth_is_no_fifth() -> None:
    assert partwriting.parallels(moves((72, 67, 60, 36), (74, 69, 62, 40)), FIFTHS).found == 1  # alto over tenor


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ((67, 64, 60, 52), (72, 69, 65, 53), 1),  # up a fourth into a twelfth
        ((67, 64, 60, 50), (69, 64, 60, 57), 0),  # the soprano goes by step
        ((67, 64, 60, 52), (72, 69, 64, 48), 0),  # contrary
        ((72, 64, 60, 48), (77, 69, 65, 53), 0),  # an octave before too: parallel, not hidden
        ((67, 64, 60, 48), (72, 64, 60, 52), 0),  # into a sixth
    ],
)
def test_hidden_fifths_and_octaves(first: tuple[int, ...], second: tuple[int, ...], found: int) -> None:
    assert partwriting.direct_motions(frames_of_chords([first, second])) == Tally(found, 1)


def test_overlaps_count_the_voice_that_moves_beyond_its_neighbour() -> None:
    assert partwriting.overlaps(moves((72, 67, 64, 48), (76, 74, 64, 48))) == Tally(1, 1)  # alto above the old soprano
    assert partwriting.overlaps(moves((76, 74, 64, 48), (72, 67, 64, 48))) == Tally(1, 1)  # soprano below the old alto
    assert partwriting.overlaps(moves((72, 67, 64, 48), (76, 72, 64, 48))) == Tally(0, 1)  # just as high
    assert partwriting.overlaps(moves((67, 72, 64, 48), (67, 72, 62, 48))) == Tally(0, 1)  # crossed, but neither moves


def test_crossings_among_neighbours_that_sound() -> None:
    assert partwriting.crossings(moves((67, 72, 64, 48), (72, 67, 64, 48))) == Tally(4, 24)
    assert partwriting.crossings(moves((67, 72, 0, 48))) == Tally(4, 4)
    assert partwriting.crossings(moves((72, 72, 64, 48))).found == 0


def test_spacing_is_of_the_upper_three_voices() -> None:
    assert partwriting.wide_spacings(moves((76, 63, 50, 36))) == Tally(8, 8)
    assert partwriting.wide_spacings(moves((76, 64, 52, 36))) == Tally(0, 8)
    assert partwriting.wide_spacings(moves((76, 0, 52, 36))) == Tally(0, 0)


def test_notes_out_of_range_among_those_struck() -> None:
    frames = moves((72, 67, 64, 48), (56, 67, 64, 67))
    assert partwriting.out_of_range(frames) == Tally(2, 6)  # alto and tenor hold on


def test_a_rest_between_two_notes_is_no_motion() -> None:
    frames = moves(C_MAJOR, (0, 0, 0, 0), (74, 69, 66, 50))
    counts = (partwriting.parallels(frames, OCTAVES), partwriting.overlaps(frames), partwriting.direct_motions(frames))
    assert [tally.found for tally in counts] == [0, 0, 0]


def test_repeated_strikes_change_nothing() -> None:
    frames = moves(C_MAJOR, (74, 69, 65, 50))
    again = frames.copy()
    again[2] = [strike(pitch) for pitch in C_MAJOR]
    for count in (partwriting.overlaps, partwriting.crossings, partwriting.direct_motions):
        assert count(again) == count(frames)
    assert not np.array_equal(again, frames)
