"""What all objects have in common: inlets, outlets, and not understanding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.maxsim.atoms import BANG, Atom, MaxError, Message, plain

if TYPE_CHECKING:
    from support.maxsim.world import Device

OBJECTS: dict[str, type[Box]] = {}


class Box:
    """An object in a device. A subclass understands what its reference page says, and nothing else."""

    words: frozenset[str] = frozenset()  # messages that are methods of their own: word_set, …
    spreads = False  # a list in the left inlet is spread over the inlets, right to left

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for one in name.split():
            OBJECTS[one] = cls

    def __init__(self, device: Device, called: str, arguments: Message, data: dict[str, Any]) -> None:
        self.device, self.world, self.called = device, device.world, called
        self.arguments, self.data = arguments, data
        self.ways: list[list[tuple[Box, int]]] = [[] for _ in range(data["numoutlets"])]
        self.interrupts = device.world.scheduler.interrupts > 0
        self.begin()

    def __repr__(self) -> str:
        return f"{self.device.called} {self.called}"

    def begin(self) -> None:
        """Its state when it is made."""

    def loaded(self) -> None:
        """When the whole device is there."""

    def freed(self) -> None:
        """When the device is taken away."""

    def out(self, outlet: int, *message: Atom) -> None:
        """Say a message; all that follows from it happens before this comes back."""
        ways = self.ways[outlet]
        if not (ways and self.device.alive):
            return
        if self.interrupts:
            for box, inlet in ways:
                self.world.scheduler.between()
                box.receive(inlet, message)
        else:
            for box, inlet in ways:
                box.receive(inlet, message)

    def receive(self, inlet: int, message: Message) -> None:
        """A message, to the method that is for it."""
        first = message[0]
        kind = type(first)
        if kind is str:
            self._words(inlet, message)
        elif len(message) > 1:
            self.items(inlet, message)
        elif kind is float:
            self.real(inlet, first)  # type: ignore[arg-type]
        else:
            self.whole(inlet, first)  # type: ignore[arg-type]

    def _words(self, inlet: int, message: Message) -> None:
        first = message[0]
        if message == BANG:
            self.bang(inlet)
        elif first in self.words:
            getattr(self, f"word_{first}")(inlet, message[1:])
        elif first in ("list", "symbol") and len(message) > 1 and plain(message) != message:
            self.receive(inlet, plain(message)) if first == "list" else self.anything(inlet, plain(message))
        else:
            self.anything(inlet, message)

    def refuse(self, inlet: int, message: Message) -> None:
        """What Max writes into its console."""
        raise MaxError(f"{self}: doesn't understand {message} in inlet {inlet}")

    def bang(self, inlet: int) -> None:
        """A bang."""
        self.refuse(inlet, BANG)

    def whole(self, inlet: int, value: int) -> None:
        """An int."""
        self.refuse(inlet, (value,))

    def real(self, inlet: int, value: float) -> None:
        """A float: most objects that work with ints cut it off."""
        self.whole(inlet, int(value))

    def items(self, inlet: int, message: Message) -> None:
        """A list: Max spreads it over the inlets of an object without a use for lists."""
        if not self.spreads or inlet or len(message) > self.data["numinlets"]:
            self.refuse(inlet, message)
        for place in range(len(message) - 1, -1, -1):
            self.receive(place, (message[place],))

    def anything(self, inlet: int, message: Message) -> None:
        """Words."""
        self.refuse(inlet, message)
