"""Which notes sound on a port, and on whose behalf: the book that no note-off gets lost in.

A note is a channel and a pitch. Two owners may hold the same one: it sounds until the last lets it go, and
the second strike is a note-off and a note-on. An owner holds one note at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache

from companion.music.sounding import ChannelNote

Owner = Hashable
Strike = tuple[Owner, ChannelNote, int]  # and the velocity, 1..127

RELEASE_VELOCITY = 64  # what MIDI asks for where none is known


@lru_cache(maxsize=16 * 128 * 8)
def note_on(key: ChannelNote, velocity: int) -> bytes:
    """The bytes of a note-on; ValueError outside the ranges of MIDI."""
    channel, pitch = key
    if not (0 <= channel <= 15 and 0 <= pitch <= 127 and 1 <= velocity <= 127):
        raise ValueError(f"no such note: channel {channel}, pitch {pitch}, velocity {velocity}")
    return bytes((0x90 | channel, pitch, velocity))


@lru_cache(maxsize=16 * 128)
def note_off(key: ChannelNote) -> bytes:
    """The bytes of a note-off."""
    channel, pitch = key
    return bytes((0x80 | channel, pitch, RELEASE_VELOCITY))


class HeldNotes:
    """The notes of one port."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._held: dict[Owner, ChannelNote] = {}
        self._owners: dict[ChannelNote, int] = {}  # how many hold each key
        self._sounding: dict[ChannelNote, None] = {}  # note-on sent, note-off not; in order of the strikes

    def of(self, owner: Owner) -> ChannelNote | None:
        """What an owner holds."""
        return self._held.get(owner)

    @property
    def sounding(self) -> tuple[ChannelNote, ...]:
        """Every note whose note-off is still to come."""
        return tuple(self._sounding)

    def move(self, released: Iterable[Owner] = (), struck: Sequence[Strike] = ()) -> None:
        """What happens at one moment: all note-offs, then all note-ons.

        Whoever strikes lets go of what it held. Owners that strike the same note at once sound it once, as
        loud as the loudest. Raises what sending raises, or ValueError before anything is sent.
        """
        struck = list({strike[0]: strike for strike in struck}.values())  # an owner's last strike counts
        messages: dict[ChannelNote, bytes] = {}
        for _, key, velocity in struck:
            messages[key] = max(messages.get(key, b""), note_on(key, velocity))
        for owner in (*released, *(owner for owner, _, _ in struck)):
            self._let_go(owner)
        for key in messages:
            self._stop(key)
        for owner, key, _ in struck:
            self._held[owner] = key
            self._owners[key] = self._owners.get(key, 0) + 1
        for key, message in messages.items():
            self._sounding[key] = None  # before it is sent: a note-off too many does no harm
            self._send(message)

    def _let_go(self, owner: Owner) -> None:
        key = self._held.pop(owner, None)
        if key is None:
            return
        self._owners[key] -= 1
        if not self._owners[key]:
            del self._owners[key]
            self._stop(key)

    def _stop(self, key: ChannelNote) -> None:
        if key in self._sounding:
            self._send(note_off(key))
            del self._sounding[key]

    def release_all(self) -> None:
        """Stops everything, whoever holds it."""
        self._held.clear()
        self._owners.clear()
        for key in self.sounding:
            self._stop(key)

    def forget(self) -> tuple[ChannelNote, ...]:
        """Takes everything for silent without a word to the port; returns what may still sound there."""
        left = self.sounding
        self._held.clear()
        self._owners.clear()
        self._sounding.clear()
        return left
