"""Melodies that a melody model sings by itself, from one pitch on, as MIDI files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from companion.errors import BadSetting
from companion.files.midi import write_chorale
from companion.files.writing import refuse_existing
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.contract import MELODY
from companion.model.features import History, Place, known_before
from companion.model.runtime import Model
from companion.music.song import VoiceNote
from companion.music.vocabulary import HIGHEST_PITCH, REST, STEPS_PER_BEAT, VOICES, IntArray, notes_of_frames, strike
from companion.sampling.draw import Sampling, choose
from companion.sampling.rules import NoteContext
from companion.screen.terminal import Progress, unseen
from export.judging.keeping import RESOLUTION
from export.listening.make import TEMPOS

LOWEST_PRIMER = 48
SUNG_VELOCITY = 80

_UNDECIDED, _SILENT = (UNDECIDED,) * len(VOICES), (NOTHING,) * len(VOICES)


def check_singer(model: Model, primer: int) -> None:
    """BadSetting where a model sings no melody alone, or cannot begin with this pitch."""
    if model.contract.kind != MELODY:
        raise BadSetting(f"{model.contract.name} sings in four voices: chorale continue plays it; name a melody model")
    if not LOWEST_PRIMER <= primer <= HIGHEST_PITCH:
        raise BadSetting(f"the primer must be a pitch from {LOWEST_PRIMER} to {HIGHEST_PITCH}, not {primer}")


def sing(model: Model, primer: int, steps: int, sampling: Sampling, random: np.random.Generator) -> IntArray:
    """Frames ``[steps, 4]`` in which the first voice alone sings, from the strike of a pitch on."""
    frames = np.full((steps, len(VOICES)), REST, dtype=np.int32)
    history, state = History(), model.initial_state()
    for step in range(steps):
        logits, state = model.step(model.row.ids(known_before(history, Place.of(step, None)), 0), state)
        context = NoteContext(0, _UNDECIDED, _SILENT, history, step % STEPS_PER_BEAT)
        frames[step, 0] = choose(logits, context, sampling, random).token if step else strike(primer)
        history = history.advance(frames[step].tolist())
    return frames


def melody_files(folder: Path, name: str, count: int, force: bool) -> list[Path]:
    """Where so many melodies go; the folder is made, and OutputExists where one is there and is not to be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = max(len(str(count)), 2)
    paths = [folder / f"{name}-{number:0{digits}}.mid" for number in range(1, count + 1)]
    for path in paths:
        refuse_existing(path, force=force)
    return paths


def write_melodies(
    paths: list[Path], melodies: Iterator[IntArray], force: bool = False, progress: Progress = unseen
) -> list[IntArray]:
    """Each as soon as it is sung; returns them all."""
    ticks, written = RESOLUTION // STEPS_PER_BEAT, []
    for done, (path, frames) in enumerate(zip(paths, melodies, strict=False), start=1):
        notes = (
            VoiceNote(0, ticks * note.start_step, ticks * (note.start_step + note.steps), note.pitch, SUNG_VELOCITY)
            for note in notes_of_frames(frames)
        )
        write_chorale(path, notes, ticks_per_beat=RESOLUTION, tempos=TEMPOS, force=force)
        written.append(frames)
        progress(done, len(paths))
    return written
