"""Rules for the notes before others that are known: how voices come to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOCABULARY_SIZE
from companion.sampling.rules import PERFECT, LogProbs, NoteContext, Rule

LEAP_NATS, NO_LEAP, WIDEST_LEAP = 0.3, 2, 12  # off what is left by a leap, for each semitone beyond a step


def anew(voices: frozenset[int]) -> Rule:
    """A rule by which some voices begin a note, since what they sang before is over."""

    def rule(scores: LogProbs, context: NoteContext) -> None:
        if context.voice in voices:
            scores[HOLD] = -math.inf

    return rule


@lru_cache(maxsize=64)
def joins(following: tuple[int, ...]) -> Rule:
    """A rule against parallels with a chord that comes next, and against leaps to it.

    following: the codes that the four voices will sound.
    """
    codes = np.arange(VOCABULARY_SIZE)

    def rule(scores: LogProbs, context: NoteContext) -> None:
        goes = following[context.voice]
        if goes < FIRST_STRIKE:
            return
        off = LEAP_NATS * np.clip(np.abs(codes - goes) - NO_LEAP, 0, WIDEST_LEAP - NO_LEAP)
        for other, others in zip(context.codes, following, strict=True):
            if other >= FIRST_STRIKE <= others and other != others and (goes - others) % OCTAVE in (0, 5, 7):
                off[_in_parallel(other, goes, others)] = math.inf
        off[:FIRST_STRIKE] = 0.0
        scores -= off
        held = context.history.now[context.voice]
        if held >= FIRST_STRIKE:
            scores[HOLD] -= off[held]

    return rule


def _in_parallel(other: int, goes: int, others: int) -> list[int]:
    """The codes from which a voice would come in parallel with another one that is decided."""
    interval = abs(goes - others) % OCTAVE
    return [
        code
        for code in range(FIRST_STRIKE, VOCABULARY_SIZE)
        if interval in PERFECT and abs(code - other) % OCTAVE == interval and code != goes
    ]


def parallels_between(chords: Sequence[Sequence[int]]) -> int:
    """How many pairs of voices go in parallel from one of some chords to the next; codes of what sounds."""
    return sum(_parallel_pairs(before, now) for before, now in pairwise(chords))


def _parallel_pairs(before: Sequence[int], now: Sequence[int]) -> int:
    moved = [(was, goes) for was, goes in zip(before, now, strict=True) if was != goes and was >= FIRST_STRIKE <= goes]
    return sum(
        (interval := abs(was - other) % OCTAVE) in PERFECT and abs(goes - others) % OCTAVE == interval
        for at, (was, goes) in enumerate(moved)
        for other, others in moved[:at]
    )
