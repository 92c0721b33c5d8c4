"""What a jam is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from companion.controls.knobs import ControlMap
from companion.controls.rig import Rig
from companion.controls.settings import Settings
from companion.stage.place import StagePlace


@dataclass(frozen=True)
class JamOptions:
    """Everything the engine process needs to know; it crosses a pipe."""

    rig: Rig = field(default_factory=Rig)
    settings: Settings = field(default_factory=Settings)
    controls: ControlMap = field(default_factory=ControlMap)
    osc_wanted: bool = False  # asked for by name: then a port that is taken is a fault, and not a notice
    record: Path | None = None  # the folder of the takes; None: nothing is recorded
    stage: StagePlace | None = None  # where the jam is shown; None: nowhere
    learn: bool = False  # ask for control changes, and bind them
    trace: Path | None = None  # the file of the trace, a line a frame; None: there is none …
    force: bool = False  # … which is replaced if it is there
