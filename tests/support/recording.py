"""Outputs that keep what they are sent, and the account of it: for the player's tests, also in other processes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from companion.io.events import PortBack
from companion.io.midi_ports import PortEvent

Note = tuple[str, int, int]  # "on" or "off", channel 0..15, pitch


class RecordingOutput:
    """Keeps every message; can be lost, silently or with an exception, and come back."""

    def __init__(self) -> None:
        self.name = "recorder"
        self.messages: list[bytes] = []
        self.broken = False  # sends raise
        self.refused = 0
        self.events: list[PortEvent] = []  # what the next poll tells
        self.closed = 0

    def send(self, message: bytes) -> None:
        if self.broken:
            self.refused += 1
            raise OSError("the cable is out")
        self.messages.append(message)

    def poll(self, now_s: float) -> list[PortEvent]:
        del now_s
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.closed += 1

    def mend(self) -> None:
        """The port is back with the next poll."""
        self.broken = False
        self.events.append(PortBack(self.name))

    def take(self) -> list[Note]:
        """The notes since the last call."""
        messages, self.messages = self.messages, []
        return notes(messages)


class FileOutput:
    """Writes every message to a file at once, where a test can read it when this process is gone."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def send(self, message: bytes) -> None:
        os.write(self._file, message)

    def poll(self, now_s: float) -> list[PortEvent]:
        del now_s
        return []

    def close(self) -> None:
        os.close(self._file)


def sent_to(path: Path) -> list[bytes]:
    """The messages in the file of a FileOutput: all of them have three bytes."""
    data = path.read_bytes() if path.exists() else b""
    return [data[place : place + 3] for place in range(0, len(data), 3)]


def notes(messages: Iterable[bytes]) -> list[Note]:
    """The notes among messages."""
    kinds = {0x90: "on", 0x80: "off"}
    return [(kinds[m[0] & 0xF0], m[0] & 0x0F, m[1]) for m in messages if m[0] & 0xF0 in kinds]


def sounding(messages: Iterable[bytes]) -> list[tuple[int, int]]:
    """The notes (channel, pitch) whose note-off is missing; fails where a note is struck twice without one."""
    held: Counter[tuple[int, int]] = Counter()
    for kind, channel, pitch in notes(messages):
        if kind == "on":
            held[channel, pitch] += 1
            assert held[channel, pitch] == 1, f"{channel, pitch} is struck while it sounds"
        else:
            held[channel, pitch] = 0
    return sorted(key for key, count in held.items() if count)


def needless(messages: Iterable[bytes]) -> int:
    """How many note-offs end nothing."""
    held: set[tuple[int, int]] = set()
    count = 0
    for kind, channel, pitch in notes(messages):
        if kind == "on":
            held.add((channel, pitch))
        else:
            count += (channel, pitch) not in held
            held.discard((channel, pitch))
    return count
