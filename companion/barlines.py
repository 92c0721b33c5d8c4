"""Where beats and bars lie on the steps of the running music."""

from __future__ import annotations

import math
from dataclasses import dataclass

from companion.vocabulary import STEPS_PER_BEAT

_ON_THE_LINE = 1e-6  # steps; rounding of a float position is not lateness


@dataclass(frozen=True)
class Barlines:
    """Bars of equal length, one of them beginning at ``origin``."""

    bar_steps: int = 16
    origin: int = 0  # a step on which a bar begins

    @classmethod
    def of_metre(cls, beats: int, unit: int, origin: int = 0) -> Barlines:
        """From a time signature; a bar has at least a step."""
        return cls(max(beats * 4 * STEPS_PER_BEAT // unit, 1), origin)

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
