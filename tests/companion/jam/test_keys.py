"""The player's keys under the pedal: they sound on, keep the phrase open, and come out of the log again."""

from __future__ import annotations

from typing import Any

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.controls.knobs import Binding, ControlMap, Learning, Target
from companion.jam.keys import PEDAL, Sustain
from companion.player.messages import EchoKey
from companion.record.log import LoggedLift, LoggedNote
from companion.session.turns import ANSWERING, PHRASE

SETTINGS = babbling(seed=5)


def rig(**kwargs: Any) -> Rig:
    return Rig(Babbler(), SETTINGS, **kwargs)


def turn(rig: Rig, number: int, value: int, channel: int = 0) -> None:
    rig.engine.midi([0xB0 | channel, number, value], rig.now_s)


@pytest.mark.parametrize("over_osc", [False, True])
def test_a_held_pedal_keeps_the_phrase_open(over_osc: bool) -> None:
    jam = rig()

    def pedal(down: int) -> None:
        if over_osc:
            jam.osc("pedal", down)
        else:
            turn(jam, PEDAL, 127 * down)

    jam.run_to(0.2)
    pedal(1)
    jam.play(67, 69)
    jam.run_to(24)
    assert jam.session.activity == PHRASE
    pedal(0)
    jam.run_to(27)
    assert jam.session.activity == PHRASE  # the rest is counted from here
    jam.run_to(29)
    assert jam.session.activity == ANSWERING


def test_the_log_has_notes_as_long_as_they_sound() -> None:
    jam = rig()
    turn(jam, PEDAL, 64)
    jam.play(67)
    jam.run_to(8)
    turn(jam, PEDAL, 63)
    lifts = [(entry.pitch, round(entry.at, 1)) for entry in jam.entries if isinstance(entry, LoggedLift)]
    notes = [
        (entry.pitch, entry.velocity, round(entry.at, 1)) for entry in jam.entries if isinstance(entry, LoggedNote)
    ]
    assert lifts == [(67, 3.7)]
    assert notes == [(67, 80, 0.0), (67, 0, 8.0)]


def test_echoed_keys_sound_until_the_pedal_is_up() -> None:
    jam = rig(echo=True)
    turn(jam, PEDAL, 127)
    jam.play(72, 74)
    jam.run_to(9)
    assert [(key.pitch, key.velocity) for key in jam.player.of(EchoKey)] == [(72, 80), (74, 80)]
    jam.press(74)  # struck again: it ends and begins
    jam.press(76)
    turn(jam, PEDAL, 0)
    told = [(key.pitch, key.velocity) for key in jam.player.of(EchoKey)[2:]]
    assert told == [(74, 0), (74, 80), (76, 80), (72, 0)]  # the fingers are on 74 and 76 still


def test_a_pedal_without_keys_holds_nothing() -> None:
    jam = rig()
    jam.play(67, 69)
    turn(jam, PEDAL, 127)
    jam.run_to(13)
    assert jam.session.activity == ANSWERING


@pytest.mark.parametrize("number", [120, 123])
@pytest.mark.parametrize("pedal", [0, 127])
def test_all_notes_and_all_sound_off_release_keys(number: int, pedal: int) -> None:
    jam = rig(echo=True)
    turn(jam, PEDAL, pedal)
    jam.press(60)
    jam.press(64)
    jam.run_to(1)
    jam.release(64)
    turn(jam, number, 0, channel=3)
    assert {key.pitch for key in jam.player.of(EchoKey) if not key.velocity} == {60, 64}
    jam.run_to(9)
    assert jam.session.activity == ANSWERING
    jam.release(60)  # which is no news
    assert jam.session.activity == ANSWERING


def test_reset_lets_the_pedal_go() -> None:
    jam = rig()
    turn(jam, PEDAL, 127)
    jam.play(67)
    turn(jam, 121, 0)
    jam.run_to(9)
    assert jam.session.activity == ANSWERING


def test_a_control_change_that_is_bound_is_no_pedal() -> None:
    learning = Learning(ControlMap((Binding(70, Target("panic")),)), (Target("keep"),))
    jam = rig(learning=learning)
    turn(jam, PEDAL, 127)  # learnt
    turn(jam, PEDAL, 0)
    turn(jam, PEDAL, 127)
    jam.play(67)
    jam.run_to(9)
    assert jam.session.activity == ANSWERING
    assert ("nothing to keep yet",) in jam.heard("status")  # it was told to


def test_voices_have_a_pedal_each() -> None:
    for by_channel, ends in ((True, [(1, 60)]), (False, [(0, 60), (1, 60)])):
        sustain = Sustain(by_channel)
        for channel in (0, 1):
            sustain.pedal(channel, True)
            sustain.press((channel, 60))
            assert sustain.lift((channel, 60))
        assert sustain.pedal(1, False) == ends
