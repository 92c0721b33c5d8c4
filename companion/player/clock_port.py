"""The output that MIDI clock goes out on: one of its own, or that of the notes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from companion.controls.rig import OWN, SAME, Rig
from companion.errors import NoPort
from companion.io.events import PortBack, PortEvent, PortLost
from companion.io.midi_driver import Driver, find_driver
from companion.io.midi_ports import ClockOutputPort, refuse_several
from companion.io.port_names import is_port, named_alike, other_end
from companion.player.port import Output, SoundingPort

OpenClockOutput = Callable[[Output], Output]  # from the output of the notes; must pickle


class ClockPort:
    """An output that MIDI clock goes out on, and no notes. Nothing that it raises gets out of here."""

    def __init__(self, output: Output | None) -> None:
        """output: None where no clock is sent."""
        self._output = output
        self._lost = False
        self._events: list[PortEvent] = []

    @property
    def wanted(self) -> bool:
        """Whether a clock is sent at all."""
        return self._output is not None

    def pass_on(self, message: bytes) -> bool:
        """Sends a message; whether the output took it."""
        if self._lost or self._output is None:
            return False
        try:
            self._output.send(message)
        except Exception:  # every driver has its own
            self._lost = True
            self._events.append(PortLost(self._output.name))
        return not self._lost

    def watch(self, now_s: float) -> None:
        """Looks whether the port is still there, or there again."""
        for event in () if self._output is None else self._output.poll(now_s):
            if not (self._lost and isinstance(event, PortLost)):  # which was told
                self._events.append(event)
            self._lost = not isinstance(event, PortBack)

    def take_events(self) -> list[PortEvent]:
        """What has become of the port since the last call."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Closes the output."""
        if self._output is not None:
            self._output.close()


class SharedPort(ClockPort):
    """The output of the notes, which takes the clock too; whoever sends the notes looks after it."""

    def __init__(self, port: SoundingPort) -> None:
        super().__init__(None)
        self._port = port

    @property
    def wanted(self) -> bool:
        return True

    def pass_on(self, message: bytes) -> bool:
        return self._port.pass_on(message)


def clock_opener(rig: Rig, driver: Driver | None, heard: Sequence[str]) -> OpenClockOutput | None:
    """What opens the output of MIDI clock in the player's process; None where none is wanted.

    heard: the inputs that a clock may come from.

    Raises:
        NoPort: the clock would come back to where it is followed from, there is no MIDI, or no port of our own.
    """
    wanted = rig.clock_out
    if wanted is None:
        return None
    if driver is None:
        raise NoPort(f"clock_out {wanted!r} needs MIDI, which is off")
    if wanted == OWN:
        if not driver.virtual:
            raise NoPort("clock_out 'own' needs a port that we make, which this system does not let us; name one")
        return functools.partial(open_clock_output, None)
    called = rig.output if wanted == SAME else wanted
    refuse_several(called, "output", driver)
    for name in heard if rig.clock == "midi" else ():
        if called is not None and named_alike(called, other_end(name), driver.outputs(), "output"):
            raise NoPort(f"clock_out {wanted!r} is {name!r}, which the clock comes from: it would hear itself")
    return share_output if wanted == SAME else functools.partial(open_clock_output, wanted)


def open_clock_output(wanted: str | None, notes: Output) -> Output:
    """The output that is called so, which may be that of the notes; None: a port of our own.

    One that is missing is waited for. Errors as for find_driver.
    """
    driver = find_driver()
    if wanted is not None and is_port(wanted, notes.name, driver.outputs(), "output"):
        driver.close()
        return notes
    return ClockOutputPort(wanted, driver, patient=wanted is not None)


def share_output(notes: Output) -> Output:
    """The output of the notes."""
    return notes
