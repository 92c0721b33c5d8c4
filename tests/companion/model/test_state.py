"""A model's memory is a value: what comes later never changes what was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from companion.model.contract import StateContract
from companion.model.state import Window, initial_state


def row(number: float) -> NDArray[Any]:
    return np.full((1, 2), number, dtype=np.float32)


def numbers(window: Window) -> list[float]:
    assert window.rows.shape[1:] == (2,)
    np.testing.assert_array_equal(window.rows[:, 0], window.rows[:, 1])
    return [float(number) for number in window.rows[:, 0]]


@given(st.integers(1, 5), st.lists(st.integers(0, 1000), max_size=120))
def test_no_window_ever_changes(length: int, branches: list[int]) -> None:
    """Appends to windows of any age, against plain lists: they cross the end of the buffer many times."""
    windows = [Window(np.zeros((length, 2), dtype=np.float32))]
    plain = [[0.0] * length]
    for number, branch in enumerate(branches, start=1):
        parent = len(windows) - 1 if branch % 3 else branch % len(windows)
        windows.append(windows[parent].append(row(number)))
        plain.append([*plain[parent][1:], float(number)])
    assert [numbers(window) for window in windows] == plain


def test_siblings_are_apart() -> None:
    root = Window(np.zeros((2, 2), dtype=np.float32)).append(row(1))
    left, right = root.append(row(2)), root.append(row(3))
    left = left.append(row(4))
    assert [numbers(window) for window in (root, left, right)] == [[0, 1], [2, 4], [1, 3]]


def test_a_window_keeps_no_part_of_the_row_it_was_given() -> None:
    mine = row(1)
    window = Window(np.zeros((2, 2), dtype=np.float32)).append(mine)
    mine[:] = 9
    assert numbers(window) == [0, 1]


def test_rows_lie_side_by_side_and_are_not_copied() -> None:
    """What a graph reads must be one stretch of memory; between two moves it is the same buffer."""
    first = Window(np.zeros((4, 2), dtype=np.float32))
    second = first.append(row(1))
    assert second.rows.flags.c_contiguous
    assert np.shares_memory(first.rows, second.rows)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_initial_state_is_zeros_of_the_shape_and_type(dtype: str) -> None:
    state = initial_state((StateContract("a", (1, 3), dtype, "replace"), StateContract("b", (5, 2), dtype, "append")))
    assert set(state) == {"a", "b"}
    plain, window = state["a"], state["b"]
    assert isinstance(plain, np.ndarray)
    assert isinstance(window, Window)
    for array, shape in ((plain, (1, 3)), (window.rows, (5, 2))):
        assert (array.shape, array.dtype, array.any()) == (shape, np.dtype(dtype), False)
    assert window.append(np.ones((1, 2), dtype)).rows.dtype == np.dtype(dtype)
