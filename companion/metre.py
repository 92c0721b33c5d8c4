"""Bars: where a step stands in its bar, with a pickup and changes of metre."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from companion.vocabulary import STEPS_PER_BEAT

STEPS_PER_WHOLE_NOTE = 4 * STEPS_PER_BEAT


def step_of_tick(tick: int, ticks_per_beat: int) -> int:
    """The nearest step; the later one where a tick lies halfway."""
    return (2 * tick * STEPS_PER_BEAT + ticks_per_beat) // (2 * ticks_per_beat)


def tick_of_step(step: int, ticks_per_beat: int) -> int:
    """The nearest tick; the later one where a step lies halfway."""
    return (2 * step * ticks_per_beat + STEPS_PER_BEAT) // (2 * STEPS_PER_BEAT)


def bar_steps(numerator: int, denominator: int) -> int:
    """The steps of a bar, at least one; a bar of broken steps counts as the nearest whole number."""
    return max(1, round(STEPS_PER_WHOLE_NOTE * numerator / denominator))


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
