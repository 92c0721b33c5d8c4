"""Bars and beats on the step grid: of a piece, with its pickup and changes of metre, and of a jam that runs on."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from companion.music.vocabulary import STEPS_PER_BEAT

STEPS_PER_WHOLE_NOTE = 4 * STEPS_PER_BEAT
_ON_THE_LINE = 1e-6  # steps; rounding of a float position is not lateness


def step_of_tick(tick: int, ticks_per_beat: int) -> int:
    """The nearest step; the later one where a tick lies halfway."""
    return (2 * tick * STEPS_PER_BEAT + ticks_per_beat) // (2 * ticks_per_beat)


def tick_of_step(step: int, ticks_per_beat: int) -> int:
    """The nearest tick; the later one where a step lies halfway."""
    return (2 * step * ticks_per_beat + STEPS_PER_BEAT) // (2 * STEPS_PER_BEAT)


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

    def steps_at(self, step: int) -> int:
        """The length of the bar around a step; a pickup counts as the bar it belongs to."""
        return bar_steps(*self.metres[self._stretch(step)])

    def place(self, step: int) -> int:
        """The steps between the beginning of the bar and this step.

        A first stretch shorter than the bar after it is a pickup: it stands at the end of its bar.
        """
        stretch = self._stretch(step)
        length = bar_steps(*self.metres[stretch])
        if step < self.pickup_steps:
            return length - self.pickup_steps + step
        return (step - self.starts[stretch]) % length

    def next_beat(self, step: int) -> int:
        """The step itself if a beat begins there, else the next that does; a quarter note or what the metre counts."""
        _, denominator = self.metres[self._stretch(step)]
        return step + -self.place(step) % min(STEPS_PER_BEAT, bar_steps(1, denominator))

    @property
    def pickup_steps(self) -> int:
        """The length of a pickup that has a stretch of its own; 0 without one."""
        if len(self.starts) > 1 and self.starts[1] < bar_steps(*self.metres[1]):
            return self.starts[1]
        return 0

    def _stretch(self, step: int) -> int:
        return bisect_right(self.starts, max(step, self.pickup_steps)) - 1


@dataclass(frozen=True)
class Barlines:
    """Bars of equal length, one of them beginning at ``origin``."""

    bar_steps: int = 16
    origin: int = 0  # a step on which a bar begins

    @classmethod
    def of_metre(cls, beats: int, unit: int, origin: int = 0) -> Barlines:
        """From a time signature."""
        return cls(bar_steps(beats, unit), origin)

    @property
    def beat_step(self) -> int:
        """How many steps after the multiples of four beats lie, 0..3; 0 where bars are no whole beats."""
        return self.origin % STEPS_PER_BEAT if self.bar_steps % STEPS_PER_BEAT == 0 else 0

    def next_line(self, position: float, grid: str) -> int:
        """The first line of a grid at or after a position; beats are counted from the bar line."""
        step = math.ceil(position - _ON_THE_LINE)
        within = (step - self.origin) % self.bar_steps
        to_bar = -within % self.bar_steps
        return step + {"step": 0, "beat": min(-within % STEPS_PER_BEAT, to_bar), "bar": to_bar}[grid]

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
        return bar + 1, within // STEPS_PER_BEAT + 1
