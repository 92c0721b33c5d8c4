"""What a person's terminal shows, and what it is spared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Tell(Protocol):
    """Told how much is done, and how much there is where that was not known before."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@contextmanager
def progress_bar(text: str, total: int | None, hidden: bool = False) -> Iterator[Tell]:
    """A bar on the error stream, gone when the work is done."""
    if hidden or not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=total)
        yield lambda done, total=None: progress.update(
            task, completed=done, **({} if total is None else {"total": total})
        )
