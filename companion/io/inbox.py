"""What has arrived from outside and waits for the engine: little, whatever strangers send.

Of messages that set the same thing the last counts, what means nothing is one item with a count, and where too
much waits all the same the oldest is lost and counted.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from companion.io.osc_messages import what_it_sets
from companion.io.osc_port import Arrival, Unreadable

MOST_WAITING = 512  # items


class Inbox:
    """Things are put from any thread, and taken by one."""

    def __init__(self) -> None:
        self._items: dict[Hashable, Any] = {}  # in the order in which they are taken
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._lost = 0

    def put(self, item: object) -> None:
        """Stores a thing, in the place of one that means the same."""
        with self._lock:
            key = _place_of(item)
            before = None if key is None else self._items.pop(key, None)
            if isinstance(before, Unreadable) and isinstance(item, Unreadable):
                item = replace(item, times=item.times + before.times)
            self._items[next(self._numbers) if key is None else key] = item
            if len(self._items) > MOST_WAITING:
                del self._items[next(iter(self._items))]
                self._lost += 1
        self._news.set()

    def wake(self) -> None:
        """Ends a wait, though nothing was put."""
        self._news.set()

    def wait(self, timeout_s: float) -> None:
        """Returns when something is there, or so many seconds are over."""
        self._news.wait(timeout_s)
        self._news.clear()

    def take(self, most: int) -> list[Any]:
        """The oldest items."""
        with self._lock:
            keys = list(itertools.islice(self._items, most))
            return [self._items.pop(key) for key in keys]

    def take_lost(self) -> int:
        """How many were lost since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost, 0
        return lost


def _place_of(item: object) -> Hashable | None:
    if isinstance(item, Unreadable):
        return Unreadable
    return what_it_sets(item.address, item.arguments) if isinstance(item, Arrival) else None
