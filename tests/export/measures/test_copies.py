"""Copied passages are found at any transposition and in any rhythm, whole, and never across two pieces."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import chorale, frames_of_chords

from companion.music.vocabulary import IntArray, excerpt, sounding_pitches, transpose
from export.measures.copies import CopyIndex, self_repetition

CHORDS = 24


def chords_of(frames: IntArray) -> list[list[int]]:
    """The pitches on each beat."""
    return [[int(pitch) for pitch in chord] for chord in sounding_pitches(frames)[::4]]


def test_a_piece_is_found_whole_wherever_it_is_transposed_to() -> None:
    index = CopyIndex([chorale(1), chorale(2), chorale(3)])
    assert index.longest_copy(chorale(2)) == CHORDS - 1
    assert index.longest_copy(transpose(chorale(2), 5)) == CHORDS - 1


def test_rhythm_makes_no_difference() -> None:
    assert CopyIndex([chorale(2)]).longest_copy(frames_of_chords(chords_of(chorale(2)), steps=8)) == CHORDS - 1


def test_other_music_shares_nothing() -> None:
    assert CopyIndex([chorale(1)]).longest_copy(chorale(2)) == 0
    assert CopyIndex([]).longest_copy(chorale(2)) == 0


def test_the_longest_of_several_passages_counts() -> None:
    piece = np.concatenate([chorale(1)[:20], chorale(9)[:16], excerpt(chorale(2), 40, 32)])
    assert CopyIndex([chorale(1), chorale(2)]).longest_copy(piece) == 7  # eight chords of the second


def test_no_passage_goes_across_two_pieces() -> None:
    first, second = chorale(1), chorale(2)
    index = CopyIndex([first[:48], second[:48]])
    assert index.longest_copy(np.concatenate([first[:48], second[:48]])) == 11


def test_a_passage_transposed_on_the_way_is_two() -> None:
    piece = np.concatenate([chorale(1)[:48], excerpt(transpose(chorale(1), 2), 48, 48)])
    assert CopyIndex([chorale(1)]).longest_copy(piece) == 11


@pytest.mark.parametrize("voice", range(4))
def test_one_other_note_ends_a_passage(voice: int) -> None:
    chords = chords_of(chorale(1))
    chords[10][voice] += 1
    assert CopyIndex([chorale(1)]).longest_copy(frames_of_chords(chords)) == 12  # from chord 11 to the last, 23


def test_repetition_counts_from_the_fourth_chord_on() -> None:
    repeated = np.concatenate([chorale(1, chords=8), chorale(1, chords=8)])
    once = self_repetition(chorale(1, chords=16))
    twice = self_repetition(repeated)
    assert once.found == 0
    assert twice.among == 64
    assert twice.found == 32 - 13  # three chords and the frame that strikes the fourth pass by


def test_what_goes_on_otherwise_is_no_repetition() -> None:
    music = chorale(1, chords=8)
    other = np.concatenate([music, music[:20], chorale(5, chords=3)])
    assert self_repetition(other).found == 20 - 13
