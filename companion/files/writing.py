"""Files that a user asked for: whole or not at all, and never over another by accident."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from companion.errors import OutputExists, OutputFailed

PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")  # the name of a file that is not whole yet
STALE_SECONDS = 3600  # a part of that age is nobody's any more: its program was killed


def write_output(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Writes a file in one move, so that a reader sees the old one or the new one and nothing between.

    Raises:
        OutputExists: the file is there already and ``force`` is not set.
        OutputFailed: it could not be written; what was there before still is.
    """
    write_all({Path(path): data}, force=force)


def write_all(contents: Mapping[Path, bytes], *, force: bool = False) -> None:
    """Writes files, all of them or none: every one is whole beside its place before the first is moved there.

    Raises:
        OutputExists: one is there already and ``force`` is not set.
        OutputFailed: one could not be written; what was there before, of all of them, still is.
    """
    for path in contents:
        refuse_existing(path, force=force)
    with ExitStack() as parts, ExitStack() as undo:
        places = {path: _part(path, parts) for path in contents}
        for path, part in places.items():
            with _writing(path):
                _fill(part, contents[path])
        for path, part in places.items():
            with _writing(path):
                refuse_existing(path, force=force)
                if len(places) > 1:
                    undo.callback(_way_back(path, _part(path, parts)))
                part.replace(path)
        undo.pop_all()


def refuse_existing(path: str | Path, *, force: bool = False) -> None:
    """Raises early, before the work is done, what ``write_output`` would raise about the place."""
    path = Path(path)
    with _writing(path):
        _check_place(path)
    if not force and os.path.lexists(path):
        raise _exists(path)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise OutputFailed(f"cannot write {path}: it is a folder; name a file")
    if not path.parent.is_dir():
        raise OutputFailed(f"cannot write {path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise OutputFailed(f"cannot write {path}: it is not a regular file")


def _exists(path: Path) -> OutputExists:
    return OutputExists(f"{path} exists; choose another name, or --force to replace it")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What the system refuses meanwhile is said of this file."""
    try:
        yield
    except OSError as fault:  # also a name too long, a folder that may not be read
        raise OutputFailed(f"cannot write {path}: {fault.strerror or fault}") from None


def _part(path: Path, parts: ExitStack) -> Path:
    """A file's temporary place, in the same folder; it is gone afterwards whatever happens."""
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    parts.callback(part.unlink, missing_ok=True)
    return part


def _fill(part: Path, data: bytes) -> None:
    with part.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        _sweep(part.parent, os.fstat(file.fileno()).st_mtime)


def _sweep(folder: Path, now_s: float) -> None:
    """Removes the parts that killed programs have left; the time is that of the disk."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if PART.fullmatch(part.name) and part.stat().st_mtime < now_s - STALE_SECONDS:
                part.unlink()


def _way_back(path: Path, old: Path) -> Callable[[], object]:
    """What undoes the replacing of a file; a disk that gives no file two names cannot undo it."""
    try:
        os.link(path, old)
    except FileNotFoundError:
        return lambda: path.unlink(missing_ok=True)
    except OSError:
        return lambda: None
    return lambda: old.replace(path)
