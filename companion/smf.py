"""Standard MIDI files as bytes: chunks, delta times, events (RP-001, "Standard MIDI Files 1.0").

mido reads the same files one byte a call, 20 µs a note, and leaves each kind of damage to whatever
exception it happens to cause; a long seed would take the player's patience. So the bytes are read
here, in one pass, and every fault is a ``FormatError`` that says what is wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

NOTE_OFF = 0x80
NOTE_ON = 0x90
META = 0xFF
NO_META = -1  # in the place of a kind

TEXT_MARKER = 0x06
TRACK_NAME = 0x03
END_OF_TRACK = 0x2F
SET_TEMPO = 0x51
TIME_SIGNATURE = 0x58
KEY_SIGNATURE = 0x59

LONGEST_DELTA_TICKS = 0x0FFF_FFFF  # what four bytes of seven bits hold


class FormatError(ValueError):
    """The bytes are no standard MIDI file; the message reads on after the file's name."""


class NoteEvent(NamedTuple):
    """A note-on or note-off."""

    tick: int
    status: int
    pitch: int
    velocity: int


class MetaEvent(NamedTuple):
    """A meta event: its type and its bytes."""

    tick: int
    kind: int
    data: bytes


@dataclass(frozen=True)
class Track:
    """What one track says about notes, and its meta events; everything else is left out."""

    notes: list[NoteEvent]
    metas: list[MetaEvent]
    length_ticks: int


@dataclass(frozen=True)
class Header:
    """The first chunk of a file."""

    format: int
    tracks: int
    ticks_per_beat: int


def parse(data: bytes) -> tuple[Header, list[Track]]:
    """The header and the tracks of a whole file; FormatError says what is wrong.

    Chunks of unknown kinds are passed over, as the specification asks.
    """
    header, position = _header(data)
    tracks: list[Track] = []
    while len(tracks) < header.tracks:
        if position + 8 > len(data):
            raise FormatError(f"ends after {len(tracks)} of its {header.tracks} tracks; save or export it again")
        kind, size = struct.unpack_from(">4sI", data, position)
        position += 8
        if position + size > len(data):
            raise FormatError(f"ends in the middle of track {len(tracks) + 1}; save or export it again")
        if kind == b"MTrk":
            tracks.append(_track(data[position : position + size], len(tracks) + 1))
        position += size
    return header, tracks


def _header(data: bytes) -> tuple[Header, int]:
    """The header and the position of the next chunk."""
    if not data:
        raise FormatError("is empty; expected a standard MIDI file of format 0 or 1")
    if data[:4] != b"MThd":
        raise FormatError("is no MIDI file (it does not begin with MThd); expected one of format 0 or 1")
    if len(data) < 14:
        raise FormatError("ends in the middle of its header; save or export it again")
    size, *fields = struct.unpack_from(">IHHH", data, 4)
    if size < 6:
        raise FormatError(f"has a header of {size} bytes; expected 6")
    return _checked(Header(*fields)), 8 + size


def _checked(header: Header) -> Header:
    """The header of a file that has one musical time; FormatError otherwise."""
    if header.format > 2:
        raise FormatError(f"says it is of format {header.format}; expected 0 or 1")
    if header.format == 2 and header.tracks > 1:
        raise FormatError("is of format 2 (patterns without a common time); export it as format 0 or 1")
    if header.ticks_per_beat & 0x8000:
        raise FormatError("counts time in SMPTE frames; export it with ticks per beat")
    if header.ticks_per_beat == 0:
        raise FormatError("has 0 ticks per beat; expected 1..32767, save or export it again")
    return header


def _track(chunk: bytes, number: int) -> Track:
    """The events of one track chunk."""
    try:
        return _events(chunk)
    except IndexError:
        raise FormatError(f"has a track {number} whose last event is cut off; save or export it again") from None
    except FormatError as fault:
        raise FormatError(f"has a damaged track {number} ({fault}); save or export it again") from None


def _events(chunk: bytes) -> Track:
    """One pass over a track; IndexError where an event is cut off.

    Notes are read in the loop itself: a call for each would double the time of a long seed.
    """
    notes: list[NoteEvent] = []
    metas: list[MetaEvent] = []
    tick = position = running = 0
    while position < len(chunk):
        delta = chunk[position]
        position += 1
        if delta >= 0x80:
            delta, position = _number(chunk, position - 1)
        tick += delta
        status = chunk[position]
        if status >= 0x80:
            position += 1
        elif running:
            status = running
        else:
            raise FormatError(f"data byte {status} without a status at tick {tick}")
        if status < 0xF0:
            running = status
            first = chunk[position]
            size = 1 if 0xC0 <= status < 0xE0 else 2
            second = chunk[position + size - 1]
            if (first | second) >= 0x80:
                raise FormatError(f"data byte above 127 at tick {tick}")
            position += size
            if status < 0xA0:
                notes.append(NoteEvent(tick, status, first, second))
        else:
            kind, data, position = _message(chunk, position, status)
            if kind == END_OF_TRACK:
                break
            if kind != NO_META:
                metas.append(MetaEvent(tick, kind, data))
    return Track(notes, metas, tick)


def _message(chunk: bytes, position: int, status: int) -> tuple[int, bytes, int]:
    """A meta event or a system exclusive message: kind, data and the position after it."""
    if status not in (0xF0, 0xF7, META):
        raise FormatError(f"status {status:#x} has no place in a file")
    kind = chunk[position] if status == META else NO_META
    size, position = _number(chunk, position + (status == META))
    if position + size > len(chunk):
        raise IndexError(position + size)
    return kind, chunk[position : position + size], position + size


def _number(chunk: bytes, position: int) -> tuple[int, int]:
    """A number of variable length, and the position after it."""
    number = 0
    for count in range(4):
        byte = chunk[position + count]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, position + count + 1
    raise FormatError("a number of more than four bytes")


def encode_number(number: int) -> bytes:
    """A number of variable length; ValueError outside 0..LONGEST_DELTA_TICKS."""
    if not 0 <= number <= LONGEST_DELTA_TICKS:
        raise ValueError(f"{number} is outside 0..{LONGEST_DELTA_TICKS}")
    encoded = bytearray([number & 0x7F])
    while number := number >> 7:
        encoded.append(number & 0x7F | 0x80)
    encoded.reverse()
    return bytes(encoded)


def encode_meta(kind: int, data: bytes) -> bytes:
    """A meta event without its delta time."""
    return bytes([META, kind]) + encode_number(len(data)) + data


def encode_track(events: Iterable[tuple[int, bytes]], end_tick: int) -> bytes:
    """A track chunk from events in the order of their ticks."""
    body = bytearray()
    now = 0
    for tick, event in events:
        body += encode_number(tick - now)
        body += event
        now = tick
    body += encode_number(end_tick - now) + encode_meta(END_OF_TRACK, b"")
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def encode_file(ticks_per_beat: int, tracks: list[bytes]) -> bytes:
    """A file of format 1 from its track chunks."""
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), ticks_per_beat) + b"".join(tracks)
