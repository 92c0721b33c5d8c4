"""Room for voices that are still to come: a rule of part-writing that looks ahead within its frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from companion.model.codes import UNDECIDED
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, RANGES, VOCABULARY_SIZE, VOICES, strike
from companion.sampling.rules import PERFECT, LogProbs, NoteContext

# Semitones under a voice, for each voice to come, in which nothing need be tried out: of so many and one
# pitches at most three can be in parallel with the three other voices.
ENOUGH = 3

_SPANS = [range(strike(low), strike(high) + 1) for low, high in RANGES]  # the voices' ranges, as codes


def leaves_room(scores: LogProbs, context: NoteContext) -> LogProbs:
    """Forbid what would force a fault on the voices still to come between this one and a given one below it.

    Without a voice below there is always room; where there is much of it nothing need be tried out.
    """
    coming = _coming(context)
    floor = max(context.codes[context.voice + 1 :].tolist(), default=0)
    if not coming or floor < FIRST_STRIKE:
        return scores
    narrow = _narrow(scores, context, min(floor + ENOUGH * len(coming), _staying(context, coming, floor)))
    crowded = [code for code in narrow if not _fits(context, coming, {context.voice: code}, floor)]
    if not crowded:
        return scores
    scores = scores.copy()
    scores[crowded] = -math.inf
    if context.history.now[context.voice] in crowded:
        scores[HOLD] = -math.inf
    return scores


def _coming(context: NoteContext) -> range:
    """The voices right below this one that are not decided yet."""
    after = context.voice + 1
    below = context.tokens[after:].tolist()
    return range(after, after + next((place for place, token in enumerate(below) if token != UNDECIDED), len(below)))


def _staying(context: NoteContext, coming: range, floor: int) -> int:
    """The code from which up all coming voices can stay where they are, which is never a fault; else beyond all."""
    held = context.history.now[coming.start : coming.stop].tolist()
    in_order = sorted(held, reverse=True) == held and held[-1] >= floor
    return int(held[0]) if in_order else VOCABULARY_SIZE


def _narrow(scores: LogProbs, context: NoteContext, below: int) -> list[int]:
    """The pitches below some code, as codes, that this voice may still come to, by a strike or by a hold."""
    possible = [code for code in range(_SPANS[context.voice].start, below) if scores[code] > -math.inf]
    held = int(context.history.now[context.voice])
    return [*possible, held] if FIRST_STRIKE <= held < below else possible


def _fits(context: NoteContext, coming: Sequence[int], chosen: Mapping[int, int], floor: int) -> bool:
    """Whether the coming voices find pitches from the floor up, none crossing or in parallel with another."""
    if not coming:
        return True
    voice, *others = coming
    span = _SPANS[voice]
    codes = range(max(span.start, floor), min(span.stop, chosen[voice - 1] + 1))
    return any(
        _moves_freely(context, voice, code, chosen) and _fits(context, others, {**chosen, voice: code}, floor)
        for code in codes
    )


def _moves_freely(context: NoteContext, voice: int, code: int, chosen: Mapping[int, int]) -> bool:
    """Whether a voice moves in parallel with none that is decided or chosen for now."""
    before = context.history.now
    own = int(before[voice])
    if own < FIRST_STRIKE or own == code:
        return True
    for other in range(len(VOICES)):
        was, now = int(before[other]), chosen.get(other, int(context.codes[other]))
        if other == voice or min(was, now) < FIRST_STRIKE or was == now:
            continue
        interval = abs(was - own) % OCTAVE
        if interval in PERFECT and abs(now - code) % OCTAVE == interval:
            return False
    return True
