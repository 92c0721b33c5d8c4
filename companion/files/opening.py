"""What a user names to be read: regular files alone, none larger than it may be, and every fault one line.

A link to a device without end, or a pipe that nobody writes to, would never come to its end.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from companion.errors import ChoraleError, one_line


@contextmanager
def opened(path: str | Path, most_bytes: int, fault: type[ChoraleError]) -> Iterator[IO[bytes]]:
    """A file, open for reading; whatever is wrong with it, or with reading it, is such a fault."""
    try:
        _check(Path(path), most_bytes, fault)
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise fault(f"cannot read {one_line(path)}: {error.strerror or error}") from None


def _check(path: Path, most_bytes: int, fault: type[ChoraleError]) -> None:
    if "\0" in str(path):
        raise fault(f"no file can be named {one_line(path)}")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise fault(f"cannot read {one_line(path)}: it is {what}")
    if status.st_size > most_bytes:
        raise _too_large(path, most_bytes, fault)


def read_file(path: str | Path, most_bytes: int, fault: type[ChoraleError]) -> bytes:
    """All of a file; faults as in ``opened``."""
    with opened(path, most_bytes, fault) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:  # it grew, or is one of the system's that say they are empty
        raise _too_large(path, most_bytes, fault)
    return data


def _too_large(path: str | Path, most_bytes: int, fault: type[ChoraleError]) -> ChoraleError:
    return fault(f"{one_line(path)} is larger than {most_bytes / 1_000_000:g} MB")
