"""Chorale Clip, the Hub and the real script, message by message, with a companion and a Live Set of the test's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from support.clipscript import VOICES, ClipScript, choose, clip, live_set, note
from support.maxsim.atoms import Message
from support.maxsim.ensemble import Ensemble, ensemble
from support.maxsim.objects_scripts import Js, NodeScript
from support.maxsim.world import Device, Habits

from max_patches.clip import CHOOSE

pytestmark = pytest.mark.peers

HABITS = (Habits(), Habits(shuffled=True, queue_late_ms=40.0, interrupts=0.3), Habits(values_on_load=False))


@dataclass
class Rig:
    """A group with a Chorale Clip whose script is the real one."""

    group: Ensemble
    device: Device
    script: ClipScript
    js: Js

    def settle(self, seconds: float = 1.5) -> None:
        self.group.world.run(seconds)

    def asked(self, word: str) -> list[Message]:
        return self.group.companion.said(f"/chorale/clip/{word}")

    def say(self, word: str, *arguments: object) -> None:
        self.group.companion.say(f"/chorale/clip/{word}", *arguments)
        self.settle(0.2)

    def shows(self, words: str) -> bool:
        return self.group.shows(self.device, words)

    def wrongs(self) -> list[str]:
        return self.group.wrongs()


def _runs(script: ClipScript, message: Message) -> Iterable[tuple[int, Message]]:
    lines = len(script.lines)
    script.tell(*message)
    yield from ((0, tuple(sent)) for sent in script.take())
    yield from ((1, ("set", *line.split())) for line in script.lines[lines:])


@pytest.fixture(params=HABITS, ids=["plain", "rough", "late values"])
def rig(request: pytest.FixtureRequest, shipped: dict[str, bytes]) -> Iterator[Rig]:
    group = ensemble(shipped, request.param)
    given = live_set()
    given["tracks"][0]["slots"][0] = clip(*(note(60 + place, float(place)) for place in range(14)))
    with ClipScript(given, choose(0, 0)) as script:
        device = Device(group.world, shipped["Chorale Clip"], "Clip")
        (js,) = [box for box in device.boxes.values() if isinstance(box, Js)]
        js.runs = lambda message: _runs(script, message)
        yield Rig(group, device, script, js)


def test_the_script_is_told_what_is_set_and_says_that_it_is_there(rig: Rig) -> None:
    rig.settle(3)
    assert {("group", "A"), ("bars", 4), ("always", 0), ("online", 1), ("ready",)} <= set(rig.js.heard)
    assert rig.asked("here") != []
    assert rig.shows(CHOOSE)
    assert rig.wrongs() == []


def test_a_press_brings_four_clips(rig: Rig) -> None:
    rig.settle()
    rig.device.press("Harmonise")
    rig.settle(0.2)
    (request, *wish), *_ = rig.asked("ask")
    assert wish == ["harmonise", 14, 16, 4, 4, 4, 0]
    rig.say("heard", request, 0)
    assert [part[1] for part in rig.asked("part")][:2] == [1, 2]
    rig.say("heard", request, 1)
    rig.say("heard", request, 2)
    rig.say("working", request, 16, 64)
    assert rig.shows("Working: 25 %")
    rig.say("notes", request, 1, *(value for voice in (1, 2, 3, 4) for value in (voice, 60, 0.0, 4.0, 80)))
    rig.say("answer", request, 4, 16.0, "G major seed 7 14:05")
    assert rig.shows("Written: G major seed 7 14:05, scene 1")
    assert all(rig.script.slots(0)[name] for name in VOICES)
    assert sorted(set(rig.asked("got"))) == [(request, 0), (request, 1)]
    assert rig.wrongs() == []


def test_a_selection_is_rewritten_beside_the_originals(rig: Rig) -> None:
    rig.settle()
    for place in range(1, 5):
        bars = json.dumps(clip(*(note(60 + place, float(beat)) for beat in range(8)), end=8.0))
        rig.script.change(f"set.tracks[{place}].slots[0] = {bars};")
    rig.script.change("set.detail = set.tracks[2].slots[0]; set.detail.selected = [4, 5, 6, 7];")
    rig.device.press("Rewrite Selection")
    rig.settle(0.2)
    (request, *wish), *_ = rig.asked("ask")
    assert wish == ["rewrite", 32, 8, 4, 4, 4, 0, 4, 8, 1]
    rig.say("heard", request, 0)
    assert [part[1:5] for part in rig.asked("voiced")][:3] == [(1, 1, 0, 61), (2, 2, 1, 62), (3, 4, 0, 64)]
    assert rig.asked("part") == []
    for chunk in (1, 2, 3):
        rig.say("heard", request, chunk)
    rig.say("notes", request, 1, *(value for voice in (1, 2, 3, 4) for value in (voice, 60, 0.0, 8.0, 80)))
    rig.say("answer", request, 4, 8.0, "bar 2, alto anew, seed 7 14:05")
    assert rig.shows("Written: bar 2, alto anew, seed 7 14:05, scene 2")
    assert all(rig.script.slots(1)[name] for name in VOICES)
    assert sorted(set(rig.asked("got"))) == [(request, 0), (request, 1)]
    assert rig.wrongs() == []


def test_settings_go_with_the_wish(rig: Rig) -> None:
    rig.settle()
    rig.device.turn("New Bars", 8)
    rig.device.turn("Every Answer", 1)
    rig.device.press("Continue")
    rig.settle(0.2)
    assert rig.asked("ask")[0][1:] == ("continue", 14, 16, 4, 4, 8, 0)
    assert rig.asked("here")[-1] == (1,)


def test_the_companion_gone_in_the_middle(rig: Rig) -> None:
    rig.settle()
    rig.device.press("Harmonise")
    rig.settle(0.2)
    rig.group.companion.stop()
    rig.settle(3)
    assert rig.shows("The companion is gone: nothing was written")
    assert rig.script.calls == []
    assert rig.wrongs() == []


def test_another_group_is_not_heard(rig: Rig, shipped: dict[str, bytes]) -> None:
    other = ensemble(shipped, world=rig.group.world, group=1)
    rig.settle()
    rig.device.press("Harmonise")
    rig.settle(0.2)
    assert other.companion.said("/chorale/clip/ask") == []
    heard = len(rig.js.heard)
    other.companion.say("/chorale/clip/heard", 1, 0)
    rig.settle(0.1)
    assert [message for message in rig.js.heard[heard:] if message[0] == "heard"] == []


def test_a_device_that_is_switched_off_asks_nothing(rig: Rig) -> None:
    rig.settle()
    rig.device.switch(False)
    rig.settle()
    rig.device.press("Harmonise")
    rig.settle(0.2)
    assert rig.asked("ask") == []
    rig.device.switch(True)
    rig.settle()
    rig.device.press("Harmonise")
    rig.settle(0.2)
    assert len(rig.asked("ask")) >= 1


@pytest.mark.parametrize(("group", "ports"), [(0, (7401, 7402)), (2, (7405, 7406))])
def test_start_runs_its_script_with_the_ports_of_its_group(
    group: int, ports: tuple[int, int], shipped: dict[str, bytes]
) -> None:
    set_of = ensemble(shipped)
    device = Device(set_of.world, shipped["Chorale Start"], "Start", {"Group": group})
    set_of.settle()
    (node,) = [box for box in device.boxes.values() if isinstance(box, NodeScript)]
    device.press("Start")
    node.says("set", "the", "device", "is", "there")
    set_of.settle()
    assert set_of.shows(device, "the device is there")
    device.press("Stop")
    set_of.settle()
    assert node.orders == [("start", *ports), ("stop",)]
    assert set_of.shows(device, "Stopped")
    assert set_of.wrongs() == []
