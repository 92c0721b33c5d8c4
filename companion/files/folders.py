"""The system's folders for what programs keep for a user."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Keeping(NamedTuple):
    """What is kept, by where each system wants it."""

    windows: tuple[str, str]  # the variable that names the folder, and its usual place in AppData
    mac: str  # within Library
    xdg: tuple[str, str]  # of the XDG Base Directory Specification: the variable, and the usual place


SETTINGS = Keeping(("APPDATA", "Roaming"), "Application Support", ("XDG_CONFIG_HOME", ".config"))
CACHE = Keeping(("LOCALAPPDATA", "Local"), "Caches", ("XDG_CACHE_HOME", ".cache"))


def user_folder(keeping: Keeping, platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Ours of these folders, which need not be there; None: this user has no home."""
    try:
        if platform != "win32" and environ.get("HOME") == "":  # the root would be taken for it
            raise RuntimeError
        home = Path.home()
    except RuntimeError:
        return None
    if platform == "win32":
        variable, usual = keeping.windows
        return Path(environ.get(variable) or home / "AppData" / usual) / "chorale"
    if platform == "darwin":
        return home / "Library" / keeping.mac / "chorale"
    variable, usual = keeping.xdg
    given = environ.get(variable, "")  # absolute, or to be ignored
    return (Path(given) if given.startswith("/") else home / usual) / "chorale"
