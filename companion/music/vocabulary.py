"""The words of the music: voices, steps, tokens, frames and notes.

A *token* says what one voice does in one step: ``REST``, ``HOLD`` (go on with the same note) or the
strike of a pitch. A *frame* is the four tokens of one step, soprano first; frames stand in integer
arrays of shape ``[..., steps, 4]``. In canonical frames a hold always goes on with a sounding note:
silence is written ``REST`` at every step.

Pure: no I/O, no clock, standard library and numpy. Training and playing share this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]

VOICES = ("soprano", "alto", "tenor", "bass")
STEPS_PER_BEAT = 4  # a step is a 16th note

LOWEST_PITCH = 36  # C2; the lowest bass note of the chorales, and the lowest a transposition may reach
HIGHEST_PITCH = 81  # A5; likewise for the soprano

REST = 0
HOLD = 1
FIRST_STRIKE = 2  # the token that strikes LOWEST_PITCH
VOCABULARY_SIZE = FIRST_STRIKE + HIGHEST_PITCH - LOWEST_PITCH + 1

# Lowest and highest pitch of each voice: those of Bach's chorales, and a little more, so that
# every piece can be transposed by some steps for training.
RANGES = ((57, 81), (50, 76), (45, 71), (36, 66))

# The pitch class of each code of a sounding pitch (a strike's token), 0 for what is none.
CODE_PITCH_CLASS = tuple(
    0 if code < FIRST_STRIKE else (code - FIRST_STRIKE + LOWEST_PITCH) % 12 for code in range(VOCABULARY_SIZE)
)


@dataclass(frozen=True, order=True)
class Note:
    """One note of one voice, on the step grid."""

    start_step: int
    voice: int  # 0 soprano … 3 bass
    pitch: int  # MIDI note number
    steps: int  # length, at least 1


def strike(pitch: int) -> int:
    """The token that strikes a pitch; ValueError outside LOWEST_PITCH..HIGHEST_PITCH."""
    if not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
        raise ValueError(f"pitch {pitch} is outside {LOWEST_PITCH}..{HIGHEST_PITCH}")
    return pitch - LOWEST_PITCH + FIRST_STRIKE


def struck_pitch(token: int) -> int:
    """The pitch that a token strikes; ValueError for a rest, a hold and anything unknown."""
    if not FIRST_STRIKE <= token < VOCABULARY_SIZE:
        raise ValueError(f"token {token} strikes no pitch ({FIRST_STRIKE}..{VOCABULARY_SIZE - 1} do)")
    return token + LOWEST_PITCH - FIRST_STRIKE


def voice_index(name: str) -> int:
    """0..3 from a voice's name or its number 1..4; ValueError names the choices."""
    text = name.strip().lower()
    if text in VOICES:
        return VOICES.index(text)
    if text in {"1", "2", "3", "4"}:
        return int(text) - 1
    raise ValueError(f"unknown voice {name!r}; choose one of {', '.join(VOICES)} or 1-4")


def sounding_tokens(frames: IntArray) -> IntArray:
    """Frames ``[..., steps, 4]`` with every hold replaced by the token it goes on with.

    A hold with nothing before it becomes a rest.
    """
    steps = np.arange(frames.shape[-2], dtype=np.int32)[:, None]
    origin = np.maximum.accumulate(np.where(frames == HOLD, -1, steps), axis=-2)
    held = np.take_along_axis(frames, np.maximum(origin, 0), axis=-2)
    return np.where((origin < 0) | (held == HOLD), REST, held).astype(np.int32)


def sounding_pitches(frames: IntArray) -> IntArray:
    """The pitch each voice sounds at each step, 0 for silence; same shape as ``frames``."""
    tokens = sounding_tokens(frames)
    return np.where(tokens == REST, 0, tokens + LOWEST_PITCH - FIRST_STRIKE).astype(np.int32)


def canonical(frames: IntArray) -> IntArray:
    """The same frames without holds of silence."""
    return np.where(sounding_tokens(frames) == REST, REST, frames).astype(np.int32)


def hide_onsets(frames: IntArray) -> IntArray:
    """The same frames with every repeated pitch held, as data that know no onsets write it."""
    tokens = sounding_tokens(frames)
    same = (tokens[..., 1:, :] == tokens[..., :-1, :]) & (tokens[..., 1:, :] != REST)
    hidden = tokens.copy()
    hidden[..., 1:, :][same] = HOLD
    return hidden


def excerpt(frames: IntArray, start: int, steps: int) -> IntArray:
    """At most ``steps`` frames from ``start`` on; the first strikes what is already sounding there."""
    piece = frames[start : start + steps].copy()
    piece[:1] = sounding_tokens(frames[: start + 1])[start : start + 1]
    return piece


def transpose(frames: IntArray, semitones: int) -> IntArray:
    """Frames moved by ``semitones``; ValueError where a pitch would leave the vocabulary."""
    strikes = frames >= FIRST_STRIKE
    moved = np.where(strikes, frames + semitones, frames).astype(np.int32)
    if np.any(strikes & ((moved < FIRST_STRIKE) | (moved >= VOCABULARY_SIZE))):
        raise ValueError(f"transposing by {semitones} leaves {LOWEST_PITCH}..{HIGHEST_PITCH}")
    return moved


def frames_of_notes(notes: Iterable[Note], steps: int) -> IntArray:
    """Frames ``[steps, 4]`` that sound these notes.

    A later note of the same voice cuts an earlier one off; what lies beyond ``steps`` is cut.
    """
    frames = np.full((steps, len(VOICES)), REST, dtype=np.int32)
    for note in sorted(notes):
        end = min(note.start_step + note.steps, steps)
        if note.start_step >= end:
            continue
        frames[note.start_step : end, note.voice] = HOLD
        frames[note.start_step, note.voice] = strike(note.pitch)
        frames[end:, note.voice] = REST
    return frames


def notes_of_frames(frames: IntArray) -> list[Note]:
    """The notes that frames ``[steps, 4]`` sound, in order of time, then of voice."""
    notes = []
    for voice in range(len(VOICES)):
        column = canonical(frames)[:, voice]
        starts = np.flatnonzero(column >= FIRST_STRIKE)
        stops = np.append(np.flatnonzero(column != HOLD), len(column))
        for start in starts:
            stop = stops[np.searchsorted(stops, start, side="right")]
            notes.append(Note(int(start), voice, struck_pitch(int(column[start])), int(stop - start)))
    return sorted(notes)


def fingerprint() -> str:
    """Identifies this vocabulary inside a model file: equal fingerprints mean equal tokens."""
    words = f"{VOICES}|{STEPS_PER_BEAT}|{REST}|{HOLD}|{FIRST_STRIKE}|{LOWEST_PITCH}|{HIGHEST_PITCH}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]
