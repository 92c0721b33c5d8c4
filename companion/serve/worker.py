"""The process in which wishes are carried out: whatever music is sent, it can harm no more than this process.

One wish at a time. It steps back for all others on this machine, so that a jam beside it never notices; what takes
too long, or is wanted no more, ends between two steps, and where it does not, the process is ended.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event
from typing import Any

from companion.errors import ChoraleError
from companion.parent import end_with_parent, step_back
from companion.serve.wish import Outcome, ServiceWish, WishFailed, WishProgress, WorkerNews, WorkerReady

READY_SECONDS = 60.0  # for the process to be there, on a machine that is busy
WANTED_SECONDS = 0.05  # between two looks at whether a wish is wanted still
NEXT_STEP_SECONDS = 1.0  # for the process to come to its next step
PROGRESS_SECONDS = 0.1  # between two words on how far it is

FAILED = WishFailed(HTTPStatus.INTERNAL_SERVER_ERROR, "making it has failed; ask again")
CANCELLED = WishFailed(HTTPStatus.CONFLICT, "it was cancelled")

TellSteps = Callable[[int, int], object]  # how many of how many steps are done


class Worker:
    """The service's end. The process is started at once, and again where it had to be ended."""

    def __init__(self, seconds: float) -> None:
        """seconds: the longest that a wish may take."""
        self._seconds = seconds
        self._closed, self._starts = False, 0
        self._pipe: Connection[Any, Any]
        self._process: BaseProcess
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=worker_process, args=(theirs, self._starts == 0), name="chorale service", daemon=True
        )
        self._process.start()
        theirs.close()
        self._starts += 1

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return self._process.pid

    def models(self) -> list[dict[str, Any]]:
        """Waits until the process is there, and says what models it knows; none where it does not come."""
        with suppress(EOFError, OSError):
            if self._pipe.poll(READY_SECONDS):
                said = self._pipe.recv()
                return said.models if isinstance(said, WorkerReady) else []
        return []

    def make(self, wish: ServiceWish, stopped: Event, tell: TellSteps) -> Outcome:
        """Waits until it is made, or why it is not; told meanwhile how far it is."""
        if not self._process.is_alive():
            self._restart()
        try:
            self._pipe.send(wish)
            return self._await(stopped, tell)
        except (EOFError, OSError):
            return FAILED

    def _await(self, stopped: Event, tell: TellSteps) -> Outcome:
        until_s, begun = time.monotonic() + READY_SECONDS + self._seconds, False
        while True:
            if self._pipe.poll(WANTED_SECONDS):
                said: WorkerNews = self._pipe.recv()
                if isinstance(said, WishProgress):
                    tell(said.done, said.total)
                    until_s, begun = until_s if begun else time.monotonic() + self._seconds, True
                elif not isinstance(said, WorkerReady):
                    return said
            if stopped.is_set():
                return self._stopped(CANCELLED)
            if time.monotonic() > until_s:
                return self._stopped(too_long(self._seconds))

    def _stopped(self, why: WishFailed) -> WishFailed:
        """Ends the work between two steps, or else the process."""
        self._pipe.send(None)
        until_s = time.monotonic() + NEXT_STEP_SECONDS
        while (left_s := until_s - time.monotonic()) > 0:
            if self._pipe.poll(left_s) and not isinstance(self._pipe.recv(), (WishProgress, WorkerReady)):
                return why  # it has ended, whatever came of it
        self._restart()
        return why

    def _restart(self) -> None:
        self.end()
        if not self._closed:
            self._start()

    def close(self) -> None:
        """Ends the process at once, from any thread; can be called twice."""
        self._closed = True
        self.end()

    def end(self) -> None:
        """The process is gone."""
        self._process.kill()
        self._process.join(NEXT_STEP_SECONDS)


def too_long(seconds: float) -> WishFailed:
    """What is told of a wish that took too long."""
    return WishFailed(HTTPStatus.GATEWAY_TIMEOUT, f"it took longer than {seconds:g} seconds; ask for fewer bars")


def worker_process(pipe: Connection[Any, Any], tells_models: bool = True) -> None:
    """The whole life of the process: until the pipe breaks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the program that started us
    end_with_parent()
    step_back()
    with suppress(EOFError, OSError):
        pipe.send(WorkerReady(_models() if tells_models else []))
        while True:
            wish = pipe.recv()
            if wish is not None:  # else it was over before that was known here
                pipe.send(_outcome(wish, pipe))


def _models() -> list[dict[str, Any]]:
    from companion.commands.models import model_list  # noqa: PLC0415 - loads what only this process needs

    with suppress(ChoraleError):  # a wish for a model that is damaged says so
        rows: list[dict[str, Any]] = json.loads(model_list(as_json=True))
        return rows
    return []


def _outcome(wish: ServiceWish, pipe: Connection[Any, Any]) -> Outcome:
    """What comes of it; told meanwhile how far it is."""
    from companion.serve.making import failed, make_wish  # noqa: PLC0415

    pipe.send(WishProgress(0, 0))  # it has begun
    told_s, steps = time.monotonic(), make_wish(wish)
    try:
        while not pipe.poll():
            done, total = next(steps)
            if time.monotonic() >= told_s + PROGRESS_SECONDS:
                told_s = time.monotonic()
                pipe.send(WishProgress(done, total))
    except StopIteration as end:
        made: Outcome = end.value
        return made
    except (EOFError, OSError):
        raise
    except Exception as fault:
        return failed(fault)
    pipe.recv()
    return CANCELLED
