"""The voices as melodies, counted: by steps and by leaps. Pure functions of frames ``[steps, 4]``."""

from __future__ import annotations

import numpy as np

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import IntArray, sounding_pitches
from export.measures.tally import Tally

WIDEST_STEP, FOURTH, MINOR_SIXTH = 2, 5, 8  # semitones


def steps(frames: IntArray) -> Tally:
    """Motions by a step, among all motions."""
    sizes = _motions(frames)
    return Tally(int((sizes <= WIDEST_STEP).sum()), len(sizes))


def leaps(frames: IntArray) -> Tally:
    """Motions by a fourth or more, among all motions."""
    sizes = _motions(frames)
    return Tally(int((sizes >= FOURTH).sum()), len(sizes))


def wide_leaps(frames: IntArray) -> Tally:
    """Motions by more than a minor sixth, an octave left aside, among all motions."""
    sizes = _motions(frames)
    return Tally(int(((sizes > MINOR_SIXTH) & (sizes != OCTAVE)).sum()), len(sizes))


def _motions(frames: IntArray) -> IntArray:
    """[motions]: the semitones of each, of all voices; a rest between two notes parts them."""
    pitches = sounding_pitches(frames)
    sounding = (pitches[1:] > 0) & (pitches[:-1] > 0)
    sizes = np.abs(np.diff(pitches, axis=0))
    moved: IntArray = sizes[sounding & (sizes > 0)]
    return moved
