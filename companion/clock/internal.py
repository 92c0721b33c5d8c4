"""A clock that asks nobody."""

from __future__ import annotations

from companion.clock.base import Clock, Jumped, Started, Stopped
from companion.clock.tempo import check_bpm
from companion.music.timebase import Timebase, step_seconds


class InternalClock(Clock):
    """Runs by itself."""

    name = "internal"
    leads = True

    def __init__(self, bpm: float = 120) -> None:
        super().__init__()
        self._step_seconds = step_seconds(check_bpm(bpm))
        self._line: Timebase | None = None

    @property
    def bpm(self) -> float:
        """Quarter notes a minute, also while stopped."""
        return step_seconds(self._step_seconds)  # the formula is its own inverse

    def start(self, now_s: float, address: float = 0.0) -> None:
        """Plays from an address; does nothing while playing."""
        if self._line is None:
            self._line = Timebase(address, now_s, self._step_seconds)
            self._events.append(Started(address, now_s))

    def stop(self, now_s: float) -> None:
        """Stops; does nothing while stopped."""
        if self._line is not None:
            self._line = None
            self._events.append(Stopped(now_s))

    def locate(self, address: float, now_s: float) -> bool:
        """Goes on from an address now; False while stopped."""
        if self._line is None:
            return False
        self._line = Timebase(address, now_s, self._step_seconds)
        self._events.append(Jumped(address, now_s))
        return True

    def set_bpm(self, bpm: float, now_s: float) -> None:
        """Goes on at another tempo from where it is; BadSetting outside 20..400."""
        self._step_seconds = step_seconds(check_bpm(bpm))
        if self._line is not None:
            self._line = Timebase(self._line.step_at(now_s), now_s, self._step_seconds)

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""
        return self._line
