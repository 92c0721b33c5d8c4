"""Plays along in an Ableton Link session (the extra ``link``), in its tempo and bars, starting and stopping with it.

Link shares tempo and the phase of the bar among equals; the number of the beat is everybody's own affair. Ours is 0 at
the bar line on which we start. Start and stop are shared with those peers that ask for it.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable
from typing import Any

from companion.clock.base import JUMP_STEPS, Clock, ClockEvent, Jumped, Started, Stopped
from companion.clock.tempo import check_bpm
from companion.errors import MissingExtra
from companion.frozen import ways_to_get
from companion.music.timebase import Timebase
from companion.music.vocabulary import STEPS_PER_BEAT

LATE_SECONDS = 0.05  # a start longer ago was before us: we join at the next bar line
BRIDGE_SECONDS = 0.5  # after so long the two clocks are compared again: they may drift by some 100 ppm
BRIDGE_READINGS = 5


class LinkClock(Clock):
    """A peer of a Link session."""

    name = "link"
    leads = True

    def __init__(
        self,
        bpm: float = 120,
        bar_beats: float = 4,
        now: Callable[[], float] = time.perf_counter,
        open_link: Callable[[float], Any] | None = None,
    ) -> None:
        """Joins the session, or begins one at this tempo.

        ``now`` is the clock of all the times given and told. Starts are put on lines of ``bar_beats`` quarter notes.

        Raises:
            BadSetting: the tempo is outside 20..400.
            MissingExtra: the package is not installed.
        """
        super().__init__()
        self._link = (open_link or _open_link)(check_bpm(bpm))
        self._bar_beats = float(bar_beats)
        self._bridge = _Bridge(self._link.clock().micros, now)
        self._line: Timebase | None = None
        self._bpm = float(bpm)
        self._closed = False
        self._link.startStopSyncEnabled = True
        self._link.enabled = True

    @property
    def bpm(self) -> float:
        """Quarter notes a minute of the session, as of the last poll, also while stopped."""
        return self._bpm

    @property
    def peers(self) -> int:
        """How many others are in the session."""
        return 0 if self._closed else int(self._link.numPeers())

    def start(self, now_s: float) -> None:
        """Starts on the next bar line of the session, at once where nobody else is in it; address 0 is there."""
        if not self._closed:
            state = self._link.captureSessionState()
            if not state.isPlaying():
                state.setIsPlaying(True, self._bridge.micros(now_s))
                self._link.commitSessionState(state)

    def stop(self, now_s: float) -> None:
        """Stops at once."""
        if not self._closed:
            state = self._link.captureSessionState()
            state.setIsPlaying(False, self._bridge.micros(now_s))
            self._link.commitSessionState(state)

    def set_bpm(self, bpm: float, now_s: float) -> None:
        """Sets the tempo for the whole session; BadSetting outside 20..400."""
        check_bpm(bpm)
        if not self._closed:
            state = self._link.captureSessionState()
            state.setTempo(bpm, self._bridge.micros(now_s))
            self._link.commitSessionState(state)

    def poll(self, now_s: float) -> list[ClockEvent]:
        """What has happened since the last poll; a quantised start is told ahead of its time."""
        told, self._events = self._events, []
        return told if self._closed else [*told, *self._heard(now_s)]

    def count(self, beats: int, unit: int) -> None:
        """A bar has so many beats of this unit; starts are put on its lines."""
        super().count(beats, unit)
        self._bar_beats = 4 * beats / unit

    def _heard(self, now_s: float) -> list[ClockEvent]:
        self._bridge.keep(now_s)
        state = self._link.captureSessionState()
        self._bpm = float(state.tempo())
        before, playing = self._line, bool(state.isPlaying())
        if not playing:
            self._line = None
            return [Stopped(now_s)] if before is not None else []
        if before is None:
            return [self._start(state, now_s)]
        self._line = self._line_of(state, now_s)
        address = self._line.step_at(now_s)
        return [Jumped(address, now_s)] if abs(address - before.step_at(now_s)) > JUMP_STEPS else []

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""
        return self._line

    def close(self) -> None:
        """Leaves the session."""
        if not self._closed:
            self._closed = True
            self._line = None
            self._link.enabled = False

    def _start(self, state: Any, now_s: float) -> Started:
        """Puts our beat 0 on the bar line at or after the start, as each peer does for itself."""
        state.requestBeatAtStartPlayingTime(0.0, self._bar_beats)
        self._link.commitSessionState(state)
        self._line = line = self._line_of(state, now_s)
        address, bar = 0.0, self._bar_beats * STEPS_PER_BEAT
        if line.time_of(address) < now_s - LATE_SECONDS:
            address = math.ceil(line.step_at(now_s) / bar) * bar
        return Started(address, line.time_of(address))

    def _line_of(self, state: Any, now_s: float) -> Timebase:
        micros = self._bridge.micros(now_s)
        beat = state.beatAtTime(micros, self._bar_beats)
        # Not the tempo: it is a number for the eye, the beats go by a clock that follows the others'.
        bar_micros = state.timeAtBeat(beat + self._bar_beats, self._bar_beats) - micros
        bar_steps = self._bar_beats * STEPS_PER_BEAT
        return Timebase(beat * STEPS_PER_BEAT, now_s, bar_micros * 1e-6 / bar_steps)


class _Bridge:
    """From our clock to Link's, in microseconds."""

    def __init__(self, micros: Callable[[], int], now: Callable[[], float]) -> None:
        self._read_micros = micros
        self._now = now
        self._compared_s = -math.inf
        self._ahead_s = 0.0
        self.keep(now())

    def micros(self, time_s: float) -> int:
        """Link's time at a time of ours."""
        return round((time_s + self._ahead_s) * 1e6)

    def keep(self, now_s: float) -> None:
        """Compares the clocks when it is time: of some readings the one least torn apart by other work."""
        if now_s - self._compared_s >= BRIDGE_SECONDS:
            self._compared_s = now_s
            self._ahead_s = min(self._compare() for _ in range(BRIDGE_READINGS))[1]

    def _compare(self) -> tuple[float, float]:
        """How long a reading took, and by how much Link's clock is ahead."""
        begun = self._now()
        micros = self._read_micros()
        ended = self._now()
        return ended - begun, micros * 1e-6 - (begun + ended) / 2


def _open_link(bpm: float) -> Any:
    try:
        return importlib.import_module("link").Link(bpm)
    except (ImportError, AttributeError) as error:  # other packages have that name too
        raise MissingExtra(f"for Ableton Link: {ways_to_get('link')}") from error
