"""Private JACK servers, and other processes that own MIDI ports on them.

Run as a program it is such a process: it obeys lines of JSON and answers each with one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import pytest

PATIENCE_S = 20.0
HOME = Path(__file__).parents[2]
_SHARED_MEMORY = Path("/dev/shm")


def need(*programs: str, packages: Sequence[str] = ()) -> None:
    """Skips the test where a peer is not installed; fails it where CI_PEERS says that all must be."""
    missing = [name for name in programs if shutil.which(name) is None]
    missing += [name for name in packages if find_spec(name) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)}"
    if os.environ.get("CI_PEERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def wait_until(true: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Waits until something is true; fails after some patience."""
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s:
        found = true()
        if found:
            return found
        time.sleep(0.01)
    pytest.fail(f"{what}: not within {patience_s:g} s")


class JackServer:
    """A server of our own with a driver that needs no hardware."""

    _count = 0

    def __init__(self) -> None:
        _sweep()
        JackServer._count += 1
        self.name = f"chorale-{os.getpid()}-{JackServer._count}"
        # A server is found by its name; python-rtmidi and the companion are told not to try ALSA.
        self.environment = {**os.environ, "JACK_DEFAULT_SERVER": self.name, "RTMIDI_API": "UNIX_JACK"}
        # Periods of 5 ms: without real-time rights shorter ones are missed, and messages with them.
        command = ["jackd", "-n", self.name, "-r", "-d", "dummy", "-r", "48000", "-p", "256"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self._ports() is not None, "jackd answers")
        except BaseException:
            self.close()
            raise

    def _ports(self) -> list[str] | None:
        done = self.run("jack_lsp")
        return done.stdout.splitlines() if done.returncode == 0 else None

    def ports(self) -> list[str]:
        """All ports, as ``client:port``."""
        return self._ports() or []

    def port(self, part: str) -> str:
        """The only port with this in its name, as soon as it is there."""

        def look() -> str | None:
            found = [name for name in self.ports() if part in name]
            return found[0] if len(found) == 1 else None

        return str(wait_until(look, f"a port {part!r}"))

    def connect(self, source: str, target: str) -> None:
        """Connects two ports by their whole names."""
        done = self.run("jack_connect", source, target)
        assert done.returncode == 0, done.stderr

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a client to its end."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts a client; its output can be read."""
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def close(self) -> None:
        """Ends the server and removes what it leaves in shared memory."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for left in _SHARED_MEMORY.glob(f"jack*{self.name}*"):
            with suppress(OSError):
                left.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _sweep() -> None:
    """Removes what servers have left that were killed: each keeps one of eight places until then."""
    for name in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):  # it has ended meanwhile
            if name.read_text().strip() == "jackd":
                return
    for left in _SHARED_MEMORY.glob("jack*"):
        with suppress(OSError):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


@contextmanager
def jack_server() -> Iterator[JackServer]:
    """A server; skips or fails where JACK is not installed."""
    need("jackd", "jack_lsp", "jack_connect")
    with JackServer() as server:
        yield server


@contextmanager
def visiting(server: JackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Processes that this one starts find the server."""
    with monkeypatch.context() as patch:
        for name in ("JACK_DEFAULT_SERVER", "RTMIDI_API"):
            patch.setenv(name, server.environment[name])
        yield


class Peer:
    """Another process with ports of ``companion.io.midi_ports``; every public method of ``_Ports`` can be called."""

    def __init__(self, server: JackServer | None, binding: str = "rtmidi", python: str = sys.executable) -> None:
        environment = dict(server.environment if server else os.environ)
        environment["PYTHONPATH"] = f"{HOME}{os.pathsep}{HOME / 'tests'}"
        self._process = subprocess.Popen(
            [python, str(Path(__file__)), binding],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self._call(name, arguments)

    def _call(self, name: str, arguments: Sequence[Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the peer died in {name}"
        return json.loads(answer)

    def wait_for(self, count: int) -> list[list[int]]:
        """So many messages of its input."""
        arrived: list[list[int]] = []

        def enough() -> bool:
            arrived.extend(message for message, _ in self.take())
            return len(arrived) >= count

        wait_until(enough, f"{count} messages")
        return arrived

    def kill(self) -> None:
        """As if its cable were pulled."""
        self._process.kill()
        self._end()

    def close(self) -> None:
        """Lets it end by itself."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def known_to_the_driver(binding: str) -> None:
    """Lets this process load a binding that the program does not use, where it is named."""
    if binding == "pylibremidi":
        from support.libremidi import Libremidi  # noqa: PLC0415

        from companion.io import midi_driver  # noqa: PLC0415

        midi_driver.load_binding = lambda name: Libremidi()


class _Ports:
    """What a peer does when it is told to."""

    def __init__(self, binding: str) -> None:
        from companion.io.midi_driver import find_driver  # noqa: PLC0415 - in the peer's process only

        known_to_the_driver(binding)
        self._driver = find_driver(bindings=[binding])
        self._input: Any = None
        self._output: Any = None

    def driver(self) -> str:
        return self._driver.name

    def lists(self) -> list[list[str]]:
        return [self._driver.inputs(), self._driver.outputs()]

    def open_input(self, wanted: str | None) -> str:
        from companion.io.midi_ports import InputPort  # noqa: PLC0415

        self._input = InputPort(wanted, self._driver)
        return str(self._input.name)

    def open_output(self, wanted: str | None) -> str:
        from companion.io.midi_ports import OutputPort  # noqa: PLC0415

        self._output = OutputPort(wanted, self._driver)
        return str(self._output.name)

    def virtual_output(self, name: str) -> None:
        self._output = self._driver.open_output(name, virtual=True)

    def virtual_input(self, name: str) -> None:
        from companion.io.midi_ports import InputPort  # noqa: PLC0415

        class Named(InputPort):
            _own_name = name

        self._input = Named(None, self._driver)

    def send(self, *messages: list[int]) -> None:
        for message in messages:
            self._output.send(bytes(message))

    def take(self) -> list[tuple[list[int], float]]:
        return [(list(message), time_s) for message, time_s in self._input.messages()]

    def poll(self, kind: str) -> list[str]:
        port = self._input if kind == "input" else self._output
        return [type(event).__name__ for event in port.poll(time.perf_counter())]

    def close_ports(self) -> None:
        for port in (self._input, self._output):
            if port is not None:
                port.close()
                port.close()


def _serve(binding: str) -> None:
    from companion.errors import NoPort  # noqa: PLC0415

    ports = None
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            ports = ports or _Ports(binding)
            answer = getattr(ports, name)(*arguments)
        except NoPort as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if ports is not None:
        ports.close_ports()


if __name__ == "__main__":
    _serve(sys.argv[1])
