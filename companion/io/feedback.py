"""Its own notes, when a loop of cables or of Live's monitoring feeds them back to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase

EARLY_S = 0.01  # an echo comes no earlier than this before the deadline of what it echoes …
LATE_S = 0.08  # … and no later than this after it
CLICK_LATE_S = 0.5  # after the last click it and its note-off are expected no more
_KEPT_STEPS = 8  # what is older cannot come back any more


class Feedback:
    """Knows what the companion is about to play, and tells an echo of it from a key that is played.

    An echo has the channel, the pitch and the velocity of a note that is due, and comes once.
    """

    def __init__(self) -> None:
        self._due: dict[tuple[int, int], Part] = {}  # (step, voice) → what is struck there
        self._sounded: list[tuple[float, Part]] = []  # what was struck at once, and when
        self._click: tuple[int, int] | None = None  # (channel, pitch) of a metronome …
        self._click_until_s = -math.inf  # … and until when it may come back
        self._releases: list[tuple[int, int]] = []  # (channel, pitch) of echoes whose note-off is to come

    def planned(self, frames: Sequence[SoundingFrame]) -> None:
        """These frames are to sound; what they replace is not."""
        for frame in frames:
            for voice, part in enumerate(frame.parts):
                if part.pitch is None or not part.struck:
                    self._due.pop((frame.step, voice), None)
                else:
                    self._due[frame.step, voice] = part

    def sounded(self, part: Part, time_s: float) -> None:
        """This sounds at once."""
        if part.pitch is not None:
            self._sounded.append((time_s, part))

    def clicks(self, key: tuple[int, int] | None, time_s: float) -> None:
        """A metronome sounds this (channel, pitch) from now on, and nobody else does; None: it is silent."""
        self._click_until_s = time_s + CLICK_LATE_S if key is None else math.inf
        self._click = key or self._click

    def clear(self, first: int, last: int) -> None:
        """Nothing sounds at these steps after all."""
        for step, voice in [place for place in self._due if first <= place[0] <= last]:
            del self._due[step, voice]

    def silence(self) -> None:
        """Nothing sounds any more."""
        self._due.clear()

    def forget_before(self, position: float) -> None:
        """What is long over cannot come back any more."""
        for place in [place for place in self._due if place[0] < position - _KEPT_STEPS]:
            del self._due[place]

    def is_own(
        self, channel: int, pitch: int, velocity: int, time_s: float, timebase: Timebase | None, held: bool = False
    ) -> bool:
        """Whether what came in is an echo; asking consumes it.

        timebase: that of the music.
        held: the player has this key down: what lets go of it is no echo of a click that began meanwhile.
        """
        if (channel, pitch) == self._click and time_s <= self._click_until_s and not (held and velocity == 0):
            return True
        if velocity == 0:
            return self._is_release((channel, pitch))
        wanted = (channel, pitch, velocity)
        found = self._take_sounded(wanted, time_s) or (
            timebase is not None and self._take_due(wanted, time_s, timebase)
        )
        if found:
            self._releases.append((channel, pitch))
        return found

    def _is_release(self, key: tuple[int, int]) -> bool:
        if key in self._releases:
            self._releases.remove(key)
            return True
        return False

    def _take_sounded(self, wanted: tuple[int, int, int], time_s: float) -> bool:
        self._sounded = [(at, part) for at, part in self._sounded if time_s - at <= LATE_S]
        for entry in self._sounded:
            if _key(entry[1]) == wanted:
                self._sounded.remove(entry)
                return True
        return False

    def _take_due(self, wanted: tuple[int, int, int], time_s: float, timebase: Timebase) -> bool:
        for (step, voice), part in self._due.items():
            lateness = time_s - timebase.time_of(step)
            if -EARLY_S <= lateness <= LATE_S and _key(part) == wanted:
                del self._due[step, voice]
                return True
        return False


def _key(part: Part) -> tuple[int, int | None, int]:
    return part.channel, part.pitch, part.velocity
