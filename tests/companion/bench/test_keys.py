from __future__ import annotations

from pathlib import Path

from companion.bench.keys import time_keys

ROOT = Path(__file__).resolve().parents[3]


def test_keys_are_timed_to_the_players_answer() -> None:
    figures = time_keys(str(ROOT / "models" / "gru.onnx"), keys=40)
    assert 0 < figures["p50"] <= figures["p99"] <= figures["max"]
