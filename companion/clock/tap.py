"""A tempo that is tapped: the average of the last beats, forgotten after a pause."""

from __future__ import annotations

from collections import deque

PAUSE_SECONDS = 2.0  # after so long a tap is the first one again; so the slowest tempo that can be tapped is 30
SLIP_SECONDS = 0.14  # what comes so soon after a tap is a slip of the hand: 400 quarters a minute are the most
MOST_TAPS = 8  # count; the oldest goes
_ANOTHER = 0.4  # a beat this share longer or shorter than the average before it begins another tempo


class Taps:
    """Taps in, tempi out."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=MOST_TAPS)

    @property
    def count(self) -> int:
        """How many taps the tempo is the average of."""
        return len(self._times_s)

    def tap(self, time_s: float) -> float | None:
        """A tap; quarter notes a minute by those up to this one, None where it is the first. A slip counts not."""
        times_s = self._times_s
        if times_s and 0 < time_s - times_s[-1] < SLIP_SECONDS:
            return None if self.count == 1 else 60 / self._beat_seconds
        if times_s and not 0 < time_s - times_s[-1] <= PAUSE_SECONDS:
            times_s.clear()
        if self.count > 1 and abs((time_s - times_s[-1]) / self._beat_seconds - 1) > _ANOTHER:
            self._times_s = times_s = deque([times_s[-1]], MOST_TAPS)
        times_s.append(time_s)
        return None if self.count == 1 else 60 / self._beat_seconds

    @property
    def _beat_seconds(self) -> float:
        return (self._times_s[-1] - self._times_s[0]) / (self.count - 1)
