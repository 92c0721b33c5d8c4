"""A composition about to be made: of a file for ``chorale continue``, ``harmonise`` and ``rewrite``, or of a clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.blanks import Blank, kept_notes, over_the_edges
from companion.generation.composer import (
    Composed,
    continue_phrase,
    harmonise,
    notices,
    seed_frames,
    total_frames,
)
from companion.generation.following import Following, Lead
from companion.generation.gap import Gap
from companion.generation.generator import Generator
from companion.generation.rewriting import Rewriting
from companion.generation.velocity import PLAYED, VelocityRule, as_there, velocity_rule
from companion.harmony.form import Wish
from companion.model.runtime import Model
from companion.music.key import Key
from companion.music.song import Song
from companion.phrase.character import character_of
from companion.phrase.seed import Phrase
from companion.sampling.styles import sampling_of

MOST_BARS = 1000

OpenModel = Callable[[str], Model]  # by its name


@dataclass(frozen=True)
class Job:
    """A composition about to be made."""

    song: Song
    phrase: Phrase
    generator: Generator
    frames: Iterator[Composed]
    total: int  # how many frames there will be
    notices: Sequence[str]
    velocity: VelocityRule
    new_steps: int = 0  # of them, after the phrase
    task: str = "composing"  # what there is to do
    lead: Lead | None = None  # what the answer takes from the phrase
    rewriting: Rewriting | None = None  # a search that comes before the first frame; its steps count as work

    @property
    def work(self) -> int:
        """How many steps of work and frames there are in all."""
        return self.total + (0 if self.rewriting is None else self.rewriting.work)


def continue_song(
    song: Song, phrase: Phrase, bars: int, wishes: Sequence[Wish], settings: Settings, open_model: OpenModel
) -> Job:
    """A phrase and so many new bars, in phrases as they are wished for; BadSetting where that cannot be."""
    if not 1 <= bars <= MOST_BARS:
        raise BadSetting(f"bars must be from 1 to {MOST_BARS}, not {bars}")
    lead = Following.of(settings).lead(character_of(phrase))
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes, lead), sampling_of(settings)
    key, generator = asked_key(settings), _generator(settings, open_model)
    frames = continue_phrase(generator, phrase, bars, sampling, key, lead, wishes)
    total = total_frames(phrase, bars)
    new_steps, task = total - seed_frames(phrase), _task(phrase, total, "compose")
    return Job(song, phrase, generator, frames, total, notices(phrase), velocity, new_steps, task, lead)


def harmonise_song(song: Song, phrase: Phrase, settings: Settings, open_model: OpenModel) -> Job:
    """A phrase that lacks at least one voice, and those that it lacks."""
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes), sampling_of(settings)
    key, generator = asked_key(settings), _generator(settings, open_model)
    frames = harmonise(generator, phrase, sampling, key)
    total = len(phrase.sung_steps)
    task = _task(phrase, total, "harmonise")
    return Job(song, phrase, generator, frames, total, phrase.notices, velocity, task=task)


def rewrite_song(song: Song, phrase: Phrase, blank: Blank, settings: Settings, open_model: OpenModel) -> Job:
    """What a blank says made anew (see companion.generation.blanks); its phrase has only the notes that are kept."""
    key, sampling, generator = asked_key(settings), sampling_of(settings), _generator(settings, open_model)
    closes = [phrase.step_of_tick(tick) for tick in song.fermatas]
    velocity = as_there(*_course(phrase)) if settings.velocity == PLAYED else velocity_rule(settings.velocity)
    rewriting = Rewriting(generator, Gap(phrase, blank, sampling, generator.random, key, closes))
    kept = replace(phrase, notes=kept_notes(phrase, blank))
    lines = [*phrase.notices, *over_the_edges(phrase, blank)]
    task = _task(phrase, blank.stop - blank.first, "rewrite")
    return Job(
        song, kept, generator, rewriting.frames(), rewriting.length, lines, velocity, task=task, rewriting=rewriting
    )


def _course(phrase: Phrase) -> tuple[list[int], list[int], list[int]]:
    """Of all notes: voices, steps and velocities."""
    steps = phrase.positions([note.start_tick for note in phrase.notes])
    return [note.voice for note in phrase.notes], steps.tolist(), [note.velocity for note in phrase.notes]


def asked_key(settings: Settings) -> Key | None:
    """The key that the player names."""
    return Key.of_name(settings.key) if settings.key else None


def _generator(settings: Settings, open_model: OpenModel) -> Generator:
    return Generator(open_model(settings.model), np.random.Generator(np.random.PCG64(settings.seed)))


def _task(phrase: Phrase, steps: int, what: str) -> str:
    bars = math.ceil(steps / phrase.bar_steps)
    return f"{bars:,} bar{'s' * (bars > 1)} to {what}"
