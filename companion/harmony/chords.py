"""The chord of a beat, as it is heard: of all that sounds in it, with passing notes and suspensions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import INVERSIONS, SAID_KINDS
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, STEPS_PER_BEAT
from companion.sampling.harmony import DIMINISHED, MAJOR, MINOR, SEVENTHS

# Semitones above the root of each quality: triads, then seventh chords.
QUALITIES: tuple[tuple[int, ...], ...] = (MAJOR, MINOR, DIMINISHED, *SEVENTHS)
PERFECT_TRIADS = (0, 1)  # qualities that can close: major and minor
DOMINANT_SEVENTH = 3
DOMINANTS = (0, DOMINANT_SEVENTH)  # those that can lead to a close a fourth above
NO_TONE = 4  # in the place of a chord's tone: none of it

_WEIGHTS = (1.5, 0.7, 1.0, 0.7)  # what sounds on each step of a beat
_MISSING_TONE = 0.13  # off a chord for each of its tones that does not sound, in shares of all that does
_MISSING_THIRD = 0.12  # besides
_SEVENTH_CHORD = 0.1  # off a chord of four tones, which explains more than one of three
_MISSING_SEVENTH = 0.5  # besides
_ROOT_IN_BASS = 0.04
_LEAST_SHARE = 0.02  # of what sounds, so that a tone counts


class Chord(NamedTuple):
    """A chord by its pitch classes, whatever they are counted from."""

    root: int
    quality: int  # index in QUALITIES
    bass: int  # one of its tones

    def transposed(self, semitones: int) -> Chord:
        """The same chord so many semitones higher."""
        return Chord((self.root + semitones) % OCTAVE, self.quality, (self.bass + semitones) % OCTAVE)

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes from the root upwards."""
        return tuple((self.root + tone) % OCTAVE for tone in QUALITIES[self.quality])

    @property
    def inversion(self) -> int:
        """0 in root position, 1 on its third, and so on."""
        return self.tones.index(self.bass)

    @property
    def said(self) -> tuple[int, int]:
        """Its root and kind, as models are told them (see companion.model.told)."""
        return 1 + self.root, 1 + self.quality * INVERSIONS + self.inversion


@lru_cache(maxsize=1024)
def chord_of_tones(tones: frozenset[int], root: int, bass: int) -> Chord | None:
    """The chord that has these pitch classes, on this root where it can be; None where there is none."""
    for own in sorted(tones, key=lambda tone: (tone - root) % OCTAVE):  # C6 is a minor seventh chord on A
        for quality, shape in enumerate(QUALITIES):
            if {(own + tone) % OCTAVE for tone in shape} == tones and bass in tones:
                return Chord(own, quality, bass)
    return None


def _templates() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[chords, 12]: 1 for each tone of each chord; [chords, 12]: what is taken off where a tone does not sound."""
    tones = np.zeros((OCTAVE, len(QUALITIES), OCTAVE))
    missing = np.zeros_like(tones)
    for root in range(OCTAVE):
        for quality, shape in enumerate(QUALITIES):
            for tone in shape:
                tones[root, quality, (root + tone) % OCTAVE] = 1.0
                missing[root, quality, (root + tone) % OCTAVE] = _MISSING_TONE
            missing[root, quality, (root + shape[1]) % OCTAVE] += _MISSING_THIRD
            if len(shape) > len(MAJOR):
                missing[root, quality, (root + shape[-1]) % OCTAVE] += _MISSING_SEVENTH
    return tones.reshape(-1, OCTAVE), missing.reshape(-1, OCTAVE)


_TONES, _MISSING = _templates()
_OFF = np.tile([0.0 if len(shape) == len(MAJOR) else _SEVENTH_CHORD for shape in QUALITIES], OCTAVE)


def heard_chord(beat: Sequence[Sequence[int]]) -> Chord | None:
    """The chord that fits best what sounds in a beat; None where nothing does.

    beat: the codes that the voices sound, step by step (see features.sounding_code), from its first step on.
    """
    weights = [0.0] * OCTAVE
    for weight, codes in zip(_WEIGHTS, beat, strict=False):
        for code in codes:
            if code >= FIRST_STRIKE:
                weights[CODE_PITCH_CLASS[code]] += weight
    total = sum(weights)
    if total == 0:
        return None
    share = np.array(weights) / total
    fits = _TONES @ share - _OFF - _MISSING @ (share <= _LEAST_SHARE)
    basses = [CODE_PITCH_CLASS[min(sung)] for codes in beat if (sung := [c for c in codes if c >= FIRST_STRIKE])]
    fits[basses[0] * len(QUALITIES) : (basses[0] + 1) * len(QUALITIES)] += _ROOT_IN_BASS
    root, quality = divmod(int(fits.argmax()), len(QUALITIES))
    chord = Chord(root, quality, root)
    tones = chord.tones
    on_and_off = basses[::2] + basses[1::2]
    return chord._replace(bass=next((bass for bass in on_and_off if bass in tones), root))


def _tone_table() -> NDArray[np.intp]:
    table = np.full((len(QUALITIES), OCTAVE), NO_TONE, dtype=np.intp)
    for quality, shape in enumerate(QUALITIES):
        table[quality, list(shape)] = range(len(shape))
    return table


TONE_OF = _tone_table()  # [quality, semitones above the root]: which tone of the chord, NO_TONE where none

assert len(_WEIGHTS) == STEPS_PER_BEAT
assert 1 + len(QUALITIES) * INVERSIONS == SAID_KINDS
