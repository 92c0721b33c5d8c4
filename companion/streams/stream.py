"""What every stream is told of a jam's music; steps are those of the music."""

from __future__ import annotations

from typing import Protocol

from companion.clock.addresses import Addresses
from companion.generation.improviser import Planned
from companion.model.runtime import Model


class MusicStream(Protocol):
    """Something that is told of the music while it is made. None of it may raise, or wait."""

    def fixed(self, planned: Planned) -> None:
        """A step has become part of the music: of an answer up to two before it sounds, of a phrase after it."""

    def taken_back(self, step: int) -> None:
        """What was fixed from this step on is not part of the music after all."""

    def silence(self) -> None:
        """Everything stops at once: nothing that is still to come will sound."""

    def plays(self, model: Model) -> None:
        """Another model plays on: what is fixed from now on is its."""

    def moved(self, addresses: Addresses) -> None:
        """The song is elsewhere."""

    def come_to(self, position: float) -> None:
        """The music has come to a position; said many times a step."""
