"""Part-writing, counted: how voices move and stand to each other. Pure functions of frames ``[steps, 4]``.

Motions are those from one frame to the next; *a change of chord* is a frame in which some voice changes its pitch.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from companion.music.vocabulary import FIRST_STRIKE, RANGES, VOICES, IntArray, sounding_pitches
from export.measures.tally import Tally

_Mask = NDArray[np.bool_]

FIFTHS, OCTAVES = 7, 0  # interval classes
_SOPRANO, _BASS = 0, len(VOICES) - 1
STEP = 2  # semitones: a wider motion is a leap
WIDEST = 12  # semitones between neighbours of the upper three voices


def changes(frames: IntArray) -> int:
    """How many times the chord changes."""
    pitches = sounding_pitches(frames)
    return int((pitches[1:] != pitches[:-1]).any(axis=1).sum())


def parallels(frames: IntArray, interval_class: int) -> Tally:
    """Pairs of voices that move the same way from this interval to itself, among changes of chord."""
    pairs = combinations(range(len(VOICES)), 2)
    found = sum(int(_parallel(frames, upper, lower, interval_class).sum()) for upper, lower in pairs)
    return Tally(found, changes(frames))


def direct_motions(frames: IntArray) -> Tally:
    """Hidden fifths and octaves: outer voices that move the same way into one, the soprano by a leap."""
    moved, classes = _moved_together(frames, _SOPRANO, _BASS)
    before, after = classes[:-1], classes[1:]
    leaps = np.abs(np.diff(sounding_pitches(frames)[:, _SOPRANO])) > STEP
    found = moved & leaps & np.isin(after, (FIFTHS, OCTAVES)) & (before != after)
    return Tally(int(found.sum()), changes(frames))


def overlaps(frames: IntArray) -> Tally:
    """Voices that move beyond where a neighbour just was, among changes of chord."""
    pitches = sounding_pitches(frames)
    before, after = pitches[:-1], pitches[1:]
    sounding = (before > 0) & (after > 0)
    moved = before != after
    both = sounding[:, :-1] & sounding[:, 1:]
    too_low = moved[:, :-1] & (after[:, :-1] < before[:, 1:])
    too_high = moved[:, 1:] & (after[:, 1:] > before[:, :-1])
    return Tally(int((both & too_low).sum() + (both & too_high).sum()), changes(frames))


def crossings(frames: IntArray) -> Tally:
    """Neighbours of which the upper voice sounds below the lower one, among all that sound together."""
    pitches = sounding_pitches(frames)
    both = (pitches[:, :-1] > 0) & (pitches[:, 1:] > 0)
    return Tally(int((both & (pitches[:, :-1] < pitches[:, 1:])).sum()), int(both.sum()))


def wide_spacings(frames: IntArray) -> Tally:
    """Soprano and alto, or alto and tenor, more than an octave apart, among all that sound together."""
    upper = sounding_pitches(frames)[:, :_BASS]
    both = (upper[:, :-1] > 0) & (upper[:, 1:] > 0)
    return Tally(int((both & (upper[:, :-1] - upper[:, 1:] > WIDEST)).sum()), int(both.sum()))


def out_of_range(frames: IntArray) -> Tally:
    """Struck notes outside their voice's range, among all struck."""
    struck = frames >= FIRST_STRIKE
    pitches = sounding_pitches(frames)
    low, high = np.array(RANGES).T
    return Tally(int((struck & ((pitches < low) | (pitches > high))).sum()), int(struck.sum()))


def _parallel(frames: IntArray, upper: int, lower: int, interval_class: int) -> _Mask:
    moved, classes = _moved_together(frames, upper, lower)
    found: _Mask = moved & (classes[:-1] == interval_class) & (classes[1:] == interval_class)
    return found


def _moved_together(frames: IntArray, upper: int, lower: int) -> tuple[_Mask, IntArray]:
    """[steps − 1]: whether both voices move the same way; [steps]: the interval class from the lower one up."""
    pitches = sounding_pitches(frames)[:, [upper, lower]]
    sounding: _Mask = np.all(pitches > 0, axis=1)
    ways = np.sign(np.diff(pitches, axis=0))
    moved: _Mask = sounding[:-1] & sounding[1:] & (ways[:, 0] == ways[:, 1]) & (ways[:, 0] != 0)
    return moved, (pitches[:, 0] - pitches[:, 1]) % 12
