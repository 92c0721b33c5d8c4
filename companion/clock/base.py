"""What a clock tells: when the music runs, from where, how fast; whichever clock it is.

Clocks speak *addresses*: Live's absolute 16ths, as floats. Who plays maps them to the steps of its music. A clock is
used from one thread: hand it everything that has arrived, whatever kind of clock it is, then ``poll``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from companion.errors import BadSetting
from companion.music.timebase import Timebase

JUMP_STEPS = 0.5  # what is told to be further than this from its line has jumped; less is tempo, or jitter


@dataclass(frozen=True)
class Started:
    """The music begins, or goes on, here. Where a start is quantised the time lies ahead."""

    address: float
    time_s: float


@dataclass(frozen=True)
class Stopped:
    """The music stops."""

    time_s: float
    reason: str = ""  # empty when told to; else one line for the player


@dataclass(frozen=True)
class Jumped:
    """The music plays on, from elsewhere."""

    address: float
    time_s: float


@dataclass(frozen=True)
class MetreSet:
    """A bar has so many beats of this unit from here on."""

    beats: int
    unit: int


@dataclass(frozen=True)
class LoopSet:
    """What the master will loop."""

    on: bool
    start: float  # addresses; the end is the first that is not played
    end: float


ClockEvent = Started | Stopped | Jumped | MetreSet | LoopSet


class Clock:
    """Where the music is, now and soon. A clock overrides what it hears and knows; the rest passes it by."""

    name: str
    leads = False  # its tempo may be set here, and nobody else's is followed

    def __init__(self) -> None:
        self._events: list[ClockEvent] = []  # what the next poll tells

    @property
    def bpm(self) -> float | None:
        """Quarter notes a minute, also while stopped; None where only the line tells."""
        return None

    def set_bpm(self, bpm: float, now_s: float) -> None:
        """Goes on at another tempo from where it is.

        Raises:
            BadSetting: somebody else's tempo is followed, or it is outside 20..400.
        """
        del bpm, now_s
        raise BadSetting(f"the tempo is that of the {self.name} clock, which is followed: set it there")

    def locate(self, address: float, now_s: float) -> bool:
        """Goes on from an address now; False where that is not for us to say."""
        del address, now_s
        return False

    def count(self, beats: int, unit: int) -> None:
        """A bar has so many beats of this unit, until somebody says otherwise; before the start."""
        self._events.append(MetreSet(beats, unit))

    def start(self, now_s: float) -> None:
        """The jam begins; a clock that waits for somebody else's start goes on waiting."""

    def receive(self, message: Sequence[int], time_s: float) -> None:
        """Takes a MIDI message and the time of its arrival."""

    def transport(
        self, playing: bool, step: float, tempo: float, beats: int | None, unit: int | None, time_s: float
    ) -> None:
        """Takes what Live says of its transport, and the time of its arrival; BadSetting where it makes no sense."""

    def loop(self, on: bool, start: float, end: float) -> None:
        """Takes what Live says of its loop, in addresses; BadSetting where it makes no sense."""

    def poll(self, now_s: float) -> list[ClockEvent]:
        """What has happened since the last poll, in order."""
        self._pass(now_s)
        events, self._events = self._events, []
        return events

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""
        raise NotImplementedError

    def close(self) -> None:
        """Gives back what it holds; may be called again."""

    def _pass(self, now_s: float) -> None:
        """The time is now: notes what has happened only because time went by."""
