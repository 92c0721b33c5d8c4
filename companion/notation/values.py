"""What a length looks like on paper: note values, dots and triplets, tied where one cannot say it."""

from __future__ import annotations

import functools
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
THIRD_PLACES = {8, 16, 32, 40}  # of a quarter, in units: where triplets begin
FINE_PLACES = (24, 12, 6, 3)  # units: eighths to 64ths
PLAIN_TYPES = tuple(name for name in TYPES if name not in ("maxima", "long", "128th", "256th"))  # for what is made anew


def quarters_of(value: Value) -> Fraction:
    """How long a value lasts."""
    dotted = TYPES[value.type] * (2 - Fraction(1, 2**value.dots))
    return dotted * value.normal / value.actual


def value_of(quarters: Fraction) -> Value | None:
    """The value of a length; None where no single one has it."""
    return _values().get(quarters)


@functools.cache
def _values() -> dict[Fraction, Value]:
    """By length: plain and dotted ones, then those of triplets."""
    plain = [Value(name, dots) for dots in range(MOST_DOTS + 1) for name in TYPES]
    triplets = [Value(name, 0, 3, 2) for name in TYPES]
    return {quarters_of(value): value for value in reversed([*plain, *triplets])}


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
        yield from _pieces(begin, stop, _levels(metre), metre)


def _levels(metre: tuple[int, int]) -> list[int]:
    """How far apart the places of a bar are that show its beat, the strongest first."""
    bar = 4 * UNITS * metre[0] // metre[1]
    if metre[1] >= 8 and metre[0] % 3 == 0:
        return [12 * UNITS // metre[1], 4 * UNITS // metre[1], *FINE_PLACES]
    halves = [bar // 2] if bar % (2 * UNITS) == 0 and bar > 2 * UNITS and metre[0] % 2 == 0 else []
    return [*halves, 4 * UNITS // metre[1], UNITS, *FINE_PLACES]


def _pieces(begin: int, stop: int, levels: Sequence[int], metre: tuple[int, int]) -> Iterator[tuple[int, Value]]:
    """One value where one may stand here, else two parts that meet on the strongest place between."""
    units = stop - begin
    value = value_of(Fraction(units, UNITS))
    if value is not None and (value.actual == 3 or _stands(begin, units, value, metre)):
        yield units, value
        return
    cut = _cut(begin, stop, levels)
    if cut is None:  # finer than 64ths: as long as it lasts
        yield units, value or Value("64th")
        return
    yield from _pieces(begin, cut, levels, metre)
    yield from _pieces(cut, stop, levels, metre)


def _cut(begin: int, stop: int, levels: Sequence[int]) -> int | None:
    """The strongest place inside: the last one from a beat on, the first one from off the beat."""
    for level in levels:
        first = begin - begin % level + level
        last = stop - 1 - (stop - 1) % level
        if begin < first <= last < stop:
            return last if begin % UNITS == 0 else first
    return None


def _stands(begin: int, units: int, value: Value, metre: tuple[int, int]) -> bool:
    """Whether a value shows the beat where it stands."""
    if value.type not in PLAIN_TYPES or value.dots > 1:
        return False
    base = int(TYPES[value.type] * UNITS)
    if metre[1] >= 8 and metre[0] % 3 == 0:
        return _stands_in_three(begin, units, base, metre)
    return _stands_in_two(begin, units, base, metre)


def _stands_in_two(begin: int, units: int, base: int, metre: tuple[int, int]) -> bool:
    """In beats of quarters: on a multiple of itself, or syncopated by half of it."""
    on_beat, within = begin % UNITS == 0, begin // UNITS == (begin + units - 1) // UNITS
    if begin % base == 0 and (on_beat or within):
        return True
    half = _levels(metre)[0]
    crosses = half > UNITS and begin // half != (begin + units - 1) // half
    return 2 * begin % base == 0 and (on_beat or within or (units >= UNITS and not crosses))


def _stands_in_three(begin: int, units: int, base: int, metre: tuple[int, int]) -> bool:
    """In dotted beats: whole beats from a beat on, or within one."""
    beat, part = 12 * UNITS // metre[1], 4 * UNITS // metre[1]
    if begin % beat == 0 and units % beat == 0:
        return True
    return begin // beat == (begin + units - 1) // beat and begin % min(base, part) == 0
