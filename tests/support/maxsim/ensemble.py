"""A Set with a Hub and its Voices, and a companion that the test plays."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from support.maxsim.atoms import Message, over_udp
from support.maxsim.objects_outside import Drawn
from support.maxsim.world import Device, Habits, World

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
EARLY_STEPS = 0.1  # a note may be so much before its line and still be of it
Played = tuple[int, int, int, int]  # pitch, velocity, step where it begins, step where it ends


class Companion:
    """The other end of the wire: shakes hands as docs/protocol.md says, and sends what the test tells it to."""

    def __init__(self, world: World, hears: int = 7401, speaks: int = 7402, session: int = 8253) -> None:
        self.world, self.hears, self.speaks, self.session = world, hears, speaks, session
        self.heard: list[Message] = []
        self.frames: dict[int, Message] = {}  # by step, as they were sent last
        self.alive = False

    def start(self) -> None:
        """The terminal is opened."""
        self.alive = True
        assert self.world.network.bind(self.hears, self, self._hear)
        self.say("/chorale/hello", 1, self.session)
        self._beat()

    def stop(self) -> None:
        """It is gone without a word."""
        self.alive = False
        self.world.network.release(self)

    def restart(self) -> None:
        """As another one."""
        self.session += 1
        self.start()

    def say(self, *message: object) -> None:
        """To the device."""
        self.world.network.send(self.speaks, over_udp(message))  # type: ignore[arg-type]

    def _beat(self) -> None:
        if self.alive:
            self.say("/chorale/alive", self.session)
            self.world.scheduler.after(500, self._beat)

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        if message[0] == "/chorale/hello":
            self.say("/chorale/hello", 1, self.session)
            self.say("/chorale/state", "mode", "continue")

    def said(self, address: str) -> list[Message]:
        """What it has heard at an address, without the address."""
        return [message[1:] for message in self.heard if message[0] == address]

    def frame(self, step: int, *values: int) -> None:
        """Four voices and, or else 90, their velocities."""
        voices = values[:4]
        velocities = values[4:] or tuple(90 if value else 0 for value in voices)
        self.frames[step] = (*voices, *velocities)
        self.say("/chorale/frame", step, *voices, *velocities)

    def line(self, first: int, *frames: tuple[int, ...]) -> None:
        """Frames of one step after the other."""
        for step, frame in enumerate(frames, start=first):
            self.frame(step, *frame)


@dataclass
class Ensemble:
    """A Hub and four Voices of one group."""

    world: World
    hub: Device
    voices: list[Device]
    companion: Companion

    def settle(self, seconds: float = 1.2) -> None:
        """Until hands are shaken."""
        self.world.run(seconds)

    def played(self) -> list[list[Played]]:
        """The whole note list of each voice: what began, where, and where it ended; it must have ended."""
        return [_whole_notes(voice) for voice in self.voices]

    @staticmethod
    def shows(device: Device, words: str) -> bool:
        """Whether a place of a device's display says this."""
        return any(face.shown == words for face in device.faces if isinstance(face, Drawn))

    def hub_shows(self, words: str) -> bool:
        """Whether a place of the Hub's display says this."""
        return self.shows(self.hub, words)

    def wrongs(self) -> list[str]:
        """Whatever is wrong whatever was played: hanging notes, wrong threads, lines in the console."""
        hanging = [f"{device.called}: {device.hanging()}" for device in (self.hub, *self.voices) if device.hanging()]
        return hanging + self.world.wrongs + self.world.console


def _line(step: float) -> int:
    return floor(step + EARLY_STEPS)


def _whole_notes(device: Device) -> list[Played]:
    notes: list[Played] = []
    begun: tuple[int, int, int] | None = None
    for note in device.notes:
        if note.velocity:
            assert begun is None, f"{device.called}: {note} while {begun} sounds"
            begun = (note.pitch, note.velocity, _line(note.step))
        else:
            assert begun is not None and begun[0] == note.pitch, f"{device.called}: {note} ends {begun}"
            notes.append((*begun, _line(note.step)))
            begun = None
    assert begun is None, f"{device.called}: {begun} hangs"
    return notes


def started(devices: dict[str, bytes], habits: Habits) -> Ensemble:
    """A Set with one group in which hands are shaken and Live stands still."""
    rig = ensemble(devices, habits)
    rig.settle()
    return rig


def ensemble(
    devices: dict[str, bytes], habits: Habits | None = None, seed: int = 0, world: World | None = None, group: int = 0
) -> Ensemble:
    """A Set with one group; with a world a further group in it, with ports of its own."""
    world = world or World(seed, habits)
    ports = (7401 + 2 * group, 7402 + 2 * group)
    letter = "ABCD"[group]
    stored = {"Group": group, "Port To Companion": ports[0], "Port From Companion": ports[1]}
    companion = Companion(world, *ports, session=8253 + 100 * group)
    companion.start()
    hub = Device(world, devices["Chorale Hub"], f"Hub {letter}", dict(stored))
    voices = [
        Device(world, devices["Chorale Voice"], f"{voice} {letter}", {"Group": group, "Voice": place + 1})
        for place, voice in enumerate(VOICES)
    ]
    return Ensemble(world, hub, voices, companion)


MISSING_STEPS = 4  # docs/protocol.md, Time 6: several steps in a row without a frame
Frames = dict[int, tuple[int, ...]]  # by step: four voices, four velocities


def sung(frames: Frames, first: int, end: float, then: int | None = None) -> list[list[Played]]:
    """What four voices play of frames from a step to where Live stops, by docs/protocol.md and nothing else.

    Where Live does not stop but jumps or loops, ``then`` is the step where it is then.

    +p strikes, -p goes on with p (and strikes where p does not sound), 0 rests; a voice lets go after four steps
    without a frame.
    """
    lists: list[list[Played]] = []
    for voice in range(4):
        notes: list[Played] = []
        begun: tuple[int, int, int] | None = None
        fed = first
        for step in range(first, floor(end) + 1):
            frame = frames.get(step)
            pitch = frame[voice] if frame else 0
            fed = step if frame else fed
            goes_on = begun is not None and (pitch == -begun[0] if frame else step - fed < MISSING_STEPS)
            if begun is not None and not goes_on:
                notes.append((*begun, step))
                begun = None
            if frame and pitch and not goes_on:
                begun = (abs(pitch), frame[4 + voice], step)
        if begun is not None:
            notes.append((*begun, floor(end) if then is None else then))
        lists.append(notes)
    return lists
