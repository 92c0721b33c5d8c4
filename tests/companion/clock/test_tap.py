from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.clock.tap import MOST_TAPS, PAUSE_SECONDS, Taps


def tapped(*times_s: float) -> list[float | None]:
    """The tempo after each tap."""
    taps = Taps()
    return [None if bpm is None else round(bpm, 6) for bpm in map(taps.tap, times_s)]


def test_the_second_tap_tells_a_tempo_and_each_more_makes_it_truer() -> None:
    assert tapped(10.0, 10.5) == [None, 120.0]
    assert tapped(0.0, 0.49, 1.01, 1.5) == [None, 122.44898, 118.811881, 120.0]


def test_a_slip_of_the_hand_counts_not() -> None:
    assert tapped(0.0, 0.1, 0.5, 0.55, 1.0) == [None, None, 120.0, 120.0, 120.0]


def test_a_pause_begins_anew() -> None:
    assert tapped(0.0, 0.5, 0.5 + PAUSE_SECONDS, 3.3) == [None, 120.0, 30.0, 75.0]
    assert tapped(0.0, 0.5, 0.51 + PAUSE_SECONDS, 3.26) == [None, 120.0, None, 80.0]


def test_another_tempo_is_taken_at_once() -> None:
    assert tapped(0.0, 0.5, 1.0, 2.0, 3.0) == [None, 120.0, 120.0, 60.0, 60.0]


def test_a_tempo_that_drifts_is_averaged() -> None:
    assert tapped(0.0, 0.5, 1.1) == [None, 120.0, round(120 / 1.1, 6)]


def test_only_the_last_taps_count() -> None:
    times = [n * 0.5 for n in range(20)]
    times += [times[-1] + n * 0.6 for n in range(1, MOST_TAPS)]
    assert tapped(*times)[-1] == 100.0


@pytest.mark.parametrize("again", [1.0, 0.9])
def test_a_time_that_does_not_go_on_is_a_first_tap(again: float) -> None:
    assert tapped(0.5, 1.0, again) == [None, 120.0, None]


@given(st.floats(30.1, 400), st.integers(2, 12))
def test_even_taps_are_that_tempo(bpm: float, count: int) -> None:
    assert tapped(*[n * 60 / bpm for n in range(count)])[-1] == pytest.approx(bpm)
