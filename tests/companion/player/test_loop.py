"""The loop around a player: commands and deadlines under fake time, and every way in which it ends."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from support.recording import RecordingOutput, sounding

from companion.errors import NoPort
from companion.io.events import PortMissing
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.lateness import Lateness
from companion.player.loop import HOP_SECONDS, ReaderInbox, Reporter, SelectInbox, run_player
from companion.player.messages import (
    ClockLateness,
    ClockPortNews,
    Close,
    Fault,
    PlayerCommand,
    PlayerReport,
    PlayFrames,
    PlayNow,
    Ready,
    SetOffset,
    SetTimebase,
    Silence,
    Silenced,
)

REST = Part(None, False, 0, 0)


class Pipe:
    """Keeps the reports; blocks or breaks on demand."""

    def __init__(self) -> None:
        self.reports: list[PlayerReport] = []
        self.closed = False
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False

    def poll(self, timeout: float = 0.0) -> bool:
        raise NotImplementedError

    def recv(self) -> PlayerCommand:
        raise NotImplementedError

    def fileno(self) -> int:
        raise NotImplementedError

    def send(self, report: PlayerReport) -> None:
        self.gate.wait()
        if self.broken:
            raise BrokenPipeError
        self.reports.append(report)

    def close(self) -> None:
        self.closed = True


class Script:
    """A clock and an inbox: each command arrives at its time, then the pipe ends; an exception is raised."""

    def __init__(self, *arrivals: tuple[float, PlayerCommand | BaseException]) -> None:
        self.now_s = 0.0
        self.arrivals = list(arrivals)
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now_s

    def wait(self, until_s: float) -> PlayerCommand | None:
        self.waits.append(until_s)
        if not self.arrivals:
            raise EOFError
        if self.arrivals[0][0] > until_s:
            self.now_s = max(self.now_s, until_s)
            return None
        time_s, command = self.arrivals.pop(0)
        self.now_s = max(self.now_s, time_s)
        if isinstance(command, BaseException):
            raise command
        return command


def run(script: Script, output: RecordingOutput, **more: object) -> tuple[Pipe, list[PlayerReport]]:
    pipe = Pipe()
    run_player(pipe, lambda: output, clock=script.clock, inbox=script, **more)  # type: ignore[arg-type]
    return pipe, [report for report in pipe.reports if not isinstance(report, (Lateness, ClockLateness))]


@pytest.fixture
def output() -> RecordingOutput:
    return RecordingOutput()


def frames(*pitches: int) -> PlayFrames:
    return PlayFrames(
        tuple(SoundingFrame(step, (Part(pitch, True, 80, 0), REST, REST, REST)) for step, pitch in enumerate(pitches))
    )


def test_plays_in_time_and_ends_silently(output: RecordingOutput) -> None:
    script = Script((0, frames(60, 62)), (0, SetTimebase(Timebase(0, 0.5, 0.25))), (1.0, Close()))
    pipe, reports = run(script, output, realtime=True)
    assert output.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 62), ("off", 0, 62)]
    assert {0.5, 0.75} <= set(script.waits)
    assert (reports, pipe.closed, output.closed) == ([Ready("recorder", True)], True, 1)
    assert isinstance(pipe.reports[-1], Lateness)
    assert pipe.reports[-1].sent == 3


def test_looks_up_often_without_a_deadline(output: RecordingOutput) -> None:
    script = Script((1.0, Close()))
    run(script, output)
    hops = [after - before for before, after in pairwise(script.waits)]
    assert max(hops) == pytest.approx(HOP_SECONDS)


@pytest.mark.parametrize(
    "end", [EOFError(), ConnectionResetError(), KeyError("x"), Close()], ids=["end", "reset", "fault", "close"]
)
def test_silent_however_it_ends(output: RecordingOutput, end: PlayerCommand | BaseException) -> None:
    pipe, reports = run(Script((0, PlayNow(0, 60)), (0.1, end)), output)
    assert sounding(output.messages) == []
    assert (output.closed, pipe.closed) == (1, True)
    assert reports[1:] == ([Fault("KeyError: 'x'")] if isinstance(end, KeyError) else [])


@pytest.mark.parametrize("end", [EOFError(), ConnectionResetError(), KeyError("x"), Close()])
@pytest.mark.parametrize("shared", [False, True])
def test_devices_that_follow_are_stopped_however_it_ends(
    output: RecordingOutput, end: PlayerCommand | BaseException, shared: bool
) -> None:
    """So also when the engine is gone: the pipe ends then."""
    clock = output if shared else RecordingOutput()
    script = Script((0, SetTimebase(Timebase(0, 0.1, 0.25))), (0.3, end))
    pipe, reports = run(script, output, open_clock=lambda notes: clock)
    assert [message for message in clock.messages if message != b"\xf8"] == [b"\xfa", b"\xfc"]
    assert (output.closed, clock.closed) == (1, 1)
    assert reports[0] == Ready("recorder", False, "recorder")
    assert pipe.closed


def test_a_port_for_the_clock_that_cannot_be_is_reported_and_notes_sound(output: RecordingOutput) -> None:
    def missing(_: object) -> RecordingOutput:
        raise NoPort("no MIDI driver answers")

    script = Script((0, PlayNow(0, 60)), (0, SetTimebase(Timebase(0, 0.1, 0.25))))
    _, reports = run(script, output, open_clock=missing)
    assert reports == [ClockPortNews(PortMissing("no MIDI driver answers")), Ready("recorder", False)]
    assert output.take() == [("on", 0, 60), ("off", 0, 60)]


def test_silent_when_told_to_stop(output: RecordingOutput) -> None:
    script = Script((0, PlayNow(0, 60)), (9.0, Close()))
    run(script, output, stopping=lambda: script.now_s > 0.2)
    assert output.take() == [("on", 0, 60), ("off", 0, 60)]
    assert script.now_s < 0.3


def test_a_flood_of_commands_does_not_hold_up_a_step(output: RecordingOutput) -> None:
    flood = [(0.1, SetOffset(0.0))] * 9
    script = Script((0, frames(60)), (0, SetTimebase(Timebase(0, 0.1, 0.25))), *flood)
    waiting: list[int] = []
    keep = output.send
    output.send = lambda message: (waiting.append(len(script.arrivals)), keep(message))[1]  # type: ignore[method-assign]
    run(script, output)
    assert (waiting[0], output.take()) == (8, [("on", 0, 60), ("off", 0, 60)])


def test_no_port_is_reported_and_nothing_sounds() -> None:
    def missing() -> RecordingOutput:
        raise NoPort("no MIDI driver answers")

    pipe, script = Pipe(), Script((0, PlayNow(0, 60)))
    run_player(pipe, missing, clock=script.clock, inbox=script)
    assert pipe.reports[:2] == [PortMissing("no MIDI driver answers"), Ready("", False)]


def test_reports_wait_for_nobody(output: RecordingOutput, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.player.loop.LAST_WORDS_SECONDS", 0.0)
    pipe = Pipe()
    pipe.gate.clear()
    script = Script(*[(n / 10, Silence(n)) for n in range(3000)])
    run_player(pipe, lambda: output, clock=script.clock, inbox=script)
    assert pipe.closed
    pipe.gate.set()


def test_reports_to_nobody() -> None:
    pipe = Pipe()
    pipe.broken = True
    reporter = Reporter(pipe)
    reporter.tell([Silenced(1, 0.0)] * (2 * Reporter.WAITING))
    reporter.close()
    assert pipe.reports == []


# The inboxes, on a real pipe.


@pytest.fixture(params=[SelectInbox, ReaderInbox])
def make_inbox(request: pytest.FixtureRequest) -> Callable[..., SelectInbox | ReaderInbox]:
    return request.param


@pytest.fixture
def ends() -> Iterator[tuple[multiprocessing.connection.Connection, multiprocessing.connection.Connection]]:
    ours, theirs = multiprocessing.Pipe()
    yield ours, theirs
    ours.close()


def test_commands_arrive_in_order(make_inbox: Callable[..., SelectInbox], ends: tuple) -> None:
    inbox = make_inbox(ends[1], time.perf_counter)
    commands = [Silence(1), SetTimebase(None), frames(60, 62), Close()]
    for command in commands:
        ends[0].send(command)
    assert [inbox.wait(time.perf_counter() + 60) for _ in commands] == commands


def test_nothing_comes_before_the_time(make_inbox: Callable[..., SelectInbox], ends: tuple) -> None:
    inbox = make_inbox(ends[1], time.perf_counter)
    until_s = time.perf_counter() + 0.005
    assert inbox.wait(until_s) is None
    assert time.perf_counter() >= until_s
    assert inbox.wait(0.0) is None


def test_the_end_of_the_pipe(make_inbox: Callable[..., SelectInbox], ends: tuple) -> None:
    inbox = make_inbox(ends[1], time.perf_counter)
    ends[0].send(Silence(1))
    ends[0].close()
    assert inbox.wait(time.perf_counter() + 60) == Silence(1)
    with pytest.raises(EOFError):
        inbox.wait(time.perf_counter() + 60)
