"""How much memory this process has needed."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

_KIB = 1024
_MB = 1_000_000


def peak_megabytes() -> float | None:
    """The largest resident size so far, in MB; None where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    with suppress(OSError, IndexError, ValueError):  # the other figure may be a parent's
        status = Path("/proc/self/status").read_text()
        return round(int(status.partition("VmHWM:")[2].split()[0]) * _KIB / _MB, 1)
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(size * (1 if sys.platform == "darwin" else _KIB) / _MB, 1)
