"""``python -m app.cold FOLDER [--runs 5]``: seconds from the app's start to its first frame, cold and warm.

Beside them stands the processor's time, which other programs do not lengthen.

Cold: before each run the system is asked to drop every page of the app's own files (posix_fadvise, which needs no
rights); what all programs share, as the C library, stays in memory. Linux alone can be asked so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from app.archive import files_of
from companion.frozen import RUN_MODULE


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.cold", description="Times the app's first frame.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(words)
    if not hasattr(os, "posix_fadvise"):
        sys.exit("python -m app.cold: only Linux drops a program's files from memory when it is asked")
    folder = asked.folder.resolve()
    for label, forgets in (("cold", True), ("warm", False)):
        seconds, busy = zip(*(time_first_frame(folder, forgets) for _ in range(asked.runs)), strict=True)
        figures = f"median {median(seconds):.2f}  least {min(seconds):.2f}  most {max(seconds):.2f} s"
        sys.stdout.write(f"first frame, {label}  {figures}, processor {median(busy):.2f} s  ({asked.runs} runs)\n")
        sys.stdout.flush()
    return 0


def time_first_frame(folder: Path, forgets: bool) -> tuple[float, float]:
    """Seconds until a process of the app has made one frame, and ended; and those that the processor worked for it."""
    if forgets:
        forget(folder)
    (model,) = folder.rglob("bach.onnx")
    begun, before = time.perf_counter(), os.times()
    subprocess.run(
        [folder / "chorale", RUN_MODULE, "companion.bench.first_frame", model], check=True, capture_output=True
    )
    elapsed, after = time.perf_counter() - begun, os.times()
    busy = after.children_user - before.children_user + after.children_system - before.children_system
    return elapsed, busy


def forget(folder: Path) -> None:
    """Asks the system to hold none of these files in memory."""
    for path in files_of(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())  # what is not yet written cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    sys.exit(main())
