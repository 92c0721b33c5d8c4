"""Room for voices that are still to come: a rule of part-writing that looks ahead within its frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from companion.model.codes import NOTHING, UNDECIDED
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOCABULARY_SIZE, VOICES
from companion.sampling.rules import PERFECT, SPANS, LogProbs, NoteContext

# Semitones under a voice, for each voice to come, in which nothing need be tried out: of so many and one
# pitches at most three can be in parallel with the three other voices.
ENOUGH = 3


def leaves_room(scores: LogProbs, context: NoteContext) -> None:
    """Forbid what would force a fault on the voices still to come that have a given one below them.

    Without a voice below there is always room; where there is much of it nothing need be tried out.
    """
    if max(context.codes[context.voice + 1 :], default=NOTHING) < FIRST_STRIKE:
        return
    coming = _coming(context)
    if not coming:
        return
    floor = max(context.codes[coming[-1] + 1 :])
    ceiling = VOCABULARY_SIZE  # where a given voice lies between, it is not the height of this one that leaves room
    if coming[0] == context.voice + 1:
        ceiling = min(floor + ENOUGH * len(coming), _staying(context, coming, floor))
    narrow = _narrow(scores, context, ceiling)
    crowded = [code for code in narrow if not _fits(context, coming, {context.voice: code}, floor)]
    scores[crowded] = -math.inf
    if context.history.now[context.voice] in crowded:
        scores[HOLD] = -math.inf


def _coming(context: NoteContext) -> list[int]:
    """The voices below this one that are not decided yet, each with one below it that sounds."""
    floors = (max(context.codes[voice + 1 :], default=NOTHING) for voice in range(len(VOICES)))
    sounding = [floor >= FIRST_STRIKE for floor in floors]
    below = range(context.voice + 1, len(VOICES))
    return [voice for voice in below if context.tokens[voice] == UNDECIDED and sounding[voice]]


def _staying(context: NoteContext, coming: Sequence[int], floor: int) -> int:
    """The code from which up all coming voices can stay where they are, which is never a fault; else beyond all."""
    held = [context.history.now[voice] for voice in coming]
    in_order = sorted(held, reverse=True) == held and held[-1] >= floor
    return held[0] if in_order else VOCABULARY_SIZE


def _narrow(scores: LogProbs, context: NoteContext, below: int) -> list[int]:
    """The pitches below some code, as codes, that this voice may still come to, by a strike or by a hold."""
    possible = [code for code in range(SPANS[context.voice].start, below) if scores[code] > -math.inf]
    held = context.history.now[context.voice]
    return [*possible, held] if FIRST_STRIKE <= held < below else possible


def _fits(context: NoteContext, coming: Sequence[int], chosen: Mapping[int, int], floor: int) -> bool:
    """Whether the coming voices find pitches from the floor up, none crossing or in parallel with another."""
    if not coming:
        return True
    voice, *others = coming
    span = SPANS[voice]
    codes = range(max(span.start, floor), min(span.stop, chosen.get(voice - 1, context.codes[voice - 1]) + 1))
    return any(
        _moves_freely(context, voice, code, chosen) and _fits(context, others, {**chosen, voice: code}, floor)
        for code in codes
    )


def _moves_freely(context: NoteContext, voice: int, code: int, chosen: Mapping[int, int]) -> bool:
    """Whether a voice moves in parallel with none that is decided or chosen for now."""
    before = context.history.now
    own = before[voice]
    if own < FIRST_STRIKE or own == code:
        return True
    for other in range(len(VOICES)):
        was, now = before[other], chosen.get(other, context.codes[other])
        if other == voice or min(was, now) < FIRST_STRIKE or was == now:
            continue
        interval = abs(was - own) % OCTAVE
        if interval in PERFECT and abs(now - code) % OCTAVE == interval:
            return False
    return True
