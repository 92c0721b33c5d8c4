"""How late messages leave: counted in bins, so that an hour of music takes no more memory than a bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

BIN_SECONDS = 10e-6
BINS = 5000  # up to 50 ms; what is later lies in the last


@dataclass(frozen=True)
class Lateness:
    """Of all messages of the steps so far, at the return of the send call; 0 where there are none.

    Messages during which the system took the core away from the player are counted apart.
    """

    p50_ms: float
    p99_ms: float
    max_ms: float
    sent: int  # all of them
    interrupted: int = 0
    interrupted_max_ms: float = 0.0


class _Interruptions:
    """Whether the system has taken the core away since a mark."""

    def __init__(self, switches: Callable[[], int]) -> None:
        self._switches = switches
        self.mark()

    def mark(self) -> None:
        self._marked = self._switches()

    @property
    def happened(self) -> bool:
        return self._switches() != self._marked


class LatenessMeter:
    """Collects the lateness of each message."""

    def __init__(self, switches: Callable[[], int] = lambda: 0) -> None:
        """switches: counts the involuntary context switches of this thread so far."""
        self._interruptions = _Interruptions(switches)
        self._bins = [0] * BINS
        self._quiet = 0
        self._max_s = 0.0
        self._interrupted = 0
        self._interrupted_max_s = 0.0

    def mark(self) -> None:
        """From here on an involuntary context switch spoils the next messages, also for the meters beside."""
        self._interruptions.mark()

    def beside(self) -> LatenessMeter:
        """A meter of other messages of the same thread, marked with this one."""
        meter = LatenessMeter()
        meter._interruptions = self._interruptions
        return meter

    def add(self, late_s: float) -> None:
        """One more message has left, so many seconds after its time."""
        if self._interruptions.happened:
            self._interrupted += 1
            self._interrupted_max_s = max(self._interrupted_max_s, late_s)
            return
        self._quiet += 1
        self._max_s = max(self._max_s, late_s)
        self._bins[min(max(int(late_s / BIN_SECONDS), 0), BINS - 1)] += 1

    def read(self) -> Lateness:
        """The figures so far."""
        return Lateness(
            p50_ms=self._percentile(0.50),
            p99_ms=self._percentile(0.99),
            max_ms=_ms(self._max_s),
            sent=self._quiet + self._interrupted,
            interrupted=self._interrupted,
            interrupted_max_ms=_ms(self._interrupted_max_s),
        )

    def _percentile(self, share: float) -> float:
        """The upper edge of the bin in which so many of the messages have left; never more than the largest."""
        if not self._quiet:
            return 0.0
        wanted = share * self._quiet
        index = next(index for index, count in enumerate(accumulate(self._bins)) if count >= wanted)
        return _ms(self._max_s if index == BINS - 1 else min((index + 1) * BIN_SECONDS, self._max_s))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def involuntary_switches() -> Callable[[], int]:
    """Counts how often the system has taken the core away from this thread; always 0 where it does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return lambda: 0
    who = getattr(resource, "RUSAGE_THREAD", None)  # Linux only; a whole process would count other threads' switches
    return (lambda: resource.getrusage(who).ru_nivcsw) if who is not None else (lambda: 0)
