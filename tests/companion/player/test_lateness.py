"""The lateness meter: percentiles from bins, interrupted messages apart."""

from __future__ import annotations

import pytest

from companion.player.lateness import BIN_SECONDS, BINS, Lateness, LatenessMeter, involuntary_switches


def test_nothing_sent() -> None:
    assert LatenessMeter().read() == Lateness(0, 0, 0, 0)


def test_percentiles() -> None:
    meter = LatenessMeter()
    for late_us in range(1, 1001):  # 1 us .. 1 ms
        meter.add(late_us * 1e-6)
    found = meter.read()
    assert (found.p50_ms, found.p99_ms) == pytest.approx((0.5, 0.99), abs=0.0101)  # a bin
    assert (found.max_ms, found.sent) == (1.0, 1000)


def test_never_more_than_the_largest() -> None:
    meter = LatenessMeter()
    meter.add(0.000_001)
    assert meter.read() == Lateness(0.001, 0.001, 0.001, 1)


def test_beyond_the_bins() -> None:
    meter = LatenessMeter()
    meter.add(BINS * BIN_SECONDS * 3)
    assert meter.read() == Lateness(150.0, 150.0, 150.0, 1)


def test_interrupted_messages_stand_apart() -> None:
    switches = 5
    meter = LatenessMeter(lambda: switches)
    meter.add(0.001)
    switches += 1
    meter.add(0.030)
    meter.add(0.020)
    meter.mark()
    meter.add(0.001)
    assert meter.read() == Lateness(1.0, 1.0, 1.0, 4, 2, 30.0)


def test_memory_is_bounded() -> None:
    meter = LatenessMeter()
    before = len(meter._bins)
    for late_ms in range(200):
        meter.add(late_ms / 1000)
    assert len(meter._bins) == before == BINS


def test_switches_are_counted() -> None:
    count = involuntary_switches()
    assert 0 <= count() <= count()
