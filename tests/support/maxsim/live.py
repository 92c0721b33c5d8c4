"""Live: its transport, its loop, what ``live.observer`` may ask of it, and the network of the machine.

Page: https://docs.cycling74.com/apiref/lom/song. Positions are in beats (quarter notes); Max counts 480 ticks a beat
(https://docs.cycling74.com/userguide/maxtime_syntax).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from support.maxsim.atoms import Message
from support.maxsim.scheduler import Event, Scheduler

TICKS_A_BEAT = 480
_NEAR = 1e-7


class Live:
    """The transport."""

    def __init__(self, scheduler: Scheduler, seed: int, grid_beats: bool, grid_error_ms: float) -> None:
        self._scheduler = scheduler
        self._grid_beats = grid_beats  # whether note-valued metros beat at all
        self._error_ms = grid_error_ms  # so much too early or too late
        self._random = random.Random(seed + 1)
        self.tempo, self.metre = 120.0, (4, 4)
        self.playing = False
        self._beats, self._since_ms = 0.0, 0.0
        self.properties: dict[str, float | str] = {
            "loop": 0, "loop_start": 0.0, "loop_length": 16.0, "root_note": 0, "scale_name": "Major",
        }  # fmt: skip
        self.track_names: dict[int, str] = {}  # by id
        self.watched: list[tuple[str, Callable[[], None]]] = []
        self.grid: dict[object, tuple[float, Callable[[], None]]] = {}  # a metro: ticks, its bang
        self.told: list[Callable[[], None]] = []  # transports, when Live starts or stops
        self._pending: list[Event] = []

    @property
    def beats(self) -> float:
        """Where Live is."""
        if not self.playing:
            return self._beats
        return self._beats + (self._scheduler.now_ms - self._since_ms) * self.tempo / 60000

    def play(self, beats: float | None = None) -> None:
        """Start, from here or from there."""
        self._settle(self.beats if beats is None else beats, True)

    def stop(self) -> None:
        """Stop where it is."""
        self._settle(self.beats, False)

    def jump(self, beats: float) -> None:
        """On from elsewhere."""
        self._settle(beats, self.playing)

    def set_tempo(self, tempo: float) -> None:
        """From here on, without a jump."""
        here = self.beats
        self.tempo = tempo
        self._settle(here, self.playing, fresh=False)

    def set_loop(self, on: bool, start: float, length: float) -> None:
        """The brace, in beats; three properties that change one after another."""
        for name, value in (("loop_start", start), ("loop_length", length), ("loop", int(on))):
            if self.properties[name] != value:
                self.properties[name] = value
                self._tell(name)
        self._settle(self.beats, self.playing, fresh=False)

    def set_scale(self, root: int, name: str) -> None:
        """Live's scale: its root (0 is C) and its name."""
        for key, value in (("root_note", root), ("scale_name", name)):
            self.properties[key] = value
            self._tell(key)

    def name_track(self, track: int, name: str) -> None:
        """Another name for a track, by its id."""
        self.track_names[track] = name
        self._tell("name")

    def _tell(self, name: str) -> None:
        for watched, tell in list(self.watched):
            if watched == name:
                tell()

    def _settle(self, beats: float, playing: bool, fresh: bool = True) -> None:
        self._beats, self._since_ms, self.playing = beats, self._scheduler.now_ms, playing
        for event in self._pending:
            event.alive = False
        self._pending.clear()
        if not playing:
            return
        self._wait_for_wrap()
        for metro in self.grid:
            self._wait_for_line(metro, fresh)

    def _ms(self, beats: float) -> float:
        return beats * 60000 / self.tempo

    def _wait_for_wrap(self) -> None:
        start, length = float(self.properties["loop_start"]), float(self.properties["loop_length"])
        if self.properties["loop"] and self._beats < start + length - _NEAR:
            left = self._ms(start + length - self._beats)
            self._pending.append(self._scheduler.after(left, lambda: self._settle(start, True)))

    def _wait_for_line(self, metro: object, fresh: bool) -> None:
        """The next line of a metro's grid; after a start or a jump also the one that Live is on."""
        if not self._grid_beats or metro not in self.grid:
            return
        ticks, bang = self.grid[metro]
        here = self.beats * TICKS_A_BEAT / ticks
        line = math.ceil(here - _NEAR) if fresh else math.floor(here + _NEAR) + 1
        wait = self._ms(max(line - here, 0.0) * ticks / TICKS_A_BEAT)
        error = self._random.uniform(-self._error_ms, self._error_ms)

        def beat() -> None:
            bang()
            if event.alive:  # nothing has moved Live meanwhile
                self._pending[:] = [one for one in self._pending if one is not event]
                self._wait_after(metro, line)

        event = self._scheduler.after(max(wait + error, 0.0), beat)
        self._pending.append(event)

    def _wait_after(self, metro: object, line: int) -> None:
        if metro not in self.grid:
            return
        ticks, bang = self.grid[metro]
        wait = self._ms((line + 1) * ticks / TICKS_A_BEAT - self.beats)
        error = self._random.uniform(-self._error_ms, self._error_ms)

        def beat() -> None:
            bang()
            if event.alive:
                self._pending[:] = [one for one in self._pending if one is not event]
                self._wait_after(metro, line + 1)

        event = self._scheduler.after(max(wait + error, 0.0), beat)
        self._pending.append(event)

    def join_grid(self, metro: object, ticks: float, bang: Callable[[], None]) -> None:
        """A metro with a note value; it rests while Live rests."""
        self.grid[metro] = (ticks, bang)
        if self.playing:
            self._wait_for_line(metro, True)

    def leave_grid(self, metro: object) -> None:
        """It is switched off or gone."""
        self.grid.pop(metro, None)


class Network:
    """UDP on one machine: a port is heard by the one who has it first."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._bound: dict[int, tuple[object, Callable[[Message], None]]] = {}

    def bind(self, port: int, owner: object, hear: Callable[[Message], None]) -> bool:
        """Whether the port was free."""
        if port in self._bound and self._bound[port][0] is not owner:
            return False
        self._bound[port] = (owner, hear)
        return True

    def release(self, owner: object) -> None:
        """All ports of somebody."""
        self._bound = {port: one for port, one in self._bound.items() if one[0] is not owner}

    def send(self, port: int, message: Message) -> None:
        """It arrives a little later, or nowhere."""
        self._scheduler.after(0.1, lambda: self._arrive(port, message))

    def _arrive(self, port: int, message: Message) -> None:
        if port in self._bound:
            self._bound[port][1](message)
