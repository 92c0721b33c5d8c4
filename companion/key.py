"""The key of some music, as it is heard."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.vocabulary import IntArray, sounding_pitches

# How well each degree fits a key: Krumhansl and Kessler's probe-tone ratings, "Tracing the dynamic
# changes in perceived tonal organization", Psychological Review 89 (1982).
_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10, 11)  # with the leading note


@dataclass(frozen=True)
class Key:
    """A tonic and a mode."""

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


def find_key(frames: IntArray) -> Key | None:
    """The key whose profile correlates best with what sounds; None where nothing tells (Krumhansl and Schmuckler)."""
    weights = pitch_class_weights(frames)
    if np.ptp(weights) == 0:
        return None
    fits = {}
    for minor, profile in ((False, _MAJOR_PROFILE), (True, _MINOR_PROFILE)):
        for tonic in range(12):
            fits[Key(tonic, minor)] = float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1])
    return max(fits, key=fits.__getitem__)


_TONICS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SIGNS = {"": 0, "#": 1, "b": -1, "♯": 1, "♭": -1}


def key_named(name: str) -> Key:
    """The key of a name such as "C major", "f# minor" or "Eb"; ValueError says what would be one."""
    found = re.fullmatch(r"([a-g])([#b♯♭]?)\s*(major|minor|maj|min|m)?", name.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"unknown key {name!r}; write it as in 'C major', 'f# minor' or 'Eb major'")
    letter, sign, mode = found.group(1), found.group(2), (found.group(3) or "major").lower()
    return Key((_TONICS[letter.lower()] + _SIGNS[sign.lower()]) % 12, mode.startswith("m") and mode[:3] != "maj")
