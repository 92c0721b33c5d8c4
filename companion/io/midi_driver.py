"""The system's MIDI ports. A ``Driver`` lists them and opens them by their exact name.

It is one binding (``companion.io.midi_bindings``) over one of the system's MIDI interfaces: ALSA, JACK,
CoreMIDI or Windows MM.

The environment variable ``RTMIDI_API`` (LINUX_ALSA, UNIX_JACK, MACOSX_CORE, WINDOWS_MM), which
python-rtmidi's own tools also obey, chooses the interface; otherwise the first that answers is taken.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from companion.errors import NoPort, one_line
from companion.io.midi_bindings import API_NAMES, BINDINGS, MidiBinding, Receive, load_binding, open_exactly
from companion.io.port_names import CLIENT, told_apart

_ASKING_SECONDS = 0.001
_CALLBACK_GRACE_SECONDS = 0.005  # a callback under way ends within this once the interpreter is free


class InputHandle(Protocol):
    """A port that calls back until it is closed."""

    def close(self) -> None: ...


class OutputHandle(Protocol):
    """A port that takes whole messages."""

    def send(self, message: bytes) -> None: ...

    def close(self) -> None: ...


class Driver(Protocol):
    """Lists ports and opens them. Used by one thread at a time."""

    name: str  # "JACK by python-rtmidi"
    virtual: bool  # ports of our own can be made

    def inputs(self) -> list[str]:
        """Names of the ports that can be listened to, no two alike."""

    def outputs(self) -> list[str]:
        """Names of the ports that can be sent to, no two alike."""

    def open_input(self, name: str, receive: Receive, virtual: bool = False) -> InputHandle:
        """Listens to a port with exactly this name, or makes one; NoPort where that fails."""

    def open_output(self, name: str, virtual: bool = False) -> OutputHandle:
        """Opens a port with exactly this name for sending, or makes one; NoPort where that fails."""

    def close(self) -> None:
        """Ends the listing; ports stay open."""


def find_driver(api: str | None = None, bindings: Sequence[str] = BINDINGS) -> Driver:
    """The first MIDI interface that answers, through the first binding that is installed.

    api: a name as in ``RTMIDI_API``; None for what the environment says, or else any.

    Raises:
        NoPort: nothing is installed, or nothing answers.
    """
    name = next((binding for binding in bindings if importlib.util.find_spec(binding)), None)
    if name is None:
        raise NoPort(no_binding_text())
    try:
        binding = load_binding(name)
        apis = binding.apis()
    except Exception as error:  # a binding without the system's library raises what it likes
        raise NoPort(f"the MIDI binding {name} cannot be loaded ({one_line(error)})") from error
    return _answering(binding, apis, api or os.environ.get("RTMIDI_API"))


def no_binding_text() -> str:
    """What is missing where no binding is installed, and where none has a wheel."""
    newer = sys.version_info >= (3, 13)
    machine = platform.machine()
    if machine.lower() in ("arm64", "aarch64"):
        if sys.platform == "win32":
            return "no MIDI binding has a wheel for Windows on ARM; use a Python for x64 there"
        if sys.platform == "linux" and newer:
            return f"no MIDI binding has a wheel for Python 3.13 and newer on {machine}; use Python 3.12 there"
    return f"no MIDI binding is installed; run: pip install {'rtmidi2' if newer else 'python-rtmidi'}"


def _answering(binding: MidiBinding, apis: Sequence[str], wanted: str | None) -> Driver:
    if wanted and wanted not in apis:
        raise NoPort(f"{binding.package} has no MIDI interface {wanted!r}; it has {', '.join(apis)}")
    reasons = []
    for api in [wanted] if wanted else apis:
        try:
            return _RtDriver(binding, api)
        except NoPort as error:
            reasons.append(f"{API_NAMES[api]}: {error}")
    raise NoPort(f"no MIDI driver answers ({'; '.join(reasons) or 'the binding was built without any'})")


class _RtDriver:
    """Either binding over one interface."""

    def __init__(self, binding: MidiBinding, api: str) -> None:
        self._binding = binding
        self._api = api
        self.name = f"{API_NAMES[api]} by {binding.package}"
        self.virtual = api != "WINDOWS_MM"
        with _told():
            self._listing_in = binding.midi_in(api, f"{CLIENT} (list)")
            self._listing_out = binding.midi_out(api, f"{CLIENT} (list)")
            binding.ports(self._listing_out)

    def inputs(self) -> list[str]:
        return self._names(self._listing_in)

    def outputs(self) -> list[str]:
        return self._names(self._listing_out)

    def _names(self, midi: Any) -> list[str]:
        try:
            return told_apart(self._binding.ports(midi))
        except Exception as error:
            raise NoPort(f"MIDI ports cannot be listed ({one_line(error)})") from error

    def open_input(self, name: str, receive: Receive, virtual: bool = False) -> InputHandle:
        kind = _AskedInput if self._api == "UNIX_JACK" else _Input
        return kind(self._binding, self._opened("input", name, virtual), receive)

    def open_output(self, name: str, virtual: bool = False) -> OutputHandle:
        return _Output(self._binding, self._opened("output", name, virtual))

    def _opened(self, direction: str, name: str, virtual: bool) -> Any:
        with _told(f"the MIDI {direction} {name!r} cannot be opened"):
            if virtual:
                make = self._binding.midi_in if direction == "input" else self._binding.midi_out
                midi = make(self._api, name)
                self._binding.open_virtual(midi, name)
                return midi
            self._binding.try_out(self._api, direction, name)
            return open_exactly(self._binding, self._api, direction, name)

    def close(self) -> None:
        listing = [self.__dict__.pop(name, None) for name in ("_listing_in", "_listing_out")]
        for midi in filter(None, listing):
            with suppress(Exception):
                self._binding.free(midi)


@contextmanager
def _told(text: str = "") -> Iterator[None]:
    """What a binding raises becomes NoPort; what its C++ side prints stays off the screen."""
    try:
        with native_errors_hidden():
            yield
    except Exception as error:  # both bindings have exceptions of their own
        reason = one_line(error) or type(error).__name__
        raise NoPort(f"{text} ({reason})" if text else reason) from error


class _Input:
    """A port that calls back in a thread of the system's."""

    def __init__(self, binding: MidiBinding, midi: Any, receive: Receive) -> None:
        self._binding = binding
        self._midi = midi
        self._receive: Receive | None = receive
        with _told("the MIDI input does not listen"):
            binding.hear_clock(midi)
            binding.call_back(midi, self._arrived)

    def _arrived(self, message: Sequence[int], time_s: float) -> None:
        receive = self._receive
        if receive is not None:
            receive(message, time_s)

    def close(self) -> None:
        """The callback goes first: closing waits for the thread that may be inside it, and it waits for us."""
        if self._receive is None:
            return
        self._receive = None
        time.sleep(_CALLBACK_GRACE_SECONDS)
        with suppress(Exception), native_errors_hidden():
            self._binding.stop_calling(self._midi)
            time.sleep(_CALLBACK_GRACE_SECONDS)
            self._binding.free(self._midi)
        self._midi = None


class _AskedInput:
    """A port that is asked again and again.

    JACK would call back in its audio thread, where waiting for the interpreter costs messages.
    """

    def __init__(self, binding: MidiBinding, midi: Any, receive: Receive) -> None:
        self._binding = binding
        self._midi = midi
        self._receive = receive
        self._closed = threading.Event()
        with _told("the MIDI input does not listen"):
            binding.hear_clock(midi)
        self._thread = threading.Thread(target=self._ask, name="MIDI input", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._closed.is_set():
            while (message := self._binding.waiting(self._midi)) is not None:
                self._receive(message, time.perf_counter())
            time.sleep(_ASKING_SECONDS)

    def close(self) -> None:
        """Stops asking, then closes."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._thread.join()
        with suppress(Exception), native_errors_hidden():
            self._binding.free(self._midi)
        self._midi = None


class _Output:
    def __init__(self, binding: MidiBinding, midi: Any) -> None:
        self._binding = binding
        self._midi = midi
        self.send: Callable[[bytes], None] = binding.sender(midi)

    def close(self) -> None:
        if self._midi is None:
            return
        midi, self._midi = self._midi, None
        self.send = _closed
        with suppress(Exception), native_errors_hidden():
            self._binding.free(midi)


def _closed(_: bytes) -> None:
    raise NoPort("the MIDI output is closed")


@contextmanager
def native_errors_hidden() -> Iterator[None]:
    """Keeps what C libraries write to the error stream off the screen; their faults reach us as exceptions."""
    with suppress(AttributeError, OSError, ValueError):  # there may be no such stream
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
