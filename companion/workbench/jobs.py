"""A file about to be continued or harmonised, as it is asked for; and the work of any job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.composer import Composed
from companion.generation.job import Job, check_bars, continue_song, harmonise_song, song_to_its_end
from companion.harmony.form import Wish
from companion.model.library import kept_model as open_model
from companion.music.song import Song
from companion.music.vocabulary import VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.wishes.asked import NOTHING_WANTED, Wanted, asked_of_new, asked_of_tune, symbol_bars
from companion.wishes.bars import only_bars
from companion.wishes.phrases import wishes_of
from companion.workbench.source import read_source

MOST_TO_ITS_END = 64  # bars, unless more are asked for


def continue_job(
    seed: Path,
    bars: int | None,
    settings: Settings,
    phrases: str | None = None,
    form: str | None = None,
    track: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
    to_its_end: bool = False,
) -> Job:
    """Continue a file, or a track of it, in phrases of these lengths and this form; see ``wishes_of``.

    wanted: chords and closes of the new bars.
    to_its_end: until the model ends the piece, which then plans it alone.
    """
    return continue_read(read_source(seed), bars, settings, phrases, form, track, wanted, to_its_end)


def continue_read(
    song: Song,
    bars: int | None,
    settings: Settings,
    phrases: str | None = None,
    form: str | None = None,
    track: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
    to_its_end: bool = False,
) -> Job:
    """The same of a song that has been read."""
    phrase = phrase_of_song(song, track=track)
    if to_its_end:
        if phrases is not None or form is not None or wanted != NOTHING_WANTED:
            raise BadSetting("to its end a model goes its own way: leave out phrases, form, chords and closes")
        return song_to_its_end(song, phrase, MOST_TO_ITS_END if bars is None else bars, settings, open_model)
    if bars is None and phrases is None and form is None:
        bars = wanted.bars or symbol_bars(wanted, song, phrase)
    bars, wishes = wishes_of(phrases, form, bars, phrase.bar_steps)
    return job_of_song(song, phrase, bars, wishes, settings, wanted)


def job_of_song(
    song: Song,
    phrase: Phrase,
    bars: int,
    wishes: Sequence[Wish],
    settings: Settings,
    wanted: Wanted = NOTHING_WANTED,
) -> Job:
    """Continue a song."""
    check_bars(bars)
    asked = asked_of_new(wanted, song, phrase, bars, wishes)
    return continue_song(song, phrase, bars, wishes, settings, open_model, asked)


def harmonise_job(
    melody: Path,
    voice: int | None,
    settings: Settings,
    track: str | None = None,
    bars: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Job:
    """Add the missing voices to a file, whose melody is of this voice and on this track; None: as the file says.

    bars: in which voices are added, as "8" or "5-8"; None: in all.
    wanted: chords and closes.
    """
    return harmonise_read(read_source(melody), str(melody), voice, settings, track, bars, wanted)


def harmonise_read(
    song: Song,
    name: str,
    voice: int | None,
    settings: Settings,
    track: str | None = None,
    bars: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Job:
    """The same of a song that has been read; faults call it by its name."""
    phrase = whole = phrase_of_song(song, voice, track)
    if all(phrase.given):
        raise BadSetting(f"{name} holds all four voices; name the one to keep with --voice {'|'.join(VOICES)}")
    if bars is not None:
        phrase = only_bars(phrase, bars)
    return harmonise_song(song, phrase, settings, open_model, asked_of_tune(wanted, song, phrase), whole)


def run(job: Job, tell: Callable[[int], None]) -> list[Composed]:
    """All frames; tell is told how many steps of the work are done."""
    done = 0
    if job.rewriting is not None:
        for done, _ in enumerate(job.rewriting.search(), start=1):
            tell(done)
    composed = []
    for one in job.frames:
        composed.append(one)
        tell(done + len(composed))
    return composed
