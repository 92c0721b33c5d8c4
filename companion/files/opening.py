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
    name = one_line(path)
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise fault(f"cannot read {name}: it is {what}")
        if status.st_size > most_bytes:
            raise too_large(name, most_bytes, fault)
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise fault(f"cannot read {name}: {error.strerror or error}") from None


def read_file(path: str | Path, most_bytes: int, fault: type[ChoraleError]) -> bytes:
    """All of a file; faults as in ``opened``."""
    with opened(path, most_bytes, fault) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:  # it grew, or is one of the system's that say they are empty
        raise too_large(one_line(path), most_bytes, fault)
    return data


def too_large(name: str, most_bytes: int, fault: type[ChoraleError]) -> ChoraleError:
    """The fault of a file, or of a part of one, that is larger than it may be."""
    return fault(f"{name} is larger than {most_bytes / 1_000_000:g} MB")
