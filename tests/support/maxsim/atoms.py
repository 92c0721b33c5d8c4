"""Messages: tuples of atoms (int, float, str), told apart as Max tells them apart.

``("bang",)`` a bang · ``(5,)`` an int · ``(5.0,)`` a float · ``(5, 6)`` a list · ``("set", 5)`` a word and the rest.
Page: https://docs.cycling74.com/userguide/message_types
"""

from __future__ import annotations

import re
import struct

Atom = int | float | str
Message = tuple[Atom, ...]

BANG: Message = ("bang",)
_NUMBER = re.compile(r"[+-]?\d+$")
_REAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?$")


class MaxError(Exception):
    """What Max would write into its console, or what no page says."""


def atom(text: str) -> Atom:
    """A word as Max reads it: with a point it is a float."""
    if _NUMBER.match(text):
        return int(text)
    return float(text) if _REAL.match(text) else text


def atoms(text: str) -> Message:
    """Words as Max reads them."""
    return tuple(atom(word) for word in text.split())


def plain(message: Message) -> Message:
    """Without the words ``list`` and ``symbol``, which only say what follows."""
    if len(message) > 1 and (message[0] == "list" or (message[0] == "symbol" and len(message) == 2)):
        return message[1:]
    return message


def typed(message: Message) -> Message:
    """Of no atoms a bang."""
    return message or BANG


def whole(value: Atom, whose: object = "") -> int:
    """Max cuts off what is behind the point: https://docs.cycling74.com/userguide/integers_vs_floats"""
    if isinstance(value, str):
        raise MaxError(f"{whose}: {value!r} is no number")
    return int(value)


def as_type(example: Atom, value: Atom, whose: object = "") -> Atom:
    """A value in the type of an argument."""
    kind = type(example)
    if kind is type(value) or kind is str:
        return value
    if isinstance(value, str):
        raise MaxError(f"{whose}: {value!r} is no number")
    return float(value) if kind is float else int(value)


def over_udp(message: Message) -> Message:
    """OSC has floats of 32 bits."""
    return tuple(struct.unpack("f", struct.pack("f", one))[0] if isinstance(one, float) else one for one in message)
