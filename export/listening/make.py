"""``chorale-train listen``: held-out openings continued and melodies harmonised, to be heard beside Bach."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from companion.controls.settings import Settings
from companion.controls.table import DEFAULT_STYLE
from companion.errors import BadSetting
from companion.files.midi import write_chorale
from companion.files.writing import refuse_existing, write_output
from companion.generation.composer import Composed, continue_phrase, harmonise, total_frames
from companion.generation.following import Following
from companion.generation.generator import Generator
from companion.generation.job import Job
from companion.generation.velocity import velocity_rule
from companion.model.runtime import Model
from companion.music.song import Song, Tempo
from companion.music.vocabulary import IntArray, excerpt, notes_of_frames
from companion.phrase.character import character_of
from companion.phrase.seed import Phrase
from companion.sampling.styles import style
from companion.screen.terminal import Progress, adding, unseen
from companion.workbench.outputs import Outputs, write_outputs
from export.judging.keeping import RESOLUTION, notes_in_ticks
from export.judging.recital import BAR_STEPS, OPENING_STEPS, melody_of, phrase_of
from export.listening.exhibit import CONTINUED, HARMONISED, ORIGINAL, Exhibit
from export.listening.pianoroll import Roll, draw_rolls, png

BEATS_PER_MINUTE = 80
TEMPOS = (Tempo(0, 60_000_000 // BEATS_PER_MINUTE),)
MADE_OF_EACH = 3  # a continuation, a harmonisation, a picture


def continuation(model: Model, exhibit: Exhibit) -> Job:
    """The opening of a piece and how the model goes on, as ``chorale continue`` would."""
    opening = excerpt(exhibit.piece.frames, 0, OPENING_STEPS)
    phrase = replace(phrase_of(opening), notes=tuple(notes_in_ticks(opening)))
    generator = _generator(model, exhibit)
    lead = Following.of(Settings()).lead(character_of(phrase))
    frames = continue_phrase(generator, phrase, exhibit.new_bars, style(DEFAULT_STYLE), lead=lead)
    velocity, total = velocity_rule("played", phrase.notes, lead), total_frames(phrase, exhibit.new_bars)
    return replace(_job(phrase, generator), frames=frames, total=total, velocity=velocity, lead=lead)


def harmonisation(model: Model, exhibit: Exhibit) -> Job:
    """The soprano of a piece and the voices that the model gives it, as ``chorale harmonise`` would."""
    melody = melody_of(exhibit.piece.frames)
    phrase = replace(melody, notes=tuple(notes_in_ticks(melody.frames)))
    generator = _generator(model, exhibit)
    frames = harmonise(generator, phrase, style(DEFAULT_STYLE))
    return replace(_job(phrase, generator), frames=frames, total=len(phrase.frames))


def _generator(model: Model, exhibit: Exhibit) -> Generator:
    return Generator(model, np.random.Generator(np.random.PCG64(exhibit.seed)))


def _job(phrase: Phrase, generator: Generator) -> Job:
    """A job without its frames."""
    song = Song((), RESOLUTION, TEMPOS)
    return Job(song, phrase, generator, iter(()), 0, (), velocity_rule("played", phrase.notes))


@dataclass(frozen=True)
class PageFiles:
    """The folder of music and pictures, and the page beside it."""

    folder: Path
    force: bool = False

    @property
    def page(self) -> Path:
        """``docs/listen.md`` for the folder ``docs/listen``."""
        return self.folder.with_name(f"{self.folder.name}.md")

    def check(self, exhibits: Sequence[Exhibit]) -> None:
        """Before any work: OutputExists for the first file that may not be replaced. The folder is made."""
        if self.folder.name in ("", ".."):
            raise BadSetting(f"the page is named as its folder is: give the folder a name, not {str(self.folder)!r}")
        self.folder.mkdir(parents=True, exist_ok=True)
        files = [self.folder / name for exhibit in exhibits for name in exhibit.files]
        for path in (self.page, *files):
            refuse_existing(path, force=self.force)

    def write_job(self, job: Job, composed: Sequence[Composed], midi: str, trace: str) -> None:
        """What a job made, as a MIDI file and a trace, which is packed to a tenth and holds no time of day."""
        with TemporaryDirectory() as place:
            plain = Path(place) / "trace.json"
            write_outputs(job, composed, Outputs(self.folder / midi, trace=plain, force=self.force))
            packed = gzip.compress(plain.read_bytes(), mtime=0)
        write_output(self.folder / trace, packed, force=self.force)

    def write_bach(self, frames: IntArray, midi: str) -> None:
        """A piece as it was written."""
        notes = notes_in_ticks(frames)
        write_chorale(self.folder / midi, notes, ticks_per_beat=RESOLUTION, tempos=TEMPOS, force=self.force)

    def write_picture(self, rolls: Sequence[Roll], name: str) -> None:
        """The piano rolls."""
        write_output(self.folder / name, png(draw_rolls(rolls, BAR_STEPS)), force=self.force)

    def write_page(self, text: str) -> None:
        """The page, when everything that it names is there."""
        write_output(self.page, text.encode(), force=self.force)


def make(model: Model, exhibits: Sequence[Exhibit], outputs: PageFiles, progress: Progress = unseen) -> None:
    """Play and write everything but the page; the same model and pieces give the same files."""
    add = adding(progress)
    for exhibit in exhibits:
        continued = _play(continuation(model, exhibit), exhibit, CONTINUED, outputs)
        add(1)
        harmonised = _play(harmonisation(model, exhibit), exhibit, HARMONISED, outputs)
        add(1)
        outputs.write_bach(exhibit.piece.frames, exhibit.midi(ORIGINAL))
        outputs.write_picture(rolls_of(exhibit, continued, harmonised), exhibit.picture)
        add(1)


class Rendering(NamedTuple):
    """What a job made."""

    frames: IntArray  # [steps, 4]
    closes: tuple[int, ...] = ()  # the frames on which phrases were planned to close


def _play(job: Job, exhibit: Exhibit, part: str, outputs: PageFiles) -> Rendering:
    composed = list(job.frames)
    outputs.write_job(job, composed, exhibit.midi(part), exhibit.trace(part))
    closes = tuple(at for at, one in enumerate(composed) if one.to_close == 0)
    return Rendering(np.stack([one.frame.tokens for one in composed]), closes)


def rolls_of(exhibit: Exhibit, continued: Rendering, harmonised: Rendering) -> tuple[Roll, Roll, Roll]:
    """What is seen of a seed: the model's two performances, then Bach's."""
    notes, given = tuple(notes_of_frames(continued.frames)), tuple(notes_of_frames(harmonised.frames))
    return (
        Roll("continued: Bach's first two bars, then the model", notes, OPENING_STEPS, continued.closes),
        Roll("harmonised: Bach's soprano, the other voices by the model", given, closes=harmonised.closes),
        Roll("Bach", tuple(notes_of_frames(exhibit.piece.frames))),
    )
