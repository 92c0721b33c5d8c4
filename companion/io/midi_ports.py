"""MIDI ports by name: found without an index, noticed when they vanish, opened again when they return.

A name is looked for in this order: exactly; without what the system adds to names (ALSA ``28:0``, the
trailing index of Windows) and without regard to case; as a part that only one name has. Anything else is
an error that lists the candidates. The ports of companions are no candidates: their names must be said in full.
Without a name we make a port of our own, where the system lets us.
"""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

from companion.errors import NoPort
from companion.io.events import PortBack, PortEvent, PortLost, PortMissing
from companion.io.midi_bindings import CLIENT
from companion.io.midi_driver import Driver, find_driver

INPUT_NAME = f"{CLIENT} In"  # the ports that we make ourselves
OUTPUT_NAME = f"{CLIENT} Out"

LEAVING_SECONDS = 0.05
POLL_SECONDS = 0.5  # between two looks at the port list; a third of a millisecond each
WAITING_MESSAGES = 65_536  # of an input that nobody reads; MIDI clock at 240 BPM fills this in 11 minutes

LOOPMIDI = (
    "Windows has no virtual MIDI ports of its own; loopMIDI (free, from tobias-erichsen.de) makes them: add two in it, "
    '"Chorale In" and "Chorale Out", then run: chorale jam --in "Chorale In" --out "Chorale Out"; '
    "Live sends to the first and listens to the second"
)

_ALSA_NUMBERS = re.compile(r"\s+\d+:\d+$")
_WINDOWS_INDEX = re.compile(r"\s+\d+$")


def plain_name(name: str, windows: bool = sys.platform == "win32") -> str:
    """A port's name without the numbers that the system adds, which change when it is plugged in again."""
    return (_WINDOWS_INDEX if windows else _ALSA_NUMBERS).sub("", name.strip())


def find_port(wanted: str, names: Sequence[str], kind: str, windows: bool = sys.platform == "win32") -> str:
    """The name in ``names`` that is meant by ``wanted``.

    kind: "input" or "output", for the message.

    Raises:
        NoPort: nothing is called so, or more than one port might be meant.
    """
    if wanted in names:
        return wanted
    for fits in _looser_and_looser(wanted, windows):
        found = [name for name in names if fits(plain_name(name, windows).casefold())]
        if len(found) == 1:
            return found[0]
        if found:
            raise NoPort(f"{wanted!r} could be any of these MIDI {kind}s: {_listed(found)}; say more of the name")
    offered = not_ours(names)
    there = f"there are: {_listed(offered)}" if offered else "there is none at all"
    raise NoPort(f"no MIDI {kind} is called {wanted!r}; {there}")


def _looser_and_looser(wanted: str, windows: bool) -> list[Callable[[str], bool]]:
    whole, plain = wanted.strip().casefold(), plain_name(wanted, windows).casefold()
    return [
        lambda name: name == whole,
        lambda name: name == plain,
        lambda name: bool(whole) and whole in name and bool(not_ours([name])),
    ]


def not_ours(names: Sequence[str]) -> tuple[str, ...]:
    """The ports but for those that companions have made: one that played into itself would hear nobody else."""
    return tuple(name for name in names if not name.casefold().startswith(CLIENT.casefold()))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


class _Handle(Protocol):
    def close(self) -> None: ...


class _Port:
    """What inputs and outputs share: opening, losing, opening again."""

    _kind = ""
    _own_name = ""

    def __init__(self, wanted: str | None, driver: Driver, patient: bool = False) -> None:
        """Opens the port.

        wanted: its name, or part of it; None for a port of our own.
        patient: a port that is not there is waited for; ``poll`` says so, and when it is.

        Raises:
            NoPort: it is not there, is taken, or could be several; or there are no ports of our own.
        """
        self.name = wanted or self._own_name
        self._virtual = wanted is None
        self._driver = driver
        self._handle: _Handle | None = None
        self._identity = ""  # of the open port, among the names that the system lists
        self._others: set[str] = set()  # ports that were there beside ours: none of them is ours come back
        self._events: list[PortEvent] = []
        self._polled_s = float("-inf")
        self._closed = False
        try:
            self._open_first()
        except NoPort as error:
            if not patient:
                raise
            self._events.append(PortMissing(str(error)))

    @property
    def is_open(self) -> bool:
        """There is a port to speak through."""
        return self._handle is not None

    def _open_first(self) -> None:
        if not self._virtual:
            self._reopen(self._names())
        elif self._driver.virtual:
            self._handle = self._opened(self.name, virtual=True)
        else:
            raise NoPort(LOOPMIDI)

    def poll(self, now_s: float) -> list[PortEvent]:
        """What has happened to the port. Call it about twice a second; more often does nothing."""
        events, self._events = self._events, []
        if self._closed or self._virtual or now_s - self._polled_s < POLL_SECONDS:
            return events
        self._polled_s = now_s
        try:
            names = self._names()
        except NoPort:  # the list cannot be had just now: that says nothing about the port
            return events
        return events + (self._watch(names) if self._handle else self._look_for(names))

    def _watch(self, names: list[str]) -> list[PortEvent]:
        others = [identity(name) for name in names]
        if self._identity in others:
            others.remove(self._identity)
            self._others = set(others)
            return []
        self.drop()
        return [PortLost(self.name)]

    def _look_for(self, names: list[str]) -> list[PortEvent]:
        self._others &= {identity(name) for name in names}
        try:
            self._reopen([name for name in names if identity(name) not in self._others])
        except NoPort:  # not yet
            return []
        return [PortBack(self.name)]

    def _reopen(self, names: list[str]) -> None:
        name = find_port(self.name, names, self._kind)
        self._handle = self._opened(name, virtual=False)
        self.name, self._identity = name, identity(name)

    def drop(self) -> None:
        """Takes the port for lost."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(Exception):  # it is gone: nothing can be done about what fails
                handle.close()

    def close(self) -> None:
        """Closes the port for good."""
        self._closed = True
        self.drop()

    def _names(self) -> list[str]:
        raise NotImplementedError

    def _opened(self, name: str, virtual: bool) -> _Handle:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def identity(name: str) -> str:
    """What stays the same about a listed name as long as the port is there: on Windows the index does not."""
    return plain_name(name) if sys.platform == "win32" else name


class InputPort(_Port):
    """A MIDI input. What comes is stamped on arrival and waits until it is asked for."""

    _kind = "input"
    _own_name = INPUT_NAME

    def __init__(
        self,
        wanted: str | None,
        driver: Driver,
        patient: bool = False,
        arrived: Callable[[], None] | None = None,
    ) -> None:
        """As for every port; ``arrived`` is called in a thread of the system after each message."""
        self._waiting: deque[tuple[Sequence[int], float]] = deque(maxlen=WAITING_MESSAGES)
        self._arrived = arrived
        super().__init__(wanted, driver, patient)

    def messages(self) -> list[tuple[Sequence[int], float]]:
        """The messages since the last call, each with its time of arrival (time.perf_counter)."""
        taken = []
        with suppress(IndexError):  # another thread appends meanwhile
            while True:
                taken.append(self._waiting.popleft())
        return taken

    def _receive(self, message: Sequence[int], time_s: float) -> None:
        self._waiting.append((message, time_s))
        if self._arrived is not None:
            self._arrived()

    def _names(self) -> list[str]:
        return self._driver.inputs()

    def _opened(self, name: str, virtual: bool) -> _Handle:
        return self._driver.open_input(name, self._receive, virtual)


class OutputPort(_Port):
    """A MIDI output."""

    _kind = "output"
    _own_name = OUTPUT_NAME

    def __init__(self, wanted: str | None, driver: Driver, patient: bool = False) -> None:
        self._send: Callable[[bytes], None] = self._nowhere
        super().__init__(wanted, driver, patient)

    def send(self, message: bytes) -> None:
        """Sends one message; where that fails the port is lost, and the fault is raised."""
        try:
            self._send(message)
        except Exception:
            self.drop()
            raise

    def _names(self) -> list[str]:
        return self._driver.outputs()

    def _opened(self, name: str, virtual: bool) -> _Handle:
        handle = self._driver.open_output(name, virtual)
        self._send = handle.send
        return handle

    def drop(self) -> None:
        super().drop()
        self._send = self._nowhere

    def close(self) -> None:
        """Closes the port for good, when what was sent last has left: JACK takes it on with its next periods."""
        if self.is_open:
            time.sleep(LEAVING_SECONDS)
        super().close()

    def _nowhere(self, _: bytes) -> None:
        raise NoPort(f"the MIDI output {self.name!r} is not open")


@dataclass(frozen=True)
class Listing:
    """The MIDI ports of this machine."""

    driver: str  # "" where there is none
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    virtual: bool  # ports of our own can be made
    fault: str = ""  # why there is no driver

    def lines(self) -> list[str]:
        """For people."""
        if self.fault:
            return [self.fault, "chorale jam --no-midi runs over OSC alone"]
        lines = [f"{self.driver}"]
        for title, names in (("inputs  (--in, --clock-port)", self.inputs), ("outputs (--out)", self.outputs)):
            lines += [title, *(f"  {name}" for name in names or ("none",))]
        own = f"without --in and --out: the virtual ports {INPUT_NAME!r} and {OUTPUT_NAME!r}"
        return [*lines, own if self.virtual else LOOPMIDI]


def list_ports(driver: Driver | None = None) -> Listing:
    """The ports of a driver, or of the one that is found here."""
    try:
        found = driver or find_driver()
        listing = Listing(found.name, not_ours(found.inputs()), not_ours(found.outputs()), found.virtual)
    except NoPort as error:
        return Listing("", (), (), False, str(error))
    if driver is None:
        found.close()
    return listing


def open_output(wanted: str | None = None) -> OutputPort:
    """An output of the driver that is found here; one that is missing is waited for. Errors as for find_driver."""
    return OutputPort(wanted, find_driver(), patient=True)
