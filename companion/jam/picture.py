"""A jam at one moment, as values alone: what the engine sends to whatever shows it.

A picture crosses a pipe up to twenty times a second, so it is small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from companion.music.vocabulary import STEPS_PER_BEAT, VOICES

NO_VOICES = (False, False, False, False)


@dataclass(frozen=True)
class FrameView:
    """One frame as it is shown; voices stand soprano first."""

    step: int  # absolute; a multiple of STEPS_PER_BEAT lies on a beat
    bar: int  # from 1; 0 in a pickup
    beat: int  # of the bar, from 1
    pitches: tuple[int | None, ...]  # what each voice sounds, None for a rest
    struck: tuple[bool, ...]  # whether it is struck here, and not held
    origin: str = "model"  # "seed" or "model"

    def __post_init__(self) -> None:
        if not len(self.pitches) == len(self.struck) == len(VOICES):
            raise ValueError(f"a frame has {len(VOICES)} voices, not {len(self.pitches)} and {len(self.struck)}")

    @property
    def begins_bar(self) -> bool:
        """It is the first step of a bar."""
        return self.beat == 1 and self.step % STEPS_PER_BEAT == 0


@dataclass(frozen=True)
class Picture:
    """A jam at one moment. Steps are music steps, also those of the frames; voices stand soprano first."""

    now_step: float = 0.0
    bar: int = 1
    beat: int = 1
    playing: bool = False  # the clock runs
    clock: str = "internal"
    click: bool = False  # the beats are struck
    clock_out: str = ""  # the port that it is passed on to; empty: to none
    bpm: float | None = None
    connected: bool | None = None  # whether the OSC peer is there; None: no OSC in use
    mode: str = "continue"
    activity: str = "listening"  # "listening", "phrase", "answering", "closing", "counting in" or "stopped"
    bars_left: int | None = None  # of the answer; None: until told to stop
    phrase: str = ""  # of the answer: "phrase 2 of 4"; empty where none is planned
    settings: tuple[str, ...] = ()  # what the music is drawn with: "gru", "bach", "temperature 0.8"
    chord: str = ""  # "G major/B"; empty where none is heard
    frames: tuple[FrameView, ...] = ()  # of the last two bars or so, as they were heard or sounded
    planned: tuple[FrameView, ...] = ()  # what comes, up to a bar; the first of them are committed
    committed_steps: int = 0  # how many of the planned frames cannot change any more
    entropies: tuple[float, float, float, float] | None = None  # in bits, of the frame that sounds
    locked: tuple[bool, bool, bool, bool] = NO_VOICES
    muted: tuple[bool, bool, bool, bool] = NO_VOICES
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None
    late: int = 0  # steps held over
    ticks_ms: tuple[float, float] | None = None  # p50 and p99 of how far those of MIDI clock are off, one to the next
    ports: str = ""  # "Keystation > IAC Bus 1"
    recording: str | None = None  # the name of the take
    message: str = ""  # the last one
    ticker: int = 0  # how many messages there have been: tells a new one from the same one
    earlier: tuple[str, ...] = ()  # the few messages before it, so that none is lost between two pictures

    @property
    def sounding(self) -> FrameView | None:
        """The frame that sounds now; the one before where what is played now is not known yet."""
        now = math.floor(self.now_step)
        near = (frame for frame in (*self.frames, *self.planned) if now - 1 <= frame.step <= now)
        return max(near, key=lambda frame: frame.step, default=None)

    def news(self, ticker: int) -> tuple[str, ...]:
        """The messages since the one of this number, oldest first."""
        fresh = self.ticker - ticker
        return (*self.earlier, self.message)[-fresh:] if fresh > 0 else ()

    def doing(self) -> str:
        """What the companion does, and how long it still will."""
        left = "" if self.bars_left is None else f"{self.bars_left} bar{'s' * (self.bars_left != 1)} left"
        return ", ".join(words for words in (self.activity, left, self.phrase) if words)
