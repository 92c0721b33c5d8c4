"""What the channels of a port were told that outlasts a message: the sustain pedal, the bend, the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from companion.music.messages import BEND, CONTROLLER, PROGRAM, SUSTAIN

CENTRE = 8192  # of a bend, 0..16383
BANK_MSB, BANK_LSB = 0, 32  # controllers


@dataclass(frozen=True)
class Touch:
    """How a channel is played on besides its keys."""

    pedal: int = 0  # the sustain pedal, 0..127: up below 64
    bend: int = CENTRE


AT_REST = Touch()


@dataclass(frozen=True)
class ProgramChange:
    """What a channel sounds like; None: left as it is."""

    channel: int  # 0..15
    bank: int | None = None  # 0..16383
    program: int | None = None  # 0..127

    def messages(self) -> Iterator[bytes]:
        """The bank first, which counts from the program after it on."""
        if self.bank is not None:
            yield bytes((CONTROLLER | self.channel, BANK_MSB, self.bank >> 7))
            yield bytes((CONTROLLER | self.channel, BANK_LSB, self.bank & 0x7F))
        if self.program is not None:
            yield bytes((PROGRAM | self.channel, self.program))


def at_rest(channel: int) -> tuple[bytes, bytes]:
    """What lets go of a channel's pedal and bend, whatever they are."""
    return bytes((CONTROLLER | channel, SUSTAIN, 0)), bytes((BEND | channel, CENTRE & 0x7F, CENTRE >> 7))


class ChannelState:
    """Of one port. Raises what sending raises, and then knows no more than was sent."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._touches: dict[int, Touch] = {}  # that are not at rest
        self._programs: tuple[ProgramChange, ...] = ()

    def touch(self, channel: int, wanted: Touch) -> None:
        """Brings a channel's pedal and bend to what is wanted: what differs is sent."""
        before = self._touches.get(channel, AT_REST)
        if wanted != AT_REST:
            self._touches[channel] = wanted  # before it is sent: a message too many does no harm
        for message in _messages(channel, before, wanted):
            self._send(message)
        if wanted == AT_REST:
            self._touches.pop(channel, None)

    def let_go(self) -> None:
        """Every pedal comes up, and every bend goes to its centre."""
        for channel in list(self._touches):
            self.touch(channel, AT_REST)

    def set_programs(self, programs: Iterable[ProgramChange]) -> None:
        """These from now on: those that are new are sent."""
        before = self._programs
        self.keep_programs(programs)
        self._send_programs(one for one in self._programs if one not in before)

    def keep_programs(self, programs: Iterable[ProgramChange]) -> None:
        """These are told when the port is back."""
        self._programs = tuple(programs)

    def begin_again(self) -> None:
        """The port is back, and may be another instrument: what it may hold is let go, and programs are told again."""
        for channel in list(self._touches):  # nobody knows which of its messages came through
            for message in at_rest(channel):
                self._send(message)
            del self._touches[channel]
        self._send_programs(self._programs)

    def _send_programs(self, programs: Iterable[ProgramChange]) -> None:
        for one in programs:
            for message in one.messages():
                self._send(message)


def _messages(channel: int, before: Touch, after: Touch) -> Iterator[bytes]:
    if after.pedal != before.pedal:
        yield bytes((CONTROLLER | channel, SUSTAIN, after.pedal))
    if after.bend != before.bend:
        yield bytes((BEND | channel, after.bend & 0x7F, after.bend >> 7))
