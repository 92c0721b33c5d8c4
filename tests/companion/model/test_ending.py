"""Whatever a model does at real notes, Ctrl-C and SIGTERM end the program that plays it within two seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import hostile
from support.tiny_graph import Tiny

from companion.model import ending

HOME = Path(__file__).parents[3]
SEED = HOME / "tests" / "golden" / "eminor.mid"
MOST_SECONDS = 4.0  # two on a machine that does nothing else; without an end from outside it is ten or more

pytestmark = [
    pytest.mark.train,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no signal can be sent there to one process"),
]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a model is noted as tried; programs find it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(HOME))
    return tmp_path


@contextlib.contextmanager
def playing(*words: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "companion", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def works(pid: int) -> bool:
    """It has spent more than its start needs of the processor."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12]) > 1.5 * os.sysconf("SC_CLK_TCK")
    return False


def lives(pid: int) -> bool:
    """It is there, and not only left to be counted by who started it."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    until_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def working_child(pid: int) -> int:
    """The process under this one that has begun to work."""
    found: list[int] = []
    until(lambda: bool(found.extend(child for child in children(pid) if works(child)) or found))
    return found[0]


def children(pid: int) -> list[int]:
    """Those of a process, and theirs."""
    with contextlib.suppress(OSError):
        own = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*own, *(other for child in own for other in children(child))]
    return []


def ended(program: subprocess.Popen[str], number: int) -> tuple[str, str]:
    """What a program has said, once told to end."""
    asked_s = time.monotonic()
    program.send_signal(number)
    out, err = program.communicate(timeout=20)
    assert time.monotonic() - asked_s < MOST_SECONDS
    return out, err


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="whether it works is read in /proc")


@needs_proc
@pytest.mark.parametrize("make", [hostile.endless_when_played, hostile.slow_when_played])
def test_ctrl_c_ends_a_file_command(cache: Path, make: Callable[[], Tiny]) -> None:
    model = hostile.trusted(make, cache)
    with playing("continue", SEED, "-o", cache / "out.mid", "--model", model) as program:
        until(lambda: works(program.pid))
        _, err = ended(program, signal.SIGINT)
    assert program.returncode
    assert "Traceback" not in err and "failed" not in err
    assert list(cache.glob("*out*")) == []


@needs_proc
def test_ctrl_c_ends_a_trial(cache: Path) -> None:
    model = hostile.slow().save(cache)
    with playing("continue", SEED, "-o", cache / "out.mid", "--model", model) as program:
        trial = working_child(program.pid)
        _, err = ended(program, signal.SIGINT)
    assert program.returncode and "Traceback" not in err
    assert not lives(trial)


@needs_proc
def test_a_trial_does_not_outlive_who_waits_for_it(cache: Path) -> None:
    model = hostile.slow().save(cache)
    with playing("continue", SEED, "-o", cache / "out.mid", "--model", model) as program:
        trial = working_child(program.pid)
        program.kill()
    until(lambda: not lives(trial), MOST_SECONDS)


@needs_proc
@pytest.mark.parametrize("make", [hostile.endless_when_played, hostile.slow_when_played, None])
def test_sigterm_ends_a_jam(cache: Path, make: Callable[[], Tiny] | None) -> None:
    """Whose model hangs at its first note, or while it is tried."""
    model = hostile.slow().save(cache) if make is None else hostile.trusted(make, cache)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with playing("jam", "--plain", "--no-midi", "--mode", "duet", "--osc-in", port, "--model", model) as jam:
        worker = working_child(jam.pid)
        _, err = ended(jam, signal.SIGTERM)
    assert "Traceback" not in err
    assert not lives(worker)


class Run:
    """The options of a run."""

    terminate = False


def test_a_run_that_ends_by_itself_is_left_alone_and_one_begun_since(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a jam ends in order."""
    short, later, lasting = Run(), Run(), Run()
    codes: list[int] = []

    def sleep(_: float) -> None:
        ending.under_way.discard(short)
        ending.under_way.add(later)

    monkeypatch.setattr(ending, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(ending, "under_way", {short})
    ending._end(signal.SIGTERM)
    assert (short.terminate, later.terminate, codes) == (False, False, [])
    monkeypatch.setattr(ending, "under_way", {short, lasting})
    ending._end(signal.SIGTERM)
    assert (short.terminate, later.terminate, lasting.terminate) == (False, False, True)
    assert codes == [128 + signal.SIGTERM]
