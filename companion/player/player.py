"""The player: sends notes in time, and is the only one that does.

It is told what is to sound in which step, and how steps lie in time (``PlayerCommand``), and tells what has
become of it (``PlayerReport``). What begins, ends or is too late is decided by ``companion.music.sounding``. Time
and the output are given to it; ``companion.player.loop`` runs it.

No note stays
    ``SoundingPort`` knows what sounds. It is released on Silence, Panic, a stopped clock, closing, any fault of
    ours, and when no frame has come for some time although the clock runs. What sounded when the port got
    lost is released first when it is back.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from companion.errors import one_line
from companion.music.sounding import Change, Part, Sounding
from companion.music.timebase import Timebase
from companion.player.click import Click
from companion.player.clock_out import ClockOut
from companion.player.clock_port import ClockPort, SharedPort
from companion.player.lateness import LatenessMeter
from companion.player.messages import (
    ClearSteps,
    Close,
    EchoKey,
    EchoTouch,
    Fault,
    HeldOver,
    Panic,
    PlayerCommand,
    PlayerReport,
    PlayFrames,
    PlayNow,
    SetClick,
    SetOffset,
    SetPrograms,
    SetTimebase,
    Silence,
    Silenced,
)
from companion.player.port import Output, SoundingPort

LATENESS_SECONDS = 0.5  # between two reports of the lateness
CALM_SECONDS = 0.005  # before the next step there is time for the port list and the report


class Player:
    """Frames in, messages out. Every method is quick, and none raises."""

    def __init__(
        self,
        output: Output,
        clock: Callable[[], float],
        meter: LatenessMeter | None = None,
        clock_output: Output | None = None,
    ) -> None:
        """clock_output: where MIDI clock goes out, which may be the same output; None: nowhere."""
        self.meter = meter or LatenessMeter()
        self._clock = clock
        self._port = SoundingPort(output, self._sent)
        clock_port = SharedPort(self._port) if clock_output is output else ClockPort(clock_output)
        self._clock_out = ClockOut(clock_port, clock, self.meter.beside())
        self._click = Click(self._port)
        self._sounding = Sounding(self._port.of)
        self._timebase: Timebase | None = None
        self._offset_s = 0.0
        self._deadline_s: float | None = None  # of what is being sent, where it has one
        self._reports: list[PlayerReport] = []
        self._lateness_s = float("-inf")  # when the lateness was last told

    def take_reports(self) -> list[PlayerReport]:
        """What has happened since the last call."""
        reports = [*self._reports, *self._port.take_events(), *self._clock_out.take_reports()]
        self._reports = []
        return reports

    # What is asked of it.

    def receive(self, command: PlayerCommand) -> None:
        """Obeys. Frames that are due already sound with the next ``due``."""
        try:
            self._obey(command)
        except Exception as error:
            self._fail(error)

    def _obey(self, command: PlayerCommand) -> None:
        match command:
            case PlayFrames(frames):
                self._carry_out(self._sounding.receive(frames))
            case ClearSteps(first, last):
                self._sounding.clear(first, last)
            case SetTimebase() | SetOffset() | SetClick():
                self._set(command)
            case PlayNow(voice, pitch, velocity, channel):
                self._carry_out(self._sounding.now(voice, Part(pitch or None, True, velocity, channel)))
            case Silence(token):
                self._silence(token)
            case Close():
                self.release_all()
            case EchoKey() | EchoTouch() | SetPrograms() | Panic():
                self._obey_past_frames(command)

    def _obey_past_frames(self, command: EchoKey | EchoTouch | SetPrograms | Panic) -> None:
        """What goes to the port at once."""
        match command:
            case EchoKey():
                self._echo(command)
            case EchoTouch(channel, touch):
                self._port.touch(channel, touch)
            case SetPrograms(programs):
                self._port.set_programs(programs)
            case Panic(token, notes, touched):
                self._silence(token)
                self._port.reset(notes, touched)

    def _set(self, command: SetTimebase | SetOffset | SetClick) -> None:
        match command:
            case SetTimebase():
                self._set_timebase(command)
            case SetOffset(seconds):
                self._offset_s = seconds
            case SetClick():
                self._click.obey(command, self._clock())

    def _set_timebase(self, command: SetTimebase) -> None:
        self._timebase = timebase = command.timebase
        self._clock_out.follow(command, self._offset_s)
        self._click.follow(command, self._offset_s, self._clock())
        if timebase is None:
            self.release_all()
            self._sounding.stop()
        else:
            self._sounding.run(timebase.step_at(self._clock() - self._offset_s))

    def _echo(self, command: EchoKey) -> None:
        note = (command.channel, command.pitch)
        owner = ("echo", note)
        if command.velocity:
            self._port.touch(command.channel, command.touch)
            self._port.move(struck=[(owner, note, command.velocity)])
        else:
            self._port.move(released=[owner])

    def _silence(self, token: int) -> None:
        self.release_all()
        self._sounding.silence()
        self._reports.append(Silenced(token, self._clock()))

    # What time asks of it.

    def next_deadline_s(self) -> float | None:
        """When ``due`` has something to do next; None: never, as things stand."""
        step = self._sounding.next_step()
        others_s = (self._clock_out.next_deadline_s(), self._click.next_deadline_s())
        deadlines_s = (None if step is None else self._time_of(step), *others_s)
        return min((time_s for time_s in deadlines_s if time_s is not None), default=None)

    def due(self, now_s: float) -> None:
        """Sends what has come due: clock first, since others keep time by it."""
        try:
            self._clock_out.due(now_s)
            self._play_due(now_s)
            self._click.due(now_s)
        except Exception as error:
            self._fail(error)

    def _time_of(self, step: float) -> float:
        assert self._timebase is not None
        return self._timebase.time_of(step) + self._offset_s

    def _play_due(self, now_s: float) -> None:
        step = self._sounding.next_step()
        if step is None or self._timebase is None or now_s < self._time_of(step):
            return
        position = self._timebase.step_at(now_s - self._offset_s)
        # Rounding must not take away the step whose deadline woke us.
        self._carry_out(self._sounding.play(max(position, step), self._timebase.step_seconds))

    def _carry_out(self, change: Change) -> None:
        if not self._port.lost:
            self._reports += [HeldOver(step) for step in change.held_over]
        self._deadline_s = None if change.step is None else self._time_of(change.step)
        self._port.move(change.released, change.struck)
        self._deadline_s = None

    def _sent(self) -> None:
        if self._deadline_s is not None:
            self.meter.add(self._clock() - self._deadline_s)

    def keep_house(self, now_s: float) -> None:
        """Looks after frames that never come, and, but for just before a step, after ports and the lateness report."""
        self._let_go_if_starved(now_s)
        deadline_s = self.next_deadline_s()
        if deadline_s is not None and now_s >= deadline_s - CALM_SECONDS:
            return
        try:
            self._port.watch(now_s)
            self._clock_out.keep_house(now_s)
        except Exception as error:
            self._fail(error)
        if now_s - self._lateness_s >= LATENESS_SECONDS:
            self._lateness_s = now_s
            self._reports += [self.meter.read(), *self._clock_out.figures()]

    def _let_go_if_starved(self, now_s: float) -> None:
        starves_at = None if self._timebase is None else self._sounding.starves_at(self._timebase.step_seconds)
        if starves_at is None or now_s < self._time_of(starves_at):
            return
        change = self._sounding.starve()
        if change.released:
            self._carry_out(change)
            self._reports.append(Fault("no more frames came although the clock runs: their last notes were released"))

    # The end.

    def release_all(self) -> None:
        """Releases whatever sounds."""
        self._deadline_s = None
        self._sounding.release()
        self._port.release_all()

    def close(self) -> None:
        """Releases everything, stops the devices that follow, tells the last figures and closes the outputs."""
        self.release_all()
        self._clock_out.close()
        self._reports += [self.meter.read(), *self._clock_out.figures()]
        self._port.close()

    def _fail(self, error: Exception) -> None:
        self.release_all()
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {one_line(error)} ({Path(place.filename).name}:{place.lineno})"
        self._reports.append(Fault(text))
