"""``python -m tests.stress floods [NAME …]``: floods over OSC beside a real client.

A jam that is flooded goes on in time, stays small and ends when it is told. Each address of the protocol, what no
address is, and what is no OSC, so many times a second for some seconds; the client is the master of time, and counts
the steps whose frame it had before they were due.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pythonosc.osc_message_builder import build_msg

from companion.controls.table import ACTIONS, CONTROLS, VOICE_CONTROL
from companion.io.osc_messages import PREFIX
from companion.io.osc_port import Arrival, OscIn, OscOut, Unreadable
from companion.music.timebase import step_seconds

HOME = Path(__file__).parents[2]
BPM = 120
STEP_S = step_seconds(BPM)
REPORT_S = 0.05  # between two reports of the song's position
BEFORE_S, AFTER_S = 2.0, 1.0  # of music before and after a flood
FLOOD_S = 5.0
WARM_S = 2.0  # of the flood before memory is looked at
PATIENCE_S = 30.0
LEAST_IN_TIME, MOST_GROWTH_MB, MOST_END_S = 0.99, 10.0, 2.0

# What changes or ends the music itself, so that frames in time are no measure.
TURNS = {"mode", "go", "stop", "cadence", "undo", "panic", "note", "transport", "loop", "voice/lock"}
_VALUES: dict[str, Sequence[object]] = {
    "temperature": (0.5, 0.8, 1.2),
    "top_p": (0.8, 0.9, 1.0),
    "density": (-0.5, 0.0, 0.5),
    "follow": (0.0, 0.67, 1.0),
    "key": ("C major", "e minor", "auto"),
    "style": ("bach", "free"),
    "model": ("gru", "bach"),
    "velocity": ("played", "90"),
    "mode": ("duet", "listen", "loop"),
    "grid": ("step", "bar"),
    "rest": (0.5, 1.0),
    "click": (0, 1),
    "click_channel": (10, 16),
    "count_in": (0, 1),
    "bars": (2, 4),
    "seed": range(1000),
    "voice/lock": (0, 1),
    "voice/mute": (0, 1),
    "voice/octave": (-1, 0, 1),
    "voice/velocity": (0, 90),
    "voice/channel": (1, 2, 3, 4),
}


@dataclass(frozen=True)
class Flood:
    """What is sent, and how often."""

    name: str
    rate: int  # datagrams a second
    make: Callable[[random.Random], bytes]

    @property
    def turns(self) -> bool:
        """It changes or ends the music itself."""
        return self.name in TURNS


@dataclass(frozen=True)
class Weathered:
    """What came of a flood."""

    flood: Flood
    sent: int
    in_time: float  # share of the steps whose frame was there before they were due
    growth_mb: float  # of the engine's resident memory, from before the flood to after it
    errors: int  # that the client was told
    end_s: float  # from SIGTERM to the end of all processes

    @property
    def line(self) -> str:
        return (
            f"{self.flood.name:<16} {self.flood.rate:>5}/s  sent {self.sent:>6}  in time {self.in_time:7.2%}  "
            f"memory {self.growth_mb:+6.1f} MB  errors {self.errors:>4}  ended in {self.end_s:.2f} s"
        )

    @property
    def faults(self) -> list[str]:
        """What is not as it must be."""
        told = [] if self.flood.turns or self.in_time >= LEAST_IN_TIME else [f"{self.in_time:.1%} of frames in time"]
        told += [f"{self.growth_mb:.1f} MB more"] if self.growth_mb > MOST_GROWTH_MB else []
        return told + ([f"ended after {self.end_s:.1f} s"] if self.end_s > MOST_END_S else [])


def _control(name: str, of_voice: bool, dice: random.Random) -> bytes:
    value = dice.choice(_VALUES[name])
    return build_msg(f"{PREFIX}{name}", [dice.randint(1, 4), value] if of_voice else [value]).dgram


def _fixed(address: str, *arguments: object) -> Callable[[random.Random], bytes]:
    data = build_msg(f"{PREFIX}{address}", list(arguments)).dgram  # type: ignore[arg-type]
    return lambda _: data


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    **{name: _fixed(name) for name in ACTIONS},
    **{
        control.name: lambda dice, name=control.name, voice=control.group == VOICE_CONTROL: _control(name, voice, dice)
        for control in CONTROLS
        if control.name not in ACTIONS
    },  # type: ignore[dict-item]
    "hello": lambda dice: build_msg(f"{PREFIX}hello", [1, dice.randint(5, 9)]).dgram,
    "alive": lambda dice: build_msg(f"{PREFIX}alive", [dice.randint(5, 9)]).dgram,
    "note": lambda dice: build_msg(f"{PREFIX}note", [dice.randint(40, 80), dice.choice((0, 90))]).dgram,
    "transport": lambda dice: build_msg(f"{PREFIX}transport", [1, dice.uniform(0, 999), 120.0]).dgram,
    "loop": lambda dice: build_msg(f"{PREFIX}loop", [dice.randint(0, 1), 16.0, 32.0]).dgram,
    "error": _fixed("error", "unknown address"),
    "unknown": lambda dice: build_msg(f"{PREFIX}x{dice.randint(0, 9999)}", [1]).dgram,
    "wrong value": lambda dice: build_msg(f"{PREFIX}temperature", [dice.randint(11, 99)]).dgram,
    "broken": lambda dice: dice.randbytes(dice.randint(1, 60)),
}
SHORT = [("model", 50), ("unknown", 5000), ("temperature", 5000)]


def all_floods() -> list[Flood]:
    """Every address, slow and fast."""
    return [Flood(name, rate, make) for name, make in MAKERS.items() for rate in (50, 5000)]


def short_floods() -> list[Flood]:
    """Those that broke something once."""
    return [Flood(name, rate, MAKERS[name]) for name, rate in SHORT]


class Client:
    """A device: the master of time, which knows when each frame came."""

    def __init__(self, hears: OscIn, speaks: OscOut) -> None:
        self._speaks, self._port = speaks, hears.port
        self.begun_s: float | None = None
        self.came: dict[int, float] = {}  # step → when its first frame came
        self.errors = 0
        self.lateness: list[tuple[float, ...]] = []  # p50 and p99 in ms, and steps held over, twice a second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._conduct, daemon=True)

    def hear(self, arrival: Arrival | Unreadable) -> None:
        """Takes a message of the companion."""
        if not isinstance(arrival, Arrival):
            return
        if arrival.address == f"{PREFIX}frame":
            self.came.setdefault(int(arrival.arguments[0]), arrival.time_s)  # type: ignore[call-overload]
        elif arrival.address == f"{PREFIX}error":
            self.errors += 1
        elif arrival.address == f"{PREFIX}latency":
            self.lateness.append(arrival.arguments)  # type: ignore[arg-type]

    def start(self) -> None:
        """The song runs from here on."""
        self.begun_s = time.perf_counter()
        self._speaks.send((f"{PREFIX}hello", (1, 3)))
        self._thread.start()

    def _conduct(self) -> None:
        assert self.begun_s is not None
        for number in itertools.count():
            step = (time.perf_counter() - self.begun_s) / STEP_S
            self._speaks.send((f"{PREFIX}transport", (1, step, float(BPM), 4, 4)))
            if number % 10 == 0:
                self._speaks.send((f"{PREFIX}alive", (3,)))
            if self._ended.wait(REPORT_S):
                return

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def in_time(self, from_s: float, to_s: float) -> float:
        """The share of the steps between two times whose frame was there."""
        assert self.begun_s is not None
        steps = range(int((from_s - self.begun_s) / STEP_S) + 1, int((to_s - self.begun_s) / STEP_S))
        met = sum(self.came.get(step, float("inf")) <= self.begun_s + step * STEP_S for step in steps)
        return met / max(len(steps), 1)


def weather(flood: Flood, seconds: float) -> Weathered:
    """Floods a jam for so many seconds."""
    with tempfile.TemporaryDirectory() as folder, Flooded(Path(folder)) as (jam, port, client):
        client.start()
        until(lambda: len(client.came) > BEFORE_S / STEP_S, "frames come")
        time.sleep(BEFORE_S)
        engine = _engine_of(jam.pid)
        _pour(flood, port, WARM_S)  # models and buffers that stay are there
        before_mb, from_s = _memory_mb(engine), time.perf_counter()
        sent = _pour(flood, port, seconds)
        to_s = time.perf_counter()
        time.sleep(AFTER_S)
        grown = _memory_mb(engine) - before_mb
        asked_s = time.perf_counter()
        jam.send_signal(signal.SIGTERM)
        jam.wait(PATIENCE_S)
        client.stop()
        end_s = time.perf_counter() - asked_s
        return Weathered(flood, sent, client.in_time(from_s, to_s), grown, client.errors, end_s)


class Flooded:
    """A jam that follows a client's time, and the client."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int, Client]:
        heard: list[Client] = []
        self._hears = OscIn(0, sink=lambda arrival: heard[0].hear(arrival) if heard else None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self._speaks = OscOut(port=port)
        heard.append(Client(self._hears, self._speaks))
        options = ("--no-midi", "--clock", "osc", "--mode", "duet", "--record", "takes", "--seed", "1")
        places = ("--osc-in", str(port), "--osc-out", str(self._hears.port))
        command = [sys.executable, "-m", "companion", "jam", "--plain", *options, *places]
        environment = {**os.environ, "PYTHONPATH": str(HOME)}
        self._process = subprocess.Popen(command, cwd=self._folder, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(BEFORE_S)
        return self._process, port, heard[0]

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._hears.close()
        self._speaks.close()


def _pour(flood: Flood, port: int, seconds: float) -> int:
    """Sends a flood from a process of its own; how many datagrams."""
    command = [sys.executable, "-m", "tests.stress.floods", flood.name, str(flood.rate), str(port), str(seconds)]
    done = subprocess.run(
        command, cwd=HOME, env={**os.environ, "PYTHONPATH": f"{HOME}"}, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def pour(name: str, rate: int, port: int, seconds: float) -> int:
    """Sends what the flood of this name sends, as evenly as it goes; how many."""
    dice, begun_s, sent = random.Random(1), time.perf_counter(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        while (passed_s := time.perf_counter() - begun_s) < seconds:
            while sent < passed_s * rate:
                out.sendto(MAKERS[name](dice), ("127.0.0.1", port))
                sent += 1
            time.sleep(0.002)
    return sent


def _engine_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next(int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes())


def _memory_mb(pid: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def until(true: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > until_s:
            raise TimeoutError(f"{what}: not within {PATIENCE_S:g} s")
        time.sleep(0.02)


def main(words: list[str]) -> int:
    """Every flood, or those of these names, a line each; 1 where one did harm."""
    harm = 0
    for flood in all_floods():
        if words and flood.name not in words:
            continue
        came = weather(flood, FLOOD_S)
        harm += bool(came.faults)
        sys.stdout.write(f"{came.line}  {'; '.join(came.faults)}".rstrip() + "\n")
        sys.stdout.flush()
    return int(harm > 0)


if __name__ == "__main__":
    name_, rate_, port_, seconds_ = sys.argv[1:]
    sys.stdout.write(str(pour(name_, int(rate_), int(port_), float(seconds_))))
