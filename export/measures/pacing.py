"""How fast the music goes, counted. Pure functions of frames ``[steps, 4]``."""

from __future__ import annotations

import numpy as np

from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, notes_of_frames, sounding_pitches
from export.measures.tally import Tally

STASIS_STEPS = 2 * STEPS_PER_BEAT
EIGHTH, QUARTER, HALF = 2, 4, 8  # steps


def changing_frames(frames: IntArray) -> Tally:
    """Frames, the first left out, in which some voice changes its pitch."""
    pitches = sounding_pitches(frames)
    return Tally(int((pitches[1:] != pitches[:-1]).any(axis=1).sum()), len(frames) - 1)


def still_frames(frames: IntArray) -> Tally:
    """Frames to which one chord has stood for more than two beats."""
    pitches = sounding_pitches(frames)
    begins = np.concatenate([[True], (pitches[1:] != pitches[:-1]).any(axis=1), [True]])
    lengths = np.diff(np.flatnonzero(begins))
    return Tally(int(np.maximum(lengths - STASIS_STEPS, 0).sum()), len(frames))


def notes_of_length(frames: IntArray, steps: int) -> Tally:
    """Notes of exactly this length, among all notes."""
    notes = notes_of_frames(frames)
    return Tally(sum(note.steps == steps for note in notes), len(notes))
