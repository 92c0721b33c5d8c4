"""Follows a MIDI clock: 24 ticks a beat, start, stop, continue and song position.

MIDI 1.0 Detailed Specification, "System Real Time Messages" and "Song Position Pointer": the first tick after start is
the beginning of the song; song position counts 16ths, six ticks each; continue goes on where the song stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from companion.clock.base import Clock, Jumped, Started, Stopped
from companion.clock.tempo import check_bpm
from companion.clock.ticks import TickLine
from companion.music.timebase import Timebase

_POSITION, _TICK, _START, _CONTINUE, _STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
_FIRST_REALTIME = 0xF8  # bytes from here on may stand anywhere, also inside another message
_TICKS_PER_BEAT, _TICKS_PER_STEP = 24, 6
_SILENCE_SECONDS = 0.5  # 4 ticks at 20 BPM; the music is to stop within a second
_SILENT = "the MIDI clock fell silent"


class _State(Enum):
    STOPPED = auto()
    WAITING = auto()  # told to start: the next tick is the first
    PLAYING = auto()
    SILENT = auto()  # was playing when the ticks ceased: the next tick goes on


class MidiClock(Clock):
    """A clock made of the messages that another one sends.

    Hand over each message with the time of its arrival, in order and before ``poll``: a poll that does not know of
    the latest ticks takes the clock for silent.
    """

    name = "midi"

    def __init__(self, bpm: float = 120) -> None:
        """``bpm`` is the tempo until the first two ticks have told theirs."""
        super().__init__()
        self._ticks = TickLine(60 / (check_bpm(bpm) * _TICKS_PER_BEAT))
        self._state = _State.STOPPED
        self._origin = 0  # the index of the tick that is, or would be, address 0
        self._next: int | None = 0  # the position in ticks that the next tick is told to have; None: it goes on

    @property
    def bpm(self) -> float:
        """Quarter notes a minute, as the ticks tell, also while stopped."""
        return 60 / (self._ticks.tick_seconds * _TICKS_PER_BEAT)

    def receive(self, message: Sequence[int], time_s: float) -> None:
        """Takes a message and the time of its arrival; what is no clock message, or broken, is passed over."""
        for byte in message:
            if byte >= _FIRST_REALTIME:
                self._realtime(byte, time_s)
        match [byte for byte in message if byte < _FIRST_REALTIME]:
            case [status, low, high] if status == _POSITION and 0 <= low < 0x80 and 0 <= high < 0x80:
                self._position(low | high << 7)

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""
        if self._state is not _State.PLAYING:
            return None
        ticks = self._ticks
        address = (ticks.index + 1 - self._origin) / _TICKS_PER_STEP
        return Timebase(address, ticks.next_s, ticks.tick_seconds * _TICKS_PER_STEP)

    def _pass(self, now_s: float) -> None:
        self._fallen_silent(now_s)

    def _realtime(self, byte: int, time_s: float) -> None:
        if byte == _TICK:
            self._tick(time_s)
        elif byte == _START:
            self._next = 0
            self._state = _State.PLAYING if self._state is _State.PLAYING else _State.WAITING
        elif byte == _CONTINUE and self._state is not _State.PLAYING:
            self._state = _State.WAITING
        elif byte == _STOP:
            self._halt(_State.STOPPED, time_s)

    def _position(self, step: int) -> None:
        """The next tick has this position, unless that is where it is to be anyway."""
        going_on = self._state is _State.PLAYING and self._next is None
        # Some masters tell as they go which step they are in: that is no jump, and not exact to the tick.
        if not (going_on and (self._ticks.index + 1 - self._origin) // _TICKS_PER_STEP == step):
            self._next = step * _TICKS_PER_STEP

    def _tick(self, time_s: float) -> None:
        silent = self._fallen_silent(time_s)
        begins = self._state in {_State.WAITING, _State.SILENT}
        if silent or (begins and not self._ticks.fits(time_s)):  # some masters begin their ticks anew at a start
            self._ticks.restart(time_s)
        else:
            self._ticks.add(time_s)
        if begins:
            self._place()
            self._state = _State.PLAYING
            self._events.append(Started(*self._here()))
        elif self._state is _State.PLAYING and self._next is not None:
            self._place()
            self._events.append(Jumped(*self._here()))

    def _fallen_silent(self, now_s: float) -> bool:
        """Whether the last tick is long ago; then the music stops."""
        silent_s = self._ticks.latest_s + _SILENCE_SECONDS
        if now_s <= silent_s:
            return False
        if self._state is _State.PLAYING:
            self._halt(_State.SILENT, silent_s, _SILENT)
        return True

    def _place(self) -> None:
        """Counts the newest tick as the position it has been told to have."""
        if self._next is not None:
            self._origin = self._ticks.index - self._next
            self._next = None

    def _here(self) -> tuple[float, float]:
        """The address of the newest tick, and its time less the jitter."""
        ticks = self._ticks
        return (ticks.index - self._origin) / _TICKS_PER_STEP, ticks.next_s - ticks.tick_seconds

    def _halt(self, state: _State, time_s: float, reason: str = "") -> None:
        """Stops; a start goes on where the last tick left off."""
        if self._state is _State.PLAYING:
            self._events.append(Stopped(time_s, reason))
            if self._next is None:
                self._next = self._ticks.index + 1 - self._origin
        self._state = state
