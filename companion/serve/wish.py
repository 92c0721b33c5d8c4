"""What is asked for and what comes of it, as values that cross a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

SERVICES = ("continue", "harmonise", "rewrite")
MIDI_TYPE = "audio/midi"
NOTES_TYPE = "application/json"
TRACE_TYPE = "application/vnd.chorale.trace+json"
UNNAMED = "music.mid"


@dataclass(frozen=True)
class ServiceWish:
    """Music, and what is to be made of it; nothing of it has been looked at yet."""

    what: str  # one of SERVICES
    music: bytes
    music_type: str  # MIDI_TYPE or NOTES_TYPE
    said: tuple[tuple[str, str], ...] = ()  # the parameters, as they stand in the address
    name: str = UNNAMED  # of the music
    traced: bool = False  # a trace is wanted, too


@dataclass(frozen=True)
class WishProgress:
    """How far it is."""

    done: int
    total: int


@dataclass(frozen=True)
class WishMade:
    """The music that was made, each time whole: what stays and what is new."""

    midi: bytes
    notes: bytes
    trace: bytes = b""  # where it was wanted

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.midi) + len(self.notes) + len(self.trace)


@dataclass(frozen=True)
class WishFailed:
    """Why nothing was made, in a line."""

    status: HTTPStatus
    error: str


@dataclass(frozen=True)
class WorkerReady:
    """The process is there, and knows these models."""

    models: list[dict[str, Any]]  # as ``chorale models --json`` tells them


Outcome = WishMade | WishFailed
WorkerNews = WishProgress | WishMade | WishFailed | WorkerReady
