"""Chords as they sound, and the steps of a tune, for tests of harmony."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from companion.harmony.chords import Chord
from companion.harmony.leading import Sounds
from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, REST, STEPS_PER_BEAT, IntArray, strike


def sounding(chord: Chord, steps: int = STEPS_PER_BEAT) -> Sounds:
    """What four voices sound in a beat of it: its bass, and its tones above."""
    low = 48 + chord.bass
    above = [low + 7 + (tone - low - 7) % 12 for tone in chord.tones]
    upper = sorted(above, reverse=True)[:3] if len(above) == 3 else _with_all(chord, above)
    return (tuple(strike(pitch) for pitch in (*upper, low)),) * steps


def _with_all(chord: Chord, above: Sequence[int]) -> list[int]:
    """The three tones that the bass does not sing."""
    return sorted((pitch for pitch in above if pitch % 12 != chord.bass % 12), reverse=True)


def tune_of(notes: Iterable[tuple[int | None, float]]) -> IntArray:
    """``[steps]`` tokens from pitches, None for a rest, and their lengths in beats."""
    tokens: list[int] = []
    for pitch, beats in notes:
        steps = round(beats * STEPS_PER_BEAT)
        tokens += [REST] * steps if pitch is None else [strike(pitch), *[HOLD] * (steps - 1)]
    return np.array(tokens, dtype=np.int32)


def alone(tune: IntArray, voice: int = 0) -> IntArray:
    """``[steps, 4]``: a tune of one voice, the others silent."""
    frames = np.full((len(tune), 4), REST, dtype=np.int32)
    frames[:, voice] = tune
    return frames


def pitch_classes(codes: Iterable[int]) -> set[int]:
    """Of what sounds."""
    return {(code + LOWEST_PITCH - FIRST_STRIKE) % 12 for code in codes if code >= FIRST_STRIKE}
