"""What tells for an end, learnt from silences whose meaning is known."""

from __future__ import annotations

import numpy as np

from companion.music.vocabulary import Note
from companion.phrase.ends import END_NATS
from export.data.folksongs import Tune
from export.phrasing.learning import LEARNT_STEPS, fit_weights, logistic, silences_of
from export.phrasing.marks import MarkedSong

NOTES = tuple(Note(4 * place, 0, 60 + place % 5, 4) for place in range(16))
SONG = MarkedSong(Tune("t", "4/4", 16, 0, NOTES), (7, 15))


def test_what_tells_has_a_weight_and_what_does_not_has_none() -> None:
    dice = np.random.default_rng(1)
    signs = np.column_stack([np.ones(4000), dice.integers(0, 2, 4000), dice.integers(0, 2, 4000)]).astype(np.float64)
    ends = (dice.random(4000) < 1 / (1 + np.exp(1 - 2 * signs[:, 1]))).astype(np.float64)
    weights = logistic(signs, ends)
    assert np.abs(weights - [-1, 2, 0]).max() < 0.25


def test_every_16th_of_silence_is_learnt_from_and_those_after_phrases_are_ends() -> None:
    silences = [one for number in range(6) for one in silences_of(SONG, number)]
    assert {len(signs) for signs, _ in silences} == {len(END_NATS)}
    after = [is_end for _, is_end in silences]
    assert sum(after) == 6 * 2 * (LEARNT_STEPS - 1)
    assert 0 < after.count(False) < len(after)


def test_weights_are_fitted_by_their_names() -> None:
    weights = fit_weights([SONG, SONG, SONG])
    assert list(weights) == list(END_NATS)
    assert weights["quarter notes of silence"] > 0
