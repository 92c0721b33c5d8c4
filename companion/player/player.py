"""The player: sends notes in time, and is the only one that does.

It is told what is to sound in which step, and how steps lie in time (``Command``), and tells what has
become of it (``Report``). Time and the output are given to it; ``companion.player.loop`` runs it.

Too late is never a burst
    A frame that comes, or is reached, more than a grace after its time is *held over*: what sounds goes on
    (rests still end it), its strikes are left out, and the next frame strikes what is missing. The grace is
    ``LATE_GRACE_SECONDS``, and at most a quarter of a step: shorter than what is heard as a slip, so that a
    hiccup costs no note. Where several steps are overdue only the newest counts.

No note stays
    ``SoundingPort`` knows what sounds. It is released on Silence, Panic, a stopped clock, closing, any fault of
    ours, and when no frame has come for some time although the clock runs. What sounded when the port got
    lost is released first when it is back.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable
from math import floor
from pathlib import Path

from companion.errors import one_line
from companion.music.sounding import SoundingFrame
from companion.music.timebase import Timebase
from companion.player.held_notes import Strike
from companion.player.lateness import LatenessMeter
from companion.player.messages import (
    ClearSteps,
    Close,
    Command,
    Echo,
    Fault,
    HeldOver,
    Panic,
    PlayFrames,
    PlayNow,
    Report,
    SetOffset,
    SetTimebase,
    Silence,
    Silenced,
)
from companion.player.port import Output, SoundingPort

LATE_GRACE_SECONDS = 0.025
LATE_GRACE_STEPS = 0.25
STARVED_SECONDS = 2.0  # without a frame, and …
STARVED_STEPS = 8  # … so many steps: then what sounds is let go
LATENESS_SECONDS = 0.5  # between two reports of the lateness
CALM_SECONDS = 0.005  # before the next step there is time for the port list and the report
MOST_FRAMES = 4096  # kept ahead; more can only be a fault
REMEMBERED_STEPS = 256  # of which it is known whether they were played or reported


class Player:
    """Frames in, messages out. Every method is quick, and none raises."""

    def __init__(self, output: Output, clock: Callable[[], float], meter: LatenessMeter | None = None) -> None:
        self.meter = meter or LatenessMeter()
        self._clock = clock
        self._port = SoundingPort(output, self._sent)
        self._frames: dict[int, SoundingFrame] = {}
        self._timebase: Timebase | None = None
        self._offset_s = 0.0
        self._newest: int | None = None  # the last step that was dealt with
        self._played: deque[int] = deque(maxlen=REMEMBERED_STEPS)
        self._held_over: deque[int] = deque(maxlen=REMEMBERED_STEPS)
        self._framed: set[int] = set()  # voices that sound what a frame has asked for
        self._deadline_s: float | None = None  # of what is being sent, where it has one
        self._reports: list[Report] = []
        self._lateness_s = float("-inf")  # when the lateness was last told

    def take_reports(self) -> list[Report]:
        """What has happened since the last call."""
        reports, self._reports = [*self._reports, *self._port.take_events()], []
        return reports

    # What is asked of it.

    def receive(self, command: Command) -> None:
        """Obeys. Frames that are due already sound with the next ``due``."""
        try:
            self._obey(command)
        except Exception as error:
            self._fail(error)

    def _obey(self, command: Command) -> None:
        match command:
            case PlayFrames(frames):
                self._keep(frames)
            case ClearSteps(first, last):
                self._frames = {step: frame for step, frame in self._frames.items() if not first <= step <= last}
            case SetTimebase(timebase):
                self._set_timebase(timebase)
            case PlayNow():
                self._play_now(command)
            case Echo():
                self._echo(command)
            case Silence(token):
                self._silence(token)
            case Panic(token, channels):
                self._silence(token)
                self._port.reset(channels)
            case SetOffset(seconds):
                self._offset_s = seconds
            case Close():
                self.release_all()

    def _keep(self, frames: tuple[SoundingFrame, ...]) -> None:
        for frame in frames:
            if self._newest is None or frame.step > self._newest:
                self._frames[frame.step] = frame
            elif frame.step > self._newest - REMEMBERED_STEPS and frame.step not in self._played:
                self._tell_held_over(frame.step)
        while len(self._frames) > MOST_FRAMES:
            del self._frames[max(self._frames)]

    def _set_timebase(self, timebase: Timebase | None) -> None:
        before, self._timebase = self._timebase, timebase
        if timebase is None:
            self.release_all()
            self._newest = None
            return
        position = timebase.step_at(self._clock() - self._offset_s)
        if before is None:  # what has gone by while nothing ran was not missed
            self._frames = {step: frame for step, frame in self._frames.items() if step >= floor(position)}
        elif self._newest is not None and position < self._newest - 1:  # further back than a clock is put right
            self._newest = None

    def _play_now(self, command: PlayNow) -> None:
        self._framed.discard(command.voice)
        if command.pitch:
            key = (command.channel, command.pitch)
            self._port.move(struck=[(command.voice, key, command.velocity)])
        else:
            self._port.move(released=[command.voice])

    def _echo(self, command: Echo) -> None:
        key = (command.channel, command.pitch)
        owner = ("echo", key)
        if command.velocity:
            self._port.move(struck=[(owner, key, command.velocity)])
        else:
            self._port.move(released=[owner])

    def _silence(self, token: int) -> None:
        self.release_all()
        self._frames.clear()
        self._reports.append(Silenced(token, self._clock()))

    # What time asks of it.

    def next_deadline_s(self) -> float | None:
        """When ``due`` has something to do next; None: never, as things stand."""
        if self._timebase is None or not self._frames:
            return None
        return self._time_of(self._timebase, min(self._frames))

    def due(self, now_s: float) -> None:
        """Plays what has come due."""
        try:
            if self._timebase is not None:
                self._play_due(self._timebase, now_s)
        except Exception as error:
            self._fail(error)

    def _time_of(self, timebase: Timebase, step: int) -> float:
        return timebase.time_of(step) + self._offset_s

    def _play_due(self, timebase: Timebase, now_s: float) -> None:
        overdue = [step for step in self._frames if self._time_of(timebase, step) <= now_s]
        if not overdue:
            return
        newest = max(overdue)
        for step in self._missed_before(newest):
            self._tell_held_over(step)
        frame = self._frames[newest]
        for step in overdue:
            del self._frames[step]
        self._newest = newest
        deadline_s = self._time_of(timebase, newest)
        if now_s - deadline_s <= min(LATE_GRACE_SECONDS, LATE_GRACE_STEPS * timebase.step_seconds):
            self._played.append(newest)
            self._sound(frame, deadline_s)
        else:
            self._tell_held_over(newest)
            self._hold_over(frame)

    def _missed_before(self, newest: int) -> list[int]:
        """The steps before it that were never dealt with: those known, and those in which something sounded on."""
        known = [step for step in self._frames if step < newest]
        if not self._framed or self._newest is None:
            return sorted(known)
        return sorted({*known, *range(max(self._newest + 1, newest - REMEMBERED_STEPS), newest)})

    def _sound(self, frame: SoundingFrame, deadline_s: float) -> None:
        released: list[int] = []
        struck: list[Strike] = []
        for voice, part in enumerate(frame.parts):
            if part.pitch is None:
                released.append(voice)
            elif part.struck or (part.channel, part.pitch) != self._port.of(voice):
                struck.append((voice, (part.channel, part.pitch), part.velocity))
        self._framed = {voice for voice, part in enumerate(frame.parts) if part.pitch is not None}
        self._deadline_s = deadline_s
        self._port.move(released, struck)
        self._deadline_s = None

    def _hold_over(self, frame: SoundingFrame) -> None:
        silent = [voice for voice, part in enumerate(frame.parts) if part.pitch is None]
        self._framed.difference_update(silent)
        self._port.move(released=silent)

    def _tell_held_over(self, step: int) -> None:
        if step not in self._held_over and not self._port.lost:
            self._held_over.append(step)
            self._reports.append(HeldOver(step))

    def _sent(self) -> None:
        if self._deadline_s is not None:
            self.meter.add(self._clock() - self._deadline_s)

    def keep_house(self, now_s: float) -> None:
        """Looks after the port, the lateness report and frames that never come; puts it off just before a step."""
        deadline_s = self.next_deadline_s()
        if deadline_s is not None and now_s >= deadline_s - CALM_SECONDS:
            return
        try:
            self._port.watch(now_s)
        except Exception as error:
            self._fail(error)
        self._let_go_if_starved(now_s)
        if now_s - self._lateness_s >= LATENESS_SECONDS:
            self._lateness_s = now_s
            self._reports.append(self.meter.read())

    def _let_go_if_starved(self, now_s: float) -> None:
        timebase = self._timebase
        if timebase is None or self._newest is None or self._frames or not self._framed:
            return
        patience_s = max(STARVED_SECONDS, STARVED_STEPS * timebase.step_seconds)
        if now_s < self._time_of(timebase, self._newest + 1) + patience_s:
            return
        silent, self._framed = sorted(self._framed), set()
        if any(self._port.of(voice) is not None for voice in silent):
            self._port.move(released=silent)
            self._reports.append(Fault("no more frames came although the clock runs: their last notes were released"))

    # The end.

    def release_all(self) -> None:
        """Releases whatever sounds."""
        self._deadline_s = None
        self._framed.clear()
        self._port.release_all()

    def close(self) -> None:
        """Releases everything, tells the last figures and closes the output."""
        self.release_all()
        self._reports.append(self.meter.read())
        self._port.close()

    def _fail(self, error: Exception) -> None:
        self.release_all()
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {one_line(error)} ({Path(place.filename).name}:{place.lineno})"
        self._reports.append(Fault(text))
