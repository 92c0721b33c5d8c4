"""``python -m tests.stagespeed [SECONDS [BEFORE]]``: how many pictures the stage shows in Chromium, and how late.

A jam that plays by itself, without the stage and with it by turns, so that its own lateness can be told with and
without. The page has first been told two hours of another jam. A picture is late by the time from when a note was due
to when it was first drawn, and is seen one refresh of the screen later. Run it while nothing else runs.

With BEFORE, one jam with its stage plays for so many seconds and is watched by a viewer without a picture; only then
Chromium opens the page, and counts.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

SECONDS = 60.0
ROUNDS = 2
KEY_EVERY_SECONDS = 0.7
SETTLED_SECONDS = 3.0
SIZE = (1280, 720)
OPTIONS = ("--mode", "duet", "--seed", "4", "--bpm", "100")

TWO_HOURS = """(() => {
  const steps = 2 * 60 * 60 * 8;
  for (let step = 0; step < steps; step += 1) {
    const clouds = [[60, 900, 62, 50], [], [55, 800], [48, 990]];
    hear({
      now: step * 125, line: [0, 0, 125], position: step, scene: jam.scene, gone: [],
      steps: [[step + 2, 2, [72, 64, 55, 48], [1, 0, 1, 0], clouds]], keys: [[step, 60, step - 1, step]],
    });
    if (step % 100 === 0) draw(step * 125);
  }
  return [jam.steps.size, jam.keys.size];
})()"""

COUNT = """(() => {
  window.seen = { times: [], late: [], keys: [] };
  let last = null;
  const known = new Set();
  const old = [...jam.keys.keys()];
  const count = (stamp) => {
    seen.times.push(stamp);
    if (last !== null) {
      for (const { step, phase, struck } of jam.steps.values()) {
        if (phase > PLANNED && step > last && step <= shown.position && struck.some(Boolean)) {
          seen.late.push(shown.time - (jam.line[0] + (step - jam.line[1]) * jam.line[2]));
        }
      }
    }
    last = shown.position;
    for (const number of jam.keys.keys()) {
      if (!known.has(number) && !old.includes(number)) seen.keys.push(shown.time);
      known.add(number);
    }
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
})()"""


class Latency:
    """What a jam says of its own lateness."""

    def __init__(self, port: int) -> None:
        from companion.io.osc_port import Arrival, OscIn, Unreadable  # noqa: PLC0415

        self.last: tuple[Any, ...] = (0.0, 0.0, 0)

        def heed(arrival: Arrival | Unreadable) -> None:
            if isinstance(arrival, Arrival) and arrival.address == "/chorale/latency":
                self.last = arrival.arguments

        self._heard = OscIn(port, sink=heed)

    def close(self) -> tuple[Any, ...]:
        self._heard.close()
        return self.last


def percent(values: Any, share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else float("nan")


def without(folder: Path, seconds: float) -> None:
    """The jam alone."""
    from integration.staged import staged  # noqa: PLC0415

    with staged(folder, *OPTIONS, stage=False) as jam:
        latency = Latency(jam.osc_out)
        jam.find("answering")
        keys(jam, seconds)
        say(told("without the stage", latency.close()))


def beside(folder: Path, seconds: float, before: float = 0.0) -> None:
    """The jam and its stage in a browser, which comes after so many seconds."""
    from integration.chromium import BrowserTab  # noqa: PLC0415
    from integration.staged import PAGE_ALONE, staged  # noqa: PLC0415

    with staged(folder, *OPTIONS) as jam, ExitStack() as later:
        if before:
            play_on(jam, before)
        tab = later.enter_context(BrowserTab(folder / "profile", PAGE_ALONE))
        latency = Latency(jam.osc_out)
        tab.call("Emulation.setDeviceMetricsOverride", width=SIZE[0], height=SIZE[1], deviceScaleFactor=1, mobile=False)
        tab.open(jam.address)
        jam.find("answering")
        kept = tab.run(TWO_HOURS)
        tab.run("socket.close()")  # and comes back to this jam
        time.sleep(SETTLED_SECONDS)
        tab.run(COUNT)
        pressed = keys(jam, seconds)
        seen = tab.run("seen")
        say(told("with the stage", latency.close()))
    gaps = np.diff(seen["times"])
    say(
        f"  pictures a second {1000 / np.mean(gaps):.1f}, between two p50 {percent(gaps, 50):.1f},"
        f" p99 {percent(gaps, 99):.1f}, most {max(gaps):.1f} ms; after two hours the page keeps {kept}"
    )
    say(f"  a note is drawn late by p50 {percent(seen['late'], 50):.1f}, p99 {percent(seen['late'], 99):.1f} ms")
    delays = [shown - 1000 * sent for sent, shown in zip(pressed, seen["keys"], strict=False)]
    say(f"  a key that is pressed is drawn after p50 {percent(delays, 50):.1f}, p99 {percent(delays, 99):.1f} ms")


def play_on(jam: Any, seconds: float) -> None:
    """Lets a jam play for so long with keys pressed and a viewer that reads; what became of it."""
    from websockets.sync.client import connect  # noqa: PLC0415

    host = jam.address.removeprefix("http://").split("/")[0]
    address = f"{jam.address.replace('http', 'ws')}socket"
    latency = Latency(jam.osc_out)
    jam.find("answering")
    say(f"at the start {megabytes(jam.process.pid)}")
    news = 0
    with connect(address, origin=f"http://{host}", compression=None, proxy=None) as viewer:

        def read() -> None:
            nonlocal news
            for _ in viewer:
                news += 1

        reader = threading.Thread(target=read)
        reader.start()
        keys(jam, seconds)
        viewer.close()
        reader.join()
    say(f"after {seconds / 60:.0f} minutes and {news} pieces of news {megabytes(jam.process.pid)}")
    say(told("so far", latency.close()))


def family(process: int) -> list[int]:
    """A process and all that it started, and what those did (Linux)."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in family(int(child)))]


def megabytes(jam: int) -> str:
    """The memory of a jam's process and of those it started (Linux)."""
    status = [Path(f"/proc/{process}/status").read_text() for process in family(jam)]
    sizes = [int(line.split()[1]) / 1024 for text in status for line in text.splitlines() if line.startswith("VmRSS")]
    return "the jam and its processes take " + ", ".join(f"{size:.0f}" for size in sizes) + " MB"


def keys(jam: Any, seconds: float) -> list[float]:
    """Presses keys for so long; when."""
    pressed = []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        pressed.append(time.perf_counter())
        jam.send("note", 60 + len(pressed) % 12, 90)
        time.sleep(KEY_EVERY_SECONDS / 2)
        jam.send("note", 60 + len(pressed) % 12, 0)
        time.sleep(KEY_EVERY_SECONDS / 2)
    return pressed


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(what: str, latency: tuple[Any, ...]) -> str:
    p50, p99, held_over = latency
    return f"{what}: messages leave late by p50 {p50:.2f}, p99 {p99:.2f} ms; {held_over} steps were held over"


def main(seconds: float = SECONDS, before: float = 0.0) -> None:
    with TemporaryDirectory() as folder:
        if before:
            beside(Path(folder), seconds, before)
            return
        for number in range(ROUNDS):
            for what in (without, beside):
                place = Path(folder) / f"{what.__name__}-{number}"
                place.mkdir()
                what(place, seconds)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main(*map(float, sys.argv[1:]))
