"""What a double click means: the program, called without a word, is a jam as the Max for Live devices start it.

macOS and Windows give a console program a terminal. Where it has none, as on Linux and in a bundle of macOS, it opens
itself in one. Called in a pipe it says its help, as ``chorale`` does elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_TERMINALS = {
    "darwin": (("open", "-a", "Terminal"),),
    "linux": (("xdg-terminal-exec",), ("x-terminal-emulator", "-e")),  # freedesktop's proposal, and Debian's
}


def words_of_double_click() -> list[str]:
    """What is to be done: a jam; nothing, where there is no terminal, or another one does it."""
    seen = [stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)]
    if all(seen):
        return jam_of_devices(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    if not any(seen) and opened_in_terminal(sys.platform, os.environ):
        sys.exit(0)
    return []


def jam_of_devices(home: str) -> list[str]:
    """The words with which Chorale Start, and the launchers, begin a jam; kept in the same folder."""
    words = ["jam", "--no-midi", "--clock", "osc", "--welcome"]
    return [*words, "--record", str(Path(home, "Music", "Chorale Companion"))] if Path(home).is_absolute() else words


def opened_in_terminal(platform: str, environment: Mapping[str, str]) -> bool:
    """Starts this program once more in a terminal's window, where that can be."""
    if platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return False
    for program, *words in _TERMINALS.get(platform, ()):
        found = shutil.which(program)
        if found is not None:
            silent = subprocess.DEVNULL
            subprocess.Popen(
                [found, *words, sys.executable], stdin=silent, stdout=silent, stderr=silent, start_new_session=True
            )
            return True
    return False
