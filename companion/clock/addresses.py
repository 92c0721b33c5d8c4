"""Live's song positions, and the steps of the music that goes on through loops and jumps.

An *address* is an absolute 16th of the song; a *step* counts the music, whatever the song does. Both grow
alike between two jumps, so that a single shift says where one lies in the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from companion.music.bars import Barlines

_NEARLY = 0.25  # steps; a jump that lands so little before the music's own place within a step is taken for it


@dataclass(frozen=True)
class Loop:
    """What Live repeats, in addresses; off where its end is not after its start."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """In steps."""
        return self.end - self.start


@dataclass(frozen=True)
class Addresses:
    """The shift that holds now: address = step + shift."""

    shift: int = 0
    beats: int = 4
    unit: int = 4
    loop: Loop | None = None

    @property
    def barlines(self) -> Barlines:
        """Bars as Live counts them, in steps of the music."""
        return Barlines.of_metre(self.beats, self.unit, -self.shift)

    def position_of(self, address: float) -> float:
        """The place of the music at an address."""
        return address - self.shift

    def address_of(self, step: int) -> int:
        """The address of a step of the music, now or to come, through the loop that is on."""
        address = step + self.shift
        loop = self.loop
        if loop is not None and loop.length >= 1 and address >= loop.end:
            address = math.floor(loop.start + (address - loop.start) % loop.length)
        return address

    def started(self, address: float, position: float) -> Addresses:
        """The clock starts: the music goes on at the next step that lies in its bar as the address does."""
        bar = self.barlines.bar_steps
        first = math.ceil(position)
        first += (math.floor(address) - first) % bar
        return self._shifted(math.floor(address) - first)

    def jumped(self, address: float, position: float) -> Addresses:
        """The song is elsewhere at once: the music goes on where it is, at the same place within a step."""
        onward = math.floor(position) + address % 1
        if onward < position - _NEARLY:
            onward += 1
        return self._shifted(round(address - onward))

    def with_metre(self, beats: int, unit: int) -> Addresses:
        """Another time signature."""
        return Addresses(self.shift, beats, unit, self.loop)

    def with_loop(self, loop: Loop | None) -> Addresses:
        """Another loop, or none."""
        return Addresses(self.shift, self.beats, self.unit, loop)

    def _shifted(self, shift: int) -> Addresses:
        return Addresses(shift, self.beats, self.unit, self.loop)
