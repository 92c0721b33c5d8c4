"""Follows a transport that tells its position now and then: Live's, over OSC.

A message says where the song stood when it was sent; it arrives a little later, by an amount that varies. The tempo
is told and taken as it is. The phase is that of the punctual messages: of the delays in the last two seconds the
lower quartile counts, and the line bends towards it, so that the position never leaps for a late message.
"""

from __future__ import annotations

import math
from collections import deque

from companion.clock.base import JUMP_STEPS, Clock, Jumped, LoopSet, MetreSet, Started, Stopped
from companion.clock.tempo import FASTEST_BPM, SLOWEST_BPM
from companion.errors import BadSetting
from companion.music.timebase import Timebase, step_seconds

_SILENCE_SECONDS = 0.9  # of messages; the music is to stop within a second
_SILENT = "the transport fell silent"
_BEATS = range(1, 100)
_UNITS = (1, 2, 4, 8, 16, 32)

WINDOW_SECONDS = 2.0  # messages so old still count for the phase …
CHANGE_WINDOW_SECONDS = 0.5  # … and so old after a change of the tempo, whose moment is not told
MOST_DELAYS = 64
BEND_SECONDS = 0.4  # the line reaches the phase in about so long …
MOST_BEND = 0.05  # … but goes no faster or slower than this against the tempo
JITTER_SECONDS = 0.02
BURST_SECONDS = 0.03  # messages that were held up arrive all at once


class TransportClock(Clock):
    """A clock made of what a transport tells; messages come in order of their arrival, and before ``poll``."""

    name = "osc"

    def __init__(self, bpm: float = 120) -> None:
        """``bpm`` is the tempo until the transport has told its own."""
        super().__init__()
        self._playing = False  # and heard of lately
        self._heard_s = -math.inf
        self._phase = _Phase(0, bpm, 0)
        self._metre: MetreSet | None = None
        self._loop: LoopSet | None = None
        self._astray: tuple[float, float] | None = None  # a position behind the line, and when: late, or a jump back

    def transport(
        self, playing: bool, step: float, tempo: float, beats: int | None, unit: int | None, time_s: float
    ) -> None:
        """Takes a message and the time of its arrival; a metre is told by beats and unit together.

        Raises:
            BadSetting: a value makes no sense; nothing has changed then.
        """
        metre = _check(step, tempo, beats, unit)
        time_s = max(time_s, self._heard_s)
        self._pass(time_s)
        if metre is not None and metre != self._metre:
            self._metre = metre
            self._events.append(metre)
        self._heard_s = time_s
        if not playing:
            self._stop(time_s)
        elif not self._playing:
            self._begin(Started(step, time_s), tempo)
        else:
            self._follow(step, tempo, time_s)

    def loop(self, on: bool, start: float, end: float) -> None:
        """Takes the loop: it is played up to its end, and from its start again; BadSetting where it is empty."""
        if not (math.isfinite(start) and math.isfinite(end) and (end > start or not on)):
            raise BadSetting(f"the loop must end after its start, not run from {start:g} to {end:g}")
        loop = LoopSet(bool(on), start, end)
        if loop != self._loop:
            self._loop = loop
            self._events.append(loop)

    def timebase(self) -> Timebase | None:
        """The line from addresses to seconds; None while not playing."""
        return self._phase.line if self._playing else None

    def _stop(self, time_s: float, reason: str = "") -> None:
        if self._playing:
            self._playing = False
            self._events.append(Stopped(time_s, reason))

    def _pass(self, now_s: float) -> None:
        silent_s = self._heard_s + _SILENCE_SECONDS
        if now_s > silent_s:
            self._stop(silent_s, _SILENT)

    def _begin(self, event: Started | Jumped, tempo: float) -> None:
        self._playing = True
        self._astray = None
        self._phase = _Phase(event.address, tempo, event.time_s)
        self._events.append(event)

    def _follow(self, step: float, tempo: float, time_s: float) -> None:
        phase = self._phase
        unknown = phase.set_tempo(tempo, time_s)
        ahead = step - phase.line.step_at(time_s)
        tolerance = JUMP_STEPS + JITTER_SECONDS / phase.seconds + unknown
        if abs(ahead) <= tolerance or self._wraps(step, ahead, tolerance):
            self._astray = None
            phase.hear(step, time_s)
        elif ahead > 0:  # no delay explains it
            self._begin(Jumped(step, time_s), tempo)
        else:
            self._look_back(step, tempo, time_s)

    def _wraps(self, step: float, ahead: float, tolerance: float) -> bool:
        """Goes back to the start of the loop, where that is what the message tells of."""
        loop, phase = self._loop, self._phase
        if loop is None or not loop.on or phase.step >= loop.end or step < loop.start - tolerance:
            return False
        length = loop.end - loop.start
        rounds = max(round(-ahead / length), 1)  # a short loop may come round more than once between two messages
        if abs(ahead + rounds * length) > tolerance:
            return False
        self._events.append(Jumped(loop.start, phase.line.time_of(loop.end + (rounds - 1) * length)))
        phase.shift(-rounds * length)
        return True

    def _look_back(self, step: float, tempo: float, time_s: float) -> None:
        """A position behind: it may have been held up, with others behind it; one that goes on from there is a jump."""
        if self._astray is not None:
            begun, begun_s = self._astray
            seconds = self._phase.seconds
            off = abs(step - begun - (time_s - begun_s) / seconds)
            if off <= JUMP_STEPS / 2 + JITTER_SECONDS / seconds:
                if time_s - begun_s >= BURST_SECONDS:
                    self._begin(Jumped(begun, begun_s), tempo)
                    self._phase.hear(step, time_s)
                return
        self._astray = (step, time_s)


class _Phase:
    """A line of told slope through positions that arrive late."""

    def __init__(self, step: float, tempo: float, time_s: float) -> None:
        self._told = Timebase(step, time_s, step_seconds(tempo))  # the tempi told, one after the other
        self._delays = deque([(time_s, 0.0)], maxlen=MOST_DELAYS)  # (arrival, seconds behind ``_told``)
        self._heard_s = time_s
        self.line = self._told  # bends towards ``_told`` less the usual delay
        self.step = step  # the last one heard

    @property
    def seconds(self) -> float:
        """The length of a step at the tempo told."""
        return self._told.step_seconds

    def set_tempo(self, tempo: float, time_s: float) -> float:
        """Goes on at this tempo from where it is; returns by how many steps that may be wrong."""
        seconds = step_seconds(tempo)
        if seconds == self.seconds:
            return 0.0
        # It changed, or went on changing, between two messages: half of that time is a fair guess for both.
        gained = (1 / seconds - 1 / self.seconds) * (time_s - self._heard_s) / 2
        self._told = Timebase(self._told.step_at(time_s) + gained, time_s, seconds)
        self.line = Timebase(self.line.step_at(time_s), time_s, seconds)
        self._forget(time_s - CHANGE_WINDOW_SECONDS)
        return 2 * abs(gained)

    def hear(self, step: float, time_s: float) -> None:
        """Takes a position that has arrived now."""
        told = self._told.step_at(time_s)
        self._delays.append((time_s, (told - step) * self.seconds))
        self._forget(time_s - WINDOW_SECONDS)
        self._heard_s = time_s
        self.step = step
        delays = sorted(delay for _, delay in self._delays)
        position = self.line.step_at(time_s)
        behind = (told - position) * self.seconds - delays[len(delays) // 4]
        bend = min(max(behind / BEND_SECONDS, -MOST_BEND), MOST_BEND)
        self.line = Timebase(position, time_s, self.seconds / (1 + bend))

    def shift(self, steps: float) -> None:
        """Counts from elsewhere."""
        self._told = self._told.shifted(steps)
        self.line = self.line.shifted(steps)

    def _forget(self, before_s: float) -> None:
        while self._delays and self._delays[0][0] < before_s:
            self._delays.popleft()


def _check(step: float, tempo: float, beats: int | None, unit: int | None) -> MetreSet | None:
    """The metre, if one is told; BadSetting for a value that makes no sense."""
    if not math.isfinite(step):
        raise BadSetting(f"step must be a number, not {step}")
    if not SLOWEST_BPM <= tempo <= FASTEST_BPM:
        raise BadSetting(f"tempo must be from {SLOWEST_BPM} to {FASTEST_BPM}, not {tempo:g}")
    if beats is None or unit is None:
        return None
    if beats not in _BEATS or unit not in _UNITS:
        raise BadSetting(f"metre must be from 1 to {_BEATS[-1]} beats of 1/1 to 1/{_UNITS[-1]}, not {beats}/{unit}")
    return MetreSet(int(beats), int(unit))
