"""The bars of a tune as its composer counts them, and a tune of which only some bars are taken."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from companion.errors import BadSetting
from companion.music.vocabulary import REST, STEPS_PER_BEAT, excerpt, sounding_tokens
from companion.phrase.grid import Grid
from companion.phrase.seed import Phrase

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(?:-|–|\.\.)\s*(\d{1,9})\s*)?")


class Bar(NamedTuple):
    """A bar, in steps from the beginning of the song's first one."""

    number: int  # from 1 on; a pickup has none
    start: int
    end: int  # the next one begins

    @property
    def beats(self) -> int:
        """How many it has."""
        return (self.end - self.start) // STEPS_PER_BEAT


def bars_of(phrase: Phrase) -> list[Bar]:
    """The bars of a song up to a phrase's end; a pickup that has a metre of its own is before the first one."""
    grid = phrase.grid or Grid.of_metres((), phrase.ticks_per_beat)
    end = phrase.start_step + len(phrase.frames)
    starts = [step for step in range(0, end, STEPS_PER_BEAT) if grid.place(step) == 0]
    edges = [*starts, starts[-1] + grid.bar_steps(starts[-1])]
    picked_up = grid.stretches[0].tick < 0
    return [
        Bar(number, start, end) for number, (start, end) in enumerate(pairwise(edges), 0 if picked_up else 1) if number
    ]


def new_bars(phrase: Phrase, bars: int) -> list[Bar]:
    """The bars that come after a phrase, and after the rest of its last bar."""
    first = phrase.start_step + len(phrase.frames) + -phrase.end_place % phrase.bar_steps
    edges = [first + bar * phrase.bar_steps for bar in range(bars + 1)]
    return [Bar(number, start, stop) for number, (start, stop) in enumerate(pairwise(edges), 1)]


def only_bars(phrase: Phrase, asked: str) -> Phrase:
    """What is heard of a phrase in some bars, as "8" (the first eight) or "5-8"; its notes are all kept.

    Raises:
        BadSetting: they are no such bars, or nothing sounds in them.
    """
    match = _RANGE.fullmatch(asked)
    if match is None:
        raise BadSetting(f"bars must be a number or from one to another, as in 8 or 5-8, not {asked!r}")
    first, last = (1, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
    bars = bars_of(phrase)
    highest = bars[-1].number if bars else 0
    if not 1 <= first <= last <= highest:
        raise BadSetting(f"bars {asked.strip()} are not in the tune, which has bars 1 to {highest}")
    start = 0 if first == 1 else bars[first - 1].start - phrase.start_step
    return _between(phrase, max(start, 0), bars[last - 1].end - phrase.start_step, asked.strip())


def _between(phrase: Phrase, start: int, end: int, asked: str) -> Phrase:
    end = min(end, len(phrase.frames))
    sounds = np.flatnonzero((sounding_tokens(phrase.frames)[start:end] != REST).any(axis=1))
    if len(sounds) == 0:
        raise BadSetting(f"bars {asked} hold no note of the tune")
    start += int(sounds[0])
    grid = phrase.grid or Grid.of_metres((), phrase.ticks_per_beat)
    begin, stop = phrase.start_step + start, phrase.start_step + end
    frames = excerpt(phrase.frames, start, end - start)
    frames.flags.writeable = False
    return replace(
        phrase,
        frames=frames,
        start_step=begin,
        first_step=grid.place(begin),
        bar_steps=grid.bar_steps(stop - 1),
        end_place=grid.place(stop),
    )
