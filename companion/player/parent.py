"""No process outlives the one that started it."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

ORPHAN_SECONDS = 0.8  # to let go of all notes, once the other side of the pipe is gone


def end_with_parent() -> None:
    """From now on this process ends when its parent has, at the latest after a grace."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), name="parent watch", daemon=True).start()


def _watch(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    time.sleep(ORPHAN_SECONDS)
    os._exit(1)
