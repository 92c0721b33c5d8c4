"""A computer with one Live Set: tracks, devices, what they share, the network, and time.

What no page says can be set, so that the same tests run either way: whether note-valued metros beat, how exact they
are, whether ``live.thisdevice`` and the parameters speak on loading, whether ``transport`` tells of changes, in which
order many ``receive`` of one name hear, how late the queue is and whether the scheduler interrupts it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from max_patches.reading import LOCAL, ROOM, Patch, read
from support.maxsim import (
    objects_lists,
    objects_memory,
    objects_numbers,
    objects_outside,
    objects_scripts,
    objects_time,
    objects_ways,
)
from support.maxsim.atoms import Atom, MaxError, Message, atoms
from support.maxsim.box import OBJECTS, Box
from support.maxsim.live import Live, Network
from support.maxsim.scheduler import QUEUE, SCHEDULER, Event, Scheduler

__all__ = ["Device", "Habits", "MaxError", "Note", "World"]
_ = (
    objects_lists,
    objects_memory,
    objects_numbers,
    objects_outside,
    objects_scripts,
    objects_time,
    objects_ways,
)  # they register themselves


@dataclass(frozen=True)
class Habits:
    """What Max and Live may do either way."""

    grid_beats: bool = True  # note-valued metros
    grid_error_ms: float = 0.0
    position_error_ticks: float = 0.0  # of what transport says
    state_on_load: bool = True  # live.thisdevice says 1 when a device is loaded
    values_on_load: bool = True  # parameters say what is stored before live.thisdevice bangs
    transport_tells: bool = False
    shuffled: bool = False  # many receives of one name
    queue_late_ms: float = 0.0
    interrupts: float = 0.0
    buttons_say_numbers: bool = False  # a button of a device says 1 and 0, not a bang
    presets_press: bool = False  # a preset makes the buttons speak
    hears_without_audio: bool = True  # udpreceive, while Live's audio engine is off


@dataclass(frozen=True)
class Note:
    """A note-on or, with velocity 0, a note-off, as it leaves a device."""

    at_ms: float
    step: float  # Live's position in 16ths
    pitch: int
    velocity: int


@lru_cache(maxsize=64)
def _patch(data: bytes) -> Patch:
    return read(data).patch


@lru_cache(maxsize=64)
def _parts(data: bytes) -> list[tuple[str, type[Box], str, Message, dict[str, object]]]:
    """Of every object of a device: its path, kind, name, arguments and what else its patch says."""
    parts = []
    for path, node in _patch(data).nodes.items():
        if node.name == ROOM:
            continue
        if node.name not in OBJECTS:
            raise MaxError(f"{node.called}: no such object")
        parts.append((path, OBJECTS[node.name], node.called, atoms(" ".join(node.arguments)), node.data))
    return parts


class World:
    """Everything."""

    def __init__(self, seed: int = 0, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.random = random.Random(seed)
        self.scheduler = Scheduler(seed, self.habits.queue_late_ms, self.habits.interrupts)
        self.live = Live(self.scheduler, seed, self.habits.grid_beats, self.habits.grid_error_ms)
        self.network = Network(self.scheduler)
        self.names: dict[str, list[Box]] = {}
        self.colls: dict[str, dict[Atom, Message]] = {}
        self.values: dict[str, Message] = {}
        self.wrongs: list[str] = []  # what is done in the wrong thread
        self.console: list[str] = []
        self.devices = count(1)
        self.audio = True  # Live's audio engine
        self._standing: list[tuple[Event, Callable[[], None]]] = []

    def receivers(self, name: str) -> list[Box]:
        """Who hears a name; in an order that no page gives."""
        found = self.names.get(name, [])
        if self.habits.shuffled and len(found) > 1:
            found = self.random.sample(found, len(found))
        return list(found)

    def position_error_ticks(self) -> float:
        """By which transport is wrong, this time."""
        error = self.habits.position_error_ticks
        return self.random.uniform(-error, error) if error else 0.0

    def later(self, delay_ms: float, job: Callable[[], None]) -> Event:
        """What objects of the scheduler do later: they stand still while the audio engine is off."""

        def due() -> None:
            if self.audio:
                job()
            else:
                self._standing.append((event, job))

        event = self.scheduler.after(delay_ms, due)
        return event

    def switch_audio(self, on: bool) -> None:
        """Live's audio engine; what stood still goes on."""
        self.audio = on
        if on:
            standing, self._standing = self._standing, []
            for event, job in standing:
                if event.alive:
                    self.scheduler.after(0, job)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.scheduler.run(seconds * 1000)

    def play(self, step: float | None = None) -> None:
        """Live's Play button; from a step on."""
        self.live.play(None if step is None else step / 4)
        self._tell()

    def stop(self) -> None:
        """Live's Stop button."""
        self.live.stop()
        self._tell()

    def jump(self, step: float) -> None:
        """A click into the arrangement."""
        self.live.jump(step / 4)

    def _tell(self) -> None:
        if self.habits.transport_tells:
            for tell in list(self.live.told):
                self.scheduler.after(0, tell)


class Device:
    """One device on one track."""

    def __init__(
        self, world: World, data: bytes, called: str, stored: dict[str, Atom] | None = None, track: str = "1-MIDI"
    ) -> None:
        self.world, self.called, self.stored = world, called, stored or {}
        number = next(world.devices)
        self.track, self._local = 100 + number, f"{number:03d}:"  # its track's id; what its local names begin with
        world.live.track_names[self.track] = track
        self.alive, self.leaving, self.enabled = True, False, True
        self.midi_in: list[Box] = []
        self.this: list[Box] = []
        self.at_the_end: list[Box] = []
        self.faces: list[Box] = []
        self.parameters: dict[str, objects_outside.Parameter] = {}
        self.bytes: list[int] = []
        self.notes: list[Note] = []
        self.other: list[tuple[int, ...]] = []  # what leaves and is no note
        self.boxes = self._made(data)
        self._load()

    def name_of(self, name: Atom) -> str:
        """What ``---`` begins is the device's own: docs.cycling74.com/userguide/m4l/live_names"""
        text = str(name)
        return self._local + text[len(LOCAL) :] if text.startswith(LOCAL) else text

    @staticmethod
    def attribute(box: Box, name: str) -> str:
        """What is typed behind ``@name``."""
        words = str(box.data.get("text", "")).split()
        mark = f"@{name}"
        return words[words.index(mark) + 1] if mark in words else ""

    def _made(self, data: bytes) -> dict[str, Box]:
        boxes = {path: kind(self, called, arguments, own) for path, kind, called, arguments, own in _parts(data)}
        for cord in _patch(data).cords:
            boxes[cord.source].ways[cord.outlet].append((boxes[cord.target], cord.inlet))
        return boxes

    def _load(self) -> None:
        """Boxes, then stored values in their order, then live.thisdevice; all in the queue."""
        for box in self.boxes.values():
            box.loaded()
        if self.world.habits.values_on_load:
            for parameter in sorted(self.parameters.values(), key=lambda one: one.order):
                self.world.scheduler.defer(parameter.say)
        self.world.scheduler.defer(self.loaded_again)
        if self.world.habits.state_on_load:
            self.world.scheduler.defer(lambda: self._switched(1))

    def loaded_again(self) -> None:
        """Loaded, or loaded again: saved, or a preset."""
        for this in self.this:
            this.out(0, "bang")
        if self.world.habits.presets_press:
            for parameter in self.parameters.values():
                if parameter.button:
                    parameter.press()

    def _switched(self, on: int) -> None:
        for this in self.this:
            this.out(1, on)

    def switch(self, on: bool) -> None:
        """The device's own switch in Live; while it is off MIDI goes round it."""
        self.enabled = on
        self.world.scheduler.defer(lambda: self._switched(int(on)))

    def delete(self) -> None:
        """Taken from the track."""
        before, self.world.scheduler.thread, self.leaving = self.world.scheduler.thread, QUEUE, True
        for box in self.at_the_end:
            box.out(0, "bang")
        self.alive, self.leaving = False, False
        self.world.scheduler.thread = before
        for box in self.boxes.values():
            box.freed()
        for heard in self.world.names.values():
            heard[:] = [one for one in heard if one.device is not self]

    def rename(self, track: str) -> None:
        """Its track is called otherwise."""
        self.world.live.name_track(self.track, track)

    def turn(self, name: str, value: Atom) -> None:
        """A control, by hand."""
        self.parameters[name].set_value(value)

    def press(self, name: str) -> None:
        """A button, by hand."""
        self.parameters[name].press()

    def mapped_note(self, name: str, down: bool) -> None:
        """A button, by a note or a pedal that is mapped to it."""
        self.parameters[name].mapped(down)

    def play_bytes(self, *given: int) -> None:
        """MIDI from the track into the device, in the scheduler."""
        if not self.enabled:
            for byte in given:
                self.say_byte(byte)
            return
        before, self.world.scheduler.thread = self.world.scheduler.thread, SCHEDULER
        for byte in given:
            for box in self.midi_in:
                box.out(0, byte)
        self.world.scheduler.thread = before

    def key(self, pitch: int, velocity: int) -> None:
        """A key, pressed or with velocity 0 let go."""
        self.play_bytes(0x90 if velocity else 0x80, pitch, velocity or 64)

    def say_byte(self, byte: int) -> None:
        """What leaves the device; three bytes are a note."""
        if byte >= 0x80:
            self.bytes = []
        self.bytes.append(byte)
        if len(self.bytes) < 3:
            return
        status, pitch, velocity = self.bytes
        self.bytes = []
        if status & 0xE0 != 0x80:
            self.other.append((status, pitch, velocity))
            return
        off = status & 0xF0 == 0x80
        step = self.world.live.beats * 4
        self.notes.append(Note(self.world.scheduler.now_ms, step, pitch, 0 if off else velocity))

    def hanging(self) -> list[int]:
        """Pitches that were begun and not ended."""
        held: list[int] = []
        for note in self.notes:
            if note.velocity and note.pitch not in held:
                held.append(note.pitch)
            elif not note.velocity and note.pitch in held:
                held.remove(note.pitch)
        return held
