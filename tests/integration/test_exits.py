"""Every way in which a jam or a part of it ends or is held up: no note stays, and nobody is left behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from integration.jack import HOME, JackServer, Peer, jack_server, need, wait_until

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc"),
]

HELD_UP_S = 1.5
PARTS = ("main", "engine", "player")
SIGNALS = ("SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGSTOP")
ENDS = {("main", name) for name in ("SIGTERM", "SIGKILL", "SIGINT", "SIGHUP")}
ENDS |= {("engine", name) for name in ("SIGTERM", "SIGKILL", "SIGHUP")}
CODES = {("main", "SIGKILL"): -9, ("engine", "SIGKILL"): 1}  # else 0
SHORT = [("main", "SIGHUP"), ("main", "SIGKILL"), ("engine", "SIGTERM"), ("engine", "SIGSTOP"), ("player", "SIGKILL")]


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    need("jackd", "jack_lsp", "jack_connect")
    with jack_server() as server:
        yield server


class Synth:
    """What hears a jam."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.struck = 0
        self.sounding: set[tuple[int, int]] = set()

    def listen(self) -> bool:
        """Whether four voices sound."""
        for message, _ in self._peer.take():
            key = (message[0] & 0x0F, message[1])
            if message[0] & 0xF0 == 0x90 and message[2]:
                self.sounding.add(key)
                self.struck += 1
            elif message[0] & 0xF0 in (0x80, 0x90):
                self.sounding.discard(key)
        return len(self.sounding) == 4

    @property
    def silent(self) -> bool:
        self.listen()
        return not self.sounding


@pytest.fixture
def synth(jack: JackServer) -> Iterator[Synth]:
    with Peer(jack) as peer:
        peer.virtual_input("Synth")
        yield Synth(peer)


def command() -> list[str]:
    options = ("--out", "Synth", "--mode", "duet", "--bpm", "180", "--seed", "4")
    return [sys.executable, "-m", "companion", "jam", "--plain", *options]


def environment(jack: JackServer) -> dict[str, str]:
    return {**jack.environment, "PYTHONPATH": str(HOME)}


@contextmanager
def running(jack: JackServer, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A jam, which a test that fails does not leave behind."""
    with subprocess.Popen(
        command(), env=environment(jack), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as main:
        try:
            yield main
        finally:
            main.kill()


def parts_of(main: int) -> dict[str, int]:
    """The processes of a jam by what they are: each was started by the one before."""
    engine = spawned_by(main)
    return {"main": main, "engine": engine, "player": spawned_by(engine)}


def spawned_by(pid: int) -> int:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    pytest.fail(f"process {pid} has started no other")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("part", "name"),
    [pytest.param(*case, marks=[] if case in SHORT else [pytest.mark.stress]) for case in product(PARTS, SIGNALS)],
)
def test_no_note_stays_and_nobody_is_left(jack: JackServer, synth: Synth, tmp_path: Path, part: str, name: str) -> None:
    with running(jack, tmp_path) as main:
        wait_until(synth.listen, "four voices sound")
        parts = parts_of(main.pid)
        os.kill(parts[part], getattr(signal, name))
        if name == "SIGSTOP":
            time.sleep(HELD_UP_S)
            os.kill(parts[part], signal.SIGCONT)
        if (part, name) not in ENDS:
            before = synth.struck
            wait_until(lambda: synth.listen() and synth.struck > before, "it plays on")
            main.send_signal(signal.SIGINT)
        _, err = main.communicate(timeout=20)
        assert main.returncode == CODES.get((part, name), 0), err
        assert "Traceback" not in err
    wait_until(lambda: synth.silent, "everything is silent", 3.0)
    wait_until(lambda: not any(map(runs, parts.values())), "all processes have ended", 3.0)


def test_a_terminal_that_is_closed_ends_everything(jack: JackServer, synth: Synth, tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:  # its controlling terminal is the one that is about to go
        os.chdir(tmp_path)
        os.execvpe(sys.executable, command(), environment(jack))
    wait_until(synth.listen, "four voices sound")
    parts = parts_of(pid)
    os.close(terminal)
    wait_until(lambda: synth.silent, "everything is silent", 5.0)
    os.waitpid(pid, 0)
    wait_until(lambda: not any(map(runs, parts.values())), "all processes have ended", 3.0)


def test_however_often_it_is_asked_it_ends_quietly(jack: JackServer, synth: Synth, tmp_path: Path) -> None:
    with running(jack, tmp_path) as main:
        wait_until(synth.listen, "four voices sound")
        parts = parts_of(main.pid)
        while main.poll() is None:
            main.send_signal(signal.SIGINT)
            time.sleep(0.02)
        assert (main.returncode, main.communicate()[1]) == (0, "")
    wait_until(lambda: synth.silent, "everything is silent", 3.0)
    assert not any(map(runs, parts.values()))
