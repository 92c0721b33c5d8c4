"""A button that is pressed: what counts as a press, wherever it comes from."""

from __future__ import annotations

from typing import Final

from max_patches.hubnames import READY
from max_patches.patcher import Box, Patcher

GUARD_MS: Final = 150  # a second press sooner than that is none
QUIET_MS: Final = 500  # after live.thisdevice, which bangs again when a preset is loaded or saved


def guarded(patch: Patcher, button: Box) -> Box:
    """A box that bangs for a press: not for the release, nor twice at once, nor for what a preset brings back.

    The computer's own clock measures it, which runs while Live's audio engine is off.
    """
    pressed = (button >> patch.add("route 0"))[1] >> patch.add("t b") >> patch.add("cpuclock") >> patch.add("t f f")
    last, due = patch.add("f"), patch.add(f"expr $f1 - $f2 >= {GUARD_MS}.")
    pressed[1] >> last.inlet(1)
    pressed[0] >> due
    passed = due >> patch.add("sel 1") >> patch.add("t b b")
    passed[1] >> last >> due.inlet(1)
    loaded = patch.receive(READY) >> patch.add("t b") >> patch.add("cpuclock")
    loaded >> patch.add(f"+ {QUIET_MS - GUARD_MS}.") >> due.inlet(1)
    return passed
