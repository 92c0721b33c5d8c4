"""The click under fake time: which beats, how loud, how long, and that none hangs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.recording import RecordingOutput, sounding

from companion.clock.addresses import Addresses, Loop
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.click import CLICK_SECONDS
from companion.player.messages import (
    Close,
    HeldOver,
    Panic,
    PlayerCommand,
    PlayFrames,
    SetClick,
    SetOffset,
    SetTimebase,
    Silence,
)
from companion.player.player import Player

STEP_S = 0.125
ON, OFF, SIDE_STICK = 0x99, 0x89, 37
LOUD, SOFT = 120, 80
ROUNDING_S = 1e-9


class Stage:
    """A player, the time, and when its output was sent what."""

    name = "timed"

    def __init__(self) -> None:
        self.now_s = 0.0
        self.output = RecordingOutput()
        self.timed: list[tuple[float, bytes]] = []
        self.player = Player(self, lambda: self.now_s)

    def send(self, message: bytes) -> None:
        self.output.send(message)
        self.timed.append((self.now_s, message))

    def poll(self, now_s: float) -> list:  # type: ignore[type-arg]
        return self.output.poll(now_s)

    def close(self) -> None:
        self.output.close()

    def tell(self, *commands: PlayerCommand) -> None:
        for command in commands:
            self.player.receive(command)
            self.player.due(self.now_s)

    def line(self, step: float = 0.0, in_s: float = 0.0, **song: object) -> None:
        addresses = replace(Addresses(), **song)  # type: ignore[arg-type]
        self.tell(SetTimebase(Timebase(step, self.now_s + in_s, STEP_S), addresses))

    def until(self, now_s: float) -> None:
        while (deadline_s := self.player.next_deadline_s()) is not None and deadline_s <= now_s + ROUNDING_S:
            self.now_s = max(self.now_s, deadline_s)
            self.player.due(self.now_s + ROUNDING_S)
            self.player.keep_house(self.now_s)
        self.now_s = max(self.now_s, now_s)

    def clicks(self) -> list[tuple[float, int]]:
        """(step, velocity) of those struck since the last call."""
        struck = [
            (round(time_s / STEP_S, 3), one[2]) for time_s, one in self.timed if one[:2] == bytes((ON, SIDE_STICK))
        ]
        self.timed.clear()
        return struck


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_off_unless_asked_for(stage: Stage) -> None:
    stage.line()
    stage.until(4.0)
    assert (stage.timed, stage.player.next_deadline_s()) == ([], None)


def test_each_beat_is_struck_for_a_moment_and_the_first_of_a_bar_louder(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    stage.until(16 * STEP_S)
    assert stage.timed[:3] == [
        (0.0, bytes((ON, SIDE_STICK, LOUD))),
        (CLICK_SECONDS, bytes((OFF, SIDE_STICK, 64))),
        (4 * STEP_S, bytes((ON, SIDE_STICK, SOFT))),
    ]
    assert stage.clicks() == [(0, LOUD), (4, SOFT), (8, SOFT), (12, SOFT), (16, LOUD)]


@pytest.mark.parametrize(
    ("beats", "unit", "within"),
    [
        (3, 4, [0, 4, 8, 12]),
        (6, 8, [0, 6, 12]),
        (9, 8, [0, 6, 12, 18]),
        (7, 8, [0, 4, 8, 14]),
        (5, 8, [0, 6, 10]),
        (2, 2, [0, 4, 8, 12, 16]),
    ],
)
def test_beats_are_those_of_the_metre(stage: Stage, beats: int, unit: int, within: list[int]) -> None:
    stage.tell(SetClick(on=True))
    stage.line(beats=beats, unit=unit)
    stage.until(within[-1] * STEP_S)
    assert stage.clicks() == [(step, LOUD if step in (0, within[-1]) else SOFT) for step in within]


def test_bars_are_those_of_the_song_through_a_jump_and_a_loop(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line(shift=2, loop=Loop(0, 12))
    stage.until(12 * STEP_S)
    assert stage.clicks() == [(2, SOFT), (6, SOFT), (10, LOUD)]  # back at address 0
    stage.line(12.0, shift=3)
    stage.until(18 * STEP_S)
    assert stage.clicks() == [(13, LOUD), (17, SOFT)]


def test_it_is_toggled_as_it_goes_and_a_beat_that_has_just_begun_is_heard(stage: Stage) -> None:
    stage.line()
    stage.until(4.1 * STEP_S)
    stage.tell(SetClick(on=True))
    stage.until(8 * STEP_S)
    stage.tell(SetClick(on=False))
    stage.until(20 * STEP_S)
    assert stage.clicks() == [(4.1, SOFT), (8, SOFT)]
    assert sounding(stage.output.messages) == []


def test_a_line_that_is_put_right_strikes_no_beat_twice(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    for count in range(1, 200):
        stage.until(count * 0.01)
        stage.tell(SetTimebase(Timebase((count * 0.01 - 0.003 * (count % 2)) / STEP_S, stage.now_s, STEP_S)))
    assert [round(step / 4) for step, _ in stage.clicks()] == [0, 1, 2, 3]


def test_what_is_long_over_is_left_out(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    stage.now_s = 10.5 * STEP_S
    stage.until(12 * STEP_S)
    assert stage.clicks() == [(0, LOUD), (12, SOFT)]


def test_bars_are_counted_in_though_the_click_is_off(stage: Stage) -> None:
    stage.tell(SetClick(on=False, counted_in=20))
    stage.line(4.0, shift=-20)
    stage.until(24 * STEP_S)
    assert stage.clicks() == [(0, LOUD), (4, SOFT), (8, SOFT), (12, SOFT)]  # four beats, up to step 20 of the music


def test_another_channel_is_struck_and_the_old_one_let_go(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    stage.until(0.01)
    stage.tell(SetClick(on=True, channel=15))
    stage.until(4.1 * STEP_S)
    assert [message for _, message in stage.timed] == [
        bytes((ON, SIDE_STICK, LOUD)),
        bytes((OFF, SIDE_STICK, 64)),
        bytes((0x9F, SIDE_STICK, SOFT)),
    ]


def test_it_comes_as_much_later_as_the_notes(stage: Stage) -> None:
    stage.tell(SetOffset(STEP_S), SetClick(on=True))
    stage.line(in_s=STEP_S)
    stage.until(6 * STEP_S)
    assert stage.clicks() == [(2, LOUD), (6, SOFT)]


def test_no_note_is_held_over_by_a_click(stage: Stage) -> None:
    rest = Part(None, False, 0, 0)
    stage.tell(SetClick(on=True), PlayFrames((SoundingFrame(4, (Part(60, True, 80, 0), rest, rest, rest)),)))
    stage.line()
    stage.until(5 * STEP_S)
    (note,) = [time_s for time_s, message in stage.timed if message[0] == 0x90]
    assert note == pytest.approx(4 * STEP_S)
    assert not any(isinstance(report, HeldOver) for report in stage.player.take_reports())


def lose(stage: Stage) -> None:
    stage.output.broken = True
    stage.until(stage.now_s + 1)
    stage.output.mend()
    stage.player.keep_house(stage.now_s)


def stop(stage: Stage) -> None:
    stage.tell(SetTimebase(None))


@pytest.mark.parametrize(
    "end",
    [
        lambda stage: stage.tell(Close()),
        lambda stage: stage.tell(Silence(1)),
        lambda stage: stage.tell(Panic(1)),
        lambda stage: stage.player.close(),
        lambda stage: stage.tell(SetClick(on=False)) or stage.until(1.0),
        stop,
        lose,
    ],
)
def test_no_click_hangs_whatever_ends_it(stage: Stage, end: Callable[[Stage], object]) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    stage.until(0.01)
    assert sounding(stage.output.messages) == [(9, SIDE_STICK)]
    end(stage)
    if end is lose:
        stage.until(stage.now_s + 2 * CLICK_SECONDS)
        stop(stage)
    assert sounding(stage.output.messages) == []


def test_it_goes_on_after_a_panic_and_stops_with_the_clock(stage: Stage) -> None:
    stage.tell(SetClick(on=True))
    stage.line()
    stage.until(STEP_S)
    stage.tell(Panic(1))
    stage.until(5 * STEP_S)
    stop(stage)
    stage.until(20 * STEP_S)
    assert stage.clicks() == [(0, LOUD), (4, SOFT)]
