"""The bounded queue: wishes are carried out one after the other; what is done is kept for whoever comes for it."""

from __future__ import annotations

import asyncio
import math
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

from companion.serve.wish import Outcome, ServiceWish, WishFailed, WishMade
from companion.serve.worker import CANCELLED, TellSteps

MOST_KEPT_JOBS = 64
MOST_KEPT_RESULT_BYTES = 64_000_000
_USUAL_SECONDS = 1.0  # for a wish, before any was carried out

SERVICE_ENDED = WishFailed(HTTPStatus.SERVICE_UNAVAILABLE, "the service has ended")


class JobState(StrEnum):
    """Where it is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ServiceJob:
    """A wish, as the service's loop sees it; ``stopped`` alone is for other threads, too."""

    def __init__(self, wish: ServiceWish, kept: bool) -> None:
        """kept: somebody will come for it later."""
        self.number = secrets.token_urlsafe(12)  # tells it from every other, and cannot be guessed
        self.what, self.kept = wish.what, kept
        self.wish: ServiceWish | None = wish
        self.stopped = threading.Event()
        self.state = JobState.WAITING
        self.outcome: Outcome | None = None
        self.changed = asyncio.Event()  # set, and another one, with every change
        self._done, self._total = 0, 0

    @property
    def over(self) -> bool:
        return self.outcome is not None

    def tell(self, done: int, total: int) -> None:
        """So many of so many steps are done."""
        if not self.over:
            self.state = JobState.WORKING
            self._done, self._total = done, total
            self._change()

    def end(self, outcome: Outcome) -> None:
        """It is over; only the first time counts."""
        if self.over:
            return
        self.outcome, self.wish, self.state = outcome, None, _state_of(outcome)
        if isinstance(outcome, WishMade):
            self._done = self._total  # what there was to do was an estimate
        self.stopped.set()
        self._change()

    def _change(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def ended(self) -> Outcome:
        """Waits until it is over."""
        while self.outcome is None:
            await self.changed.wait()
        return self.outcome

    def as_json(self) -> dict[str, Any]:
        """What is known of it."""
        row = {"job": self.number, "what": self.what, "state": self.state, "done": self._done, "total": self._total}
        return {**row, "error": self.outcome.error} if isinstance(self.outcome, WishFailed) else row


class Works(Protocol):
    """Carries wishes out; see ``Worker``."""

    def models(self) -> list[dict[str, Any]]: ...

    def make(self, wish: ServiceWish, stopped: threading.Event, tell: TellSteps) -> Outcome: ...

    def close(self) -> None: ...


class QueueFull(Exception):  # noqa: N818 - says what is wrong
    """So many wait already that no more are taken."""

    def __init__(self, retry_seconds: int) -> None:
        """retry_seconds: until there is room, as it looks."""
        super().__init__()
        self.retry_seconds = retry_seconds


class Desk:
    """Everything but the constructor is for the loop that it is made in."""

    def __init__(self, worker: Works, most_waiting: int) -> None:
        self._worker, self._most_waiting = worker, most_waiting
        self._loop = asyncio.get_running_loop()
        self._todo: queue.SimpleQueue[ServiceJob | None] = queue.SimpleQueue()
        self._jobs: dict[str, ServiceJob] = {}  # open ones, and those that are kept, oldest first
        self._taken_s = _USUAL_SECONDS  # by a wish, of late
        self._closed = False
        self.models: asyncio.Future[list[dict[str, Any]]] = self._loop.create_future()
        self._thread = threading.Thread(target=self._work, name="service work", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(job.state == JobState.WAITING for job in self._jobs.values())

    def ask(self, wish: ServiceWish, kept: bool) -> ServiceJob:
        """A job for it, which waits its turn.

        Raises:
            QueueFull: too many wait already.
        """
        if self.waiting >= self._most_waiting:
            raise QueueFull(max(1, math.ceil(self._taken_s)))
        job = ServiceJob(wish, kept)
        self._jobs[job.number] = job
        if self._closed:
            self._end(job, SERVICE_ENDED)
        else:
            self._todo.put(job)
        return job

    def find(self, number: str) -> ServiceJob | None:
        """The job of this number; None where there is none any more."""
        return self._jobs.get(number)

    def cancel(self, job: ServiceJob) -> None:
        """It is wanted no more."""
        self._end(job, CANCELLED)

    def forget(self, job: ServiceJob) -> None:
        """Nobody will come for it."""
        self.cancel(job)
        self._jobs.pop(job.number, None)

    def _end(self, job: ServiceJob, outcome: Outcome) -> None:
        job.end(outcome)
        if not job.kept:
            self._jobs.pop(job.number, None)
        self._make_room()

    def _make_room(self) -> None:
        """The oldest that are over give way."""
        over = [job for job in self._jobs.values() if job.over]
        size = sum(_size(job) for job in over)
        while over and (len(over) > MOST_KEPT_JOBS or size > MOST_KEPT_RESULT_BYTES):
            oldest = over.pop(0)
            size -= _size(oldest)
            del self._jobs[oldest.number]

    def close(self) -> None:
        """Ends all that is open, and the process; can be called twice."""
        self._closed = True
        for job in list(self._jobs.values()):
            if not job.over:
                self._end(job, SERVICE_ENDED)
        self._worker.close()
        self._todo.put(None)

    # The thread that waits for the worker

    def _work(self) -> None:
        models = self._worker.models()
        self._call(lambda: self._opened(models))
        while (job := self._todo.get()) is not None:
            wish = job.wish
            if wish is not None and not job.stopped.is_set():
                self._carry_out(job, wish)

    def _opened(self, models: list[dict[str, Any]]) -> None:
        if not self.models.done():
            self.models.set_result(models)

    def _carry_out(self, job: ServiceJob, wish: ServiceWish) -> None:
        begun_s = time.monotonic()
        outcome = self._worker.make(wish, job.stopped, lambda done, total: self._call(lambda: job.tell(done, total)))
        taken_s = time.monotonic() - begun_s
        self._call(lambda: self._carried_out(job, outcome, taken_s))

    def _carried_out(self, job: ServiceJob, outcome: Outcome, taken_s: float) -> None:
        self._taken_s = (self._taken_s + taken_s) / 2
        self._end(job, outcome)

    def _call(self, do: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is gone: nobody is there to be told
            self._loop.call_soon_threadsafe(do)


def _state_of(outcome: Outcome) -> JobState:
    if isinstance(outcome, WishMade):
        return JobState.DONE
    return JobState.CANCELLED if outcome == CANCELLED else JobState.FAILED


def _size(job: ServiceJob) -> int:
    return job.outcome.size if isinstance(job.outcome, WishMade) else 0
