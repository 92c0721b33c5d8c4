"""Pure Data as a peer: the twin of the Max devices, headless, and what goes between it and the companion.

    Companion   ``chorale jam`` over OSC alone, in processes of its own
    Twin        ``chorale-headless.pd`` in Pure Data, played and watched over OSC
    Relay       a wire between them that writes down what passes

    RawMidi     files that Pure Data takes for a MIDI device, and a bridge from there to JACK

Run as a program it is that bridge: ``python pd.py FROM_PD TO_PD``.
"""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

import pytest
from integration.jack import HOME, PATIENCE_S, JackServer, need, wait_until
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

PATCH = HOME / "max_patches" / "pd" / "chorale-headless.pd"
LOOPBACK = "127.0.0.1"
# Messages at once, and no more than they are: no audio, the shortest buffer, no real-time rights.
FLAGS = ("-nogui", "-noaudio", "-nrt", "-sleepgrain", "0.5", "-audiobuf", "1", "-stderr")

_OF_SOCKETS = ("verbose(", "netsend: ")

Value = int | float | str


class Said(NamedTuple):
    """An OSC message, and when it came."""

    time_s: float
    address: str
    arguments: tuple[Value, ...]


def need_pd() -> None:
    """Skips or fails where Pure Data is not installed."""
    need("pd")


def free_port() -> int:
    """A UDP port that nobody has, and that no socket gets by chance: those are taken from 32768 on."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, suppress(OSError):
            taken.bind((LOOPBACK, port))
            return port


class Listener:
    """Hears OSC on a port of its own, and keeps what comes, in order."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((LOOPBACK, 0))
        self.port = int(self._socket.getsockname()[1])
        self.log: list[Said] = []
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while data := self._socket.recv(65536):
            time_s = time.perf_counter()
            self._pass_on(data)
            message = OscMessage(data)
            self.log.append(Said(time_s, message.address, tuple(_plain(value) for value in message)))

    def _pass_on(self, data: bytes) -> None:
        """For those who stand between two others."""

    def close(self) -> None:
        """Hears no more."""
        if self._thread.is_alive():
            self._socket.sendto(b"", (LOOPBACK, self.port))
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _plain(value: object) -> Value:
    """Pure Data knows only floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    assert isinstance(value, (int, float, str))
    return value


class Relay(Listener):
    """Writes down what passes on its way to another port."""

    def __init__(self, target: int) -> None:
        self._target = target
        super().__init__()

    def _pass_on(self, data: bytes) -> None:
        self._socket.sendto(data, (LOOPBACK, self._target))

    def said(self, word: str, since: int = 0) -> list[Said]:
        """The messages of one address."""
        return [said for said in self.log[since:] if said.address == f"/chorale/{word}"]


class Script(Listener):
    """A companion that says what a test wants it to say; it hears where the twin sends."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target

    def say(self, word: str, *arguments: Value) -> None:
        """A message of the companion's."""
        self.say_raw(build_msg(f"/chorale/{word}", arguments).dgram)

    def say_raw(self, data: bytes) -> None:
        """Whatever it is."""
        self._socket.sendto(data, (LOOPBACK, self._target))

    def asked(self, word: str) -> list[tuple[Value, ...]]:
        """What the twin has said of one address."""
        return [said.arguments for said in self.log if said.address == f"/chorale/{word}"]


class Companion:
    """``chorale jam`` over OSC alone."""

    def __init__(self, hears: int, speaks: int, *options: str) -> None:
        command = [sys.executable, "-m", "companion", "jam", "--no-midi", "--plain", "--clock", "osc"]
        command += ["--osc-in", str(hears), "--osc-out", str(speaks), *options]
        self._process = subprocess.Popen(
            command,
            cwd=HOME,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def kill(self) -> None:
        """All its processes at once, with no time for a last word."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def end(self) -> tuple[int, str]:
        """Asks it to; its exit code, and what it complained of."""
        self._process.terminate()  # Ctrl-C is not heard by what a script has started in the background
        _, complaints = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, complaints

    def close(self) -> None:
        """It is over, whatever it did."""
        assert self._process.stdout is not None
        if not self._process.stdout.closed:
            self.kill()


class Twin(Listener):
    """The twin in Pure Data. It is told what a player would do, and reports what it does and hears."""

    def __init__(self, to_companion: int, from_companion: int, command: Sequence[str] = (), *flags: str) -> None:
        """
        Args:
            to_companion: the port to which it sends.
            from_companion: the port where it hears the companion.
            command: what Pure Data is run by.
            flags: more for Pure Data.
        """
        super().__init__()
        self._ear = free_port()
        messages = (
            f"chorale-A ports {to_companion} {from_companion}",
            f"chorale-A-remote listen {self._ear} {LOOPBACK}",
            f"chorale-A-remote connect {LOOPBACK} {self.port}",
        )
        sends = [word for message in messages for word in ("-send", message)]
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as Pure Data is
        self._process = subprocess.Popen(
            [*command, "pd", *FLAGS, *(flags or ("-nomidi",)), *sends, "-open", str(PATCH)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
        )
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def tell(self, word: str, *arguments: Value) -> None:
        """Does what the player would do at the Hub."""
        self._mouth.sendto(build_msg(f"/twin/{word}", arguments).dgram, (LOOPBACK, self._ear))

    def reports(self, word: str, since: int = 0) -> list[Said]:
        """The reports of one kind."""
        return [said for said in self.log[since:] if said.address == f"/twin/{word}"]

    def wait_for(self, word: str, *arguments: Value, since: int = 0) -> Said:
        """The first report of a kind that begins with these arguments."""

        def look() -> Said | None:
            found = (said for said in self.reports(word, since) if said.arguments[: len(arguments)] == arguments)
            return next(found, None)

        found = wait_until(look, f"{word} {' '.join(map(str, arguments))}")
        assert isinstance(found, Said)
        return found

    def complaints(self) -> list[str]:
        """What Pure Data has written on its console: not what it says of its sockets when the other side is gone."""
        self._complaints.seek(0)
        return [line for line in self._complaints.read().splitlines() if not line.startswith(_OF_SOCKETS)]

    def close(self) -> None:
        """Ends Pure Data."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
        self._mouth.close()
        super().close()
        self._complaints.close()


class RawMidi:
    """Two pipes that Pure Data takes for /dev/midi and /dev/midi0, and a bridge to JACK ports of its own.

    The companion's own drivers carry what comes out of Pure Data to "Pd Keys", and bring what is sent to "Pd Synth".
    """

    KEYS, SYNTH = "Pd Keys", "Pd Synth"
    FLAGS = ("-ossmidi", "-midiindev", "1", "-midioutdev", "2")

    def __init__(self, server: JackServer, folder: Path) -> None:
        self._devices = folder / "dev"
        self._devices.mkdir()
        (self._devices / "null").touch()
        to_pd, from_pd = self._devices / "midi", self._devices / "midi0"
        for pipe in (to_pd, from_pd):
            os.mkfifo(pipe)
        self._bridge = subprocess.Popen(
            [sys.executable, __file__, str(from_pd), str(to_pd)],
            env={**server.environment, "PYTHONPATH": os.pathsep.join((str(HOME), str(HOME / "tests")))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._bridge.stdout is not None
        # It says so itself: one who asks jackd for its ports again and again while clients come can stall it.
        assert self._bridge.stdout.readline() == b"ready\n"

    @property
    def command(self) -> tuple[str, ...]:
        """What a program is run by so that it sees the pipes, and nothing else, among its devices."""
        mounts = f"mount --bind /dev/null {self._devices}/null && mount --rbind {self._devices} /dev"
        return (*_PRIVATELY, "sh", "-c", f'{mounts} && exec "$@"', "sh")

    def close(self) -> None:
        """Ends the bridge."""
        self._bridge.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_PRIVATELY = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-r", "-m")


def need_raw_midi() -> None:
    """Skips or fails where Pure Data is not installed, or no process may have devices of its own."""
    need("pd", "unshare", "mount")
    done = subprocess.run([*_PRIVATELY, "true"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    reason = f"no mounts of our own here: {done.stderr.strip()}"
    if os.environ.get("CI_PEERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def _bridge(from_pd: str, to_pd: str) -> None:
    """Carries MIDI both ways until the standard input ends."""
    import mido  # noqa: PLC0415 - in the bridge's process only

    from companion.io.midi_driver import find_driver  # noqa: PLC0415

    driver = find_driver()
    # Open for both ways, so that neither end waits for the other or sees it go.
    heard, said = os.open(from_pd, os.O_RDWR), os.open(to_pd, os.O_RDWR)
    keys = driver.open_output(RawMidi.KEYS, virtual=True)

    def arrived(message: Sequence[int], _: float) -> None:
        os.write(said, bytes(message))

    synth = driver.open_input(RawMidi.SYNTH, arrived, virtual=True)
    parser = mido.Parser()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while select.select([heard, sys.stdin], [], [])[0] == [heard]:
        parser.feed(os.read(heard, 4096))
        for message in parser:
            keys.send(bytes(message.bytes()))
    for port in (synth, keys, driver):
        port.close()


if __name__ == "__main__":
    _bridge(*sys.argv[1:])
