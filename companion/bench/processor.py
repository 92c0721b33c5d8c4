"""What processor this is, as far as the system tells; how fast a model runs hangs on what it can do."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown"

# How Linux writes what makes small models fast → how makers write it; arithmetic on whole numbers of eight bits last.
_NAMES = {
    "avx2": "AVX2",
    "avx512f": "AVX512",
    "asimd": "NEON",
    "sve": "SVE",
    "avx_vnni": "AVX-VNNI",
    "avx512_vnni": "AVX512-VNNI",
    "amx_int8": "AMX-INT8",
    "asimddp": "NEON dot product",
    "i8mm": "I8MM",
}


@dataclass(frozen=True)
class Processor:
    """Its name, and which of the features that matter it has; None where the system does not tell."""

    name: str
    features: tuple[str, ...] | None

    def __str__(self) -> str:
        if self.features is None:
            return f"{self.name} (features {UNKNOWN})"
        return f"{self.name} ({', '.join(self.features) or 'none of the features that matter'})"


def this_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Processor:
    """The processor of this machine: on Linux from the file that tells of it, elsewhere what the platform calls it."""
    if sys.platform != "linux" or not cpuinfo.is_file():
        return Processor(platform.processor() or UNKNOWN, None)
    lines = (line.partition(":") for line in cpuinfo.read_text(errors="replace").splitlines())
    facts = {key.strip().lower(): value.strip() for key, _, value in lines}
    flags = facts.get("flags", facts.get("features"))  # as x86 and ARM call them
    known = None if flags is None else tuple(name for flag, name in _NAMES.items() if flag in flags.split())
    return Processor(facts.get("model name", platform.machine() or UNKNOWN), known)
