"""Lines for the player: one queue, into which whoever has something to say puts it, from any thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_SHOWN = 6  # lines that a picture holds, so that none is lost between two


@dataclass(frozen=True)
class Notice:
    """A line for the player."""

    text: str
    fault: bool = False  # it says what was wrong


class Notices:
    """What waits to be told, and what was told last."""

    def __init__(self) -> None:
        self.count = 0  # told so far
        self._waiting: deque[Notice] = deque()
        self._told: deque[str] = deque(maxlen=_SHOWN)

    @property
    def told(self) -> tuple[str, ...]:
        """The lines told last, the newest at the end."""
        return tuple(self._told)

    def say(self, text: str) -> None:
        """A line for the player."""
        self._waiting.append(Notice(text))

    def say_once(self, text: str) -> None:
        """The same, unless it is the last that waits."""
        if not self._waiting or self._waiting[-1] != Notice(text):
            self.say(text)

    def complain(self, text: str) -> None:
        """A line that says what was wrong."""
        self._waiting.append(Notice(text, fault=True))

    def take(self) -> Iterator[Notice]:
        """What waits, oldest first; it counts as told."""
        while self._waiting:
            notice = self._waiting.popleft()
            self._told.append(notice.text)
            self.count += 1
            yield notice
