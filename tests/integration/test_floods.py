"""A short form of ``python -m tests.stress floods``: the floods that broke something once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stress import floods


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read in /proc")
@pytest.mark.parametrize("flood", floods.short_floods(), ids=lambda flood: f"{flood.name}-{flood.rate}")
def test_a_jam_weathers_a_flood(flood: floods.Flood) -> None:
    came = floods.weather(flood, 2.0)
    assert came.sent > flood.rate
    assert came.errors < 60
    assert came.faults == [], came.line
