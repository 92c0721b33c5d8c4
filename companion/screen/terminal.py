"""What a person's terminal shows, and what it is spared."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from companion.screen.say import is_terminal, safe, say

LONG_SECONDS = 10.0  # what takes longer is said before …
TELLING_SECONDS = 0.3  # … as soon as so much of it is done


class Progress(Protocol):
    """Told how much is done, and how much there is where that was not known before."""

    def __call__(self, done: int, total: int | None = None, /) -> None: ...


def unseen(done: int, total: int | None = None, /) -> None:
    """Progress that nobody looks at."""


def adding(progress: Progress) -> Callable[[int], None]:
    """From "so many more" to "so many in all"."""
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        progress(done)

    return add


class Forecast:
    """Progress that says once, as soon as it can tell, how long all of it will take, if that is long."""

    def __init__(
        self, text: str, total: int | None, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._text, self._total, self._say, self._clock = text, total, say, clock
        self._first: tuple[int, float] | None = None  # what was done when it was first told, and when
        self._said = False

    def __call__(self, done: int, total: int | None = None, /) -> None:
        self._total = total or self._total
        self._first = self._first or (done, self._clock())
        elapsed_s, more = self._clock() - self._first[1], done - self._first[0]
        if self._said or not more or not self._total or elapsed_s < TELLING_SECONDS:
            return
        self._said = True
        if elapsed_s * self._total / more > LONG_SECONDS:
            self._say(f"about {span(elapsed_s * self._total / more)}: {self._text}")


def span(seconds: float) -> str:
    """So much time in words, roughly."""
    if seconds >= 5400:
        return f"{round(seconds / 3600):,} hours"
    return f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{max(round(seconds, -1), 10):.0f} seconds"


@contextmanager
def progress_bar(text: str, total: int | None, hidden: bool = False) -> Iterator[Progress]:
    """A bar on the error stream, gone when the work is done; what takes long is said there in a line, on a pipe too."""
    if hidden:
        yield unseen
        return
    if not is_terminal(sys.stderr):
        yield Forecast(text, total, lambda line: say(line, err=True))
        return
    from rich import progress as rich_progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second

    console = Console(file=safe(sys.stderr).drawing())
    shared = is_terminal(sys.stdout)  # else what is said there is for a file or a program
    with rich_progress.Progress(console=console, transient=True, redirect_stdout=shared) as bar:
        task = bar.add_task(text, total=total)
        forecast = Forecast(text, total, lambda line: bar.console.print(line, markup=False, highlight=False))

        def tell(done: int, total: int | None = None, /) -> None:
            forecast(done, total)
            bar.update(task, completed=done, total=total)  # None: as it was

        yield tell
