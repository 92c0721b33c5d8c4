"""The devices at home in Live: what their users do beside playing, message by message in several simulated worlds."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.maxsim.atoms import MaxError
from support.maxsim.ensemble import Companion, Ensemble, started
from support.maxsim.objects_outside import Drawn, MultiSlider
from support.maxsim.world import Device, Habits, World

from max_patches.amxd import pack, unpack
from max_patches.hubface import HINT
from max_patches.hubparameters import PAGES
from max_patches.reading import read

Devices = dict[str, bytes]
Scenario = Callable[[Devices, Habits], None]

HUB, VOICE = "Chorale Hub", "Chorale Voice"
WORLDS = {
    "as the pages say": Habits(),
    "buttons say numbers": Habits(buttons_say_numbers=True, values_on_load=False, presets_press=True),
    "deaf without audio": Habits(hears_without_audio=False, shuffled=True, state_on_load=False),
    "rough": Habits(shuffled=True, queue_late_ms=30, interrupts=0.1, presets_press=True),
}
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


# Buttons


@scenario
def a_pedal_for_go(devices: Devices, habits: Habits) -> None:
    """Each press of a mapped pedal is one Go, however long it is held, and a press that trembles is one too."""
    rig = started(devices, habits)
    for held_seconds in (0.05, 1.0, 0.3):
        rig.hub.mapped_note("Go", True)
        rig.world.run(held_seconds)
        rig.hub.mapped_note("Go", False)
        rig.world.run(0.3)
    assert rig.companion.said("/chorale/go") == [(4,)] * 3
    for _ in range(2):
        rig.hub.mapped_note("Undo", True)
        rig.world.run(0.02)
        rig.hub.mapped_note("Undo", False)
        rig.world.run(0.02)
    assert rig.companion.said("/chorale/undo") == [()]
    assert rig.wrongs() == []


@scenario
def a_preset_presses_nothing(devices: Devices, habits: Habits) -> None:
    """Loading or saving a preset bangs live.thisdevice again; whatever the buttons say then, nothing is done."""
    rig = started(devices, habits)
    for _ in range(2):
        rig.hub.loaded_again()
        rig.world.run(0.3)
    for action in ("go", "stop", "cadence", "undo", "keep", "panic"):
        assert rig.companion.said(f"/chorale/{action}") == []
    rig.world.run(0.4)
    rig.hub.press("Go")
    rig.world.run(0.1)
    assert rig.companion.said("/chorale/go") == [(4,)]


# Live's audio engine


@scenario
def audio_off(devices: Devices, habits: Habits) -> None:
    """The companion hears signs of life all the same, and the Hub says what stands still."""
    rig = started(devices, habits)
    rig.world.switch_audio(False)
    heard = len(rig.companion.said("/chorale/alive"))
    rig.world.run(3)
    if habits.hears_without_audio:
        assert len(rig.companion.said("/chorale/alive")) - heard >= 5
    assert rig.hub_shows("Audio off")
    rig.world.switch_audio(True)
    rig.world.run(2.5)
    assert rig.hub_shows("Online")
    rig.world.switch_audio(False)
    rig.world.run(0.2)
    rig.companion.stop()
    assert rig.world.network.bind(7401, rig.companion, rig.companion.heard.append)
    rig.world.run(3)
    rig.companion.heard.clear()
    rig.world.run(1.1)
    assert {message[0] for message in rig.companion.heard} == {"/chorale/hello"}  # it looks for another
    rig.world.switch_audio(True)
    rig.world.run(1.1)
    assert rig.hub_shows("Offline")
    assert rig.wrongs() == []


@scenario
def loaded_while_audio_is_off(devices: Devices, habits: Habits) -> None:
    """It looks for the companion, and says why nothing plays."""
    world = World(0, habits)
    world.switch_audio(False)
    companion = Companion(world)
    rig = Ensemble(world, Device(world, devices[HUB], "Hub"), [], companion)
    companion.start()
    world.run(2.5)
    assert companion.said("/chorale/hello")
    assert rig.hub_shows("Audio off")
    world.switch_audio(True)
    world.run(2.5)
    assert rig.hub_shows("Online")


# Words


@scenario
def words(devices: Devices, habits: Habits) -> None:
    """What the companion writes stands there as it wrote it: spaces without quotes, and nothing for nothing."""
    rig = started(devices, habits)
    for message, shown in (
        (("/chorale/status", "take saved: evening 3.mid"), "take saved: evening 3.mid"),
        (("/chorale/error", "there is no model called my model"), "Error: there is no model called my model"),
        (("/chorale/state", "key", "bb minor"), "bb minor"),
        (("/chorale/state", "chord", "C/E"), "C/E"),
        (("/chorale/state", "model", "my own bach"), "my own bach"),
    ):
        rig.companion.say(*message)
        rig.world.run(0.1)
        assert rig.hub_shows(shown), shown
    rig.companion.say("/chorale/state", "chord", "")
    rig.companion.say("/chorale/status", "")
    rig.world.run(0.1)
    assert not rig.hub_shows("C/E")
    assert rig.hub_shows(HINT)
    assert not any('"' in face.shown for face in rig.hub.faces if isinstance(face, Drawn))
    assert rig.wrongs() == []


@scenario
def another_version(devices: Devices, habits: Habits) -> None:
    rig = started(devices, habits)
    rig.companion.stop()
    rig.world.run(2.5)
    rig.companion.say("/chorale/hello", 2, 5)
    rig.world.run(0.1)
    assert rig.hub_shows("The companion is of another version: update the older of the two.")
    assert rig.hub_shows("Offline")


# Ports


@scenario
def hubs_in_any_order(devices: Devices, habits: Habits) -> None:
    """Hubs that are loaded at once do not take each other's ports, whichever is first."""
    world = World(0, habits)
    companions = [Companion(world, 7401 + 2 * group, 7402 + 2 * group, 100 + group) for group in range(3)]
    hubs = [
        Device(world, devices[HUB], f"{group}", {
            "Group": group, "Port To Companion": 7401 + 2 * group, "Port From Companion": 7402 + 2 * group,
        })
        for group in (2, 1, 0)
    ]  # fmt: skip
    for companion in companions:
        companion.start()
    world.run(2.5)
    assert all(Ensemble.shows(hub, "Online") for hub in hubs)
    assert world.console == []


# Parts


def playing(devices: Devices, habits: Habits, *tracks: str, **stored: int) -> Ensemble:
    """A Hub and a Voice on each of these tracks, and frames of a long chord."""
    world = World(0, habits)
    companion = Companion(world)
    companion.start()
    hub = Device(world, devices[HUB], "Hub")
    voices = [Device(world, devices[VOICE], name, dict(stored), track=name) for name in tracks]
    rig = Ensemble(world, hub, voices, companion)
    rig.settle()
    for step in range(200):
        companion.frame(step, *(pitch if step % 2 == 0 else -pitch for pitch in (72, 67, 60, 48)))
    world.run(0.1)
    world.play(0)
    world.run(0.3)
    return rig


def sounds(rig: Ensemble) -> list[int]:
    """What each Voice plays now; 0 where nothing."""
    return [sum(voice.hanging()) for voice in rig.voices]


@scenario
def parts_by_name(devices: Devices, habits: Habits) -> None:
    """A Voice takes the part that its track is called by, when it is called otherwise too."""
    rig = playing(devices, habits, "Soprano", "2 Alto strings", "T", "my BASS", "1-MIDI")
    assert sounds(rig) == [72, 67, 60, 48, 0]
    assert [
        rig.shows(voice, name) for voice, name in zip(rig.voices, ("Soprano", "Alto", "Tenor", "Bass"), strict=False)
    ]
    assert rig.shows(rig.voices[4], "No voice: name the track")
    rig.voices[4].rename("tenor")
    rig.voices[2].rename("Drums")
    rig.world.run(0.4)
    assert sounds(rig) == [72, 67, 0, 48, 60]
    rig.world.stop()
    rig.world.run(0.1)
    assert rig.wrongs() == []


@scenario
def a_picked_part(devices: Devices, habits: Habits) -> None:
    """The menu goes before the name, and gives it back."""
    rig = playing(devices, habits, "Soprano")
    rig.voices[0].turn("Voice", "Bass")
    rig.world.run(0.4)
    assert sounds(rig) == [48]
    rig.voices[0].rename("Alto")
    rig.world.run(0.4)
    assert sounds(rig) == [48]
    rig.voices[0].turn("Voice", "Track")
    rig.world.run(0.4)
    assert sounds(rig) == [67]
    rig.world.stop()
    rig.world.run(0.1)
    assert rig.wrongs() == []


@scenario
def doubles(devices: Devices, habits: Habits) -> None:
    """Two Voices of one part say so while there are two; in other groups, or switched off, they are none."""
    rig = playing(devices, habits, "Alto", "Alto 2", "Bass")
    rig.world.run(1.5)
    said = "Two play Alto"
    assert [rig.shows(voice, said) for voice in rig.voices] == [True, True, False]
    rig.voices[1].turn("Group", 1)
    rig.world.run(4)
    assert [rig.shows(voice, said) for voice in rig.voices] == [False, False, False]
    rig.voices[1].turn("Group", 0)
    rig.world.run(2.5)
    assert rig.shows(rig.voices[0], said)
    rig.voices[1].turn("Play", 0)
    rig.world.run(4)
    assert [rig.shows(voice, said) for voice in rig.voices] == [False, False, False]
    rig.voices[1].turn("Play", 1)
    rig.world.run(2.5)
    assert rig.shows(rig.voices[0], said)
    rig.voices.pop(1).delete()
    rig.world.run(4)
    assert [rig.shows(voice, said) for voice in rig.voices] == [False, False]
    assert rig.wrongs() == [f"{voice.called}: {voice.hanging()}" for voice in rig.voices if voice.hanging()]


# The Hub's face


@scenario
def voices_that_are_there(devices: Devices, habits: Habits) -> None:
    """The Hub knows by their calls which voices somebody plays."""
    rig = playing(devices, habits, "Alto", "Bass", "1-MIDI")
    rig.world.run(2)
    assert [rig.hub_shows(letter) for letter in ("(S)", "A", "(T)", "B")] == [True] * 4
    rig.voices[2].rename("Soprano")
    rig.voices[1].turn("Group", 2)
    rig.world.run(4.5)
    assert [rig.hub_shows(letter) for letter in ("S", "A", "(T)", "(B)")] == [True] * 4
    rig.world.stop()
    rig.world.run(0.1)
    assert rig.wrongs() == []


def roll(rig: Ensemble) -> list[list[int]]:
    """What is drawn of each voice: the last 16 steps, and the 16 that come."""
    drawn = [face.values for face in rig.hub.faces if isinstance(face, MultiSlider)]
    assert {len(values) for values in drawn} == {16}
    return [[int(one) for half in drawn[2 * voice : 2 * voice + 2] for one in half] for voice in range(4)]


@scenario
def the_roll(devices: Devices, habits: Habits) -> None:
    """The last bar and the coming one, as they are in the store: played, planned, withdrawn, of another round."""
    rig = started(devices, habits)
    for step in range(40):
        rig.companion.frame(step, 70 if step % 4 == 0 else -70, -(60 + step % 3), 0, 50)
    rig.companion.frame(512 + 8, 90, 90, 90, 90)  # in the place of step 8
    rig.world.run(0.1)
    rig.world.play(0)
    rig.world.run(20.5 * 0.125)
    steps = range(20 - 15, 20 + 17)
    assert roll(rig) == [
        [0 if step == 8 else 70 for step in steps],
        [0 if step == 8 else 60 + step % 3 for step in steps],
        [0] * 32,
        [0 if step == 8 else 50 for step in steps],
    ]
    rig.world.stop()
    rig.companion.say("/chorale/clear", 30, 99)
    rig.world.run(0.1)
    assert roll(rig)[3] == [50 if step < 30 and step != 8 else 0 for step in steps]
    rig.companion.stop()
    rig.world.run(2.6)
    assert roll(rig) == [[0] * 32] * 4
    assert rig.wrongs() == []


@scenario
def place_in_the_song(devices: Devices, habits: Habits) -> None:
    rig = started(devices, habits)
    assert rig.hub_shows("1.1")
    rig.world.play(16 * 4 + 4 * 2)
    rig.world.run(0.3)
    rig.world.stop()
    rig.world.run(0.3)
    assert rig.hub_shows("5.3")


@scenario
def pages(devices: Devices, habits: Habits) -> None:
    """One page is seen at a time, whichever was before."""
    rig = started(devices, habits)
    lists = [set(names) for names in read(devices[HUB]).patch.pages]
    paged = set().union(*lists)
    faces = {face.data["varname"]: face for face in rig.hub.faces if face.data.get("varname") in paged}
    for page in (1, 3, 0, 2, 1, 0):
        rig.hub.turn("Page", PAGES[page])
        rig.world.run(0.1)
        assert {name for name, face in faces.items() if isinstance(face, Drawn) and not face.hidden} == lists[page]
    assert rig.wrongs() == []


# Everything that the protocol has


ASKED = [
    ("Key", "F# minor", ("/chorale/key", "F# minor")),
    ("Key", "Heard", ("/chorale/key", "auto")),
    ("Rest", 2.5, ("/chorale/rest", 2.5)),
    ("Phrase Ends", "Rest", ("/chorale/phrase_end", "Rest")),
    ("Seed", 77, ("/chorale/seed", 77)),
    ("Loudness", "Surer louder", ("/chorale/velocity", "entropy")),
    ("Loudness", "Always", ("/chorale/velocity", 90)),
    ("Level", 33, ("/chorale/velocity", 33)),
    ("Loudness", "As played", ("/chorale/velocity", "played")),
    ("Surprise Tenor", 1.5, ("/chorale/temperature", 1.5, 3)),
    ("Surprise Tenor", 0, ("/chorale/temperature", "auto", 3)),
    ("Octave Bass", "-1", ("/chorale/voice/octave", 4, -1)),
    ("Octave Bass", "+2", ("/chorale/voice/octave", 4, 2)),
    ("Loudness Alto", 70, ("/chorale/voice/velocity", 2, 70)),
    ("Channel Soprano", 9, ("/chorale/voice/channel", 1, 9)),
    ("Program Alto", 53, ("/chorale/voice/program", 2, 53)),
    ("Bank Bass", 2, ("/chorale/voice/bank", 4, 129)),
    ("Transpose", -5, ("/chorale/transpose", -5)),
]


@scenario
def asked_on_the_pages(devices: Devices, habits: Habits) -> None:
    """What each control of the pages says; the seed and the channels say nothing until they are set."""
    rig = started(devices, habits)
    assert rig.companion.said("/chorale/seed") == rig.companion.said("/chorale/voice/channel") == []
    assert len(rig.companion.said("/chorale/key")) == 1
    for name, value, said in ASKED:
        heard = len(rig.companion.heard)
        rig.hub.turn(name, value)
        rig.world.run(0.1)
        assert [one for one in rig.companion.heard[heard:] if one[0] == said[0]] == [said], name
    heard = len(rig.companion.heard)
    rig.hub.turn("Level", 50)  # Loudness is not Always
    rig.hub.turn("Seed", 0)
    rig.world.run(0.1)
    assert {one[0] for one in rig.companion.heard[heard:]} <= {"/chorale/alive", "/chorale/transport"}


@scenario
def focus(devices: Devices, habits: Habits) -> None:
    """The more focus, the smaller the share of notes that is kept."""
    rig = started(devices, habits)
    rig.hub.turn("Style Decides", 0)
    for percent, top_p in ((0, 1.0), (50, 0.5), (95, 0.05)):
        rig.hub.turn("Focus", percent)
        rig.world.run(0.05)
        assert rig.companion.said("/chorale/top_p")[-1][0] == pytest.approx(top_p, abs=1e-6)


@scenario
def lives_own_scale(devices: Devices, habits: Habits) -> None:
    """The key follows Live's scale while Key is Live, and where the scale is neither major nor minor it is heard."""
    rig = started(devices, habits)
    rig.world.live.set_scale(3, "Minor")
    rig.world.run(0.2)
    keys = rig.companion.said("/chorale/key")
    assert keys == [("auto",)]
    rig.hub.turn("Key", "Live")
    rig.world.run(0.2)
    assert rig.companion.said("/chorale/key")[-1] == ("Eb minor",)
    for root, name, key in (
        (9, "Major", "A major"), (1, "Major", "Db major"), (1, "Harmonic Minor", "C# minor"), (2, "Dorian", "D minor"),
        (7, "Mixolydian", "G major"), (7, "Whole Tone", "auto"), (0, "Minor Pentatonic", "C minor"),
    ):  # fmt: skip
        rig.world.live.set_scale(root, name)
        rig.world.run(0.2)
        assert rig.companion.said("/chorale/key")[-1] == (key,), name
    rig.hub.turn("Key", "Heard")
    rig.world.run(0.2)
    rig.world.live.set_scale(5, "Major")
    rig.world.run(0.2)
    assert rig.companion.said("/chorale/key")[-1] == ("auto",)
    assert rig.wrongs() == []


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, world: str, shipped: Devices) -> None:
    SCENARIOS[name](shipped, WORLDS[world])


# Faults put in, each of which was in these devices or in others

FAULTS = {
    "a mapped note turns a button over": (HUB, '"Momentary"', '"Trigger"', "a_pedal_for_go"),
    "the release acts too": (HUB, '"transition": 0', '"transition": 2', "a_pedal_for_go"),
    "0 is a press": (HUB, '"route 0"', '"route 9"', "a_pedal_for_go"),
    "no guard against two presses": (HUB, "$f1 - $f2 >= 150.", "$f1 - $f2 >= -9999.", "a_pedal_for_go"),
    "a preset presses": (HUB, '"+ 350."', '"+ -999999."', "a_preset_presses_nothing"),
    "alive stands still": (HUB, '"qmetro 500"', '"metro 500"', "audio_off"),
    "silence is not measured": (HUB, '"qmetro 100 @active 1"', '"metro 100 @active 1"', "audio_off"),
    "hello stands still": (HUB, '"qmetro 1000"', '"metro 1000"', "loaded_while_audio_is_off"),
    "symbols are shown in quotes": (HUB, '"fromsymbol"', '"deferlow"', "words"),
    "the companion's port from birth": (HUB, '"udpreceive 7400 @quiet 1"', '"udpreceive 7402"', "hubs_in_any_order"),
    "all voices begin as soprano": (VOICE, '"> 0"', '"> -1"', "parts_by_name"),
    "the name goes before the menu": (VOICE, "($i1 > 0) * $i1 + ($i1 == 0) * $i2", "$i2", "a_picked_part"),
    "a Voice takes itself for two": (VOICE, '"!= 0"', '"> -1"', "doubles"),
    "frames of another round are drawn": (HUB, '"== 0"', '"> -1"', "the_roll"),
    "pages lie over each other": (HUB, "hidden 1", "hidden 0", "pages"),
    "focus is the share": (HUB, "expr 1. - $f1 / 100.", "expr $f1 / 100.", "focus"),
    "the scale is followed unasked": (HUB, '"== 1"', '"> -1"', "lives_own_scale"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_caught(fault: str, shipped: Devices) -> None:
    name, there, instead, scenario_name = FAULTS[fault]
    text = json.dumps(unpack(shipped[name]).patcher)
    assert there in text
    data = pack(json.loads(text.replace(there, instead)))
    caught = 0
    for habits in WORLDS.values():
        try:
            SCENARIOS[scenario_name]({**shipped, name: data}, habits)
        except (AssertionError, MaxError):
            caught += 1
    assert caught
