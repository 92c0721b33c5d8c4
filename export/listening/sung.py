"""Tunes of one voice, counted: where their notes begin, how they go on, and what comes again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from companion.music.bars import STEPS_PER_WHOLE_NOTE
from companion.music.vocabulary import FIRST_STRIKE, STEPS_PER_BEAT, excerpt
from export.data.pieces import Piece
from export.measures.melody import leaps, steps
from export.measures.tally import Tally, together


def notes_on_beats(tune: Piece) -> Tally:
    """Notes that begin on a beat, among all."""
    struck = np.flatnonzero(tune.frames[:, 0] >= FIRST_STRIKE)
    return Tally(int(((struck + tune.first_step) % STEPS_PER_BEAT == 0).sum()), len(struck))


def bars_again(tune: Piece) -> Tally:
    """Whole bars, strikes and all, that the tune has had before."""
    length = tune.bar_steps or STEPS_PER_WHOLE_NOTE
    starts = range(-tune.first_step % length, len(tune.frames) - length + 1, length)
    bars = [excerpt(tune.frames, start, length)[:, 0].tobytes() for start in starts]
    return Tally(sum(bar in bars[:number] for number, bar in enumerate(bars)), len(bars))


ASKED = {
    "notes on the beat": notes_on_beats,
    "motions by step": lambda tune: steps(tune.frames[:, :1]),
    "by a fourth or more": lambda tune: leaps(tune.frames[:, :1]),
    "bars that came before": bars_again,
}


def describe_sung(name: str, tunes: Sequence[Piece]) -> str:
    """A line of all that is counted, for tables of such lines."""
    rates = {what: together(map(count, tunes)).rate for what, count in ASKED.items()}
    counted = (f"{what} {'–' if rate is None else f'{rate:.0%}'}" for what, rate in rates.items())
    return f"  {name:<16} {', '.join(counted)}"
