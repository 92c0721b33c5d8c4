"""``python -m tests.stress serve [REQUESTS]``: how punctual a jam is while ``chorale serve`` beside it is asked.

So many requests of eight bars, one after the other, as fast as they are answered; the same jam alone before and after.
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
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from tests.stress.floods import HOME, PATIENCE_S, STEP_S, Client, Flooded, until

REQUESTS, BARS = 100, 8
ALONE_S = 30.0
MUSIC = HOME / "tests" / "golden" / "eminor.mid"


def main(words: list[str]) -> int:
    """A line for each part, and one for the requests; 1 where one was not answered."""
    count = int(words[0]) if words else REQUESTS
    with tempfile.TemporaryDirectory() as folder, Flooded(Path(folder)) as (jam, _, client):
        client.start()
        until(lambda: len(client.came) > 2 / STEP_S, "frames come")
        with serving(Path(folder)) as (port, token):
            asked(port, token)  # the model is loaded, and the process warm
            print_part("alone", client, lambda: time.sleep(ALONE_S))
            taken_ms: list[float] = []
            print_part(f"beside {count} requests", client, lambda: taken_ms.extend(ask_all(port, token, count)))
            print_part("alone", client, lambda: time.sleep(ALONE_S))
        jam.send_signal(signal.SIGTERM)
        jam.wait(PATIENCE_S)
        client.stop()
    p99 = quantiles(taken_ms, n=100)[-1] if len(taken_ms) > 1 else taken_ms[0]
    sys.stdout.write(f"a request of {BARS} bars: p50 {median(taken_ms):.0f} ms, p99 {p99:.0f} ms\n")
    return 0


def print_part(what: str, client: Client, do: Callable[[], object]) -> None:
    """How late notes were while something was done, as the jam tells it twice a second."""
    begun_s, first = time.perf_counter(), len(client.lateness)
    do()
    ended_s = time.perf_counter()
    told, in_time = client.lateness[first:], client.in_time(begun_s, ended_s)
    p50, p99 = (median(each[place] for each in told) for place in (0, 1))
    highest, held_over = max(each[1] for each in told), int(told[-1][2] - told[0][2])
    sys.stdout.write(
        f"{what:<20} {ended_s - begun_s:5.1f} s: notes late p50 {p50:.2f} ms, p99 {p99:.2f} ms (at most {highest:.2f});"
        f" {held_over} steps held over; frames in time {in_time:.2%}\n"
    )
    sys.stdout.flush()


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
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "audio/midi"}
    line.request("POST", f"/v1/continue?bars={BARS}", MUSIC.read_bytes(), headers)
    came = line.getresponse()
    data = came.read()
    line.close()
    if came.status != 200:
        raise RuntimeError(f"{came.status}: {data!r}")
    return data
