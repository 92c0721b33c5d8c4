"""A jam with its stage, and what its page has drawn."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integration.chromium import BrowserTab
from integration.jack import HOME
from support.programs import free_port

from companion.io.osc_port import OscOut

PATIENCE_S = 30.0
PAGE_ALONE = ("http://127.0.0.1:", "ws://127.0.0.1:")  # what the page may ask


class Staged:
    """One that runs."""

    def __init__(self, process: subprocess.Popen[str], osc_in: int, osc_out: int) -> None:
        self.process, self.osc_out = process, osc_out
        self._spoken = OscOut(port=osc_in)
        self.lines: list[str] = []
        self._said = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._said.set()

    def find(self, pattern: str) -> str:
        """What a pattern finds in the lines that it prints, once it does."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            found = re.search(pattern, "".join(self.lines))
            if found is not None:
                return found[0]
            self._said.wait(0.1)
            self._said.clear()
        raise AssertionError(f"no {pattern} in {self.lines}")

    @property
    def address(self) -> str:
        """Of its page."""
        return self.find(r"http://\S+/")

    def send(self, address: str, *arguments: object) -> None:
        """Over OSC, as the Max device does."""
        self._spoken.send((f"/chorale/{address}", arguments))

    def close(self) -> None:
        """Kills it, where it has not ended."""
        self._spoken.close()
        self.process.kill()


@contextmanager
def staged(folder: Path, *options: str, command: str = "jam", stage: bool = True) -> Iterator[Staged]:
    """A program in a folder, with a stage as a rule; killed where it has not ended."""
    osc_in, osc_out = free_port(), free_port()
    ports = ("--no-midi", "--osc-in", str(osc_in), "--osc-out", str(osc_out)) if command == "jam" else ()
    shown = ("--stage", "--no-open") if stage else ()
    words = [sys.executable, "-m", "companion", command, "--plain", *shown, *ports, *options]
    environment = {**os.environ, "PYTHONPATH": str(HOME), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        jam = Staged(process, osc_in, osc_out)
        try:
            yield jam
        finally:
            jam.close()


def wait_in(tab: BrowserTab, condition: str) -> Any:
    """The value of an expression, once it is true in the page."""
    end_s = time.monotonic() + PATIENCE_S
    while not (found := tab.run(condition)):
        assert time.monotonic() < end_s, f"never {condition}"
        time.sleep(0.05)
    return found
