"""Beats and bars on the steps of the running music."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.music.bars import Barlines
from companion.music.pulse import Pulse

BARLINES = st.builds(Barlines, st.integers(1, 40), st.integers(-50, 50))


@pytest.mark.parametrize(
    ("beats", "unit", "steps"), [(4, 4, 16), (3, 4, 12), (6, 8, 12), (2, 2, 16), (7, 8, 14), (1, 16, 1), (1, 64, 1)]
)
def test_bars_of_metres(beats: int, unit: int, steps: int) -> None:
    found = Barlines.of_metre(beats, unit, 3)
    assert (found.bar_steps, found.origin) == (steps, 3)


@pytest.mark.parametrize(
    ("position", "step", "beat", "bar"),
    [
        (0.0, 0, 0, 0),
        (0.1, 1, 4, 16),
        (3.9999, 4, 4, 16),
        (4.0000001, 4, 4, 16),  # float rounding is not lateness
        (4.001, 5, 8, 16),
        (15.5, 16, 16, 16),
        (16.0, 16, 16, 16),
        (-0.5, 0, 0, 0),
    ],
)
def test_lines_of_four_four(position: float, step: int, beat: int, bar: int) -> None:
    assert [Barlines().next_line(position, grid) for grid in ("step", "beat", "bar")] == [step, beat, bar]


def test_lines_where_bars_begin_elsewhere() -> None:
    barlines = Barlines(12, 5)
    assert [barlines.next_line(6.5, grid) for grid in ("step", "beat", "bar")] == [7, 9, 17]
    assert [barlines.next_line(-9, grid) for grid in ("step", "beat", "bar")] == [-9, -7, -7]


def test_beats_are_counted_from_the_bar_line() -> None:
    """7/8: the last beat of a bar is long."""
    barlines = Barlines.of_metre(7, 8)
    lines = []
    position = 0.0
    while position < 30:
        lines.append(barlines.next_line(position, "beat"))
        position = lines[-1] + 0.5
    assert lines == [0, 4, 8, 14, 18, 22, 28, 32]


@pytest.mark.parametrize(
    ("bar_steps", "origin", "first"), [(16, 0, 0), (16, 6, 2), (12, -3, 1), (14, 6, 0), (6, 1, 0), (20, 4, 0)]
)
def test_where_beats_lie_among_the_steps(bar_steps: int, origin: int, first: int) -> None:
    """Quarters that make no whole bars have no such place."""
    assert Barlines(bar_steps, origin).pulse == Pulse((4,), first)


@given(BARLINES, st.floats(-200, 200), st.sampled_from(["step", "beat", "bar"]))
def test_the_next_line_is_the_nearest_one_ahead(barlines: Barlines, position: float, grid: str) -> None:
    line = barlines.next_line(position, grid)
    assert line >= position - 1e-6
    for step in range(math.ceil(position), line):
        within = (step - barlines.origin) % barlines.bar_steps
        assert not (grid == "step" or within == 0 or (grid == "beat" and within % 4 == 0))
    within = (line - barlines.origin) % barlines.bar_steps
    assert {"step": True, "beat": within % 4 == 0, "bar": within == 0}[grid]


@given(BARLINES, st.integers(-200, 200))
def test_bar_start_and_place(barlines: Barlines, step: int) -> None:
    start = barlines.bar_start(step)
    assert start <= step < start + barlines.bar_steps and barlines.next_line(start, "bar") == start
    bar, beat = barlines.place(step)
    assert start == barlines.origin + (bar - 1) * barlines.bar_steps
    assert beat == (step - start) // 4 + 1


@pytest.mark.parametrize(
    ("barlines", "beats"),
    [
        (Barlines(), [0, 8, 16, 24, 32]),
        (Barlines(12), [0, 12, 24, 36]),
        (Barlines(8), [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]),
        (Barlines(14, 3), [3, 17, 31]),
    ],
)
def test_strong_beats(barlines: Barlines, beats: list[int]) -> None:
    assert barlines.strong_beats(0, 36) == beats
    assert barlines.strong_beats(9, 8) == []


@pytest.mark.parametrize("unit", [1, 2, 4, 8, 16, 32, 64])
def test_a_bar_of_broken_steps_counts_as_the_nearest_whole_number(unit: int) -> None:
    for beats in range(1, 33):
        assert abs(Barlines.of_metre(beats, unit).bar_steps - max(16 * beats / unit, 1)) <= 0.5


@pytest.mark.parametrize(
    ("metre", "beats"),
    [
        ((6, 8), (6, 6)),
        ((3, 8), (6,)),
        ((5, 8), (6, 4)),
        ((7, 8), (4, 4, 6)),
        ((3, 4), ()),
        ((2, 2), ()),
        ((3, 32), ()),
    ],
)
def test_beats_that_are_no_quarters(metre: tuple[int, int], beats: tuple[int, ...]) -> None:
    assert Barlines.of_metre(*metre).beats == beats


def test_lines_of_six_eight() -> None:
    barlines = Barlines.of_metre(6, 8, 12)
    assert [barlines.next_line(13, grid) for grid in ("step", "beat", "bar")] == [14, 18, 24]
    assert [barlines.place(step) for step in (12, 17, 18, 24)] == [(1, 1), (1, 1), (1, 2), (2, 1)]
    assert barlines.strong_beats(13, 40) == [24, 36]


class TestPulse:
    def test_quarters_are_heard_whole(self) -> None:
        assert [Pulse(origin=3).heard(step) for step in range(3, 9)] == [4, 5, 6, 7, 8, 9]

    def test_dotted_quarters_are_heard_as_quarters(self) -> None:
        heard = [Pulse((6,)).heard(step) for step in range(13)]
        assert heard == [0, None, 1, None, 2, 3, 4, None, 5, None, 6, 7, 8]

    def test_unequal_beats(self) -> None:
        heard = [Pulse((4, 6)).heard(step) for step in range(11)]
        assert heard == [0, 1, 2, 3, 4, None, 5, None, 6, 7, 8]

    @pytest.mark.parametrize("beats", [(4,), (6,), (4, 4, 6), (6, 4), (4, 3)])
    @given(step=st.integers(-100, 300), origin=st.integers(0, 30))
    def test_places_rise(self, beats: tuple[int, ...], step: int, origin: int) -> None:
        pulse = Pulse(beats, origin % sum(beats))
        assert pulse.place(step) < pulse.place(step + 0.5) < pulse.place(step + 1)
        if (heard := pulse.heard(step)) is not None:
            assert pulse.place(step) == heard
        assert pulse.first_heard(step) - step <= 1
