"""What is to be seen is opened in the browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable

Opener = Callable[[str], bool]  # of an address; whether there was something to open it with


def open_address(address: str, opener: Opener = webbrowser.open) -> bool:
    """Show a page in the browser; False where there is no screen, or nothing that could."""
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return has_screen and opener(address)
