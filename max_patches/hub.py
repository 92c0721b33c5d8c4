"""Chorale Hub: on the track where the player plays; between Live and the companion.

    Midi       MIDI through; the player's keys to the companion
    Transport  where Live is, 25 times a second
    Loop       Live's loop brace, when it changes
    Link       OSC in and out, and whether the companion is there
    Store      frames and what else the Voices of the group need, under the group's names
    Shown      what the companion says of itself
    Watch      whether Live's audio engine runs, without which the objects that keep time stand still
    Roll       what is drawn of the music
    Scale      the key that Live's own scale names
    Parts      which Voices of the group are there

What goes out is ``/chorale/…`` on ``---send``, which is open while the companion is there. The controls are what
the player asks for, and nothing in the patch moves them; the display says what the companion does.
"""

from __future__ import annotations

from max_patches import hubface, livescale, part, roll
from max_patches.document import Device
from max_patches.hubnames import (
    AUDIO_OFF,
    BLANK,
    CONNECT,
    DISCONNECT,
    ENABLED,
    FRAME,
    FROM_PORT,
    GROUP,
    LET_GO,
    LOOKED_UP,
    LOOP_CHANGED,
    NOW_HEARD,
    ONLINE_NOW,
    READY,
    REDRAW,
    SAID,
    SEARCH,
    SEND,
    STEP_NOW,
    STORE,
    TO_PORT,
    VALUES,
    WIPE,
    WITHDRAWN,
    text_of,
)
from max_patches.hubparameters import BANKS
from max_patches.names import (
    FRAMES,
    GROUPS,
    HUSH,
    NOW,
    ONLINE,
    PORT_AT_BIRTH,
    PORT_IN,
    SLOTS,
    TICKS_A_STEP,
    VOICES,
    shared_name,
)
from max_patches.patcher import Box, Outlet, Patcher

VERSION = 1  # of the protocol
ALIVE_MS, OFFLINE_MS, HELLO_MS = 500, 2000, 1000
WATCH_MS = 100  # how often it is asked how long the companion has been silent
AUDIO_MS = 1000  # a clock of Live's that has not beaten for so long stands still
ANOTHER_VERSION = "The companion is of another version: update the older of the two."


def build() -> Device:
    """The device."""
    patch = Patcher("Chorale Hub")
    hubface.draw(patch)
    _midi(patch.room("Midi"))
    _transport(patch.room("Transport"))
    _loop(patch.room("Loop"))
    _link(patch.room("Link"))
    _store(patch.room("Store"))
    _shown(patch.room("Shown"))
    _watch(patch.room("Watch"))
    roll.room(patch.room("Roll"))
    livescale.room(patch.room("Scale"))
    part.there(patch.room("Parts"), GROUP)
    patch.room("PushBanks").add("live.banks")
    return Device(
        "Chorale Hub",
        "Connects this track and Live's transport with the Chorale Companion.",
        patch,
        hubface.WIDTH,
        BANKS,
        mpe=True,
    )


def _midi(room: Patcher) -> None:
    """Through as it comes; the keys and the pedal, with note-offs for those held when the device goes."""
    through = room.add("midiin") >> room.add("t i i")
    through[1] >> room.add("midiout")
    parsed = through[0] >> room.add("midiparse")
    note = parsed[0] >> room.add("unpack 0 0")
    held, message = room.add("flush"), room.add("pack 0 0")
    note[1] >> held.inlet(1)
    note[0] >> held
    held[1] >> message.inlet(1)
    held[0] >> message >> room.add("prepend /chorale/note") >> room.send(SEND)
    gone = room.receive(LET_GO) >> room.add("t b b")
    gone[1] >> held
    # Value and number of a control change: 1 or 0 of the pedal, 2 of others.
    pedal = parsed[2] >> room.add("expr ($i2 != 64) * 2 + ($i2 == 64) * ($i1 >= 64)") >> room.add("sel 2")
    moved = pedal[1] >> room.add("change")
    gone[0] >> room.message("0") >> moved
    moved[0] >> room.add("prepend /chorale/pedal") >> room.send(SEND)


def _transport(room: Patcher) -> None:
    """Playing, position in 16ths, tempo, time signature."""
    asked = room.add("metro 40 @active 1") >> room.add("t b b")
    playing, message = room.add("i"), room.add("pack 0 0. 120. 4 4")
    transport = asked[1] >> room.add("transport")
    asked[0] >> playing >> message
    step = transport[7] >> room.add(f"/ {TICKS_A_STEP}.") >> room.add("t i f")
    step[1] >> message.inlet(1)
    step[0] >> room.add("change") >> room.send(STEP_NOW)
    transport[6] >> playing.inlet(1)
    metre = transport[5] >> room.add("unpack 4 4")
    metre[1] >> message.inlet(4)
    metre[0] >> message.inlet(3)
    transport[4] >> message.inlet(2)
    place = room.add("sprintf symout %ld.%ld")
    transport[1] >> place.inlet(1)
    transport[0] >> place >> room.add("qlim 100") >> room.send(text_of("position"))
    message >> room.add("prepend /chorale/transport") >> room.send(SEND)


def _loop(room: Patcher) -> None:
    """Live's loop: three properties that change one after another are told as one."""
    ready = room.receive(READY) >> room.add("t b b b")
    soon = room.add("delay 20")
    kept = []
    for outlet, (name, kind) in enumerate((("loop", "i"), ("loop_start", "f"), ("loop_length", "f"))):
        observer = room.add(f"live.observer {name}")
        ready[outlet] >> room.message("goto live_set") >> room.add("live.path") >> observer.inlet(1)
        value = room.add(kind)
        changed = observer >> room.add(f"t b {kind}")
        changed[1] >> value.inlet(1)
        changed[0] >> soon
        kept.append(value)
    room.receive(LOOP_CHANGED) >> soon
    on, start, length = kept
    message, end = room.add("pack 0 0. 0."), room.add("+ 0.")
    said = soon >> room.add("t b b b")
    said[2] >> length >> room.add("* 4.") >> end.inlet(1)
    begins = said[1] >> start >> room.add("* 4.") >> room.add("t f f")
    begins[1] >> message.inlet(1)
    begins[0] >> end >> message.inlet(2)
    said[0] >> on >> message >> room.add("prepend /chorale/loop") >> room.send(SEND)


def _link(room: Patcher) -> None:
    """The sockets, and the handshake.

    hello is said each second until the companion's hello comes; then alive twice a second. An alive of a session
    that is not ours to know is answered by hello. Two seconds without hello or alive, and it is gone. All of it is
    beaten by ``qmetro`` and measured by the computer's clock, which go on while Live's audio engine is off.
    """
    out, through = room.add(f"udpsend 127.0.0.1 {PORT_IN}"), room.add("gate 1")
    room.receive(TO_PORT) >> room.add("prepend port") >> out
    room.receive(SEND) >> through.inlet(1)
    through >> out
    hello, session = room.add("i"), room.add("i")
    heard = _heard(room, hello)
    hello >> room.add(f"prepend /chorale/hello {VERSION}") >> out
    session >> room.add("prepend /chorale/alive") >> room.send(SEND)
    _silence(room, heard)
    _session(room, hello, session)
    seek = _seek(room, through, session)
    seek >> hello


def _heard(room: Patcher, hello: Box) -> Box:
    """What comes in; a box that bangs at each sign of life."""
    port, listening = room.add(f"udpreceive {PORT_AT_BIRTH} @quiet 1"), room.add("gate 1 1")
    room.receive(FROM_PORT) >> room.add("prepend port") >> port
    room.receive(ENABLED) >> listening
    port >> listening.inlet(1)
    said = listening >> room.add("route /chorale/hello /chorale/alive /chorale/frame /chorale/clear /chorale/now")
    for outlet, name in enumerate((FRAME, WITHDRAWN, NOW_HEARD, SAID), start=2):
        said[outlet] >> room.send(name)
    known, other, sign = room.add("== -1"), room.add("!= -1"), room.add("t b")
    alive = said[1] >> known >> room.add("sel 1")
    alive[0] >> sign
    alive[1] >> room.add("t b") >> hello
    greeted = said[0] >> room.add("unpack 0 0")  # version, session
    came, new = room.add("i"), room.add("gate 1")
    greeted[1] >> came.inlet(1)
    ours = greeted[0] >> room.add(f"sel {VERSION}")
    ours[1] >> room.add("deferlow") >> room.message(f"{ANOTHER_VERSION}") >> room.send(text_of("message"))
    theirs = ours >> came >> room.add("t i i b")
    theirs[2] >> sign
    theirs[1] >> other >> new
    theirs[0] >> new.inlet(1)
    met = new >> room.add("t b i")
    learnt = met[1] >> room.add("t i i")
    met[0] >> room.send(CONNECT)
    gone = room.receive(DISCONNECT) >> room.add("t b 0 -1")
    gone[2] >> learnt
    learnt[1] >> known.inlet(1)
    learnt[0] >> other.inlet(1)
    gone[1] >> room.send(ONLINE_NOW)
    gone[0] >> room.send(WIPE)
    connected = room.receive(CONNECT) >> room.add("t b b b 1")
    connected[3] >> room.send(ONLINE_NOW)
    connected[2] >> room.send(WIPE)
    connected[1] >> room.add("deferlow") >> room.send(VALUES)
    connected[0] >> room.send(LOOP_CHANGED)
    return sign


def _silence(room: Patcher, sign: Box) -> None:
    """How long ago the last sign of life came, asked in the queue while the companion counts as there."""
    last, since, online = room.add("f"), room.add("- 0."), room.add("gate 1")
    sign >> room.add("cpuclock") >> last.inlet(1)
    room.receive(ONLINE_NOW) >> online
    room.add(f"qmetro {WATCH_MS} @active 1") >> online.inlet(1)
    asked = online >> room.add("t b b")
    asked[1] >> last >> since.inlet(1)
    gone = asked[0] >> room.add("cpuclock") >> since >> room.add(f"expr $f1 >= {OFFLINE_MS}.") >> room.add("sel 1")
    gone >> room.send(DISCONNECT)


def _session(room: Patcher, hello: Box, session: Box) -> None:
    """A number of its own, drawn once; then the search begins."""
    drawn = room.add("i")
    first = room.receive(READY) >> drawn >> room.add("sel 0") >> room.add("t b b")
    number = first[1] >> room.add("random 1000000") >> room.add("+ 1") >> room.add("t i i i")
    number[2] >> drawn.inlet(1)
    number[1] >> session.inlet(1)
    number[0] >> hello.inlet(1)
    first[0] >> room.send(SEARCH)


def _seek(room: Patcher, through: Box, session: Box) -> Box:
    """Say hello while nobody is there, alive while somebody is; a box that bangs when hello is due."""
    search = room.receive(SEARCH) >> room.add("t 1 0")
    search[1] >> room.send(ONLINE_NOW)
    looking, both = room.add("gate 1"), room.add("&& 1")
    search[0] >> room.add(f"qmetro {HELLO_MS}") >> looking.inlet(1)
    online = room.receive(ONLINE_NOW) >> room.add("t i i i")
    online[2] >> through
    online[1] >> room.add("== 0") >> both >> looking
    alive = online[0] >> room.add(f"qmetro {ALIVE_MS}") >> room.add("t b 1")
    alive[1] >> room.add("prepend online") >> room.send(STORE)  # a Voice that has just come may have reset it
    alive[0] >> session
    enabled = room.receive(ENABLED) >> room.add("t b i")
    enabled[1] >> both.inlet(1)
    enabled[0] >> both
    return looking


def _store(room: Patcher) -> None:
    """Frames into the group's store: ``slot: step serial S A T B vS vA vT vB``, slot = step % 512.

    Nothing that could sound is taken while the companion counts as gone: nobody would end it.
    """
    frames, notes = room.add("gate 1"), room.add("gate 1")
    online = room.receive(ONLINE_NOW) >> room.add("t i i i")
    online[2] >> frames
    online[1] >> notes
    online[0] >> room.add("prepend online") >> room.send(STORE)
    room.receive(FRAME) >> frames.inlet(1)
    kept = frames >> room.add("t b l")
    kept[0] >> room.send(REDRAW)
    room.receive(NOW_HEARD) >> notes.inlet(1)
    notes >> room.add("prepend now") >> room.send(STORE)
    _frame_stored(room, kept[1])
    _withdrawn(room)
    wipe = room.receive(WIPE) >> room.add("t b b b")
    wipe[2] >> room.message("clear") >> room.send(STORE)
    wipe[1] >> room.message("hush") >> room.send(STORE)
    wipe[0] >> room.send(REDRAW)
    group = room.add(f"gate {len(GROUPS)}")
    room.receive(GROUP) >> group
    room.receive(STORE) >> group.inlet(1)
    for place, letter in enumerate(GROUPS):
        said = group[place] >> room.add("route frame look clear now hush online")
        frames = room.add(f"coll {shared_name(letter, FRAMES)} 1")
        said[0] >> frames
        said[1] >> frames
        said[2] >> room.message("clear") >> frames
        said[3] >> room.send(shared_name(letter, NOW))
        said[4] >> room.send(shared_name(letter, HUSH))
        said[5] >> room.add(f"value {shared_name(letter, ONLINE)} 0")
        frames >> room.send(LOOKED_UP)


def _frame_stored(room: Patcher, frames: Outlet) -> None:
    """Each frame gets a serial number, so that a Voice knows one sent again from one that it has played."""
    frame = frames >> room.add("zl.slice 1")
    whole, head, serial = room.add("zl.join"), room.add("pack 0 0 0"), room.add("i")
    frame[1] >> whole.inlet(1)
    step = frame[0] >> room.add("t i b i")
    step[2] >> head.inlet(1)
    counted = step[1] >> serial >> room.add("+ 1") >> room.add("t i i")
    counted[1] >> serial.inlet(1)
    counted[0] >> head.inlet(2)
    step[0] >> room.add(f"% {SLOTS}") >> head >> whole >> room.add("prepend frame") >> room.send(STORE)


def _withdrawn(room: Patcher) -> None:
    """Withdraw the frames of these steps, and of no others that share their slots."""
    told = room.receive(WITHDRAWN) >> room.add("t b l")
    told[0] >> room.send(REDRAW)
    both = told[1] >> room.add("unpack 0 0")  # first, last
    count, onward = room.add("expr $i2 - $i1 + 1"), room.add("+ 0")
    both[1] >> count.inlet(1)
    first = both[0] >> room.add("t i i")
    first[1] >> onward.inlet(1)
    first[0] >> count
    each = count >> room.add(f"clip 0 {SLOTS}") >> room.add("uzi 1 0")
    step = each[2] >> onward >> room.add("t i i i 0")
    wanted, passing = room.add("== 0"), room.add("gate 1")
    step[3] >> passing  # closed, where there is no record at all
    step[2] >> wanted.inlet(1)
    step[1] >> room.add(f"% {SLOTS}") >> room.add("prepend look") >> room.send(STORE)
    room.receive(LOOKED_UP) >> room.add("zl.nth 1") >> wanted >> passing
    step[0] >> passing.inlet(1)
    passing >> room.add(f"% {SLOTS}") >> room.message("frame $1 -1 0 0 0 0 0 0 0 0 0") >> room.send(STORE)


def _shown(room: Patcher) -> None:
    """What the companion says of itself, in the queue, word for word."""
    room.receive(ONLINE_NOW) >> room.add("deferlow") >> room.add("sel 0") >> room.send(BLANK)
    said = room.receive(SAID) >> room.add("deferlow")
    parts = said >> room.add("route /chorale/confidence /chorale/state /chorale/status /chorale/error /chorale/latency")
    _state(room, parts[1])
    message = room.send(text_of("message"))
    parts[2] >> message
    parts[3] >> room.add("prepend Error:") >> message
    parts[4] >> room.add("sprintf %.1f / %.1f ms late %ld") >> room.send(text_of("latency"))


def _state(room: Patcher, said: Outlet) -> None:
    """Keys and values; those that nothing shows go nowhere."""
    state = said >> room.add("route chord key mode model style bars_left voice/lock voice/mute")
    for outlet, what in enumerate(("chord", "key", "mode", "model", "style")):
        state[outlet] >> room.send(text_of(what))
    left = state[5] >> room.add("sel -1")
    bars = room.send(text_of("bars"))
    left[0] >> room.message("no end set") >> bars
    left[1] >> room.add("sprintf %ld bars left") >> bars
    for outlet, (what, lamp) in enumerate((("lock", "L"), ("mute", "M")), start=6):
        voices = state[outlet] >> room.add("route 1 2 3 4")
        for place in range(len(VOICES)):
            lit = voices[place] >> room.add("sel 0 1")
            to = room.send(text_of(f"{what}{place + 1}"))
            lit[0] >> room.message("-") >> to
            lit[1] >> room.message(lamp) >> to


def _watch(room: Patcher) -> None:
    """Whether a clock of Live's beats, and so what the display says of the way to the companion."""
    beaten, asked = room.add("i 1"), room.add(f"qmetro {AUDIO_MS} @active 1") >> room.add("t 0 b")
    room.add("metro 100 @active 1") >> room.add("t 1") >> beaten.inlet(1)
    asked[1] >> beaten >> room.add("== 0") >> room.add("change") >> room.send(AUDIO_OFF)
    asked[0] >> beaten.inlet(1)
    state = room.add("expr ($i2 != 0) * 2 + ($i2 == 0) * $i1")  # 2: nothing keeps time
    room.receive(ONLINE_NOW) >> state
    off = room.receive(AUDIO_OFF) >> room.add("t b i")
    off[1] >> state.inlet(1)
    off[0] >> state
    said = state >> room.add("change -1") >> room.add("deferlow") >> room.add("sel 0 1 2")
    shown = room.send(text_of("online"))
    for outlet, words in enumerate(("Offline", "Online", "Audio off")):
        said[outlet] >> room.message(words) >> shown
