"""``python -m tests.stress busy [PROCESSES …]``: how punctual a jam is while other programs want the processors.

A player with real-time rights does not feel them; ``setpriv --bounding-set=-sys_nice`` takes these rights from root.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.stress.floods import PATIENCE_S, STEP_S, Flooded, until

SECONDS = 40.0
PROCESSES = ("0", "8", "16")


def main(words: list[str]) -> int:
    """A line for each number of programs."""
    for count in map(int, words or PROCESSES):
        sys.stdout.write(f"{count:>3} busy programs: {beside(count, SECONDS)}\n")
        sys.stdout.flush()
    return 0


def beside(count: int, seconds: float) -> str:
    """A duet at 120 bpm beside so many programs that do nothing but run."""
    with tempfile.TemporaryDirectory() as folder, Flooded(Path(folder)) as (jam, _, client):
        client.start()
        until(lambda: len(client.came) > 2 / STEP_S, "frames come")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
        begun_s, first = time.perf_counter(), len(client.lateness)
        time.sleep(seconds)
        in_time, told = client.in_time(begun_s, time.perf_counter()), client.lateness[first:]
        for program in busy:
            program.kill()
            program.wait()
        jam.terminate()
        jam.wait(PATIENCE_S)
        client.stop()
    p50, p99 = (sorted(each[place] for each in told)[len(told) // 2] for place in (0, 1))
    held_over = int(told[-1][2] - told[0][2])
    return f"notes late p50 {p50:.2f} ms, p99 {p99:.2f} ms; {held_over} steps held over; frames in time {in_time:.2%}"
