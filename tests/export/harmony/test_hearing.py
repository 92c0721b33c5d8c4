"""SaidChords of pieces whose harmony everybody can read, as models are told them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.harmonies import sounding

from companion.harmony.chords import Chord
from companion.model.told import UNSAID
from companion.music.vocabulary import HOLD, REST, transpose
from export.data.pieces import Piece
from export.harmony.hearing import said_chords

HOME, FIFTH, SECOND = Chord(0, 0, 0), Chord(7, 0, 11), Chord(2, 1, 2)  # C, G/B, Dm


def piece() -> Piece:
    """C, G on its third, D minor and silence, from two sixteenths before a beat."""
    frames = np.full((14, 4), HOLD, dtype=np.int32)
    for at, chord in zip((0, 2, 6), (HOME, FIFTH, SECOND), strict=True):
        frames[at] = sounding(chord)[0]
    frames[10:] = REST
    return Piece("made", "train", frames, True, 2)


def test_every_step_tells_its_beat_and_the_next_one() -> None:
    chords = said_chords(piece())
    assert chords.root.tolist() == [1, 1, *[8] * 4, *[3] * 4, *[UNSAID] * 4]
    assert chords.kind.tolist() == [1, 1, *[2] * 4, *[5] * 4, *[UNSAID] * 4]
    assert chords.then_root.tolist() == [8, 8, *[3] * 4, *[UNSAID] * 8]
    assert chords.then_kind.tolist() == [2, 2, *[5] * 4, *[UNSAID] * 8]


def test_moved_they_are_those_of_the_piece_moved() -> None:
    moved = replace(piece(), frames=transpose(piece().frames, -3))
    for mine, theirs in zip(
        vars(said_chords(piece()).transposed(-3)).values(), vars(said_chords(moved)).values(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("lead", [0, 4, -2, 10])
def test_a_beat_is_one_wherever_the_piece_begins(lead: int) -> None:
    """Steps count on from any beat; those of half of one are heard as they are."""
    whole = replace(piece(), first_step=lead)
    assert said_chords(whole).root[0] == 1
    assert len(said_chords(whole).root) == len(whole.frames)
