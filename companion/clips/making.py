"""A wish for a clip carried out, by the code of ``chorale harmonise`` and ``chorale continue``."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from companion.clips.music import ClipAnswer, beats_of_bar, clip_name, clip_notes, length_of, song_of_clip
from companion.controls.settings import Settings
from companion.controls.table import HIGHEST_SEED
from companion.errors import BadSetting
from companion.generation.composer import Composed, voice_notes
from companion.generation.job import Job, OpenModel, asked_key, continue_song, harmonise_song
from companion.harmony.keys import likeliest_key
from companion.io.clip_messages import HARMONISE, ClipAsk, ClipNote
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.seed import phrase_of_song


@dataclass(frozen=True)
class ClipWish:
    """What is to be made of a clip, whose notes are all there."""

    ask: ClipAsk
    notes: tuple[ClipNote, ...]
    settings: Settings  # of the jam
    time_of_day: str  # for the clips' name


def make_clip(wish: ClipWish, open_model: OpenModel) -> Generator[tuple[int, int], None, ClipAnswer]:
    """Yields how many of how many steps are made after each; returns the answer.

    Raises:
        ChoraleError: it cannot be made; the text says why.
    """
    job = _job(wish, open_model)
    composed: list[Composed] = []
    for one in job.frames:
        composed.append(one)
        yield len(composed), job.total
    return _answer(wish, job, composed)


def _seeded(wish: ClipWish) -> Settings:
    return replace(wish.settings, seed=(wish.settings.seed + wish.ask.turn) % (HIGHEST_SEED + 1))


def _job(wish: ClipWish, open_model: OpenModel) -> Job:
    song = song_of_clip(wish.ask, wish.notes)
    phrase, settings = phrase_of_song(song), _seeded(wish)
    if wish.ask.what != HARMONISE:
        return continue_song(song, phrase, wish.ask.bars, (), settings, open_model)
    if all(phrase.given):
        raise BadSetting("the clip holds all four voices: there is none to add")
    return harmonise_song(song, phrase, settings, open_model)


def _answer(wish: ClipWish, job: Job, composed: list[Composed]) -> ClipAnswer:
    phrase, ask, settings = job.phrase, wish.ask, _seeded(wish)
    notes = clip_notes([*phrase.notes, *voice_notes(composed, phrase, job.velocity, job.lead)])
    end = phrase.start_step + phrase.end_step + job.new_steps if job.new_steps else 0
    length = length_of(notes, max(ask.length, end / STEPS_PER_BEAT), beats_of_bar(ask.beats, ask.unit))
    key = asked_key(settings) or likeliest_key(phrase.frames, ended=ask.what == HARMONISE)  # as it was made
    return ClipAnswer(notes, length, clip_name(key, settings.seed, wish.time_of_day), tuple(job.notices))
