"""Rules for the notes before others that are known: how voices come to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOCABULARY_SIZE
from companion.sampling.rules import PERFECT, LogProbs, NoteContext, Rule, parallel_pairs

# Off what leaves a voice with a leap to its next note: nats for each semitone beyond a step, and the most that count.
_LEAP_NATS, _NO_LEAP, _WIDEST_LEAP = 0.3, 2, 12
_CODES = np.arange(VOCABULARY_SIZE)


@lru_cache(maxsize=64)
def anew(voices: frozenset[int]) -> Rule:
    """A rule by which some voices begin a note, since what they sang before is over."""

    def rule(scores: LogProbs, context: NoteContext) -> None:
        if context.voice in voices:
            scores[HOLD] = -math.inf

    return rule


@lru_cache(maxsize=64)
def joins(following: tuple[int, ...]) -> Rule:
    """A rule that forbids parallels with the chord that comes next, and discourages leaps to it.

    following: the codes that the four voices will sound.
    """

    def rule(scores: LogProbs, context: NoteContext) -> None:
        goes = following[context.voice]
        if goes < FIRST_STRIKE:
            return
        off = _leaps_to(goes)
        for other, others in zip(context.codes, following, strict=True):
            if other >= FIRST_STRIKE <= others and other != others and abs(goes - others) % OCTAVE in PERFECT:
                off = off + _in_parallel(other, goes, others)
        scores -= off
        held = context.history.now[context.voice]
        if held >= FIRST_STRIKE:
            scores[HOLD] -= off[held]

    return rule


def _leaps_to(code: int) -> NDArray[np.float64]:
    """[tokens]: nats off each strike, by how far from it the next note is."""
    beyond = np.clip(np.abs(_CODES - code) - _NO_LEAP, 0, _WIDEST_LEAP - _NO_LEAP)
    return np.where(_CODES >= FIRST_STRIKE, _LEAP_NATS * beyond, 0.0)


def _in_parallel(other: int, goes: int, others: int) -> NDArray[np.float64]:
    """[tokens]: infinite for the strikes from which a voice would go in parallel with one that is decided."""
    same = np.abs(_CODES - other) % OCTAVE == abs(goes - others) % OCTAVE
    return np.where(same & (goes != _CODES) & (_CODES >= FIRST_STRIKE), math.inf, 0.0)


def parallels_in(chords: Sequence[Sequence[int]]) -> int:
    """How many pairs of voices go in parallel from one of some chords to the next; codes of what sounds."""
    return sum(parallel_pairs(before, now) for before, now in pairwise(chords))
