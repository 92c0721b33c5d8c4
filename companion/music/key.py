"""The key of some music, as it is heard."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from companion.music.key_names import key_of_text
from companion.music.vocabulary import IntArray, sounding_pitches

# How well each degree fits a key: Krumhansl and Kessler's probe-tone ratings, "Tracing the dynamic
# changes in perceived tonal organization", Psychological Review 89 (1982).
_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10, 11)  # with the leading note
# Of the church modes, by the semitones of their scales and whether they have a minor third. Dorian takes its leading
# note for a close, as in the chorales; the others close without one.
_MODES: dict[str, tuple[bool, tuple[int, ...]]] = {
    "dorian": (True, (0, 2, 3, 5, 7, 9, 10, 11)),
    "phrygian": (True, (0, 1, 3, 5, 7, 8, 10)),
    "lydian": (False, (0, 2, 4, 6, 7, 9, 11)),
    "mixolydian": (False, (0, 2, 4, 5, 7, 9, 10)),
    "aeolian": (True, (0, 2, 3, 5, 7, 8, 10)),
}
CHURCH_MODES = tuple(_MODES)
# Semitones by which a mode's tonic is above that of the major key with its signature.
ABOVE_MAJOR = {"major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9, "aeolian": 9}
# The usual names of tonics.
_OF_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_OF_MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTAL = {"#": 1, "b": -1}


@dataclass(frozen=True)
class Key:
    """A tonic and a mode."""

    tonic: int  # pitch class
    minor: bool  # of the two that models know, it is the minor one
    church_mode: str = ""  # which narrows that: dorian, phrygian, lydian, mixolydian or aeolian

    @property
    def scale(self) -> frozenset[int]:
        """Its pitch classes; a minor key has the leading note too."""
        degrees = _MODES[self.church_mode][1] if self.church_mode else _MINOR_SCALE if self.minor else _MAJOR_SCALE
        return frozenset((self.tonic + degree) % 12 for degree in degrees)

    @property
    def mode(self) -> str:
        """What it is called."""
        return self.church_mode or ("minor" if self.minor else "major")

    @property
    def name(self) -> str:
        """ "Bb major"; ``of_name`` reads it."""
        return f"{self.tonic_name} {self.mode}"

    @property
    def tonic_name(self) -> str:
        """ "Bb"."""
        return (_OF_MINOR if self.minor else _OF_MAJOR)[self.tonic]

    @classmethod
    def of_name(cls, name: str) -> Key:
        """From "Bb major", "Em", "e-moll" or "D dorian"; ValueError shows how a key is written."""
        letter, accidentals, mode = key_of_text(name)
        tonic = (_NATURAL[letter] + sum(_ACCIDENTAL[sign] for sign in accidentals)) % 12
        if mode in _MODES:
            return cls(tonic, _MODES[mode][0], mode)
        return cls(tonic, mode == "minor")

    @classmethod
    def of_signature(cls, sharps: int, church_mode: str) -> Key:
        """The key of a church mode that has this signature; flats are negative."""
        return cls((7 * sharps + ABOVE_MAJOR[church_mode]) % 12, _MODES[church_mode][0], church_mode)

    def transposed(self, semitones: int) -> Key:
        """The same mode on another tonic."""
        return replace(self, tonic=(self.tonic + semitones) % 12)


def _profiles() -> NDArray[np.float64]:
    """[24, 12]: how well each pitch class fits each key, standardised; major keys first, from C upwards."""
    rows = [np.roll(profile, tonic) for profile in (_MAJOR_PROFILE, _MINOR_PROFILE) for tonic in range(12)]
    centred = np.array([row - row.mean() for row in rows])
    standardised: NDArray[np.float64] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return standardised


_PROFILES = _profiles()


def pitch_class_weights(frames: IntArray) -> NDArray[np.float64]:
    """[12]: for how many voice-steps each pitch class sounds."""
    pitches = sounding_pitches(frames)
    return np.bincount(pitches[pitches > 0] % 12, minlength=12).astype(np.float64)


def find_key(frames: IntArray) -> Key | None:
    """The key whose profile correlates best with what sounds; None where nothing tells (Krumhansl and Schmuckler)."""
    weights = pitch_class_weights(frames)
    if np.ptp(weights) == 0:
        return None
    best = int((_PROFILES @ weights).argmax())  # what correlation also divides by is the same for all
    return Key(best % 12, best >= 12)
