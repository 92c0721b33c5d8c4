"""What a clock tells: when the music runs, from where, how fast; whichever clock it is.

Clocks speak *addresses*: Live's absolute 16ths, as floats. Who plays maps them to the steps of its music. A clock is
used from one thread: hand it everything that has arrived, then ``poll``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from companion.errors import BadSetting
from companion.music.timebase import Timebase

SLOWEST_BPM, FASTEST_BPM = 20, 400


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


class Clock(Protocol):
    """Where the music is, now and soon."""

    name: str

    def poll(self, now_s: float) -> list[ClockEvent]:
        """What has happened since the last poll, in order."""

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""

    def close(self) -> None:
        """Gives back what it holds; may be called again."""


def check_bpm(bpm: float) -> float:
    """The tempo itself; BadSetting outside 20..400 quarter notes a minute."""
    if not (math.isfinite(bpm) and SLOWEST_BPM <= bpm <= FASTEST_BPM):
        raise BadSetting(f"bpm must be from {SLOWEST_BPM} to {FASTEST_BPM}, not {bpm:g}")
    return float(bpm)
