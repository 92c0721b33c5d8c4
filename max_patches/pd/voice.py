"""``[chorale-voice NUMBER GROUP]``: plays one voice of the frames, 1 soprano to 4 bass, in the group's transport.

Frames    the frame of this step, out of the store that the Hub fills
Notes     one voice: strike, go on, rest; what it has begun it ends, on the channel where it began
Shown     lock, mute and channel as the companion has them, the note that sounds, how open its choice was
"""

from __future__ import annotations

from max_patches.names import MISSING_STEPS, SLOTS, VOICES
from max_patches.pd import names
from max_patches.pd.names import local
from max_patches.pd.patch import GREY, Box, Patch

WIDTH, HEIGHT = 560, 24

PART, NOW, RELEASE, STRIKE = local("part"), local("now"), local("release"), local("strike")
NOTE, ON = local("note"), local("on")
PITCH, CHANNEL = local("pitch"), local("channel")  # values: what sounds, 0 for nothing; where the next strike goes


def shared(what: str) -> str:
    """As in the Hub, but here the group is the second argument."""
    return names.shared(what, group="$2")


def build() -> Patch:
    """The abstraction."""
    patch = Patch(600, 260)
    patch.panel = WIDTH, HEIGHT
    _panel(patch)
    patch.text(20, 60, "Plays one voice of the frames: 1 soprano, 2 alto, 3 tenor, 4 bass; then the group.", 90)
    for number, (name, room) in enumerate(
        {"frames": _frames(), "at-once": _at_once(), "notes": _notes(), "shown": _shown()}.items()
    ):
        patch.sub(20 + 100 * number, 100, name, room)
    return patch


def _panel(patch: Patch) -> None:
    patch.caption(0, 0, "", width=WIDTH - 2, colour=GREY, height=HEIGHT - 2)
    patch.caption(4, 4, "Voice", local("name"), width=60, colour=GREY)
    patch.toggle(70, 4, ON, "on")
    patch.toggle(118, 4, local("lock"), "lock")
    patch.toggle(178, 4, local("mute"), "mute")
    patch.number(290, 4, local("to"), "channel", 2, 1, 16)
    patch.number(370, 4, NOTE, "note", 3, 0, 127)
    patch.caption(410, 4, "bits", colour=GREY)
    patch.slider(440, 5, local("bits"), 112, 3)


def _frames() -> Patch:
    patch = Patch(640, 420)
    patch.text(20, 5, f"A step without a frame goes on as it is; {MISSING_STEPS} in a row let go.", 80)
    slot, pitch = patch.obj(20, 265, "f"), patch.obj(20, 340, f"tabread {shared('pitch-$1')}")
    velocity = patch.obj(180, 340, f"tabread {shared('velocity-$1')}")
    velocity >> patch.obj(180, 370, f"v {local('velocity')}")
    pitch >> patch.send(20, 370, PART)
    slot >> patch.then(20, 300, "ff", velocity, pitch)

    missing, none = patch.obj(240, 240, "f"), patch.msg(200, 215, "0")
    none >> missing(1)
    count = patch.obj(240, 265, "+ 1")
    missing >> count
    enough = patch.obj(240, 300, f"sel {MISSING_STEPS}")
    count >> patch.then(290, 265, "ff", missing(1), enough)
    enough >> patch.send(240, 325, RELEASE)

    found, there = patch.obj(60, 165, "=="), patch.obj(60, 190, "sel 1")
    found >> there
    there[0] >> patch.then(60, 215, "bb", none, slot)
    there[1] >> patch.obj(240, 190, "b") >> missing
    read = patch.obj(60, 140, f"tabread {shared(names.STEPS)}")
    read >> found
    gate, place = patch.obj(20, 65, "spigot"), patch.obj(100, 90, f"mod {SLOTS}")
    patch.receive(20, 35, shared(names.TICK)) >> gate
    patch.receive(120, 35, ON) >> gate(1)
    gate >> patch.then(20, 90, "ff", found(1), place)
    place >> patch.then(100, 115, "ff", slot(1), read)
    return patch


def _at_once() -> Patch:
    patch = Patch(520, 260)
    patch.text(20, 5, "A strike only while the transport plays: one that comes after its end would stay.", 90)
    parts = patch.obj(20, 110, "unpack f f")
    gate = patch.obj(20, 85, "spigot")
    patch.receive(20, 35, shared(names.NOW)) >> patch.obj(20, 60, "route $1") >> gate >> parts
    patch.receive(160, 60, ON) >> gate(1)
    parts[1] >> patch.obj(120, 135, f"v {local('velocity')}")
    stop = patch.obj(20, 160, "sel 0")
    parts[0] >> stop
    stop[0] >> patch.send(20, 225, RELEASE)
    check, plays = patch.obj(100, 200, "spigot"), patch.obj(200, 175, f"v {shared(names.PLAYING)}")
    plays >> check(1)
    stop[1] >> patch.then(100, 175, "bf", plays, check)
    check >> patch.send(100, 225, STRIKE)
    return patch


def _notes() -> Patch:
    patch = Patch(760, 520)
    _decide(patch)
    release, strike = _release(patch), _strike(patch)
    told, shown = patch.prepend(330, 400, "note $1"), patch.obj(480, 400, "expr if($f2 > 0, $f1, 0)")
    told >> patch.send(330, 455, shared(names.REPORT))
    shown >> patch.prepend(480, 425, "set") >> patch.send(480, 480, f"{NOTE}-set")
    out = patch.then(240, 360, "lll", patch.obj(240, 400, "noteout"), told, shown)
    release >> out
    strike >> out
    return patch


def _decide(patch: Patch) -> None:
    """+p strikes; -p goes on, and strikes where p does not sound; 0 rests."""
    pitch, what = (
        patch.obj(110, 90, "abs"),
        patch.obj(20, 115, "expr if($f1 == 0, 0, if($f1 < 0 && 0 - $f1 == $f2, 1, 2))"),
    )
    sounding = patch.obj(60, 90, f"v {PITCH}")
    sounding >> what(1)
    struck, way = patch.obj(60, 165, "f"), patch.obj(20, 140, "sel 0 2")
    pitch >> struck(1)
    what >> way
    way[0] >> patch.send(20, 190, RELEASE)
    way[1] >> struck >> patch.send(60, 215, STRIKE)
    patch.receive(20, 35, PART) >> patch.then(20, 60, "fbf", pitch, sounding, what)


def _release(patch: Patch) -> Box:
    """Ends what sounds, where it began."""
    note = patch.obj(240, 215, "pack 0 0 1")
    sounding, some = patch.obj(240, 90, f"v {PITCH}"), patch.obj(240, 115, "sel 0")
    sounding >> some
    none, begun = patch.msg(240, 165, "0"), patch.obj(330, 165, f"v {local('begun')}")
    none >> patch.obj(240, 190, f"v {PITCH}")
    begun >> note(2)
    some[1] >> patch.then(280, 140, "bfb", begun, note, none)
    patch.receive(240, 35, RELEASE) >> patch.obj(240, 60, "b") >> sounding
    return note


def _strike(patch: Patch) -> Box:
    """Lets go of the last note first."""
    note = patch.obj(480, 300, "pack 0 64 1")
    channel, velocity = patch.obj(600, 140, f"v {CHANNEL}"), patch.obj(560, 190, f"v {local('velocity')}")
    channel >> patch.then(600, 165, "ff", patch.obj(640, 190, f"v {local('begun')}"), note(2))
    velocity >> patch.obj(560, 215, "clip 1 127") >> note(1)
    pitch = patch.obj(520, 240, f"v {PITCH}")
    released = patch.send(640, 90, RELEASE)
    order = patch.then(480, 85, "bbbff", released, channel, velocity, pitch, note)
    patch.receive(480, 35, STRIKE) >> patch.obj(480, 60, "clip 1 127") >> order
    return note


def _shown() -> Patch:
    patch = Patch(760, 460)
    _state(patch)
    _switches(patch)
    _silences(patch)
    return patch


def _state(patch: Patch) -> None:
    """As the companion says it is."""
    keys = {"voice/lock": "lock", "voice/mute": "mute", "voice/channel": "to"}
    route = patch.obj(20, 60, f"route {' '.join(keys)}")
    patch.receive(20, 35, shared(names.STATE)) >> route
    for number, name in enumerate(keys.values()):
        own = patch.obj(20 + 120 * number, 90, "route $1")
        route[number] >> own
        own >> patch.prepend(20 + 120 * number, 115, "set") >> patch.send(20 + 120 * number, 165, local(f"{name}-set"))
        if name == "to":
            own >> patch.obj(380, 165, f"v {CHANNEL}")
    choice = patch.obj(480, 90, "list split")
    rest = patch.obj(480, 115, "list split 1")
    patch.receive(480, 35, shared(names.CONFIDENCE)) >> choice
    choice[1] >> rest >> patch.prepend(480, 140, "set") >> patch.send(480, 190, local("bits-set"))
    patch.obj(600, 35, "loadbang") >> patch.obj(600, 60, "f $1") >> patch.obj(600, 85, "- 1") >> choice(1)


def _switches(patch: Patch) -> None:
    for number, (name, word) in enumerate((("lock", "voice/lock"), ("mute", "voice/mute"), ("to", "voice/channel"))):
        x = 20 + 160 * number
        touched = patch.receive(x, 230, local(name))
        touched >> patch.prepend(x, 255, f"{word} $1") >> patch.send(x, 310, shared(names.OUT))
        if name == "to":
            touched >> patch.obj(x + 90, 230, f"v {CHANNEL}")
    begin = patch.obj(520, 230, "loadbang")
    self_number, own = patch.obj(600, 255, "f $1"), patch.obj(600, 285, "sel 1 2 3 4")
    begin >> self_number
    self_number >> patch.then(680, 255, "fff", patch.obj(680, 285, f"v {CHANNEL}"), _set(patch, 680, 330, "to"), own)
    for voice, title in enumerate(VOICES):
        own[voice] >> patch.msg(520 + 60 * voice, 310, f"label {title}") >> patch.send(520, 420, local("name"))
    begin >> patch.msg(520, 255, "1") >> patch.send(520, 280, f"{ON}-set")


def _set(patch: Patch, x: int, y: int, name: str) -> Box:
    """Shows a value, and nothing more."""
    setter = patch.prepend(x, y, "set")
    setter >> patch.send(x, y + 50, local(f"{name}-set"))
    return setter


def _silences(patch: Patch) -> None:
    release = patch.send(20, 410, RELEASE)
    patch.receive(20, 350, shared(names.SILENCE)) >> release
    patch.receive(160, 350, ON) >> patch.obj(160, 375, "sel 0") >> release
    channel = patch.obj(300, 400, f"v {CHANNEL}")
    channel >> patch.msg(300, 425, "0 123 $1, 0 120 $1") >> patch.obj(300, 450, "ctlout")
    patch.receive(260, 350, shared(names.PANIC)) >> patch.then(260, 375, "bb", release, channel)
