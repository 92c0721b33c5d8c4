"""Lengths on paper."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from companion.notation.score import UNITS, Value
from companion.notation.values import quarters_of, split, value_of

SHORT = {"whole": "1", "half": "2", "quarter": "4", "eighth": "8", "16th": "16", "32nd": "32", "breve": "0"}


def shown(start: float, end: float, metre: tuple[int, int], cuts: tuple[float, ...] = ()) -> str:
    """ "2.~8": a dotted half tied to an eighth."""
    edges = [round(cut * UNITS) for cut in cuts]
    pieces = split(round(start * UNITS), round(end * UNITS), metre, edges)
    return "~".join(SHORT[value.type] + "." * value.dots + "t" * (value.actual == 3) for _, value in pieces)


@pytest.mark.parametrize(
    ("start", "end", "metre", "says"),
    [
        (0, 4, (4, 4), "1"),
        (0, 3, (3, 4), "2."),
        (1, 3, (4, 4), "2"),  # syncopated by a beat, which every singer reads
        (1, 4, (4, 4), "2."),
        (0.5, 1.5, (4, 4), "4"),
        (1.5, 2.5, (4, 4), "8~8"),  # over the middle of the bar
        (0, 2.5, (4, 4), "2~8"),
        (1.5, 4, (4, 4), "8~2"),
        (0.25, 0.75, (4, 4), "8"),
        (0.5, 1.25, (4, 4), "8~16"),
        (0, 5, (4, 4), "1~4"),
        (0, 6, (3, 2), "1."),
        (0, 1.5, (6, 8), "4."),
        (0, 3, (6, 8), "2."),
        (1, 2, (6, 8), "8~8"),  # over the dotted beat
        (0.5, 1.5, (6, 8), "4"),
        (0, 2, (6, 8), "4.~8"),
    ],
)
def test_a_length_shows_the_beat(start: float, end: float, metre: tuple[int, int], says: str) -> None:
    assert shown(start, end, metre) == says


def test_triplets_are_cut_at_their_quarter() -> None:
    third = 1 / 3
    assert shown(0, third, (4, 4)) == "8t"
    assert shown(third, 1, (4, 4)) == "4t"
    assert shown(2 * third, 2, (4, 4), cuts=(1,)) == "8t~4"


@given(some.integers(0, 63), some.integers(1, 64), some.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2), (3, 2), (5, 8)]))
def test_the_values_fill_the_length(start: int, length: int, metre: tuple[int, int]) -> None:
    sixteenth = UNITS // 4
    pieces = list(split(start * sixteenth, (start + length) * sixteenth, metre))
    assert sum(units for units, _ in pieces) == length * sixteenth
    assert all(quarters_of(value) == Fraction(units, UNITS) for units, value in pieces)


@given(some.sampled_from(list(SHORT)), some.integers(0, 2))
def test_a_value_is_found_by_its_length(kind: str, dots: int) -> None:
    value = Value(kind, dots)
    assert value_of(quarters_of(value)) == value


def test_no_single_value_lasts_five_eighths() -> None:
    assert value_of(Fraction(5, 2)) is None
