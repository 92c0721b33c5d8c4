"""Where a session's music goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from companion.generation.improviser import Planned
from companion.music.sounding import Part, SoundingFrame


class Sink(Protocol):
    """Where the music goes. Steps are those of the music."""

    def frames(self, frames: Sequence[SoundingFrame]) -> None:
        """These are to sound at their steps; a step sent again replaces."""

    def now(self, voice: int, part: Part) -> None:
        """This is to sound at once, as what the voice sings."""

    def clear(self, first: int, last: int) -> None:
        """Nothing is to sound at these steps after all."""

    def silence(self) -> None:
        """Everything stops at once, and all frames are forgotten."""

    def panic(self) -> None:
        """The same, and every channel is told so."""

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        """A step has become part of the music; sounding is None where nothing of it was to be heard."""

    def taken_back(self, step: int) -> None:
        """What was fixed from this step on is not part of the music after all."""

    def keep(self, first: int, last: int) -> None:
        """The take of these steps is to be saved."""

    def message(self, text: str) -> None:
        """A line for the player."""


class FrameTape:
    """A sink that only keeps what has become music."""

    def __init__(self) -> None:
        self.made: list[Planned] = []  # in the order in which it was fixed

    def frames(self, frames: Sequence[SoundingFrame]) -> None: ...

    def now(self, voice: int, part: Part) -> None: ...

    def clear(self, first: int, last: int) -> None: ...

    def silence(self) -> None: ...

    def panic(self) -> None: ...

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        del sounding
        self.made.append(planned)

    def taken_back(self, step: int) -> None: ...

    def keep(self, first: int, last: int) -> None: ...

    def message(self, text: str) -> None: ...
