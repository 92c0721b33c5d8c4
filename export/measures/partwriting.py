"""Part-writing, counted: how voices move and stand to each other. Pure functions of frames ``[steps, 4]``.

What a fault is stands in ``companion.music.partwriting``, by which the companion ranks what it makes.
"""

from __future__ import annotations

import numpy as np

from companion.music import partwriting as writing
from companion.music.vocabulary import FIRST_STRIKE, RANGES, IntArray, sounding_pitches
from export.measures.tally import Tally

_UPPER = 3  # voices: whose spacing counts


def changes(frames: IntArray) -> int:
    """How many times the chord changes."""
    return writing.chord_changes(sounding_pitches(frames))


def parallels(frames: IntArray, interval_class: int) -> Tally:
    """Pairs of voices that move the same way from this interval to itself, among changes of chord."""
    return Tally(writing.parallel_motions(sounding_pitches(frames), interval_class), changes(frames))


def direct_motions(frames: IntArray) -> Tally:
    """Hidden fifths and octaves: outer voices that move the same way into one, the soprano by a leap."""
    return Tally(writing.hidden_motions(sounding_pitches(frames)), changes(frames))


def overlaps(frames: IntArray) -> Tally:
    """Voices that move beyond where a neighbour just was, among changes of chord."""
    return Tally(writing.overlapping_motions(sounding_pitches(frames)), changes(frames))


def crossings(frames: IntArray) -> Tally:
    """Neighbours of which the upper voice sounds below the lower one, among all that sound together."""
    pitches = sounding_pitches(frames)
    return Tally(int(writing.crossed_neighbours(pitches).sum()), int(writing.neighbours_sounding(pitches).sum()))


def wide_spacings(frames: IntArray) -> Tally:
    """Soprano and alto, or alto and tenor, more than an octave apart, among all that sound together."""
    pitches = sounding_pitches(frames)
    together = writing.neighbours_sounding(pitches[:, :_UPPER])
    return Tally(int(writing.wide_neighbours(pitches).sum()), int(together.sum()))


def out_of_range(frames: IntArray) -> Tally:
    """Struck notes outside their voice's range, among all struck."""
    struck = frames >= FIRST_STRIKE
    pitches = sounding_pitches(frames)
    low, high = np.array(RANGES).T
    return Tally(int((struck & ((pitches < low) | (pitches > high))).sum()), int(struck.sum()))
