"""What the bytes of MIDI messages say: kinds of messages, controllers and meta events, as the standard numbers them."""

from __future__ import annotations

# Kinds of messages of a channel, the channel taken off.
POLY_PRESSURE, CONTROLLER, PROGRAM, PRESSURE, BEND = 0xA0, 0xB0, 0xC0, 0xD0, 0xE0

MODULATION, VOLUME, EXPRESSION = 1, 7, 11
SUSTAIN, SOSTENUTO, SOFT_PEDAL = 64, 66, 67
PEDAL_DOWN = 64  # the value from which on a pedal is down
ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123  # controllers from 120 on are modes of the channel

SIDE_STICK = 37  # of General MIDI's percussion; in nearly every drum kit

META = 0xFF  # the first byte of a meta event; the second is its kind:
TEXT, COPYRIGHT, TRACK_NAME, INSTRUMENT, LYRIC, MARKER, CUE = range(1, 8)
END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x2F, 0x51, 0x58, 0x59


def meta_event(kind: int, data: bytes) -> bytes:
    """A meta event as a MIDI file holds it, without its delta time."""
    size, length = len(data), [len(data) & 0x7F]
    while size := size >> 7:
        length.insert(0, size & 0x7F | 0x80)
    return bytes((META, kind, *length)) + data


def meta_data(event: bytes) -> bytes:
    """What a meta event says, without its kind and length."""
    start = 2
    while start < len(event) and event[start] & 0x80:
        start += 1
    return event[start + 1 :]


def meta_text(event: bytes) -> str:
    """The words of a meta event, as ``text_of_bytes`` reads them."""
    return text_of_bytes(meta_data(event))


def text_of_bytes(data: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, as older programs write."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
