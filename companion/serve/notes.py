"""Music that is sent as JSON. Times are in quarter notes from the beginning of the first bar.

    {"notes": [{"voice": "soprano", "pitch": 67, "start": 0, "duration": 1, "velocity": 80}],
     "tempos": [{"start": 0, "bpm": 96}], "metres": [{"start": 0, "beats": 3, "unit": 4}]}

``voice`` and ``velocity`` may be left out, ``tempos`` and ``metres`` too. What comes back has in each note its
``origin``, and the ``summary`` of a trace; it can be sent again as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from companion.controls.kinds import shown
from companion.errors import BadMidiFile
from companion.files.midi import MOST_BEATS
from companion.music.song import Metre, Song, SongNote, Tempo
from companion.music.vocabulary import VOICES

NOTES_TICKS_PER_BEAT = 960
USUAL_VELOCITY = 80
MOST_JSON_NOTES = 50_000
LOWEST_TEMPO, HIGHEST_TEMPO = 10, 1000
METRE_UNITS = (1, 2, 4, 8, 16, 32)
MOST_METRE_BEATS = 64

_MUSIC = {"notes", "tempos", "metres", "summary"}
_NOTE = {"voice", "pitch", "start", "duration", "velocity", "origin"}
MINUTE_US = 60_000_000


class BrokenJson(BadMidiFile):
    """What was sent is no JSON at all."""


def song_of_notes(data: bytes) -> Song:
    """The song that was sent.

    Raises:
        BrokenJson: it is no JSON.
        BadMidiFile: it is no music in this form; the line says where.
    """
    music = _parsed(data)
    notes = [_note(row, f"notes[{at}]") for at, row in enumerate(_rows(music, "notes"))]
    if not 1 <= len(notes) <= MOST_JSON_NOTES:
        raise BadMidiFile(f"there must be 1 to {MOST_JSON_NOTES} notes, not {len(notes)}")
    if len({track < len(VOICES) for *_, track in notes}) > 1:
        raise BadMidiFile("every note must name its voice, or none")
    return Song(
        tuple(sorted(notes)),
        NOTES_TICKS_PER_BEAT,
        tuple(sorted(_tempo(row, f"tempos[{at}]") for at, row in enumerate(_rows(music, "tempos")))),
        tuple(sorted(_metre(row, f"metres[{at}]") for at, row in enumerate(_rows(music, "metres")))),
        tuple(name.capitalize() for name in VOICES),
        max(note.end_tick for note in notes),
    )


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        music = json.loads(data.decode())
    except (ValueError, RecursionError) as fault:
        raise BrokenJson(f"the body is no JSON: {fault}") from None
    return _object(music, "the body", _MUSIC)


def _object(given: Any, where: str, members: set[str]) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise BadMidiFile(f"{where} must be an object, not {shown(given)}")
    if unknown := sorted(set(given) - members):
        raise BadMidiFile(f"{where} has a member {shown(unknown[0])}, and may have {', '.join(sorted(members))}")
    return given


def _rows(music: Mapping[str, Any], name: str) -> Sequence[Any]:
    rows = music.get(name, [])
    if not isinstance(rows, list):
        raise BadMidiFile(f"{name} must be an array, not {shown(rows)}")
    return rows


def _note(given: Any, where: str) -> SongNote:
    row = _object(given, where, _NOTE)
    pitch, velocity = _whole(row, "pitch", where, 0, 127), _whole(row, "velocity", where, 1, 127, USUAL_VELOCITY)
    start, duration = _beats(row, "start", where), _beats(row, "duration", where)
    if duration == 0:
        raise BadMidiFile(f"{where}.duration must be above 0")
    voice = row.get("voice")
    if voice is not None and voice not in VOICES:
        raise BadMidiFile(f"{where}.voice must be one of {', '.join(VOICES)}, not {shown(voice)}")
    if not isinstance(row.get("origin", ""), str):
        raise BadMidiFile(f"{where}.origin must be a string, not {shown(row['origin'])}")
    tick = _tick(start)
    track = len(VOICES) if voice is None else VOICES.index(voice)
    return SongNote(tick, max(_tick(start + duration), tick + 1), pitch, velocity, 0, track)


def _tempo(given: Any, where: str) -> Tempo:
    row = _object(given, where, {"start", "bpm"})
    return Tempo(
        _tick(_beats(row, "start", where)), round(MINUTE_US / _number(row, "bpm", where, LOWEST_TEMPO, HIGHEST_TEMPO))
    )


def _metre(given: Any, where: str) -> Metre:
    row = _object(given, where, {"start", "beats", "unit"})
    beats, unit = _whole(row, "beats", where, 1, MOST_METRE_BEATS), row.get("unit")
    if type(unit) is not int or unit not in METRE_UNITS:
        raise BadMidiFile(f"{where}.unit must be one of {', '.join(map(str, METRE_UNITS))}, not {shown(unit)}")
    return Metre(_tick(_beats(row, "start", where)), beats, unit)


def _beats(row: Mapping[str, Any], name: str, where: str) -> float:
    return _number(row, name, where, 0, MOST_BEATS)


def _number(row: Mapping[str, Any], name: str, where: str, low: float, high: float) -> float:
    given = row.get(name)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not low <= given <= high:
        raise BadMidiFile(f"{where}.{name} must be a number from {low:g} to {high:g}, not {_said(given)}")
    return float(given)


def _whole(row: Mapping[str, Any], name: str, where: str, low: int, high: int, usual: int | None = None) -> int:
    given = row.get(name, usual)
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # JSON has no other numbers
    if type(given) is not int or not low <= given <= high:
        raise BadMidiFile(f"{where}.{name} must be a whole number from {low} to {high}, not {_said(given)}")
    return given


def _said(given: Any) -> str:
    return "nothing" if given is None else shown(given)


def _tick(beats: float) -> int:
    return round(beats * NOTES_TICKS_PER_BEAT)
