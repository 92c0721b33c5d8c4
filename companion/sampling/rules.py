"""Rules of part-writing: small functions that forbid or discourage tokens before one is drawn.

A *rule* takes log-probabilities and the context and gives log-probabilities; rules compose in order, and none
brings back what an earlier one forbade.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from companion.model.features import History
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    LOWEST_PITCH,
    RANGES,
    REST,
    VOCABULARY_SIZE,
    VOICES,
    IntArray,
    struck_pitch,
)

LogProbs = NDArray[np.float64]  # [vocabulary]

PERFECT = (0, 7)  # interval classes that may not move in parallel: unison and octave, fifth
STILL_STEPS = 8  # after so many steps without any strike, holding on is discouraged
LONG_NOTE_STEPS = 16  # a voice that has held for so long is discouraged from holding on
STILL_PENALTY = 0.5  # nats for each step beyond
WIDE_PENALTY = 1.0  # nats off what lies more than an octave from the next upper voice
_UPPER = VOICES.index("bass")  # soprano, alto and tenor stand before it


@dataclass(frozen=True)
class NoteContext:
    """What is known when one note is chosen."""

    voice: int
    tokens: IntArray  # [4] decided so far in this frame, UNDECIDED elsewhere
    codes: IntArray  # [4] what they sound (see features.sounding_codes)
    history: History
    beat: int = 0  # step within the beat


Rule = Callable[[LogProbs, NoteContext], LogProbs]


def _range_masks() -> NDArray[np.float64]:
    """[voice, token]: 0 inside the voice's range and for rest and hold, −inf outside."""
    masks = np.full((len(VOICES), VOCABULARY_SIZE), -math.inf)
    masks[:, [REST, HOLD]] = 0.0
    for voice, (low, high) in enumerate(RANGES):
        masks[voice, low - LOWEST_PITCH + FIRST_STRIKE : high - LOWEST_PITCH + FIRST_STRIKE + 1] = 0.0
    return masks


_RANGE_MASKS = _range_masks()


# [code, strike]: the interval class between what a voice sounds and each pitch
_CLASS_OF_DISTANCE = (
    np.abs(np.arange(VOCABULARY_SIZE)[:, None] - np.arange(FIRST_STRIKE, VOCABULARY_SIZE)[None, :]) % OCTAVE
)


def in_range(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid strikes outside the voice's range."""
    mask: LogProbs = _RANGE_MASKS[context.voice]
    return scores + mask


def sings_on(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid rests: in a chorale all four voices sing."""
    del context
    scores = scores.copy()
    scores[REST] = -math.inf
    return scores


def strikes_anew(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid holds: every voice begins a note."""
    del context
    scores = scores.copy()
    scores[HOLD] = -math.inf
    return scores


def no_crossing(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid what would sound above a higher voice or below a lower one, among those decided."""
    codes = context.codes.tolist()
    above = [code for code in codes[: context.voice] if code >= FIRST_STRIKE]
    below = [code for code in codes[context.voice + 1 :] if code >= FIRST_STRIKE]
    if not above and not below:
        return scores
    scores = scores.copy()
    if above:
        scores[min(above) + 1 :] = -math.inf
    if below:
        scores[FIRST_STRIKE : max(below)] = -math.inf
    held = int(context.history.now[context.voice])
    if held >= FIRST_STRIKE and scores[held] == -math.inf:
        scores[HOLD] = -math.inf
    return scores


def no_parallels(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid unisons, fifths and octaves that move on to the same interval with a decided voice."""
    before = context.history.now.tolist()
    own = before[context.voice]
    if own < FIRST_STRIKE:
        return scores
    staying = scores[own]
    narrowed = scores
    for voice, (was, now) in enumerate(zip(before, context.codes.tolist(), strict=True)):
        interval = abs(was - own) % OCTAVE
        if voice == context.voice or min(was, now) < FIRST_STRIKE or was == now or interval not in PERFECT:
            continue
        narrowed = narrowed.copy() if narrowed is scores else narrowed
        narrowed[FIRST_STRIKE:][_CLASS_OF_DISTANCE[now] == interval] = -math.inf
        narrowed[own] = staying
    return narrowed


def _wide_costs() -> NDArray[np.float64]:
    """[voices apart, code, strike]: the penalty where a strike lies too far from what another upper voice sounds."""
    codes = np.arange(VOCABULARY_SIZE)
    apart = np.abs(codes[:, None] - codes[None, :])
    costs = np.stack([np.where(apart > OCTAVE * voices, WIDE_PENALTY, 0.0) for voices in range(_UPPER)])
    costs[:, :FIRST_STRIKE] = costs[:, :, :FIRST_STRIKE] = 0.0
    return costs


_WIDE_COSTS = _wide_costs()


def close_spacing(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Discourage more than an octave between soprano and alto, and between alto and tenor.

    Not forbidden: now and then Bach has it.
    """
    voice = context.voice
    if voice >= _UPPER:
        return scores
    for other, code in enumerate(context.codes[:_UPPER].tolist()):
        if other != voice and code >= FIRST_STRIKE:
            costs = _WIDE_COSTS[abs(other - voice), code]
            scores = scores - costs
            scores[HOLD] -= costs[context.history.now[voice]]
    return scores


@lru_cache(maxsize=64)  # equal guidance so are equal rules
def favour(scale: frozenset[int], penalty: float) -> Rule:
    """A rule that discourages strikes outside a scale of pitch classes by so many nats."""
    costs = np.zeros(VOCABULARY_SIZE)
    for token in range(FIRST_STRIKE, VOCABULARY_SIZE):
        costs[token] = 0.0 if struck_pitch(token) % OCTAVE in scale else penalty
    return lambda scores, context: scores - costs


@lru_cache(maxsize=64)
def discourage_hold(nats: float) -> Rule:
    """A rule that makes holding on less likely by so many nats, or more likely below 0."""

    def rule(scores: LogProbs, context: NoteContext) -> LogProbs:
        del context
        scores = scores.copy()
        scores[HOLD] -= nats
        return scores

    return rule


def keep_moving(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Discourage a hold, ever more, when all voices stand still or this one has held for long."""
    held = context.history.held
    still = int(held.min()) - STILL_STEPS
    long_note = int(held[context.voice]) - LONG_NOTE_STEPS
    excess = max(still, long_note) + 1
    if excess <= 0:
        return scores
    scores = scores.copy()
    scores[HOLD] -= STILL_PENALTY * excess
    return scores
