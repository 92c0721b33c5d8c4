"""The clocks there are, by the name a player asks for; none is loaded before it is asked for."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.clock.base import Clock

CLOCKS = {  # name → module:class, made with the tempo until another is told
    "internal": "companion.clock.internal:InternalClock",
    "midi": "companion.clock.midi:MidiClock",
    "link": "companion.clock.link:LinkClock",
    "osc": "companion.clock.transport:TransportClock",
}


def make_clock(name: str, bpm: float) -> Clock:
    """The clock of this name, which is still to be started; errors as for the clock."""
    clock: Clock = pkgutil.resolve_name(CLOCKS[name])(bpm)
    return clock
