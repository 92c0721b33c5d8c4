"""The player process as the engine sees it: what it reports, and the keys it sounds for the player's own hands."""

from __future__ import annotations

from collections.abc import Callable

from companion.controls.settings import Settings, VoiceSettings
from companion.io.events import PortBack, PortEvent, PortLost, PortMissing
from companion.jam.notices import Notices
from companion.jam.outlets import CommandSink
from companion.music.sounding import ChannelNote
from companion.player.channel_state import CENTRE, ProgramChange, Touch
from companion.player.lateness import Lateness
from companion.player.messages import (
    ClockLateness,
    ClockPortNews,
    EchoKey,
    EchoTouch,
    Fault,
    HeldOver,
    PlayerReport,
    Ready,
    SetPrograms,
)

HIGHEST_NOTE = 127


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
    """Sounds each key until it is let go: there where it began, whatever channel or transposition there is meanwhile.

    Pedal and bend of the channel that a key is played on go along to the one that it sounds on.
    """

    def __init__(self, player: CommandSink, by_channel: bool) -> None:
        """by_channel: each channel has a pedal of its own; else one is for all, as MPE keyboards send it."""
        self._player, self._by_channel = player, by_channel
        self._sounding: dict[tuple[int, int], ChannelNote] = {}  # channel and pitch of a key → what sounds of it
        self._played_on: dict[int, int] = {}  # channel that keys have sounded on → the one they were played on last
        self._pedals: dict[int, int] = {}  # by the channel they are played on
        self._bends: dict[int, int] = {}

    def play(self, pitch: int, velocity: int, channel: int, sounds: ChannelNote) -> None:
        """A key goes down, or up with velocity 0.

        sounds: the channel and the pitch that it is to sound.
        """
        before = self._sounding.pop((channel, pitch), None)
        if before is not None:
            self._player.send(EchoKey(before[1], 0, before[0]))
        if velocity and 0 <= sounds[1] <= HIGHEST_NOTE:
            self._sounding[channel, pitch], self._played_on[sounds[0]] = sounds, channel
            self._player.send(EchoKey(sounds[1], velocity, sounds[0], self._touch(channel)))

    def pedal(self, value: int, channel: int) -> None:
        """The sustain pedal has moved."""
        self._pedals[self._foot(channel)] = value
        self._tell(lambda played_on: self._foot(played_on) == self._foot(channel))

    def bend(self, value: int, channel: int) -> None:
        """The pitch wheel of a channel has moved: 0..16383."""
        self._bends[channel] = value
        self._tell(lambda played_on: played_on == channel)

    def let_go(self) -> None:
        """Pedals come up and bends go to their centre, wherever hand and foot are."""
        self._pedals, self._bends = {}, {}
        self._tell(lambda _: True)

    def _tell(self, of: Callable[[int], bool]) -> None:
        for sounds_on, channel in sorted(self._played_on.items()):
            if of(channel):
                self._player.send(EchoTouch(sounds_on, self._touch(channel)))

    def _touch(self, channel: int) -> Touch:
        return Touch(self._pedals.get(self._foot(channel), 0), self._bends.get(channel, CENTRE))

    def _foot(self, channel: int) -> int:
        return channel if self._by_channel else 0


class ChannelPrograms:
    """Tells the player what the channels of the voices are to sound like, where that is set."""

    def __init__(self, player: CommandSink) -> None:
        self._player = player
        self._told: tuple[ProgramChange, ...] = ()

    def follow(self, settings: Settings) -> None:
        """They are to be as these settings say; of two voices on one channel the lower one counts."""
        by_channel = {voice.channel: _program_of(voice) for voice in settings.voices if voice.program or voice.bank}
        programs = tuple(by_channel.values())
        if programs != self._told:
            self._told = programs
            self._player.send(SetPrograms(programs))


def _program_of(voice: VoiceSettings) -> ProgramChange:
    """On the wire all three are counted from 0."""
    return ProgramChange(
        voice.channel - 1,
        None if voice.bank is None else voice.bank - 1,
        None if voice.program is None else voice.program - 1,
    )
