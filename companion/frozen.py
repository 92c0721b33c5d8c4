"""What is otherwise where the program is an app that PyInstaller made ("frozen"): it has no interpreter and no pip."""

from __future__ import annotations

import os
import subprocess
import sys

RUN_MODULE = "--run-module"  # the word by which an app, called so by itself, runs one of our modules and nothing else


def is_frozen() -> bool:
    """This is an app."""
    return bool(getattr(sys, "frozen", False))


def run_module(name: str, *words: str, timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Runs one of our modules in a fresh process, as ``python -m`` does, and waits for it.

    Raises:
        subprocess.TimeoutExpired: it took longer; it was killed.
    """
    start = [sys.executable, RUN_MODULE] if is_frozen() else [sys.executable, "-m"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [*start, name, *words], env=environment, capture_output=True, text=True, timeout=timeout_seconds, check=False
    )


def ways_to_get(extra: str) -> str:
    """What to do for an extra that is not installed."""
    if is_frozen():
        return "the app is without it, and docs/install.md says what has it"
    return f"pip install 'chorale-companion[{extra}]'"
