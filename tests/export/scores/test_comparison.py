"""Models side by side: how they are timed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.fakes import Babbler

from companion.bench.frames import Timing
from companion.sampling.draw import Sampling
from export.scores import comparison


@pytest.mark.parametrize("fails", [False, True])
def test_a_stranger_is_timed_as_if_it_shipped_and_is_one_again(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    models = {"known": Babbler(), "own.onnx": Babbler()}
    for name, model in models.items():
        model.is_stranger = name == "own.onnx"  # type: ignore[attr-defined]
    seen: list[list[bool]] = []

    def timed(some: Sequence[Babbler], *_: object) -> list[Timing]:
        seen.append([model.is_stranger for model in some])  # type: ignore[attr-defined]
        if fails:
            raise KeyboardInterrupt
        return [Timing(1.0, 2.0, 3.0, 5, 0, 0.0), Timing(1.5, 2.5, 3.5, 5, 0, 0.0)]

    monkeypatch.setattr(comparison, "time_in_turns", timed)
    monkeypatch.setattr(comparison, "time_start", lambda name, runs: (0.5, {"known": 80.0, "own.onnx": 90.0}[name]))
    if fails:
        with pytest.raises(KeyboardInterrupt):
            comparison.speeds_of(models, Sampling(), 5)  # type: ignore[arg-type]
    else:
        first, second = comparison.speeds_of(models, Sampling(), 5)  # type: ignore[arg-type]
        assert first == {"frame_ms": {"p50": 1.0, "p99": 2.0}, "memory_mb": 80.0}
        assert second == {"frame_ms": {"p50": 1.5, "p99": 2.5}, "memory_mb": 90.0}
    assert seen == [[False, False]]
    assert [model.is_stranger for model in models.values()] == [False, True]  # type: ignore[attr-defined]
