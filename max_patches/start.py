"""Chorale Start: starts the companion by a button, shows its last line, and ends it with the Set.

    Script   ``chorale-start.js`` in Node, which finds and runs the companion; frozen into the device

Nothing else needs this device: a companion that was started in a terminal is as good.
"""

from __future__ import annotations

from typing import Final

from max_patches.clip import script_file
from max_patches.document import Device
from max_patches.faces import ENUM, LCD_TEXT, STORED, Face, Parameter
from max_patches.frozen import ON_DISK_FLAG
from max_patches.hubnames import READY
from max_patches.names import GROUPS, PORT_IN, PORT_OUT
from max_patches.patcher import Patcher
from max_patches.presses import guarded

START_SCRIPT: Final = "chorale-start.js"
WIDTH = 188
STOPPED = "Stopped"

SCRIPT = "---script"  # a message for the object that runs the script
SHOWN = "---shown"  # a line for the player

ORDER_FREE = frozenset({READY})

START_PARAMETER = Parameter(
    "Start",
    "Start",
    "Starts the companion, where it is installed, with the ports of this group.",
    ENUM,
    labels=("Released", "Pressed"),
    momentary=True,
)
STOP_PARAMETER = Parameter(
    "Stop",
    "Stop",
    "Ends the companion. It also ends with the Set.",
    ENUM,
    labels=("Released", "Pressed"),
    momentary=True,
)
GROUP_PARAMETER = Parameter(
    "Group",
    "Group",
    "The group of the Chorale Hub that the companion is for: each has two ports of its own.",
    ENUM,
    labels=GROUPS,
    visible=STORED,
    order=0,
)
PARAMETERS = (START_PARAMETER, STOP_PARAMETER, GROUP_PARAMETER)


def build() -> Device:
    """The device."""
    patch = Patcher("Chorale Start")
    patch.add("midiin") >> patch.add("midiout")
    face = Face(patch)
    face.display((8, 6, 172, 82))
    state = face.shown((12, 8, 164, 78), STOPPED, LCD_TEXT)
    patch.receive(SHOWN) >> patch.add("deferlow") >> state
    start = face.button((8, 96, 83, 24), "Start", START_PARAMETER)
    stop = face.button((97, 96, 83, 24), "Stop", STOP_PARAMETER)
    face.label((97, 138, 44, 16), "Group")
    group = face.menu((143, 138, 37, 15), GROUP_PARAMETER)
    loaded = patch.add("live.thisdevice") >> patch.add("t b b")
    loaded[1] >> patch.send(READY)
    loaded[0] >> patch.message("outputvalue") >> group
    command = patch.add(f"pack {PORT_IN} {PORT_OUT}")
    ports = group >> patch.add("t i i")
    ports[1] >> patch.add(f"expr {PORT_OUT} + 2 * $i1") >> command.inlet(1)
    kept = patch.add(f"i {PORT_IN}")
    ports[0] >> patch.add(f"expr {PORT_IN} + 2 * $i1") >> kept.inlet(1)
    guarded(patch, start) >> kept >> command >> patch.add("prepend script start") >> patch.send(SCRIPT)
    ended = guarded(patch, stop) >> patch.add("t b b")
    ended[1] >> patch.message("script stop") >> patch.send(SCRIPT)
    ended[0] >> patch.message(f"set {STOPPED}") >> patch.send(SHOWN)
    room = patch.room("Script")
    script = room.receive(SCRIPT) >> room.add(f"node.script {START_SCRIPT}")
    script >> room.send(SHOWN)
    patch.room("PushBanks").add("live.banks")
    return Device(
        "Chorale Start",
        "Starts the Chorale Companion and ends it with the Set.",
        patch,
        WIDTH,
        {"Start": ("Start", "Stop")},
        files=(script_file(START_SCRIPT, ON_DISK_FLAG),),
    )
