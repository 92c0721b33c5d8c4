"""Where the stage is served."""

from __future__ import annotations

from dataclasses import dataclass

from companion.controls.kinds import LOOPBACK


@dataclass(frozen=True)
class StagePlace:
    """A host's name or number on this machine, and a port."""

    host: str = LOOPBACK  # any other lets other machines of the network look on
    port: int = 0  # 0: any that is free
    opens: bool = True  # the browser of this machine, by itself
