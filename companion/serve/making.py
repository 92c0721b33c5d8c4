"""A wish carried out, by the code of ``chorale continue``, ``harmonise`` and ``rewrite``."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from companion.commands.again import again, remember
from companion.commands.files import voice_number
from companion.commands.options import Said, file_settings
from companion.controls.settings import Settings
from companion.errors import BadSetting, ChoraleError, one_line
from companion.files.midi import song_of_bytes
from companion.generation.composer import Composed, voice_notes
from companion.generation.job import Job
from companion.model.leading import UNDER
from companion.model.library import bundled_models
from companion.music.song import DEFAULT_BEAT_US, Metre, Song, Tempo, VoiceNote
from companion.music.vocabulary import VOICES
from companion.serve.notes import MINUTE_US, BrokenJson, song_of_notes
from companion.serve.parameters import DRAWN, PARAMETERS, said_in
from companion.serve.wish import MIDI_TYPE, ServiceWish, WishFailed, WishMade
from companion.wishes.asked import Wanted
from companion.workbench.anew import rewrite_read
from companion.workbench.jobs import continue_read, harmonise_read
from companion.workbench.outputs import all_notes, midi_file
from companion.workbench.programs import CHOIR, program_of
from companion.workbench.summary import Summary, drawn_with
from companion.workbench.trace import GIVEN_NOTE, MODELS_NOTE, in_written_order, trace_file

_WANTED = ("chords", "close_at", "cadence")


def make_wish(wish: ServiceWish) -> Generator[tuple[int, int], None, WishMade]:
    """Yields how many of how many steps are made after each; returns what was made.

    Raises:
        ChoraleError: it cannot be made; the text says why.
    """
    said = said_in(wish.what, wish.said)
    parameters = PARAMETERS[wish.what]
    remember(wish.what, parameters, {one.name: said.get(one.name) for one in parameters})
    program = program_of(said.get("program", CHOIR))
    job = _job(wish, said, _settings(said))
    composed: list[Composed] = []
    done = 0
    if job.rewriting is not None:
        for done, _ in enumerate(job.rewriting.search(), start=1):
            yield done, job.work
    for one in job.frames:
        composed.append(one)
        yield done + len(composed), job.work
    return _made(wish, job, composed, program)


def _settings(said: Said) -> Settings:
    """What it is drawn with; of models those alone that ship: a service opens no file that it is told of."""
    known = bundled_models()
    for name in ("model", "under"):
        if name in said and not all(each in known for each in said[name].split(UNDER)):
            raise BadSetting(f"unknown {name} {one_line(said[name])[:80]!r}; known: {', '.join(known)}")
    return file_settings({name: value for name, value in said.items() if name in DRAWN})


def _job(wish: ServiceWish, said: Said, settings: Settings) -> Job:
    song, track = _song(wish), said.get("track")
    wanted = Wanted(**{name: said[name] for name in _WANTED if name in said})
    match wish.what:
        case "continue":
            how = (said.get("phrases"), said.get("form"), track, wanted, said.get("to_its_end", False))
            return continue_read(song, said.get("bars"), settings, *how)
        case "harmonise":
            voice = voice_number(said.get("voice"))
            return harmonise_read(song, "the music", voice, settings, track, said.get("bars"), wanted)
        case _:
            return rewrite_read(song, said["bars"], said.get("voices"), settings, track, wanted)


def _song(wish: ServiceWish) -> Song:
    return song_of_bytes(wish.music, "the music") if wish.music_type == MIDI_TYPE else song_of_notes(wish.music)


def _made(wish: ServiceWish, job: Job, composed: list[Composed], program: int | None) -> WishMade:
    summary = Summary.of(job, composed, again(drawn_with(job), wish.name))
    notes, told = all_notes(job, composed), summary.fields()
    return WishMade(
        midi_file(job, composed, notes, program, summary),
        _notes(job, composed, notes, told),
        trace_file(job, composed, notes, told) if wish.traced else b"",
    )


def failed(fault: Exception) -> WishFailed:
    """What is told of a fault."""
    match fault:
        case BrokenJson():
            return WishFailed(HTTPStatus.BAD_REQUEST, one_line(fault))
        case ChoraleError():
            return WishFailed(HTTPStatus.UNPROCESSABLE_ENTITY, one_line(fault))
    name = type(fault).__name__
    return WishFailed(HTTPStatus.INTERNAL_SERVER_ERROR, f"it cannot be made: {name}: {one_line(fault)}")


def _notes(job: Job, composed: Sequence[Composed], notes: Sequence[VoiceNote], summary: Mapping[str, Any]) -> bytes:
    """What was made, as JSON.

    notes: all of them, as they are written.
    """
    beat = job.song.ticks_per_beat
    made = {
        (note.voice, note.start_tick, note.pitch) for note in voice_notes(composed, job.phrase, job.velocity, job.lead)
    }
    tempos = job.song.tempos or (Tempo(0, DEFAULT_BEAT_US),)
    metres = job.song.metres or (Metre(0, 4, 4),)
    music = {
        "notes": [
            {
                "voice": VOICES[note.voice],
                "pitch": note.pitch,
                "start": _quarters(note.start_tick, beat),
                "duration": _quarters(note.end_tick - note.start_tick, beat),
                "velocity": note.velocity,
                "origin": MODELS_NOTE if (note.voice, note.start_tick, note.pitch) in made else GIVEN_NOTE,
            }
            for note in in_written_order(notes)
        ],
        "tempos": [{"start": _quarters(tick, beat), "bpm": round(MINUTE_US / us, 6)} for tick, us in tempos],
        "metres": [{"start": _quarters(tick, beat), "beats": beats, "unit": unit} for tick, beats, unit in metres],
        "summary": summary,
    }
    return (json.dumps(music, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _quarters(ticks: int, ticks_per_beat: int) -> float:
    return round(ticks / ticks_per_beat, 6)
