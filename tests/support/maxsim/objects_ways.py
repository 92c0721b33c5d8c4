# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Objects that lead messages on. Each names the page that it is written from, under docs.cycling74.com/reference/."""

from __future__ import annotations

from support.maxsim.atoms import BANG, Atom, Message, as_type, atoms, typed, whole
from support.maxsim.box import Box

_ZERO = {"i": 0, "f": 0.0}


class Any(Box):
    """An object that takes whatever comes into its left inlet in one way."""

    def take(self, inlet: int, message: Message) -> None:
        """Whatever it is."""
        raise NotImplementedError

    def bang(self, inlet: int) -> None:
        self.take(inlet, BANG)

    def whole(self, inlet: int, value: int) -> None:
        self.take(inlet, (value,))

    def real(self, inlet: int, value: float) -> None:
        self.take(inlet, (value,))

    def items(self, inlet: int, message: Message) -> None:
        self.take(inlet, message)

    def anything(self, inlet: int, message: Message) -> None:
        self.take(inlet, message)


class Trigger(Any, name="trigger"):
    """/trigger: from right to left; b i f l s convert, another argument is said itself."""

    def begin(self) -> None:
        short = {"bang": "b", "list": "l", "symbol": "s"}
        kinds = [short.get(one, one) if isinstance(one, str) else one for one in self.arguments]
        self.kinds = list(enumerate(kinds))[::-1]

    def take(self, inlet: int, message: Message) -> None:
        for outlet, kind in self.kinds:
            if kind == "b":
                self.out(outlet, "bang")
            elif kind == "l":
                self.out(outlet, *message)
            elif kind in ("i", "f"):
                first = message[0]
                self.out(outlet, as_type(_ZERO[kind], 0 if isinstance(first, str) else first))
            elif kind == "s":
                self.refuse(inlet, message) if not isinstance(message[0], str) else self.out(outlet, *message)
            else:
                self.out(outlet, kind)


class Gate(Any, name="gate"):
    """/gate: 1st argument outlets, 2nd which is open at first (0, closed); left inlet: which; right: what passes."""

    def begin(self) -> None:
        self.outlets = whole(self.arguments[0]) if self.arguments else 1
        self.open = whole(self.arguments[1]) if len(self.arguments) > 1 else 0

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            if self.open:
                self.out(self.open - 1, *message)
        elif len(message) == 1 and not isinstance(message[0], str) and 0 <= int(message[0]) <= self.outlets:
            self.open = int(message[0])
        else:
            self.refuse(inlet, message)


class Switch(Any, name="switch"):
    """/switch: left inlet: which of the others passes, 0 none."""

    def begin(self) -> None:
        self.inlets = whole(self.arguments[0]) if self.arguments else 2
        self.open = whole(self.arguments[1]) if len(self.arguments) > 1 else 0

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            if inlet == self.open:
                self.out(0, *message)
        elif len(message) == 1 and not isinstance(message[0], str) and 0 <= int(message[0]) <= self.inlets:
            self.open = int(message[0])
        else:
            self.refuse(inlet, message)


def _same(argument: Atom, value: Atom) -> bool:
    return type(argument) is type(value) and argument == value


class Route(Any, name="route"):
    """/route: by the first item to the outlet of that argument, without it (a bang if no more); else right, whole."""

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            self.refuse(inlet, message)
        for outlet, argument in enumerate(self.arguments):
            if _same(argument, message[0]):
                self.out(outlet, *typed(message[1:]))
                return
        self.out(len(self.arguments), *message)


class Select(Any, name="select"):
    """/select: a bang from the outlet of what it is, else out right; with one int an inlet that sets it.

    Floats are cut off where ``matchfloat`` is 0.
    """

    def begin(self) -> None:
        self.sought = list(self.arguments) or [0]

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            if len(self.sought) > 1 or isinstance(message[0], str) or len(message) > 1:
                self.refuse(inlet, message)
            self.sought[0] = int(message[0])
            return
        first: Atom = message[0]
        if isinstance(first, float) and not any(isinstance(one, float) for one in self.sought):
            first = int(first)
        for outlet, one in enumerate(self.sought):
            if len(message) == 1 and _same(one, first):
                self.out(outlet, "bang")
                return
        self.out(len(self.sought), *message)


class Change(Box, name="change"):
    """/change: a number that differs from the last (at first 0, or the argument).

    Middle and right outlet: 1 on a way from 0 and back to 0.
    """

    words = frozenset({"set"})

    def begin(self) -> None:
        self.last = self.arguments[0] if self.arguments else 0

    def whole(self, inlet: int, value: float) -> None:
        before, self.last = self.last, value
        if before != value:
            if before and not value:
                self.out(2, 1)
            if value and not before:
                self.out(1, 1)
            self.out(0, value)

    def real(self, inlet: int, value: float) -> None:
        self.whole(inlet, value)

    def word_set(self, inlet: int, rest: Message) -> None:
        (self.last,) = rest


class Send(Any, name="send"):
    """/send: to all of its name, at once; in which order no page says."""

    def begin(self) -> None:
        self.heard_as = self.device.name_of(self.arguments[0])

    def take(self, inlet: int, message: Message) -> None:
        for receiver in self.world.receivers(self.heard_as):
            if receiver.device.alive:
                receiver.out(0, *message)


class Receive(Box, name="receive"):
    """/receive: from all of its name."""

    def begin(self) -> None:
        self.world.names.setdefault(self.device.name_of(self.arguments[0]), []).append(self)


class Prepend(Any, name="prepend"):
    """/prepend: its words before a message. A bang: the page says nothing, so it is an error here."""

    words = frozenset({"set"})

    def begin(self) -> None:
        self.prefix = self.arguments

    def take(self, inlet: int, message: Message) -> None:
        if message == BANG:
            self.refuse(inlet, message)
        self.out(0, *self.prefix, *message)

    def word_set(self, inlet: int, rest: Message) -> None:
        self.prefix = rest


class MessageBox(Any, name="message"):
    """/message: says its words, $1 to $9 for the items of what comes; ``set`` and the right inlet change them."""

    words = frozenset({"set", "append", "prepend"})

    def begin(self) -> None:
        self.content = atoms(self.data.get("text", ""))
        if any("," in one or ";" in one for one in self.content if isinstance(one, str)):
            self.refuse(0, self.content)

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            self.content = message
            return
        given = () if message == BANG else message
        said = tuple(self._filled(one, given) for one in self.content)
        if said:
            self.out(0, *said)

    def _filled(self, one: Atom, given: Message) -> Atom:
        if not (isinstance(one, str) and one.startswith("$")):
            return one
        place = int(one[1:]) - 1
        return given[place] if place < len(given) else 0

    def word_set(self, inlet: int, rest: Message) -> None:
        self.content = rest

    def word_append(self, inlet: int, rest: Message) -> None:
        self.content += rest

    def word_prepend(self, inlet: int, rest: Message) -> None:
        self.content = rest + self.content
