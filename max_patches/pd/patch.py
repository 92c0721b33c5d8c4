"""Writes Pure Data patches: boxes with names in place of numbers, cords drawn by ``>>``.

    >>> patch = Patch()
    >>> source, half = patch.obj(20, 20, "r in"), patch.obj(20, 50, "/ 2")
    >>> source >> half >> patch.obj(20, 80, "s out")

``box[1]`` is its second outlet, ``box(1)`` its second inlet; without, the first is meant. The order in which
several cords leave one outlet is never left to chance: where it matters, ``then`` draws a trigger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WHITE, PALE, GREY, DARK = "#fcfcfc", "#f0f0f0", "#d8d8d8", "#303030"
_FONT = "0 10"
ROW = 25  # pixels from one box to the one below it


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
        inlet = target if isinstance(target, Inlet) else Inlet(target, 0)
        self.box.patch.cords.append((self, inlet))
        return inlet.box


@dataclass(frozen=True, eq=False)
class Box:
    """Anything that has a place in a patch; a run of boxes is entered at its first and left at its last."""

    patch: Patch = field(repr=False)
    number: int
    last: Box | None = None

    def __getitem__(self, outlet: int) -> Outlet:
        return Outlet(self.last or self, outlet)

    def __call__(self, inlet: int) -> Inlet:
        return Inlet(self, inlet)

    def __rshift__(self, target: Box | Inlet) -> Box:
        return self[0] >> target


class Patch:
    """One window of boxes and cords."""

    def __init__(self, width: int = 700, height: int = 500) -> None:
        self.size = width, height
        self.panel: tuple[int, int] | None = None  # what shows of it in the patch around it: width, height
        self.boxes: list[str] = []
        self.cords: list[tuple[Outlet, Inlet]] = []

    # Boxes

    def obj(self, x: int, y: int, text: str) -> Box:
        """An object."""
        return self._put(f"#X obj {x} {y} {_escaped(text)};")

    def msg(self, x: int, y: int, text: str) -> Box:
        """A message."""
        return self._put(f"#X msg {x} {y} {_escaped(text)};")

    def text(self, x: int, y: int, text: str, width: int = 60) -> Box:
        """A comment."""
        return self._put(f"#X text {x} {y} {_escaped(text)}, f {width};")

    def receive(self, x: int, y: int, name: str) -> Box:
        """What is sent to a name."""
        return self.obj(x, y, f"r {name}")

    def send(self, x: int, y: int, name: str) -> Box:
        """To a name."""
        return self.obj(x, y, f"s {name}")

    def prepend(self, x: int, y: int, words: str) -> Box:
        """Puts words before what comes, as a message of its own; two rows high."""
        first, last = self.obj(x, y, f"list prepend {words}"), self.obj(x, y + ROW, "list trim")
        first >> last
        return Box(self, first.number, last)

    def then(self, x: int, y: int, kinds: str, *targets: Box | Inlet) -> Box:
        """A trigger: does one after the other, with a b(ang), f(loat), l(ist) or a(nything); Pd writes it backwards."""
        trigger = self.obj(x, y, f"t {' '.join(reversed(kinds))}")
        for outlet, target in zip(range(len(targets) - 1, -1, -1), targets, strict=True):
            trigger[outlet] >> target
        return trigger

    def sub(self, x: int, y: int, name: str, patch: Patch) -> Box:
        """A patch inside this one."""
        left, top = 60, 60
        lines = [f"#N canvas {left} {top} {patch.size[0]} {patch.size[1]} {name} 0;", *patch.body()]
        return self._put("\n".join([*lines, f"#X restore {x} {y} pd {name};"]))

    def _put(self, line: str) -> Box:
        self.boxes.append(line)
        return Box(self, len(self.boxes) - 1)

    # What can be seen and touched. Each has a name it sends to; and hears what is to be shown at NAME-set.

    def toggle(self, x: int, y: int, name: str, label: str) -> Box:
        """On and off."""
        return self.obj(x, y, f"tgl 16 0 {_ends(name)} {_label(label, 21, 8)} {WHITE} {DARK} {DARK} 0 1")

    def button(self, x: int, y: int, name: str, label: str, colour: str = WHITE) -> Box:
        """Does something when it is pressed."""
        return self.obj(x, y, f"bng 16 250 50 0 {_ends(name)} {_label(label, 21, 8)} {colour} {DARK} {DARK}")

    def number(self, x: int, y: int, name: str, label: str, digits: int, low: float, high: float) -> Box:
        """A number that can be dragged or typed; its label stands at the left."""
        place = -6 * len(label) - 4
        return self.obj(
            x,
            y,
            f"nbx {digits} 16 {low:g} {high:g} 0 0 {_ends(name)} {_label(label, place, 8)} {WHITE} {DARK} {DARK} 0 256",
        )

    def choice(self, x: int, y: int, name: str, labels: Sequence[str]) -> Box:
        """One of several, one below the other."""
        for number, label in enumerate(labels):
            self.caption(x + 20, y + 16 * number, label)
        return self.obj(x, y, f"vradio 16 1 0 {len(labels)} {_ends(name)} {_label('', 0, 0)} {WHITE} {DARK} {DARK} 0")

    def word(self, x: int, y: int, name: str, label: str, width: int) -> Box:
        """A word that can be typed."""
        return self._put(_escaped(f"#X symbolatom {x} {y} {width} 0 0 0 {label} {name}-set {name}") + ";")

    def slider(self, x: int, y: int, name: str, width: int, high: float) -> Box:
        """A line whose length is a number; only shown."""
        return self.obj(
            x, y, f"hsl {width} 14 0 {high:g} 0 0 empty {name}-set {_label('', 0, 0)} {WHITE} {DARK} {DARK} 0 1"
        )

    def caption(
        self, x: int, y: int, text: str, name: str = "empty", width: int = 1, height: int = 16, colour: str = PALE
    ) -> Box:
        """A text on a ground of its own; what is sent to its name can change both."""
        return self.obj(x, y, f"cnv 1 {width} {height} empty {name} {_label(text, 2, 8)} {colour} {DARK} 0")

    # The file

    def body(self) -> list[str]:
        """The lines between a canvas and its end."""
        cords = [
            f"#X connect {outlet.box.number} {outlet.number} {inlet.box.number} {inlet.number};"
            for outlet, inlet in self.cords
        ]
        panel = [] if self.panel is None else [f"#X coords 0 -1 1 1 {self.panel[0]} {self.panel[1]} 2 0 0;"]
        return [*self.boxes, *cords, *panel]

    def file(self) -> str:
        """The whole file."""
        head = f"#N canvas 60 60 {self.size[0]} {self.size[1]} 10;"
        return "\n".join([head, *self.body(), ""])


def _escaped(text: str) -> str:
    return text.replace(",", r" \,").replace(";", r" \;").replace("$", r"\$").replace("  ", " ")


def _ends(name: str) -> str:
    return f"{name} {name}-set"


def _label(text: str, x: int, y: int) -> str:
    words = text.replace(" ", r"\ ") or "empty"
    return f"{words} {x} {y} {_FONT}"
