"""What can be counted in four voices: keys, motion, stasis, part-writing. Pure functions of frames."""

from __future__ import annotations

import numpy as np

from companion.vocabulary import FIRST_STRIKE, HOLD, RANGES, VOICES, IntArray, sounding_pitches

FIFTH, OCTAVE = 7, 0  # interval classes


def share_in(frames: IntArray, scale: frozenset[int]) -> float:
    """The share of struck notes whose pitch class is in a scale."""
    struck = sounding_pitches(frames)[frames >= FIRST_STRIKE]
    return float(np.isin(struck % 12, list(scale)).mean()) if len(struck) else 1.0


def share_changing(frames: IntArray) -> float:
    """The share of frames, the first left out, in which some voice changes its pitch."""
    pitches = sounding_pitches(frames)
    return float((pitches[1:] != pitches[:-1]).any(axis=1).mean())


def longest_note(frames: IntArray) -> int:
    """Steps of the longest note or rest of any voice; a repeated strike begins a new one."""
    longest = 0
    pitches = sounding_pitches(frames)
    for voice in range(len(VOICES)):
        goes_on = (frames[1:, voice] == HOLD) | ((pitches[1:, voice] == 0) & (pitches[:-1, voice] == 0))
        starts = np.flatnonzero(np.concatenate([[True], ~goes_on, [True]]))
        longest = max(longest, int(np.diff(starts).max()))
    return longest


def notes_out_of_range(frames: IntArray) -> int:
    """How many struck notes lie outside their voice's range."""
    pitches = np.where(frames >= FIRST_STRIKE, sounding_pitches(frames), -1)
    low, high = np.array(RANGES).T
    return int(((pitches >= 0) & ((pitches < low) | (pitches > high))).sum())


def share_crossing(frames: IntArray) -> float:
    """The share of frames in which a voice sounds below the next lower one."""
    pitches = sounding_pitches(frames)
    both = (pitches[:, :-1] > 0) & (pitches[:, 1:] > 0)
    return float((both & (pitches[:, :-1] < pitches[:, 1:])).any(axis=1).mean())


def parallels(frames: IntArray, interval_class: int) -> float:
    """Pairs of voices that move in parallel from this interval to itself, for 100 changes of chord."""
    pitches = sounding_pitches(frames)
    before, after = pitches[:-1], pitches[1:]
    changes = int((before != after).any(axis=1).sum())
    found = 0
    for upper in range(len(VOICES)):
        for lower in range(upper + 1, len(VOICES)):
            sounding = (before[:, [upper, lower]] > 0).all(axis=1) & (after[:, [upper, lower]] > 0).all(axis=1)
            was = (before[:, upper] - before[:, lower]) % 12 == interval_class
            now = (after[:, upper] - after[:, lower]) % 12 == interval_class
            moved = (before[:, upper] != after[:, upper]) & (before[:, lower] != after[:, lower])
            found += int((sounding & was & now & moved).sum())
    return 100 * found / max(changes, 1)
