"""The process in which clips are made, so that the jam's own has its time to itself.

One wish at a time; the next one, or none, ends it between two steps.
"""

from __future__ import annotations

import functools
import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from companion.clips.making import ClipWish, make_clip
from companion.clips.music import ClipAnswer
from companion.errors import ChoraleError, one_line
from companion.parent import end_with_parent, step_back

TOLD_SECONDS = 0.25  # between two words on how far it is
CLIPS_END_SECONDS = 1.0  # for the process to end


@dataclass(frozen=True)
class ClipProgress:
    """How far a wish is."""

    request: int
    done: int
    total: int


@dataclass(frozen=True)
class ClipMade:
    """What came of a wish: an answer, or why there is none."""

    request: int
    answer: ClipAnswer | None
    fault: str = ""


ClipNews = ClipProgress | ClipMade


class ClipMaker:
    """The engine's end. The process is started by the first wish, and again by the next one where it has ended."""

    def __init__(self) -> None:
        self._pipe: Connection[Any, Any] | None = None
        self._process: BaseProcess | None = None
        self._request: int | None = None  # what is being made

    def ask(self, wish: ClipWish) -> None:
        """Makes this, and nothing that was asked for before."""
        self._request = wish.ask.request
        if self._process is None or not self._process.is_alive():
            self._start()
        self._send(wish)

    def cancel(self) -> None:
        """Makes nothing any more."""
        if self._request is not None:
            self._request = None
            self._send(None)

    def news(self) -> Iterator[ClipNews]:
        """What has come of what is wanted still; never waits."""
        while self._pipe is not None and (said := self._heard(self._pipe)) is not None:
            if said.request == self._request:
                self._request = None if isinstance(said, ClipMade) else self._request
                yield said

    def _heard(self, pipe: Connection[Any, Any]) -> ClipNews | None:
        try:
            if not pipe.poll():
                return None
            said: ClipNews = pipe.recv()
        except (EOFError, OSError):
            self.close()
            return None if self._request is None else ClipMade(self._request, None, "making it has failed; ask again")
        return said

    def _start(self) -> None:
        self.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=clip_process, args=(theirs,), name="chorale clips", daemon=True)
        self._process.start()
        theirs.close()
        self._pipe = ours

    def _send(self, wish: ClipWish | None) -> None:
        if self._pipe is not None:
            with suppress(OSError, ValueError):  # it has ended: ``news`` will say so
                self._pipe.send(wish)

    def close(self) -> None:
        """Ends the process; can be called twice."""
        pipe, process, self._pipe, self._process = self._pipe, self._process, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.terminate()
            process.join(CLIPS_END_SECONDS)
            if process.is_alive():
                process.kill()
                process.join(CLIPS_END_SECONDS)


def clip_process(pipe: Connection[Any, Any]) -> None:
    """The whole life of the process: until the pipe breaks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the program that started us
    end_with_parent()
    step_back()
    with suppress(EOFError, OSError):
        while True:
            wish = pipe.recv()
            while wish is not None:
                wish = _make(wish, pipe)


def _make(wish: ClipWish, pipe: Connection[Any, Any]) -> ClipWish | None:
    """Makes it and tells what came of it; another wish that came meanwhile."""
    request, told_s = wish.ask.request, float("-inf")
    steps = make_clip(wish, _open_model)
    try:
        while not pipe.poll():
            done, total = next(steps)
            if time.monotonic() >= told_s + TOLD_SECONDS:
                told_s = time.monotonic()
                pipe.send(ClipProgress(request, done, total))
    except StopIteration as end:
        pipe.send(ClipMade(request, end.value))
        return None
    except ChoraleError as fault:
        pipe.send(ClipMade(request, None, str(fault)))
        return None
    except (EOFError, OSError):
        raise
    except Exception as fault:
        pipe.send(ClipMade(request, None, f"it cannot be made: {type(fault).__name__}: {one_line(fault)}"))
        return None
    newest: ClipWish | None = pipe.recv()
    return newest


@functools.lru_cache(2)
def _open_model(name: str) -> Any:
    from companion.model.library import open_model  # noqa: PLC0415 - loads what only this process needs

    return open_model(name)
