"""The engine of a jam: what comes in is brought to the session in order, stamped with its place in the music.

One thread. ``receive`` takes what has arrived, ``tick`` lets time pass, ``work`` uses what is left of it to
plan. Everything that opens or waits is elsewhere (``companion.jam.process``), so that an hour of jam can
be run in a second with a clock of one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from companion.clips.desk import ClipDesk
from companion.clock.base import Clock
from companion.controls import keymap
from companion.controls.settings import Command
from companion.controls.table import ACTIONS, Choices
from companion.errors import BadSetting, ChoraleError
from companion.io import osc_messages
from companion.io.clip_messages import ClipAsk, ClipDrop, ClipGot, ClipHere, ClipPart
from companion.io.osc_messages import Alive, Hello, LoopReport, OscFault, PlayedNote, PlayedPedal, TransportReport
from companion.io.osc_port import Arrival, Unreadable
from companion.jam.conductor import Conductor
from companion.jam.control_changes import ControlChanges
from companion.jam.device import Device
from companion.jam.keys import ALL_OFF, PEDAL, RESET, PlayerKeys
from companion.jam.notices import Notices
from companion.jam.outlets import CommandSink, Outlets
from companion.jam.picture import Picture
from companion.jam.player_side import ChannelPrograms, OwnKeys, PlayerState
from companion.jam.snapshot import picture_of
from companion.model.runtime import Model
from companion.music.messages import BEND, CONTROLLER
from companion.music.timebase import Timebase
from companion.player.lateness import Lateness
from companion.player.messages import PlayerReport
from companion.record.log import Entry, LoggedCommand
from companion.session.session import Session
from companion.session.turns import ANSWERING

_NOTE_OFF, _NOTE_ON = 0x80, 0x90
LETTING_GO = ("stop", "panic")  # let go of pedals and bends, too
_CLOCK_MESSAGES = (0xF2, 0xF8, 0xFA, 0xFB, 0xFC)


@dataclass(frozen=True)
class Loaded:
    """A model that was asked for is ready, or could not be loaded."""

    name: str
    model: Model | None
    fault: str = ""


class Engine:
    """One jam, without its processes."""

    def __init__(
        self,
        session: Session,
        outlets: Outlets,
        clock: Clock,
        player: CommandSink,
        control_changes: ControlChanges,
        choices: Choices,
        notices: Notices,
        *,
        device: Device,
        clips: ClipDesk | None = None,
        log: Callable[[Entry], object] | None = None,
        load: Callable[[str], object] | None = None,
        echo: bool = False,
    ) -> None:
        """
        Args:
            clips: takes what the device that writes clips says; None: nobody does.
            load: begins to load a model by name; it comes back through ``loaded``.
            echo: sound the player's own keys too.
        """
        self.session, self.outlets = session, outlets
        self.player_state = PlayerState(notices)
        self._control_changes, self._choices, self._notices = control_changes, choices, notices
        self._log, self._load, self._device, self._clips = log, load, device, clips
        self._conductor = Conductor(clock, session, outlets, player, self._write, notices)
        own = OwnKeys(player, session.by_channel) if echo else None
        self._keys = PlayerKeys(session, self._conductor, outlets.feedback, self._write, own)
        self._programs = ChannelPrograms(player)
        self._programs.follow(session.settings)

    @property
    def clock(self) -> Clock:
        """What the jam keeps time by."""
        return self._conductor.clock

    @property
    def line(self) -> Timebase | None:
        """From seconds to steps of the music; None while the clock stands."""
        return self._conductor.line()

    # What arrives

    def midi(self, message: Sequence[int], time_s: float, clock: bool = True) -> None:
        """A MIDI message; ``clock``: from a port whose clock is heard."""
        status = message[0] if message else 0
        if status in _CLOCK_MESSAGES:
            if clock:
                self.clock.receive(message, time_s)
            return
        if len(message) != 3:
            return
        kind, channel = status & 0xF0, status & 0x0F
        if kind in (_NOTE_ON, _NOTE_OFF):
            self.note(message[1], message[2] if kind == _NOTE_ON else 0, channel, time_s)
        elif kind == CONTROLLER:
            self._control_change(message[1], message[2], channel, time_s)
        elif kind == BEND:
            self._keys.bend(message[1] | message[2] << 7, channel)

    def _control_change(self, number: int, value: int, channel: int, time_s: float) -> None:
        if not self._control_changes.takes(number, channel):
            self._keys.control(number, value, channel, time_s)
        settings, answers = self.session.settings, self._conductor.answers
        command = self._control_changes.receive(number, value, channel, time_s, settings, answers, self._choices)
        if command is not None:
            self.command(command, time_s)

    def osc(self, arrival: Arrival | Unreadable) -> None:
        """An OSC message."""
        if isinstance(arrival, Unreadable):
            self._notices.complain(arrival.text, arrival.times)
            return
        found = osc_messages.decode(arrival.address, arrival.arguments)
        match found:
            case OscFault():
                self._notices.complain(found.text)
            case Command():
                self.command(found, arrival.time_s)
            case PlayedNote():
                self.note(found.pitch, found.velocity, found.channel, arrival.time_s)
            case PlayedPedal():
                self._keys.control(PEDAL, 127 * found.down, found.channel, arrival.time_s)
            case TransportReport() | LoopReport():
                self._transport(found, arrival.time_s)
            case Hello() | Alive():
                self._device.greet(found, arrival.time_s, self.session)
            case ClipAsk() | ClipPart() | ClipGot() | ClipDrop() | ClipHere():
                if self._clips is not None:
                    self._clips.hear(found, arrival.time_s)

    def _transport(self, report: TransportReport | LoopReport, time_s: float) -> None:
        try:
            if isinstance(report, LoopReport):
                self.clock.loop(report.on, report.start, report.end)
            else:
                self.clock.transport(report.playing, report.step, report.tempo, report.beats, report.unit, time_s)
        except BadSetting as error:
            self._notices.complain(str(error))

    def note(self, pitch: int, velocity: int, channel: int, time_s: float) -> None:
        """A key goes down, or up with velocity 0."""
        self._keys.note(pitch, velocity, channel, time_s)

    def stroke(self, stroke: str, time_s: float | None = None) -> None:
        """A key of the computer's keyboard, pressed at a time; None: now."""
        scene = keymap.Scene(self.session.settings, self._conductor.answers, self._choices)
        command = keymap.command(stroke, scene)
        if command is not None:
            self.command(command, time_s)

    def command(self, command: Command, time_s: float | None = None) -> None:
        """A control or an action, from anywhere, told at a time or now; a fault is said, and changes nothing."""
        try:
            if command.name == "tap":
                self._conductor.tap(time_s)
                return
            if self._conductor.holds(command):
                return
            if command.name == "model" and self._load is not None:
                self._load(_model_name(command, self._choices))
                return
            self._carry_out(command)
        except ChoraleError as error:
            self._write(LoggedCommand(self.session.position, command.name, command.arguments))
            self._notices.complain(str(error))

    def loaded(self, loaded: Loaded) -> None:
        """A model has been read: it plays on, or the old one does."""
        if loaded.model is None:
            self._notices.complain(f"the old model plays on: {loaded.fault}")
            return
        self._carry_out(Command("model", (loaded.name,)))
        self.session.set_model(loaded.model)
        for stream in self.outlets.streams:
            stream.plays(loaded.model)
        self._notices.say(f"model {loaded.name}")

    def report(self, report: PlayerReport) -> None:
        """What the player process says."""
        self.player_state.hear(report)
        if isinstance(report, Lateness):
            late = self.player_state.late
            self._device.send(osc_messages.latency(report.p50_ms, report.p99_ms, late))

    def overrun(self, lost: int, now_s: float) -> None:
        """So many messages came in vain, for there were too many: a key may have been let go among them, so all are."""
        self.lift_keys(now_s)
        self._notices.complain(f"too much comes over OSC: {lost} message{'s' * (lost != 1)} lost")

    def lift_keys(self, now_s: float) -> None:
        """All keys and pedals are up: nobody is there any more to say so."""
        for channel in range(16):
            self._keys.control(RESET, 0, channel, now_s)
            self._keys.control(ALL_OFF[0], 0, channel, now_s)

    def play_again(self) -> None:
        """The player has started again, and knows of no frames."""
        self.session.send_again()

    # Time

    def tick(self, now_s: float) -> None:
        """The time is now."""
        self._conductor.tick(now_s)
        counted_in = self._conductor.counted_in()
        if counted_in is not None:
            self._carry_out(counted_in)
        self._device.tick(now_s, self.session)
        if self._clips is not None:
            session = self.session
            self._clips.tick(now_s, session.settings, session.barlines, session.activity == ANSWERING)
        self._device.tell(now_s)

    def work(self) -> bool:
        """Plan; False when there is nothing to plan."""
        return self.session.work()

    # Orders

    def _carry_out(self, command: Command) -> None:
        position, settings = self.session.position, self.session.settings
        step = self.session.command(command)
        if command.name in ACTIONS or self.session.settings != settings:
            self._write(LoggedCommand(position, command.name, command.arguments, step))
        self._programs.follow(self.session.settings)
        if command.name in LETTING_GO or self.session.settings.mode != settings.mode:
            self._keys.let_go()

    def _write(self, entry: Entry) -> None:
        if self._log is not None:
            self._log(entry)

    def picture(self, now_s: float, ports: str = "", recording: str | None = None) -> Picture:
        """The jam as it stands."""
        self._device.tell(now_s)
        line, lateness = self.line, self.player_state.lateness
        position = self.session.position if line is None else line.step_at(now_s)
        bpm = line.bpm if line is not None else self.clock.bpm
        *earlier, message = self._notices.told or [""]
        picture = picture_of(self.session, position, self._choices)
        return replace(
            picture,
            activity="counting in" if self._conductor.counting else picture.activity,
            clock=self.clock.name,
            clock_out=self.player_state.clock_output,
            bpm=bpm,
            connected=self._device.connected,
            latency_p50_ms=lateness.p50_ms if lateness else None,
            latency_p99_ms=lateness.p99_ms if lateness else None,
            late=self.player_state.late,
            ticks_ms=self.player_state.ticks_ms,
            ports=ports,
            recording=recording,
            message=message,
            ticker=self._notices.count,
            earlier=tuple(earlier),
        )


def _model_name(command: Command, choices: Choices) -> str:
    """The model that a command names."""
    name = str(command.arguments[0]) if len(command.arguments) == 1 else ""
    if choices.models is not None and name not in choices.models:
        raise ChoraleError(f"model must be one of {', '.join(choices.models)}, not {name!r}")
    return name
