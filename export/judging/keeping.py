"""The music of a report as MIDI files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from companion.errors import OutputExists
from companion.files.midi import write_chorale
from companion.music.song import VoiceNote
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, notes_of_frames
from export.judging.report import Repertoire
from export.measures.passage import Passage

RESOLUTION = 480
VELOCITY = 80
JUDGED_FROM = "judged from here"
_SUFFIXES = (".mid", ".midi")


def refuse_kept(folder: Path, names: Iterable[str], *, force: bool) -> None:
    """Before any work: OutputExists where the folder holds music under one of these names already."""
    for name in names:
        if not force and (folder / name).exists():
            raise OutputExists(f"{folder / name} exists; choose another folder, or --force to write into it")


def keep(folder: Path, columns: Sequence[Repertoire], *, force: bool) -> int:
    """Write every passage as ``FOLDER/COLUMN/NAME.mid``, its opening with it; returns how many.

    Raises:
        OutputExists: A file is there already and ``force`` is not set.
        OutputFailed: A file could not be written.
    """
    for column in columns:
        for passage in column.passages:
            suffix = "" if passage.name.lower().endswith(_SUFFIXES) else _SUFFIXES[0]
            path = folder / column.name / f"{passage.name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, passage, force=force)
    return sum(len(column.passages) for column in columns)


def _write(path: Path, passage: Passage, *, force: bool) -> None:
    markers = [(passage.start * RESOLUTION // STEPS_PER_BEAT, JUDGED_FROM)] if passage.start else []
    write_chorale(path, notes_in_ticks(passage.piece), ticks_per_beat=RESOLUTION, markers=markers, force=force)


def notes_in_ticks(frames: IntArray) -> list[VoiceNote]:
    """The notes of frames in ticks, all equally loud."""
    ticks = RESOLUTION // STEPS_PER_BEAT
    return [
        VoiceNote(note.voice, note.start_step * ticks, (note.start_step + note.steps) * ticks, note.pitch, VELOCITY)
        for note in notes_of_frames(frames)
    ]
