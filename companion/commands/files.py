"""What the file commands do: read a seed, compose, write everything or nothing."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from companion.audio.wav import find_fluidsynth, seconds_of_ticks, wave_of_midi
from companion.commands.phrases import wishes_of
from companion.commands.trace import trace_file
from companion.controls.settings import Settings
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
from companion.generation.following import Following, Lead
from companion.generation.generator import Generator
from companion.generation.velocity import VelocityRule, velocity_rule
from companion.harmony.form import Wish
from companion.model.library import open_model
from companion.music.key import Key
from companion.music.song import Song
from companion.music.vocabulary import VOICES, voice_index
from companion.phrase.character import character_of
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.styles import sampling_of
from companion.screen.say import say
from companion.screen.terminal import LONG_SECONDS, progress_bar, span

MIDI_SUFFIXES = ("", ".mid", ".midi")
MOST_BARS = 1000
LONGEST_SOUND_SECONDS = 3600  # which takes two gigabytes of memory
SOUND_SPEED = 60  # seconds of sound made in a second, by a slow machine


def _asked_key(settings: Settings) -> Key | None:
    return Key.of_name(settings.key) if settings.key else None


def _generator(settings: Settings) -> Generator:
    return Generator(open_model(settings.model), np.random.Generator(np.random.PCG64(settings.seed)))


@dataclass(frozen=True)
class Outputs:
    """The files a command writes."""

    midi: Path
    wav: Path | None = None
    trace: Path | None = None
    soundfont: Path | None = None
    force: bool = False

    @classmethod
    def beside(
        cls,
        source: Path,
        word: str,
        out: Path | None = None,
        wav: bool = False,
        trace: Path | None = None,
        soundfont: Path | None = None,
        force: bool = False,
    ) -> Outputs:
        """Checked; where no name is given, ``song-continued.mid`` stands beside ``song.mid``."""
        midi = midi_place(source, word, out)
        sound = midi.with_suffix(".wav") if wav or soundfont is not None else None
        outputs = cls(midi, sound, trace, soundfont, force)
        outputs.check()
        return outputs

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
    lead: Lead | None = None  # what the answer takes from the phrase


def continue_job(
    seed: Path, bars: int | None, settings: Settings, phrases: str | None = None, form: str | None = None
) -> Job:
    """Continue a file, in phrases of these lengths and this form; see companion.commands.phrases."""
    song = read_song(seed)
    phrase = phrase_of_song(song)
    return job_of_song(song, phrase, *wishes_of(phrases, form, bars, phrase.bar_steps), settings)


def job_of_song(song: Song, phrase: Phrase, bars: int, wishes: Sequence[Wish], settings: Settings) -> Job:
    """Continue a song."""
    if not 1 <= bars <= MOST_BARS:
        raise BadSetting(f"bars must be from 1 to {MOST_BARS}, not {bars}")
    lead = Following.of(settings).lead(character_of(phrase))
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes, lead), sampling_of(settings)
    key, generator = _asked_key(settings), _generator(settings)
    frames = continue_phrase(generator, phrase, bars, sampling, key, lead, wishes)
    total = total_frames(phrase, bars)
    new_steps, task = total - seed_frames(phrase), _task(phrase, total, "compose")
    return Job(song, phrase, generator, frames, total, notices(phrase), velocity, new_steps, task, lead)


def harmonise_job(melody: Path, voice: int | None, settings: Settings) -> Job:
    """Add the missing voices to a file, whose melody is of this voice; None: as its track or its range says."""
    song = read_song(melody)
    phrase = phrase_of_song(song, voice)
    if all(phrase.given):
        raise BadSetting(f"{melody} holds all four voices; name the one to keep with --voice {'|'.join(VOICES)}")
    velocity, sampling = velocity_rule(settings.velocity, phrase.notes), sampling_of(settings)
    key, generator = _asked_key(settings), _generator(settings)
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


def voice_number(name: str | None) -> int | None:
    """The voice of a name or number; BadSetting where there is none."""
    try:
        return None if name is None else voice_index(name)
    except ValueError as error:
        raise BadSetting(str(error)) from error


def write_outputs(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write the MIDI file, and the sound and the trace where they are asked for: all of them or none."""
    midi = chorale_file(
        [*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity, job.lead)],
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


def compose(job: Job, outputs: Outputs) -> None:
    """Make the music, and write it."""
    if warning := check_sound(job, outputs):
        say(warning, err=True)
    with progress_bar(job.task, job.total) as tell:
        composed = run(job, tell)
    save_work(job, composed, outputs)


def run(job: Job, tell: Callable[[int], None]) -> list[Composed]:
    """All frames; tell is told how many are done."""
    composed = []
    for one in job.frames:
        composed.append(one)
        tell(len(composed))
    return composed


def save_work(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write what was made, and say what and where."""
    say(*(f"note: {notice}" for notice in job.notices), err=True)
    write_outputs(job, composed, outputs)
    written = [path for path in (outputs.midi, outputs.wav, outputs.trace) if path is not None]
    say(f"wrote {', '.join(str(path) for path in written)}")


def _seam(composed: Iterable[Composed], phrase: Phrase) -> list[tuple[int, str]]:
    """A marker where the model goes on alone."""
    for one in composed:
        if one.origin == MODEL:
            return [(phrase.tick_of_step(one.frame.step - phrase.first_step), "Chorale Companion")]
    return []
