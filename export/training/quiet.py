"""TensorFlow without the lines that it says at its start.

Its libraries write to file 2 while they are loaded, before anything can tell them not to. What they abort with, as on
a processor that they were not built for, still comes through: a process beside this one passes all other lines on.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FILTER = r"""
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
own = re.compile(rb"[IWE]\d{4} [\d:.]+ +\d+ |WARNING: All log messages before absl|To enable the following instr")
for line in sys.stdin.buffer:
    if not own.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""


def load_keras() -> None:
    """Loads Keras and what it computes with, and TensorFlow for its TensorBoard; says nothing of it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # heeded once they are loaded
    if "tensorflow" not in sys.modules:
        with _filtered():
            importlib.import_module("keras")
            if importlib.util.find_spec("tensorflow"):
                importlib.import_module("tensorflow")


@contextmanager
def _filtered() -> Iterator[None]:
    try:
        before = os.dup(2)
    except OSError:  # closed: nobody hears it anyway
        yield
        return
    with subprocess.Popen([sys.executable, "-ISc", _FILTER], stdin=subprocess.PIPE) as passing:
        assert passing.stdin is not None
        os.dup2(passing.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
