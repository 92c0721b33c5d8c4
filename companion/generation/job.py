"""A composition about to be made: of a file for ``chorale continue``, ``harmonise`` and ``rewrite``, or of a clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.asked import NOTHING_ASKED, AskedHarmony, TuneAt
from companion.generation.blanks import Blank, kept_of, over_the_edges
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
from companion.harmony.keys import likeliest_key
from companion.model.leading import LEADER, LedModel
from companion.model.runtime import Model
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.song import Song
from companion.music.vocabulary import VOICES, sounding_pitches
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
    rewriting: Rewriting | None = None  # a search that comes before the first frame; its steps count as work

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
    key, generator = asked_key(settings), _generator(settings, open_model)
    home = likeliest_key(phrase.frames, chords=asked.symbols)
    asked = _in_key(asked, settings, phrase, home)
    frames = continue_phrase(generator, phrase, bars, sampling, key, lead, wishes, asked)
    total = total_frames(phrase, bars)
    new_steps, task = total - seed_frames(phrase), _task(phrase, total, "compose")
    told = [*notices(phrase), *asked.notices]
    return Job(song, phrase, generator, frames, total, told, velocity, new_steps, task, lead, settings, key or home)


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
    key, generator = asked_key(settings), _generator(settings, open_model)
    home = likeliest_key((whole or phrase).frames, ended=True, chords=asked.symbols)
    asked = _in_key(asked, settings, phrase, home)
    frames = harmonise(generator, phrase, sampling, key, asked)
    total = len(phrase.sung_steps)
    task = _task(phrase, total, "harmonise")
    told = [*phrase.notices, *asked.notices, *_leads_nobody(generator, phrase.given[LEADER])]
    return Job(song, phrase, generator, frames, total, told, velocity, task=task, settings=settings, key=key or home)


def _leads_nobody(generator: Generator, is_given: bool) -> Iterator[str]:
    """A line for the user, where a melody model has no tune to sing."""
    model = generator.model
    if is_given and isinstance(model, LedModel):
        tune, under = model.tune.contract.name, model.under.contract.name
        yield f"the soprano is given, so {tune} sings nothing; {under} sings the voices under it"


def check_bars(bars: int) -> None:
    """BadSetting where so many new bars cannot be."""
    if not 1 <= bars <= MOST_BARS:
        raise BadSetting(f"bars must be from 1 to {MOST_BARS}, not {bars}")


def rewrite_song(song: Song, phrase: Phrase, blank: Blank, settings: Settings, open_model: OpenModel) -> Job:
    """What a blank says made anew (see companion.generation.blanks); its phrase has only the notes that are kept."""
    key, sampling, generator = asked_key(settings), sampling_of(settings), _generator(settings, open_model)
    closes = sorted({phrase.beat_around(tick) for tick in song.fermatas})
    velocity = as_there(*_course(phrase)) if settings.velocity == PLAYED else velocity_rule(settings.velocity)
    rewriting = Rewriting(generator, Gap(phrase, blank, sampling, generator.random, key, closes))
    kept = kept_of(phrase, blank)
    lines = [*phrase.notices, *over_the_edges(phrase, blank), *_leads_nobody(generator, LEADER not in blank.voices)]
    task = _task(phrase, blank.stop - blank.first, "rewrite")
    return Job(
        song,
        kept,
        generator,
        rewriting.frames(),
        rewriting.length,
        lines,
        velocity,
        task=task,
        settings=settings,
        key=rewriting.gap.key,
        facts=(_rewritten(phrase, blank),),
        rewriting=rewriting,
    )


def _rewritten(phrase: Phrase, blank: Blank) -> Fact:
    first, last = phrase.bar_of_step(blank.first), phrase.bar_of_step(blank.stop - 1)
    voices = [VOICES[voice] for voice in sorted(blank.voices)]
    bars = f"bar {first}" if first == last else f"bars {first} to {last}"
    return Fact("rewritten", {"bars": [first, last], "voices": voices}, f"{bars} anew in {', '.join(voices)}")


def _course(phrase: Phrase) -> tuple[list[int], list[int], list[int]]:
    """Of all notes: voices, steps and velocities."""
    steps = phrase.positions([note.start_tick for note in phrase.notes])
    return [note.voice for note in phrase.notes], steps.tolist(), [note.velocity for note in phrase.notes]


def asked_key(settings: Settings) -> Key | None:
    """The key that the player names."""
    return Key.of_name(settings.key) if settings.key else None


def _in_key(asked: AskedHarmony, settings: Settings, phrase: Phrase, home: Key | None) -> AskedHarmony:
    """With the key that notes and chords tell, and the chords of closes of a kind."""
    asked = replace(asked, key=home)
    key = asked_key(settings) or home
    return asked if key is None or not asked else asked.with_cadences(key, _sung_in(phrase))


def _sung_in(phrase: Phrase) -> TuneAt:
    """The pitch class of the phrase's leading voice at a step of the song; of four given voices nothing is asked."""
    tune = sounding_pitches(phrase.frames)[:, phrase.given.index(True)]

    def sung(step: int) -> int | None:
        at = step - phrase.start_step
        return int(tune[at]) % OCTAVE if 0 <= at < len(tune) and tune[at] else None

    return sung


def _generator(settings: Settings, open_model: OpenModel) -> Generator:
    return Generator(open_model(settings.model), np.random.Generator(np.random.PCG64(settings.seed)))


def _task(phrase: Phrase, steps: int, what: str) -> str:
    bars = math.ceil(steps / phrase.bar_steps)
    return f"{bars:,} bar{'s' * (bars > 1)} to {what}"
