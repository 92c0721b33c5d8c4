# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Objects that count and that take lists apart. Each names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any as Anything

from support.maxsim.atoms import BANG, Atom, MaxError, Message, as_type, atoms, whole
from support.maxsim.box import Box
from support.maxsim.objects_ways import Any


class Stored(Box, name="int"):
    """/int: left: keeps and says; right: keeps; a float is cut off; ``set`` keeps."""

    words = frozenset({"set"})
    zero: Atom = 0
    spreads = True

    def begin(self) -> None:
        self.value: Atom = as_type(self.zero, self.arguments[0] if self.arguments else 0)

    def bang(self, inlet: int) -> None:
        self.refuse(inlet, BANG) if inlet else self.out(0, self.value)

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        self.value = as_type(self.zero, value)
        if not inlet:
            self.out(0, self.value)

    def word_set(self, inlet: int, rest: Message) -> None:
        self.value = as_type(self.zero, rest[0])


class StoredFloat(Stored, name="float"):
    """/float: as int, with what is behind the point."""

    zero = 0.0


def _divided(left: float, right: float) -> float:
    """C cuts towards zero; by 0 Max gives 0."""
    if not right:
        return 0
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(abs(left) // abs(right), left * right)) if left else 0
    return left / right


_SUMS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": lambda left, right: int(math.fmod(left, right)) if right else 0,
    "==": lambda left, right: int(left == right),
    "!=": lambda left, right: int(left != right),
    ">": lambda left, right: int(left > right),
    "&&": lambda left, right: int(bool(left) and bool(right)),
}


class Sum(Box, name="+ - * / % == != > &&"):
    """/plus /minus /times /div /modulo /equals /notequals /greaterthan /logand: ints, unless the argument has a point.

    Left: works it out; right: keeps the other number; a list in the left one is both; a bang works it out again.
    """

    spreads = True

    def begin(self) -> None:
        first = self.arguments[0] if self.arguments else 0
        self.kind: Atom = first if not isinstance(first, str) else 0
        self.left: Atom = as_type(self.kind, 0)
        self.right: Atom = self.kind
        self.sum = _SUMS[self.called_as]

    @property
    def called_as(self) -> str:
        return str(self.data["text"]).split()[0]

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        self.out(0, self.sum(self.left, self.right))  # type: ignore[arg-type]

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        if inlet:
            self.right = as_type(self.kind, value)
        else:
            self.left = as_type(self.kind, value)
            self.bang(0)


class Clip(Box, name="clip"):
    """/clip: between its arguments; the other inlets set them."""

    spreads = False

    def begin(self) -> None:
        self.low, self.high = [*self.arguments, 0, 0][:2]

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        if inlet == 1:
            self.low = value
        elif inlet == 2:
            self.high = value
        else:
            self.out(0, min(max(value, self.low), self.high))  # type: ignore[type-var]


class Abs(Box, name="abs"):
    """/abs: an int, unless the argument is a float."""

    def whole(self, inlet: int, value: int) -> None:
        self.out(0, abs(value))

    def real(self, inlet: int, value: float) -> None:
        kind = self.arguments[0] if self.arguments else 0
        self.out(0, as_type(kind, abs(value)))


_TOKEN = re.compile(r"\s*(\$[if]\d|\d+\.\d*|\d+|[a-z]+|\|\||&&|[<>=!]=|[-+*/%<>()!,])")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "floor": lambda x: float(math.floor(x)), "abs": abs, "min": min, "max": max, "int": int, "float": float,
}  # fmt: skip
_MORE: dict[str, Callable[[float, float], float]] = {
    **_SUMS,
    "<": lambda left, right: int(left < right),
    "<=": lambda left, right: int(left <= right),
    ">=": lambda left, right: int(left >= right),
    "||": lambda left, right: int(bool(left) or bool(right)),
}
Formula = Callable[[list[Atom]], Anything]


class _Parser:
    """A formula as in C."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise MaxError(f"expr: {text[place:]!r} is not understood")
            self.tokens.append(found[1])
            place = found.end()

    def formula(self) -> Formula:
        made = self._level(0)
        if self.tokens:
            raise MaxError(f"expr: {self.tokens} is left over")
        return made

    def _level(self, level: int) -> Formula:
        if level == len(_LEVELS):
            return self._one()
        left = self._level(level + 1)
        while self.tokens and self.tokens[0] in _LEVELS[level]:
            does = _MORE[self.tokens.pop(0)]
            left = self._both(does, left, self._level(level + 1))
        return left

    @staticmethod
    def _both(does: Callable[[float, float], float], left: Formula, right: Formula) -> Formula:
        return lambda given: does(left(given), right(given))

    def _one(self) -> Formula:
        token = self.tokens.pop(0)
        if token == "(":
            inside = self._level(0)
            self.tokens.pop(0)
            return inside
        if token == "-":
            negated = self._one()
            return lambda given: -negated(given)
        if token.startswith("$"):
            place, kind = int(token[2]) - 1, 0 if token[1] == "i" else 0.0
            return lambda given: as_type(kind, given[place])
        if token in _FUNCTIONS:
            does, argument = _FUNCTIONS[token], self._one()
            return lambda given: does(argument(given))
        value = atoms(token)[0]
        if isinstance(value, str):
            raise MaxError(f"expr: {token!r} is not understood")
        return lambda _: value


class Expr(Box, name="expr"):
    """/expr: left: works it out; the others keep; $i is cut off, $f is not; ints stay ints as in C."""

    spreads = True

    def begin(self) -> None:
        self.given: list[Atom] = [0] * self.data["numinlets"]
        self.formula = _Parser(str(self.data["text"]).split(maxsplit=1)[1]).formula()

    def bang(self, inlet: int) -> None:
        self.refuse(inlet, BANG) if inlet else self.out(0, self.formula(self.given))

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        self.given[inlet] = value
        if not inlet:
            self.out(0, self.formula(self.given))


class Random(Box, name="random"):
    """/random: a bang: below the argument; right: another range."""

    def begin(self) -> None:
        self.range = whole(self.arguments[0]) if self.arguments else 1

    def bang(self, inlet: int) -> None:
        self.refuse(inlet, BANG) if inlet else self.out(0, self.world.random.randrange(self.range))

    def whole(self, inlet: int, value: int) -> None:
        self.range = value if inlet else self.refuse(inlet, (value,)) or 1


class Uzi(Box, name="uzi"):
    """/uzi: so many bangs left, the count right (from the 2nd argument, else 1) before each; middle after the last."""

    def begin(self) -> None:
        self.times = whole(self.arguments[0]) if self.arguments else 1
        self.base = whole(self.arguments[1]) if len(self.arguments) > 1 else 1

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        for number in range(self.times):
            self.out(2, self.base + number)
            self.out(0, "bang")
        if self.times:
            self.out(1, "bang")

    def whole(self, inlet: int, value: int) -> None:
        self.times = value
        if not inlet:
            self.bang(0)


class Pack(Box, name="pack"):
    """/pack: keeps a number an inlet, in the type of its argument; the left one (or a bang) says the list."""

    words = frozenset({"set"})

    def begin(self) -> None:
        self.kept = list(self.arguments) or [0, 0]
        self.kinds = list(self.kept)

    def bang(self, inlet: int) -> None:
        self.refuse(inlet, BANG) if inlet else self.out(0, *self.kept)

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        self.kept[inlet] = as_type(self.kinds[inlet], value)
        if not inlet:
            self.out(0, *self.kept)

    def items(self, inlet: int, message: Message) -> None:
        if inlet or len(message) > len(self.kept):
            self.refuse(inlet, message)
        for place, value in enumerate(message):
            self.kept[place] = as_type(self.kinds[place], value, self)
        self.out(0, *self.kept)


class Unpack(Any, name="unpack"):
    """/unpack: each item, in its argument's type, from right to left; a bang: what is kept."""

    def begin(self) -> None:
        self.kept = list(self.arguments) or [0, 0]
        self.kinds = list(self.kept)

    def take(self, inlet: int, message: Message) -> None:
        given = list(self.kept) if message == BANG else list(message[: len(self.kept)])
        for place, value in enumerate(given):
            self.kept[place] = as_type(self.kinds[place], value, self)
        for place in range(len(given) - 1, -1, -1):
            self.out(place, self.kept[place])
