"""The beats of a metre: a quarter, a dotted quarter in compound metres, some of each in 5/8 and 7/8.

A model hears four steps to a beat. In a beat of three parts they stand at 0, ⅓, ⅔ and ⅚ of it, so that long and short
(♩♪) are to it what two eighths are, the most usual way to divide a beat, and three equal notes an eighth of a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

EIGHTH = 8  # the unit of compound metres, and of those whose beats are unequal
LEAST_BAR = 0.5  # quarters; shorter bars have no beats of their own
LONG = 2 / 3  # of a beat of three parts: its long one


class Beat(NamedTuple):
    """One beat of a bar."""

    quarters: float  # its length
    in_three: bool = False  # it has three parts


QUARTER, DOTTED = Beat(1.0), Beat(1.5, in_three=True)


def beats_of(numerator: int, denominator: int, weight: Callable[[int], float] = lambda _: 0.0) -> tuple[Beat, ...]:
    """The beats of a bar.

    weight: how much speaks for a beat after so many eighths of the bar, where beats are unequal; where nothing does,
        the long beat of 5/8 comes first and that of 7/8 last.
    """
    if denominator >= EIGHTH and numerator % 3 == 0 and 4 * numerator / denominator > LEAST_BAR:
        return (Beat(12 / denominator, in_three=True),) * (numerator // 3)
    if denominator == EIGHTH and numerator % 2 and numerator > 3:
        return _unequal(numerator, weight)
    whole, rest = divmod(4 * numerator / denominator, 1)
    beats = [QUARTER] * int(whole)
    if not beats or rest >= LEAST_BAR:
        return (*beats, Beat(rest if rest >= LEAST_BAR else 1.0))
    return (*beats[:-1], Beat(1 + rest))


def _unequal(eighths: int, weight: Callable[[int], float]) -> tuple[Beat, ...]:
    """Quarters and one dotted one, where most speaks for it."""
    pairs = (eighths - 3) // 2
    orders = [(*[QUARTER] * before, DOTTED, *[QUARTER] * (pairs - before)) for before in range(pairs + 1)]
    usual = 0 if pairs == 1 else pairs

    def speaks_for(place: int) -> tuple[float, bool]:
        starts, at = [], 0.0
        for beat in orders[place]:
            starts.append(round(2 * at))
            at += beat.quarters
        return sum(map(weight, starts)), place == usual

    return orders[max(range(len(orders)), key=speaks_for)]
