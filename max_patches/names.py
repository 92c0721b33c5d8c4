"""What the devices of one Set call each other by."""

from __future__ import annotations

from typing import Final

GROUPS: Final = ("A", "B", "C", "D")  # one Hub, its Voices and one companion each
VOICES: Final = ("Soprano", "Alto", "Tenor", "Bass")
PORT_IN: Final = 7401  # the companion hears; group B is set to 7403 and 7404 by hand, and so on
PORT_OUT: Final = 7402  # the device hears

SLOTS: Final = 512  # of the store: frames of 32 bars of 4/4, far more than is ever sent ahead
MISSING_STEPS: Final = 4  # steps without a frame after which a voice lets go
TICKS_A_STEP: Final = 120  # Max counts 480 ticks a quarter note

PORT_AT_BIRTH: Final = 7400  # where a Hub's ear is until its stored port is known; nobody speaks there

FRAMES, NOW, HUSH, ONLINE, PART = "frames", "now", "hush", "online", "part"
SHARED: Final = (FRAMES, NOW, HUSH, ONLINE, PART)  # the only names that are not local to a device


def shared_name(group: str, what: str) -> str:
    """A name that all devices of a group know, and no other: ``chorale-A-frames``."""
    return f"chorale-{group}-{what}"
