"""Bars as musicians count them: by number, a pickup being bar 0."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from companion.errors import BadSetting
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.grid import Grid
from companion.phrase.seed import Phrase

_RANGE = r"\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?"
_SHOWN = 40  # letters of what was said
_PICKUP = "; bar 0 is the pickup"


@dataclass(frozen=True)
class Numbering:
    """The bars of a phrase."""

    first: int  # the number of the first one: 0 where that is a pickup
    lines: tuple[int, ...]  # the frames at which bars begin, and the end of the last; the first may lie before frame 0

    @property
    def last(self) -> int:
        """The number of the last bar."""
        return self.first + len(self.lines) - 2

    def frames(self, first: int, last: int) -> tuple[int, int]:
        """The first frame of some bars, and the frame after them."""
        return max(self.lines[first - self.first], 0), self.lines[last + 1 - self.first]

    def asked(self, text: str) -> tuple[int, int]:
        """The first and the last of some bars, from "5" (the fifth alone) or "5-8".

        Raises:
            BadSetting: that is no range, or the piece has no such bars; it says which it has.
        """
        found = re.fullmatch(_RANGE, text)
        if found is None:
            raise BadSetting(f"bars must be a number or two, as in 5 or 5-8, not {text[:_SHOWN]!r}")
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last:
            raise BadSetting(f"bars {text.strip()} end before they begin; say {last}-{first}")
        if not self.first <= first <= last <= self.last:
            raise BadSetting(f"the piece has {self.words}, not {text.strip()}")
        return first, last

    @property
    def words(self) -> str:
        """Which bars there are."""
        span = f"bars {self.first} to {self.last}" if self.last > self.first else f"bar {self.first} alone"
        return span + _PICKUP * (self.first == 0)


def numbered(phrase: Phrase) -> Numbering:
    """The bars of a phrase, from that of its first note to that of its last.

    They are counted from the beginning of the song, where bar 1 is, or bar 0 where that is a pickup.
    """
    grid = phrase.grid or Grid.of_metres((), phrase.ticks_per_beat)
    start, end = phrase.start_step, phrase.start_step + len(phrase.frames)
    lines = [step for step in range(0, end, STEPS_PER_BEAT) if grid.place(step) == 0]
    own = bisect_right(lines, start) - 1
    closing = lines[-1] + grid.bar_steps(lines[-1])
    return Numbering(own + phrase.first_bar, tuple(line - start for line in (*lines[own:], closing)))
