"""A composition about to be made: of a file for ``chorale continue``, ``harmonise`` and ``rewrite``, or of a clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.asked import NOTHING_ASKED, AskedHarmony, TuneAt
from companion.generation.composer import (
    Composed,
    continue_phrase,
    continue_to_its_end,
    harmonise,
    notices,
    seed_frames,
    total_frames,
)
from companion.generation.following import Following, Lead
from companion.generation.generator import Generator, refuse_threshold
from companion.generation.velocity import VelocityRule, velocity_rule
from companion.harmony.form import Wish
from companion.harmony.keys import likeliest_key
from companion.model.contract import END
from companion.model.leading import LEADER, LedModel
from companion.model.runtime import Model
from companion.music.bars import MOST_BARS
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.song import Song
from companion.music.vocabulary import sounding_pitches
from companion.phrase.character import character_of
from companion.phrase.seed import Phrase
from companion.sampling.styles import sampling_of

OpenModel = Callable[[str], Model]  # by its name


class Fact(NamedTuple):
    """Something worth telling of what was heard or made."""

    name: str  # in a trace
    value: Any  # there, as JSON has it
    said: str = ""  # to people; empty: nothing


class SearchSteps(Protocol):
    """What finds how bars are made anew."""

    @property
    def work(self) -> int:
        """How many steps it has."""

    @property
    def voices(self) -> tuple[int, ...]:
        """Those of which anything is made anew."""

    def search(self) -> Iterator[None]:
        """Goes on by a step each time."""


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
    rewriting: SearchSteps | None = None  # of bars made anew; comes before the first frame, and its steps count as work

    @property
    def work(self) -> int:
        """How many steps of work and frames there are in all."""
        return self.total + (0 if self.rewriting is None else self.rewriting.work)


def continue_song(
    song: Song,
    phrase: Phrase,
    bars: int,
    wishes: Sequence[Wish],
    settings: Settings,
    open_model: OpenModel,
    asked: AskedHarmony = NOTHING_ASKED,
) -> Job:
    """A phrase and so many new bars, in phrases as they are wished for; BadSetting where that cannot be.

    asked: chords and closes, of the phrase and of what is new.
    """
    check_bars(bars)
    lead = Following.of(settings).lead(character_of(phrase))
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes, lead), sampling_of(settings)
    key, generator = asked_key(settings, song), seeded_generator(settings, open_model)
    home = likeliest_key(phrase.frames, chords=asked.symbols)
    asked = _in_key(asked, phrase, key, home)
    frames = continue_phrase(generator, phrase, bars, sampling, key, lead, wishes, asked)
    total = total_frames(phrase, bars)
    new_steps, task = total - seed_frames(phrase), task_of(phrase, total, "compose")
    told = [*notices(phrase), *asked.notices]
    return Job(song, phrase, generator, frames, total, told, velocity, new_steps, task, lead, settings, key or home)


def song_to_its_end(song: Song, phrase: Phrase, bars: int, settings: Settings, open_model: OpenModel) -> Job:
    """A phrase gone on with until the model ends the piece, after so many bars at the latest.

    What will be is known at once: its frames are made here.

    Raises:
        BadSetting: there cannot be so many bars, or the model never says that a piece is over.
    """
    check_bars(bars)
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes), sampling_of(settings)
    key, generator = asked_key(settings, song), seeded_generator(settings, open_model)
    contract = generator.model.contract
    if END not in {aside.name for aside in contract.asides}:
        raise BadSetting(f"{contract.name} does not end a piece by itself, as gru-onehot does; say how many --bars")
    frames = list(continue_to_its_end(generator, phrase, bars, sampling, key))
    new_steps = len(frames) - seed_frames(phrase)
    ended = len(frames) < total_frames(phrase, bars)
    bound = "1 bar" if bars == 1 else f"{bars} bars"
    said = "the piece ended by itself" if ended else f"the piece did not end within {bound}"
    return Job(
        song,
        phrase,
        generator,
        iter(frames),
        len(frames),
        notices(phrase),
        velocity,
        new_steps,
        task_of(phrase, len(frames), "compose"),
        settings=settings,
        key=key or likeliest_key(phrase.frames),
        facts=(Fact("ended", ended, said),),
    )


def harmonise_song(
    song: Song,
    phrase: Phrase,
    settings: Settings,
    open_model: OpenModel,
    asked: AskedHarmony = NOTHING_ASKED,
    whole: Phrase | None = None,
) -> Job:
    """A phrase that lacks at least one voice, and those that it lacks.

    asked: chords and closes.
    whole: what the phrase is some bars of, whose key is theirs.
    """
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes), sampling_of(settings)
    key, generator = asked_key(settings, song), seeded_generator(settings, open_model)
    home = likeliest_key((whole or phrase).frames, ended=True, chords=asked.symbols)
    asked = _in_key(asked, phrase, key, home)
    frames = harmonise(generator, phrase, sampling, key, asked)
    total = len(phrase.sung_steps)
    task = task_of(phrase, total, "harmonise")
    told = [*phrase.notices, *asked.notices, *leads_nobody(generator, phrase.given[LEADER])]
    return Job(song, phrase, generator, frames, total, told, velocity, task=task, settings=settings, key=key or home)


def leads_nobody(generator: Generator, is_given: bool) -> Iterator[str]:
    """A line for the user, where a melody model has no tune to sing."""
    model = generator.model
    if is_given and isinstance(model, LedModel):
        tune, under = model.tune.contract.name, model.under.contract.name
        yield f"the soprano is given, so {tune} sings nothing; {under} sings the voices under it"


def check_bars(bars: int) -> None:
    """BadSetting where so many new bars cannot be."""
    if not 1 <= bars <= MOST_BARS:
        raise BadSetting(f"bars must be from 1 to {MOST_BARS}, not {bars}")


def asked_key(settings: Settings, song: Song | None = None) -> Key | None:
    """The key that the player names, or else a score by a church mode; what else it names is heard better."""
    if settings.key:
        return Key.of_name(settings.key)
    written = song.key if song is not None else None
    return Key.of_signature(written.sharps, written.church_mode) if written and written.church_mode else None


def _in_key(asked: AskedHarmony, phrase: Phrase, key: Key | None, home: Key | None) -> AskedHarmony:
    """With the key that notes and chords tell, and the chords of closes of a kind."""
    asked = replace(asked, key=home)
    key = key or home
    return asked if key is None or not asked else asked.with_cadences(key, _sung_in(phrase))


def _sung_in(phrase: Phrase) -> TuneAt:
    """The pitch class of the phrase's leading voice at a step of the song; of four given voices nothing is asked."""
    tune = sounding_pitches(phrase.frames)[:, phrase.given.index(True)]

    def sung(step: int) -> int | None:
        at = step - phrase.start_step
        return int(tune[at]) % OCTAVE if 0 <= at < len(tune) and tune[at] else None

    return sung


def seeded_generator(settings: Settings, open_model: OpenModel) -> Generator:
    """The model that is set, and dice; BadSetting where the settings are not for this model."""
    model = open_model(settings.model)
    refuse_threshold(model, settings.threshold)
    return Generator(model, np.random.Generator(np.random.PCG64(settings.seed)))


def task_of(phrase: Phrase, steps: int, what: str) -> str:
    """ "8 bars to compose": so many steps of a phrase."""
    bars = math.ceil(steps / phrase.bar_steps)
    return f"{bars:,} bar{'s' * (bars > 1)} to {what}"
