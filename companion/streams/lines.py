"""A file that grows by lines while music is played.

It is written in a thread of its own, so that no disk, however slow, holds the music up.
"""

from __future__ import annotations

import errno
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from companion.errors import OutputExists, OutputFailed, one_line
from companion.files.writing import refuse_existing

MOST_LINES_WAITING = 1024  # a disk that lets so many wait is as good as none
WRITING_SECONDS = 2.0  # for what waits to be written in the end

MakeLine = Callable[[], bytes]  # called in the thread that writes


class GrowingFile:
    """Lines are made and written in their order; a fault ends the file, never the music. Closes, also twice."""

    def __init__(self, path: Path, failed: Callable[[str], object], *, force: bool = False) -> None:
        """
        Args:
            failed: is told once, in a line, why no more is written.
            force: a file that is there is replaced.

        Raises:
            OutputExists, OutputFailed: it cannot be begun.
        """
        refuse_existing(path, force=force)
        try:
            self._file = path.open("wb" if force else "xb", buffering=0)  # each line is out of this process at once
        except FileExistsError:  # it came in this moment
            raise OutputExists(f"{path} exists; choose another name, or --force to replace it") from None
        except OSError as fault:
            raise OutputFailed(f"cannot write {path}: {fault.strerror or fault}") from None
        self.path, self.fault = path, ""
        self._failed = failed
        self._waiting: queue.Queue[MakeLine | None] = queue.Queue(MOST_LINES_WAITING)
        self._thread = threading.Thread(target=self._serve, name="trace", daemon=True)
        self._thread.start()

    def put(self, make: MakeLine) -> None:
        """A line, at the end; never waits."""
        if self.fault:
            return
        try:
            self._waiting.put_nowait(make)
        except queue.Full:
            self._end("the disk is too slow")

    def _serve(self) -> None:
        while (make := self._waiting.get()) is not None:
            if self.fault:
                continue
            try:
                self._write(make())
            except OSError as fault:
                self._end(fault.strerror or str(fault))
            except ValueError as fault:  # a number that JSON has not, as a damaged model gives
                self._end(str(fault))
        with suppress(OSError):  # it has told already that it cannot be written
            self._file.close()

    def _write(self, line: bytes) -> None:
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _end(self, why: str) -> None:
        if not self.fault:
            self.fault = f"the trace has stopped: cannot write {one_line(self.path)}: {one_line(why)}"
            self._failed(self.fault)

    def close(self) -> None:
        """Writes what waits, as far as there is time."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=WRITING_SECONDS)
        self._thread.join(WRITING_SECONDS)
