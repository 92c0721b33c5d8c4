"""The bars of a tune as its composer counts them, and a tune of which only some bars are taken."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from companion.errors import BadSetting
from companion.music.vocabulary import REST, STEPS_PER_BEAT, excerpt, sounding_tokens
from companion.phrase.grid import Grid
from companion.phrase.numbering import numbered
from companion.phrase.seed import Phrase


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
    """The bars of a phrase, as musicians count them; a pickup is none of them."""
    bars = numbered(phrase)
    edges = (line + phrase.start_step for line in bars.lines)
    return [Bar(number, start, end) for number, (start, end) in enumerate(pairwise(edges), bars.first) if number]


def new_bars(phrase: Phrase, bars: int) -> list[Bar]:
    """The bars that come after a phrase, and after the rest of its last bar."""
    first = phrase.start_step + len(phrase.frames) + -phrase.end_place % phrase.bar_steps
    edges = [first + bar * phrase.bar_steps for bar in range(bars + 1)]
    return [Bar(number, start, stop) for number, (start, stop) in enumerate(pairwise(edges), 1)]


def only_bars(phrase: Phrase, asked: str) -> Phrase:
    """What is heard of a phrase in some bars, as "8" (the eighth alone) or "5-8"; its notes are all kept.

    Raises:
        BadSetting: they are no such bars, or nothing sounds in them.
    """
    bars = numbered(phrase)
    first, last = bars.asked(asked)
    begin, end = bars.frames(first, last)
    return _between(phrase, begin, end, asked.strip())


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
