"""Rules of part-writing: small functions that forbid or discourage tokens before one is drawn.

A *rule* takes nats off log-probabilities, in place, as the context says; rules compose in order, and none brings
back what an earlier one forbade.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.features import History
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    RANGES,
    REST,
    VOCABULARY_SIZE,
    VOICES,
    strike,
    struck_pitch,
)
from companion.sampling.course import AT_HOME, Course

LogProbs = NDArray[np.float64]  # [vocabulary]

PERFECT = (0, 7)  # interval classes that may not move in parallel: unison and octave, fifth
STILL_STEPS = 8  # after so many steps without any strike, holding on is discouraged
LONG_NOTE_STEPS = 16  # a voice that has held for so long is discouraged from holding on
STILL_PENALTY = 0.5  # nats for each step beyond
NEVER_STRUCK = -500.0  # nats: less than any model says of what it deems possible
WIDE_PENALTY = 2.0  # nats off what lies more than an octave from the next upper voice
NEIGHBOURS, SPREAD = 4, 0.06  # semitones from the next upper voice; nats off for each one beyond
_UPPER = VOICES.index("bass")  # soprano, alto and tenor stand before it


class NoteContext(NamedTuple):
    """What is known when one note is chosen."""

    voice: int
    tokens: tuple[int, ...]  # decided so far in this frame, UNDECIDED elsewhere
    codes: tuple[int, ...]  # what they sound, NOTHING elsewhere (see features.sounding_code)
    history: History
    beat: int = 0  # step within the beat
    course: Course = AT_HOME  # how the voices have gone up to here


Rule = Callable[[LogProbs, NoteContext], None]


SPANS = [range(strike(low), strike(high) + 1) for low, high in RANGES]  # the voices' ranges, as codes


def _parallels(interval: int) -> NDArray[np.float64]:
    """[code, token]: −inf where a strike makes this interval, or it and octaves, with what a voice sounds."""
    codes = np.arange(VOCABULARY_SIZE)
    costs = np.where(np.abs(codes[:, None] - codes[None, :]) % OCTAVE == interval, -math.inf, 0.0)
    costs[:, :FIRST_STRIKE] = 0.0
    return costs


_PARALLELS = {interval: _parallels(interval) for interval in PERFECT}


def in_range(scores: LogProbs, context: NoteContext) -> None:
    """Forbid strikes outside the voice's range."""
    span = SPANS[context.voice]
    scores[FIRST_STRIKE : span.start] = -math.inf
    scores[span.stop :] = -math.inf


def sings_on(scores: LogProbs, _: NoteContext) -> None:
    """Forbid rests: in a chorale all four voices sing."""
    scores[REST] = -math.inf


def strikes_anew(scores: LogProbs, context: NoteContext) -> None:
    """Forbid holds: every voice begins a note.

    A model that knows pitches only never strikes what sounds: there its hold is that strike.
    """
    own = context.history.now[context.voice]
    if own >= FIRST_STRIKE and -math.inf < scores[own] < NEVER_STRUCK:
        scores[own] = scores[HOLD]
    scores[HOLD] = -math.inf


def no_crossing(scores: LogProbs, context: NoteContext) -> None:
    """Forbid what would sound above a higher voice or below a lower one, among those decided."""
    above = [code for code in context.codes[: context.voice] if code >= FIRST_STRIKE]
    below = [code for code in context.codes[context.voice + 1 :] if code >= FIRST_STRIKE]
    if not above and not below:
        return
    if above:
        scores[min(above) + 1 :] = -math.inf
    if below:
        scores[FIRST_STRIKE : max(below)] = -math.inf
    held = context.history.now[context.voice]
    if held >= FIRST_STRIKE and scores[held] == -math.inf:
        scores[HOLD] = -math.inf


def no_parallels(scores: LogProbs, context: NoteContext) -> None:
    """Forbid unisons, fifths and octaves that move on to the same interval with a decided voice."""
    before = context.history.now
    own = before[context.voice]
    if own < FIRST_STRIKE:
        return
    staying = scores[own]
    for was, now in zip(before, context.codes, strict=True):
        if was != now and was >= FIRST_STRIKE <= now and (interval := abs(was - own) % OCTAVE) in PERFECT:
            scores += _PARALLELS[interval][now]
            scores[own] = staying


def parallel_pairs(before: Sequence[int], now: Sequence[int]) -> int:
    """How many pairs of voices move on from a unison, fifth or octave to the same interval; codes of what sounds."""
    moved = [(was, goes) for was, goes in zip(before, now, strict=True) if was != goes and was >= FIRST_STRIKE <= goes]
    return sum(
        (interval := abs(was - other) % OCTAVE) in PERFECT and abs(goes - others) % OCTAVE == interval
        for (was, goes), (other, others) in combinations(moved, 2)
    )


def _wide_costs() -> NDArray[np.float64]:
    """[voices apart, code, strike]: the penalty where a strike lies too far from what another upper voice sounds."""
    codes = np.arange(VOCABULARY_SIZE)
    apart = np.abs(codes[:, None] - codes[None, :])
    costs = np.stack(
        [
            np.where(apart > OCTAVE * voices, WIDE_PENALTY, 0.0)
            + SPREAD * np.clip(apart - NEIGHBOURS * voices, 0, None)
            for voices in range(_UPPER)
        ]
    )
    costs[:, :FIRST_STRIKE] = costs[:, :, :FIRST_STRIKE] = 0.0
    return costs


_WIDE_COSTS = _wide_costs()


def close_spacing(scores: LogProbs, context: NoteContext) -> None:
    """Discourage more than an octave between soprano and alto or alto and tenor, and a little what is beyond a third.

    Not forbidden: now and then Bach has it.
    """
    voice = context.voice
    if voice >= _UPPER:
        return
    for other, code in enumerate(context.codes[:_UPPER]):
        if code >= FIRST_STRIKE:
            costs = _WIDE_COSTS[abs(other - voice), code]
            scores -= costs
            scores[HOLD] -= costs[context.history.now[voice]]


@lru_cache(maxsize=64)  # equal guidance so are equal rules
def favour(scale: frozenset[int], penalty: float) -> Rule:
    """A rule that discourages strikes outside a scale of pitch classes by so many nats."""
    costs = np.zeros(VOCABULARY_SIZE)
    for token in range(FIRST_STRIKE, VOCABULARY_SIZE):
        costs[token] = 0.0 if struck_pitch(token) % OCTAVE in scale else penalty

    def rule(scores: LogProbs, _: NoteContext) -> None:
        scores -= costs

    return rule


@lru_cache(maxsize=64)
def discourage_hold(nats: float) -> Rule:
    """A rule that makes holding on less likely by so many nats, or more likely below 0."""

    def rule(scores: LogProbs, _: NoteContext) -> None:
        scores[HOLD] -= nats

    return rule


def keep_moving(scores: LogProbs, context: NoteContext) -> None:
    """Discourage a hold, ever more, when all voices stand still or this one has held for long."""
    held = context.history.held
    excess = max(min(held) - STILL_STEPS, held[context.voice] - LONG_NOTE_STEPS) + 1
    if excess > 0:
        scores[HOLD] -= STILL_PENALTY * excess
