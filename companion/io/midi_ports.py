"""MIDI ports by name: noticed when they vanish, opened again when they return.

Without a name we make a port of our own, where the system lets us; on Windows we take our end of its loopback.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

from companion.errors import AmbiguousPort, NoPort
from companion.io.events import PortBack, PortEvent, PortLost, PortMissing
from companion.io.midi_driver import Driver, find_driver
from companion.io.port_names import (
    CLIENT,
    LOOPBACK_TAKEN,
    LOOPMIDI,
    find_port,
    has_loopback,
    identity,
    not_ours,
    our_end,
    same_count,
)

INPUT_NAME = f"{CLIENT} In"  # the ports that we make ourselves
OUTPUT_NAME = f"{CLIENT} Out"
CLOCK_NAME = f"{CLIENT} Clock"

LEAVING_SECONDS = 0.05
POLL_SECONDS = 0.5  # between two looks at the port list; a third of a millisecond each
WAITING_MESSAGES = 65_536  # of an input that nobody reads; MIDI clock at 240 BPM fills this in 11 minutes


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
        self.name = self._sought = wanted or self._own_name
        self._virtual = wanted is None
        self._driver = driver
        self._handle: _Handle | None = None
        self._identity = ""  # of the open port, among the names that the system lists …
        self._alike = 0  # … and how many are there of it: which of those has gone nobody can say
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
        if self._virtual and self._driver.virtual:
            self._handle = self._opened(self.name, virtual=True)
        else:
            self._reopen(self._names())

    def poll(self, now_s: float) -> list[PortEvent]:
        """What has happened to the port. Call it about twice a second; more often does nothing."""
        events, self._events = self._events, []
        made = self._virtual and self._driver.virtual  # nobody can take it away
        if self._closed or made or now_s - self._polled_s < POLL_SECONDS:
            return events
        self._polled_s = now_s
        try:
            names = self._names()
        except NoPort:  # the list cannot be had just now: that says nothing about the port
            return events
        return events + (self._watch(names) if self._handle else self._look_for(names))

    def _watch(self, names: list[str]) -> list[PortEvent]:
        there = Counter(map(identity, names))
        alike = there.pop(self._identity, 0)
        if alike and alike >= self._alike:
            self._alike, self._others = alike, set(there)
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
        if self._virtual:
            self._sought, self._virtual = _end_of_loopback(names), False
        name = find_port(self._sought, names, self._kind)
        self._handle = self._opened(name, virtual=False)
        self.name, self._identity = name, identity(name)
        if not same_count(self._sought, name):
            self._sought = name
        self._alike = [identity(other) for other in names].count(self._identity)

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


def _end_of_loopback(names: list[str]) -> str:
    """The port of our own on a system that lets nobody make one; NoPort says what to install."""
    name = our_end(names)
    if name is None:
        raise NoPort(LOOPMIDI)
    return name


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


class ClockOutputPort(OutputPort):
    """A MIDI output for nothing but clock."""

    _own_name = CLOCK_NAME


def refuse_several(wanted: str | None, kind: str, driver: Driver) -> None:
    """Raises AmbiguousPort where several ports have the name that is said; one that is not there may come yet."""
    try:
        if wanted is not None:
            find_port(wanted, driver.inputs() if kind == "input" else driver.outputs(), kind)
    except AmbiguousPort:
        raise
    except NoPort:
        return


def takes_loopback(driver: Driver) -> bool:
    """Ports without a name are our end of Windows' own loopback."""
    return not driver.virtual and has_loopback(driver.inputs(), driver.outputs())


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
        return [*lines, self._without_names()]

    @property
    def loopback(self) -> bool:
        """Windows' own is there, in both directions."""
        return not self.virtual and has_loopback(self.inputs, self.outputs)

    def _without_names(self) -> str:
        if self.virtual:
            return f"without --in and --out: the virtual ports {INPUT_NAME!r} and {OUTPUT_NAME!r}"
        return f"without --in and --out: {LOOPBACK_TAKEN}" if self.loopback else LOOPMIDI


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
