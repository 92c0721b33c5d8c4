"""The click of a metronome: each beat of the bar struck for a moment, its first one louder."""

from __future__ import annotations

from companion.clock.addresses import Addresses
from companion.music.bars import STEPS_PER_WHOLE_NOTE, Barlines
from companion.music.messages import SIDE_STICK
from companion.music.sounding import GRACE_SECONDS, GRACE_STEPS
from companion.music.timebase import Timebase
from companion.player.messages import SetClick, SetTimebase
from companion.player.port import SoundingPort

_ACCENT, _BEAT = 120, 80  # velocities
CLICK_SECONDS = 0.05
_OWNER = "click"
_LONGEST_BEAT_STEPS = 2 * STEPS_PER_WHOLE_NOTE  # a dotted whole, and something over


class Click:
    """Strikes beats on an output. It is let go like every other note there, whatever happens."""

    def __init__(self, port: SoundingPort) -> None:
        self._port = port
        self._order = SetClick(on=False)
        self._line: Timebase | None = None
        self._addresses, self._bars = Addresses(), Barlines()
        self._reached = 0  # steps before this one have been dealt with
        self._step: int | None = None  # of the next click
        self._off_s: float | None = None  # when the one that sounds is let go

    def obey(self, order: SetClick, now_s: float) -> None:
        """It is wanted, or no longer, or elsewhere."""
        self._order = order
        self._look(now_s)

    def follow(self, command: SetTimebase, offset_s: float, now_s: float) -> None:
        """The music lies so in time from now on, and so in the song; what is sent comes so much later."""
        line = command.timebase
        self._line = None if line is None else Timebase(line.step, line.time_s + offset_s, line.step_seconds)
        self._addresses = command.addresses
        self._bars = Barlines.of_metre(command.addresses.beats, command.addresses.unit)
        self._look(now_s)

    def next_deadline_s(self) -> float | None:
        """When a click begins or ends next; None: never, as things stand."""
        begins_s = None if self._line is None or self._step is None else self._line.time_of(self._step)
        return min((time_s for time_s in (begins_s, self._off_s) if time_s is not None), default=None)

    def due(self, now_s: float) -> None:
        """Strikes, or lets go, what has come due; a beat that is long over is left out."""
        if self._off_s is not None and self._off_s <= now_s:
            self._off_s = None
            self._port.move(released=[_OWNER])
        if self._line is None or self._step is None or now_s < self._line.time_of(self._step):
            return
        step, self._reached = self._step, self._step + 1
        late_s = now_s - self._line.time_of(step)
        if late_s <= min(GRACE_SECONDS, GRACE_STEPS * self._line.step_seconds):
            self._strike(self._addresses.address_of(step), now_s)
        self._look(now_s)

    def _strike(self, address: int, now_s: float) -> None:
        velocity = _ACCENT if self._bars.bar_start(address) == address else _BEAT
        self._port.move(struck=[(_OWNER, (self._order.channel, SIDE_STICK), velocity)])
        self._off_s = now_s + CLICK_SECONDS

    def _look(self, now_s: float) -> None:
        """For the next beat that is to be struck."""
        self._step = None
        if self._line is None:
            return
        position = self._line.step_at(now_s)
        if position < self._reached - 1:  # further back than a clock is put right
            self._reached = round(position)
        first = max(self._reached, round(position - GRACE_STEPS))
        steps = range(first, first + _LONGEST_BEAT_STEPS)
        self._step = next((step for step in steps if self._is_wanted(step) and self._is_beat(step)), None)

    def _is_wanted(self, step: int) -> bool:
        return self._order.on or step < self._order.counted_in

    def _is_beat(self, step: int) -> bool:
        address = self._addresses.address_of(step)
        return self._bars.next_line(address, "beat") == address
