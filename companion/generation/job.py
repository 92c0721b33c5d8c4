"""A composition about to be made: of a file for ``chorale continue`` and ``harmonise``, or of a clip in Live."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.composer import (
    Composed,
    continue_phrase,
    harmonise,
    notices,
    seed_frames,
    total_frames,
)
from companion.generation.following import Following, Lead
from companion.generation.generator import Generator
from companion.generation.velocity import VelocityRule, velocity_rule
from companion.harmony.form import Wish
from companion.harmony.keys import likeliest_key
from companion.model.runtime import Model
from companion.music.key import Key
from companion.music.song import Song
from companion.phrase.character import character_of
from companion.phrase.seed import Phrase
from companion.sampling.styles import sampling_of

MOST_BARS = 1000

OpenModel = Callable[[str], Model]  # by its name


class Fact(NamedTuple):
    """Something worth telling of what was heard or made."""

    name: str  # in a trace
    value: Any  # there, as JSON has it
    said: str = ""  # to people; empty: nothing


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
    settings: Settings | None = None  # with which it is drawn; a job that is told of has them
    key: Key | None = None  # in which it is made
    facts: Sequence[Fact] = ()  # of what is done, beside what every job tells


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
    key = key or likeliest_key(phrase.frames)
    told = notices(phrase)
    return Job(song, phrase, generator, frames, total, told, velocity, new_steps, task, lead, settings, key)


def harmonise_song(song: Song, phrase: Phrase, settings: Settings, open_model: OpenModel) -> Job:
    """A phrase that lacks at least one voice, and those that it lacks."""
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes), sampling_of(settings)
    key, generator = asked_key(settings), _generator(settings, open_model)
    frames = harmonise(generator, phrase, sampling, key)
    total = len(phrase.sung_steps)
    task = _task(phrase, total, "harmonise")
    key = key or likeliest_key(phrase.frames, ended=True)
    told = phrase.notices
    return Job(song, phrase, generator, frames, total, told, velocity, task=task, settings=settings, key=key)


def asked_key(settings: Settings) -> Key | None:
    """The key that the player names."""
    return Key.of_name(settings.key) if settings.key else None


def _generator(settings: Settings, open_model: OpenModel) -> Generator:
    return Generator(open_model(settings.model), np.random.Generator(np.random.PCG64(settings.seed)))


def _task(phrase: Phrase, steps: int, what: str) -> str:
    bars = math.ceil(steps / phrase.bar_steps)
    return f"{bars:,} bar{'s' * (bars > 1)} to {what}"
