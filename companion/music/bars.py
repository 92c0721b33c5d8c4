"""Bars and beats on the step grid: of a piece, with its pickup and changes of metre, and of a jam that runs on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from companion.music.beats import beats_of
from companion.music.pulse import Pulse
from companion.music.vocabulary import STEPS_PER_BEAT

MOST_BARS = 1000  # that are made at once
STEPS_PER_WHOLE_NOTE = 4 * STEPS_PER_BEAT
_ON_THE_LINE = 1e-6  # steps; rounding of a float position is not lateness


def step_of_tick(tick: int, ticks_per_beat: int) -> int:
    """The nearest step; the later one where a tick lies halfway."""
    return (2 * tick * STEPS_PER_BEAT + ticks_per_beat) // (2 * ticks_per_beat)


def bar_steps(numerator: int, denominator: int) -> int:
    """The steps of a bar, at least one; a bar of broken steps counts as the nearest whole number."""
    return max(1, round(STEPS_PER_WHOLE_NOTE * numerator / denominator))


def closing_steps(bar_steps: int) -> int:
    """The length of a last chord: half a bar of two halves of two beats or more, else a bar."""
    return bar_steps // 2 if bar_steps % 8 == 0 and bar_steps > 8 else bar_steps


@dataclass(frozen=True)
class Bars:
    """The bars of a piece: stretches of one metre, the first of which may be a pickup."""

    starts: tuple[int, ...]  # the step where each stretch begins; the first is 0
    metres: tuple[tuple[int, int], ...]  # (numerator, denominator) of each

    @classmethod
    def of_metres(cls, metres: Sequence[tuple[int, int, int]], ticks_per_beat: int) -> Bars:
        """From (tick, numerator, denominator); 4/4 until the first. The last of several at one step counts."""
        stretches = {0: (4, 4)}
        for tick, numerator, denominator in sorted(metres, key=lambda metre: metre[0]):
            stretches[step_of_tick(tick, ticks_per_beat)] = (numerator, denominator)
        return cls(tuple(stretches), tuple(stretches.values()))

    @property
    def pickup_steps(self) -> int:
        """The length of a pickup that has a stretch of its own; 0 without one."""
        if len(self.starts) > 1 and self.starts[1] < bar_steps(*self.metres[1]):
            return self.starts[1]
        return 0


@dataclass(frozen=True)
class Barlines:
    """Bars of equal length, one of them beginning at ``origin``."""

    bar_steps: int = 16
    origin: int = 0  # a step on which a bar begins
    beats: tuple[int, ...] = ()  # the lengths of its beats, in steps; none: quarters

    @classmethod
    def of_metre(cls, beats: int, unit: int, origin: int = 0) -> Barlines:
        """From a time signature."""
        steps = bar_steps(beats, unit)
        lengths = tuple(round(STEPS_PER_BEAT * beat.quarters) for beat in beats_of(beats, unit))
        is_plain = sum(lengths) != steps or set(lengths) == {STEPS_PER_BEAT}
        return cls(steps, origin, () if is_plain else lengths)

    @property
    def pulse(self) -> Pulse:
        """The beats; from the multiples of four on where quarters make no whole bars."""
        if self.beats:
            return Pulse(self.beats, self.origin % self.bar_steps)
        return Pulse(origin=self.origin % STEPS_PER_BEAT if self.bar_steps % STEPS_PER_BEAT == 0 else 0)

    def next_line(self, position: float, grid: str) -> int:
        """The first line of a grid at or after a position; beats are counted from the bar line."""
        step = math.ceil(position - _ON_THE_LINE)
        within = (step - self.origin) % self.bar_steps
        to_bar = -within % self.bar_steps
        if grid == "step":
            return self.pulse.first_heard(step)
        return step + (to_bar if grid == "bar" else min(start - within for start in self._starts if start >= within))

    def bar_start(self, step: int) -> int:
        """Where the bar of a step begins."""
        return step - (step - self.origin) % self.bar_steps

    def strong_beats(self, first: int, last: int) -> list[int]:
        """Downbeats from ``first`` to ``last``, and the middles of bars that have two halves."""
        half = self.bar_steps // 2 if self.bar_steps % (2 * STEPS_PER_BEAT) == 0 else self.bar_steps
        return [step for step in range(first, last + 1) if (step - self.origin) % half == 0]

    def place(self, step: int) -> tuple[int, int]:
        """(bar, beat) of a step, both counted from 1; bar 1 begins at the origin."""
        bar, within = divmod(step - self.origin, self.bar_steps)
        return bar + 1, sum(start <= within for start in self._starts[:-1])

    @property
    def _starts(self) -> tuple[int, ...]:
        """Where the beats of a bar begin, and the next bar."""
        if not self.beats:
            return (*range(0, self.bar_steps, STEPS_PER_BEAT), self.bar_steps)
        return (0, *accumulate(self.beats))
