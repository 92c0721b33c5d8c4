"""The line through a train of clock ticks: when the next one is due, and how long a tick is.

Ticks arrive with jitter of a millisecond or so, and a tempo may be held, bent or changed at once. Long regressions
average the jitter, short ones follow the tempo; a parabola follows a steady ritardando with less noise than a short
line. So lines and parabolas over 48, 24, 12 and 6 ticks run side by side, each foretells the next tick, and the
longest is trusted whose latest errors show no bias.

A tick is never guessed: what did not arrive was not sent. Masters pause, and those that send with their sound buffers
leave gaps; the place in the song is the number of their ticks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from companion.clock.tempo import FASTEST_BPM, SLOWEST_BPM

_Floats = NDArray[np.float64]

FITS = ((48, 1), (48, 2), (24, 1), (24, 2), (12, 1), (12, 2), (6, 1))  # (ticks, degree), the steadiest first
_LONGEST, SHORTEST = FITS[0][0], FITS[-1][0]
BIAS_SPANS = (3, 6, 12)  # the mean error is looked at over so many ticks
BIAS_LIMIT = 2.8  # standard errors of that mean: at 2 long fits are thrown away for nothing, at 4 late
PARABOLA_BEND = 0.2  # a parabola whose tick length is so far from the short line's is bent by a sudden change
LEAST_JITTER_SECONDS = 5e-5  # a master in our own computer still has its buffer's grain
FIRST_JITTER_SECONDS = 1e-3
JITTER_MEMORY_TICKS = 64
LATE_JITTERS = 6  # a tick later than this is not believed before the next one agrees
LEAST_LATE_SECONDS = 4e-3
SHORTEST_TICK, LONGEST_TICK = 60 / (24 * FASTEST_BPM), 60 / (24 * SLOWEST_BPM)


def _weights(ticks: int, degree: int) -> tuple[_Floats, _Floats]:
    """Least squares as two rows over the last 48 times: the next time, and the length of the tick after it."""
    place = np.arange(-ticks, 0.0)  # 0 is the next tick
    fit = np.linalg.pinv(np.vander(place, degree + 1, increasing=True))
    pad = np.zeros(_LONGEST - ticks)
    return np.concatenate((pad, fit[0])), np.concatenate((pad, fit[1:].sum(axis=0)))


_NEXT, _LENGTH = (np.stack(rows) for rows in zip(*(_weights(*fit) for fit in FITS), strict=True))
_NEEDED = np.array([ticks + min(BIAS_SPANS) for ticks, _ in FITS])  # ticks before a fit has errors to be judged by
_IS_PARABOLA = np.array([degree == 2 for _, degree in FITS])
_SPANS = np.array([[span > age for span in BIAS_SPANS] for age in range(max(BIAS_SPANS))], dtype=np.float64)[::-1]
# The variance of a foretold time is the sum of the squared weights; the tick it is compared with adds its own.
_BIAS_TOLERANCE = BIAS_LIMIT * np.sqrt(np.outer(1 + (_NEXT**2).sum(axis=1), BIAS_SPANS))  # of the sum, in jitters


class TickLine:
    """Follows ticks; ``index`` counts them."""

    def __init__(self, tick_seconds: float) -> None:
        """Begins with a guess of the length of a tick."""
        self.index = -1  # of the newest tick
        self.next_s = 0.0  # when the next is due
        self.tick_seconds = tick_seconds
        self.latest_s = -math.inf  # when the newest arrived
        self._jitter_squared = FIRST_JITTER_SECONDS**2
        self._times = np.zeros(_LONGEST)
        self._foretold = np.zeros(len(FITS))
        self._errors = np.zeros((len(FITS), max(BIAS_SPANS)))
        self._count = 0  # ticks in the train
        self._held_late: float | None = None  # how late the last tick was, when that was not believed

    @property
    def jitter_seconds(self) -> float:
        """The standard deviation of the arrivals, as estimated."""
        return math.sqrt(self._jitter_squared)

    def add(self, time_s: float) -> None:
        """Counts a tick that has arrived now."""
        time_s = max(time_s, self.latest_s)
        previous_s, self.latest_s = self.latest_s, time_s
        if self._count < SHORTEST:
            self._append(time_s)
        else:
            self._judge(previous_s, time_s)

    def restart(self, time_s: float) -> None:
        """Counts a tick that begins a new train, at the tempo known so far."""
        self._begin_train([time_s], self.tick_seconds)
        self.index += 1

    def fits(self, time_s: float) -> bool:
        """Whether a tick at this time would go on with the train."""
        return self._count > 0 and abs(time_s - self.next_s) <= max(0.25 * self.tick_seconds, self._late_seconds)

    @property
    def _late_seconds(self) -> float:
        return max(LATE_JITTERS * self.jitter_seconds, LEAST_LATE_SECONDS)

    def _begin_train(self, times_s: list[float], tick_seconds: float) -> None:
        self.latest_s = times_s[-1]
        self._errors[:] = 0
        self._count = 0
        self._held_late = None
        self.tick_seconds = min(max(tick_seconds, SHORTEST_TICK), LONGEST_TICK)
        for time_s in times_s:
            self._append(time_s, counted=0)

    def _judge(self, previous_s: float, time_s: float) -> None:
        late = time_s - self.next_s
        if late <= self._late_seconds:
            self._held_late = None
            self._append(time_s)
        elif self._held_late is None or late < max(0.7 * self._held_late, self._held_late - 0.5 * self.tick_seconds):
            self._held_late = late  # held up alone, or one of some that catch up
            self._append(self.next_s)
        else:
            self._believe(previous_s, time_s, late)

    def _believe(self, previous_s: float, time_s: float, late: float) -> None:
        """Two ticks in a row are late: the master is slower, or has paused."""
        paused = late - (self._held_late or 0) < 0.25 * self.tick_seconds
        if paused and late > 0.5 * self.tick_seconds:
            self._begin_train([previous_s, time_s], self.tick_seconds)
        elif late > 0.5 * self.tick_seconds:
            self._begin_train([previous_s, time_s], time_s - previous_s)
        else:
            held, self._held_late = self._held_late or 0.0, None
            self._times[-1] += held
            self._errors[:, -1] += held
            self._append(time_s, counted=0)
        self.index += 1

    def _append(self, time_s: float, counted: int = 1) -> None:
        self.index += counted
        known = _NEEDED - min(BIAS_SPANS) <= self._count
        self._errors[:, :-1] = self._errors[:, 1:]
        self._errors[:, -1] = np.where(known, time_s - self._foretold, 0)
        self._times[:-1] = self._times[1:]
        self._times[-1] = time_s
        self._count = min(self._count + 1, 2 * _LONGEST)
        if self._count < SHORTEST:
            self._begin(time_s)
        else:
            self._fit(time_s)

    def _begin(self, time_s: float) -> None:
        """Few ticks: the tempo known before, unless they contradict it by more than their jitter."""
        times = self._times[-self._count :]
        intervals = self._count - 1
        if intervals:
            length = float(times[-1] - times[0]) / intervals
            if abs(length - self.tick_seconds) * intervals > 4 * self.jitter_seconds:
                self.tick_seconds = min(max(length, SHORTEST_TICK), LONGEST_TICK)
        middle = float(times.mean()) + intervals / 2 * self.tick_seconds
        self.next_s = max(middle + self.tick_seconds, time_s)

    def _fit(self, time_s: float) -> None:
        past = self._times - time_s  # small numbers: nothing cancels
        self._foretold = _NEXT @ past + time_s
        lengths = _LENGTH @ past
        self._learn_jitter()
        chosen = self._choose(lengths)
        self.tick_seconds = min(max(float(lengths[chosen]), SHORTEST_TICK), LONGEST_TICK)
        self.next_s = float(self._foretold[chosen])

    def _learn_jitter(self) -> None:
        """From third differences, which no steady tempo or ramp shows; their variance is 20 times the jitter's."""
        a, b, c, d = self._times[-4:].tolist()
        square = min((d - 3 * c + 3 * b - a) ** 2 / 20, 25 * self._jitter_squared)
        self._jitter_squared += (square - self._jitter_squared) / JITTER_MEMORY_TICKS
        self._jitter_squared = max(self._jitter_squared, LEAST_JITTER_SECONDS**2)

    def _choose(self, lengths: _Floats) -> int:
        unbiased = (np.abs(self._errors @ _SPANS) <= _BIAS_TOLERANCE * self.jitter_seconds).all(axis=1)
        straight = np.abs(lengths - lengths[-1]) < PARABOLA_BEND * abs(lengths[-1])
        good = unbiased & (self._count >= _NEEDED) & (straight | ~_IS_PARABOLA)
        good[-1] = True
        return int(good.argmax())
