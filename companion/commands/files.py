"""What the file commands do: read a seed, compose, write everything or nothing."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from companion.audio.wav import find_fluidsynth, seconds_of_ticks, wave_of_midi
from companion.commands.trace import trace_file
from companion.controls.kinds import AUTO
from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE, read_command
from companion.errors import BadMidiFile, BadSetting, OutputFailed
from companion.files.midi import chorale_file, read_song
from companion.files.writing import refuse_existing, write_all
from companion.generation.composer import (
    MODEL,
    Composed,
    continue_phrase,
    harmonise,
    notices,
    seed_frames,
    total_frames,
    voice_notes,
)
from companion.generation.generator import Generator
from companion.generation.velocity import VelocityRule, velocity_rule
from companion.model.library import open_model
from companion.music.key import Key
from companion.music.song import Song
from companion.music.vocabulary import VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.draw import Sampling
from companion.sampling.styles import style
from companion.screen.terminal import LONG_SECONDS, span

MIDI_SUFFIXES = ("", ".mid", ".midi")
MOST_BARS = 1000
LONGEST_SOUND_SECONDS = 3600  # which takes two gigabytes of memory
SOUND_SPEED = 60  # seconds of sound made in a second, by a slow machine


@dataclass(frozen=True)
class Playing:
    """How the companion plays; checked when the first frame is asked for."""

    model: str = DEFAULT_MODEL
    style: str = DEFAULT_STYLE
    temperature: float | None = None  # None: the style's
    top_p: float | None = None  # None: the style's
    seed: int | None = None  # None: another one each time
    velocity: str = "played"
    density: float = 0.0  # as the control of that name
    key: str | None = None  # such as "C major"; None: as heard
    voice_temperatures: tuple[float | None, ...] = (None,) * len(VOICES)  # soprano first; None: that of all

    def sampling(self) -> Sampling:
        (density,) = read_command("density", (self.density,)).arguments
        return style(self.style, self.temperature, self.top_p, float(density), self.voice_temperatures)

    def asked_key(self) -> Key | None:
        (name,) = read_command("key", (self.key,)).arguments
        return None if name == AUTO else Key.of_name(str(name))

    def generator(self) -> Generator:
        if self.seed is not None and self.seed < 0:
            raise BadSetting(f"seed must be 0 or more, not {self.seed}")
        seed = secrets.randbits(32) if self.seed is None else self.seed
        return Generator(open_model(self.model), np.random.Generator(np.random.PCG64(seed)))


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False

    def check(self) -> None:
        """Before any work: OutputExists or OutputFailed for the first that cannot be written.

        BadSetting where two have one name, since the second would replace the first, or where the
        soundfont is none; MissingExtra where there is no FluidSynth to play it.
        """
        paths = [path for path in (self.midi, self.wav, self.trace) if path is not None]
        for path in paths:
            refuse_existing(path, force=self.force)
        names = [os.path.realpath(path) for path in paths]
        for path, name in zip(paths, names, strict=True):
            if names.count(name) > 1:
                raise BadSetting(f"two outputs have one name: {path}; choose another for one of them")
        if self.soundfont is not None:
            find_fluidsynth(self.soundfont)


def midi_place(source: Path, word: str, out: Path | None) -> Path:
    """Where the MIDI file goes: where it is asked for, else beside the source.

    Raises:
        BadMidiFile, BadSetting, OutputFailed: the source or the place is no name of a MIDI file.
    """
    if out is None:
        if not source.name:
            raise BadMidiFile(f"cannot read {source}: it is a folder")
        return source.with_name(f"{source.stem}-{word}.mid")
    if not out.name:
        raise OutputFailed(f"cannot write {out}: it is a folder; name a file")
    if out.suffix.lower() not in MIDI_SUFFIXES:
        raise BadSetting(f"what is written is a MIDI file: its name must end in .mid, not {out.suffix}")
    return out


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


def continue_job(seed: Path, bars: int, playing: Playing) -> Job:
    """Continue a file."""
    song = read_song(seed)
    return job_of_song(song, phrase_of_song(song), bars, playing)


def job_of_song(song: Song, phrase: Phrase, bars: int, playing: Playing) -> Job:
    """Continue a song."""
    if not 1 <= bars <= MOST_BARS:
        raise BadSetting(f"bars must be from 1 to {MOST_BARS}, not {bars}")
    velocity, sampling = velocity_rule(playing.velocity, phrase.notes), playing.sampling()
    key, generator = playing.asked_key(), playing.generator()
    frames = continue_phrase(generator, phrase, bars, sampling, key)
    total = total_frames(phrase, bars)
    new_steps, task = total - seed_frames(phrase), _task(phrase, total, "compose")
    return Job(song, phrase, generator, frames, total, notices(phrase), velocity, new_steps, task)


def harmonise_job(melody: Path, voice: int | None, playing: Playing) -> Job:
    """Add the missing voices to a file."""
    song = read_song(melody)
    phrase = phrase_of_song(song, voice)
    if all(phrase.given):
        raise BadSetting(f"{melody} holds all four voices; name the one to keep with --voice {'|'.join(VOICES)}")
    velocity, sampling = velocity_rule(playing.velocity, phrase.notes), playing.sampling()
    key, generator = playing.asked_key(), playing.generator()
    frames = harmonise(generator, phrase, sampling, key)
    total = len(phrase.sung_steps)
    task = _task(phrase, total, "harmonise")
    return Job(song, phrase, generator, frames, total, phrase.notices, velocity, task=task)


def _task(phrase: Phrase, steps: int, what: str) -> str:
    bars = math.ceil(steps / phrase.bar_steps)
    return f"{bars:,} bar{'s' * (bars > 1)} to {what}"


def check_sound(job: Job, outputs: Outputs) -> str:
    """What to say of a sound that takes long to make; empty where it does not.

    Raises:
        BadSetting: it would last too long.
    """
    if outputs.wav is None:
        return ""
    end_tick = job.phrase.tick_of_step(job.phrase.end_step + job.new_steps)
    seconds = seconds_of_ticks(job.song.tempos, job.song.ticks_per_beat)(end_tick)
    if seconds > LONGEST_SOUND_SECONDS:
        raise BadSetting(
            f"the sound would last {span(seconds)}, and can last {span(LONGEST_SOUND_SECONDS)}; leave out --wav"
        )
    work_seconds = seconds / SOUND_SPEED
    return f"about {span(work_seconds)}: {span(seconds)} of sound" if work_seconds > LONG_SECONDS else ""


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write the MIDI file, and the sound and the trace where they are asked for: all of them or none."""
    midi = chorale_file(
        [*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity)],
        ticks_per_beat=job.song.ticks_per_beat,
        tempos=job.song.tempos,
        metres=job.song.metres,
        key=job.song.key,
        markers=_seam(composed, job.phrase),
    )
    contents = {outputs.midi: midi}
    if outputs.wav is not None:
        contents[outputs.wav] = wave_of_midi(midi, outputs.soundfont)
    if outputs.trace is not None:
        contents[outputs.trace] = trace_file(job.generator.model.contract.name, composed)
    write_all(contents, force=outputs.force)


def run(job: Job, tell: Callable[[int], None]) -> list[Composed]:
    """Compose everything; tell is told how many frames are done."""
    composed = []
    for one in job.frames:
        composed.append(one)
        tell(len(composed))
    return composed


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
