from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.clock.addresses import Addresses, Loop
from companion.music.bars import Barlines


def test_at_first_steps_are_addresses() -> None:
    assert Addresses().address_of(17) == 17
    assert Addresses().barlines == Barlines(16, 0)


def test_a_start_goes_on_at_the_same_place_in_the_bar() -> None:
    addresses = Addresses().started(5.25, position=100.3)
    assert addresses.position_of(5.25) == 101.25  # 101 is the first step from 100.3 on that is a bar's sixth
    assert addresses.barlines.bar_start(101) == 96


def test_a_start_at_the_very_place_stays_there() -> None:
    assert Addresses().started(32.0, position=32.0).position_of(32.0) == 32.0


def test_a_loop_goes_on_in_the_music_and_back_in_the_song() -> None:
    addresses = Addresses().with_loop(Loop(16.0, 32.0))
    assert [addresses.address_of(step) for step in (30, 31, 32, 33, 48)] == [30, 31, 16, 17, 16]
    wrapped = addresses.jumped(16.0, position=32.0)
    assert [wrapped.address_of(step) for step in (32, 33, 48)] == [16, 17, 16]
    assert wrapped.position_of(16.0) == 32.0


def test_what_was_told_before_a_loop_holds_after_it() -> None:
    before = Addresses().with_loop(Loop(16.0, 32.0))
    after = before.jumped(16.0, position=32.0)
    assert [before.address_of(step) for step in range(32, 60)] == [after.address_of(step) for step in range(32, 60)]


def test_after_the_end_of_a_loop_nothing_wraps_any_more() -> None:
    assert Addresses(loop=Loop(4.0, 4.0)).address_of(9) == 9


@pytest.mark.parametrize(
    ("position", "address", "there"),
    [
        (5.3, 20.0, 6.0),  # on to the next step
        (5.3, 20.5, 5.5),  # within the same
        (5.3, 20.25, 5.25),  # a hair back is the same place
        (32.0, 0.0, 32.0),
    ],
)
def test_a_jump_keeps_the_place_within_the_step(position: float, address: float, there: float) -> None:
    assert Addresses().jumped(address, position).position_of(address) == pytest.approx(there)


@given(st.floats(0, 1e5), st.floats(-64, 1e5))
def test_the_music_never_goes_back_by_more_than_a_quarter_step(position: float, address: float) -> None:
    for addresses in (Addresses().jumped(address, position), Addresses().started(address, position)):
        assert addresses.position_of(address) >= position - 0.2500001


def test_a_metre_changes_the_bars() -> None:
    assert Addresses(shift=-4).with_metre(3, 4).barlines == Barlines(12, 4)
    assert Addresses().with_metre(6, 8).barlines.bar_steps == 12
