"""Objects that make words, and that take lists apart. Each names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

import re

from support.maxsim.atoms import BANG, Atom, Message, as_type, atoms, typed, whole
from support.maxsim.box import Box
from support.maxsim.objects_ways import Any

_FIELD = re.compile(r"%(?:\.\d+)?(ld|f|s)")


class Sprintf(Box, name="sprintf"):
    """/sprintf: an inlet a %ld, %f or %s; left (a list spreads): says the words as atoms, with symout as one symbol."""

    spreads = True

    def begin(self) -> None:
        text = str(self.data["text"]).split(maxsplit=1)[1]
        self.as_symbol, self.format = text.startswith("symout "), text.removeprefix("symout ")
        self.fields = [found[1] for found in _FIELD.finditer(self.format)]
        self.given: list[Atom] = [0 for _ in self.fields]

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        kinds: dict[str, Atom] = {"ld": 0, "f": 0.0, "s": ""}
        values = [
            str(one) if kind == "s" else as_type(kinds[kind], one)
            for kind, one in zip(self.fields, self.given, strict=True)
        ]
        said = self.format.replace("%ld", "%d") % tuple(values)
        self.out(0, *((said,) if self.as_symbol else atoms(said)))

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        self._give(inlet, value)

    def anything(self, inlet: int, message: Message) -> None:
        if len(message) > 1 or self.fields[inlet] != "s":
            self.refuse(inlet, message)
        self._give(inlet, message[0])

    def _give(self, inlet: int, value: Atom) -> None:
        self.given[inlet] = value
        if not inlet:
            self.bang(0)


class FromSymbol(Any, name="fromsymbol"):
    """/fromsymbol: a symbol as its words, told apart as typed; a list as it is. No page says what an empty one is."""

    def take(self, inlet: int, message: Message) -> None:
        words = atoms(" ".join(str(one) for one in message))
        if not words or message == BANG:
            self.refuse(inlet, message)
        self.out(0, *words)


class ToSymbol(Any, name="tosymbol"):
    """/tosymbol: any message as one symbol, with spaces between."""

    def take(self, inlet: int, message: Message) -> None:
        if message == BANG:
            self.refuse(inlet, message)
        self.out(0, " ".join(str(one) for one in message))


class Nth(Any, name="zl.nth"):
    """/zl.nth: right outlet the others, then left the item (from 1); right inlet: which; a bang: again."""

    def begin(self) -> None:
        self.place, self.kept = whole(self.arguments[0]) if self.arguments else 0, ()

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            if len(message) > 1:
                self.refuse(inlet, message)
            self.place = whole(message[0], self)
            return
        self.kept = self.kept if message == BANG else message
        if 1 <= self.place <= len(self.kept):
            others = self.kept[: self.place - 1] + self.kept[self.place :]
            if others:
                self.out(1, *others)
            self.out(0, self.kept[self.place - 1])
        else:
            self.refuse(inlet, message)  # no page says what is said of an item that is not there


class Slice(Any, name="zl.slice"):
    """/zl.slice: right outlet what is behind so many items, then left those; nothing where nothing is."""

    def begin(self) -> None:
        self.size, self.kept = whole(self.arguments[0]) if self.arguments else 0, ()

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            self.size = whole(message[0], self)
            return
        self.kept = self.kept if message == BANG else message
        if self.kept[self.size :]:
            self.out(1, *self.kept[self.size :])
        if self.kept[: self.size]:
            self.out(0, *self.kept[: self.size])


class Join(Any, name="zl.join"):
    """/zl.join: right keeps, left says both as one."""

    def begin(self) -> None:
        self.left: Message = ()
        self.right: Message = ()

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            self.right = message
            return
        self.left = self.left if message == BANG else message
        self.out(0, *typed(self.left + self.right))


class Iter(Any, name="zl.iter"):
    """/zl.iter: a list, so many items at a time."""

    def begin(self) -> None:
        self.size = whole(self.arguments[0]) if self.arguments else 0

    def take(self, inlet: int, message: Message) -> None:
        if inlet or message == BANG or not self.size:
            self.refuse(inlet, message)
        for place in range(0, len(message), self.size):
            self.out(0, *message[place : place + self.size])


class Group(Any, name="zl.group"):
    """/zl.group: collects items until there are so many, then says them as a list."""

    def begin(self) -> None:
        self.size = whole(self.arguments[0]) if self.arguments else 0
        self.kept: Message = ()

    def take(self, inlet: int, message: Message) -> None:
        if inlet or message == BANG or not self.size:
            self.refuse(inlet, message)
        self.kept += message
        while len(self.kept) >= self.size:
            said, self.kept = self.kept[: self.size], self.kept[self.size :]
            self.out(0, *said)
