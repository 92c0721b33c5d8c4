"""``python -m tests.stress serve [REQUESTS]``: how punctual a jam is while ``chorale serve`` beside it is asked.

So many requests of eight bars, as fast as they are answered, in ten parts; between them the same jam is alone for some
seconds, so that whatever else this machine does meanwhile is in both figures.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from tests.stress.floods import HOME, PATIENCE_S, STEP_S, Client, Flooded, until

REQUESTS, BARS, PARTS = 100, 8, 10
ALONE_S = 6.0  # between two parts
ANSWER_S = 600.0  # for an answer, on a machine that has other things to do
MUSIC = HOME / "tests" / "golden" / "eminor.mid"


@dataclass
class Part:
    """How a jam did, in all the times when it was so."""

    what: str
    seconds: float = 0.0
    told: list[tuple[float, ...]] = field(default_factory=list)  # p50 and p99 in ms, twice a second
    held_over: int = 0  # steps
    in_time: float = 0.0  # seconds whose frames were there before they were due

    def watch(self, client: Client, do: Callable[[], object]) -> None:
        """How late notes are while something is done."""
        begun_s, first = time.perf_counter(), len(client.lateness)
        do()
        ended_s = time.perf_counter()
        told = client.lateness[first:]
        self.told += told
        self.held_over += int(told[-1][2] - told[0][2]) if told else 0
        self.seconds += ended_s - begun_s
        self.in_time += (ended_s - begun_s) * client.in_time(begun_s, ended_s)

    @property
    def line(self) -> str:
        p50, p99 = (median(each[place] for each in self.told) for place in (0, 1))
        return (
            f"{self.what:<20} {self.seconds:5.0f} s: notes late p50 {p50:.2f} ms, p99 {p99:.2f} ms;"
            f" {self.held_over} steps held over; frames in time {self.in_time / self.seconds:.2%}"
        )


def main(words: list[str]) -> int:
    """A line for each part, and one for the requests."""
    count = int(words[0]) if words else REQUESTS
    alone, beside = Part("alone"), Part(f"beside {count} requests")
    taken_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Flooded(Path(folder)) as (jam, _, client):
        client.start()
        until(lambda: len(client.came) > 2 / STEP_S, "frames come")
        with serving(Path(folder)) as (port, token):
            asked(port, token)  # the model is loaded, and the process warm
            for number in range(PARTS):
                alone.watch(client, lambda: time.sleep(ALONE_S))
                part = count * (number + 1) // PARTS - count * number // PARTS
                beside.watch(client, lambda part=part: taken_ms.extend(ask_all(port, token, part)))  # type: ignore[misc]
        jam.send_signal(signal.SIGTERM)
        jam.wait(PATIENCE_S)
        client.stop()
    p99 = quantiles(taken_ms, n=100)[-1] if len(taken_ms) > 1 else taken_ms[0]
    asking = f"a request of {BARS} bars: p50 {median(taken_ms):.0f} ms, p99 {p99:.0f} ms"
    sys.stdout.write("\n".join((alone.line, beside.line, asking)) + "\n")
    return 0


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, str]]:
    """A service's port and token."""
    token = folder / "token"
    command = [sys.executable, "-m", "companion", "serve", "--port", "0", "--token-file", str(token)]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        yield int(urlsplit(address).port or 0), token.read_text("ascii").strip()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def ask_all(port: int, token: str, count: int) -> list[float]:
    """How long each took, in milliseconds."""
    taken_ms = []
    for _ in range(count):
        begun_s = time.perf_counter()
        asked(port, token)
        taken_ms.append((time.perf_counter() - begun_s) * 1000)
    return taken_ms


def asked(port: int, token: str) -> bytes:
    """Eight bars; RuntimeError where there are none."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "audio/midi"}
    line.request("POST", f"/v1/continue?bars={BARS}", MUSIC.read_bytes(), headers)
    came = line.getresponse()
    data = came.read()
    line.close()
    if came.status != 200:
        raise RuntimeError(f"{came.status}: {data!r}")
    return data
