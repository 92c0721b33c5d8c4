"""Bars of a file about to be made anew, as it is asked for."""

from __future__ import annotations

from pathlib import Path

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.blanks import blank_of
from companion.generation.job import Job
from companion.generation.rewriting import rewrite_song
from companion.model.library import kept_model as open_model
from companion.music.song import Song
from companion.music.vocabulary import voice_index
from companion.phrase.seed import phrase_of_song
from companion.wishes.asked import NOTHING_WANTED, Wanted, asked_of_bars
from companion.workbench.source import read_source


def rewrite_job(
    source: Path,
    bars: str,
    voices: str | None,
    settings: Settings,
    track: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Job:
    """Make some bars of some voices of a file anew.

    bars: as "5" or "5-8"; voices: as "alto,tenor", None: all that are there.
    track: which tracks are heard; None: as the file says.
    wanted: chords.
    """
    return rewrite_read(read_source(source), bars, voices, settings, track, wanted)


def rewrite_read(
    song: Song,
    bars: str,
    voices: str | None,
    settings: Settings,
    track: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Job:
    """The same of a song that has been read."""
    phrase = phrase_of_song(song, track=track)
    blank = blank_of(phrase, bars, named_voices(voices))
    asked = asked_of_bars(wanted, song, phrase, blank.first, blank.stop)
    return rewrite_song(song, phrase, blank, settings, open_model, asked)


def named_voices(text: str | None) -> list[int] | None:
    """The voices of names with commas between; BadSetting where there is none of a name."""
    try:
        return None if text is None else [voice_index(name) for name in text.split(",")]
    except ValueError as error:
        raise BadSetting(f"{error}, with commas between, as in alto,tenor") from None
