"""A patch as data: boxes, the cords between them, and rooms (subpatchers) with boxes of their own.

    exact = room.add("metro 16n @quantize 16n @active 1")
    both = room.add("t b 60")
    exact >> both            # outlet 0 to inlet 0
    both[1] >> step.inlet(1)  # outlet 1 to inlet 1

``a >> b`` gives ``b``, so that a way through several objects is one line. An outlet has one cord at most: where a
message goes to many, a trigger says in which order, so that nothing depends on where boxes lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from max_patches.objects import KINDS, Kind, words

Data = dict[str, Any]

MAX_VERSION = {
    "major": 8,
    "minor": 1,
    "revision": 0,
    "architecture": "x64",
    "modernui": 1,
}  # Live 11 has it, or a newer
DEVICE_HEIGHT = 169  # pixels, the same for all devices


class PatchError(ValueError):
    """A patch that cannot be: an object that is not in the table, a cord to an inlet that is not there."""


@dataclass(frozen=True)
class Inlet:
    """Where a cord ends."""

    box: Box
    number: int


@dataclass(frozen=True)
class Outlet:
    """Where a cord begins."""

    box: Box
    number: int

    def __rshift__(self, target: Box | Inlet) -> Box:
        """Lay a cord; the box it leads to."""
        inlet = target if isinstance(target, Inlet) else target.inlet(0)
        self.box.patcher.connect(self, inlet)
        return inlet.box


@dataclass(eq=False)
class Box:
    """An object in a patch."""

    patcher: Patcher
    id: str
    kind: Kind
    text: str  # as it is typed; of a drawn object what it says
    inlets: int
    outlet_types: tuple[str, ...]
    data: Data = field(default_factory=dict)  # more of what Max saves
    inside: Patcher | None = None  # of a room

    def __getitem__(self, outlet: int) -> Outlet:
        if not 0 <= outlet < len(self.outlet_types):
            raise PatchError(f"{self.text or self.kind.name} has no outlet {outlet}, but {len(self.outlet_types)}")
        return Outlet(self, outlet)

    def inlet(self, number: int) -> Inlet:
        """One of its inlets."""
        if not 0 <= number < self.inlets:
            raise PatchError(f"{self.text or self.kind.name} has no inlet {number}, but {self.inlets}")
        return Inlet(self, number)

    def __rshift__(self, target: Box | Inlet) -> Box:
        """A cord from the left outlet."""
        return self[0] >> target


_ROOM = Kind("p", lambda _: 0, lambda _: (), "a patch in a patch", page="patcher")


class Patcher:
    """Boxes and cords."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.boxes: list[Box] = []
        self.cords: list[tuple[Outlet, Inlet]] = []

    def add(self, text: str, **data: Any) -> Box:
        """An object as it is typed into a box."""
        name, arguments = words(text)
        if name not in KINDS:
            raise PatchError(f"{name} is not in the table of objects")
        return self._box(KINDS[name], text, arguments, {**_saved(name, arguments), **data})

    def message(self, text: str) -> Box:
        """A message box."""
        return self._box(KINDS["message"], text, (), {})

    def draw(self, maxclass: str, text: str = "", **data: Any) -> Box:
        """An object that is seen."""
        return self._box(KINDS[maxclass], text, (), data)

    def room(self, name: str) -> Patcher:
        """A subpatcher; it speaks with the others by send and receive only."""
        inside = Patcher(name)
        box = self._box(_ROOM, f"p {name}", (), {})
        box.inside = inside
        return inside

    def send(self, name: str) -> Box:
        """To everybody in the device who receives this name."""
        return self.add(f"s {name}")

    def receive(self, name: str) -> Box:
        """From everybody in the device who sends this name."""
        return self.add(f"r {name}")

    def connect(self, outlet: Outlet, inlet: Inlet) -> None:
        """Lay a cord."""
        if inlet.box.patcher is not self:
            raise PatchError(f"a cord from {outlet.box.text} in {self.name} cannot leave it")
        if any(known == outlet for known, _ in self.cords):
            raise PatchError(
                f"{outlet.box.text} in {self.name} speaks to two from outlet {outlet.number}; use a trigger"
            )
        self.cords.append((outlet, inlet))

    def rooms(self) -> Iterator[Patcher]:
        """Itself and all patches in it."""
        yield self
        for box in self.boxes:
            if box.inside is not None:
                yield from box.inside.rooms()

    def _box(self, kind: Kind, text: str, arguments: tuple[str, ...], data: Data) -> Box:
        number = len(self.boxes) + 1
        box = Box(self, f"obj-{number}", kind, text, kind.inlets(arguments), kind.outlets(arguments), data)
        self.boxes.append(box)
        return box


def _saved(name: str, arguments: tuple[str, ...]) -> Data:
    """What Max saves with an object besides its text."""
    if name == "coll":
        return {"saved_object_attributes": {"embed": 0, "precision": 6}}
    if name == "live.observer":
        return {"saved_object_attributes": {"_persistence": 0}}
    if name == "js":
        return {"saved_object_attributes": {"filename": arguments[0], "parameter_enable": 0}}
    if name == "node.script":
        return {
            "saved_object_attributes": {"autostart": 0, "defer": 0, "watch": 0},
            "textfile": {"filename": arguments[0], "flags": 0, "embed": 0, "autowatch": 1},
        }
    return {}
