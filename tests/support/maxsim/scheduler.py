"""Time, in ms: the scheduler, and the queue below it.

Page: https://docs.cycling74.com/userguide/scheduler. The scheduler keeps time and interrupts the queue; the queue does
what is left, in the order in which it came (``deferlow``). The queue may be late, and may be interrupted between
any two messages: both are set, from a seed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

SCHEDULER, QUEUE = "scheduler", "queue"
Job = Callable[[], None]


@dataclass(order=True)
class Event:
    """Something that is to happen."""

    at_ms: float
    number: int
    job: Job = field(compare=False)
    alive: bool = field(default=True, compare=False)


class Scheduler:
    """Two threads and their time."""

    def __init__(self, seed: int = 0, queue_late_ms: float = 0.0, interrupts: float = 0.0) -> None:
        self.now_ms = 0.0
        self.thread = QUEUE  # what is done from outside (a mouse, Live's main thread) is done in the queue
        self.interrupts = interrupts  # how likely the scheduler comes between two messages of the queue
        self._late_ms = queue_late_ms
        self._random = random.Random(seed)
        self._numbers = count()
        self._events: list[Event] = []
        self._queue: list[Event] = []
        self._queued_until_ms = 0.0
        self._end_ms = float("inf")
        self._nested = False

    def at(self, at_ms: float, job: Job) -> Event:
        """In the scheduler."""
        event = Event(max(at_ms, self.now_ms), next(self._numbers), job)
        heapq.heappush(self._events, event)
        return event

    def after(self, delay_ms: float, job: Job) -> Event:
        """In the scheduler, later."""
        return self.at(self.now_ms + delay_ms, job)

    def defer(self, job: Job) -> Event:
        """At the end of the queue."""
        late = self._random.random() * self._late_ms if self._late_ms else 0.0
        self._queued_until_ms = max(self._queued_until_ms, self.now_ms + late)  # none overtakes another
        event = Event(self._queued_until_ms, next(self._numbers), job)
        heapq.heappush(self._queue, event)
        return event

    def run(self, for_ms: float) -> None:
        """Let time pass."""
        self._end_ms = self.now_ms + for_ms
        while True:
            due = self._events[0].at_ms if self._events else float("inf")
            low = self._queue[0].at_ms if self._queue else float("inf")
            if min(due, low) > self._end_ms:
                break
            if due <= max(low, self.now_ms):
                self._next(self._events, SCHEDULER)
            else:
                self._next(self._queue, QUEUE)
        self.now_ms, self._end_ms = self._end_ms, float("inf")

    def between(self) -> None:
        """Between two messages of one thread the other may come in; each is one thread, so no deeper than that."""
        if not self.interrupts or self._nested or self._random.random() >= self.interrupts:
            return
        soon = min(self.now_ms + 2.0, self._end_ms)
        events, thread = (self._events, SCHEDULER) if self.thread == QUEUE else (self._queue, QUEUE)
        if events and events[0].at_ms <= soon:
            self._nested = True
            self._next(events, thread)
            self._nested = False

    def _next(self, events: list[Event], thread: str) -> None:
        event = heapq.heappop(events)
        if event.alive:
            self.now_ms = max(self.now_ms, event.at_ms)
            before, self.thread = self.thread, thread
            event.job()
            self.thread = before
