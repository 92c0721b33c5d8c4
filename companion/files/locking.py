"""Locks that the system takes away with the process that has them."""

from __future__ import annotations

import importlib
from typing import IO, Any


def flock(file: IO[bytes], shared: bool = False) -> bool | None:
    """False where another process has the lock of a file; None where the system has none of this kind, as Windows."""
    try:
        fcntl: Any = importlib.import_module("fcntl")
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except ImportError:
        return None
    except OSError as error:  # some network drives cannot say, and lock nobody out
        return not isinstance(error, BlockingIOError)
    return True
