"""What a model remembers between notes, as a value: stepping never changes an older one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.model.contract import StateContract

Array = NDArray[Any]

_SPARE_WINDOWS = 4  # a buffer holds this many windows, so that rows are moved only once in a while


class _Buffer:
    """Rows written end to end, shared by all windows that look into it."""

    def __init__(self, rows: Array, capacity: int) -> None:
        self.rows = np.zeros((capacity, *rows.shape[1:]), rows.dtype)
        self.rows[: len(rows)] = rows
        self.used = len(rows)


class Window:
    """The last rows of a memory. Appending gives a new window; the old one keeps its rows.

    Windows look into one long buffer, so that the rows a graph reads lie side by side without
    copying. A window that is no longer the newest of its buffer is copied before it goes on.
    """

    __slots__ = ("_buffer", "_end", "_length")

    def __init__(self, rows: Array) -> None:
        self._length = len(rows)
        self._buffer = _Buffer(rows, self._length * _SPARE_WINDOWS)
        self._end = self._length

    @property
    def rows(self) -> Array:
        """``[window, …]``, the newest last."""
        return self._buffer.rows[self._end - self._length : self._end]

    def append(self, row: Array) -> Window:
        """The window one row later; row is ``[1, …]``."""
        later = self if self._end == self._buffer.used < len(self._buffer.rows) else Window(self.rows)
        following = object.__new__(Window)
        following._length = later._length
        following._buffer = later._buffer
        following._buffer.rows[later._end] = row[0]
        following._end = following._buffer.used = later._end + 1
        return following


State = Mapping[str, Array | Window]


def aside(state: State, name: str) -> Array:
    """What a model said beside its logits, which comes with the state after a step."""
    said = state[name]
    assert isinstance(said, np.ndarray)
    return said


def initial_state(contracts: tuple[StateContract, ...]) -> State:
    """All zeros."""
    state: dict[str, Array | Window] = {}
    for contract in contracts:
        zeros = np.zeros(contract.shape, contract.dtype)
        state[contract.name] = Window(zeros) if contract.update == "append" else zeros
    return state
