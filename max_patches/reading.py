"""A built device, read back: its boxes and cords with the rooms opened, as the checks look at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from max_patches.amxd import Container, unpack
from max_patches.objects import KINDS, Arguments, Kind, words

Data = dict[str, Any]

LOCAL: Final = "---"  # begins a name that no other device hears
OTHER: Final = "another device"  # the thread that a message from there comes in
FREED: Final = "the end"  # the moment when the device is taken away
ROOM: Final = "p"


@dataclass(frozen=True)
class Node:
    """A box, wherever it lies."""

    path: str  # rooms and id: Link/obj-3
    data: Data

    @cached_property
    def words(self) -> tuple[str, Arguments]:
        """Its object and the arguments; of a drawn object its class."""
        if self.data["maxclass"] == "newobj":
            return words(self.data.get("text", "?"))
        return self.data["maxclass"], ()

    @property
    def name(self) -> str:
        """Its object."""
        return self.words[0]

    @property
    def arguments(self) -> Arguments:
        """What is typed behind."""
        return self.words[1]

    @property
    def kind(self) -> Kind | None:
        """Its place in the table; None for a room or an unknown object."""
        return KINDS.get(self.name)

    @property
    def parameter(self) -> Data | None:
        """What Live stores of it."""
        found: Data | None = self.data.get("saved_attribute_attributes", {}).get("valueof")
        return found

    @property
    def called(self) -> str:
        """For a fault."""
        return f"{self.path} ({self.data.get('varname') or self.data.get('text') or self.name})"


@dataclass(frozen=True)
class Cord:
    """From an outlet to an inlet."""

    source: str  # path
    outlet: int
    target: str
    inlet: int


class Patch:
    """All boxes and cords of a device."""

    def __init__(self, patcher: Data) -> None:
        self.nodes: dict[str, Node] = {}
        self.cords: list[Cord] = []
        self.ids: list[str] = []  # with those that are there twice
        self._open(patcher, "")

    def _open(self, patcher: Data, path: str) -> None:
        for box in patcher["boxes"]:
            data = box["box"]
            place = f"{path}{data['id']}"
            self.ids.append(place)
            self.nodes[place] = Node(place, data)
            if "patcher" in data:
                self._open(data["patcher"], f"{path}{data.get('text', '?')[2:]}/")
        for line in patcher["lines"]:
            (source, outlet), (target, inlet) = (line["patchline"][end] for end in ("source", "destination"))
            self.cords.append(Cord(f"{path}{source}", outlet, f"{path}{target}", inlet))

    def named(self, *names: str) -> Iterator[Node]:
        """All boxes of these objects."""
        return (node for node in self.nodes.values() if node.name in names)

    def targets(self, path: str, outlet: int) -> Iterator[Node]:
        """What an outlet leads to."""
        found = (self.nodes.get(cord.target) for cord in self.cords if (cord.source, cord.outlet) == (path, outlet))
        return (node for node in found if node is not None)

    def speak_to(self, node: Node) -> Iterator[Node]:
        """Who speaks to a box: by cords and, where it is a receive, by its name."""
        found = (self.nodes.get(cord.source) for cord in self.cords if cord.target == node.path)
        yield from (source for source in found if source is not None)
        if node.name == "receive":
            yield from (send for send in self.named("send") if _name(send) == _name(node))

    @cached_property
    def pages(self) -> list[list[str]]:
        """The names of the boxes that are shown and hidden together: what messages tell thispatcher one by one."""
        lists = (
            node
            for node in self.named("message")
            if any(target.name == "zl.iter" and "/" not in target.path for target in self.targets(node.path, 0))
        )
        return [str(node.data.get("text", "")).split() for node in lists]

    @cached_property
    def seen(self) -> list[Node]:
        """What is in the presentation."""
        return [node for node in self.nodes.values() if node.data.get("presentation")]

    @cached_property
    def parameters(self) -> list[Node]:
        """What Live stores."""
        return [node for node in self.nodes.values() if node.parameter]

    @cached_property
    def leads_to(self) -> dict[str, list[str]]:
        """Which boxes may speak, at once, because one has spoken: over cords into hot inlets, and by name."""
        ways: dict[str, list[str]] = defaultdict(list)
        for cord in self.cords:
            target = self.nodes.get(cord.target)
            if target is not None and target.kind is not None and cord.inlet in target.kind.hot(target.arguments):
                ways[cord.source].append(cord.target)
        receivers: dict[str, list[str]] = defaultdict(list)
        for node in self.named("receive"):
            receivers[_name(node)].append(node.path)
        for node in self.named("send"):
            ways[node.path] += receivers[_name(node)]
        return ways

    @cached_property
    def threads(self) -> dict[str, set[str]]:
        """In which threads a message may come to each box."""
        arrives: dict[str, set[str]] = {path: set() for path in self.nodes}
        waiting = [(node.path, thread) for node in self.nodes.values() for thread in _begins_in(node)]
        done = set(waiting)
        while waiting:
            path, thread = waiting.pop()
            for target in self.leads_to[path]:
                arrives[target].add(thread)
                onward = (target, thread)
                if onward not in done and not _takes_over(self.nodes[target]):
                    done.add(onward)
                    waiting.append(onward)
        return arrives


def _name(node: Node) -> str:
    return node.arguments[0] if node.arguments else ""


def _begins_in(node: Node) -> set[str]:
    """The threads in which a box speaks of its own accord."""
    if node.name == "freebang":
        return {FREED}
    if node.name == "receive" and not _name(node).startswith(LOCAL):
        return {OTHER}
    return {node.kind.speaks_in} if node.kind is not None and node.kind.speaks_in else set()


def _takes_over(node: Node) -> bool:
    """Whether a box speaks in its own thread, whoever has spoken to it. A control answers in the asker's."""
    kind = node.kind
    return kind is None or (bool(kind.speaks_in) and not kind.drawn)


def reaches(patch: Patch, start: str, goal: str, through: frozenset[str]) -> bool:
    """Whether a message of one object (or of one box, by its path) comes to another over these objects only."""
    ways: dict[str, list[str]] = defaultdict(list)
    for cord in patch.cords:
        ways[cord.source].append(cord.target)
    waiting = [start] if start in patch.nodes else [node.path for node in patch.named(start)]
    while waiting:
        for target in ways[waiting.pop()]:
            if target not in patch.nodes:
                continue
            name = patch.nodes[target].name
            if name == goal:
                return True
            if name in through:
                waiting.append(target)
    return False


@dataclass(frozen=True)
class Subject:
    """A device, and what its code says of it."""

    data: bytes
    container: Container
    patch: Patch
    order_free: frozenset[str]  # local names that many receive, in whichever order

    @property
    def patcher(self) -> Data:
        """The outermost patch, as it is saved."""
        found: Data = self.container.patcher["patcher"]
        return found


def read(data: bytes, order_free: frozenset[str] = frozenset()) -> Subject:
    """A device file, to be asked; ``BadContainer`` where it is none."""
    container = unpack(data)
    return Subject(data, container, Patch(container.patcher["patcher"]), order_free)
