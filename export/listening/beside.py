"""One held-out opening, continued by many models: the same bars, the same seed, the same player."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from companion.files.writing import refuse_existing, write_output
from companion.model.runtime import Model
from companion.music.vocabulary import notes_of_frames
from companion.screen.terminal import Progress, adding, unseen
from companion.workbench.outputs import Outputs, write_outputs
from export.judging.recital import BAR_STEPS, OPENING_STEPS
from export.listening.exhibit import Exhibit
from export.listening.make import PageFiles, continuation
from export.listening.pianoroll import Roll, draw_rolls, png

ALL_ROLLS = "side-by-side.png"
HIS_OWN = "bach-himself"


def places_beside(models: Sequence[Model], folder: Path, force: bool) -> list[Path]:
    """The files that will be written, the picture last; OutputExists for the first that may not be replaced.

    The folder is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [*(f"{model.contract.name}.mid" for model in models), f"{HIS_OWN}.mid", ALL_ROLLS]
    places = [folder / name for name in names]
    for place in places:
        refuse_existing(place, force=force)
    return places


def play_side_by_side(
    models: Sequence[Model], exhibit: Exhibit, folder: Path, force: bool, progress: Progress = unseen
) -> list[Path]:
    """Write what every model makes of an opening as MIDI files, Bach's own bars, and one picture of all."""
    places, add = places_beside(models, folder, force), adding(progress)
    files, rolls = PageFiles(folder, force), []
    for model, place in zip(models, places, strict=False):
        job = continuation(model, exhibit)
        composed = list(job.frames)
        with TemporaryDirectory() as elsewhere:  # of which the music alone is kept
            write_outputs(job, composed, Outputs(Path(elsewhere) / place.name))
            write_output(place, (Path(elsewhere) / place.name).read_bytes(), force=force)
        frames = np.stack([one.frame.tokens for one in composed])
        closes = tuple(at for at, one in enumerate(composed) if one.to_close == 0)
        rolls.append(Roll(model.contract.name, tuple(notes_of_frames(frames)), OPENING_STEPS, closes))
        add(1)
    steps = max(note.start_step + note.steps for roll in rolls for note in roll.notes)
    bach = exhibit.piece.frames[:steps]
    files.write_bach(bach, places[-2].name)
    rolls.append(Roll("Bach", tuple(notes_of_frames(bach))))
    write_output(places[-1], png(draw_rolls(rolls, BAR_STEPS)), force=force)
    return places
