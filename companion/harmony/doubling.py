"""Which tones of its chord the upper voices share between them: what is doubled, and what may not be missing."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from companion.harmony.chords import NO_TONE, QUALITIES
from companion.model.codes import INVERSIONS

UPPER = 3  # voices above the bass
TONES = NO_TONE + 1  # a chord's four at most, and what is none of it
Dealt = tuple[int, ...]  # tones that upper voices sing, rising

DEALT: tuple[Dealt, ...] = tuple(
    dealt for voices in range(UPPER + 1) for dealt in combinations_with_replacement(range(TONES), voices)
)
DEALT_NUMBER = {dealt: number for number, dealt in enumerate(DEALT)}
_WHOLE = [dealt for dealt in DEALT if len(dealt) == UPPER]
_ORDERS = np.array([factorial(UPPER) / prod(factorial(dealt.count(tone)) for tone in range(TONES)) for dealt in _WHOLE])

_ALIEN = 0.05  # how much less likely each tone outside of the chord is, where nothing was counted
_TRUST_IN_ALL, _TRUST_IN_QUALITY = 3.0, 4.0  # counts
_STRONGEST = (-4.0, 3.0)  # nats


def completing(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[qualities, inversions, dealt, tones]``: nats that a tone wins by what other upper voices sing already.

    counts: ``[qualities, inversions, dealt]``, how often three upper voices shared a chord so.
    """
    usual = _ORDERS * [_ALIEN ** dealt.count(NO_TONE) for dealt in _WHOLE]
    usual /= usual.sum()
    whole = counts[..., [DEALT_NUMBER[dealt] for dealt in _WHOLE]]
    table = np.zeros((len(QUALITIES), INVERSIONS, len(DEALT), TONES))
    for quality, inversions in enumerate(whole):
        in_all = inversions.sum(axis=0)
        alike = (in_all + _TRUST_IN_ALL * usual) / (in_all.sum() + _TRUST_IN_ALL)
        for inversion, counted in enumerate(inversions):
            shares = (counted + _TRUST_IN_QUALITY * alike) / (counted.sum() + _TRUST_IN_QUALITY)
            table[quality, inversion] = _won(shares / _ORDERS)
    return table


def _won(in_order: NDArray[np.float64]) -> NDArray[np.float64]:
    """[dealt, tones] from the likelihood of three tones in one order, of each way to deal them."""
    likelihood: dict[Dealt, float] = dict(zip(_WHOLE, in_order.tolist(), strict=True))

    def of(dealt: Dealt) -> float:
        rest = product(range(TONES), repeat=UPPER - len(dealt))
        return sum(likelihood[tuple(sorted(dealt + tones))] for tones in rest)

    alone = np.array([of((tone,)) for tone in range(TONES)])
    won = np.zeros((len(DEALT), TONES))
    for dealt, number in DEALT_NUMBER.items():
        if len(dealt) < UPPER:
            following = np.array([of((*dealt, tone)) for tone in range(TONES)])
            won[number] = np.clip(np.log(following / following.sum()) - np.log(alone), *_STRONGEST)
    return won
