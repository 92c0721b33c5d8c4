"""Chorales that nobody wrote, for tests of the training side that need no Keras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from companion.music.vocabulary import REST, IntArray, hide_onsets, strike
from export.data.pieces import Piece


def chorale(seed: int, chords: int = 24) -> IntArray:
    """Frames of a made-up piece: chords of a beat each, like no other seed's."""
    generator = np.random.default_rng(seed)
    tokens = [[strike(int(base + generator.integers(7))) for base in (67, 60, 53, 45)] for _ in range(chords)]
    return hide_onsets(np.repeat(np.array(tokens, dtype=np.int32), 4, axis=0))


def piece_of(name: str, split: str, frames: IntArray) -> Piece:
    return Piece(name, split, frames, onsets_known=True, first_step=0)


def frames_of_chords(chords: Sequence[Sequence[int]], steps: int = 4) -> IntArray:
    """Every chord struck and sounding for some steps; pitch 0 is a rest."""
    tokens = [[strike(pitch) if pitch else REST for pitch in chord] for chord in chords]
    return hide_onsets(np.repeat(np.array(tokens, dtype=np.int32), steps, axis=0))
