"""Harmony, counted: chords on the beat, dissonances, keys, endings. Pure functions of frames ``[steps, 4]``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.music.key import Key, find_key
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, excerpt, sounding_pitches
from companion.sampling.harmony import CONSONANT, DIMINISHED, MAJOR, MINOR, SEVENTHS, PitchClasses, chords_of
from export.measures.tally import Tally

WINDOW_STEPS = 4 * 4 * STEPS_PER_BEAT  # four bars of 4/4
RAISED_SIXTH = 9  # semitones above the tonic: of a minor key as melodies use it

# Three tones at least: of two, none can say what chord they are.
TRIADS_AND_SEVENTHS = chords_of((MAJOR, MINOR, DIMINISHED, *SEVENTHS), least=3)
_IN_A_TRIAD = chords_of((MAJOR, MINOR), least=1)


def pitch_classes(pitches: IntArray) -> list[PitchClasses]:
    """Of each frame of sounding pitches ``[steps, 4]``."""
    return [frozenset(pitch % 12 for pitch in frame if pitch) for frame in pitches.tolist()]


def consonant_beats(frames: IntArray, first_beat: int = 0) -> Tally:
    """Beats that are a triad or a seventh chord, a tone of which may be missing, among those where anything sounds."""
    chords = [chord for chord in pitch_classes(sounding_pitches(frames)[first_beat::STEPS_PER_BEAT]) if chord]
    return Tally(sum(chord in TRIADS_AND_SEVENTHS for chord in chords), len(chords))


def resolved_dissonances(frames: IntArray) -> Tally:
    """Stretches of frames that fit no triad or seventh chord which last a beat at most, among all such stretches."""
    dissonant = np.array([bool(c) and c not in CONSONANT for c in pitch_classes(sounding_pitches(frames))])
    lengths = _runs(dissonant)
    return Tally(int((lengths <= STEPS_PER_BEAT).sum()), len(lengths))


def notes_in_key(frames: IntArray, key: Key) -> Tally:
    """Voice-steps on a tone of the key; a minor key has both its sixths and both its sevenths."""
    scale = key.scale | {(key.tonic + RAISED_SIXTH) % 12} if key.minor else key.scale
    pitches = sounding_pitches(frames)
    sounding = pitches[pitches > 0]
    return Tally(int(np.isin(sounding % 12, list(scale)).sum()), len(sounding))


def windows_in_key(frames: IntArray, key: Key) -> Tally:
    """Whole windows of four bars, one after the other, that by themselves are heard in this key."""
    starts = range(0, len(frames) - WINDOW_STEPS + 1, WINDOW_STEPS)
    keys = [find_key(excerpt(frames, start, WINDOW_STEPS)) for start in starts]
    return Tally(sum(one == key for one in keys), len(keys))


def ends_on_triad(frames: IntArray) -> Tally:
    """Whether the last chord that sounds holds nothing but tones of one major or minor triad."""
    last = last_chord(frames)
    return Tally(int(last is not None and frozenset(p % 12 for p in last) in _IN_A_TRIAD), 1)


def ends_on_tonic(frames: IntArray, key: Key) -> Tally:
    """Whether the lowest tone of the last chord is the tonic."""
    last = last_chord(frames)
    return Tally(int(last is not None and last[-1] % 12 == key.tonic), 1)


def last_chord(frames: IntArray) -> tuple[int, ...] | None:
    """The pitches that sound last, soprano first; None where nothing does."""
    pitches = sounding_pitches(frames)
    sounding = np.flatnonzero((pitches > 0).any(axis=1))
    return tuple(pitch for pitch in pitches[sounding[-1]].tolist() if pitch) if len(sounding) else None


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The lengths of the stretches in which a mask holds."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
