"""The clock that asks nobody."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.clock.base import Clock, ClockEvent, Jumped, MetreSet, Started, Stopped
from companion.clock.internal import InternalClock
from companion.clock.table import make_clock
from companion.clock.tempo import check_bpm
from companion.errors import BadSetting
from companion.music.timebase import Timebase


def test_it_runs_from_its_start_to_its_stop() -> None:
    clock = InternalClock(120)
    assert (clock.poll(0.0), clock.timebase()) == ([], None)
    clock.start(10.0)
    clock.start(11.0)
    assert clock.timebase() == Timebase(0.0, 10.0, 0.125)
    clock.stop(12.0)
    clock.stop(13.0)
    assert clock.timebase() is None
    clock.start(14.0, address=64.0)
    assert clock.timebase() == Timebase(64.0, 14.0, 0.125)
    assert clock.poll(20.0) == [Started(0.0, 10.0), Stopped(12.0), Started(64.0, 14.0)]
    assert clock.poll(20.0) == []


def test_a_new_tempo_goes_on_from_where_the_music_is() -> None:
    clock = InternalClock(120)
    clock.start(0.0)
    clock.set_bpm(60, 1.0)
    assert clock.timebase() == Timebase(8.0, 1.0, 0.25)
    assert clock.bpm == 60
    assert clock.poll(2.0) == [Started(0.0, 0.0)]


def test_a_tempo_set_while_stopped_is_that_of_the_next_start() -> None:
    clock = InternalClock(120)
    clock.set_bpm(240, 1.0)
    clock.start(2.0)
    assert clock.timebase() == Timebase(0.0, 2.0, 0.0625)


def test_it_keeps_to_the_protocol_and_closes_twice() -> None:
    clock: Clock = InternalClock()
    clock.close()
    clock.close()
    assert clock.name == "internal"


@pytest.mark.parametrize("bpm", [19.9, 400.1, 0, -120, math.nan, math.inf])
def test_a_tempo_out_of_range_is_one_line_and_changes_nothing(bpm: float) -> None:
    clock = InternalClock(90)
    with pytest.raises(BadSetting) as caught:
        clock.set_bpm(bpm, 0.0)
    assert str(caught.value) == f"bpm must be from 20 to 400, not {bpm:g}"
    assert clock.bpm == 90
    with pytest.raises(BadSetting):
        InternalClock(bpm)


def test_the_ends_of_the_range_are_in_it() -> None:
    assert (check_bpm(20), check_bpm(400)) == (20.0, 400.0)


@given(st.lists(st.tuples(st.floats(0.001, 10), st.floats(20, 400)), min_size=1, max_size=30))
def test_the_position_is_continuous_and_never_runs_back(changes: list[tuple[float, float]]) -> None:
    clock = InternalClock(100)
    clock.start(0.0)
    now_s, position = 0.0, 0.0
    for wait_s, bpm in changes:
        now_s += wait_s
        before = clock.timebase()
        clock.set_bpm(bpm, now_s)
        after = clock.timebase()
        assert before is not None
        assert after is not None
        assert after.step_at(now_s) == pytest.approx(before.step_at(now_s))
        assert after.step_at(now_s) > position
        position = after.step_at(now_s)
    assert clock.poll(now_s) == [Started(0.0, 0.0)]


@pytest.mark.parametrize(("name", "events"), [("internal", [Started(0.0, 3.0)]), ("midi", []), ("osc", [])])
def test_a_clock_is_opened_by_name_and_what_it_does_not_know_passes_it_by(name: str, events: list[ClockEvent]) -> None:
    clock = make_clock(name, 100)
    clock.start(3.0)
    assert clock.name == name
    if name != "osc":
        clock.transport(True, 64.0, 90.0, 3, 4, 3.0)
        clock.loop(True, 0.0, 16.0)
    if name != "midi":
        clock.receive(b"\xfa", 3.0)
    assert clock.poll(3.0) == events


def test_no_clock_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys, companion.clock.table; print([name for name in sys.modules if 'numpy' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_metre_that_is_wanted_is_told_before_the_start() -> None:
    clock = InternalClock(120)
    clock.count(3, 4)
    clock.start(1.0)
    assert clock.poll(1.0) == [MetreSet(3, 4), Started(0.0, 1.0)]


def test_a_place_that_is_gone_to_is_a_jump() -> None:
    clock = InternalClock(120)
    clock.start(0.0)
    assert clock.locate(-16.0, 1.0)
    assert clock.timebase() == Timebase(-16.0, 1.0, 0.125)
    assert clock.poll(1.0) == [Started(0.0, 0.0), Jumped(-16.0, 1.0)]


@pytest.mark.parametrize("name", ["midi", "osc"])
def test_where_somebody_else_leads_neither_tempo_nor_place_is_ours(name: str) -> None:
    clock = make_clock(name, 120)
    assert not clock.leads
    assert not clock.locate(0.0, 1.0)
    with pytest.raises(BadSetting, match=f"^the tempo is that of the {name} clock, which is followed: set it there$"):
        clock.set_bpm(100, 1.0)
    assert clock.poll(1.0) == []
