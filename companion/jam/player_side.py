"""The player process as the engine sees it: what it reports, and the keys it sounds for the player's own hands."""

from __future__ import annotations

from companion.io.events import PortBack, PortEvent, PortLost, PortMissing
from companion.jam.notices import Notices
from companion.jam.outlets import CommandSink
from companion.player.lateness import Lateness
from companion.player.messages import (
    ClockLateness,
    ClockPortNews,
    EchoKey,
    Fault,
    HeldOver,
    PlayerReport,
    Ready,
)


class PlayerState:
    """What it plays on, and how punctually."""

    def __init__(self, notices: Notices) -> None:
        self.late = 0  # steps held over
        self.lateness: Lateness | None = None
        self.output = ""  # the name of the MIDI output
        self.clock_output = ""  # of that which clock goes out on
        self.ticks_ms: tuple[float, float] | None = None  # p50, p99 of how far those of the clock are off
        self._notices = notices

    def hear(self, report: PlayerReport) -> None:
        """What the player process says."""
        match report:
            case Lateness():
                self.lateness = report
            case ClockLateness(deviation=off):
                self.ticks_ms = (off.p50_ms, off.p99_ms)
            case Ready():
                self.output, self.clock_output = report.port, report.clock_port
            case HeldOver():
                self.late += 1
            case PortLost():
                self._notices.say(f"the MIDI output {report.name} is gone; it is opened again when it returns")
            case PortBack():
                self.output = report.name
                self._notices.say(f"the MIDI output {report.name} is there")
            case PortMissing() | Fault():
                self._notices.say(report.text)
            case ClockPortNews(event):
                self._hear_of_clock(event)

    def _hear_of_clock(self, event: PortEvent) -> None:
        match event:
            case PortMissing(text):
                self._notices.say(text)
            case PortLost(name):
                self._notices.say(f"the port {name} that clock goes out on is gone; it is opened again when it returns")
            case PortBack(name):
                self.clock_output = name
                self._notices.say(f"the port {name} that clock goes out on is there")


class OwnKeys:
    """Sounds each key until it is let go: there where it began, whatever channel its voice has meanwhile."""

    def __init__(self, player: CommandSink) -> None:
        self._player = player
        self._sounding: dict[tuple[int, int], int] = {}  # (channel, pitch) of a key → the channel it sounds on

    def play(self, pitch: int, velocity: int, channel: int, sounds_on: int) -> None:
        """A key goes down, or up with velocity 0."""
        before = self._sounding.pop((channel, pitch), None)
        if before is not None:
            self._player.send(EchoKey(pitch, 0, before))
        if velocity:
            self._sounding[channel, pitch] = sounds_on
            self._player.send(EchoKey(pitch, velocity, sounds_on))
