"""The chords of a chorale as a model may be told them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from companion.harmony.chords import heard_chord
from companion.model.codes import SILENCE
from companion.model.told import UNSAID, SaidChords
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES, IntArray, sounding_tokens
from export.data.pieces import Piece

_NO_CHORD = (UNSAID, UNSAID)


def said_chords(piece: Piece) -> SaidChords:
    """``[steps]``: what each beat of a piece is heard as, and the one after it."""
    return heard_chords(piece.frames, piece.first_step)


def heard_chords(frames: IntArray, first_step: int) -> SaidChords:
    """``[steps]``: the same of frames ``[steps, 4]`` and the step of the first."""
    frames = np.ascontiguousarray(frames)
    return _chords(frames.tobytes(), str(frames.dtype), first_step % STEPS_PER_BEAT)


@lru_cache(maxsize=2048)  # the pieces of a run
def _chords(frames: bytes, dtype: str, lead: int) -> SaidChords:
    """From the frames as they lie in memory, of which the first stands so many steps into its beat."""
    sounds = np.maximum(sounding_tokens(np.frombuffer(frames, dtype=dtype).reshape(-1, len(VOICES))), SILENCE)
    beats = [sounds[max(at, 0) : at + STEPS_PER_BEAT].tolist() for at in range(-lead, len(sounds), STEPS_PER_BEAT)]
    heard = [None if (chord := heard_chord(beat)) is None else chord.said for beat in beats]
    said: IntArray = np.array([each or _NO_CHORD for each in [*heard, None]], dtype=np.int32)
    of_step = (np.arange(len(sounds)) + lead) // STEPS_PER_BEAT
    return SaidChords(*said[of_step].T, *said[of_step + 1].T)
