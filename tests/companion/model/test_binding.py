"""A bound graph uses the same arrays again and again; nothing of that is ever seen from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import random_source

from companion.model.library import bundled_models, find_model, open_file
from companion.model.runtime import Model
from companion.model.state import State, Window
from companion.music.vocabulary import IntArray

STEPS = 24


@pytest.fixture(scope="module", params=bundled_models())
def model(request: pytest.FixtureRequest) -> Model:
    return open_file(find_model(request.param))


def rows_of(model: Model, seed: int) -> list[IntArray]:
    """Any rows that the model may be told."""
    spans = np.diff(np.append(model.row.offsets, model.row.rows))
    ids = model.row.offsets + random_source(seed).integers(0, spans, (STEPS, model.row.width))
    return list(ids.astype(np.int32))


def numbers(state: State) -> dict[str, NDArray[Any]]:
    """A copy of all that a state says."""
    return {name: np.array(value.rows if isinstance(value, Window) else value) for name, value in state.items()}


def said(model: Model, state: State, rows: list[IntArray]) -> list[list[float]]:
    """The logits of each row after those before it."""
    found = []
    for row in rows:
        logits, state = model.step(row, state)
        found.append(logits.tolist())
    return found


def test_what_was_returned_stays_as_it_was(model: Model) -> None:
    """Each state and each step's logits, however many steps are made after it and from whichever state."""
    state, kept = model.initial_state(), []
    for row in rows_of(model, 1):
        logits, state = model.step(row, state)
        kept.append((state, logits, numbers(state), logits.copy()))
    said(model, kept[3][0], rows_of(model, 2))
    for state, logits, before, logits_before in kept:
        np.testing.assert_array_equal(logits, logits_before)
        for name, value in numbers(state).items():
            np.testing.assert_array_equal(value, before[name])


def test_from_a_kept_state_the_same_comes_again(model: Model) -> None:
    rows, state = rows_of(model, 1), model.initial_state()
    for row in rows[:8]:
        _, state = model.step(row, state)
    once = said(model, state, rows[8:])
    said(model, state, rows[::-1])  # another way on, thrown away
    assert said(model, state, rows[8:]) == once


def test_two_threads_do_not_mix(model: Model) -> None:
    """As two sessions that share a model."""
    rows = [rows_of(model, seed) for seed in range(4)]
    alone = [said(model, model.initial_state(), some) for some in rows]
    with ThreadPoolExecutor(len(rows)) as pool:
        together = list(pool.map(lambda some: said(model, model.initial_state(), some), rows))
    assert together == alone


def test_a_state_of_one_model_serves_another_of_its_kind(model: Model) -> None:
    """A state is numbers alone, and knows nothing of the arrays that it went through."""
    rows, state = rows_of(model, 1), model.initial_state()
    for row in rows[:8]:
        _, state = model.step(row, state)
    assert said(open_file(find_model(model.contract.name)), state, rows[8:]) == said(model, state, rows[8:])
