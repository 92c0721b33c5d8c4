"""Processes beside others: none outlives the one that started it, and those that can wait step back."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
import threading
import time
from contextlib import suppress

NICENESS = 10
_WINDOWS_BELOW_NORMAL = 0x4000  # BELOW_NORMAL_PRIORITY_CLASS, winbase.h


def end_with_parent(grace_seconds: float = 0.0) -> None:
    """From now on this process ends when its parent has, however busy it is, at the latest after a grace."""
    threading.Thread(target=_watch, args=(grace_seconds,), name="parent watch", daemon=True).start()


def _watch(grace_seconds: float) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        time.sleep(grace_seconds)
        os._exit(1)


def step_back() -> None:
    """Whatever else runs on this machine comes first."""
    with suppress(AttributeError, OSError):
        if sys.platform == "win32":
            ctypes.windll.kernel32.SetPriorityClass(ctypes.c_void_p(-1), _WINDOWS_BELOW_NORMAL)
        else:
            niceness = os.getpriority(os.PRIO_PROCESS, 0)  # that of whoever started us, which may have stepped back
            os.setpriority(os.PRIO_PROCESS, 0, max(niceness, NICENESS))
