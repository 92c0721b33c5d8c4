"""What a jam says at its beginning to someone who has only double-clicked it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from companion.frozen import is_frozen


def what_to_do_next(takes: Path | None) -> tuple[str, str, str]:
    """Three lines.

    Args:
        takes: the folder in which this jam is kept, if it is.
    """
    kept = f" This jam is kept in {takes}." if takes is not None else ""
    return (
        "In Live: Chorale Hub on the track where you play, a Chorale Voice on four more; then Play, a phrase, a rest.",
        f"Are the devices not in Live yet? In a terminal: {_program()} devices --install",
        f"Without Live, to hear it: {_program()} demo --play.{kept}",
    )


def _program() -> str:
    """This program, as it is called in a terminal."""
    if not is_frozen():
        return "chorale"
    return subprocess.list2cmdline([sys.executable]) if sys.platform == "win32" else shlex.quote(sys.executable)
