"""Chorale Clip: clips harmonised, continued or rewritten, and answers written as clips; the Hub carries its words.

    Script   ``chorale-clips.js``, which reads and writes clips through the Live API; frozen into the device
    Wire     between the script and the Hub

Everything here runs in the queue: the Live API may be used nowhere else, and nothing here keeps time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from max_patches.document import Device
from max_patches.faces import ENUM, INT, LCD_TEXT, STORED, Face, Parameter
from max_patches.frozen import FrozenFile
from max_patches.hubnames import READY
from max_patches.names import ASK, CLIP, GROUPS, ONLINE, shared_name
from max_patches.patcher import Box, Patcher
from max_patches.presses import guarded

CLIP_SCRIPT: Final = "chorale-clips.js"
WIDTH = 188
TICK_MS, LOOK_MS = 250, 500
MISSING = f"{CLIP_SCRIPT} is missing: copy it to Documents > Max 9 > Library"
CHOOSE = "Choose a clip, or select notes in it, then press what to do"  # the script's first words, with a companion

# Between the rooms.
TOLD = "---told"  # a message for the script
SAID = "---said"  # the script's, for the companion
SHOWN = "---shown"  # the script's, for the player
GROUP = "---group"  # 1 to 4
ENABLED = "---enabled"  # 1: the device is switched on

ORDER_FREE = frozenset({GROUP, READY})

HARMONISE_PARAMETER = Parameter(
    "Harmonise",
    "Harmonis",
    "Reads the chosen clip and writes four: the voice that it holds, as it was played, and those that it lacks.",
    ENUM,
    labels=("Released", "Pressed"),
    momentary=True,
)
CONTINUE_PARAMETER = Parameter(
    "Continue",
    "Continue",
    "Reads the chosen clip and writes four: what it holds, in four voices, and new bars that come to a close.",
    ENUM,
    labels=("Released", "Pressed"),
    momentary=True,
)
REWRITE_PARAMETER = Parameter(
    "Rewrite Selection",
    "Rewrite",
    "Makes the selected notes anew, or those in the loop, in that clip's voice. Writes four clips; all else is kept.",
    ENUM,
    labels=("Released", "Pressed"),
    momentary=True,
)
BARS_PARAMETER = Parameter(
    "New Bars", "Bars", "So many new bars Continue adds.", INT, low=1, high=64, initial=4, steps=64
)
ALWAYS_PARAMETER = Parameter(
    "Every Answer",
    "Every",
    "On: each answer of the jam becomes clips when it ends. Off: what is kept does, with Keep.",
    ENUM,
    labels=("Off", "On"),
)
GROUP_PARAMETER = Parameter(
    "Group",
    "Group",
    "Speaks with the companion by way of the Chorale Hub of the same group.",
    ENUM,
    labels=GROUPS,
    visible=STORED,
    order=0,
)
PARAMETERS = (
    *(HARMONISE_PARAMETER, CONTINUE_PARAMETER, REWRITE_PARAMETER),
    *(BARS_PARAMETER, ALWAYS_PARAMETER, GROUP_PARAMETER),
)


def build() -> Device:
    """The device."""
    patch = Patcher("Chorale Clip")
    _surface(patch)
    _script(patch.room("Script"))
    _wire(patch.room("Wire"))
    patch.room("PushBanks").add("live.banks")
    return Device(
        "Chorale Clip",
        "Harmonises, continues or rewrites a clip, and writes the companion's answers as clips.",
        patch,
        WIDTH,
        {"Clip": ("Harmonise", "Continue", "Rewrite Selection", "New Bars", "Every Answer")},
        files=(script_file(CLIP_SCRIPT),),
    )


def script_file(name: str, flag: int = 0) -> FrozenFile:
    """A script of ours, to be frozen into a device."""
    return FrozenFile(name, (Path(__file__).parent / "scripts" / name).read_bytes(), flag=flag)


def _surface(patch: Patcher) -> None:
    """What is seen and set, and the way of MIDI through the device."""
    patch.add("midiin") >> patch.add("midiout")
    face = Face(patch)
    face.display((8, 6, 172, 60))
    state = face.shown((12, 8, 164, 56), MISSING, LCD_TEXT, name="ShownState")
    patch.receive(SHOWN) >> state
    harmonise = face.button((8, 74, 83, 24), "Harmonise", HARMONISE_PARAMETER)
    carry_on = face.button((97, 74, 83, 24), "Continue", CONTINUE_PARAMETER)
    rewrite = face.button((8, 104, 99, 24), "Rewrite selection", REWRITE_PARAMETER)
    face.label((113, 108, 28, 16), "Bars")
    bars = face.number((143, 108, 37, 15), BARS_PARAMETER)
    always = face.switch((8, 138, 83, 20), "Every answer", ALWAYS_PARAMETER)
    face.label((97, 141, 44, 16), "Group")
    group = face.menu((143, 141, 37, 15), GROUP_PARAMETER)
    for button, what in ((harmonise, "harmonise"), (carry_on, "continue"), (rewrite, "rewrite")):
        guarded(patch, button) >> patch.message(f"press {what}") >> patch.send(TOLD)
    for control, word in ((bars, "bars"), (always, "always")):
        control >> patch.add(f"prepend {word}") >> patch.send(TOLD)
    _loaded(patch, group, (bars, always))
    name = group >> patch.add("t i i")
    letters = name[1] >> patch.add("sel 0 1 2 3")
    for place, letter in enumerate(GROUPS):
        letters[place] >> patch.message(f"group {letter}") >> patch.send(TOLD)
    name[0] >> patch.add("+ 1") >> patch.send(GROUP)


def _loaded(patch: Patcher, group: Box, controls: tuple[Box, ...]) -> None:
    """When Live is there all say what is stored, and the script that it is there."""
    this = patch.add("live.thisdevice")
    said = this >> patch.add("t b b b b b")
    said[4] >> patch.send(READY)
    for outlet, control in enumerate((group, *controls), start=1):
        said[outlet] >> patch.message("outputvalue") >> control
    said[0] >> patch.message("ready") >> patch.send(TOLD)
    this[1] >> patch.send(ENABLED)


def _script(room: Patcher) -> None:
    """The script, what it is told, and its quarter of a second; what comes from the Hub waits for its turn."""
    script = room.add(f"js {CLIP_SCRIPT}")
    room.receive(TOLD) >> room.add("deferlow") >> script
    room.add(f"qmetro {TICK_MS} @active 1") >> room.message("tick") >> script
    script[0] >> room.send(SAID)
    script[1] >> room.send(SHOWN)


def _wire(room: Patcher) -> None:
    """To the Hub of the group and from it; and whether it has a companion, which only counts while this is on."""
    said, heard, looked = room.add("gate 4"), room.add("switch 4"), room.add("gate 4")
    chosen = room.receive(GROUP) >> room.add("t i i i")
    chosen[2] >> looked
    chosen[1] >> said
    chosen[0] >> heard
    room.receive(SAID) >> said.inlet(1)
    room.add(f"qmetro {LOOK_MS} @active 1") >> looked.inlet(1)
    both = room.add("&& 1")
    for place, letter in enumerate(GROUPS):
        said[place] >> room.send(shared_name(letter, ASK))
        room.receive(shared_name(letter, CLIP)) >> heard.inlet(place + 1)
        looked[place] >> room.add(f"value {shared_name(letter, ONLINE)} 0") >> both
    heard >> room.add("deferlow") >> room.send(TOLD)
    enabled = room.receive(ENABLED) >> room.add("t b i")
    enabled[1] >> both.inlet(1)
    enabled[0] >> both
    both >> room.add("change -1") >> room.add("prepend online") >> room.send(TOLD)
