"""A note found by a threshold in place of dice: the keys are gone over from low to high, as a roll is played.

Where a model decides the bass first, the chance that a voice sings a key is that the key is played and none below it
is. What can still be said of each key in its turn follows from that: its share of all that is left from there up.
"""

from __future__ import annotations

import numpy as np

from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST
from companion.sampling.rules import LogProbs

LEAST_LEFT = 1e-6  # of a distribution: with less left above, shares of it say nothing


def first_reaching(scores: LogProbs, held: int, threshold: float) -> int:
    """The token of the lowest key whose chance in its turn reaches a threshold; a rest where none does and it may be.

    scores: log-probabilities ``[vocabulary]``; held: the code that a hold goes on with, below FIRST_STRIKE for none.
    Of holding a key and striking it again, the likelier.
    """
    chances = np.exp(scores)
    keys = chances[FIRST_STRIKE:].copy()
    if held >= FIRST_STRIKE:
        keys[held - FIRST_STRIKE] += chances[HOLD]
    left = keys[::-1].cumsum()[::-1] + chances[REST]
    reached = np.flatnonzero((keys > 0) & (left > LEAST_LEFT) & (keys >= threshold * left))
    if not len(reached):
        return REST if chances[REST] > 0 else int(scores.argmax())
    token = int(reached[0]) + FIRST_STRIKE
    return HOLD if token == held and chances[HOLD] >= chances[token] else token
