"""How slow and how fast the music may be, wherever a tempo is told."""

from __future__ import annotations

import math

from companion.errors import BadSetting

SLOWEST_BPM, FASTEST_BPM = 20, 400  # quarter notes a minute


def check_bpm(bpm: float) -> float:
    """The tempo itself; BadSetting outside 20..400 quarter notes a minute."""
    if not (math.isfinite(bpm) and SLOWEST_BPM <= bpm <= FASTEST_BPM):
        raise BadSetting(f"bpm must be from {SLOWEST_BPM} to {FASTEST_BPM}, not {bpm:g}")
    return float(bpm)
