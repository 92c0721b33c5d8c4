"""The engine of a jam: what comes in is brought to the session in order, stamped with its place in the music.

One thread. ``receive`` takes what has arrived, ``tick`` lets time pass, ``work`` uses what is left of it to
plan. Everything that opens or waits is elsewhere (``companion.jam.process``), so that an hour of jam can
be run in a second with a clock of one's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from companion.clock.base import Clock
from companion.clock.midi import MidiClock
from companion.clock.transport import TransportClock
from companion.controls import keymap
from companion.controls.knobs import ControlReader, Learning
from companion.controls.table import Choices, Command
from companion.errors import BadSetting, ChoraleError
from companion.io import osc_messages
from companion.io.events import PortBack, PortLost, PortMissing
from companion.io.osc_messages import Alive, Hello, LoopReport, Message, OscFault, PlayedNote, TransportReport
from companion.io.osc_peer import Peer
from companion.io.osc_port import Arrival, Unreadable
from companion.jam.conductor import Conductor
from companion.jam.device import Device
from companion.jam.outlets import Outlets, Speaker
from companion.jam.picture import Picture
from companion.jam.snapshot import picture_of
from companion.model.runtime import Model
from companion.player.lateness import Lateness
from companion.player.messages import EchoKey, Fault, HeldOver, PlayerReport, Ready
from companion.record.log import Entry, LoggedCommand, LoggedNote
from companion.session.plan import ANSWERING
from companion.session.session import Session

PICTURE_SECONDS = 0.05  # between two pictures
_NEWS = 6  # messages that a picture holds, so that none is lost between two
_NOTE_OFF, _NOTE_ON, _CONTROL_CHANGE = 0x80, 0x90, 0xB0
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
        player: Speaker,
        reader: ControlReader,
        choices: Choices,
        *,
        peer: Peer | None = None,
        osc: Callable[[Message], object] | None = None,
        log: Callable[[Entry], object] | None = None,
        load: Callable[[str], object] | None = None,
        echo: bool = False,
        learning: Learning | None = None,
    ) -> None:
        """
        Args:
            load: begins to load a model by name; it comes back through ``loaded``.
            echo: sound the player's own keys too.
            learning: asks for control changes to bind, in place of obeying them.
        """
        self.session, self.outlets = session, outlets
        self.reader, self.learning = reader, learning
        self.late = 0  # steps held over
        self.latency: Lateness | None = None
        self.output = ""  # the name of the MIDI output
        self._player, self._choices = player, choices
        self._log, self._load, self._echo = log, load, echo
        self._conductor = Conductor(clock, session, outlets, player, self._write, self.say)
        self._device = Device(peer, osc, choices, outlets.resend)
        self._echoes: dict[tuple[int, int], int] = {}  # (channel, pitch) of a key → the channel it sounds on
        self._news: deque[str] = deque(maxlen=_NEWS)
        self._ticker = 0

    @property
    def clock(self) -> Clock:
        """What the jam keeps time by."""
        return self._conductor.clock

    # What arrives

    def midi(self, message: Sequence[int], time_s: float, clock: bool = True) -> None:
        """A MIDI message; ``clock``: from a port whose clock is heard."""
        status = message[0] if message else 0
        if status in _CLOCK_MESSAGES:
            if clock and isinstance(self.clock, MidiClock):
                self.clock.receive(message, time_s)
            return
        if len(message) != 3:
            return
        kind, channel = status & 0xF0, status & 0x0F
        if kind in (_NOTE_ON, _NOTE_OFF):
            self.note(message[1], message[2] if kind == _NOTE_ON else 0, channel, time_s)
        elif kind == _CONTROL_CHANGE:
            self._control_change(message[1], message[2], channel, time_s)

    def osc(self, arrival: Arrival | Unreadable) -> None:
        """An OSC message."""
        if isinstance(arrival, Unreadable):
            self._complain(arrival.text)
            return
        found = osc_messages.decode(arrival.address, arrival.arguments)
        match found:
            case OscFault():
                self._complain(found.text)
            case Command():
                self.command(found)
            case PlayedNote():
                self.note(found.pitch, found.velocity, found.channel, arrival.time_s)
            case TransportReport() | LoopReport():
                self._transport(found, arrival.time_s)
            case Hello() | Alive():
                for line in self._device.greet(found, arrival.time_s, self.session):
                    self.say(line)

    def _transport(self, report: TransportReport | LoopReport, time_s: float) -> None:
        clock = self.clock
        if not isinstance(clock, TransportClock):
            return
        try:
            if isinstance(report, LoopReport):
                clock.loop(report.on, report.start, report.end)
            else:
                clock.transport(report.playing, report.step, report.tempo, report.beats, report.unit, time_s)
        except BadSetting as error:
            self._complain(str(error))

    def note(self, pitch: int, velocity: int, channel: int, time_s: float) -> None:
        """A key goes down, or up with velocity 0."""
        line = self._conductor.line()
        if self.outlets.feedback.is_own(channel, pitch, velocity, time_s, line):
            return
        at = self.session.position if line is None else line.step_at(time_s)
        self._write(LoggedNote(self.session.position, at, pitch, velocity, channel))
        voice = self.session.note(at, pitch, velocity, channel)
        self._echoed(pitch, velocity, channel, voice)

    def stroke(self, stroke: str) -> None:
        """A key of the computer's keyboard."""
        scene = keymap.Scene(self.session.settings, self.session.activity == ANSWERING, self._choices)
        command = keymap.command(stroke, scene)
        if command is not None:
            self.command(command)

    def command(self, command: Command) -> None:
        """A control or an action, from anywhere; a fault is said, and changes nothing."""
        try:
            if command.name == "model" and self._load is not None:
                self._load(self._model_name(command))
                return
            self._carry_out(command)
        except ChoraleError as error:
            self._write(LoggedCommand(self.session.position, command.name, command.arguments))
            self._complain(str(error))

    def loaded(self, loaded: Loaded) -> None:
        """A model has been read: it plays on, or the old one does."""
        if loaded.model is None:
            self._complain(f"the old model plays on: {loaded.fault}")
            return
        self._carry_out(Command("model", (loaded.name,)))
        self.session.set_model(loaded.model)
        self.say(f"model {loaded.name}")

    def report(self, report: PlayerReport) -> None:
        """What the player process says."""
        match report:
            case Lateness():
                self.latency = report
                self._device.send(osc_messages.latency(report.p50_ms, report.p99_ms, self.late))
            case Ready():
                self.output = report.port
            case HeldOver():
                self.late += 1
            case PortLost():
                self.say(f"the MIDI output {report.name} is gone; it is opened again when it returns")
            case PortBack():
                self.output = report.name
                self.say(f"the MIDI output {report.name} is there")
            case PortMissing() | Fault():
                self.say(report.text)

    def say(self, text: str) -> None:
        """A line for the player."""
        self._news.append(text)
        self._ticker += 1
        self._device.send(osc_messages.status(text))

    # Time

    def tick(self, now_s: float) -> None:
        """The time is now."""
        self._conductor.tick(now_s)
        for line in self._device.tick(now_s, self.session):
            self.say(line)
        messages, self.outlets.messages = self.outlets.messages, []
        for text in messages:
            self.say(text)

    def work(self) -> bool:
        """Plan; False when there is nothing to plan."""
        return self.session.work()

    # Orders

    def _carry_out(self, command: Command) -> None:
        position = self.session.position
        step = self.session.command(command)
        self._write(LoggedCommand(position, command.name, command.arguments, step))

    def _model_name(self, command: Command) -> str:
        name = str(command.arguments[0]) if len(command.arguments) == 1 else ""
        if self._choices.models is not None and name not in self._choices.models:
            raise ChoraleError(f"model must be one of {', '.join(self._choices.models)}, not {name!r}")
        return name

    def _control_change(self, number: int, value: int, channel: int, time_s: float) -> None:
        if self.learning is not None and self.learning.asked is not None:
            self._learn(number, value, channel, time_s)
            return
        answering = self.session.activity == ANSWERING
        command = self.reader.receive(number, value, channel, self.session.settings, answering, self._choices)
        if command is not None:
            self.command(command)

    def _learn(self, number: int, value: int, channel: int, time_s: float) -> None:
        assert self.learning is not None
        said = self.learning.receive(number, value, channel, time_s)
        if said is None:
            return
        self.reader.map = self.learning.map
        asked = self.learning.asked
        self.say(f"{said}; now move {asked}" if asked is not None else f"{said}; all is learnt")

    def _echoed(self, pitch: int, velocity: int, channel: int, voice: int | None) -> None:
        """The player's own key, sounded where its voice sounds; its release goes where it began."""
        if not self._echo:
            return
        key = (channel, pitch)
        if velocity:
            self._stop_echo(key)
            self._echoes[key] = self.session.settings.voices[voice or 0].channel - 1
            self._player.send(EchoKey(pitch, velocity, self._echoes[key]))
        else:
            self._stop_echo(key)

    def _stop_echo(self, key: tuple[int, int]) -> None:
        sounding = self._echoes.pop(key, None)
        if sounding is not None:
            self._player.send(EchoKey(key[1], 0, sounding))

    def _complain(self, text: str) -> None:
        self._news.append(text)
        self._ticker += 1
        self._device.send(osc_messages.error(text))

    def _write(self, entry: Entry) -> None:
        if self._log is not None:
            self._log(entry)

    def picture(self, now_s: float, ports: str = "", recording: str | None = None) -> Picture:
        """The jam as it stands."""
        line, latency = self._conductor.line(), self.latency
        position = self.session.position if line is None else line.step_at(now_s)
        bpm = line.bpm if line is not None else getattr(self.clock, "bpm", None)  # not all know it while they stand
        *earlier, message = [*self._news] or [""]
        return replace(
            picture_of(self.session, position, self._choices),
            clock=self.clock.name,
            bpm=bpm,
            connected=self._device.connected,
            latency_p50_ms=latency.p50_ms if latency else None,
            latency_p99_ms=latency.p99_ms if latency else None,
            late=self.late,
            ports=ports,
            recording=recording,
            message=message,
            ticker=self._ticker,
            earlier=tuple(earlier),
        )
