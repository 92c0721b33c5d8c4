"""The yardstick: a note by predict on a sequence that grows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from export import notebook_speed

pytestmark = pytest.mark.train


class Predictor:
    """Stands in for a Keras model: keeps what it was shown, and always predicts symbol 7."""

    shown: list[list[int]]

    def __init__(self, layers: list[Any]) -> None:
        assert [type(layer).__name__ for layer in layers] == ["Embedding", "GRU", "GRU", "Dense"]
        Predictor.shown = []

    def predict(self, sequences: Any, verbose: int) -> Any:
        assert verbose == 0
        (sequence,) = sequences.tolist()
        Predictor.shown.append(sequence)
        return np.eye(notebook_speed.NOTEBOOK_SYMBOLS)[[7]]


def test_each_note_reads_all_notes_before_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ticks = iter([0.0, 0.010, 1.0, 1.030, 2.0, 2.020])
    monkeypatch.setattr(notebook_speed, "NOTES", 3)
    monkeypatch.setattr(notebook_speed.keras, "Sequential", Predictor)
    monkeypatch.setattr(notebook_speed.time, "perf_counter", lambda: next(ticks))
    notebook_speed.main()
    assert json.loads(capsys.readouterr().out) == {"p50": 20.0, "max": 30.0}
    start = [0] * 64
    assert Predictor.shown == [start, start, [*start, 7], [*start, 7, 7]]  # the first call only compiles
