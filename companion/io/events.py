"""What becomes of MIDI ports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PortLost:
    """A port that was open is there no longer."""

    name: str


@dataclass(frozen=True)
class PortBack:
    """A port that was lost, or not there yet, is open."""

    name: str


@dataclass(frozen=True)
class PortMissing:
    """A port could not be opened so far; it will be when it appears."""

    text: str  # the reason, in a line


PortEvent = PortLost | PortBack | PortMissing
