"""How much memory this process has needed."""

from __future__ import annotations

import sys

_KIB = 1024
_MB = 1_000_000


def peak_megabytes() -> float | None:
    """The largest resident size so far, in MB; None where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(size * (1 if sys.platform == "darwin" else _KIB) / _MB, 1)
