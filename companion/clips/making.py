"""A wish for a clip carried out, by the code of ``chorale harmonise``, ``continue`` and ``rewrite``."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from companion.clips.music import ClipAnswer, beats_of_bar, clip_name, clip_notes, length_of, song_of_clip
from companion.clips.selection import rewritten_name, selection_of
from companion.controls.settings import Settings
from companion.controls.table import HIGHEST_SEED
from companion.errors import BadSetting
from companion.generation.composer import Composed, voice_notes
from companion.generation.job import Job, OpenModel, asked_key, continue_song, harmonise_song, rewrite_song
from companion.harmony.keys import likeliest_key
from companion.io.clip_messages import HARMONISE, REWRITE, ClipAsk, ClipMark, ClipNote
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.seed import phrase_of_song


@dataclass(frozen=True)
class ClipWish:
    """What is to be made of a clip, whose notes are all there."""

    ask: ClipAsk
    notes: tuple[ClipNote, ...]
    settings: Settings  # of the jam
    time_of_day: str  # for the clips' name
    marks: tuple[ClipMark, ...] = ()  # REWRITE: of each note


def make_clip(wish: ClipWish, open_model: OpenModel) -> Generator[tuple[int, int], None, ClipAnswer]:
    """Yields how many of how many steps are made after each; returns the answer.

    Raises:
        ChoraleError: it cannot be made; the text says why.
    """
    job = _job(wish, open_model)
    done = 0
    if job.rewriting is not None:
        for done, _ in enumerate(job.rewriting.search(), start=1):
            yield done, job.work
    composed: list[Composed] = []
    for one in job.frames:
        composed.append(one)
        yield done + len(composed), job.work
    return _answer(wish, job, composed)


def _seeded(wish: ClipWish) -> Settings:
    return replace(wish.settings, seed=(wish.settings.seed + wish.ask.turn) % (HIGHEST_SEED + 1))


def _job(wish: ClipWish, open_model: OpenModel) -> Job:
    settings = _seeded(wish)
    if wish.ask.what == REWRITE:
        return rewrite_song(*selection_of(wish.ask, wish.notes, wish.marks), settings, open_model)
    song = song_of_clip(wish.ask, wish.notes)
    phrase = phrase_of_song(song)
    if wish.ask.what != HARMONISE:
        return continue_song(song, phrase, wish.ask.bars, (), settings, open_model)
    if all(phrase.given):
        raise BadSetting("the clip holds all four voices: there is none to add")
    return harmonise_song(song, phrase, settings, open_model)


def _answer(wish: ClipWish, job: Job, composed: list[Composed]) -> ClipAnswer:
    phrase, ask = job.phrase, wish.ask
    notes = clip_notes([*phrase.notes, *voice_notes(composed, phrase, job.velocity, job.lead)])
    end = phrase.start_step + phrase.end_step + job.new_steps if job.new_steps else 0
    length = length_of(notes, max(ask.length, end / STEPS_PER_BEAT), beats_of_bar(ask.beats, ask.unit))
    return ClipAnswer(notes, length, _name(wish, job), tuple(job.notices))


def _name(wish: ClipWish, job: Job) -> str:
    ask, settings = wish.ask, _seeded(wish)
    if job.rewriting is not None:
        voices = np.flatnonzero(job.rewriting.gap.anew.any(axis=0)).tolist()
        return rewritten_name(ask, voices, settings.seed, wish.time_of_day)
    key = asked_key(settings) or likeliest_key(job.phrase.frames, ended=ask.what == HARMONISE)  # as it was made
    return clip_name(key, settings.seed, wish.time_of_day)
