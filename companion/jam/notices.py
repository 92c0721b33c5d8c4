"""Lines for the player: one queue, into which whoever has something to say puts it, from any thread.

However much there is to say, little is told: what is said again while it waits is one line with a count, and
beyond a burst only so many lines a second are told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

_SHOWN = 6  # lines that a picture holds, so that none is lost between two
_WAITING = 24  # lines that may wait; beyond them the oldest is lost
_BURST = 16.0  # lines told at once, where there was silence before
_RATE = 4.0  # and then so many a second


@dataclass(frozen=True)
class Notice:
    """A line for the player."""

    text: str
    fault: bool = False  # it says what was wrong
    times: int = 1  # it was said

    @property
    def line(self) -> str:
        """As it is told."""
        return self.text if self.times == 1 else f"{self.text} ({self.times} times)"


class Notices:
    """What waits to be told, and what was told last."""

    def __init__(self) -> None:
        self.count = 0  # told so far
        self._waiting: deque[Notice] = deque(maxlen=_WAITING)
        self._told: deque[str] = deque(maxlen=_SHOWN)
        self._budget, self._told_s = _BURST, 0.0

    @property
    def told(self) -> tuple[str, ...]:
        """The lines told last, the newest at the end."""
        return tuple(self._told)

    def say(self, text: str) -> None:
        """A line for the player."""
        self._waiting.append(Notice(text))

    def say_once(self, text: str) -> None:
        """The same, unless it waits already."""
        if Notice(text) not in self._waiting:
            self.say(text)

    def complain(self, text: str, times: int = 1) -> None:
        """A line that says what was wrong, so many times."""
        for place, notice in enumerate(self._waiting):
            if notice.fault and notice.text == text:
                self._waiting[place] = replace(notice, times=notice.times + times)
                return
        self._waiting.append(Notice(text, fault=True, times=times))

    def take(self, now_s: float) -> Iterator[Notice]:
        """What waits and may be told now, oldest first; it counts as told."""
        self._budget = min(self._budget + max(now_s - self._told_s, 0.0) * _RATE, _BURST)
        self._told_s = now_s
        while self._waiting and self._budget >= 1:
            notice = self._waiting.popleft()
            self._budget -= 1
            self._told.append(notice.line)
            self.count += 1
            yield notice
