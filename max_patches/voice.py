"""Chorale Voice: plays one voice of its group's frames on its own track, locked to Live's transport.

    Clock     where Live is: the step now, and when it stops, jumps or loops
    Frames    the frame of this step, out of the store that the Hub fills; each frame is played once
    Now       what the Hub passes on at once, past the store
    Notes     one voice: strike, go on, rest; what it has begun it ends
    Part      which voice: the one that the track is called by, or the one that is picked
    Doubles   whether another Voice of the group has the same part

Everything that sounds or stops runs in the scheduler; what comes from the interface or from another device
waits there for its turn (``delay 0``, ``pipe 0``), so that no two threads are in the notes at once.
"""

from __future__ import annotations

from max_patches import part
from max_patches.document import Device
from max_patches.faces import ENUM, LCD_BRIGHT, LCD_DIM, STORED, Face, Parameter
from max_patches.names import (
    FRAMES,
    GROUPS,
    HUSH,
    MISSING_STEPS,
    NOW,
    ONLINE,
    SLOTS,
    TICKS_A_STEP,
    VOICES,
    shared_name,
)
from max_patches.part import NO_PART
from max_patches.patcher import Box, Patcher
from max_patches.voicenames import (
    AT_ONCE,
    CHOSEN,
    FORGET,
    GROUP,
    HAS_PART,
    LATER,
    LET_GO,
    ON,
    READY,
    RELEASE,
    SOUNDING,
    STEP,
    UNFED,
    VALUE,
    VELOCITY,
    VOICE,
)

WIDTH = 156

BY_TRACK = "Track"
NOTE_NAMES = "C C# D D# E F F# G G# A A# B"

VOICE_PARAMETER = Parameter(
    "Voice",
    "Voice",
    "The voice that this track plays. Track: the one that the track is called by, Soprano, Alto, Tenor or Bass, "
    "or S, A, T or B.",
    ENUM,
    labels=(BY_TRACK, *VOICES),
    visible=STORED,
    order=0,
)
GROUP_PARAMETER = Parameter(
    "Group",
    "Group",
    "Plays what the Chorale Hub of the same group receives. Groups do not mix.",
    ENUM,
    labels=GROUPS,
    visible=STORED,
    order=0,
)
ON_PARAMETER = Parameter(
    "Play",
    "Play",
    "On: plays its voice. Off: ends what sounds and stays silent.",
    ENUM,
    labels=("Off", "On"),
    initial=1,
)
PARAMETERS = (VOICE_PARAMETER, GROUP_PARAMETER, ON_PARAMETER)


def build() -> Device:
    """The device."""
    patch = Patcher("Chorale Voice")
    _surface(patch)
    _clock(patch.room("Clock"))
    _frames(patch.room("Frames"))
    _now(patch.room("Now"))
    _notes(patch.room("Notes"))
    part.part_chosen(patch.room("Part"))
    part.doubles(patch.room("Doubles"))
    patch.room("PushBanks").add("live.banks")
    return Device(
        "Chorale Voice",
        "Plays one of the four voices of the Chorale Companion on this track.",
        patch,
        WIDTH,
        {"Voice": ("Play",)},
    )


def _surface(patch: Patcher) -> None:
    """What is seen and set, and the way of MIDI through the device."""
    patch.add("midiin") >> patch.add("midiout")
    face = Face(patch)
    face.label((8, 4, 68, 16), "Voice")
    voice = face.tabs((8, 22, 68, 80), VOICE_PARAMETER)
    face.label((84, 4, 64, 16), "Group")
    group = face.menu((84, 22, 64, 15), GROUP_PARAMETER)
    on = face.switch((84, 82, 64, 20), "Play", ON_PARAMETER)
    face.display((8, 108, 140, 53))
    playing_part = face.shown((12, 109, 132, 16), NO_PART, LCD_BRIGHT)
    face.shown((12, 126, 66, 16), "Sounding", LCD_DIM)
    note = face.shown((84, 126, 60, 16), "-")
    face.shown((12, 143, 66, 16), "Hub", LCD_DIM)
    hub = face.shown((84, 143, 60, 16), "Offline", LCD_BRIGHT)
    _settings(patch, voice, group, on)
    _presence(patch, note, hub)
    part.shown(patch, playing_part)


def _settings(patch: Patcher, voice: Box, group: Box, on: Box) -> None:
    """Which voice, which group, whether at all; any change ends what sounds."""
    this = patch.add("live.thisdevice")
    said = this >> patch.add("t b b b b")
    for outlet, control in enumerate((on, group, voice)):  # from right to left: whether it plays comes last
        said[outlet + 1] >> patch.message("outputvalue") >> control
    said[0] >> patch.send(READY)
    voice >> patch.send(CHOSEN)
    _set(patch, group >> patch.add("+ 1") >> patch.add("change"), GROUP, FORGET)
    playing, enabled = on >> patch.add("&& 1"), this[1] >> patch.add("t b i")
    enabled[1] >> playing.inlet(1)
    enabled[0] >> playing
    both, has_part = patch.add("&& 0"), patch.receive(HAS_PART) >> patch.add("t b i")
    has_part[1] >> both.inlet(1)
    has_part[0] >> both
    _set(patch, playing >> both >> patch.add("change"), ON)


def _set(patch: Patcher, number: Box, name: str, *then: str) -> None:
    then = (*then, LATER)
    changed = number >> patch.add(f"t {'b ' * len(then)}i")
    changed[len(then)] >> patch.send(name)
    for outlet, order in enumerate(reversed(then)):
        changed[outlet] >> patch.send(order)


def _clock(room: Patcher) -> None:
    """Live's position, asked each 16th on its beat and each 20 ms between; nothing is counted.

    On its beat the position may be a little before or after the line, so it is rounded; between, cut off.
    """
    exact = room.add("metro 16n @quantize 16n @active 1") >> room.add(f"t b {TICKS_A_STEP // 2}")
    watch = room.add("metro 20 @active 1") >> room.add("t b 0")
    playing = room.add("gate 1")
    room.receive(ON) >> playing
    step = room.add(f"expr floor(($f1 + $f2) / {TICKS_A_STEP}.)")
    for asked in (exact, watch):
        asked[1] >> step.inlet(1)
        asked[0] >> playing.inlet(1)
    transport = playing >> room.add("transport")
    ticks = room.add("f")
    transport[7] >> ticks.inlet(1)
    state = transport[6] >> room.add("t i i")
    state[1] >> room.add("change") >> room.add("sel 0") >> room.send(LET_GO)
    state[0] >> room.add("sel 1") >> ticks
    # A way back of more than a quarter of a step, or onwards by more than two, is a jump or a loop.
    jump = room.add(f"expr ($f2 - $f1 > {TICKS_A_STEP // 4}.) || ($f1 - $f2 > {TICKS_A_STEP * 2}.)")
    known = ticks >> room.add("t f f f")
    known[2] >> jump >> room.add("sel 1") >> room.send(LET_GO)
    known[1] >> jump.inlet(1)
    known[0] >> step >> room.add("i") >> room.send(STEP)


def _frames(room: Patcher) -> None:
    """The frame of this step: looked up as soon as it is there, played once, missed for no longer than a beat."""
    step = room.receive(STEP) >> room.add("t i i")
    newer, missing = room.add("> -1"), room.add(f"expr ($i2 >= 0) && ($i1 - $i2 >= {MISSING_STEPS})")
    record = _looked_up(room, step, newer)
    # Nothing for some steps, after frames that fed what sounds: let go of it.
    lost = step[0] >> missing >> room.add("sel 1") >> room.add("t b -1")
    lost[1] >> missing.inlet(1)
    lost[0] >> room.send(RELEASE)
    room.receive(UNFED) >> missing.inlet(1)
    _played(room, record, newer, missing)
    afresh = room.receive(LET_GO) >> room.add("t b -1 -1")
    afresh[2] >> newer.inlet(1)
    afresh[1] >> missing.inlet(1)
    afresh[0] >> room.send(RELEASE)


def _looked_up(room: Patcher, step: Box, newer: Box) -> Box:
    """A gate that lets the record of a step pass: of this step, and not played before."""
    asked = step[1] >> room.add("t i i")
    wanted = room.add("gate 1")
    asked[1] >> newer >> wanted
    asked[0] >> wanted.inlet(1)
    same, fresh, both, passing = room.add("== 0"), room.add("!= -1"), room.add("&&"), room.add("gate 1")
    now = wanted >> room.add("t i i")
    now[1] >> same.inlet(1)
    slot = now[0] >> room.add(f"% {SLOTS}") >> room.add("t i i -1")
    slot[2] >> fresh.inlet(1)
    slot[1] >> room.add("coll ---played 1") >> fresh.inlet(1)
    stores = room.add(f"gate {len(GROUPS)}")
    room.receive(GROUP) >> stores
    slot[0] >> stores.inlet(1)
    record = room.add("t l l")
    for place, group in enumerate(GROUPS):
        stores[place] >> room.add(f"coll {shared_name(group, FRAMES)} 1") >> record
    judged = record[1] >> room.add("unpack 0 0")  # step, serial
    judged[1] >> fresh >> both.inlet(1)
    judged[0] >> same >> both >> passing
    record[0] >> passing.inlet(1)
    return passing


def _played(room: Patcher, record: Box, newer: Box, missing: Box) -> None:
    """Note down that it is played, then let it sound."""
    played = record >> room.add("t l l l")
    noted = played[2] >> room.add("unpack 0 0")  # step, serial
    mark = room.add("pack 0 0")
    noted[1] >> mark.inlet(1)
    step = noted[0] >> room.add("t i i i")
    step[2] >> newer.inlet(1)
    step[1] >> missing.inlet(1)
    step[0] >> room.add(f"% {SLOTS}") >> mark >> room.add("coll ---played 1")
    velocity, pitch = room.add("zl.nth 7"), room.add("zl.nth 3")
    played[1] >> velocity >> room.send(VELOCITY)
    played[0] >> pitch >> room.send(VALUE)
    voice = room.receive(VOICE) >> room.add("t i i")
    voice[1] >> room.add("+ 7") >> velocity.inlet(1)
    voice[0] >> room.add("+ 3") >> pitch.inlet(1)


def _now(room: Patcher) -> None:
    """From the Hub of the group, whichever thread it speaks in: notes at once, and the order to be silent."""
    notes, hushed = room.add(f"switch {len(GROUPS)}"), room.add(f"switch {len(GROUPS)}")
    room.receive(GROUP) >> (chosen := room.add("t i i"))
    chosen[1] >> notes
    chosen[0] >> hushed
    for inlet, group in enumerate(GROUPS, start=1):
        room.receive(shared_name(group, NOW)) >> notes.inlet(inlet)
        room.receive(shared_name(group, HUSH)) >> hushed.inlet(inlet)
    note = notes >> room.add("t l l")
    mine, passing, playing = room.add("== 1"), room.add("gate 1"), room.add("gate 1")
    room.receive(VOICE) >> room.add("+ 1") >> mine.inlet(1)
    note[1] >> room.add("zl.nth 1") >> mine >> passing
    note[0] >> passing.inlet(1)
    cut = passing >> room.add("zl.slice 1")  # voice | pitch velocity
    later = cut[1] >> room.add("pipe 0 0 0")
    both = room.add("pack 0 0")
    later[1] >> both.inlet(1)
    later[0] >> both >> playing.inlet(1)
    room.receive(ON) >> playing
    playing >> room.send(AT_ONCE)
    silent = hushed >> room.add("delay 0") >> room.add("t b b")
    forgotten = room.message("clear")
    forgotten >> room.add("coll ---played 1")
    silent[1] >> forgotten
    room.receive(FORGET) >> room.add("delay 0") >> forgotten  # another group, whose Hub has counted its own serials
    silent[0] >> room.send(LET_GO)


def _notes(room: Patcher) -> None:
    """One voice. ``flush`` knows what it has begun, so that each note-off is that of a note-on."""
    flush, velocity, pitch = room.add("flush"), room.add("i"), room.add("sel 0")
    other = room.add("expr ($i1 >= 0) || ($i1 + $i2 != 0)")  # 0: goes on with what sounds
    _struck(room, flush, velocity, pitch, other)
    room.receive(VELOCITY) >> velocity.inlet(1)
    value = room.receive(VALUE) >> room.add("t i i")
    passing = room.add("gate 1")
    value[1] >> other >> passing
    value[0] >> passing.inlet(1)
    change = passing >> room.add("t i b")
    change[1] >> room.send(RELEASE)
    change[0] >> pitch
    at_once = room.receive(AT_ONCE) >> room.add("unpack 0 0")
    at_once[1] >> velocity.inlet(1)
    struck = at_once[0] >> room.add("t i b -1")
    struck[2] >> room.send(UNFED)
    struck[1] >> room.send(RELEASE)
    struck[0] >> pitch
    note = room.add("pack 0 0")
    flush[1] >> note.inlet(1)
    flush[0] >> note >> room.add("midiformat") >> room.add("midiout")  # noteout does not surely reach the track
    room.add("freebang") >> flush
    room.receive(LATER) >> room.add("delay 0") >> room.send(LET_GO)


def _struck(room: Patcher, flush: Box, velocity: Box, pitch: Box, other: Box) -> None:
    """Begin a pitch (0: none), and end what sounds."""
    sounding = room.add("t i i")
    sounding[1] >> other.inlet(1)
    sounding[0] >> room.send(SOUNDING)
    strike = pitch[1] >> room.add("abs") >> room.add("t i b i")
    strike[2] >> sounding
    strike[1] >> velocity >> flush.inlet(1)
    strike[0] >> flush
    ended = room.receive(RELEASE) >> room.add("t b 0")
    ended[1] >> sounding
    ended[0] >> flush


def _presence(patch: Patcher, note: Box, hub: Box) -> None:
    """What sounds, and whether the Hub of the group is connected; drawn in the queue."""
    sounding = patch.receive(SOUNDING) >> patch.add("qlim 40") >> patch.add("sel 0")
    sounding[0] >> patch.message("set -") >> note
    name, named = patch.add("zl.nth 1"), patch.add("sprintf %s%ld")
    pitch = sounding[1] >> patch.add("t b i i")
    pitch[2] >> patch.add("/ 12") >> patch.add("- 2") >> named.inlet(1)
    pitch[1] >> patch.add("% 12") >> patch.add("+ 1") >> name.inlet(1)
    pitch[0] >> patch.message(NOTE_NAMES) >> name >> named >> patch.add("prepend set") >> note
    asked = patch.add("gate 4")
    patch.receive(GROUP) >> asked
    patch.add("qmetro 500 @active 1") >> asked.inlet(1)
    seen = patch.add("change -1")
    for place, group in enumerate(GROUPS):
        asked[place] >> patch.add(f"value {shared_name(group, ONLINE)} 0") >> seen
    words = seen >> patch.add("sel 0 1")
    words[0] >> patch.message("set Offline") >> hub
    words[1] >> patch.message("set Online") >> hub
