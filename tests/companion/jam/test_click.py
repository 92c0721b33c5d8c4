"""A metronome and a count-in in a whole jam: what is told to the player, shown, answered, and never heard."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from support.fakes import Babbler
from support.jamrig import Rig

from companion.clock.addresses import Addresses
from companion.clock.internal import InternalClock
from companion.clock.midi import MidiClock
from companion.clock.transport import TransportClock
from companion.commands.replay import replay
from companion.controls.settings import Settings
from companion.music.messages import SIDE_STICK
from companion.player.messages import EchoKey, PlayFrames, SetClick, SetTimebase
from companion.record.log import Header, LoggedCommand, LoggedFrame, LoggedNote, LogWriter
from companion.session.turns import ANSWERING, IDLE, PHRASE

SETTINGS = Settings(model="babbler", seed=5)
CLICK = [0x99, 37, 120]


def counting(bars: int = 1, at: float = 5.5, **more: Any) -> Rig:
    """A rig that was told to go, and counts in."""
    rig = Rig(Babbler(), replace(SETTINGS, count_in=bars), **more)
    rig.run_to(at)
    rig.engine.stroke("space")
    return rig


def begins(rig: Rig) -> int:
    """The first step of the answer."""
    return min(frame.step for command in rig.player.of(PlayFrames) for frame in command.frames)


def song(rig: Rig) -> float:
    """Where in the song the music is."""
    told = rig.player.of(SetTimebase)[-1]
    assert isinstance(told.addresses, Addresses)
    return float(told.timebase.step_at(rig.now_s) + told.addresses.shift)


@pytest.mark.parametrize("way", ["key", "cc", "osc"])
def test_the_click_is_toggled_by_key_control_change_and_osc(way: str) -> None:
    rig = Rig(Babbler(), SETTINGS)
    for on in (True, False):
        if way == "key":
            rig.engine.stroke("B")
        elif way == "cc":
            rig.engine.midi([0xB0, 103, 127 * on], rig.now_s)
        else:
            rig.osc("click", int(on))
        rig.run_until(rig.now_s + 0.1)
        assert rig.engine.picture(rig.now_s).click is on
    assert rig.player.of(SetClick) == [SetClick(True), SetClick(False)]
    assert [arguments for arguments in rig.heard("state") if arguments[0] == "click"] == [
        ("click", 0),
        ("click", 1),
        ("click", 0),
    ]


def test_a_click_changes_nothing_of_the_music() -> None:
    rig, other = (Rig(Babbler(), replace(SETTINGS, mode="duet")) for _ in range(2))
    for one in (rig, other):
        one.run_to(20)
        if one is rig:
            one.osc("click", 1)
            one.osc("click_channel", 12)
        one.run_to(40)
    assert rig.player.of(PlayFrames) == other.player.of(PlayFrames)
    assert rig.player.of(SetClick)[-1] == SetClick(True, 11)


def test_a_key_that_was_down_as_the_click_began_is_let_go() -> None:
    rig = Rig(Babbler(), replace(SETTINGS, mode="harmonise"), echo=True)
    rig.press(SIDE_STICK, channel=9)
    rig.osc("click", 1)
    rig.run_to(2)
    rig.release(SIDE_STICK, channel=9)
    assert [(key.pitch, key.velocity) for key in rig.player.of(EchoKey)] == [(SIDE_STICK, 80), (SIDE_STICK, 0)]


def test_its_own_click_is_never_heard_and_other_keys_on_its_channel_are() -> None:
    rig = Rig(Babbler(), replace(SETTINGS, click=True))
    rig.run_to(4)
    for message in (CLICK, [0x89, 37, 64], [0x99, 37, 80], [0x99, 37, 0]):
        rig.engine.midi(message, rig.now_s)
    assert rig.session.activity == IDLE
    assert not any(isinstance(entry, LoggedNote) for entry in rig.entries)
    rig.engine.midi([0x99, 38, 80], rig.now_s)
    assert rig.session.activity == PHRASE


def test_when_it_is_off_the_key_is_heard_again_but_not_its_last_echo() -> None:
    rig = Rig(Babbler(), replace(SETTINGS, click=True))
    rig.run_to(4)
    rig.osc("click", 0)
    rig.run_until(rig.now_s + 0.1)
    rig.engine.midi(CLICK, rig.now_s)
    assert rig.session.activity == IDLE
    rig.run_until(rig.now_s + 1)
    rig.engine.midi(CLICK, rig.now_s)
    assert rig.session.activity == PHRASE


# A count-in.


@pytest.mark.parametrize("grid", ["step", "beat", "bar"])
@pytest.mark.parametrize("bars", [1, 2])
@pytest.mark.parametrize("bpm", [20, 120, 400])
def test_bars_are_counted_from_the_key_on_and_the_answer_begins_with_bar_one(grid: str, bars: int, bpm: int) -> None:
    rig = Rig(Babbler(), replace(SETTINGS, count_in=bars, grid=grid), bpm=bpm)
    rig.run_to(5.6)
    rig.engine.stroke("space")
    rig.run_until(rig.now_s + 0.04)
    assert song(rig) == pytest.approx(-16 * bars + 0.01 / rig.step_s, abs=1e-6)
    assert rig.engine.picture(rig.now_s).activity == "counting in"
    one = rig.player.of(SetClick)[-1].counted_in
    assert one == -rig.player.of(SetTimebase)[-1].addresses.shift
    rig.run_until(rig.now_s + (16 * bars + 2) * rig.step_s)
    assert rig.session.activity == ANSWERING
    assert begins(rig) == one
    picture = rig.engine.picture(rig.now_s)
    assert (picture.bar, picture.activity) == (1, "answering")


def test_a_bar_of_another_metre_is_counted_in() -> None:
    clock = InternalClock(120)
    clock.count(3, 4)
    clock.start(0.0)
    rig = Rig(Babbler(), replace(SETTINGS, count_in=1), clock)
    rig.run_to(5)
    rig.engine.stroke("space")
    rig.run_until(rig.now_s + 0.04)
    assert song(rig) == pytest.approx(-12 + 0.01 / rig.step_s)
    assert rig.player.of(SetTimebase)[-1].addresses.barlines.bar_steps == 12
    rig.run_until(rig.now_s + 14 * rig.step_s)
    assert begins(rig) == rig.player.of(SetClick)[-1].counted_in


def test_its_clicks_are_not_heard_either() -> None:
    rig = counting()
    rig.run_until(rig.now_s + 0.1)
    rig.engine.midi(CLICK, rig.now_s)
    assert not any(isinstance(entry, LoggedNote) for entry in rig.entries)


@pytest.mark.parametrize("word", ["stop", "panic"])
def test_it_is_called_off(word: str) -> None:
    rig = counting()
    rig.run_until(rig.now_s + 0.5)
    rig.osc(word)
    rig.run_until(rig.now_s + 4)
    assert rig.session.activity == IDLE
    assert not rig.player.of(PlayFrames)
    assert rig.player.of(SetClick)[-1] == SetClick(False)


def test_so_does_the_button_of_go_and_stop() -> None:
    rig = counting()
    rig.run_until(rig.now_s + 0.5)
    rig.engine.midi([0xB0, 23, 127], rig.now_s)
    assert rig.engine.picture(rig.now_s).activity == "listening"


def test_the_same_key_calls_it_off_and_another_go_does_not_begin_it_again() -> None:
    rig = counting()
    rig.run_until(rig.now_s + 0.5)
    rig.osc("go")
    rig.run_until(rig.now_s + 0.1)
    assert song(rig) > -16 + 4
    rig.engine.stroke("space")
    rig.run_until(rig.now_s + 4)
    assert rig.session.activity == IDLE


def test_the_bars_that_go_asks_for_are_kept() -> None:
    rig = Rig(Babbler(), replace(SETTINGS, count_in=1))
    rig.osc("go", 2)
    rig.run_until(2.3)
    assert rig.session.progress.bars_left == 2


def test_while_a_phrase_is_played_nothing_is_counted() -> None:
    rig = Rig(Babbler(), replace(SETTINGS, count_in=1))
    rig.run_to(4)
    rig.press(67)
    rig.run_to(6)
    rig.engine.stroke("space")
    rig.run_to(9)
    assert rig.session.activity == ANSWERING
    assert song(rig) == pytest.approx(9)


@pytest.mark.parametrize("clock", [MidiClock(), TransportClock()])
def test_where_somebody_else_leads_it_answers_at_once_and_says_so(clock: Any) -> None:
    rig = Rig(Babbler(), replace(SETTINGS, count_in=1), clock)
    if isinstance(clock, MidiClock):
        for count in range(30):
            rig.engine.midi([0xFA if count == 0 else 0xF8], rig.now_s)
            rig.run_until(rig.now_s + 0.0208)
    else:
        rig.osc("transport", 1, 0.0, 120.0, 4, 4)
        rig.run_until(0.1)
    rig.osc("go")
    assert rig.session.activity == ANSWERING
    assert rig.heard("status")[-1] == (f"no bar is counted in: the {clock.name} clock says where the bars are",)


def test_a_log_of_a_count_in_is_played_again_to_the_note(tmp_path: Path) -> None:
    path = tmp_path / "counted.jsonl"
    settings = replace(SETTINGS, count_in=1)
    header = Header("0", "babbler", "0" * 64, 5, asdict(settings), "now")
    writer = LogWriter(path, header)
    rig = Rig(Babbler(), settings, log=writer.write)
    rig.run_to(5.4)
    rig.engine.stroke("space")
    rig.osc("click", 1)
    rig.run_to(60)
    rig.osc("tap")
    rig.run_to(64)
    rig.osc("tap")
    rig.run_to(80)
    writer.close()
    result = replay(path, lambda name: Babbler())  # type: ignore[arg-type,return-value]
    assert (result.frames > 20, result.first_difference) == (True, None)


def test_what_is_counted_stands_in_the_log_when_it_is_asked_of_the_session() -> None:
    rig = counting()
    rig.run_until(rig.now_s + 3)
    (go,) = [entry for entry in rig.entries if isinstance(entry, LoggedCommand) and entry.name == "go"]
    first = min(entry.step for entry in rig.entries if isinstance(entry, LoggedFrame))
    assert go.now < first <= go.now + 2.5
