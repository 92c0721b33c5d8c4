"""Hub and four Voices together in a simulated Live: whole note lists, against the frames that were sent.

Each scenario is run in several worlds, which differ in what no page of Max says; ``maxsim/world.py`` lists it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from support.maxsim.atoms import MaxError
from support.maxsim.ensemble import Companion, Ensemble, Frames, ensemble, started, sung
from support.maxsim.world import Device, Habits, World

from max_patches.amxd import pack, unpack

Devices = dict[str, bytes]
Scenario = Callable[[Devices, Habits], None]

HUB, VOICE = "Chorale Hub", "Chorale Voice"
WORLDS = {
    "as the pages say": Habits(),
    "without the grid": Habits(grid_beats=False),
    "silent at loading": Habits(state_on_load=False, values_on_load=False),
    "transport tells": Habits(transport_tells=True, shuffled=True),
    "position a little off": Habits(position_error_ticks=3, buttons_say_numbers=True),
    "rough": Habits(
        grid_error_ms=3,
        position_error_ticks=3,
        shuffled=True,
        queue_late_ms=30,
        interrupts=0.1,
        transport_tells=True,
        presets_press=True,
    ),
}
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


# What happens


def until(rig: Ensemble, step: float) -> None:
    """Live plays on to a step."""
    left = step - rig.world.live.beats * 4
    rig.world.run(left * 15 / rig.world.live.tempo)


def at_rest(rig: Ensemble) -> None:
    """Live stops, and nothing is left."""
    rig.world.stop()
    rig.world.run(0.2)
    assert rig.wrongs() == []


def chorale(seed: int, first: int, count: int) -> Frames:
    """Frames as they might come: notes of different length, rests, notes struck again, all velocities."""
    dice = random.Random(seed)
    frames: Frames = {}
    sounding = [0, 0, 0, 0]
    for step in range(first, first + count):
        voices = []
        for voice, middle in enumerate((74, 67, 60, 50)):
            if step == first or dice.random() < 0.4:
                sounding[voice] = dice.choice([0, middle, middle + 2, middle - 3, sounding[voice]])
                voices.append(sounding[voice])
            else:
                voices.append(-sounding[voice])
        frames[step] = (*voices, *(dice.randint(1, 127) if one else 0 for one in voices))
    return frames


def send(companion: Companion, frames: Frames) -> None:
    for step, frame in frames.items():
        companion.frame(step, *frame)


TUNE = ((72, 67, 64, 48), (-72, -67, -64, -48), (74, 0, -64, 50), (-74, 65, -64, 50))


@scenario
def play(devices: Devices, habits: Habits) -> None:
    rig = started(devices, habits)
    rig.companion.line(0, *TUNE)
    rig.companion.frame(4, 76, 65, 60, -50, 1, 2, 3, 4)
    rig.companion.frame(5, 0, 0, 0, 0)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 8.5)
    at_rest(rig)
    assert rig.played() == [
        [(72, 90, 0, 2), (74, 90, 2, 4), (76, 1, 4, 5)],
        [(67, 90, 0, 2), (65, 90, 3, 4), (65, 2, 4, 5)],
        [(64, 90, 0, 4), (60, 3, 4, 5)],
        [(48, 90, 0, 2), (50, 90, 2, 3), (50, 90, 3, 5)],
    ]


@scenario
def a_long_piece(devices: Devices, habits: Habits) -> None:
    """Past the end of the store of 512 places, frames coming four steps ahead and more."""
    rig = started(devices, habits)
    frames = chorale(1, 480, 64)
    ahead = dict(list(frames.items())[:16])
    send(rig.companion, ahead)
    rig.world.run(0.1)
    rig.world.play(480)
    for start in range(496, 544, 8):
        until(rig, start - 4.5)
        send(rig.companion, {step: frames[step] for step in range(start, start + 8)})
    until(rig, 543.5)
    at_rest(rig)
    assert rig.played() == sung(frames, 480, 543.5)


@scenario
def loop(devices: Devices, habits: Habits) -> None:
    """Frames of the last time round do not sound again; those that are sent anew do."""
    rig = started(devices, habits)
    rig.world.live.set_loop(True, 0, 2)
    first, second = chorale(2, 0, 8), chorale(3, 0, 8)
    send(rig.companion, first)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.5)
    send(rig.companion, {step: second[step] for step in range(4)})
    until(rig, 8)
    rig.world.run(0.06)
    assert rig.world.live.beats < 0.5
    send(rig.companion, {step: second[step] for step in range(4, 8)})
    until(rig, 8)
    rig.world.run(1.06)  # a third time round, for which nothing was sent, and half of a fourth
    at_rest(rig)
    both = zip(sung(first, 0, 8, 0), sung(second, 0, 8, 0), strict=True)
    assert rig.played() == [once + again for once, again in both]


@scenario
def jump(devices: Devices, habits: Habits) -> None:
    """Forward, and back to where frames have been sent anew."""
    rig = started(devices, habits)
    here, there = chorale(4, 16, 16), chorale(5, 64, 16)
    send(rig.companion, here)
    send(rig.companion, there)
    rig.world.run(0.1)
    rig.world.play(16)
    until(rig, 21.4)
    rig.world.jump(66)
    until(rig, 69.4)
    anew = chorale(6, 16, 8)
    send(rig.companion, anew)
    rig.world.run(0.01)
    rig.world.jump(16)
    until(rig, 19.5)
    at_rest(rig)
    parts = zip(sung(here, 16, 21.4, 66), sung(there, 66, 69.4, 16), sung(anew, 16, 19.5), strict=True)
    assert rig.played() == [a + b + c for a, b, c in parts]


@scenario
def jump_onward(devices: Devices, habits: Habits) -> None:
    """What sounds ends at a jump onward too, where nothing but the jump would end it."""
    rig = started(devices, habits)
    rig.companion.frame(0, 72, 67, 64, 48)
    rig.companion.line(1, *[(-72, -67, -64, -48)] * 4, *[(-72, -67, 0, -48)] * 8)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 3.4)
    rig.world.jump(7)
    until(rig, 10.4)
    rig.world.jump(14)  # no frames, but not yet missed for long
    until(rig, 17.5)
    at_rest(rig)
    ending = [[(pitch, 90, 0, 7), (pitch, 90, 7, 14)] for pitch in (72, 67, 48)]
    assert rig.played() == [ending[0], ending[1], [(64, 90, 0, 7)], ending[2]]


@scenario
def on_the_line(devices: Devices, habits: Habits) -> None:
    """Notes begin on the line itself, to the ms, where Max's metro beats there; else not 21 ms later."""
    rig = started(devices, habits)
    frames = {step: (60 + step, 0, 0, 0, 90, 0, 0, 0) for step in range(12)}
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.live.set_tempo(97)
    rig.world.play(0)
    begun_ms = rig.world.scheduler.now_ms
    until(rig, 11.5)
    at_rest(rig)
    late = [note.at_ms - begun_ms - step * 15000 / 97 for step, note in enumerate(rig.voices[0].notes[::2])]
    exact = habits.grid_beats and not habits.grid_error_ms
    assert len(late) == 12
    assert all(-5 < one < (0.01 if exact else 21 + habits.grid_error_ms) for one in late), late


@scenario
def tempo(devices: Devices, habits: Habits) -> None:
    """Frames are of steps and not of times."""
    rig = started(devices, habits)
    frames = chorale(7, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    for step, bpm in ((3.3, 60), (7.5, 200), (13.7, 97.3)):
        until(rig, step)
        rig.world.live.set_tempo(bpm)
    until(rig, 22.5)
    at_rest(rig)
    assert rig.played() == sung(frames, 0, 22.5)


@scenario
def underrun(devices: Devices, habits: Habits) -> None:
    """A frame or three may be missing; after four the voices let go; a late one sounds when it comes."""
    rig = started(devices, habits)
    frames = {**chorale(8, 0, 4), 6: (70, -67, 0, -45, 80, 81, 0, 83), 16: (72, 71, 70, 69, 9, 9, 9, 9)}
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 12.5)
    rig.companion.frame(12, -60, 0, 61, 62)
    until(rig, 18.5)
    at_rest(rig)
    assert rig.played() == sung({**frames, 12: (60, 0, 61, 62, 90, 0, 90, 90)}, 0, 18.5)


@scenario
def clear(devices: Devices, habits: Habits) -> None:
    """What is withdrawn does not sound, and ends nothing by itself; what shares its place in the store stays."""
    rig = started(devices, habits)
    frames = chorale(9, 0, 20)
    send(rig.companion, frames)
    rig.companion.say("/chorale/clear", 516, 520)  # the same places
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 4.5)
    rig.companion.say("/chorale/clear", 8, 14)
    until(rig, 19.5)
    at_rest(rig)
    assert rig.played() == sung({step: frames[step] for step in frames if not 8 <= step <= 14}, 0, 19.5)


@scenario
def clear_all(devices: Devices, habits: Habits) -> None:
    rig = started(devices, habits)
    frames = chorale(10, 0, 30)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.5)
    rig.companion.say("/chorale/clear", 6, 5000)
    until(rig, 29.5)
    at_rest(rig)
    assert rig.played() == sung({step: frames[step] for step in range(6)}, 0, 29.5)


@scenario
def replaced(devices: Devices, habits: Habits) -> None:
    """New frames take the place of those that have not been played."""
    rig = started(devices, habits)
    frames, anew = chorale(11, 0, 24), chorale(12, 7, 17)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 6.4)
    send(rig.companion, anew)
    until(rig, 23.5)
    at_rest(rig)
    assert rig.played() == sung({**frames, **anew}, 0, 23.5)


@scenario
def stop_and_on(devices: Devices, habits: Habits) -> None:
    """Stop ends all; on from there the next frames sound, and what goes on is struck."""
    rig = started(devices, habits)
    frames = chorale(13, 0, 16)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.5)
    at_rest(rig)
    before = [list(notes) for notes in rig.played()]
    assert before == sung(frames, 0, 5.5)
    rig.world.play()
    until(rig, 12.5)
    at_rest(rig)
    rest = sung({step: frames[step] for step in range(6, 16)}, 5, 12.5)
    assert rig.played() == [a + b for a, b in zip(before, rest, strict=True)]


@scenario
def voice_off(devices: Devices, habits: Habits) -> None:
    """By Live's switch and by its own; the others play on."""
    rig = started(devices, habits)
    frames = chorale(14, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 4.3)
    rig.voices[0].switch(False)
    rig.voices[3].turn("Play", 0)
    until(rig, 12.3)
    rig.voices[0].switch(True)
    rig.voices[3].turn("Play", 1)
    until(rig, 20.5)
    at_rest(rig)
    whole = sung(frames, 0, 20.5)
    early, late = sung(frames, 0, 4.3), sung({step: frames[step] for step in range(12, 24)}, 12, 20.5)
    assert rig.played() == [early[0] + late[0], whole[1], whole[2], early[3] + late[3]]


@scenario
def hub_off(devices: Devices, habits: Habits) -> None:
    """Nothing sounds while it is off; afterwards the companion is found again."""
    rig = started(devices, habits)
    frames = chorale(15, 0, 64)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 4.4)
    rig.hub.switch(False)
    until(rig, 12.4)
    send(rig.companion, chorale(16, 12, 20))  # not heard
    heard = len(rig.companion.heard)
    until(rig, 24.4)
    assert rig.companion.heard[heard:] == []
    assert rig.hub_shows("Offline")
    rig.hub.switch(True)
    until(rig, 36.4)
    assert rig.hub_shows("Online")
    late = chorale(17, 40, 8)
    send(rig.companion, late)
    until(rig, 47.5)
    at_rest(rig)
    parts = zip(sung(frames, 0, 4.4), sung(late, 40, 47.5), strict=True)
    assert rig.played() == [early + afterwards for early, afterwards in parts]


@scenario
def voice_deleted(devices: Devices, habits: Habits) -> None:
    rig = started(devices, habits)
    frames = chorale(18, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 6.4)
    for voice in rig.voices[:2]:
        voice.delete()
    until(rig, 12.5)
    at_rest(rig)
    gone, whole = sung(frames, 0, 6.4), sung(frames, 0, 12.5)
    assert rig.played() == [gone[0], gone[1], whole[2], whole[3]]


@scenario
def voice_added(devices: Devices, habits: Habits) -> None:
    """A Voice that comes while all play: it plays from the frame that is now, and the others take no harm."""
    rig = started(devices, habits)
    rig.voices.pop().delete()
    frames = chorale(31, 0, 32)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 6.2)
    rig.voices.append(Device(rig.world, devices[VOICE], "new", {"Voice": 4}))
    until(rig, 22.5)
    assert all(rig.shows(voice, "Online") for voice in rig.voices)
    at_rest(rig)
    whole = sung(frames, 0, 22.5)
    assert rig.played() == [*whole[:3], sung({step: frames[step] for step in range(6, 32)}, 6, 22.5)[3]]


@scenario
def voices_first(devices: Devices, habits: Habits) -> None:
    """Devices load in any order, the companion last; a Voice without a Hub is silent and Offline."""
    world = World(0, habits)
    voices = [Device(world, devices[VOICE], f"{place}", {"Voice": place + 1}) for place in range(4)]
    world.play(0)
    world.run(1)
    companion = Companion(world)
    rig = Ensemble(world, Device(world, devices[HUB], "Hub"), voices, companion)
    world.run(3)
    assert all(rig.shows(voice, "Offline") for voice in voices)
    assert [voice.notes for voice in voices] == [[], [], [], []]
    companion.start()
    world.run(1.2)
    frames = chorale(32, 48, 8)
    send(companion, frames)
    until(rig, 55.5)
    assert rig.hub_shows("Online")
    assert all(rig.shows(voice, "Online") for voice in voices)
    at_rest(rig)
    assert rig.played() == sung(frames, 48, 55.5)


@scenario
def hub_deleted(devices: Devices, habits: Habits) -> None:
    """The Voices fall silent, and show that it is gone; another Hub takes its place."""
    rig = started(devices, habits)
    frames = chorale(19, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 6.4)
    rig.hub.key(60, 100)
    rig.world.run(0.01)
    rig.hub.delete()
    rig.hub.key(60, 0)  # the track's MIDI goes on without the device
    until(rig, 14.4)
    assert all(rig.shows(voice, "Offline") for voice in rig.voices)
    assert rig.companion.said("/chorale/note") == [(60, 100), (60, 0)]
    rig.hub = Device(rig.world, devices[HUB], "Hub 2")
    until(rig, 24.4)
    late = chorale(20, 28, 8)
    send(rig.companion, late)
    until(rig, 35.5)
    at_rest(rig)
    parts = zip(sung(frames, 0, 6.4), sung(late, 28, 35.5), strict=True)
    assert rig.played() == [early + afterwards for early, afterwards in parts]


@scenario
def companion_gone(devices: Devices, habits: Habits) -> None:
    """Offline two seconds after its last sign, and silent; a new one is found and plays."""
    rig = started(devices, habits)
    frames = chorale(21, 0, 64)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 8.2)
    rig.companion.stop()
    gone_ms = rig.world.scheduler.now_ms
    while rig.hub_shows("Online"):
        rig.world.run(0.01)
        assert rig.world.scheduler.now_ms - gone_ms < 2100
    silent_at = rig.world.live.beats * 4
    assert all(not voice.hanging() for voice in rig.voices)
    until(rig, 30.2)
    rig.companion.restart()
    until(rig, 34.2)
    assert rig.hub_shows("Online")
    assert all(rig.shows(voice, "Online") for voice in rig.voices)
    late = chorale(22, 40, 8)
    send(rig.companion, late)
    until(rig, 47.5)
    at_rest(rig)
    parts = zip(sung(frames, 0, silent_at - 0.3), sung(late, 40, 47.5), strict=True)
    assert [begins(notes) for notes in rig.played()] == [begins(early + afterwards) for early, afterwards in parts]


def begins(notes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int]]:
    return [note[:3] for note in notes]


@scenario
def companion_restarted(devices: Devices, habits: Habits) -> None:
    """Within the two seconds: another session, so the store is emptied and the controls are told again."""
    rig = started(devices, habits)
    frames = chorale(23, 0, 32)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 6.4)
    rig.companion.stop()
    told, loops = len(rig.companion.said("/chorale/mode")), len(rig.companion.said("/chorale/loop"))
    rig.companion.restart()
    until(rig, 10.4)
    assert rig.hub_shows("Online")
    assert len(rig.companion.said("/chorale/mode")) == told + 1
    assert len(rig.companion.said("/chorale/loop")) > loops
    late = chorale(24, 14, 8)
    send(rig.companion, late)
    until(rig, 20.5)
    at_rest(rig)
    parts = zip(sung(frames, 0, 6.4), sung(late, 14, 20.5), strict=True)
    assert rig.played() == [early + afterwards for early, afterwards in parts]


@scenario
def at_once(devices: Devices, habits: Habits) -> None:
    """/chorale/now sounds whether Live plays or not, is not ended by missing frames, and is ended by the next."""
    rig = started(devices, habits)
    rig.companion.say("/chorale/now", 1, 72, 101)
    rig.companion.say("/chorale/now", 4, 48, 102)
    rig.world.run(0.5)
    rig.companion.say("/chorale/now", 1, 74, 103)
    rig.companion.say("/chorale/now", 4, 0, 0)
    rig.world.run(0.5)
    assert [(note.pitch, note.velocity) for note in rig.voices[0].notes] == [(72, 101), (72, 0), (74, 103)]
    assert [(note.pitch, note.velocity) for note in rig.voices[3].notes] == [(48, 102), (48, 0)]
    assert [voice.notes for voice in rig.voices[1:3]] == [[], []]
    rig.companion.frame(8, -74, 66, 0, 0)
    rig.companion.frame(9, 75, -66, 0, 0)
    rig.world.play(0)
    rig.world.run(0.2)
    rig.companion.say("/chorale/now", 2, 64, 104)
    rig.companion.say("/chorale/now", 3, 60, 105)
    until(rig, 14.5)
    at_rest(rig)
    assert rig.played() == [
        [(72, 101, 0, 0), (74, 103, 0, 9), (75, 90, 9, 13)],
        [(64, 104, 1, 8), (66, 90, 8, 13)],
        [(60, 105, 1, 8)],
        [(48, 102, 0, 0)],
    ]


@scenario
def at_once_between_frames(devices: Devices, habits: Habits) -> None:
    """A note of /chorale/now takes the place of a frame's, and missing frames do not end it."""
    rig = started(devices, habits)
    rig.companion.line(0, *TUNE[:2])
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 2.4)
    rig.companion.say("/chorale/now", 1, 90, 33)
    until(rig, 10.4)
    rig.companion.say("/chorale/now", 1, 0, 0)
    until(rig, 12.4)
    at_rest(rig)
    assert rig.played() == [[(72, 90, 0, 2), (90, 33, 2, 10)], [(67, 90, 0, 5)], [(64, 90, 0, 5)], [(48, 90, 0, 5)]]


@scenario
def sent_too_late(devices: Devices, habits: Habits) -> None:
    """A frame for the step that sounds, or for one that is over, changes nothing once a frame has been played."""
    rig = started(devices, habits)
    rig.companion.line(0, *TUNE)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 2.4)
    rig.companion.line(1, (80, 80, 80, 80), (81, 81, 81, 81))
    until(rig, 6.5)
    at_rest(rig)
    assert rig.played() == sung({step: (*frame, 90, 90, 90, 90) for step, frame in enumerate(TUNE)}, 0, 6.5)


@scenario
def hub_replaced_in_a_loop(devices: Devices, habits: Habits) -> None:
    """A new Hub counts its frames from 1 again: they sound all the same."""
    rig = started(devices, habits)
    rig.world.live.set_loop(True, 0, 2)
    first, second = chorale(50, 0, 8), chorale(51, 0, 8)
    send(rig.companion, first)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.4)
    rig.hub.delete()
    until(rig, 7.5)
    rig.hub = Device(rig.world, devices[HUB], "Hub 2")
    rig.world.run(1.0)
    until(rig, 7.5)
    send(rig.companion, second)
    rig.world.run(0.5 * 0.125 + 1.06)  # once more round, and half a step
    at_rest(rig)
    early, last, again = sung(first, 0, 5.4), sung({7: second[7]}, 7, 8, 0), sung(second, 0, 8, 0)
    assert rig.played() == [a + b + c for a, b, c in zip(early, last, again, strict=True)]


@scenario
def handshake(devices: Devices, habits: Habits) -> None:
    """docs/protocol.md, Handshake: hello each second, then alive; an unknown session; a version; two seconds."""
    world = World(0, habits)
    companion = Companion(world)
    assert world.network.bind(7401, companion, companion.heard.append)
    hub = Device(world, devices[HUB], "Hub")
    rig = Ensemble(world, hub, [], companion)
    world.run(3.5)
    hellos = companion.said("/chorale/hello")
    assert len(hellos) == 4
    assert len(set(hellos)) == 1
    assert [message[0] for message in companion.heard] == ["/chorale/hello"] * 4  # and nothing else
    version, session = hellos[0]
    assert version == 1
    assert isinstance(session, int)
    assert session > 0
    companion.say("/chorale/hello", 2, 77)
    world.run(0.1)
    assert rig.hub_shows("Offline")
    companion.say("/chorale/alive", 77)
    world.run(0.05)
    assert len(companion.said("/chorale/hello")) == 5
    companion.say("/chorale/hello", 1, 77)
    world.run(0.05)
    assert rig.hub_shows("Online")
    told = len(companion.said("/chorale/mode"))
    world.run(0.5)
    companion.say("/chorale/hello", 1, 77)  # of the session that is known: no more than a sign
    world.run(1.2)
    assert rig.hub_shows("Online")
    assert len(companion.said("/chorale/mode")) == told == 1
    assert companion.said("/chorale/alive") == [(session,)] * 4
    assert len(companion.said("/chorale/hello")) == 5
    companion.say("/chorale/alive", 78)  # somebody else
    world.run(0.05)
    assert len(companion.said("/chorale/hello")) == 6
    world.run(0.9)
    assert rig.hub_shows("Offline")
    companion.say("/chorale/alive", 77)  # it was forgotten
    world.run(0.05)
    assert rig.hub_shows("Offline")
    companion.say("/chorale/hello", 1, 77)
    world.run(1.8)
    companion.say("/chorale/alive", 77)
    world.run(1.8)
    assert rig.hub_shows("Online")
    world.run(0.5)
    assert rig.hub_shows("Offline")
    hellos_while_off_and_on(rig)


def hellos_while_off_and_on(rig: Ensemble) -> None:
    for on in (False, True):
        rig.hub.switch(on)
        rig.world.run(0.1)
        hellos = rig.companion.said("/chorale/hello")
        rig.world.run(3.0)
        assert len(rig.companion.said("/chorale/hello")) - len(hellos) == (3 if on else 0)
    assert rig.wrongs() == []


@scenario
def through(devices: Devices, habits: Habits) -> None:
    """MIDI goes through as it comes, and the keys to the companion; what is held is ended when the Hub goes off."""
    rig = started(devices, habits)
    rig.hub.key(60, 100)
    rig.hub.key(64, 90)
    rig.hub.play_bytes(0xB0, 64, 127)
    rig.hub.play_bytes(0xB0, 64, 100)
    rig.hub.play_bytes(0xB0, 7, 0)
    rig.hub.play_bytes(0xE0, 1, 65)
    rig.hub.key(60, 0)
    rig.hub.play_bytes(0xF8)
    rig.hub.play_bytes(0x90, 67, 80, 69, 81)  # running status
    rig.world.run(0.1)
    assert rig.companion.said("/chorale/note") == [(60, 100), (64, 90), (60, 0), (67, 80), (69, 81)]
    assert rig.companion.said("/chorale/pedal") == [(1,)]
    assert rig.hub.other == [(0xB0, 64, 127), (0xB0, 64, 100), (0xB0, 7, 0), (0xE0, 1, 65)]
    rig.hub.switch(False)
    rig.world.run(0.1)
    assert rig.companion.said("/chorale/pedal") == [(1,), (0,)]
    assert sorted(rig.companion.said("/chorale/note")[5:]) == [(64, 0), (67, 0), (69, 0)]
    for pitch in (64, 67, 69):
        rig.hub.key(pitch, 0)
    for voice in rig.voices:
        voice.key(50, 70)
        voice.key(50, 0)
        assert [(note.pitch, note.velocity) for note in voice.notes] == [(50, 70), (50, 0)]
    at_rest(rig)
    assert [(note.pitch, note.velocity) for note in rig.hub.notes][:3] == [(60, 100), (64, 90), (60, 0)]


@scenario
def two_groups(devices: Devices, habits: Habits) -> None:
    """Two Hubs, eight Voices, two companions in one Set: neither hears of the other."""
    rig = ensemble(devices, habits)
    other = ensemble(devices, world=rig.world, group=1)
    rig.settle()
    ours, theirs = chorale(25, 0, 32), chorale(26, 0, 32)
    send(rig.companion, ours)
    send(other.companion, theirs)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 7.4)
    other.hub.press("Panic")
    rig.companion.say("/chorale/clear", 20, 30)
    until(rig, 12.4)
    rig.hub.key(60, 1)
    rig.hub.key(60, 0)
    until(rig, 31.5)
    at_rest(rig)
    assert rig.played() == sung({step: ours[step] for step in ours if not 20 <= step <= 30}, 0, 31.5)
    assert other.played() == sung(theirs, 0, 7.4)
    assert other.wrongs() == []
    assert other.companion.said("/chorale/note") == []
    assert other.companion.said("/chorale/panic") == [()]
    assert rig.companion.said("/chorale/panic") == []


@scenario
def other_groups(devices: Devices, habits: Habits) -> None:
    """All four groups in one Set."""
    rigs = [ensemble(devices, habits)]
    rigs += [ensemble(devices, world=rigs[0].world, group=group) for group in (1, 2, 3)]
    rigs[0].settle()
    frames = [chorale(40 + group, 0, 12) for group in range(4)]
    for rig, sent in zip(rigs, frames, strict=True):
        send(rig.companion, sent)
        rig.companion.say("/chorale/clear", 4, 6)
    rigs[0].world.run(0.7)
    for rig in rigs:
        assert rig.hub_shows("Online")
        assert all(rig.shows(voice, "Online") for voice in rig.voices)
    rigs[0].world.play(0)
    until(rigs[0], 7.4)
    for voice, rig in enumerate(rigs, start=1):
        rig.companion.say("/chorale/now", voice, 90, 20 + voice)
    until(rigs[0], 8.4)
    for rig in rigs[1:]:
        rig.hub.press("Panic")
        rig.world.run(0.001)
        assert [voice.hanging() for voice in rig.voices] == [[], [], [], []]
    until(rigs[0], 11.4)
    rigs[0].world.stop()
    rigs[0].world.run(0.1)
    for voice, (rig, sent) in enumerate(zip(rigs, frames, strict=True)):
        at_rest(rig)
        end = 8.4 if voice else 11.4
        left = {step: frame for step, frame in sent.items() if not 4 <= step <= 6}
        rest = {step: frame for step, frame in left.items() if step >= 8}
        expected = sung(left, 0, end)
        expected[voice] = [*sung(left, 0, 7.4)[voice], (90, 21 + voice, 7, 8), *sung(rest, 8, end)[voice]]
        assert rig.played() == expected


@scenario
def another_group(devices: Devices, habits: Habits) -> None:
    """A Voice is set to another group, then to another voice, while it sounds."""
    change_of_group(devices, habits, ahead=100)


def change_of_group(devices: Devices, habits: Habits, ahead: int) -> None:
    """``ahead``: so many frames more has the second Hub received, so that its serial numbers are others."""
    rig = ensemble(devices, habits)
    other = ensemble(devices, world=rig.world, group=1)
    rig.settle()
    ours, theirs = chorale(27, 0, 40), chorale(28, 0, 40)
    send(rig.companion, ours)
    send(other.companion, chorale(28, 300, ahead))
    send(other.companion, theirs)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 7.4)
    rig.voices[0].turn("Group", 1)
    until(rig, 15.4)
    rig.voices[0].turn("Voice", "Tenor")
    until(rig, 23.5)
    at_rest(rig)
    expected = (
        sung(ours, 0, 7.4)[0]
        + sung({step: theirs[step] for step in range(7, 40)}, 7, 15.4)[0]
        + sung({step: theirs[step] for step in range(16, 40)}, 16, 23.5)[2]  # that of step 15 has been played
    )
    assert rig.played() == [expected, *sung(ours, 0, 23.5)[1:]]
    assert other.played() == sung(theirs, 0, 23.5)


@scenario
def changed_while_it_sounds(devices: Devices, habits: Habits) -> None:
    """Another voice, another group, off: each ends what sounds, at once."""
    for name, value in (("Voice", 2), ("Group", 1), ("Play", 0)):
        rig = started(devices, habits)
        rig.companion.frame(0, 72, 67, 64, 48)
        rig.companion.frame(1, -72, -67, -64, -48)
        rig.world.run(0.1)
        rig.world.play(0)
        until(rig, 2.4)
        rig.voices[0].turn(name, value)
        rig.world.run(0.04)
        assert rig.voices[0].hanging() == []
        until(rig, 8.5)
        at_rest(rig)
        assert rig.played() == [[(72, 90, 0, 2)], [(67, 90, 0, 5)], [(64, 90, 0, 5)], [(48, 90, 0, 5)]]


@scenario
def panic(devices: Devices, habits: Habits) -> None:
    """Silence at once, also of what would come."""
    rig = started(devices, habits)
    frames = chorale(29, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.4)
    rig.hub.press("Panic")
    until(rig, 12.4)
    at_rest(rig)
    assert rig.companion.said("/chorale/panic") == [()]
    assert rig.played() == sung(frames, 0, 5.4)


@scenario
def transport(devices: Devices, habits: Habits) -> None:
    """The companion is told where Live is, and of the loop, once for three changes."""
    rig = started(devices, habits)
    assert rig.companion.said("/chorale/loop")[-1] == (0, 0.0, 64.0)
    told_before = len(rig.companion.said("/chorale/loop"))
    rig.world.live.metre = (6, 8)
    rig.world.live.set_loop(True, 8, 12)
    rig.world.run(0.2)
    loops = rig.companion.said("/chorale/loop")[told_before:]
    assert loops[-1] == (1, 32.0, 80.0)
    assert len(loops) == 1 or habits.queue_late_ms
    for on, start, length, said in ((False, 8, 12, (0, 32.0, 80.0)), (False, 4, 12, (0, 16.0, 64.0)),
                                    (False, 4, 8, (0, 16.0, 48.0))):  # fmt: skip
        rig.world.live.set_loop(on, start, length)
        rig.world.run(0.2)
        assert rig.companion.said("/chorale/loop")[-1] == said
    rig.world.play(40)
    rig.world.live.set_tempo(90)
    until(rig, 44)
    told = rig.companion.said("/chorale/transport")
    playing, step, bpm, beats, unit = told[-1]
    assert (playing, bpm, beats, unit) == (1, 90.0, 6, 8)
    assert 43.5 < step < 44.1
    assert {one[0] for one in told} == {0, 1}
    assert all(len(one) == 5 and isinstance(one[1], float) for one in told)
    at_rest(rig)
    assert rig.companion.said("/chorale/transport")[-1][0] == 0


CONTROLS = [
    ("Mode", "Respond", ("/chorale/mode", "Respond")),
    ("Answer Grid", "Bar", ("/chorale/grid", "Bar")),
    ("Style", "wild", ("/chorale/style", "wild")),
    ("Model", "gru", ("/chorale/model", "gru")),
    ("Density", 0.5, ("/chorale/density", 0.5)),
    ("Length", 7, ("/chorale/bars", 7)),
    ("Lock Soprano", 1, ("/chorale/voice/lock", 1, 1)),
    ("Mute Bass", 1, ("/chorale/voice/mute", 4, 1)),
]


@scenario
def controls(devices: Devices, habits: Habits) -> None:
    """What each control says; before the companion is there it says nothing, and then everything once."""
    rig = started(devices, habits)
    for name, value, said in CONTROLS:
        heard = len(rig.companion.heard)
        rig.hub.turn(name, value)
        rig.world.run(0.01)
        assert [one for one in rig.companion.heard[heard:] if one[0] == said[0]] == [said]
    for name, said in (("Go", ("/chorale/go", 7)), ("Stop", ("/chorale/stop",)), ("Keep", ("/chorale/keep",))):
        heard = len(rig.companion.heard)
        rig.hub.press(name)
        rig.world.run(0.2)
        assert [one for one in rig.companion.heard[heard:] if one[0] == said[0]] == [said]
    rig.hub.turn("Length", 0)
    rig.hub.turn("Style", "Auto")
    rig.hub.press("Go")
    rig.hub.turn("Surprise", 1.5)  # the style decides
    rig.world.run(0.01)
    assert rig.companion.said("/chorale/go")[-1] == ()
    assert rig.companion.said("/chorale/style") == [("wild",)]
    assert {one for one in rig.companion.said("/chorale/temperature") if len(one) == 1} == {("auto",)}
    rig.hub.turn("Style Decides", 0)
    rig.world.run(0.01)
    assert rig.companion.said("/chorale/temperature")[-1] == (1.5,)
    assert rig.companion.said("/chorale/top_p")[-1][0] == pytest.approx(0.95)
    rig.companion.stop()
    rig.world.run(2.5)
    heard = len(rig.companion.heard)
    rig.hub.turn("Mode", "Duet")
    rig.companion.restart()
    rig.world.run(0.5)
    told = [one for one in rig.companion.heard[heard:] if one[0] not in ("/chorale/alive", "/chorale/transport")]
    assert [one for one in told if one[0] == "/chorale/mode"] == [("/chorale/mode", "Duet")]
    assert sorted(one[1:] for one in told if one[0] == "/chorale/voice/mute") == [(1, 0), (2, 0), (3, 0), (4, 1)]
    assert len([one for one in told if one[0] == "/chorale/top_p"]) == 1
    at_rest(rig)


@scenario
def shown(devices: Devices, habits: Habits) -> None:
    """The display says what the companion says; nothing of it is left when it is gone."""
    rig = started(devices, habits)
    for message in (
        ("/chorale/state", "chord", "Am7"), ("/chorale/state", "key", "a minor"), ("/chorale/state", "bars_left", 3),
        ("/chorale/state", "voice/mute", 2, 1), ("/chorale/state", "model", "gru"), ("/chorale/state", "seed", 4),
        ("/chorale/confidence", 12, 0.25, 1.5, 2.0, 0.0), ("/chorale/error", "keep takes no arguments"),
        ("/chorale/latency", 0.11, 0.42, 2),
    ):  # fmt: skip
        rig.companion.say(*message)
    rig.world.run(0.2)
    for words in ("Am7", "a minor", "3 bars left", "M", "gru", "Error: keep takes no arguments", "0.1 / 0.4 ms late 2"):
        assert rig.hub_shows(words), words
    rig.companion.say("/chorale/state", "bars_left", -1)
    rig.companion.frame(0, 61, 0, 0, 0)
    rig.world.play(0)
    rig.world.run(0.2)
    assert rig.hub_shows("no end set")
    assert rig.shows(rig.voices[0], "C#3")
    rig.companion.stop()
    rig.world.run(2.5)
    assert rig.hub_shows("Offline")
    assert not any(rig.hub_shows(words) for words in ("Am7", "a minor", "no end set", "M", "gru"))
    assert not rig.shows(rig.voices[0], "C#3")
    at_rest(rig)


@scenario
def taken_port(devices: Devices, habits: Habits) -> None:
    """A second Hub on the same port hears nothing, shows it, and harms nobody; on ports of its own it is online."""
    rig = started(devices, habits)
    second = Device(rig.world, devices[HUB], "second", {"Group": 1, "Port To Companion": 7403})
    rig.world.run(2)
    assert rig.shows(second, "Offline")
    assert rig.hub_shows("Online")
    assert rig.world.console == []  # udpreceive is told to be quiet; the display says it
    companion = Companion(rig.world, 7403, 7404)
    companion.start()
    second.turn("Port From Companion", 7404)
    rig.world.run(2)
    assert rig.shows(second, "Online")
    assert rig.hub_shows("Online")
    at_rest(rig)


@scenario
def loaded_again(devices: Devices, habits: Habits) -> None:
    """live.thisdevice bangs again when a preset is loaded: nothing hangs, nothing is lost."""
    rig = started(devices, habits)
    frames = chorale(30, 0, 24)
    send(rig.companion, frames)
    rig.world.run(0.1)
    rig.world.play(0)
    until(rig, 5.4)
    for device in (rig.hub, *rig.voices):
        device.loaded_again()
    until(rig, 16.5)
    at_rest(rig)
    assert rig.played() == sung(frames, 0, 16.5)
    assert rig.hub_shows("Online")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, world: str, shipped: Devices) -> None:
    SCENARIOS[name](shipped, WORLDS[world])


def test_serials_of_one_group_are_not_those_of_another(shipped: Devices) -> None:
    change_of_group(shipped, Habits(), ahead=0)


# Whatever may happen


class Session:
    """A player, a companion and a Set who do anything at any time."""

    def __init__(self, devices: Devices, seed: int) -> None:
        self.dice = random.Random(seed)
        names = list(WORLDS)
        self.devices = devices
        self.rig = ensemble(devices, WORLDS[names[seed % len(names)]], seed)
        self.frames_sent = [set() for _ in range(4)]  # type: list[set[tuple[int, int]]]
        self.keys: set[int] = set()
        self.gone: list[Device] = []
        self.does = [
            self.frames, self.frames, self.frames, self.frames, self.now, self.clear, self.play, self.play, self.stop,
            self.jump, self.tempo, self.loop, self.companion, self.switch, self.turn, self.key, self.key, self.panic,
            self.delete, self.again,
        ]  # fmt: skip

    def run(self) -> None:
        self.rig.settle()
        self.frames()
        self.play()
        for _ in range(30):
            self.dice.choice(self.does)()
            self.rig.world.run(self.dice.choice([0.0, 0.003, 0.05, 0.2, 0.6]))
        self.end()

    def end(self) -> None:
        """Live stops, or the frames end, or the companion goes, or panic; the keys are let go; nothing may be left."""
        self.rig.world.run(0.01)  # what is on its way arrives
        for pitch in sorted(self.keys):
            self.rig.hub.key(pitch, 0)
        way = self.dice.choice(["stop", "no frames", "gone", "panic"])
        if way == "gone" or not self.rig.companion.alive:
            self.rig.companion.stop()
            self.rig.world.run(2.8)
        elif way == "panic":
            self.rig.hub.press("Panic")
            self.rig.world.run(0.2)
        else:
            if way == "no frames":
                self.rig.world.live.set_loop(False, 0, 4)
                self.rig.world.play(600)
                self.frames()
                self.rig.world.run(3 * 15 / self.rig.world.live.tempo)
                self.rig.companion.say("/chorale/clear", 600, 1000)
                self.rig.world.run(7 * 15 / self.rig.world.live.tempo)
                assert self.from_frames() == []
            else:
                self.rig.world.stop()
            for voice in range(1, 5):
                self.rig.companion.say("/chorale/now", voice, 0, 0)
            self.rig.world.run(0.2)
        assert [voice.hanging() for voice in (*self.gone, self.rig.hub, *self.rig.voices)] == [
            [] for _ in (*self.gone, self.rig.hub, *self.rig.voices)
        ]
        assert self.rig.world.wrongs == []
        for device in (*self.gone, *self.rig.voices):
            if not device.called.startswith("Hub"):
                self.as_sent(device)

    def as_sent(self, voice: Device) -> None:
        """One note at a time, each of them one that was sent; for any voice, since the Voice may have been changed."""
        sounding = 0
        sent = set().union(*self.frames_sent)
        for note in voice.notes:
            if note.velocity:
                assert not sounding
                assert (note.pitch, note.velocity) in sent
            else:
                assert note.pitch == sounding
            sounding = note.pitch if note.velocity else 0

    def frames(self) -> None:
        first = max(int(self.rig.world.live.beats * 4) + self.dice.randint(-2, 8), 0)
        frames = chorale(self.dice.random().__hash__(), first, self.dice.randint(1, 24))
        for frame in frames.values():
            for voice in range(4):
                self.frames_sent[voice].add((abs(frame[voice]), frame[4 + voice]))
        if self.rig.companion.alive:
            send(self.rig.companion, frames)

    def now(self) -> None:
        voice, pitch, velocity = self.dice.randint(1, 4), self.dice.choice([0, 100, 104]), self.dice.randint(1, 127)
        self.frames_sent[voice - 1].add((pitch, velocity))
        if self.rig.companion.alive:
            self.rig.companion.say("/chorale/now", voice, pitch, velocity if pitch else 0)

    def clear(self) -> None:
        first = max(int(self.rig.world.live.beats * 4) + self.dice.randint(-4, 8), 0)
        if self.rig.companion.alive:
            self.rig.companion.say("/chorale/clear", first, first + self.dice.randint(0, 40))

    def play(self) -> None:
        self.rig.world.play(self.dice.choice([None, 0, 16, 7.3]))

    def stop(self) -> None:
        """What came from frames ends."""
        self.rig.world.stop()
        self.rig.world.run(0.05)
        assert self.from_frames() == []

    def from_frames(self) -> list[int]:
        """What sounds and is not of /chorale/now."""
        return [pitch for voice in self.rig.voices for pitch in voice.hanging() if pitch < 100]

    def jump(self) -> None:
        self.rig.world.jump(self.dice.choice([0, 4, 15.9, 16, 400]))

    def tempo(self) -> None:
        self.rig.world.live.set_tempo(self.dice.uniform(40, 220))

    def loop(self) -> None:
        self.rig.world.live.set_loop(self.dice.random() < 0.7, self.dice.choice([0, 4]), self.dice.choice([1, 4, 0.5]))

    def companion(self) -> None:
        if self.rig.companion.alive:
            self.rig.companion.stop()
        else:
            self.rig.companion.restart()

    def switch(self) -> None:
        device = self.dice.choice([self.rig.hub, *self.rig.voices])
        device.switch(self.dice.random() < 0.6)

    def turn(self) -> None:
        voice = self.dice.choice(self.rig.voices)
        name, values = self.dice.choice([("Play", [0, 1]), ("Voice", [0, 1, 2, 3, 4]), ("Group", [0, 0, 0, 1])])
        voice.turn(name, self.dice.choice(values))
        self.rig.hub.turn("Surprise", self.dice.uniform(0.1, 2))

    def key(self) -> None:
        pitch = self.dice.randint(60, 63)
        if pitch in self.keys:
            self.keys.remove(pitch)
            self.rig.hub.key(pitch, 0)
        else:
            self.keys.add(pitch)
            self.rig.hub.key(pitch, 100)

    def panic(self) -> None:
        self.rig.hub.press("Panic")

    def delete(self) -> None:
        if self.dice.random() < 0.7:
            place = self.dice.randrange(4)
            self.rig.voices[place].delete()
            self.gone.append(self.rig.voices[place])
            self.rig.voices[place] = Device(self.rig.world, self.devices[VOICE], f"new {place}", {"Voice": place + 1})
        else:
            for pitch in sorted(self.keys):
                self.rig.hub.key(pitch, 0)
            self.keys.clear()
            self.rig.hub.delete()
            self.gone.append(self.rig.hub)
            self.rig.hub = Device(self.rig.world, self.devices[HUB], "Hub again")

    def again(self) -> None:
        self.dice.choice([self.rig.hub, *self.rig.voices]).loaded_again()


@pytest.mark.parametrize("seed", range(100))
def test_no_note_hangs(seed: int, shipped: Devices) -> None:
    Session(shipped, seed).run()


# Faults put in, which the note lists must show

Data = dict[str, Any]
Change = Callable[[Data], None]


def rooms(patcher: Data, name: str = "") -> dict[str, Data]:
    """Every patch in a device, by name; the outermost is ""."""
    found = {name: patcher}
    for entry in patcher["boxes"]:
        if "patcher" in entry["box"]:
            found |= rooms(entry["box"]["patcher"], entry["box"]["text"][2:])
    return found


def box(patch: Data, text: str) -> Data:
    """The first box with this text."""
    found: Data = next(entry["box"] for entry in patch["boxes"] if entry["box"].get("text") == text)
    return found


def cut(room: str, text: str, outlet: int) -> Change:
    """Without the cord of an outlet."""

    def change(document: Data) -> None:
        patch = rooms(document["patcher"])[room]
        source = [box(patch, text)["id"], outlet]
        kept = [line for line in patch["lines"] if line["patchline"]["source"] != source]
        assert len(kept) == len(patch["lines"]) - 1
        patch["lines"] = kept

    return change


def exchanged(room: str, text: str, end: str, one: int, other: int) -> Change:
    """Two outlets (end "source") or inlets ("destination") of a box, one for the other."""

    def change(document: Data) -> None:
        patch = rooms(document["patcher"])[room]
        ends = [line["patchline"][end] for line in patch["lines"]]
        ends = [place for place in ends if place[0] == box(patch, text)["id"] and place[1] in (one, other)]
        assert ends
        for place in ends:
            place[1] = one + other - place[1]

    return change


def retyped(room: str, text: str, new: str) -> Change:
    """A box with other words."""

    def change(document: Data) -> None:
        box(rooms(document["patcher"])[room], text)["text"] = new

    return change


JUMPS = "expr ($f2 - $f1 > 30.) || ($f1 - $f2 > 240.)"
MISSES = "expr ($i2 >= 0) && ($i1 - $i2 >= 4)"
STORE_ROUTE = "route frame look clear now hush online"
FAULTS: dict[str, tuple[str, Change, str]] = {
    "a release ends nothing": (VOICE, cut("Notes", "t b 0", 0), "play"),
    "nothing is ended when it is deleted": (VOICE, cut("Notes", "freebang", 0), "voice_deleted"),
    "pitch and velocity exchanged": (VOICE, exchanged("Notes", "pack 0 0", "destination", 0, 1), "play"),
    "wrong outlet of the selector": (VOICE, exchanged("Notes", "sel 0", "source", 0, 1), "play"),
    "going on is taken for striking": (
        VOICE,
        retyped("Notes", "expr ($i1 >= 0) || ($i1 + $i2 != 0)", "expr ($i1 >= 0) || ($i1 + $i2 == 0)"),
        "play",
    ),
    "strike before release": (VOICE, exchanged("Notes", "t i b", "source", 0, 1), "play"),
    "stop is not heard": (VOICE, cut("Clock", "sel 0", 0), "stop_and_on"),
    "ways back are not seen": (VOICE, retyped("Clock", JUMPS, JUMPS.replace("30.", "9999999.")), "loop"),
    "ways onward are not seen": (VOICE, retyped("Clock", JUMPS, JUMPS.replace("240.", "9999999.")), "jump_onward"),
    "notes off the line": (VOICE, cut("Clock", "metro 16n @quantize 16n @active 1", 0), "on_the_line"),
    "a beat before its line is of the step before": (VOICE, cut("Clock", "t b 60", 1), "on_the_line"),
    "eighths for 16ths": (
        VOICE,
        retyped("Clock", "expr floor(($f1 + $f2) / 120.)", "expr floor(($f1 + $f2) / 240.)"),
        "play",
    ),
    "five steps may be missing": (VOICE, retyped("Frames", MISSES, MISSES.replace("4", "5")), "underrun"),
    "three steps may be missing": (VOICE, retyped("Frames", MISSES, MISSES.replace("4", "3")), "underrun"),
    "missing steps are not seen": (VOICE, cut("Frames", "t b -1", 0), "underrun"),
    "the next voice's note": (VOICE, retyped("Frames", "+ 3", "+ 4"), "play"),
    "the next voice's velocity": (VOICE, retyped("Frames", "+ 7", "+ 8"), "play"),
    "what was played is not noted": (VOICE, cut("Frames", "pack 0 0", 0), "loop"),
    "a constant for the group's store": (
        VOICE,
        retyped("Frames", "coll chorale-B-frames 1", "coll chorale-A-frames 1"),
        "two_groups",
    ),
    "another group's hush": (VOICE, retyped("Now", "r chorale-A-hush", "r chorale-B-hush"), "panic"),
    "every voice takes /chorale/now": (VOICE, retyped("Now", "zl.nth 1", "zl.nth 2"), "at_once"),
    "off is not heard": (VOICE, cut("", "&& 1", 0), "voice_off"),
    "route argument changed": (
        HUB,
        retyped("Store", STORE_ROUTE, "route frame look clear hush now online"),
        "companion_gone",
    ),
    "frames of the wrong address": (
        HUB,
        retyped(
            "Link",
            "route /chorale/hello /chorale/alive /chorale/frame /chorale/clear /chorale/now",
            "route /chorale/hello /chorale/alive /chorale/frames /chorale/clear /chorale/now",
        ),
        "play",
    ),
    "a store of 256 places": (HUB, retyped("Store", "% 512", "% 256"), "a_long_piece"),
    "one serial for all": (HUB, retyped("Store", "+ 1", "+ 0"), "loop"),
    "clear takes what shares its place": (HUB, retyped("Store", "== 0", "!= 0"), "clear"),
    "offline after five seconds": (HUB, retyped("Link", "expr $f1 >= 2000.", "expr $f1 >= 5000."), "companion_gone"),
    "nothing is wiped when it is gone": (HUB, cut("Link", "t b 0 -1", 0), "companion_gone"),
    "frames are taken while it is gone": (HUB, cut("Link", "t b 0 -1", 1), "hub_off"),
    "held keys are forgotten": (HUB, cut("Midi", "r ---letgo", 0), "through"),
    "MIDI goes nowhere": (HUB, cut("Midi", "t i i", 1), "through"),
    "loops in 16ths of a quarter": (HUB, retyped("Loop", "* 4.", "* 1."), "transport"),
    "ticks for steps": (HUB, retyped("Transport", "/ 120.", "/ 1."), "transport"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_caught(fault: str, shipped: Devices) -> None:
    name, change, scenario_name = FAULTS[fault]
    document = json.loads(json.dumps(unpack(shipped[name]).patcher))
    change(document)
    with pytest.raises((AssertionError, MaxError)):
        SCENARIOS[scenario_name]({**shipped, name: pack(document)}, WORLDS["position a little off"])


@pytest.mark.parametrize("fault", ["a release ends nothing", "stop is not heard", "missing steps are not seen"])
def test_random_sessions_catch_them_too(fault: str, shipped: Devices) -> None:
    name, change, _ = FAULTS[fault]
    document = json.loads(json.dumps(unpack(shipped[name]).patcher))
    change(document)
    devices = {**shipped, name: pack(document)}

    def wrong(seed: int) -> bool:
        try:
            Session(devices, seed).run()
        except (AssertionError, MaxError):
            return True
        return False

    assert any(wrong(seed) for seed in range(40))
