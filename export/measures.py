"""What can be counted in four voices: keys, motion, stasis, part-writing. Pure functions of frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.vocabulary import FIRST_STRIKE, HOLD, RANGES, VOICES, IntArray, sounding_pitches

FIFTH, OCTAVE = 7, 0  # interval classes

# How well each degree fits a key: Krumhansl and Kessler's probe-tone ratings, "Tracing the dynamic
# changes in perceived tonal organization", Psychological Review 89 (1982).
_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10, 11)  # with the leading note


@dataclass(frozen=True)
class Key:
    """A key, as found by ear."""

    tonic: int  # pitch class
    minor: bool

    @property
    def scale(self) -> frozenset[int]:
        """Its pitch classes; a minor key has the leading note too."""
        degrees = _MINOR_SCALE if self.minor else _MAJOR_SCALE
        return frozenset((self.tonic + degree) % 12 for degree in degrees)


def pitch_class_weights(frames: IntArray) -> NDArray[np.float64]:
    """[12]: for how many voice-steps each pitch class sounds."""
    pitches = sounding_pitches(frames)
    return np.bincount(pitches[pitches > 0] % 12, minlength=12).astype(np.float64)


def find_key(frames: IntArray) -> Key:
    """The key whose profile correlates best with what sounds (Krumhansl and Schmuckler's way)."""
    weights = pitch_class_weights(frames)
    best, found = -2.0, Key(0, False)
    for minor, profile in ((False, _MAJOR_PROFILE), (True, _MINOR_PROFILE)):
        for tonic in range(12):
            fit = float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1])
            if fit > best:
                best, found = fit, Key(tonic, minor)
    return found


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
