"""The player under fake time: what is sent when, what is held over, and that no note stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.recording import RecordingOutput, needless, notes, sounding

from companion.io.events import PortBack, PortLost, PortMissing
from companion.music.sounding import MOST_FRAMES, REMEMBERED_STEPS, Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.lateness import Lateness, LatenessMeter
from companion.player.messages import (
    ClearSteps,
    Close,
    EchoKey,
    Fault,
    HeldOver,
    Panic,
    PlayerCommand,
    PlayerReport,
    PlayFrames,
    PlayNow,
    SetOffset,
    SetTimebase,
    Silence,
    Silenced,
)
from companion.player.player import Player

STEP_S = 0.1
ROUNDING_S = 1e-9
REST = Part(None, False, 0, 0)


class Stage:
    """A player, its output, and the time."""

    def __init__(self, send_seconds: float = 0.0) -> None:
        self.now_s = 0.0
        self.output = RecordingOutput()
        self.player = Player(self, lambda: self.now_s)
        self.send_seconds = send_seconds
        self.reports: list[PlayerReport] = []

    # An output that takes its time.

    name = "recorder"

    def send(self, message: bytes) -> None:
        self.now_s += self.send_seconds
        self.output.send(message)

    def poll(self, now_s: float) -> list[PortLost | PortBack | PortMissing]:
        return self.output.poll(now_s)

    def close(self) -> None:
        self.output.close()

    # What a test does.

    def tell(self, *commands: PlayerCommand) -> None:
        for command in commands:
            self.player.receive(command)
            self.player.due(self.now_s)

    def start(self, step: float = 0.0) -> None:
        self.tell(SetTimebase(Timebase(step, self.now_s, STEP_S)))

    def until(self, now_s: float) -> None:
        """Lets time pass, deadline after deadline."""
        while (deadline_s := self.player.next_deadline_s()) is not None and deadline_s <= now_s + ROUNDING_S:
            self.now_s = max(self.now_s, deadline_s)
            self.player.due(self.now_s)
            self.player.keep_house(self.now_s)
        self.now_s = max(self.now_s, now_s)
        self.player.keep_house(self.now_s)

    def told(self) -> list[PlayerReport]:
        """Reports since the last call, without the lateness."""
        return [report for report in self.player.take_reports() if not isinstance(report, Lateness)]

    def take(self) -> list[tuple[str, int, int]]:
        return self.output.take()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def part(pitch: int, channel: int = 0, struck: bool = True, velocity: int = 80) -> Part:
    return Part(pitch, struck, velocity, channel)


def frame(step: int, *parts: Part) -> SoundingFrame:
    """A frame of these voices, rests below them."""
    first, second, third, fourth = (*parts, *[REST] * 4)[:4]
    return SoundingFrame(step, (first, second, third, fourth))


def line(first: int, pitches: Sequence[int | None]) -> PlayFrames:
    """The soprano strikes a pitch a step; None goes on with it."""
    frames, pitch = [], 60
    for step, new in enumerate(pitches, first):
        pitch = pitch if new is None else new
        frames.append(frame(step, part(pitch, struck=new is not None)))
    return PlayFrames(tuple(frames))


# Steps and what they sound.


def test_each_step_at_its_time(stage: Stage) -> None:
    stage.tell(line(0, [60, None, 62, 62]))
    stage.start()
    assert stage.take() == [("on", 0, 60)]
    stage.until(0.15)
    assert stage.take() == []
    stage.until(0.2)
    assert stage.take() == [("off", 0, 60), ("on", 0, 62)]
    stage.until(0.3)
    assert stage.take() == [("off", 0, 62), ("on", 0, 62)]
    assert stage.told() == []


def test_velocities_and_channels(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0, *(part(60 + voice, voice + 4, velocity=90 + voice) for voice in range(4))),)))
    stage.start()
    assert stage.output.messages == [bytes((0x94 + voice, 60 + voice, 90 + voice)) for voice in range(4)]


def test_note_offs_before_note_ons(stage: Stage) -> None:
    chords = [frame(step, *(part(pitch + step, 0) for pitch in (72, 67, 64, 48))) for step in (0, 1)]
    stage.tell(PlayFrames(tuple(chords)))
    stage.start()
    stage.take()
    stage.until(0.1)
    assert [kind for kind, _, _ in stage.take()] == ["off"] * 4 + ["on"] * 4


def test_a_rest_releases(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0, part(60), part(55, 1)), frame(1, part(60, struck=False)))))
    stage.start()
    stage.until(0.1)
    assert stage.take() == [("on", 0, 60), ("on", 1, 55), ("off", 1, 55)]


def test_going_on_with_what_does_not_sound_strikes_it(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0, part(60, struck=False)), frame(1, part(64, struck=False)))))
    stage.start()
    stage.until(0.1)
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 64)]


def test_another_channel_while_held(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0, part(60, 0)), frame(1, part(60, 5, struck=False)))))
    stage.start()
    stage.until(0.1)
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 5, 60)]


def test_a_step_sent_again_replaces(stage: Stage) -> None:
    stage.tell(line(0, [60, 62]), line(1, [65]))
    stage.start()
    stage.until(0.1)
    stage.tell(line(1, [67]))  # has sounded already
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 65)]
    assert stage.told() == []


def test_cleared_steps(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62, 63, 64]), ClearSteps(1, 3))
    stage.start()
    stage.until(0.4)
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 64)]


@pytest.mark.parametrize("offset_s", [0.03, -0.03])
def test_offset(stage: Stage, offset_s: float) -> None:
    stage.tell(SetOffset(offset_s), line(5, [60]))
    stage.start()
    assert stage.player.next_deadline_s() == pytest.approx(0.5 + offset_s)
    stage.until(0.5 + offset_s)
    assert stage.take() == [("on", 0, 60)]


def test_another_tempo(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62]))
    stage.start()
    stage.until(0.1)
    stage.tell(SetTimebase(Timebase(1, 0.1, STEP_S * 3)))
    assert stage.player.next_deadline_s() == pytest.approx(0.4)


def test_a_clock_put_right_a_little_repeats_nothing(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62]))
    stage.start()
    stage.until(0.1)
    stage.take()
    stage.tell(SetTimebase(Timebase(0.6, 0.1, STEP_S)), line(1, [61]))
    stage.until(0.14)
    assert stage.take() == []
    assert stage.player.next_deadline_s() == pytest.approx(0.24)


def test_a_position_far_back_plays_again(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62, 63]))
    stage.start()
    stage.until(0.3)
    stage.take()
    stage.tell(SetTimebase(Timebase(0, 0.3, STEP_S)), line(0, [70]))
    assert stage.take() == [("off", 0, 63), ("on", 0, 70)]


# Too late.


def test_a_little_late_still_sounds(stage: Stage) -> None:
    stage.start()
    stage.until(0.1)
    stage.now_s = 0.124
    stage.tell(line(1, [60]))
    assert (stage.take(), stage.told()) == ([("on", 0, 60)], [])


def test_the_grace_is_a_quarter_of_a_fast_step(stage: Stage) -> None:
    stage.tell(SetTimebase(Timebase(0, 0, 0.04)))
    stage.now_s = 0.0101
    stage.tell(line(0, [60]))
    assert (stage.take(), stage.told()) == ([], [HeldOver(0)])


def test_a_late_frame_is_held_over_and_the_next_heals(stage: Stage) -> None:
    stage.tell(line(0, [60]))
    stage.start()
    stage.until(0.15)
    stage.take()
    stage.tell(line(1, [62, None]))
    assert (stage.take(), stage.told()) == ([], [HeldOver(1)])
    stage.until(0.2)
    assert (stage.take(), stage.told()) == ([("off", 0, 60), ("on", 0, 62)], [])


def test_a_late_rest_still_ends_the_note(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0, part(60), part(55, 1)),)))
    stage.start()
    stage.until(0.15)
    stage.take()
    stage.tell(PlayFrames((frame(1, part(62)),)))
    assert (stage.take(), stage.told()) == ([("off", 1, 55)], [HeldOver(1)])


def test_after_a_stall_only_the_newest_step_counts(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62, 63, 64]))
    stage.start()
    stage.take()
    stage.now_s = 0.31
    stage.player.due(stage.now_s)
    assert stage.take() == [("off", 0, 60), ("on", 0, 63)]
    assert stage.told() == [HeldOver(1), HeldOver(2)]
    stage.until(0.4)
    assert stage.take() == [("off", 0, 63), ("on", 0, 64)]


def test_after_a_stall_between_two_steps(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, 62, None]))
    stage.start()
    stage.take()
    stage.now_s = 0.25
    stage.player.due(stage.now_s)
    assert (stage.take(), stage.told()) == ([], [HeldOver(1), HeldOver(2)])
    stage.until(0.3)
    assert stage.take() == [("off", 0, 60), ("on", 0, 62)]


def test_a_step_that_never_comes_is_told_once(stage: Stage) -> None:
    stage.tell(line(0, [60]), line(2, [62]))
    stage.start()
    stage.until(0.2)
    assert stage.told() == [HeldOver(1)]
    stage.tell(line(1, [61]), line(1, [61]))
    assert stage.told() == []
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 62)]


def test_silence_between_phrases_is_not_missed(stage: Stage) -> None:
    stage.tell(line(0, [60]), PlayFrames((frame(1), frame(9, part(62)))))
    stage.start()
    stage.until(0.9)
    assert stage.told() == []


def test_a_frame_that_comes_after_the_next_one(stage: Stage) -> None:
    stage.tell(PlayFrames((frame(0), frame(2))))
    stage.start()
    stage.until(0.2)
    stage.tell(line(1, [61]))
    assert (stage.take(), stage.told()) == ([], [HeldOver(1)])


# The clock stops and starts.


def test_a_stopped_clock_silences_and_forgets_nothing(stage: Stage) -> None:
    stage.tell(line(0, [60, None, 62, None]))
    stage.start()
    stage.until(0.15)
    stage.take()
    stage.tell(SetTimebase(None))
    assert stage.take() == [("off", 0, 60)]
    stage.until(5.0)
    assert stage.take() == []
    stage.start(3)
    assert stage.take() == [("on", 0, 62)]
    assert stage.told() == []


def test_a_stopped_clock_ends_what_was_sounded_at_once(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60), EchoKey(50, 70, 3), SetTimebase(None))
    assert sounding(stage.output.messages) == []


def test_nothing_is_due_without_a_clock(stage: Stage) -> None:
    stage.tell(line(0, [60]))
    assert (stage.player.next_deadline_s(), stage.take()) == (None, [])


# At once.


def test_play_now(stage: Stage) -> None:
    stage.tell(PlayNow(1, 55, 70, 1), PlayNow(1, 57, 70, 1), PlayNow(1, 0), PlayNow(1, 0))
    assert stage.take() == [("on", 1, 55), ("off", 1, 55), ("on", 1, 57), ("off", 1, 57)]


def test_a_frame_goes_on_with_what_was_sounded_at_once(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60, 70, 0), line(0, [None, 62]))
    stage.start()
    stage.until(0.1)
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 62)]


def test_echo(stage: Stage) -> None:
    stage.tell(EchoKey(60, 70, 9), EchoKey(64, 71, 9), EchoKey(60, 0, 9), EchoKey(60, 0, 9), EchoKey(64, 0, 9))
    assert stage.take() == [("on", 9, 60), ("on", 9, 64), ("off", 9, 60), ("off", 9, 64)]


def test_an_echo_in_unison_with_a_voice(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60, 70, 0), EchoKey(60, 70, 0), PlayNow(0, 0))
    assert stage.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 60)]
    stage.tell(EchoKey(60, 0, 0))
    assert stage.take() == [("off", 0, 60)]


# Silence.


def test_silence(stage: Stage) -> None:
    stage.tell(line(0, [60, 62]), EchoKey(40, 70, 2))
    stage.start()
    stage.take()
    stage.now_s = 0.05
    stage.tell(Silence(7))
    assert (stage.take(), stage.told()) == ([("off", 2, 40), ("off", 0, 60)], [Silenced(7, 0.05)])
    stage.until(1.0)
    assert stage.take() == []


def test_playing_goes_on_after_silence(stage: Stage) -> None:
    stage.tell(line(0, [60, 62]))
    stage.start()
    stage.tell(Silence(1), line(1, [None]))
    stage.until(0.1)
    assert notes(stage.output.messages)[-1] == ("on", 0, 60)


def test_panic_resets_the_channels_in_use_and_no_others(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60, 70, 3), PlayNow(1, 50, 70, 1))
    stage.output.messages.clear()
    stage.tell(Panic(8, ((6, 70),)))  # that another player may have left
    resets = [bytes((0xB0 | channel, control, 0)) for channel in (1, 3, 6) for control in (123, 120)]
    assert stage.output.messages == [bytes((0x83, 60, 64)), bytes((0x81, 50, 64)), bytes((0x86, 70, 64)), *resets]
    assert stage.told() == [Silenced(8, 0.0)]


def test_frames_that_stop_coming(stage: Stage) -> None:
    stage.tell(line(0, [60, None]))
    stage.start()
    stage.until(2.1)
    assert (stage.take(), stage.told()) == ([("on", 0, 60)], [])
    stage.until(2.3)
    assert stage.take() == [("off", 0, 60)]
    assert stage.told() == [Fault("no more frames came although the clock runs: their last notes were released")]
    stage.until(9.0)
    assert (stage.take(), stage.told()) == ([], [])


def test_what_is_sounded_at_once_waits_for_no_frames(stage: Stage) -> None:
    stage.start()
    stage.tell(PlayNow(0, 60, 70, 0), EchoKey(50, 70, 0))
    stage.until(60.0)
    assert stage.take() == [("on", 0, 60), ("on", 0, 50)]


@pytest.mark.parametrize("ending", [Close(), Silence(1), Panic(1), SetTimebase(None)])
def test_every_ending_is_silent(stage: Stage, ending: PlayerCommand) -> None:
    stage.tell(
        PlayFrames((frame(0, part(60), part(60, 1), part(60), part(40)),)), EchoKey(33, 70, 3), EchoKey(40, 70, 0)
    )
    stage.start()
    stage.tell(ending)
    assert sounding(stage.output.messages) == []


def test_closing(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60))
    stage.player.close()
    stage.player.close()
    assert sounding(stage.output.messages) == []
    assert stage.output.closed == 2
    assert isinstance(stage.player.take_reports()[-1], Lateness)


# The port.


def test_a_send_that_fails_means_a_lost_port(stage: Stage) -> None:
    stage.tell(line(0, [60, 61, None, 63]))
    stage.start()
    stage.output.broken = True
    stage.until(0.1)
    assert stage.told() == [PortLost("recorder")]
    stage.until(0.2)
    stage.tell(PlayNow(1, 50), PlayNow(1, 0))
    assert (stage.told(), stage.take()) == ([], [("on", 0, 60)])
    stage.output.mend()
    stage.until(0.25)
    assert (stage.take(), stage.told()) == ([("off", 0, 60)], [PortBack("recorder")])
    stage.until(0.3)
    assert stage.take() == [("on", 0, 63)]


def test_a_note_on_that_failed_is_ended_too(stage: Stage) -> None:
    stage.output.broken = True
    stage.tell(PlayNow(0, 60))
    stage.output.mend()
    stage.until(0.1)
    assert stage.take() == [("off", 0, 60)]


def test_a_port_that_vanishes_silently(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60), PlayNow(1, 50, 64, 1))
    stage.take()
    stage.output.events.append(PortLost("recorder"))
    stage.until(0.1)
    stage.tell(PlayNow(0, 0), PlayNow(0, 72))
    assert stage.take() == []
    stage.output.mend()
    stage.until(0.2)
    assert stage.take() == [("off", 0, 60), ("off", 1, 50)]
    assert stage.told() == [PortLost("recorder"), PortBack("recorder")]


def test_a_port_that_is_lost_while_it_is_put_right(stage: Stage) -> None:
    stage.tell(PlayNow(0, 60))
    stage.output.events.append(PortLost("recorder"))
    stage.until(0.1)
    stage.output.mend()
    stage.output.broken = True
    stage.until(0.2)
    stage.output.mend()
    stage.until(0.3)
    assert stage.take() == [("on", 0, 60), ("off", 0, 60)]
    assert [type(report) for report in stage.told()] == [PortLost, PortBack, PortLost, PortBack]


def test_a_port_that_is_not_there_yet(stage: Stage) -> None:
    stage.output.events.append(PortMissing("no MIDI output is called 'x'; there is none at all"))
    stage.until(0.0)
    stage.tell(line(0, [60, None]))
    stage.start()
    assert stage.take() == []
    stage.output.mend()
    stage.until(0.05)
    stage.until(0.1)
    assert stage.take() == [("on", 0, 60)]


def test_nothing_is_held_over_while_the_port_is_lost(stage: Stage) -> None:
    stage.tell(line(0, [60]))
    stage.start()
    stage.output.events.append(PortLost("recorder"))
    stage.until(0.25)
    stage.tell(line(1, [61, 62]))
    assert stage.told() == [PortLost("recorder")]


# Faults and bounds.


def test_a_frame_that_cannot_be_played_is_a_fault(stage: Stage) -> None:
    stage.tell(PlayNow(1, 50), PlayFrames((frame(0, part(60, 99)),)))
    stage.start()
    [fault] = stage.told()
    assert isinstance(fault, Fault)
    assert fault.text.startswith("ValueError: no such note: channel 99, pitch 60, velocity 80 (held_notes.py:")
    assert sounding(stage.output.messages) == []
    stage.tell(PlayNow(0, 60))
    assert sounding(stage.output.messages) == [(0, 60)]


def test_frames_are_bounded(stage: Stage) -> None:
    for first in range(0, 3 * MOST_FRAMES, 64):
        stage.tell(line(first, [60] * 64))
    assert len(stage.player._sounding._frames) == MOST_FRAMES


def test_an_hour_leaves_nothing_behind() -> None:
    stage = Stage()
    stage.start()
    for first in range(0, 36_000, 16):
        stage.tell(line(first, [60 + first % 7, None] * 8))
        stage.until((first + 15.5) * STEP_S)
        stage.output.messages.clear()
        assert stage.told() == []
    sounding = stage.player._sounding
    assert (len(sounding._frames), len(sounding._played), len(sounding._held_over)) == (0, REMEMBERED_STEPS, 0)


# Lateness.


def test_lateness_is_taken_at_the_return_of_the_send_call() -> None:
    stage = Stage(send_seconds=0.001)
    stage.tell(PlayNow(0, 70))  # has no deadline
    stage.start()
    stage.tell(PlayFrames((frame(1, part(60), part(50), part(40)),)))
    stage.until(0.11)
    figures = stage.player.meter.read()
    assert (figures.sent, figures.p50_ms, figures.max_ms) == (4, pytest.approx(2.0, abs=0.011), pytest.approx(4.0))


def test_lateness_is_told_twice_a_second(stage: Stage) -> None:
    for tenth in range(21):
        stage.until(tenth / 10)
    assert len([report for report in stage.player.take_reports() if isinstance(report, Lateness)]) == 5


def test_house_keeping_waits_for_a_step(stage: Stage) -> None:
    stage.tell(line(0, [60, 61]))
    stage.start()
    stage.output.events.append(PortLost("recorder"))
    stage.now_s = 0.097
    stage.player.keep_house(stage.now_s)
    assert stage.told() == []
    stage.until(0.12)
    assert stage.told() == [PortLost("recorder")]


def test_interrupted_messages(stage: Stage) -> None:
    switches = 0
    meter = LatenessMeter(lambda: switches)
    player = Player(stage.output, lambda: stage.now_s, meter)
    player.receive(SetTimebase(Timebase(0, 0, STEP_S)))
    player.receive(line(0, [60, 61]))
    player.due(0.0)
    switches = 1
    player.due(0.1)
    assert (meter.read().sent, meter.read().interrupted) == (3, 2)


# Anything at all.

PARTS = st.builds(
    lambda pitch, struck, velocity, channel: Part(pitch, struck and pitch is not None, velocity, channel),
    st.none() | st.integers(58, 62),
    st.booleans(),
    st.integers(1, 127),
    st.integers(0, 1),
)


class AnyJam(RuleBasedStateMachine):
    """Commands and time in any order: every note-on has its note-off as soon as silence is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()

    def tell(self, command: PlayerCommand) -> None:
        self.stage.tell(command)

    @rule(ahead=st.integers(-3, 12), parts=st.lists(st.tuples(PARTS, PARTS, PARTS, PARTS), min_size=1, max_size=6))
    def frames(self, ahead: int, parts: list[tuple[Part, Part, Part, Part]]) -> None:
        first = int(self.stage.now_s / STEP_S) + ahead
        self.tell(PlayFrames(tuple(SoundingFrame(step, four) for step, four in enumerate(parts, first))))

    @rule(first=st.integers(-2, 12), count=st.integers(0, 5))
    def clear(self, first: int, count: int) -> None:
        now = int(self.stage.now_s / STEP_S)
        self.tell(ClearSteps(now + first, now + first + count))

    @rule(shift=st.floats(-3, 3), tempo=st.floats(0.3, 3))
    def timebase(self, shift: float, tempo: float) -> None:
        now_s = self.stage.now_s
        self.tell(SetTimebase(Timebase(now_s / STEP_S + shift, now_s, STEP_S * tempo)))

    @rule()
    def stop(self) -> None:
        self.tell(SetTimebase(None))
        self.silent()

    @rule(voice=st.integers(0, 3), pitch=st.just(0) | st.integers(58, 62), channel=st.integers(0, 1))
    def now(self, voice: int, pitch: int, channel: int) -> None:
        self.tell(PlayNow(voice, pitch, 64, channel))

    @rule(pitch=st.integers(58, 62), velocity=st.sampled_from([0, 64]), channel=st.integers(0, 1))
    def echo(self, pitch: int, velocity: int, channel: int) -> None:
        self.tell(EchoKey(pitch, velocity, channel))

    @rule(seconds=st.floats(-0.2, 0.2))
    def offset(self, seconds: float) -> None:
        self.tell(SetOffset(seconds))

    @rule(seconds=st.floats(0, 0.5))
    def pass_time(self, seconds: float) -> None:
        self.stage.until(self.stage.now_s + seconds)

    @rule(seconds=st.floats(0, 2))
    def stall(self, seconds: float) -> None:
        self.stage.now_s += seconds
        self.stage.player.due(self.stage.now_s)

    @rule(channel=st.integers(16, 99))
    def nonsense(self, channel: int) -> None:
        self.tell(PlayNow(0, 60, 64, channel))

    @rule()
    def breaks(self) -> None:
        self.stage.output.broken = True

    @precondition(lambda self: self.stage.output.broken)
    @rule()
    def is_mended(self) -> None:
        self.tell(PlayNow(0, 60))  # notices the loss
        self.stage.output.mend()
        self.stage.now_s += 1.0
        self.stage.player.due(self.stage.now_s)
        self.stage.player.keep_house(self.stage.now_s)
        if not self.stage.output.events:  # no step was too close
            self.silent()

    @precondition(lambda self: not self.stage.output.broken)
    @rule(panic=st.booleans())
    def silence(self, panic: bool) -> None:
        self.tell(Panic(1) if panic else Silence(1))
        self.silent()

    def silent(self) -> None:
        if not self.stage.output.broken and not self.stage.player._port.lost:
            assert sounding(self.stage.output.messages) == []

    @invariant()
    def few_notes_sound(self) -> None:
        if not self.stage.player._port.lost:
            assert len(sounding(self.stage.output.messages)) <= 10  # all there are

    @invariant()
    def no_flood_of_note_offs(self) -> None:
        assert needless(self.stage.output.messages) <= self.stage.output.refused

    def teardown(self) -> None:
        self.stage.output.mend()
        self.stage.tell(SetTimebase(None))
        self.stage.until(self.stage.now_s + 1)
        self.stage.player.close()
        self.stage.player.close()
        assert sounding(self.stage.output.messages) == []


TestAnyJam = AnyJam.TestCase
TestAnyJam.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
