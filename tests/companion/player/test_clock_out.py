"""MIDI clock for others under fake time: what is sent when, through starts, jumps, loops, stops and lost ports."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from support.fakes import Babbler
from support.jamrig import Rig
from support.recording import RecordingOutput

from companion.clock.addresses import Addresses, Loop
from companion.clock.base import Jumped, Started, Stopped
from companion.clock.midi import MidiClock
from companion.clock.transport import TransportClock
from companion.controls.settings import Settings
from companion.io.events import PortBack, PortLost, PortMissing
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase, step_seconds
from companion.player.clock_out import MOST_LATE_TICKS, song_position
from companion.player.messages import (
    ClockLateness,
    ClockPortNews,
    Close,
    EchoKey,
    Fault,
    Panic,
    PlayerCommand,
    PlayerReport,
    PlayFrames,
    SetOffset,
    SetTimebase,
    Silence,
)
from companion.player.player import Player

STEP_S = step_seconds(120)
TICK_S = STEP_S / 6
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
NAMES = {START: "start", CONTINUE: "continue", STOP: "stop"}
ROUNDING_S = 1e-9

# A run of ticks is a number in a list of what was sent; all else has its name.
Said = list[int | str]


@dataclass
class Timed:
    """What an output was sent, and when."""

    message: bytes
    time_s: float


class Output(RecordingOutput):
    """Notes the times too."""

    def __init__(self, now: list[float], name: str) -> None:
        super().__init__()
        self.name, self._now, self.timed = name, now, list[Timed]()

    def send(self, message: bytes) -> None:
        super().send(message)
        self.timed.append(Timed(message, self._now[0]))

    def take_said(self) -> Said:
        said: Said = []
        for one in self.timed:
            if one.message == TICK and said and isinstance(said[-1], int):
                said[-1] += 1
            elif one.message == TICK:
                said.append(1)
            elif one.message[0] == 0xF2:
                said.append(f"position {one.message[1] | one.message[2] << 7}")
            elif one.message in NAMES:
                said.append(NAMES[one.message])
        self.timed.clear()
        return said

    def ticks(self) -> list[float]:
        return [one.time_s for one in self.timed if one.message == TICK]


class Stage:
    """A player that sends a clock, and the time."""

    def __init__(self, shared: bool = False) -> None:
        self._now = [0.0]
        self.notes, own = Output(self._now, "notes"), Output(self._now, "clock")
        self.clock = self.notes if shared else own
        self.player = Player(self.notes, lambda: self.now_s, clock_output=self.clock)

    @property
    def now_s(self) -> float:
        return self._now[0]

    @now_s.setter
    def now_s(self, time_s: float) -> None:
        self._now[0] = time_s

    def tell(self, *commands: PlayerCommand) -> None:
        for command in commands:
            self.player.receive(command)
            self.player.due(self.now_s)

    def line(self, step: float = 0.0, bpm: float = 120, anew: bool = False, in_s: float = 0.0, **song: object) -> None:
        """The music stands at a step now, and in the song where its addresses say."""
        line = Timebase(step, self.now_s + in_s, step_seconds(bpm))
        self.tell(SetTimebase(line, replace(Addresses(), **song), anew))  # type: ignore[arg-type]

    def until(self, now_s: float, late_s: float = 0.0) -> None:
        while (deadline_s := self.player.next_deadline_s()) is not None and deadline_s <= now_s + ROUNDING_S:
            self.now_s = max(self.now_s, deadline_s + late_s)
            self.player.due(self.now_s + ROUNDING_S)
            self.player.keep_house(self.now_s)
        self.now_s = max(self.now_s, now_s)
        self.player.keep_house(self.now_s)

    def steps(self, count: float) -> None:
        self.until(self.now_s + count * STEP_S)

    def reports(self, kind: type) -> list[PlayerReport]:
        return [report for report in self.player.take_reports() if isinstance(report, kind)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_song_position_has_fourteen_bits_the_low_ones_first() -> None:
    assert [song_position(step) for step in (0, 5, 128, 16383)] == [
        b"\xf2\x00\x00",
        b"\xf2\x05\x00",
        b"\xf2\x00\x01",
        b"\xf2\x7f\x7f",
    ]


def test_a_song_from_its_beginning_is_a_start_and_twenty_four_ticks_a_beat(stage: Stage) -> None:
    stage.line(in_s=1.0)
    stage.until(1.0 + 16 * STEP_S - TICK_S / 2)
    times = stage.clock.ticks()
    assert stage.clock.take_said() == [48, "start", 96]  # 48: ticks before the song tell the tempo
    assert times == pytest.approx([n * TICK_S for n in range(48 + 96)], abs=1e-6)
    stage.tell(SetTimebase(None))
    stage.until(9.0)
    assert stage.clock.take_said() == ["stop"]


def test_start_is_said_a_tick_before_the_first_tick_of_the_song(stage: Stage) -> None:
    stage.line(in_s=1.0)
    stage.until(1.1)
    (start,) = [one.time_s for one in stage.clock.timed if one.message == START]
    assert start == pytest.approx(1.0 - TICK_S)


def test_a_start_that_has_just_been_loses_no_tick(stage: Stage) -> None:
    stage.line(0.1)  # 12 ms
    stage.steps(1.9)
    assert stage.clock.take_said() == ["start", 13]


def test_a_start_within_a_step_is_that_of_the_next_one(stage: Stage) -> None:
    stage.line(0.5, shift=64)
    stage.steps(1.0)
    assert stage.clock.take_said() == [3, "position 65", "continue", 4]


def test_another_tempo_moves_the_ticks_and_loses_none(stage: Stage) -> None:
    stage.line()
    stage.steps(8)
    stage.line(8.0, bpm=90)
    stage.until(stage.now_s + 8 * step_seconds(90) - 0.001)
    times = stage.clock.ticks()
    assert stage.clock.take_said() == ["start", 96]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == pytest.approx([60 / 120 / 24] * 48 + [60 / 90 / 24] * 47, abs=1e-6)


def test_a_jump_is_a_stop_at_once_and_a_position_and_a_continue_before_the_next_step(stage: Stage) -> None:
    stage.line(shift=64)
    stage.steps(2.5)
    assert stage.clock.take_said() == ["position 64", "continue", 16]
    stage.line(2.5, shift=200)
    stage.steps(1.4)
    assert stage.clock.take_said() == ["stop", 2, "position 203", "continue", 6]


def test_a_jump_that_moves_the_music_within_its_step_begins_anew(stage: Stage) -> None:
    """More than a step at once, as after a time away: the ticks that were missed are not made up for."""
    stage.line()
    stage.steps(2)
    stage.clock.take_said()
    stage.line(2 + MOST_LATE_TICKS, shift=3)
    stage.steps(0.9)
    assert stage.clock.take_said() == ["stop", "position 11", "continue", 6]


def test_a_loop_goes_back_at_its_end_and_not_when_that_is_told(stage: Stage) -> None:
    loop = Loop(0, 8)
    stage.line(4.0, shift=0, loop=loop)
    stage.steps(8.2)
    stage.line(12.2, shift=-8, loop=loop)  # the clock has said so meanwhile
    stage.steps(3.7)
    assert stage.clock.take_said() == ["position 4", "continue", 24, "stop", "start", 48, "stop", "start"]


def test_before_the_song_there_are_ticks_alone(stage: Stage) -> None:
    stage.line(20.0, shift=-24)  # a bar is counted in, from step 20 of the music
    stage.steps(3.9)
    assert stage.clock.take_said() == [24, "start"]
    stage.steps(1)
    assert stage.clock.take_said() == [6]


def test_counting_in_stops_what_ran(stage: Stage) -> None:
    stage.line()
    stage.steps(4.2)
    stage.clock.take_said()
    stage.line(5.0, shift=-5 - 4)
    stage.steps(3.9)
    assert stage.clock.take_said() == ["stop", 24, "start"]


def test_beyond_the_last_position_it_goes_on_without_one(stage: Stage) -> None:
    stage.line(0.0, shift=16384)
    stage.steps(0.9)
    assert stage.clock.take_said() == ["continue", 6]


def test_what_is_a_little_late_is_made_up_for_and_what_is_much_is_not(stage: Stage) -> None:
    stage.line()
    stage.steps(2)
    stage.now_s += 0.9 * STEP_S
    stage.until(stage.now_s)
    assert stage.clock.take_said() == ["start", 18]
    stage.now_s += 60
    stage.until(stage.now_s + STEP_S)
    assert stage.clock.take_said() == ["stop", "position 483", "continue", 6]


def test_a_line_that_trembles_loses_no_tick(stage: Stage) -> None:
    """As of a clock that is followed: each poll another line, some milliseconds off."""
    dice = random.Random(3)
    stage.line(shift=32)
    for count in range(1, 400):
        stage.until(count * 0.01)
        off = dice.uniform(-0.004, 0.004)
        stage.tell(SetTimebase(Timebase((stage.now_s + off) / STEP_S, stage.now_s, STEP_S), Addresses(32)))
    said = stage.clock.take_said()
    assert said[:2] == ["position 32", "continue"]
    assert len(said) == 3 and said[2] == pytest.approx(3.99 / TICK_S, abs=2)


@pytest.mark.parametrize("ending", [Panic(1), Panic(1, ((0, 60),)), Silence(1), EchoKey(60, 300, 0)])
def test_the_clock_goes_on_whatever_befalls_the_notes(stage: Stage, ending: PlayerCommand) -> None:
    stage.line()
    stage.steps(1)
    stage.tell(ending)
    stage.steps(0.9)
    assert stage.clock.take_said() == ["start", 12]
    assert len(stage.reports(Fault)) == (ending == EchoKey(60, 300, 0))


@pytest.mark.parametrize("shared", [False, True])
def test_every_end_is_a_stop_and_then_the_port_is_closed(shared: bool) -> None:
    stage = Stage(shared)
    stage.line()
    stage.steps(1)
    stage.player.receive(Close())
    stage.player.close()
    assert stage.clock.take_said() == ["start", 7, "stop"]
    assert (stage.notes.closed, stage.clock.closed) == (1, 1)


def test_what_stands_is_not_stopped_again(stage: Stage) -> None:
    stage.tell(SetTimebase(None))
    stage.player.close()
    assert stage.clock.take_said() == []


def test_it_is_sent_as_much_later_as_the_notes(stage: Stage) -> None:
    stage.tell(SetOffset(0.05))
    stage.line(in_s=0.0)
    stage.steps(1.0)
    ticks = stage.clock.ticks()
    assert min(abs(tick - 0.05) for tick in ticks) < 1e-6
    assert pytest.approx(ticks[1] - ticks[0]) == STEP_S / 6


def test_on_one_port_a_tick_goes_before_the_notes_of_its_step() -> None:
    stage = Stage(shared=True)
    parts = tuple(Part(60 + voice, True, 80, voice) for voice in range(4))
    stage.tell(PlayFrames((SoundingFrame(1, parts),)))  # type: ignore[arg-type]
    stage.line()
    stage.steps(1.05)
    assert [message[0] for message in stage.notes.messages[-5:]] == [0xF8, 0x90, 0x91, 0x92, 0x93]


# A port that comes and goes.


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_that_returns_is_stopped_and_brought_to_where_the_song_is(shared: bool) -> None:
    stage = Stage(shared)
    stage.line()
    stage.steps(1.5)
    stage.clock.broken = True
    stage.steps(4)
    lost = PortLost(stage.clock.name)
    assert stage.clock.take_said() == ["start", 10]
    stage.clock.mend()
    stage.until(stage.now_s)
    stage.steps(1)
    assert stage.clock.take_said() == [2, "stop", "position 6", "continue", 4]
    back = PortBack(stage.clock.name)
    news = [lost, back] if shared else [ClockPortNews(lost), ClockPortNews(back)]
    assert stage.reports((PortLost, PortBack, ClockPortNews)) == news  # type: ignore[arg-type]


def test_a_port_that_returns_when_the_music_stands_is_stopped(stage: Stage) -> None:
    stage.line()
    stage.steps(1.5)
    stage.clock.take_said()
    stage.clock.broken = True
    stage.tell(SetTimebase(None))
    stage.clock.mend()
    stage.until(stage.now_s + 1)
    assert stage.clock.take_said() == ["stop"]
    stage.until(stage.now_s + 1)
    assert stage.clock.take_said() == []


def test_a_port_of_the_clock_that_is_not_there_holds_up_no_note(stage: Stage) -> None:
    stage.clock.broken = True
    stage.clock.events.append(PortMissing("no MIDI output is called 'x'"))
    stage.until(0.0)
    stage.tell(PlayFrames((SoundingFrame(0, (Part(60, True, 80, 0), *[Part(None, False, 0, 0)] * 3)),)))  # type: ignore[arg-type]
    stage.line()
    stage.steps(1)
    assert stage.notes.take() == [("on", 0, 60)]
    assert stage.reports(ClockPortNews) == [ClockPortNews(PortMissing("no MIDI output is called 'x'"))]


def test_after_another_player_that_was_killed_devices_are_stopped_first(stage: Stage) -> None:
    stage.line(0.5, anew=True)
    stage.steps(0.6)
    assert stage.clock.take_said() == [3, "stop", "position 1", "continue", 1]


# What is measured.


def test_lateness_and_how_it_changes_from_tick_to_tick_are_measured(stage: Stage) -> None:
    stage.line()
    for count in range(1, 101):
        stage.until(count * TICK_S, late_s=0.002 if count % 2 else 0.001)
    figures = stage.reports(ClockLateness)[-1]
    assert isinstance(figures, ClockLateness)
    assert figures.lateness.sent > 50
    assert (figures.lateness.p50_ms, figures.lateness.max_ms) == pytest.approx((1.0, 2.0), abs=0.02)
    assert figures.deviation.p50_ms == pytest.approx(1.0, abs=0.02)


def test_without_an_output_for_it_there_is_no_clock_and_nothing_to_wait_for() -> None:
    output = RecordingOutput()
    player = Player(output, lambda: 0.0)
    player.receive(SetTimebase(Timebase(0, 0, STEP_S)))
    assert player.next_deadline_s() is None
    player.close()
    assert output.messages == []
    assert not any(isinstance(report, ClockLateness) for report in player.take_reports())


# Another companion follows.


def follow(messages: Sequence[Timed], until_s: float) -> list[str]:
    clock, said = MidiClock(120), []
    for one in messages:
        for event in clock.poll(one.time_s):
            said.append(event)
        clock.receive(list(one.message), one.time_s)
    said += clock.poll(until_s)
    words = {Started: "start", Jumped: "jump", Stopped: "stop"}
    return [f"{words[type(event)]} {getattr(event, 'address', 0):g}" for event in said]


def test_a_follower_hears_what_was_meant(stage: Stage) -> None:
    stage.line(in_s=0.2)
    stage.until(0.2 + 4.5 * STEP_S)
    stage.line(4.5, shift=60)
    stage.steps(4)
    stage.tell(SetTimebase(None))
    assert follow(stage.clock.timed, stage.now_s) == ["start 0", "stop 0", "start 65", "stop 0"]


# A whole jam.


@pytest.mark.parametrize("seed", range(6))
def test_every_note_of_a_jam_falls_on_the_tick_of_its_step_through_jumps_loops_and_late_messages(seed: int) -> None:
    dice = random.Random(seed)
    rig, stage = Rig(Babbler(), Settings(model="babbler", mode="duet", seed=seed), TransportClock()), Stage(shared=True)
    told, song, tempo = 0, 64.0, 120.0
    rig.osc("loop", 1, 96, 112)
    for _ in range(160):
        if dice.random() < 0.03:
            song = dice.choice([32.0, 128.5, 200.25])
        if dice.random() < 0.05:
            tempo = dice.choice([90.0, 120.0, 133.3])
        begun_s, late_s = rig.now_s, dice.choice([0.0, 0.001, 0.004, 0.02])
        stage.until(begun_s + late_s)
        rig.run_until(begun_s + late_s)
        rig.osc("transport", 1, song, tempo, 4, 4)
        while rig.now_s < begun_s + 0.05:
            rig.run_until(min(rig.now_s + 0.005, begun_s + 0.05))
            stage.until(rig.now_s)
            stage.tell(*rig.player.commands[told:])
            told = len(rig.player.commands)
        song += 0.05 / step_seconds(tempo)
        song = song - 16 if 112 <= song < 113 else song
    stage.player.close()
    ticks, found = None, []
    for message in stage.notes.messages:
        if message in (START, CONTINUE):
            assert ticks is None
            ticks = -1
        elif message == STOP:
            ticks = None
        elif message == TICK and ticks is not None:
            ticks += 1
        elif message[0] & 0xF0 == 0x90 and ticks is not None and ticks >= 0:
            found.append(ticks % 6)
    assert len(found) > 50
    assert set(found) == {0}
