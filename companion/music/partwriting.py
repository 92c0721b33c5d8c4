"""How voices move and stand to each other, counted. Pure functions of pitches ``[steps, 4]``, 0 for silence.

Motions are those from one step to the next; *a change of chord* is a step at which some voice changes its pitch.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import VOICES, IntArray

FIFTHS, OCTAVES = 7, 0  # interval classes
STEP = 2  # semitones: a wider motion is a leap
WIDEST = 12  # semitones between neighbours of the upper three voices

_SOPRANO, _BASS = 0, len(VOICES) - 1
_Mask = NDArray[np.bool_]


def chord_changes(pitches: IntArray) -> int:
    """How many times the chord changes."""
    return int((pitches[1:] != pitches[:-1]).any(axis=1).sum())


def parallel_motions(pitches: IntArray, interval_class: int) -> int:
    """Pairs of voices that move the same way from this interval to itself."""
    pairs = combinations(range(len(VOICES)), 2)
    return sum(_parallel(pitches, upper, lower, interval_class) for upper, lower in pairs)


def hidden_motions(pitches: IntArray) -> int:
    """Hidden fifths and octaves: outer voices that move the same way into one, the soprano by a leap."""
    moved, classes = _moved_together(pitches, _SOPRANO, _BASS)
    before, after = classes[:-1], classes[1:]
    leaps = np.abs(np.diff(pitches[:, _SOPRANO])) > STEP
    return int((moved & leaps & np.isin(after, (FIFTHS, OCTAVES)) & (before != after)).sum())


def overlapping_motions(pitches: IntArray) -> int:
    """Voices that move beyond where a neighbour just was."""
    before, after = pitches[:-1], pitches[1:]
    sounding = (before > 0) & (after > 0)
    moved = before != after
    both = sounding[:, :-1] & sounding[:, 1:]
    too_low = moved[:, :-1] & (after[:, :-1] < before[:, 1:])
    too_high = moved[:, 1:] & (after[:, 1:] > before[:, :-1])
    return int((both & too_low).sum() + (both & too_high).sum())


def crossed_neighbours(pitches: IntArray) -> _Mask:
    """[steps, 3]: which neighbours sound with the upper voice below the lower one."""
    crossed: _Mask = neighbours_sounding(pitches) & (pitches[:, :-1] < pitches[:, 1:])
    return crossed


def wide_neighbours(pitches: IntArray) -> _Mask:
    """[steps, 2]: soprano and alto, alto and tenor, which of them sound more than an octave apart."""
    upper = pitches[:, :_BASS]
    wide: _Mask = neighbours_sounding(upper) & (upper[:, :-1] - upper[:, 1:] > WIDEST)
    return wide


def neighbours_sounding(pitches: IntArray) -> _Mask:
    """[steps, voices − 1]: which neighbours sound together."""
    both: _Mask = (pitches[:, :-1] > 0) & (pitches[:, 1:] > 0)
    return both


def _parallel(pitches: IntArray, upper: int, lower: int, interval_class: int) -> int:
    moved, classes = _moved_together(pitches, upper, lower)
    return int((moved & (classes[:-1] == interval_class) & (classes[1:] == interval_class)).sum())


def _moved_together(pitches: IntArray, upper: int, lower: int) -> tuple[_Mask, IntArray]:
    """[steps − 1]: whether both voices move the same way; [steps]: the interval class from the lower one up."""
    pair = pitches[:, [upper, lower]]
    sounding: _Mask = np.all(pair > 0, axis=1)
    ways = np.sign(np.diff(pair, axis=0))
    moved: _Mask = sounding[:-1] & sounding[1:] & (ways[:, 0] == ways[:, 1]) & (ways[:, 0] != 0)
    return moved, (pair[:, 0] - pair[:, 1]) % OCTAVE
