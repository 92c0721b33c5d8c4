# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Objects that run a script of ours. Each object names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from support.maxsim.atoms import MaxError, Message, typed
from support.maxsim.objects_ways import Any
from support.maxsim.scheduler import QUEUE

Runs = Callable[[Message], Iterable[tuple[int, Message]]]  # a message → what is said, by outlet


class Js(Any, name="js"):
    """/js: each message is a function of its file; always in the low-priority thread, whoever speaks to it."""

    def begin(self) -> None:
        if not str(self.arguments[0]).endswith(".js"):
            raise MaxError(f"{self}: no file")
        self.heard: list[Message] = []
        self.runs: Runs | None = None  # the test's; without it the messages are only kept

    def take(self, inlet: int, message: Message) -> None:
        if self.world.scheduler.thread == QUEUE:
            self._run(message)
        else:
            self.world.scheduler.defer(lambda: self._run(message))

    def _run(self, message: Message) -> None:
        self.heard.append(message)
        for outlet, said in self.runs(message) if self.runs is not None else ():
            self.out(outlet, *typed(said))


class NodeScript(Any, name="node.script"):
    """/node.script: ``script start`` and words for its command line, ``script stop``; what it says comes later."""

    words = frozenset({"script"})

    def begin(self) -> None:
        self.orders: list[Message] = []

    def take(self, inlet: int, message: Message) -> None:
        self.refuse(inlet, message)

    def word_script(self, inlet: int, rest: Message) -> None:
        if not rest or rest[0] not in ("start", "stop"):
            self.refuse(inlet, ("script", *rest))
        self.orders.append(rest)

    def says(self, *words: str) -> None:
        """As maxApi.outlet does."""
        self.world.scheduler.after(0, lambda: self.out(0, *words))
