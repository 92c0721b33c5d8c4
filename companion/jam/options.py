"""What a jam is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from companion.controls.kinds import LOOPBACK, NetworkAddress
from companion.controls.knobs import ControlMap
from companion.controls.rig import OSC_PORT_IN, OSC_PORT_OUT
from companion.controls.table import Choices, Settings, StyleDefaults

_OSC_IN, _OSC_OUT = NetworkAddress(LOOPBACK, OSC_PORT_IN), NetworkAddress(LOOPBACK, OSC_PORT_OUT)


@dataclass(frozen=True)
class JamOptions:
    """Everything the engine process needs to know; it crosses a pipe."""

    settings: Settings = field(default_factory=Settings)
    controls: ControlMap = field(default_factory=ControlMap)
    inputs: tuple[str, ...] = ()  # names of MIDI inputs; none: one of our own
    output: str | None = None  # name of the MIDI output; None: one of our own
    clock_port: str | None = None  # name of the MIDI input that the clock comes from; None: any of the inputs
    midi: bool = True  # False: OSC alone
    by_channel: bool = False  # channels 1–4 are the four voices
    echo: bool = False  # sound the player's own keys too
    clock: str = "internal"
    bpm: float = 120.0  # of the internal clock
    offset_ms: float = 0.0  # what is sent comes so much later than the clock says
    osc_in: NetworkAddress = _OSC_IN
    osc_out: NetworkAddress = _OSC_OUT
    osc_wanted: bool = False  # asked for by name: then a port that is taken is a fault, and not a notice
    record: Path | None = None  # the folder of the takes; None: nothing is recorded
    learn: bool = False  # ask for control changes, and bind them


def known_choices(models: tuple[str, ...]) -> Choices:
    """The models and styles there are."""
    from companion.sampling.styles import STYLES  # noqa: PLC0415 - brings numpy

    styles = tuple(StyleDefaults(name, style.temperature, style.top_p) for name, style in STYLES.items())
    return Choices(models, styles)
