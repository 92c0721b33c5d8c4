"""Runs that a signal ends: a graph may compute for hours, and Python heeds signals between its own steps alone."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from typing import Any

SOON_SECONDS = 0.2  # after a signal, for a run to come to its own end; then it is told to …
AT_LAST_SECONDS = 0.4  # … which it heeds between two nodes of its graph; then the process is ended

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_ENDING = frozenset(getattr(signal, name) for name in _NAMES if hasattr(signal, name))

under_way: set[Any] = set()  # of each run the options, whose flag ``terminate`` ends it, and trials, which have one too


def heed_signals() -> None:
    """From now on no run outlasts a signal that this process has a handler for; only the main thread can say so."""
    if threading.current_thread() is threading.main_thread():
        _heed()


@functools.cache
def _heed() -> None:
    ear, mouth = os.pipe()
    if hasattr(os, "set_blocking"):  # Windows has it from Python 3.12 on, and does not insist
        os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(ear,), name="signals to runs", daemon=True).start()


def _listen(ear: int) -> None:
    while numbers := os.read(ear, 64):
        if heard := _ENDING & set(numbers):
            _end(max(heard))


def _end(number: int) -> None:
    begun = under_way.copy()
    time.sleep(SOON_SECONDS)
    for run in begun & under_way:
        run.terminate = True
    time.sleep(AT_LAST_SECONDS)
    if begun & under_way:
        os._exit(128 + number)
