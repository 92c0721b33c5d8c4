"""What is seen of the Hub: the display, which says what is, and the controls, which say what is asked for.

Beside the display and what is pressed there is room for one page of four: Play, Phrase, Voices, Setup.
"""

from __future__ import annotations

from max_patches import pages, roll
from max_patches.faces import ALARM, CHOSEN, LCD_BRIGHT, LCD_DIM, Face
from max_patches.hubnames import (
    BLANK,
    DISCONNECT,
    ENABLED,
    FROM_PORT,
    GROUP,
    LET_GO,
    READY,
    SEND,
    TO_PORT,
    WIPE,
    text_of,
)
from max_patches.hubpages import phrase, play, voices
from max_patches.hubparameters import ACTIONS, FROM_PARAMETER, GROUP_PARAMETER, PAGE, PAGES, TO_PARAMETER
from max_patches.patcher import Box, Patcher
from max_patches.presses import guarded

WIDTH = 420  # pixels
COMMAND = "chorale jam --no-midi --clock osc"
HINT = f"In a terminal: {COMMAND}"
FREEZING = "Before you freeze or export: record it."
LEFT, RIGHT = 276, 412  # where the pages lie


def draw(patch: Patcher) -> None:
    """Everything that is seen."""
    face = Face(patch)
    _display(patch, face)
    length = patch.add("i")  # bars of an answer
    _actions(patch, face, length)
    chosen = face.tabs((LEFT, 6, RIGHT - LEFT, 16), PAGE, across=True)
    for page, lay in zip(PAGES, (play, phrase, voices, _setup), strict=True):
        face.turn_to(page)
        lay(patch, face)
    patch.receive(text_of("length")) >> length.inlet(1)
    pages.switched(patch, chosen, face.pages)


def _display(patch: Patcher, face: Face) -> None:
    """Only what the companion says, and where Live is; drawn in the queue."""
    face.display((8, 6, 196, 157))
    online = face.shown((12, 8, 92, 16), "Offline", LCD_BRIGHT, name="ShownState")
    position = face.shown((106, 8, 94, 16), "", name="ShownPosition", justify=2)
    chord = face.shown((12, 24, 106, 24), "", name="ShownChord", size=16.0)
    key = face.shown((120, 28, 80, 16), "", LCD_DIM, name="ShownKey", justify=2)
    roll.drawn(patch, face, (10, 48, 192, 66))
    mode = face.shown((12, 116, 92, 16), "", name="ShownMode")
    bars = face.shown((106, 116, 94, 16), "", LCD_DIM, name="ShownBars", justify=2)
    message = face.shown((12, 132, 188, 30), HINT, name="ShownMessage")
    for what, box in (("chord", chord), ("key", key), ("mode", mode), ("bars", bars)):
        shows(patch, text_of(what), box, "")
    shows(patch, text_of("message"), message, HINT)
    for what, box in (("online", online), ("position", position)):
        patch.receive(text_of(what)) >> patch.add("prepend set") >> box


def shows(patch: Patcher, name: str, box: Box, gone: str) -> None:
    """A place of the display: what is sent to it, word for word, and what it says when there is nothing to say.

    A text of several words, or of none, comes as one symbol; a ``comment`` would write that in quotes.
    """
    words, nothing, passing = patch.add("prepend set"), patch.message(f"set {gone}".strip()), patch.add("gate 1")
    words >> box
    nothing >> box
    said = patch.receive(name) >> patch.add("tosymbol") >> patch.add("t s s")
    empty = said[1] >> patch.add("sprintf symout _%s") >> patch.add("sel _")
    none = empty[0] >> patch.add("t b 0")
    none[1] >> passing
    none[0] >> nothing
    empty[1] >> patch.add("t 1") >> passing
    said[0] >> passing.inlet(1)
    passing >> patch.add("fromsymbol") >> words
    patch.receive(BLANK) >> nothing


def _actions(patch: Patcher, face: Face, length: Box) -> None:
    """What is pressed; Go and Panic are found without looking."""
    rects = {
        "go": (6, 36),
        "stop": (45, 20),
        "cadence": (67, 20),
        "undo": (89, 20),
        "keep": (111, 20),
        "panic": (134, 29),
    }
    colours = {"go": CHOSEN, "panic": ALARM}
    for address, parameter in ACTIONS:
        top, high = rects[address]
        drawn = face.button((212, top, 56, high), parameter.long_name, parameter, colours.get(address))
        press = guarded(patch, drawn)
        if address == "go":
            ends = press >> length >> patch.add("sel 0")
            ends[0] >> patch.message("/chorale/go") >> patch.send(SEND)
            ends[1] >> patch.add("prepend /chorale/go") >> patch.send(SEND)
        elif address == "panic":
            both = press >> patch.add("t b b")
            both[1] >> patch.message("/chorale/panic") >> patch.send(SEND)
            both[0] >> patch.send(WIPE)
        else:
            press >> patch.message(f"/chorale/{address}") >> patch.send(SEND)


def _setup(patch: Patcher, face: Face) -> None:
    """Set once: group, ports; what plays; and what happens when the device is loaded, switched off, taken away."""
    for top, text in ((28, "Group"), (46, "Port to"), (64, "Port from")):
        face.label((LEFT, top, 56, 16), text)
    group = face.menu((LEFT + 58, 28, 78, 15), GROUP_PARAMETER)
    to = face.number((LEFT + 58, 46, 78, 15), TO_PARAMETER)
    origin = face.number((LEFT + 58, 64, 78, 15), FROM_PARAMETER)
    for top, text, what in ((82, "Model", "model"), (98, "Style", "style"), (114, "Late", "latency")):
        face.label((LEFT, top, 36, 16), text)
        shows(patch, text_of(what), face.label((LEFT + 38, top, 98, 16), "-"), "-")
    face.label((LEFT, 131, 136, 30), FREEZING)
    _loaded(patch, group, to, origin)


def _loaded(patch: Patcher, group: Box, to: Box, origin: Box) -> None:
    this = patch.add("live.thisdevice")
    loaded = this >> patch.add("t b b b b")
    loaded[0] >> patch.send(READY)
    for outlet, control in enumerate((origin, to, group), start=1):
        loaded[outlet] >> patch.message("outputvalue") >> control
    _way(patch, group >> patch.add("+ 1"), GROUP)
    _way(patch, to >> patch.add("i"), TO_PORT)
    _way(patch, origin >> patch.add("i"), FROM_PORT)
    switched = this[1] >> patch.add("sel 0 1")
    off = switched[0] >> patch.add("t b 0 b")
    off[2] >> patch.send(LET_GO)
    off[1] >> patch.send(ENABLED)
    off[0] >> patch.send(DISCONNECT)
    switched[1] >> patch.message("1") >> patch.send(ENABLED)
    gone = patch.add("freebang") >> patch.add("t b b")
    gone[1] >> patch.send(LET_GO)
    gone[0] >> patch.send(DISCONNECT)


def _way(patch: Patcher, number: Box, name: str) -> None:
    """A change of group or port ends one connection, and another is looked for."""
    changed = number >> patch.add("change") >> patch.add("t i b")
    changed[1] >> patch.send(DISCONNECT)
    changed[0] >> patch.send(name)
