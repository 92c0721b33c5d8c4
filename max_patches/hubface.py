"""What is seen of the Hub: the player's controls, which say what is asked for, and the display, which says what is."""

from __future__ import annotations

from max_patches.faces import LCD_BRIGHT, LCD_DIM, Face
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
    VALUES,
    WIPE,
    text_of,
)
from max_patches.hubparameters import (
    ACTIONS,
    AS_STARTED,
    AUTO,
    BARS,
    DENSITY,
    ENTROPIES,
    FROM_PARAMETER,
    GRID,
    GROUP_PARAMETER,
    LOCKS,
    MODE,
    MODEL,
    MUTES,
    STYLE,
    TEMPERATURE,
    TO_PARAMETER,
    TOP_P,
)
from max_patches.names import VOICES
from max_patches.patcher import Box, Patcher

WIDTH = 636  # pixels
HINT = "In a terminal: chorale jam --clock osc"


def display(patch: Patcher, face: Face) -> None:
    """The display: only what the companion says, drawn in the queue."""
    face.display((8, 6, 226, 155))
    online = face.shown((12, 8, 108, 16), "Offline", LCD_BRIGHT)
    latency = face.shown((122, 8, 108, 16), "-", LCD_DIM, justify=2)
    chord = face.shown((12, 24, 142, 26), "-", size=16.0)
    key = face.shown((156, 30, 74, 16), "-", LCD_DIM, justify=2)
    mode, bars = face.shown((12, 52, 100, 16), "-"), face.shown((114, 52, 116, 16), "-", LCD_DIM, justify=2)
    model, style = face.shown((12, 68, 100, 16), "-"), face.shown((114, 68, 116, 16), "-", LCD_DIM, justify=2)
    message = face.shown((12, 126, 218, 32), HINT)
    entropies, lamps = [], []
    for place, voice in enumerate(VOICES):
        left = 12 + 55 * place
        face.shown((left, 88, 20, 16), voice[0], LCD_DIM)
        lock, mute = (face.shown((left + across, 88, 16, 16), "-", LCD_BRIGHT) for across in (20, 36))
        lamps.append((lock, mute))
        entropies.append(face.meter((left + 1, 106, 50, 15), ENTROPIES[place]))
    for what, box in (
        ("latency", latency), ("chord", chord), ("key", key), ("mode", mode), ("bars", bars), ("model", model),
        ("style", style),
    ):  # fmt: skip
        _shows(patch, text_of(what), box, "-")
    for place, (locked, muted) in enumerate(lamps, start=1):
        _shows(patch, text_of(f"lock{place}"), locked, "-")
        _shows(patch, text_of(f"mute{place}"), muted, "-")
    for place, meter in enumerate(entropies, start=1):
        _shows(patch, text_of(f"entropy{place}"), meter, "0")
    _shows(patch, text_of("online"), online, "Offline")
    _shows(patch, text_of("message"), message, HINT)


def _shows(patch: Patcher, name: str, box: Box, gone: str) -> None:
    """A place of the display: what is sent to it, and what it says when the companion is gone."""
    words = patch.add("prepend set")
    patch.receive(name) >> words >> box
    patch.receive(BLANK) >> patch.message(gone) >> words


def setup(patch: Patcher, face: Face) -> None:
    """Group and ports, and what happens when the device is loaded, switched off, taken away."""
    face.label((508, 124, 36, 16), "Group")
    face.label((548, 124, 36, 16), "To")
    face.label((590, 124, 36, 16), "From")
    group = face.menu((508, 142, 36, 15), GROUP_PARAMETER)
    to, origin = face.number((548, 142, 38, 15), TO_PARAMETER), face.number((590, 142, 38, 15), FROM_PARAMETER)
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


def controls(patch: Patcher, face: Face) -> None:
    """Everything that the companion is told."""
    face.label((242, 6, 72, 16), "Mode")
    _named(patch, face.tabs((242, 24, 72, 96), MODE), "mode")
    face.label((242, 124, 72, 16), "Answers on")
    _named(patch, face.menu((242, 142, 72, 15), GRID), "grid")
    _actions(patch, face)
    _sampling(patch, face)
    face.label((390, 122, 36, 16), "Style")
    _named(patch, face.menu((428, 122, 72, 15), STYLE), "style", but=AS_STARTED)
    face.label((390, 142, 36, 16), "Model")
    _named(patch, face.menu((428, 142, 72, 15), MODEL), "model", but=AS_STARTED)
    for number, voice in enumerate(VOICES, start=1):
        top = 6 + (number - 1) * 26
        face.label((508, top + 3, 46, 16), voice)
        _say(patch, face.switch((556, top, 34, 22), "Lock", LOCKS[number - 1]), f"voice/lock {number}")
        _say(patch, face.switch((594, top, 34, 22), "Mute", MUTES[number - 1]), f"voice/mute {number}")


def _again(patch: Patcher, control: Box) -> None:
    """A control says its value when the companion has come."""
    patch.receive(VALUES) >> patch.message("outputvalue") >> control


def _say(patch: Patcher, control: Box, address: str) -> None:
    """A control whose value is the message."""
    _again(patch, control)
    control >> patch.add(f"prepend /chorale/{address}") >> patch.send(SEND)


def _named(patch: Patcher, control: Box, address: str, but: str = "") -> None:
    """A choice: its name is the message; ``but`` says nothing."""
    _again(patch, control)
    name = control[1]
    if but:
        name = (name >> patch.add(f"route {but}"))[1]
    name >> patch.add(f"prepend /chorale/{address}") >> patch.send(SEND)


def _actions(patch: Patcher, face: Face) -> None:
    face.label((448, 76, 52, 16), "Length")
    bars = face.number((448, 94, 52, 15), BARS)
    _again(patch, bars)
    length = patch.add("i")
    said = bars >> patch.add("t i i")
    said[1] >> length.inlet(1)
    some = said[0] >> patch.add("sel 0")
    some[1] >> patch.add("prepend /chorale/bars") >> patch.send(SEND)
    for place, (address, parameter) in enumerate(ACTIONS):
        button = face.button((322, 6 + 26 * place, 60, 22), parameter.long_name, parameter)
        if address == "go":
            ends = button >> patch.add("t b") >> length >> patch.add("sel 0")
            ends[0] >> patch.message("/chorale/go") >> patch.send(SEND)
            ends[1] >> patch.add("prepend /chorale/go") >> patch.send(SEND)
        elif address == "panic":
            both = button >> patch.add("t b b")
            both[1] >> patch.message("/chorale/panic") >> patch.send(SEND)
            both[0] >> patch.send(WIPE)
        else:
            button >> patch.message(f"/chorale/{address}") >> patch.send(SEND)


def _sampling(patch: Patcher, face: Face) -> None:
    """Temperature and top-p, of the style or of one's own; density."""
    auto = face.switch((390, 6, 110, 16), "Auto", AUTO)
    dials = (face.dial((390, 24, 52, 48), TEMPERATURE), face.dial((448, 24, 52, 48), TOP_P))
    _again(patch, auto)
    chosen = auto >> patch.add("t i i")
    own = chosen[1] >> patch.add("== 0") >> patch.add("t i i i i")  # 1: the dials count
    to_say = chosen[0] >> patch.add("sel 1 0")
    automatic, asked = to_say[0] >> patch.add("t b b"), to_say[1] >> patch.add("t b b")
    for place, (dial, address) in enumerate(zip(dials, ("temperature", "top_p"), strict=True)):
        passing = patch.add("gate 1")
        own[2 + place] >> passing
        own[place] >> patch.add("prepend active") >> dial
        dial >> passing.inlet(1)
        message = passing >> patch.add(f"prepend /chorale/{address}")
        message >> patch.send(SEND)
        automatic[place] >> patch.message("auto") >> message
        asked[place] >> patch.message("outputvalue") >> dial
    _say(patch, face.dial((390, 72, 52, 48), DENSITY), "density")
