"""``python -m tests.faster REVISION``: whether frames take less time than in an earlier revision.

Both programs make the same music side by side on one machine, block by block in turn, so that what else the machine
does meets both alike; frames that the system interrupted are left out. Trust the ratios, not the times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.golden.__main__ import ROOT, checkout

WORKER = Path(__file__).with_name("worker.py")
CASES = (("bach", "bach"), ("bach", "free"), ("gru", "bach"), ("transformer", "bach"))  # model and style
WARM_BLOCKS = 4
BLOCKS = 48


@dataclass
class Side:
    """One of the two programs, and what it took."""

    worker: subprocess.Popen[str]
    milliseconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    start_s: float = 0.0

    def block(self) -> list[float]:
        """The milliseconds of one more block of frames."""
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        self.worker.stdin.write("\n")
        self.worker.stdin.flush()
        told = json.loads(self.worker.stdout.readline())
        self.peak_mb = told["peak_mb"] or 0.0
        return list(told["ms"])


@contextmanager
def side_of(tree: Path, model: str, style: str) -> Iterator[Side]:
    """A program at work, its first block done."""
    command = [sys.executable, str(WORKER), model, style]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    pipe, begun = subprocess.PIPE, time.perf_counter()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, cwd=tree, text=True) as worker:
        side = Side(worker)
        side.block()
        side.start_s = time.perf_counter() - begun
        yield side


def compare(before: Path, model: str, style: str) -> str:
    """A line of figures."""
    with side_of(before, model, style) as old, side_of(ROOT, model, style) as new:
        for number in range(-WARM_BLOCKS, BLOCKS):
            for side in (old, new) if number % 2 else (new, old):
                block = side.block()
                side.milliseconds += block if number >= 0 else []
    was, now = np.percentile(old.milliseconds, [50, 99]), np.percentile(new.milliseconds, [50, 99])
    return (
        f"{model:<11} {style:<5}  p50 {was[0]:6.3f} → {now[0]:6.3f} ms ×{now[0] / was[0]:.2f}"
        f"   p99 {was[1]:6.3f} → {now[1]:6.3f} ms ×{now[1] / was[1]:.2f}"
        f"   memory {old.peak_mb:.0f} → {new.peak_mb:.0f} MB"
        f"   first block {old.start_s:.2f} → {new.start_s:.2f} s\n"
    )


def main(revision: str) -> None:
    with checkout(revision) as before:
        for model, style in CASES:
            sys.stdout.write(compare(before, model, style))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
