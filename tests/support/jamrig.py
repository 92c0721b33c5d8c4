"""A whole engine without processes: a clock of the test's own, and lists for all that leaves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from companion.clips.desk import ClipDesk
from companion.clock.base import Clock
from companion.clock.internal import InternalClock
from companion.controls.knobs import ControlMap, Learning
from companion.controls.settings import Settings
from companion.io.osc_messages import Message
from companion.io.osc_peer import Peer
from companion.io.osc_port import Arrival
from companion.jam.control_changes import ControlChanges
from companion.jam.device import Device
from companion.jam.engine import Engine
from companion.jam.notices import Notices
from companion.jam.outlets import Outlets
from companion.music.timebase import step_seconds
from companion.player.messages import PlayerCommand
from companion.record.log import Entry
from companion.sampling.styles import known_choices
from companion.session.session import Session
from companion.streams.stream import MusicStream
from support.jamfakes import babbling

TICK_SECONDS = 0.005


class PlayerTape:
    """Keeps what the player is told."""

    def __init__(self) -> None:
        self.commands: list[PlayerCommand] = []

    def send(self, command: PlayerCommand) -> bool:
        self.commands.append(command)
        return True

    def of(self, kind: type) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]


class Rig:
    """An engine, its tapes, and the time."""

    def __init__(
        self,
        model: Any,
        settings: Settings | None = None,
        clock: Clock | None = None,
        *,
        bpm: float = 120,
        echo: bool = False,
        learning: Learning | None = None,
        load: Callable[[str], object] | None = None,
        log: Callable[[Entry], object] | None = None,
        osc: bool = True,
        clips: Callable[[Callable[[Message], object]], ClipDesk] | None = None,
        stage: Any = None,
        streams: Callable[[Callable[[], float]], Sequence[MusicStream]] = lambda now: (),
    ) -> None:
        """
        Args:
            clips: makes what takes clips, from what sends messages.
            stage: looks at the jam, as a StageDesk does.
            streams: makes what is told of the music, from the time.
        """
        self.now_s = 0.0
        self.player = PlayerTape()
        self.sent: list[Message] = []  # over OSC
        self.entries: list[Entry] = []
        self.kept: list[tuple[int, int]] = []
        self.clips = None if clips is None else clips(self.sent.append)
        self._stage = stage
        choices = known_choices(("babbler", "gru"))
        notices = Notices()
        outlets = Outlets(
            self.player,
            lambda: self.now_s,
            notices,
            self.sent.append if osc else None,
            self._heard if log is None else log,
            self._keep,
            streams(lambda: self.now_s),
        )
        self.session = Session(model, settings or babbling(), choices, outlets)
        if clock is None:
            clock = InternalClock(bpm)
            clock.start(0.0)
        self.clock = clock
        self.engine = Engine(
            self.session,
            outlets,
            clock,
            self.player,
            ControlChanges(ControlMap(), notices, learning),
            choices,
            notices,
            device=Device(
                Peer(1) if osc else None, self.sent.append if osc else None, choices, notices, outlets.resend
            ),
            clips=self.clips,
            log=log or self._written,
            load=load,
            echo=echo,
        )
        self.step_s = step_seconds(bpm)
        self._tick()

    def _written(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._stage is not None:
            self._stage.hear(entry)

    def _heard(self, entry: Entry) -> None:
        self._written(entry)
        if self.clips is not None:
            self.clips.tape.hear(entry)

    def _keep(self, first: int, last: int) -> None:
        self.kept.append((first, last))
        if self.clips is not None:
            self.clips.keep(first, last)

    def run_to(self, step: float) -> None:
        """Let the time pass to a step of a clock that began at 0."""
        self.run_until(step * self.step_s)

    def run_until(self, time_s: float) -> None:
        while self.now_s < time_s:
            self.now_s = min(self.now_s + TICK_SECONDS, time_s)
            self._tick()
            self.engine.work()
            self.engine.work()

    def _tick(self) -> None:
        self.engine.tick(self.now_s)
        if self._stage is not None:
            self._stage.tick(self.now_s, self.session, self.engine.line)

    def press(self, pitch: int, velocity: int = 80, channel: int = 0) -> None:
        self.engine.midi([0x90 | channel, pitch, velocity], self.now_s)

    def release(self, pitch: int, channel: int = 0) -> None:
        self.engine.midi([0x80 | channel, pitch, 0], self.now_s)

    def play(self, *pitches: int, steps: float = 4.0) -> None:
        """A melody of equal notes from now on, each let go a little early."""
        for pitch in pitches:
            begun = self.now_s / self.step_s
            self.press(pitch)
            self.run_to(begun + steps - 0.3)
            self.release(pitch)
            self.run_to(begun + steps)

    def osc(self, address: str, *arguments: object) -> None:
        self.engine.osc(Arrival(self.now_s, f"/chorale/{address}", arguments))

    def heard(self, address: str) -> list[tuple[Any, ...]]:
        """The arguments of what was sent to an address."""
        self.engine.picture(self.now_s)  # which is told before
        return [arguments for sent, arguments in self.sent if sent == f"/chorale/{address}"]
