"""A clip's notes as a song, and what is made of it as four clips."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from companion.io.clip_messages import ClipAsk, ClipNote, ClipVoiceNote
from companion.music.bars import bar_steps
from companion.music.key import Key
from companion.music.song import Metre, Song, SongNote, VoiceNote
from companion.music.vocabulary import STEPS_PER_BEAT

CLIP_TICKS_PER_BEAT = 960


@dataclass(frozen=True)
class ClipAnswer:
    """Four clips of one length."""

    notes: tuple[ClipVoiceNote, ...]  # in order of time
    length: float  # quarter notes
    name: str
    notices: tuple[str, ...] = ()  # lines for the player


def song_of_clip(ask: ClipAsk, notes: Sequence[ClipNote]) -> Song:
    """The clip as a file would hold it; its beginning is a bar line, and nothing sounds on after its end."""
    metre = Metre(0, ask.beats, ask.unit)
    played = sorted(_song_note(note, ask.length) for note in notes)
    return Song(tuple(played), CLIP_TICKS_PER_BEAT, metres=(metre,), length_ticks=_tick(ask.length))


def _song_note(note: ClipNote, length: float) -> SongNote:
    start, end = _tick(note.start), _tick(min(note.start + note.duration, length))
    return SongNote(start, max(end, start + 1), note.pitch, note.velocity, 0, 0)


def _tick(beats: float) -> int:
    return round(beats * CLIP_TICKS_PER_BEAT)


def clip_notes(notes: Iterable[VoiceNote]) -> tuple[ClipVoiceNote, ...]:
    """Notes in a clip's ticks as they stand in four clips."""
    return tuple(
        ClipVoiceNote(
            note.voice,
            ClipNote(
                note.pitch,
                note.start_tick / CLIP_TICKS_PER_BEAT,
                (note.end_tick - note.start_tick) / CLIP_TICKS_PER_BEAT,
                note.velocity,
            ),
        )
        for note in sorted(notes, key=lambda note: (note.start_tick, note.voice))
    )


def length_of(notes: Sequence[ClipVoiceNote], at_least: float, bar_beats: float) -> float:
    """Quarter notes: what is asked for, or whole bars where notes last longer."""
    end = max((note.start + note.duration for _, note in notes), default=0.0)
    return at_least if end <= at_least else math.ceil(end / bar_beats) * bar_beats


def beats_of_bar(beats: int, unit: int) -> float:
    """The quarter notes of a bar."""
    return bar_steps(beats, unit) / STEPS_PER_BEAT


def clip_name(key: Key | None, seed: int, time_of_day: str) -> str:
    """What is written on a clip: ``G major seed 7 14:05``."""
    words = f"seed {seed} {time_of_day}"
    return words if key is None else f"{key.name} {words}"
