"""What a length looks like on paper: note values, dots and triplets, tied where one cannot say it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from companion.music.beats import beats_of
from companion.notation.score import UNITS, Value

# In quarters, from long to short.
TYPES = {
    "maxima": Fraction(32),
    "long": Fraction(16),
    "breve": Fraction(8),
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
    "32nd": Fraction(1, 8),
    "64th": Fraction(1, 16),
    "128th": Fraction(1, 32),
    "256th": Fraction(1, 64),
}
MOST_DOTS = 2
THIRDS = {8, 16, 32, 40}  # of a quarter, in units: where triplets begin
PLAIN = tuple(name for name in TYPES if name not in ("maxima", "long", "128th", "256th"))  # for what is made anew


def quarters_of(value: Value) -> Fraction:
    """How long a value lasts."""
    dotted = TYPES[value.type] * (2 - Fraction(1, 2**value.dots))
    return dotted * value.normal / value.actual


def value_of(quarters: Fraction) -> Value | None:
    """The value of a length; None where no single one has it."""
    for name, length in TYPES.items():
        for dots in range(MOST_DOTS + 1):
            if quarters == length * (2 - Fraction(1, 2**dots)):
                return Value(name, dots)
    third = quarters * Fraction(3, 2)
    return next((Value(name, 0, 3, 2) for name, length in TYPES.items() if third == length), None)


def beat_ends(numerator: int, denominator: int) -> list[int]:
    """Where the beats of a bar end, in units of a quarter's 48th."""
    ends, at = [], 0.0
    for beat in beats_of(numerator, denominator):
        at += beat.quarters * UNITS
        ends.append(round(at))
    return ends


def split(start: int, end: int, metre: tuple[int, int], cuts: Sequence[int] = ()) -> Iterator[tuple[int, Value]]:
    """The values of a note from one place of a bar to another, in units; the bar begins at 0.

    cuts: where the note is cut in any case, since a triplet's quarter begins or ends there.
    """
    edges = [start, *(cut for cut in cuts if start < cut < end), end]
    for begin, stop in pairwise(edges):
        while begin < stop:
            units, value = _longest(begin, stop, metre)
            yield units, value
            begin += units


def _longest(begin: int, stop: int, metre: tuple[int, int]) -> tuple[int, Value]:
    """The longest value that may stand here without hiding the beat."""
    in_three = metre[1] >= 8 and metre[0] % 3 == 0
    for name in PLAIN:
        base = int(TYPES[name] * UNITS)
        for dots in (1, 0):
            units = base * 3 // 2 if dots else base
            if begin + units <= stop and (_stands_in_three if in_three else _stands)(begin, units, base, metre):
                return units, Value(name, dots)
    third = _third(begin, stop)
    return third if third is not None else (stop - begin, Value("64th"))


def _third(begin: int, stop: int) -> tuple[int, Value] | None:
    """The longest part of a triplet."""
    for units, name in ((32, "quarter"), (16, "eighth"), (8, "16th")):
        if begin + units <= stop and begin % units % 8 == 0 and begin // UNITS == (begin + units - 1) // UNITS:
            return units, Value(name, 0, 3, 2)
    return None


def _stands(begin: int, units: int, base: int, metre: tuple[int, int]) -> bool:
    """In beats of quarters: on a multiple of itself, or syncopated by half of it without crossing the middle."""
    if begin % base == 0:
        return True
    half_bar = 2 * UNITS if 4 * metre[0] % (2 * metre[1]) == 0 and metre[0] * 4 >= 4 * metre[1] else None
    crosses = half_bar is not None and begin // half_bar != (begin + units - 1) // half_bar
    return 2 * begin % base == 0 and (not crosses or begin % UNITS == 0) and units >= UNITS


def _stands_in_three(begin: int, units: int, base: int, metre: tuple[int, int]) -> bool:
    """In dotted beats: whole beats from a beat on, or within one."""
    beat = 12 * UNITS // metre[1]
    if begin % beat == 0 and units % beat == 0:
        return True
    return begin // beat == (begin + units - 1) // beat and begin % min(base, 4 * UNITS // metre[1]) == 0
