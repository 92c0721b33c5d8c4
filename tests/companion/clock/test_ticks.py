"""The line through ticks, when they are late, held up, slower, or all of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.clock.ticks import TickLine

TICK = 0.02


def line_after(times: list[float]) -> TickLine:
    line = TickLine(TICK)
    for time_s in times:
        line.add(time_s)
    return line


def on_time(count: int, jitter: float = 0.0005) -> list[float]:
    """Ticks from time 0 on, with a little jitter."""
    times: list[float] = (TICK * np.arange(count) + np.random.default_rng(1).normal(0, jitter, count)).tolist()
    return times


@pytest.mark.parametrize("count", [1, 2, 5, 6, 30, 100])
def test_any_number_of_even_ticks_foretells_the_next(count: int) -> None:
    line = line_after([TICK * tick for tick in range(count)])
    assert line.index == count - 1
    assert line.next_s == pytest.approx(TICK * count)
    assert line.tick_seconds == pytest.approx(TICK)


@pytest.mark.parametrize("count", [2, 3, 6, 30])
def test_a_wrong_guess_of_the_tempo_is_soon_forgotten(count: int) -> None:
    line = line_after([0.03 * tick for tick in range(count)])
    assert line.tick_seconds == pytest.approx(0.03)
    assert line.next_s == pytest.approx(0.03 * count)


def test_the_jitter_is_estimated() -> None:
    assert line_after(on_time(1000, 0.002)).jitter_seconds == pytest.approx(0.002, rel=0.3)


@pytest.mark.parametrize("buffer", [0.0232, 0.02, 0.0116, 0.0107, 0.005])
@pytest.mark.parametrize("bpm", [104, 120, 180, 206, 213, 242])
def test_gaps_that_come_from_the_buffers_of_the_master_are_no_loss(bpm: float, buffer: float) -> None:
    times = np.ceil(np.arange(1500) * 60 / 24 / bpm / buffer) * buffer
    assert line_after(times.tolist()).index == 1499


@pytest.mark.parametrize("slower", [1.3, 1.5, 1.8, 2, 2.5, 3, 4])
@pytest.mark.parametrize("count", [60, 300])
def test_a_slower_tempo_is_no_loss(slower: float, count: int) -> None:
    times = on_time(count)
    line = line_after(times + [times[-1] + slower * (time_s + TICK) for time_s in on_time(40)])
    assert line.index == count + 39
    assert line.next_s == pytest.approx(times[-1] + 41 * slower * TICK, abs=0.002)
    assert line.tick_seconds == pytest.approx(slower * TICK, rel=0.01)


@pytest.mark.parametrize("stall", [0.006, 0.012, 0.018, 0.022, 0.03, 0.037, 0.041, 0.05, 0.063, 0.1, 0.15, 0.25])
@pytest.mark.parametrize("count", [60, 300])
def test_ticks_held_up_and_coming_all_at_once_are_counted_and_do_not_move_the_line(stall: float, count: int) -> None:
    times = on_time(count + 40)
    end = times[count] + stall
    line = line_after([max(time_s, end) if tick >= count else time_s for tick, time_s in enumerate(times)])
    assert line.index == count + 39
    assert line.next_s == pytest.approx((count + 40) * TICK, abs=0.001)


def test_a_late_tick_does_not_move_the_line() -> None:
    times = on_time(60)
    line = line_after(times)
    due = line.next_s
    line.add(due + 0.009)
    assert line.next_s == pytest.approx(due + TICK, abs=0.0002)


@pytest.mark.parametrize("pause", [8.3, 12, 20.5])
def test_a_master_that_pauses_goes_on_with_its_next_tick(pause: float) -> None:
    times = on_time(60)
    line = line_after(times + [pause * TICK + 60 * TICK + time_s for time_s in on_time(40)])
    assert line.index == 99
    assert line.next_s == pytest.approx((100 + pause) * TICK, abs=0.001)


def test_a_restart_keeps_the_tempo_and_goes_on_counting() -> None:
    line = line_after(on_time(60))
    assert line.fits(60 * TICK)
    assert not line.fits(60.4 * TICK)
    line.restart(7.0)
    assert (line.index, line.next_s) == (60, pytest.approx(7 + TICK, abs=0.0001))
    assert line.fits(7 + TICK)


def test_a_line_without_ticks_fits_nothing() -> None:
    assert not TickLine(TICK).fits(0.0)


def test_times_that_run_back_count_as_the_same_time() -> None:
    line = line_after([*on_time(60), 0.5, 0.4])
    assert line.index == 61
    assert line.latest_s == pytest.approx(59 * TICK, abs=0.002)
    assert line.tick_seconds > 0


@given(st.lists(st.integers(1, 6), min_size=1, max_size=200), st.integers(0, 1000))
def test_a_gap_is_never_filled_with_ticks_that_nobody_sent(gaps: list[int], seed: int) -> None:
    times = np.cumsum(gaps) * TICK + np.random.default_rng(seed).normal(0, 0.001, len(gaps))
    assert line_after(times.tolist()).index == len(gaps) - 1


@given(st.lists(st.floats(0, 0.4), max_size=120))
def test_whatever_comes_the_line_goes_forward(waits: list[float]) -> None:
    line, now_s = TickLine(TICK), 0.0
    for count, wait in enumerate(waits):
        now_s += wait
        line.add(now_s)
        assert 60 / 24 / 400 <= line.tick_seconds <= 60 / 24 / 20
        assert np.isfinite(line.next_s)
        assert line.index == count
