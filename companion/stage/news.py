"""What is told of a jam to whoever watches it, as values that cross a pipe. Steps are music steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from companion.music.timebase import Timebase

Share = tuple[int, int]  # MIDI pitch, and how likely it was in thousandths


class Phase(IntEnum):
    """How firm a step is."""

    HEARD = 0  # the player's; what was not played is imagined, and does not sound
    PLANNED = 1  # it can still be made anew
    FIXED = 2


@dataclass(frozen=True)
class StageStep:
    """Four voices in one step, soprano first."""

    step: int
    phase: Phase
    pitches: tuple[int | None, ...]  # what sounds, or would
    struck: tuple[bool, ...]
    clouds: tuple[tuple[Share, ...], ...]  # of each voice what it was drawn from, likeliest first


@dataclass(frozen=True)
class StageKey:
    """A key of the player's."""

    number: int  # tells it from every other
    pitch: int
    start: float  # step
    end: float | None = None  # step; None while it sounds


@dataclass(frozen=True)
class StageScene:
    """What is true of the jam as a whole."""

    activity: str = "listening"
    chord: str = ""  # that sounds
    key: str = ""  # that the music is kept in
    bar_steps: int = 16
    bar_origin: int = 0  # a step on which a bar begins
    muted: tuple[bool, ...] = (False,) * 4


@dataclass(frozen=True)
class StageNews:
    """What is other than it was told last."""

    line: Timebase | None  # None: the clock stands …
    position: float  # … here
    scene: StageScene
    steps: tuple[StageStep, ...] = ()
    gone: tuple[int, ...] = ()  # steps that will not come after all
    keys: tuple[StageKey, ...] = ()
