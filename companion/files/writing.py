"""Files that a user asked for: whole or not at all, and never over another by accident."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from companion.errors import OutputExists, OutputFailed


def write_output(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Writes a file in one move, so that a reader sees the old one or the new one and nothing between.

    Raises:
        OutputExists: the file is there already and ``force`` is not set.
        OutputFailed: it could not be written; what was there before still is.
    """
    path = Path(path)
    refuse_existing(path, force=force)
    try:
        _replace(path, data, force=force)
    except OSError as fault:
        raise OutputFailed(f"cannot write {path}: {fault.strerror or fault}") from None


def refuse_existing(path: str | Path, *, force: bool = False) -> None:
    """Raises early, before the work is done, what ``write_output`` would raise about the place."""
    path = Path(path)
    try:
        _check_place(path)
    except OSError as fault:  # a name too long, a folder that may not be read
        raise OutputFailed(f"cannot write {path}: {fault.strerror or fault}") from None
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


def _replace(path: Path, data: bytes, *, force: bool) -> None:
    """Through a temporary file in the same folder, which is gone afterwards whatever happens."""
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        refuse_existing(path, force=force)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
