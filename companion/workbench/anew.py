"""Bars of a file about to be made anew, as it is asked for."""

from __future__ import annotations

from pathlib import Path

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.asked import NOTHING_ASKED, AskedHarmony
from companion.generation.blanks import Blank, blank_of, kept_of, over_the_edges
from companion.generation.gap import Gap
from companion.generation.job import Fact, Job, asked_key, seeded_generator, task_of
from companion.generation.rewriting import Rewriting
from companion.generation.velocity import PLAYED, as_there, velocity_rule
from companion.model.library import kept_model as open_model
from companion.music.song import Song
from companion.music.vocabulary import VOICES, voice_index
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.styles import sampling_of
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
    song = read_source(source)
    phrase = phrase_of_song(song, track=track)
    blank = blank_of(phrase, bars, named_voices(voices))
    return rewrite_song(song, phrase, blank, settings, asked_of_bars(wanted, song, phrase, blank.first, blank.stop))


def named_voices(text: str | None) -> list[int] | None:
    """The voices of names with commas between; BadSetting where there is none of a name."""
    try:
        return None if text is None else [voice_index(name) for name in text.split(",")]
    except ValueError as error:
        raise BadSetting(f"{error}, with commas between, as in alto,tenor") from None


def rewrite_song(
    song: Song, phrase: Phrase, blank: Blank, settings: Settings, asked: AskedHarmony = NOTHING_ASKED
) -> Job:
    """What a blank says made anew (see companion.generation.blanks); its phrase has only the notes that are kept."""
    key, sampling, generator = asked_key(settings, song), sampling_of(settings), seeded_generator(settings, open_model)
    closes = sorted({phrase.beat_around(tick) for tick in song.fermatas})
    velocity = as_there(*_course(phrase)) if settings.velocity == PLAYED else velocity_rule(settings.velocity)
    rewriting = Rewriting(generator, Gap(phrase, blank, sampling, generator.random, key, closes, asked=asked))
    kept = kept_of(phrase, blank)
    lines = [*phrase.notices, *over_the_edges(phrase, blank), *asked.notices]
    task = task_of(phrase, blank.stop - blank.first, "rewrite")
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
