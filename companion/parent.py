"""No process outlives the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time


def end_with_parent(grace_seconds: float = 0.0) -> None:
    """From now on this process ends when its parent has, however busy it is, at the latest after a grace."""
    threading.Thread(target=_watch, args=(grace_seconds,), name="parent watch", daemon=True).start()


def _watch(grace_seconds: float) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        time.sleep(grace_seconds)
        os._exit(1)
