# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Memory that devices share by name. Each names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

from support.maxsim.atoms import BANG, Atom, Message, whole
from support.maxsim.box import Box
from support.maxsim.objects_ways import Any


class Coll(Box, name="coll"):
    """/coll: a list stores its rest at its first number; an int says what is stored there, if anything.

    Of one name all share one memory. The address leaves the 2nd outlet before the data leave the 1st. ``clear``
    forgets all, ``remove`` one; ``length`` leaves the 1st.
    """

    words = frozenset({"clear", "remove", "length", "store"})

    def begin(self) -> None:
        name = self.device.name_of(self.arguments[0]) if self.arguments else f"{id(self)}"
        self.memory: dict[Atom, Message] = self.world.colls.setdefault(name, {})

    def whole(self, inlet: int, value: int) -> None:
        data = self.memory.get(value)
        if data is not None:
            self.out(1, value)
            self.out(0, *data)

    def items(self, inlet: int, message: Message) -> None:
        self.memory[whole(message[0])] = message[1:]

    def word_store(self, inlet: int, rest: Message) -> None:
        self.memory[rest[0]] = rest[1:]

    def word_clear(self, inlet: int, rest: Message) -> None:
        self.memory.clear()

    def word_remove(self, inlet: int, rest: Message) -> None:
        self.memory.pop(rest[0], None)

    def word_length(self, inlet: int, rest: Message) -> None:
        self.out(0, len(self.memory))


class Value(Any, name="value"):
    """/value: one message for all of its name; a 2nd argument is its first value; a bang says it."""

    words = frozenset()

    def begin(self) -> None:
        self.shared = self.device.name_of(self.arguments[0])
        if len(self.arguments) > 1:
            self.world.values[self.shared] = self.arguments[1:]

    def take(self, inlet: int, message: Message) -> None:
        if message == BANG:
            self.out(0, *self.world.values.get(self.shared, (0,)))
        else:
            self.world.values[self.shared] = message
