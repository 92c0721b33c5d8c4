"""MIDI clock for other devices: 24 ticks a beat, start, stop, continue and song position.

MIDI 1.0 Detailed Specification, "System Real Time Messages" and "Song Position Pointer". Ticks go out whenever the
line runs, also before a song begins and between a stop and what follows it, so that devices know the tempo. Where the
song begins or goes on is told after the tick before it, which leaves a device a tick's length to get ready: start at
its beginning, else song position (in 16ths, below 16384) and continue. A jump, or the wrap of a loop, is stop, song
position, continue: few devices heed a position while they play.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from companion.clock.addresses import Addresses
from companion.music.sounding import GRACE_SECONDS, GRACE_STEPS
from companion.music.timebase import Timebase
from companion.player.clock_port import ClockPort
from companion.player.lateness import LatenessMeter
from companion.player.messages import ClockLateness, ClockPortNews, SetTimebase

_TICKS_PER_STEP = 6
_TICK, _START, _CONTINUE, _STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
_POSITION, _HIGHEST_POSITION = 0xF2, 0x3FFF

MOST_LATE_TICKS = 6  # are made up for at once, a step; beyond that devices are told where the song is
_ROUNDING = 1e-6  # ticks


def song_position(address: int) -> bytes:
    """The bytes of a song position, in 16ths from 0 to 16383."""
    return bytes((_POSITION, address & 0x7F, address >> 7))


class ClockOut:
    """Clock messages of a song that runs, stops and jumps. Every method is quick, and none raises."""

    def __init__(self, port: ClockPort, clock: Callable[[], float], meter: LatenessMeter) -> None:
        """
        Args:
            port: where it goes.
            clock: the time in seconds.
            meter: measures how late ticks leave.
        """
        self._port, self._clock = port, clock
        self._lateness, self._deviation = meter, LatenessMeter()
        self._late_s: float | None = None  # of the tick before, where it was sent
        self._line: Timebase | None = None  # of the music, in steps
        self._addresses = Addresses()
        self._tick = 0  # the next one; six lie on a step of the music
        self._address: int | None = None  # where devices will be at the next step; None: they stand
        self._unsure = False  # whether devices stand is not known: a message was lost

    def follow(self, command: SetTimebase, offset_s: float) -> None:
        """The music lies so in time from now on, and so in the song; what is sent comes so much later."""
        line = command.timebase
        if not self._port.wanted:
            return
        self._unsure |= command.anew
        before, self._addresses = self._line, command.addresses
        self._line = None if line is None else Timebase(line.step, line.time_s + offset_s, line.step_seconds)
        if self._line is None:
            self._stop()
            return
        jumped = self._has_jumped()
        if before is None or not self._keeps_up(self._line, self._clock(), 1 if jumped else MOST_LATE_TICKS):
            self._begin(self._line, self._clock())
        elif jumped:
            self._stop()
            self._prepare()

    def next_deadline_s(self) -> float | None:
        """When the next tick is due; None: never, as things stand."""
        return None if self._line is None else self._line.time_of(self._tick / _TICKS_PER_STEP)

    def due(self, now_s: float) -> None:
        """Sends what has come due."""
        if self._line is not None and not self._keeps_up(self._line, now_s):
            self._begin(self._line, now_s)
        while (deadline_s := self.next_deadline_s()) is not None and deadline_s <= now_s:
            self._send_tick(deadline_s)

    def keep_house(self, now_s: float) -> None:
        """Looks after the port. Devices from which it was away when the music stopped are told so when it is back."""
        self._port.watch(now_s)
        if self._line is None and self._unsure:
            self._stop()

    def take_reports(self) -> list[ClockPortNews]:
        """What has become of the port since the last call."""
        return [ClockPortNews(event) for event in self._port.take_events()]

    def figures(self) -> list[ClockLateness]:
        """How late ticks were, and how much longer or shorter than it should be the time between two."""
        return [ClockLateness(self._lateness.read(), self._deviation.read())] if self._port.wanted else []

    def close(self) -> None:
        """Devices stand, and the port is closed."""
        self._line = None
        self._stop()
        self._port.close()

    def _position(self, line: Timebase, now_s: float) -> float:
        return line.step_at(now_s) * _TICKS_PER_STEP

    def _keeps_up(self, line: Timebase, now_s: float, most_ticks: int = MOST_LATE_TICKS) -> bool:
        """Whether the next tick belongs to where the line is, or near it: clocks that follow others tremble."""
        return abs(self._position(line, now_s) - self._tick) <= most_ticks + 1

    def _has_jumped(self) -> bool:
        """Whether the next step is elsewhere in the song than devices were told."""
        step = -(-self._tick // _TICKS_PER_STEP)
        return self._address is not None and self._addresses.address_of(step) != self._address

    def _begin(self, line: Timebase, now_s: float) -> None:
        """The ticks go on elsewhere; a step that has just begun counts as one that begins."""
        if self._address is not None:
            self._stop()
        position = line.step_at(now_s)
        late = position - math.floor(position)
        if late <= GRACE_STEPS and late * line.step_seconds <= GRACE_SECONDS:
            self._tick = math.floor(position) * _TICKS_PER_STEP
        else:
            self._tick = math.ceil(self._position(line, now_s) - _ROUNDING)
        self._late_s = None
        self._prepare()

    def _send_tick(self, deadline_s: float) -> None:
        self._prepare()
        sent = self._tell(_TICK)
        if self._tick % _TICKS_PER_STEP == 0 and self._address is not None:
            self._address += 1
        self._tick += 1
        if sent:
            self._measure(self._clock() - deadline_s)
        self._prepare()

    def _measure(self, late_s: float) -> None:
        self._lateness.add(late_s)
        if self._late_s is not None:
            self._deviation.add(abs(late_s - self._late_s))
        self._late_s = late_s

    def _prepare(self) -> None:
        """Where the next tick begins a step, devices are to be where the song is."""
        step, within = divmod(self._tick, _TICKS_PER_STEP)
        if within:
            return
        address = self._addresses.address_of(step)
        if address == self._address:
            return
        if self._address is not None or self._unsure:
            self._stop()
        if address >= 0:
            self._go(address)

    def _go(self, address: int) -> None:
        if address == 0:
            self._tell(_START)
        else:
            if address <= _HIGHEST_POSITION:
                self._tell(song_position(address))
            self._tell(_CONTINUE)
        if not self._unsure:
            self._address = address

    def _stop(self) -> None:
        if self._address is None and not self._unsure:
            return
        self._address, self._unsure = None, False
        self._tell(_STOP)

    def _tell(self, message: bytes) -> bool:
        """Sends a message; where it is lost, nobody knows what devices do."""
        if self._port.pass_on(message):
            return True
        self._address, self._unsure, self._late_s = None, True, None
        return False
