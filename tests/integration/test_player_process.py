"""A player in a process of its own: in time, through signals and deaths, and over a real port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from integration.jack import HOME, JackServer, Peer, jack_server, visiting, wait_until
from support.recording import FileOutput, notes, sent_to, sounding

from companion.io.events import PortBack, PortLost
from companion.io.midi_ports import open_output
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.channel_state import Touch
from companion.player.lateness import Lateness
from companion.player.messages import (
    EchoKey,
    Panic,
    PlayerReport,
    PlayFrames,
    PlayNow,
    Ready,
    SetTimebase,
    Silence,
    Silenced,
)
from companion.player.process import PlayerHandle

STEP_S = 0.1  # at which a step may be 25 ms late before it is held over
NEVER_S = 3600.0  # for a chord that is held until something ends it
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def chord(step: int, root: int, struck: bool = True) -> SoundingFrame:
    """Four voices on four channels."""
    first, second, third, fourth = (Part(root - 5 * voice, struck, 90 + voice, voice) for voice in range(4))
    return SoundingFrame(step, (first, second, third, fourth))


class Played:
    """A player and all that it has told."""

    def __init__(self, player: PlayerHandle) -> None:
        self.player = player
        self.reports: list[PlayerReport] = []

    def has_told(self, kind: type[Any], count: int = 1) -> list[Any]:
        """So many reports of a kind, as soon as they are there."""

        def look() -> list[PlayerReport]:
            self.reports += self.player.reports()
            found = [report for report in self.reports if isinstance(report, kind)]
            return found if len(found) >= count else []

        return list(wait_until(look, f"{count} x {kind.__name__}"))

    def start(self) -> None:
        """Step 0 comes in a moment."""
        self.has_told(Ready)
        self.player.send(SetTimebase(Timebase(0, time.perf_counter() + 0.1, STEP_S)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sent"


@pytest.fixture
def played(path: Path) -> Iterator[Played]:
    with PlayerHandle.in_process(partial(FileOutput, path)) as player:
        yield Played(player)


def test_every_note_in_its_order(played: Played, path: Path) -> None:
    roots = [60 + step % 12 for step in range(12)]
    played.player.send(PlayFrames(tuple(chord(step, root) for step, root in enumerate(roots))))
    played.start()
    wait_until(lambda: len(sent_to(path)) == 4 * 23, "all notes")
    played.player.close()
    expected = []
    for step, root in enumerate(roots):
        if step:
            expected += [("off", voice, roots[step - 1] - 5 * voice) for voice in range(4)]
        expected += [("on", voice, root - 5 * voice) for voice in range(4)]
    expected += [("off", voice, roots[-1] - 5 * voice) for voice in range(4)]
    assert notes(sent_to(path)) == expected
    figures = [report for report in played.player.reports() if isinstance(report, Lateness)][-1]
    assert figures.sent == 4 * 23  # the last note-offs have no step


def test_panic_while_it_sounds(played: Played, path: Path) -> None:
    held(played, path)
    played.player.send(Panic(3))
    [told] = played.has_told(Silenced)
    wait_until(lambda: len(sent_to(path)) == 5 + 5 + 8, "the last message")
    assert sounding(sent_to(path)) == []
    resets = [bytes((0xB0 | channel, control, 0)) for channel in range(4) for control in (123, 120)]
    assert sent_to(path)[-8:] == resets
    assert told.token == 3


def held(played: Played, path: Path) -> None:
    """Sounds a chord and an echo that nothing ends."""
    played.has_told(Ready)
    played.player.send(PlayFrames((chord(0, 60),)))
    played.player.send(SetTimebase(Timebase(0, time.perf_counter(), NEVER_S)))
    played.player.send(EchoKey(40, 80, 3))
    wait_until(lambda: len(sounding(sent_to(path))) == 5, "the chord")


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_ends_it(played: Played, path: Path, name: str) -> None:
    held(played, path)
    assert played.player.pid is not None
    os.kill(played.player.pid, getattr(signal, name))
    wait_until(lambda: not played.player.alive, "the end")
    assert sounding(sent_to(path)) == []
    played.player.close()


@posix
def test_a_signal_that_ends_it_lets_go_of_pedal_and_bend(played: Played, path: Path) -> None:
    played.has_told(Ready)
    played.player.send(EchoKey(40, 80, 3, Touch(127, 80 << 7)))
    down = [bytes((0xB3, 64, 127)), bytes((0xE3, 0, 80)), bytes((0x93, 40, 80))]
    wait_until(lambda: sent_to(path) == down, "the key")
    assert played.player.pid is not None
    os.kill(played.player.pid, signal.SIGTERM)
    wait_until(lambda: not played.player.alive, "the end")
    assert sent_to(path)[3:] == [bytes((0x83, 40, 64)), bytes((0xB3, 64, 0)), bytes((0xE3, 0, 64))]
    played.player.close()


@posix
def test_an_interrupt_is_for_the_parent(played: Played, path: Path) -> None:
    held(played, path)
    assert played.player.pid is not None
    os.kill(played.player.pid, signal.SIGINT)
    played.player.send(Silence(9))
    played.has_told(Silenced)
    assert played.player.alive
    assert sounding(sent_to(path)) == []


def test_closing_while_it_sounds(played: Played, path: Path) -> None:
    held(played, path)
    played.player.close()
    assert sounding(sent_to(path)) == []


def test_nobody_reads_its_reports(played: Played, path: Path) -> None:
    played.has_told(Ready)
    for token in range(5000):
        played.player.send(Silence(token))
    played.player.send(PlayNow(0, 60))
    wait_until(lambda: len(sent_to(path)) == 1, "the note")


ENGINE = """
import sys, time
from functools import partial
from pathlib import Path
from companion.player.messages import PlayNow
from companion.player.process import PlayerHandle
from support.recording import FileOutput

if __name__ == "__main__":
    player = PlayerHandle.in_process(partial(FileOutput, Path(sys.argv[1])))
    for voice in range(4):
        player.send(PlayNow(voice, 60 + voice, 80, voice))
    while len(Path(sys.argv[1]).read_bytes() if Path(sys.argv[1]).exists() else b"") < 12:
        time.sleep(0.01)
    print(player.pid, flush=True)
    sys.stdin.readline()
    raise RuntimeError("without a word")
"""


@pytest.fixture
def engine(tmp_path: Path, path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process with a player that sounds, and the player's process id."""
    program = tmp_path / "engine.py"
    program.write_text(ENGINE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HOME), str(HOME / "tests")))}
    with subprocess.Popen(
        [sys.executable, str(program), str(path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert len(sounding(sent_to(path))) == 4
        yield process, pid
        process.kill()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@posix
def test_the_engine_is_killed(engine: tuple[subprocess.Popen[str], int], path: Path) -> None:
    process, pid = engine
    process.kill()
    wait_until(lambda: gone(pid), "the player's end")
    assert sounding(sent_to(path)) == []


@posix
def test_the_engine_fails(engine: tuple[subprocess.Popen[str], int], path: Path) -> None:
    process, pid = engine
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.wait(20) == 1
    assert gone(pid)
    assert sounding(sent_to(path)) == []


CLOCKING = """
import sys, time
from functools import partial
from pathlib import Path
from companion.music.timebase import Timebase
from companion.player.clock_port import share_output
from companion.player.messages import SetTimebase
from companion.player.process import PlayerHandle
from support.recording import FileOutput

if __name__ == "__main__":
    player = PlayerHandle.in_process(partial(FileOutput, Path(sys.argv[1])), share_output)
    player.send(SetTimebase(Timebase(0.0, time.perf_counter() + 5, 0.125)))
    print(player.pid, flush=True)
    sys.stdin.readline()
"""


@posix
@pytest.mark.parametrize("victim", ["engine", "player"])
def test_devices_that_follow_its_clock_are_stopped_when_the_engine_is_killed_or_the_player_told_to_end(
    tmp_path: Path, path: Path, victim: str
) -> None:
    program = tmp_path / "clocking.py"
    program.write_text(CLOCKING)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HOME), str(HOME / "tests")))}
    command = [sys.executable, str(program), str(path)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        wait_until(lambda: path.exists() and b"\xfa\xf8" in path.read_bytes(), "the clock")
        if victim == "engine":
            process.kill()
        else:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: path.read_bytes().endswith(b"\xfc"), "the stop")
            process.kill()
    wait_until(lambda: gone(pid), "the player's end")
    sent = path.read_bytes()
    assert sent.endswith(b"\xf8\xfc")
    assert sent.count(b"\xfa") == sent.count(b"\xfc") == 1


# Over a real port.


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    with jack_server() as server:
        yield server


@pytest.mark.peers
def test_over_jack(jack: JackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(jack) as receiver, visiting(jack, monkeypatch):
        receiver.virtual_input("Box")
        with PlayerHandle.in_process(partial(open_output, "Box")) as player:
            played = Played(player)
            assert [ready.port for ready in played.has_told(Ready)] == ["Box:Box"]
            roots = [60, 62, 64, 65, 67, 69, 71, 72]
            player.send(PlayFrames(tuple(chord(step, root) for step, root in enumerate(roots))))
            played.start()
            arrived = receiver.wait_for(4 * 15)
            player.send(Panic(1))
            arrived += receiver.wait_for(4 + 8)
    expected = []
    for before, root in zip([None, *roots], [*roots, None], strict=True):
        expected += [[0x80 | voice, before - 5 * voice, 64] for voice in range(4) if before]
        expected += [[0x90 | voice, root - 5 * voice, 90 + voice] for voice in range(4) if root]
    resets = [[0xB0 | channel, control, 0] for channel in range(4) for control in (123, 120)]
    assert arrived == expected + resets


@pytest.mark.peers
def test_a_port_that_vanishes_and_returns(jack: JackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Peer(jack)
    receiver.virtual_input("Box")
    with visiting(jack, monkeypatch), PlayerHandle.in_process(partial(open_output, "Box")) as player:
        played = Played(player)
        played.start()
        player.send(PlayFrames((chord(0, 60),)))
        assert [message[0] for message in receiver.wait_for(4)] == [0x90, 0x91, 0x92, 0x93]
        receiver.kill()
        lost_s = time.monotonic()
        assert played.has_told(PortLost) == [PortLost("Box:Box")]
        assert time.monotonic() - lost_s < 3
        player.send(PlayNow(0, 72, 80, 0))  # into nowhere
        with Peer(jack) as again:
            again.virtual_input("Box")
            assert played.has_told(PortBack) == [PortBack("Box:Box")]
            player.send(PlayNow(1, 50, 80, 1))
            offs = [[0x80 | voice, 60 - 5 * voice, 64] for voice in range(4)]
            assert again.wait_for(5) == [*offs, [0x91, 50, 80]]
            player.close()
            assert again.wait_for(1) == [[0x81, 50, 64]]
