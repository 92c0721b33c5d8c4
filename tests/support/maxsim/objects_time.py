# ruff: noqa: ARG002 - the methods of all objects are called alike, needed or not
"""Objects that wait, and MIDI. Each names its page under docs.cycling74.com/reference/."""

from __future__ import annotations

import re

from support.maxsim.atoms import BANG, Atom, MaxError, Message, as_type, whole
from support.maxsim.box import Box
from support.maxsim.live import TICKS_A_BEAT
from support.maxsim.objects_ways import Any
from support.maxsim.scheduler import SCHEDULER, Event

_NOTE_VALUE = re.compile(r"(\d+)n$")


def ticks_of(value: Atom) -> float:
    """A note value in ticks: https://docs.cycling74.com/userguide/maxtime_syntax; 0 for ms."""
    found = _NOTE_VALUE.match(value) if isinstance(value, str) else None
    return 4 * TICKS_A_BEAT / int(found[1]) if found else 0.0


class Metro(Box, name="metro"):
    """/metro: bangs at once and then at each interval; 1 or bang starts (again), 0 or ``stop`` ends.

    With a note value it runs only while the transport runs, on its grid with ``quantize``. ``active 1`` starts it when
    it is loaded. A new interval counts from the next bang on.
    """

    words = frozenset({"stop"})
    queued = False

    def begin(self) -> None:
        self.interval = self.arguments[0] if self.arguments else 5
        self.waiting: Event | None = None

    def loaded(self) -> None:
        if self.device.attribute(self, "active") == "1":
            self._start()

    def freed(self) -> None:
        self._stop()

    def bang(self, inlet: int) -> None:
        self.refuse(inlet, BANG) if inlet else self._start()

    def whole(self, inlet: int, value: int) -> None:
        if inlet:
            self.interval = value
        elif value:
            self._start()
        else:
            self._stop()

    def word_stop(self, inlet: int, rest: Message) -> None:
        self._stop()

    def _start(self) -> None:
        self._stop()
        ticks = ticks_of(self.interval)
        if ticks:
            if ticks_of(self.device.attribute(self, "quantize")) != ticks:
                raise MaxError(f"{self}: a note value without the same quantize is not simulated")
            self.world.live.join_grid(self, ticks, self._speak)
        else:
            self._wait(0)

    def _stop(self) -> None:
        self.world.live.leave_grid(self)
        if self.waiting is not None:
            self.waiting.alive = False
            self.waiting = None

    def _wait(self, interval_ms: float) -> None:
        """qmetro goes on while Live's audio engine is off."""
        if self.queued:
            self.waiting = self.world.scheduler.after(interval_ms, self._beat)
        else:
            self.waiting = self.world.later(interval_ms, self._beat)

    def _beat(self) -> None:
        self._wait(float(self.interval))
        self._speak()

    def _speak(self) -> None:
        if self.queued:
            self.world.scheduler.defer(lambda: self.out(0, "bang"))
        else:
            self.out(0, "bang")


class Qmetro(Metro, name="qmetro"):
    """/qmetro: as metro, in the queue."""

    queued = True


class Transport(Box, name="transport"):
    """/transport: a bang: from right to left ticks, state, metre, tempo, resolution, units, beats, bars.

    In a device these are Live's. State and tempo are also said when they change, if ``world.transport_tells``: the
    page of RNBO's transport says so, that of Max does not; both are tried.
    """

    def loaded(self) -> None:
        self.world.live.told.append(self._tell)

    def freed(self) -> None:
        self.world.live.told.remove(self._tell)

    def _tell(self) -> None:
        self.out(6, int(self.world.live.playing))

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        live = self.world.live
        beats, (upper, lower) = live.beats, live.metre
        self.out(7, beats * TICKS_A_BEAT + self.world.position_error_ticks())
        self.out(6, int(live.playing))
        self.out(5, upper, lower)
        self.out(4, float(live.tempo))
        self.out(3, float(TICKS_A_BEAT))
        bar = 4 * upper / lower
        self.out(2, (beats * lower / 4) % 1 * TICKS_A_BEAT)
        self.out(1, int((beats % bar) * lower / 4) + 1)
        self.out(0, int(beats // bar) + 1)


class Delay(Box, name="delay"):
    """/delay: a bang later, in the scheduler; another bang begins anew; a number sets the time, left also begins."""

    words = frozenset({"stop"})

    def begin(self) -> None:
        self.time = self.arguments[0] if self.arguments else 5
        self.waiting: Event | None = None
        if isinstance(self.time, str):
            self.refuse(0, (self.time,))

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        self.word_stop(0, ())
        self.waiting = self.world.later(float(self.time), lambda: self.out(0, "bang"))

    def whole(self, inlet: int, value: int) -> None:
        self.time = value
        if not inlet:
            self.bang(0)

    def word_stop(self, inlet: int, rest: Message) -> None:
        if self.waiting is not None:
            self.waiting.alive = False


class Pipe(Box, name="pipe"):
    """/pipe: numbers later, in the scheduler, each on its own way; the last argument and inlet are the time."""

    words = frozenset({"clear", "stop"})

    def begin(self) -> None:
        self.kept = list(self.arguments[:-1]) or [0]
        self.kinds = list(self.kept)
        self.time = self.arguments[-1] if self.arguments else 0
        self.waiting: list[Event] = []

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        given = tuple(self.kept)

        def speak() -> None:
            for place in range(len(given) - 1, -1, -1):
                self.out(place, given[place])

        self.waiting = [event for event in self.waiting if event.alive and event.at_ms >= self.world.scheduler.now_ms]
        self.waiting.append(self.world.later(float(self.time), speak))

    def whole(self, inlet: int, value: int) -> None:
        self.real(inlet, value)

    def real(self, inlet: int, value: float) -> None:
        if inlet == len(self.kept):
            self.time = value
            return
        self.kept[inlet] = as_type(self.kinds[inlet], value)
        if not inlet:
            self.bang(0)

    def items(self, inlet: int, message: Message) -> None:
        if inlet or len(message) > len(self.kept) + 1:
            self.refuse(inlet, message)
        for place in range(len(message) - 1, -1, -1):
            self.real(place, whole(message[place]))

    def word_clear(self, inlet: int, rest: Message) -> None:
        for event in self.waiting:
            event.alive = False

    word_stop = word_clear


class CpuClock(Box, name="cpuclock"):
    """/cpuclock: a bang: the computer's time in ms, a float."""

    def bang(self, inlet: int) -> None:
        self.out(0, float(self.world.scheduler.now_ms))


class Deferlow(Any, name="deferlow"):
    """/deferlow: at the end of the queue, also what comes from the queue."""

    def take(self, inlet: int, message: Message) -> None:
        self.world.scheduler.defer(lambda: self.out(0, *message))


class Qlim(Any, name="qlim"):
    """/qlim: in the queue, no more than one in so many ms; of those that come meanwhile the last (usurp 1)."""

    def begin(self) -> None:
        self.gap = float(self.arguments[0]) if self.arguments else 0.0
        self.last_ms = float("-inf")
        self.held: Message | None = None

    def take(self, inlet: int, message: Message) -> None:
        if inlet:
            self.gap = float(message[0])
            return
        due, self.held = self.held is None, message
        if due:
            wait = max(self.last_ms + self.gap - self.world.scheduler.now_ms, 0.0)
            self.world.scheduler.after(wait, lambda: self.world.scheduler.defer(self._speak))

    def _speak(self) -> None:
        message, self.held = self.held, None
        self.last_ms = self.world.scheduler.now_ms
        if message is not None:
            self.out(0, *message)


class MidiIn(Box, name="midiin"):
    """/midiin: bytes that come to the device, in the scheduler."""

    def loaded(self) -> None:
        self.device.midi_in.append(self)


class MidiOut(Box, name="midiout"):
    """/midiout: bytes to what follows."""

    def whole(self, inlet: int, value: int) -> None:
        self.device.say_byte(value)

    def items(self, inlet: int, message: Message) -> None:
        for byte in message:
            self.device.say_byte(whole(byte))


_LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}


class MidiParse(Box, name="midiparse"):
    """/midiparse: bytes to: outlet 0 pitch velocity, 1 key pressure, 2 controller, 3 program, 4 pressure, 5 bend.

    The channel leaves outlet 6 before. A note-off is a velocity of 0. Realtime bytes may come in between.
    """

    def begin(self) -> None:
        self.status, self.given = 0, []  # type: ignore[var-annotated]

    def bang(self, inlet: int) -> None:
        self.begin()

    def whole(self, inlet: int, value: int) -> None:
        if value >= 0xF8:
            return
        if value >= 0x80:
            self.status, self.given = value, []
            return
        self.given.append(value)
        if self.status >= 0xF0 or len(self.given) < _LENGTHS.get(self.status & 0xF0, 999):
            return
        given, self.given = self.given, []
        kind = self.status & 0xF0
        self.out(6, (self.status & 0x0F) + 1)
        if kind in (0x80, 0x90):
            self.out(0, given[0], given[1] if kind == 0x90 else 0)
        elif kind == 0xE0:
            self.out(5, given[1])
        elif kind == 0xA0:
            self.out(1, given[1], given[0])
        elif kind == 0xB0:
            self.out(2, given[1], given[0])
        else:
            self.out(3 if kind == 0xC0 else 4, given[0])


class Flush(Box, name="flush"):
    """/flush: left pitch, right velocity, velocity first; a bang: velocity 0 and the pitch of each that is held.

    ``clear`` forgets them without a note-off.
    """

    words = frozenset({"clear"})
    spreads = True

    def begin(self) -> None:
        self.velocity = 0
        self.held: list[int] = []

    def whole(self, inlet: int, value: int) -> None:
        if inlet:
            self.velocity = value
            return
        if self.velocity and value not in self.held:
            self.held.append(value)
        elif not self.velocity and value in self.held:
            self.held.remove(value)
        self._say(value, self.velocity)

    def bang(self, inlet: int) -> None:
        if inlet:
            self.refuse(inlet, BANG)
        held, self.held = self.held, []
        for pitch in held:
            self._say(pitch, 0)

    def _say(self, pitch: int, velocity: int) -> None:
        self.out(1, velocity)
        self.out(0, pitch)

    def word_clear(self, inlet: int, rest: Message) -> None:
        self.held.clear()


class MidiFormat(Box, name="midiformat"):
    """/midiformat: left a list of pitch and velocity, rightmost the channel (1 at first): bytes one by one."""

    def begin(self) -> None:
        self.channel = whole(self.arguments[0]) if self.arguments else 1

    def whole(self, inlet: int, value: int) -> None:
        if inlet != 6:
            self.refuse(inlet, (value,))  # one number is no note
        self.channel = value

    def items(self, inlet: int, message: Message) -> None:
        if inlet or len(message) != 2:
            self.refuse(inlet, message)
        if self.world.scheduler.thread != SCHEDULER and not self.device.leaving:
            self.world.wrongs.append(f"{self}: a note in the queue")
        for byte in (0x90 + (self.channel - 1) % 16, whole(message[0]), whole(message[1])):
            self.out(0, byte)
