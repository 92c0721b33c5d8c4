"""What the patches call each other by."""

from __future__ import annotations

from typing import Final


def shared(what: str, group: str = "$1") -> str:
    """A name that all patches of a group know, and no other: ``chorale-A-tick``; as a rule the first argument."""
    return f"chorale-{group}-{what}"


def local(what: str) -> str:
    """A name within one abstraction."""
    return f"$0-{what}"


COMMAND: Final = "chorale-$1"  # what a Hub is told in words: ``play 1``, ``tempo 96``, ``send mode duet``

# Sent to by the Hub, or by its transport.
TICK: Final = "tick"  # step: a 16th begins; the voices play
TICKED: Final = "ticked"  # step: they have played it
SILENCE: Final = "silence"  # let go of what sounds
FORGET: Final = "forget"  # withdraw all frames
PANIC: Final = "panic"  # let go, and say so to the whole channel
NOW: Final = "now"  # voice pitch velocity: at once
STATE: Final = "state"  # key value …: the companion's
CONFIDENCE: Final = "confidence"  # four entropies in bits
OUT: Final = "out"  # to the companion, once it is there
TRANSPORT: Final = "transport"  # to the transport
REPORT: Final = "report"  # what a watcher may want to know: ``tick 4``, ``note 1 60 90 1``, ``online 1``

# Values that all can read.
PLAYING: Final = "playing"
ONLINE: Final = "online"

# The store: tables with a slot for each step, modulo their size. One says whose step a slot holds.
STEPS: Final = "steps"
NO_STEP: Final = "-1e+09"


def pitches(voice: str) -> str:
    """The table of a voice's pitches, signed as in ``/chorale/frame``."""
    return shared(f"pitch-{voice}")


def velocities(voice: str) -> str:
    """The table of a voice's velocities."""
    return shared(f"velocity-{voice}")
