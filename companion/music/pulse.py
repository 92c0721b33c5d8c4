"""The beats of a jam, as a model hears them: four steps to each, whatever their length in 16ths.

In a dotted quarter it hears the first, third, fifth and sixth 16th: its thirds, and what leads to the next one.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from companion.music.vocabulary import STEPS_PER_BEAT

# By the length of a beat, which of its steps a model hears; the others it does not, and nothing is begun on them.
_HEARD = {2: (0, 1), 3: (0, 1, 2), 4: (0, 1, 2, 3), 6: (0, 2, 4, 5)}
_LONE = (0,)  # of beats of other lengths


class Pulse(NamedTuple):
    """Beats one after another, again and again."""

    beats: tuple[int, ...] = (STEPS_PER_BEAT,)  # their lengths, in steps
    origin: int = 0  # a step, not below 0, on which the first of them begins

    def heard(self, step: int) -> int | None:
        """The step that a model hears, with beats on the multiples of four; None where it hears none."""
        cycle = sum(self.beats)
        times, within = divmod(step + -self.origin % cycle, cycle)
        if self.beats == (STEPS_PER_BEAT,):
            return STEPS_PER_BEAT * times + within
        number, start = self._beat(within)
        heard = _HEARD.get(self.beats[number], _LONE)
        if within - start not in heard:
            return None
        return STEPS_PER_BEAT * (times * len(self.beats) + number) + heard.index(within - start)

    def first_heard(self, step: int) -> int:
        """The step itself if a model hears it, else the next one that it does."""
        while self.heard(step) is None:
            step += 1
        return step

    def place(self, position: float) -> float:
        """A position as a model counts them, on a straight line between the steps that it hears."""
        before = int(position // 1)
        while (left := self.heard(before)) is None:
            before -= 1
        after = self.first_heard(before + 1)
        right = self.heard(after)
        assert right is not None
        return left + (right - left) * (position - before) / (after - before)

    def _beat(self, within: int) -> tuple[int, int]:
        """Which beat a step of the cycle lies in, and the step on which it begins."""
        starts = [0, *accumulate(self.beats)]
        number = max(number for number, start in enumerate(starts[:-1]) if start <= within)
        return number, starts[number]


QUARTERS = Pulse()
