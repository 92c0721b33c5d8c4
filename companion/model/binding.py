"""A graph whose inputs and outputs are bound once: a step then only copies numbers."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from companion.model.contract import Contract
from companion.model.state import Array, State, Window
from companion.music.vocabulary import VOCABULARY_SIZE, IntArray

FEATURES_INPUT = "features"
LOGITS_OUTPUT = "logits"

Logits = NDArray[np.float32]


class BoundGraph:
    """Runs a graph on arrays of its own. What is told is copied in, what is returned is copied out: all stay values."""

    def __init__(self, session: ort.InferenceSession, contract: Contract, width: int) -> None:
        self._session = session
        self._binding = session.io_binding()
        self._turn = threading.Lock()  # the arrays serve one run at a time
        self._ids = self._input(FEATURES_INPUT, (1, width), "int32")
        self._logits = self._output(LOGITS_OUTPUT, (1, VOCABULARY_SIZE), "float32")
        replaced = [state for state in contract.states if state.update == "replace"]
        self._before = {state.name: self._input(state.name, state.shape, state.dtype) for state in replaced}
        self._after = {s.name: self._output(f"{s.name}_next", s.next_shape, s.dtype) for s in contract.states}
        self._asides = {each.name: self._output(each.name, (1, each.size), "float32") for each in contract.asides}
        self._windows = [state.name for state in contract.states if state.update == "append"]

    def run(self, ids: IntArray, state: State, options: ort.RunOptions | None) -> tuple[Logits, State]:
        """See Model.step."""
        with self._turn:
            self._ids[0] = ids
            for name, before in self._before.items():
                before[...] = state[name]
            for name in self._windows:  # where its rows lie, which is elsewhere each time
                self._binding.bind_cpu_input(name, _window(state, name).rows)
            self._session.run_with_iobinding(self._binding, options)
            said = {**self._after, **self._asides}
            following: dict[str, Array | Window] = {name: after.copy() for name, after in said.items()}
            for name in self._windows:
                following[name] = _window(state, name).append(self._after[name])
            return self._logits[0].copy(), following

    def _input(self, name: str, shape: tuple[int, ...], dtype: str) -> Array:
        array: NDArray[Any] = np.zeros(shape, dtype)
        self._binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        return array

    def _output(self, name: str, shape: tuple[int, ...], dtype: str) -> Array:
        array: NDArray[Any] = np.zeros(shape, dtype)
        self._binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))
        return array


def _window(state: State, name: str) -> Window:
    window = state[name]
    assert isinstance(window, Window)
    return window
