"""Work that takes long, beside the music: one thing at a time, and of those that wait the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

SETTLED_SECONDS = 0.05  # a wish is carried out when it has stood so long …
LONGEST_SECONDS = 1.0  # … or when one has waited so long


class Aside:
    """Does the last thing that it was asked for; what was asked before and not begun is forgotten."""

    def __init__(self, name: str, done: Callable[[Any], object]) -> None:
        """done: takes what came of a thing, in this thread."""
        self._done = done
        self._wish: Callable[[], object] | None = None
        self._asked = threading.Event()
        self._changed_s = 0.0
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def ask(self, wish: Callable[[], object] | None) -> None:
        """Wants this done, and nothing that it was asked for before; None: nothing. A wish raises nothing."""
        self._wish, self._changed_s = wish, time.monotonic()
        self._asked.set()

    def _serve(self) -> None:
        while self._asked.wait():
            self._asked.clear()
            begun_s = time.monotonic()
            while time.monotonic() < min(self._changed_s + SETTLED_SECONDS, begun_s + LONGEST_SECONDS):
                time.sleep(SETTLED_SECONDS / 5)
            wish, self._wish = self._wish, None
            if wish is not None:
                self._done(wish())
