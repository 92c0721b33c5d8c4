"""Two processes in one real Link session."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).parents[2]

# Joins at a tempo of its own; the first then starts, and sets the tempo of both. Tells its events, and its line in
# ten samples a second; perf_counter is one clock for both processes.
PEER = """
import dataclasses, json, sys, time
from companion.clock.link import LinkClock

first, bpm = sys.argv[1] == "first", float(sys.argv[2])
now = time.perf_counter
clock = LinkClock(bpm)
deadline = now() + 20
while not clock.peers and now() < deadline:
    time.sleep(0.01)
settled = now() + 1
orders = [(settled, lambda at: clock.start(at)), (settled + 3, lambda at: clock.set_bpm(133, at))] if first else []
events, lines, sampled = [], [], 0.0
while clock.peers and now() < settled + 5:
    at = now()
    if orders and at >= orders[0][0]:
        orders.pop(0)[1](at)
    events += [[type(event).__name__, *dataclasses.astuple(event)] for event in clock.poll(at)]
    if clock.timebase() and at >= sampled + 0.1:
        sampled = at
        lines.append(dataclasses.astuple(clock.timebase()))
    time.sleep(0.005)
alone = not clock.peers and not lines
clock.close()
print(json.dumps({"alone": alone, "events": events, "lines": lines}))
"""


def start_peer(name: str, bpm: float) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-c", PEER, name, str(bpm)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def told_by(peer: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = peer.communicate(timeout=60)
    assert (peer.returncode, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    return told


def step_at(line: list[float], time_s: float) -> float:
    step, line_s, step_seconds = line
    return step + (time_s - line_s) / step_seconds


def test_two_processes_agree_on_start_tempo_and_phase() -> None:
    if importlib.util.find_spec("link") is None:
        assert os.environ.get("CI_PEERS") != "required", "LinkPython-extern is not installed"
        pytest.skip("the extra link is not installed")
    peers = start_peer("first", 97), start_peer("second", 120)
    first, second = (told_by(peer) for peer in peers)
    if first["alone"] or second["alone"]:
        pytest.skip("multicast does not reach another process here")

    (begun,), (followed,) = first["events"], second["events"]
    assert (begun[:2], followed[:2]) == (["Started", 0.0], ["Started", 0.0])
    assert begun[2] == pytest.approx(followed[2], abs=0.005)

    assert min(len(first["lines"]), len(second["lines"])) >= 20
    apart_ms = []
    for line in first["lines"]:
        other = min(second["lines"], key=lambda other: abs(other[1] - line[1]))
        apart_ms.append(abs(step_at(line, line[1]) - step_at(other, line[1])) * line[2] * 1000)
    assert statistics.median(apart_ms) <= 5  # not the most: one hears of the new tempo before the other
    for told in (first, second):
        assert told["lines"][-1][2] == pytest.approx(60 / 133 / 4, rel=0.001)
