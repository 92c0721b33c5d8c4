"""A composition about to be made of a file, as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.composer import Composed
from companion.generation.job import Job, continue_song, harmonise_song
from companion.harmony.form import Wish
from companion.model.library import kept_model as open_model
from companion.music.song import Song
from companion.music.vocabulary import VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.workbench.phrases import wishes_of
from companion.workbench.source import read_source


def continue_job(
    seed: Path,
    bars: int | None,
    settings: Settings,
    phrases: str | None = None,
    form: str | None = None,
    track: str | None = None,
) -> Job:
    """Continue a file, or a track of it, in phrases of these lengths and this form; see companion.workbench.phrases."""
    song = read_source(seed)
    phrase = phrase_of_song(song, track=track)
    return job_of_song(song, phrase, *wishes_of(phrases, form, bars, phrase.bar_steps), settings)


def job_of_song(song: Song, phrase: Phrase, bars: int, wishes: Sequence[Wish], settings: Settings) -> Job:
    """Continue a song."""
    return continue_song(song, phrase, bars, wishes, settings, open_model)


def harmonise_job(melody: Path, voice: int | None, settings: Settings, track: str | None = None) -> Job:
    """Add the missing voices to a file, whose melody is of this voice and on this track; None: as the file says."""
    song = read_source(melody)
    phrase = phrase_of_song(song, voice, track)
    if all(phrase.given):
        raise BadSetting(f"{melody} holds all four voices; name the one to keep with --voice {'|'.join(VOICES)}")
    return harmonise_song(song, phrase, settings, open_model)


def run(job: Job, tell: Callable[[int], None]) -> list[Composed]:
    """All frames; tell is told how many are done."""
    composed = []
    for one in job.frames:
        composed.append(one)
        tell(len(composed))
    return composed
