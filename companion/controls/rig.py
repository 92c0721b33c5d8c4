"""The rig of a jam: its ports, its clock, and where OSC is heard and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from companion.clock.table import CLOCKS
from companion.clock.tempo import FASTEST_BPM, SLOWEST_BPM
from companion.controls.kinds import (
    LOOPBACK,
    Argument,
    Kind,
    NetworkAddress,
    NetworkPlace,
    Number,
    OneOf,
    Sent,
    Switch,
    read_arguments,
)
from companion.errors import BadSetting

OWN, SAME = "own", "same"  # where the clock goes: to a port of our own, or to that of the notes

OSC_PORT_IN = 7401  # the companion hears
OSC_PORT_OUT = 7402  # the Max device hears
_UNITS = ("1", "2", "4", "8", "16", "32")
_THIS_MACHINE = {LOOPBACK, "localhost", "0.0.0.0", "::1", "::"}
_OSC_IN, _OSC_OUT = NetworkAddress(LOOPBACK, OSC_PORT_IN), NetworkAddress(LOOPBACK, OSC_PORT_OUT)


@dataclass(frozen=True)
class Text:
    """Some words."""

    def words(self) -> str:
        return "a name"

    def read(self, given: object) -> str:
        if not isinstance(given, str) or not given.strip() or not given.isprintable():
            raise ValueError
        return given

    def sent(self, value: Any) -> Sent:
        return str(value)


@dataclass(frozen=True)
class Texts:
    """Several names."""

    def words(self) -> str:
        return "a list of names"

    def read(self, given: object) -> tuple[str, ...]:
        if not isinstance(given, (list, tuple)):
            raise ValueError
        return tuple(Text().read(name) for name in given)

    def sent(self, value: Any) -> Sent:
        return ", ".join(value)


@dataclass(frozen=True)
class MetreName:
    """A time signature, as ``3/4``."""

    def words(self) -> str:
        return "a time signature such as 3/4, 6/8 or 7/8"

    def read(self, given: object) -> str:
        beats, _, unit = given.partition("/") if isinstance(given, str) else ("", "", "")
        if not (beats.isdecimal() and 1 <= int(beats) <= 99 and unit in _UNITS):
            raise ValueError
        return f"{int(beats)}/{unit}"

    def sent(self, value: Any) -> Sent:
        return str(value)


@dataclass(frozen=True)
class RigKey:
    """One key of a preset's ports or clock, and option of ``chorale jam``."""

    table: str
    key: str
    kind: Kind
    doc: str
    field: str

    @property
    def default(self) -> Any:
        return getattr(Rig, self.field)


def _ports(key: str, kind: Kind, doc: str, field: str = "") -> RigKey:
    return RigKey("ports", key, kind, doc, field or key)


def _clock(key: str, kind: Kind, doc: str) -> RigKey:
    return RigKey("clock", key, kind, doc, key)


RIG_KEYS = (
    _ports("in", Texts(), "the MIDI inputs, by name or part of it", "inputs"),
    _ports("out", Text(), "the MIDI output, by name or part of it", "output"),
    _ports("clock_port", Text(), "the MIDI input that the clock comes from"),
    _ports(
        "clock_out",
        Text(),
        "where MIDI clock is sent: a MIDI output, by name or part of it, own (a port of ours) or same (with the notes)",
    ),
    _ports(
        "input",
        OneOf(("auto", "voices")),
        "auto: melody, chords or an MPE keyboard; voices: channels 1–4 are the four voices",
    ),
    _ports("echo", Switch(), "the player's own voice is sounded too"),
    _ports("midi", Switch(), "MIDI ports are used; without them, OSC alone"),
    _ports("osc_in", NetworkPlace(), "where OSC is heard"),
    _ports("osc_out", NetworkPlace(), "where OSC is sent"),
    _ports("choices_out", NetworkPlace(), "where every choice is sent over OSC, for pictures; without it nowhere"),
    _clock("clock", OneOf(tuple(CLOCKS)), "what the companion keeps time by"),
    _clock("bpm", Number(SLOWEST_BPM, FASTEST_BPM, SLOWEST_BPM, FASTEST_BPM), "the tempo of the internal clock"),
    _clock("metre", MetreName(), "the metre of its bars, until Live tells another"),
    _clock("offset_ms", Number(-1000, 1000, -1000, 1000), "sends so much later (below 0: earlier) than the clock says"),
)


def _both_here(one: NetworkAddress, other: NetworkAddress) -> bool:
    return one.port == other.port and {one.host, other.host} <= _THIS_MACHINE


@dataclass(frozen=True)
class Rig:
    """Ports and clock; named as the options of ``chorale jam``, and checked when made."""

    inputs: tuple[str, ...] = ()  # names of MIDI inputs; none: one of our own
    output: str | None = None  # name of the MIDI output; None: one of our own
    clock_port: str | None = None  # name of the MIDI input that the clock comes from; None: any of the inputs
    clock_out: str | None = None  # name of the MIDI output that the clock goes to, OWN or SAME; None: none is sent
    input: str = "auto"  # or "voices": channels 1–4 are the four voices
    echo: bool = False  # sound the player's own voice too
    midi: bool = True  # False: OSC alone
    osc_in: NetworkAddress = _OSC_IN  # where OSC is heard
    osc_out: NetworkAddress = _OSC_OUT  # where OSC is sent
    choices_out: NetworkAddress | None = None  # where every choice is sent; None: nowhere
    clock: str = "internal"  # a name of companion.clock.table
    bpm: float = 120.0  # of the internal clock
    metre: str = "4/4"  # of the bars, where the clock that is followed tells none
    offset_ms: float = 0.0  # what is sent comes so much later (below 0: earlier) than the clock says

    def __post_init__(self) -> None:
        for key in RIG_KEYS:
            given = getattr(self, key.field)
            if given is not None or key.default is not None:
                (value,) = read_arguments(key.key, (Argument(key.key, key.kind),), (given,))
                object.__setattr__(self, key.field, value)
        for name, place in (("osc_out", self.osc_out), ("choices_out", self.choices_out)):
            if place is not None and (self.osc_in == place or _both_here(self.osc_in, place)):
                raise BadSetting(f"osc_in and {name} must be two places, not both {self.osc_in}: it would hear itself")

    @property
    def by_channel(self) -> bool:
        """Channels 1–4 of what is played are the four voices."""
        return self.input == "voices"

    @property
    def beats(self) -> tuple[int, int]:
        """Beats of a bar, and their unit."""
        beats, _, unit = self.metre.partition("/")
        return int(beats), int(unit)
