"""A threshold in place of dice: keys from low to high, each by its share of what is left."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.fakes import random_source

from companion.errors import BadSetting
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import History
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import Sampling, choose
from companion.sampling.rules import LogProbs, NoteContext, sings_on
from companion.sampling.threshold import first_reaching

C, E, G = strike(60), strike(64), strike(67)


def scores_of(shares: dict[int, float]) -> LogProbs:
    scores = np.full(VOCABULARY_SIZE, -math.inf)
    for token, share in shares.items():
        scores[token] = math.log(share)
    return scores


CHORD = scores_of({C: 0.2, E: 0.4, G: 0.3, REST: 0.1})  # in their turns 0.2, 0.5 and 0.75


@pytest.mark.parametrize(
    ("threshold", "token"),
    [(0.1, C), (0.2, C), (0.21, E), (0.49, E), (0.51, G), (0.74, G), (0.76, REST), (1.0, REST)],
)
def test_the_lowest_key_that_is_likely_enough_in_its_turn(threshold: float, token: int) -> None:
    assert first_reaching(CHORD, NOTHING, threshold) == token


def test_where_there_is_no_rest_the_highest_key_is_certain() -> None:
    assert first_reaching(scores_of({C: 0.2, E: 0.5, G: 0.3}), NOTHING, 1.0) == G


def test_a_key_that_sounds_is_held_or_struck_whichever_is_likelier() -> None:
    assert first_reaching(scores_of({HOLD: 0.3, E: 0.2, G: 0.5}), E, 0.5) == HOLD
    assert first_reaching(scores_of({HOLD: 0.2, E: 0.3, G: 0.5}), E, 0.5) == E
    assert first_reaching(scores_of({HOLD: 0.2, E: 0.3, G: 0.5}), E, 0.51) == G


def test_of_next_to_nothing_there_are_no_shares() -> None:
    """Beyond what numbers can tell, the likeliest comes, if it may not rest."""
    assert first_reaching(scores_of({C: 1 - 1e-9, G: 1e-9}), NOTHING, 1.0) == C


def context_of(now: int = NOTHING) -> NoteContext:
    history = History((now,) * 4, (now,) * 4, (NOTHING,) * 4, (4,) * 4)
    return NoteContext(3, (UNDECIDED,) * 4, (NOTHING,) * 4, history)


def test_a_choice_by_threshold_throws_no_dice_and_keeps_the_rules() -> None:
    dice = random_source(1)
    before = dice.bit_generator.state
    logits = CHORD.astype(np.float32).clip(-50)
    rested = choose(logits, context_of(), Sampling(threshold=0.9), dice)
    assert (rested.token, rested.probability) == (REST, pytest.approx(0.1, abs=1e-6))
    sung = choose(logits, context_of(), Sampling(threshold=0.9, rules=(sings_on,)), dice)
    assert (sung.token, sung.probability) == (G, pytest.approx(1 / 3, abs=1e-6))
    assert dice.bit_generator.state == before


def test_a_hold_counts_for_the_key_that_sounds() -> None:
    logits = scores_of({HOLD: 0.6, C: 0.1, G: 0.3}).astype(np.float32).clip(-50)
    assert choose(logits, context_of(C), Sampling(threshold=0.65), random_source(1)).token == HOLD


@pytest.mark.parametrize("threshold", [0.0, -0.5, 1.01, math.nan])
def test_a_threshold_is_a_share(threshold: float) -> None:
    with pytest.raises(BadSetting, match="threshold must be above 0 and at most 1, not "):
        Sampling(threshold=threshold)


def test_all_keys_are_gone_over() -> None:
    for token in range(FIRST_STRIKE, VOCABULARY_SIZE):
        assert first_reaching(scores_of({token: 0.9, REST: 0.1}), NOTHING, 0.9 - 1e-9) == token
