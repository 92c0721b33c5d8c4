"""What a person's terminal shows, and what it is spared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


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


@contextmanager
def progress_bar(text: str, total: int | None, hidden: bool = False) -> Iterator[Progress]:
    """A bar on the error stream, gone when the work is done."""
    if hidden or not sys.stderr.isatty():
        yield unseen
        return
    from rich import progress as rich_progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second

    with rich_progress.Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done, total=None, /: bar.update(
            task, completed=done, **({} if total is None else {"total": total})
        )
