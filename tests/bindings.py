"""``python -m tests.bindings [BINDING …]``: the MIDI bindings beside each other, over a JACK server of our own.

Those that the program knows and pylibremidi, which it does not use (docs/architecture.md says why); one that is not
installed is left out. Each in turn, several times, in a process of its own: how long it takes to load and how much
memory; a note from an output to an input, as ``chorale latency`` measures it; whether messages of every kind come
through as they were; how many of 10,000 that are sent at once arrive, and whether in order; and how it ends.
The tests of the ports run with a binding more where CHORALE_TRY names it.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from integration.jack import JackServer, known_to_the_driver  # noqa: E402

BINDINGS = ("rtmidi", "rtmidi2", "pylibremidi")
TURNS, NOTES, BURST = 3, 400, 10_000
BURST_SECONDS = 2.0  # of silence, and what has not come is lost
SETTLING_SECONDS = 0.2  # for what was sent before
WORKER_SECONDS = 180.0
KINDS = [
    *([status | 3, 60, 64] for status in (0x80, 0x90, 0xA0, 0xB0, 0xE0)),
    *([0xC3, 9], [0xD3, 64], [0xF1, 8], [0xF2, 16, 1], [0xF3, 2], [0xF8], [0xFA], [0xFB], [0xFC]),
    *([0x93, key, 1] for key in range(16)),  # of one status, one after the other
]


def resident_kib() -> int:
    """Memory of this process alone: what JACK shares with everyone is not in it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def work(name: str) -> dict[str, Any]:
    """One turn of one binding."""
    from companion.io.midi_driver import find_driver  # noqa: PLC0415
    from companion.io.midi_ports import InputPort, OutputPort  # noqa: PLC0415
    from companion.io.round_trip import NoteLoop  # noqa: PLC0415

    class Ear(InputPort):
        _own_name = "Ear"

    before_kib, before_s = resident_kib(), time.perf_counter()
    known_to_the_driver(name)
    driver = find_driver(bindings=[name])
    loaded_ms, loaded_kib = 1000 * (time.perf_counter() - before_s), resident_kib() - before_kib
    arrived = threading.Event()
    with Ear(None, driver, arrived=arrived.set) as heard, OutputPort("Ear", driver) as output:
        trip = NoteLoop(output, heard, arrived).measure(NOTES, random.Random(1))
        kinds = exchange(output, heard, KINDS)
        burst = [[0x90 | count % 4, count % 128, 1 + count // 128] for count in range(BURST)]  # no two alike
        came = exchange(output, heard, burst)
        ending_s = time.perf_counter()
    ended_ms = 1000 * (time.perf_counter() - ending_s)
    driver.close()
    return {
        "load_ms": loaded_ms,
        "memory_kib": loaded_kib,
        "times_ms": trip.times_ms,
        "jitter_ms": trip.jitter_ms,
        "unheard": trip.lost,
        "kinds": sum(one in kinds for one in KINDS),
        "burst_lost": BURST - len(came),
        "burst_in_order": in_order(came, burst),
        "close_ms": ended_ms,
    }


def in_order(came: list[list[int]], sent: list[list[int]]) -> bool:
    """What came of it came in the order in which it was sent."""
    places = {tuple(message): place for place, message in enumerate(sent)}
    order = [places.get(tuple(message), -1) for message in came]
    return order == sorted(order)


def exchange(output: Any, heard: Any, messages: list[list[int]]) -> list[list[int]]:
    """What arrives of messages that are sent as fast as they can be."""
    time.sleep(SETTLING_SECONDS)
    heard.messages()
    for message in messages:
        output.send(bytes(message))
    came: list[list[int]] = []
    until_s = time.perf_counter() + BURST_SECONDS
    while len(came) < len(messages) and time.perf_counter() < until_s:
        news = [list(message) for message, _ in heard.messages()]
        came += news
        time.sleep(0.005)
        if news:
            until_s = time.perf_counter() + BURST_SECONDS
    return came


def turn(server: JackServer, name: str) -> dict[str, Any]:
    """A turn in a process of its own; also how that ended."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), "--worker", name],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=WORKER_SECONDS,
    )
    last = done.stdout.splitlines()[-1:] or ["{}"]
    said = done.stderr.splitlines()
    return {**json.loads(last[0]), "code": done.returncode, "said": len(said), "last": said[-1:] or [""]}


def told(name: str, turns: list[dict[str, Any]]) -> list[str]:
    """One binding's turns, for people."""
    good = [one for one in turns if "times_ms" in one]
    lines = [f"{name}: {len(good)} of {len(turns)} turns went through"]
    if good:
        times = sorted(time_ms for one in good for time_ms in one["times_ms"])
        p50, p99 = (times[int(share * (len(times) - 1))] for share in (0.5, 0.99))
        lost = [one["burst_lost"] for one in good]
        unheard = sum(one["unheard"] for one in good)
        order = "in order" if all(one["burst_in_order"] for one in good) else "out of order"
        lines += [
            f"  a note       {p50:.2f} ms, p99 {p99:.2f}, {unheard} of {len(good) * NOTES} unheard",
            f"  its change   p99 {median(one['jitter_ms'] for one in good):.2f} ms from one note to the next",
            f"  kinds        {min(one['kinds'] for one in good)} of {len(KINDS)} as they were",
            f"  {BURST:,} notes {', '.join(map(str, lost))} lost, {order}",
            f"  load         {median(one['load_ms'] for one in good):.0f} ms, "
            f"{median(one['memory_kib'] for one in good) / 1024:.1f} MiB",
            f"  close        {median(one['close_ms'] for one in good):.0f} ms",
        ]
    codes, said = sorted({one["code"] for one in turns}), max(one["said"] for one in turns)
    lines.append(f"  its end      code {', '.join(map(str, codes))}, {said} lines on the error stream")
    return [*lines, *(f"  broke off    {one['last'][0]}" for one in turns if one["code"])]


def main(names: list[str]) -> int:
    """All bindings, or those that are named."""
    wanted = [name for name in names or BINDINGS if find_spec(name)]
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in wanted}
    with JackServer() as server:
        for _ in range(TURNS):
            for name in wanted:
                turns[name].append(turn(server, name))
    for name in wanted:
        sys.stdout.writelines(f"{line}\n" for line in told(name, turns[name]))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        sys.stdout.write(json.dumps(work(sys.argv[2])) + "\n")
    else:
        sys.exit(main(sys.argv[1:]))
