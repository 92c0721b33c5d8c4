"""A maker of clips without a process."""

from __future__ import annotations

from collections.abc import Iterator

from companion.clips.maker import ClipNews
from companion.clips.making import ClipWish


class Maker:
    """Makes what the test gives it."""

    def __init__(self) -> None:
        self.wishes: list[ClipWish] = []
        self.cancelled = 0
        self.told: list[ClipNews] = []

    def ask(self, wish: ClipWish) -> None:
        self.wishes.append(wish)

    def cancel(self) -> None:
        self.cancelled += 1

    def news(self) -> Iterator[ClipNews]:
        while self.told:
            yield self.told.pop(0)

    def close(self) -> None:
        pass
