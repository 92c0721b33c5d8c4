"""Intact things, damaged at random: the same dice give the same damage."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Damage = Callable[[random.Random, bytes], bytes]

LONGEST = 300_000  # bytes of anything damaged
EXTREME_BYTES = (0x00, 0x01, 0x7F, 0x80, 0xF0, 0xF7, 0xFE, 0xFF)
EXTREME_LENGTHS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)

# What stands in the place of a number or a name in JSON and TOML.
EXTREME_WORDS = (
    *b"0 -1 -0 0.5 127 128 1e9 -1e9 1e18 1e300 1e999 -1e999 1e-320 2147483648 9223372036854775808 NaN nan inf".split(),
    *b'-inf Infinity -Infinity null true [] {} [[]] "" \'x\' "\\u0000" "\\ud800" 1979-05-27 1_0 0x7f'.split(),
    *(b"9" * 5000, b"a." * 20_000 + b"a", b"[" * 50_000, b'{"a":' * 50_000, b'"' + b"x" * 70_000 + b'"'),
)
_WORD = re.compile(rb"-?\d+(?:\.\d+)?|\"[^\"\n]*\"|\b[a-z_]+\b")


def damaged(dice: random.Random, samples: Sequence[bytes], ways: Sequence[Damage]) -> bytes:
    """One of the samples after one to six of these ways to damage it."""
    data = dice.choice(samples)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        data = dice.choice(ways)(dice, data)[:LONGEST]
    return data


def _span(dice: random.Random, data: bytes) -> tuple[int, int]:
    """Some place, and some place not long after it."""
    start = dice.randrange(len(data) + 1)
    return start, min(start + dice.choice((1, 2, 4, 16, 200)), len(data))


def set_byte(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data) + 1)
    return data[:start] + bytes([dice.choice((*EXTREME_BYTES, dice.randrange(256)))]) + data[start + 1 :]


def flip_bit(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(max(len(data), 1))
    return data[:start] + bytes(byte ^ 1 << dice.randrange(8) for byte in data[start : start + 1]) + data[start + 1 :]


def set_length(dice: random.Random, data: bytes) -> bytes:
    """A number of two or four bytes, as of the length of a chunk."""
    start, size = dice.randrange(len(data) + 1), dice.choice((2, 4))
    return data[:start] + (dice.choice(EXTREME_LENGTHS) % (1 << 8 * size)).to_bytes(size, "big") + data[start + size :]


def cut_out(dice: random.Random, data: bytes) -> bytes:
    start, end = _span(dice, data)
    return data[:start] + data[end:]


def cut_off(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def repeat(dice: random.Random, data: bytes) -> bytes:
    start, end = _span(dice, data)
    return data[:end] + data[start:end] * dice.choice((1, 2, 50, 5000)) + data[end:]


def move(dice: random.Random, data: bytes) -> bytes:
    start, end = _span(dice, data)
    place = dice.randrange(len(data) + 1)
    return data[:place] + data[start:end] + data[place:]


def insert_run(dice: random.Random, data: bytes) -> bytes:
    place = dice.randrange(len(data) + 1)
    return data[:place] + bytes([dice.choice(EXTREME_BYTES)]) * dice.choice((1, 7, 300, 100_000)) + data[place:]


def set_word(dice: random.Random, data: bytes) -> bytes:
    """Another number or name, or nonsense, in the place of one."""
    words = [found.span() for found in _WORD.finditer(data)]
    if not words:
        return data
    (start, end), other = dice.choice(words), slice(*dice.choice(words))
    return data[:start] + dice.choice((*EXTREME_WORDS, data[other])) + data[end:]


def shuffle_lines(dice: random.Random, data: bytes) -> bytes:
    """A line elsewhere, gone, or a thousand times."""
    lines = data.splitlines(keepends=True) or [b""]
    line = lines.pop(dice.randrange(len(lines)))
    place = dice.randrange(len(lines) + 1)
    times = min(dice.choice((0, 1, 2, 1000)), LONGEST // max(len(line), 1) + 1)
    return b"".join([*lines[:place], *[line] * times, *lines[place:]])


OF_BYTES: tuple[Damage, ...] = (set_byte, flip_bit, set_length, cut_out, cut_off, repeat, move, insert_run)
OF_TEXT: tuple[Damage, ...] = (
    *[set_word] * 8,
    *[shuffle_lines] * 4,
    set_byte,
    cut_out,
    cut_off,
    repeat,
    move,
    insert_run,
)
