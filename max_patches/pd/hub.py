"""``[chorale-hub GROUP]``: the companion's other side, and all that a player sees and touches.

    link      hello and alive: whether the companion is there
    inbox     what it says, and where that goes
    store     frames ahead of their time
    controls  what is touched, as messages to the companion or to the transport
    shown     what the companion says of its state
    keys      the player's notes: to the companion, and through to the MIDI output

It hears words at ``chorale-GROUP``: those of the transport, and ``ports TO FROM [HOST]``, ``note PITCH VELOCITY
CHANNEL``, ``through CHANNEL``, ``send …`` (anything of the protocol, without /chorale/) and ``panic``.
"""

from __future__ import annotations

from max_patches.names import PORT_IN, PORT_OUT, SLOTS
from max_patches.pd import names
from max_patches.pd.names import local, pitches, shared, velocities
from max_patches.pd.patch import GREY, PALE, Box, Patch

WIDTH, HEIGHT = 560, 232

VERSION = 1  # of the protocol
ASK_MS, ALIVE_MS, OFFLINE_MS = 1000, 500, 2000
LATE_STEPS, SHORT_LOOP = 8, 32  # steps: what counts as late; a loop in which that cannot be told
ANSWER_MS = 300  # a hello that comes later than this after ours is none that answers it
BEGIN_MS = 100  # after loading, so that ports that are named at the start come first

MODES = ("listen", "continue", "respond", "harmonise", "duet", "loop")
ACTIONS = ("go", "stop", "cadence", "undo", "keep")
NUMBERS = {  # name: label, digits, lowest, highest
    "temperature": ("temperature", 4, 0, 10),
    "top_p": ("top-p", 4, 0.01, 1),
    "bars": ("bars", 4, 1, 64),
    "rest": ("rest in beats", 4, 0.25, 16),
    "seed": ("seed", 4, 0, 9999),
}
WORDS = ("style", "model", "velocity", "key")
THROUGH_AT_FIRST = 5  # a channel of its own, beside those of the voices

HERE, AWAY = "#a8d8a8", "#e0a8a0"

ONLINE_NOW = local("online-now")
HELLO, ALIVE, FRAME, CLEAR = local("hello"), local("alive"), local("frame"), local("clear")
KEPT = local("kept")  # frames in time
ASK, LOST, SAY, WIRING, PORTS = local("ask"), local("lost"), local("say"), local("wiring"), local("ports")
SESSION, KNOWN, ASKED = (
    local("session"),
    local("known"),
    local("asked"),
)  # values: ours, the companion's, whether it was asked


def build() -> Patch:
    """The abstraction."""
    patch = Patch(620, 420)
    patch.panel = WIDTH, HEIGHT
    _head(patch)
    _transport_row(patch)
    _desk(patch)
    _news(patch)
    patch.text(
        20, 250, "The companion's other side: play here, see here what it does; chorale-voice plays what it sends.", 90
    )
    rooms = {
        "link": _link(),
        "inbox": _inbox(),
        "store": _store(),
        "controls": _controls(),
        "shown": _shown(),
        "keys": _keys(),
    }
    for number, (name, room) in enumerate(rooms.items()):
        patch.sub(20 + 90 * number, 290, name, room)
    _wires(patch)
    return patch


# The panel


def _head(patch: Patch) -> None:
    patch.caption(0, 0, "", width=WIDTH - 2, height=HEIGHT - 2, colour=PALE)
    patch.caption(0, 0, "Chorale Hub", width=WIDTH - 2, height=22, colour=GREY)
    patch.caption(110, 3, "offline", local("connection"), width=110, colour=AWAY)
    patch.number(330, 3, local("to"), "send to port", 5, 1, 65535)
    patch.number(500, 3, local("from"), "hear at port", 5, 1, 65535)


def _transport_row(patch: Patch) -> None:
    patch.toggle(8, 28, local("play"), "play")
    patch.button(68, 28, local("rewind"), "to 0")
    patch.number(190, 28, local("tempo"), "bpm", 5, 20, 400)
    patch.number(340, 28, local("position"), "16th now", 6, -1e6, 1e6)
    patch.number(460, 28, local("beats"), "metre", 2, 1, 99)
    patch.number(500, 28, local("unit"), "/", 2, 1, 32)
    patch.toggle(8, 50, local("loop"), "loop")
    patch.number(150, 50, local("loop-start"), "from 16th", 6, -1e6, 1e6)
    patch.number(260, 50, local("loop-end"), "to", 6, -1e6, 1e6)
    patch.toggle(400, 50, local("clock"), "send MIDI clock")


def _desk(patch: Patch) -> None:
    patch.choice(8, 80, local("mode"), MODES)
    for number, name in enumerate(ACTIONS):
        patch.button(120, 80 + 18 * number, local(name), name)
    patch.button(200, 80, local("panic"), "panic", AWAY)
    for number, (name, (label, digits, low, high)) in enumerate(NUMBERS.items()):
        patch.number(350, 80 + 18 * number, local(name), label, digits, low, high)
    patch.number(350, 80 + 18 * len(NUMBERS), local("through"), "keys to channel", 4, -1, 16)
    for number, name in enumerate(WORDS):
        patch.word(450, 80 + 22 * number, local(name), name, 15)


def _news(patch: Patch) -> None:
    y = 188
    patch.caption(8, y - 2, "chord")
    patch.caption(44, y - 2, "", local("chord-shown"), width=110, colour=GREY)
    patch.number(440, y - 2, local("bars-left"), "bars left", 4, -1, 999)
    patch.caption(8, y + 18, "", local("said"), width=WIDTH - 18, colour=GREY)


# The rooms


def _wires(patch: Patch) -> None:
    """To the network, to the transport, and the words that the Hub hears."""
    wire = patch.obj(20, 385, "chorale-wire chorale")
    gate = patch.obj(20, 360, "spigot")
    patch.receive(20, 335, shared(names.OUT)) >> gate >> wire
    patch.receive(90, 335, ONLINE_NOW) >> gate(1)
    patch.receive(180, 335, SAY) >> wire
    patch.receive(250, 335, WIRING) >> wire(1)
    wire >> patch.send(20, 410, local("arrived"))
    patch.obj(440, 335, "chorale-transport $1")
    route = patch.obj(330, 360, "route ports note send through panic")
    patch.receive(330, 335, names.COMMAND) >> route
    targets = PORTS, local("note"), shared(names.OUT), local("through"), local("panic"), shared(names.TRANSPORT)
    for number, target in enumerate(targets):
        route[number] >> patch.send(330 + 45 * number, 390 + 25 * (number % 2), target)


def _link() -> Patch:
    patch = Patch(1000, 560)
    _begin(patch)
    _ask(patch)
    _hello(patch)
    _alive(patch)
    patch.sub(20, 520, "presence", _presence())
    return patch


def _begin(patch: Patch) -> None:
    """Opens the ports, at the start and whenever they change."""
    host = patch.obj(180, 135, "symbol 127.0.0.1")
    wait, to, heard = (
        patch.obj(20, 160, f"delay {BEGIN_MS}"),
        patch.obj(60, 135, f"v {local('to-port')}"),
        patch.obj(120, 110, f"v {local('from-port')}"),
    )
    ports = patch.obj(20, 85, f"unpack {PORT_IN} {PORT_OUT} s")
    patch.obj(140, 35, "loadbang") >> patch.msg(140, 60, f"{PORT_IN} {PORT_OUT}") >> ports
    patch.receive(20, 35, PORTS) >> ports
    ports[2] >> patch.then(180, 85, "aa", host(1), patch.send(260, 110, local("host")))
    ports[1] >> heard
    ports[0] >> patch.then(20, 110, "fb", to, wait)

    loopback = patch.obj(180, 285, "sel 127.0.0.1")
    host >> loopback
    own, any_host = patch.obj(180, 340, "f"), patch.obj(260, 340, "f")
    loopback[0] >> own >> patch.msg(180, 365, "listen $1 127.0.0.1") >> patch.send(180, 395, WIRING)
    (
        loopback[1]
        >> patch.obj(260, 315, "b")
        >> any_host
        >> patch.msg(330, 365, "listen $1")
        >> patch.send(330, 395, WIRING)
    )
    port = patch.obj(120, 235, f"v {local('from-port')}")
    port >> patch.then(120, 260, "fff", own(1), any_host(1), _set(patch, 120, 440, local("from")))
    shown = patch.obj(20, 260, f"v {local('to-port')}")
    shown >> _set(patch, 20, 440, local("to"))
    session = patch.obj(400, 235, "realtime")
    session >> patch.obj(400, 260, "expr int($f1 * 10000) % 16777213") >> patch.obj(400, 285, f"v {SESSION}")
    on = patch.msg(60, 215, "1")
    on >> patch.send(60, 240, local("awake"))
    wait >> patch.then(20, 190, "bbbbbb", patch.send(480, 215, LOST), session(1), port, host, shown, on)


def _ask(patch: Patch) -> None:
    """Says hello, on a fresh connection: the last one may have been refused."""
    off, host = patch.msg(520, 85, "disconnect"), patch.obj(560, 110, "symbol 127.0.0.1")
    patch.receive(680, 60, local("host")) >> host(1)
    place = patch.obj(560, 160, "pack s f")
    host >> place
    port = patch.obj(620, 135, f"v {local('to-port')}")
    port >> place(1)
    wiring = patch.send(560, 240, WIRING)
    off >> wiring
    place >> patch.prepend(560, 185, "connect") >> wiring
    one, session = patch.msg(680, 110, "1"), patch.obj(740, 110, f"v {SESSION}")
    asked, over = patch.obj(680, 135, f"v {ASKED}"), patch.msg(860, 110, "0")
    one >> asked
    one >> patch.obj(860, 85, f"delay {ANSWER_MS}") >> over >> patch.obj(860, 135, f"v {ASKED}")
    session >> patch.msg(740, 135, f"hello {VERSION} $1") >> patch.send(740, 160, SAY)
    patch.receive(520, 35, ASK) >> patch.then(520, 60, "bbbbb", off, port, host, one, session)


def _hello(patch: Patch) -> None:
    """The companion is there; with another session it knows nothing of what was before."""
    parts, version = patch.obj(520, 295, "unpack f f"), patch.obj(520, 320, f"sel {VERSION}")
    patch.receive(520, 270, HELLO) >> parts
    wrong = patch.msg(800, 345, "label version?")
    wrong >> patch.send(800, 370, local("connection"))
    parts[0] >> version
    version[1] >> wrong

    theirs, other = patch.obj(600, 395, "f"), patch.obj(600, 420, "expr $f1 != $f2")
    known = patch.obj(690, 395, f"v {KNOWN}")
    known >> other(1)
    theirs >> other
    parts[1] >> theirs(1)
    fresh = patch.obj(600, 445, "sel 1")
    other >> fresh
    learnt, before = patch.obj(760, 470, "f"), patch.obj(840, 470, f"v {local('was-asked')}")
    told = patch.prepend(780, 520, "session")
    told >> patch.send(780, 575, shared(names.REPORT))
    learnt >> patch.then(760, 495, "ff", told, patch.obj(740, 520, f"v {KNOWN}"))
    parts[1] >> learnt(1)
    before >> patch.obj(840, 495, "sel 0") >> patch.send(840, 520, ASK)
    silence, forget = patch.send(640, 500, shared(names.SILENCE)), patch.send(600, 525, shared(names.FORGET))
    fresh >> patch.then(600, 470, "bbbb", learnt, silence, forget, before)

    asked, none = patch.obj(860, 395, f"v {ASKED}"), patch.msg(940, 395, "0")
    asked >> patch.obj(860, 420, f"v {local('was-asked')}")
    none >> patch.obj(940, 420, f"v {ASKED}")
    there, tell = patch.send(540, 395, local("there")), patch.msg(520, 420, "tell")
    tell >> patch.send(520, 445, shared(names.TRANSPORT))
    version[0] >> patch.then(520, 370, "bbbbbb", asked, none, known, theirs, there, tell)


def _alive(patch: Patch) -> None:
    """A sign of life from the companion that is known; any other is asked who it is."""
    known = patch.obj(260, 500, "expr $f3 && $f1 == $f2")
    theirs, online = patch.obj(320, 475, f"v {KNOWN}"), patch.obj(400, 475, f"v {shared(names.ONLINE)}")
    theirs >> known(1)
    online >> known(2)
    patch.receive(260, 425, ALIVE) >> patch.then(260, 450, "bbf", theirs, online, known)
    same = patch.obj(260, 525, "sel 1")
    known >> same
    same[0] >> patch.send(260, 550, local("sign"))
    same[1] >> patch.send(320, 550, ASK)


def _presence() -> Patch:
    """Online for two seconds after each sign of life."""
    room = Patch(640, 480)
    watch = room.obj(20, 115, f"delay {OFFLINE_MS}")
    sign = room.receive(20, 65, local("sign"))
    sign >> watch
    here = room.msg(140, 65 + 25, "1")
    room.receive(140, 35, local("there")) >> room.then(140, 60, "bb", watch, here)
    away = room.msg(20, 200, "0")
    silence, forget = room.send(200, 200, shared(names.SILENCE)), room.send(160, 225, shared(names.FORGET))
    nobody = room.msg(110, 200, "-1")
    nobody >> room.obj(110, 250, f"v {KNOWN}")
    lost = room.then(20, 165, "bbbb", away, nobody, silence, forget)
    watch >> lost
    room.receive(80, 140, LOST) >> lost

    change = room.obj(20, 330, "change -1")
    told, label = room.prepend(80, 380, "online"), room.obj(220, 380, "sel 1 0")
    told >> room.send(80, 435, shared(names.REPORT))
    for number, (text, colour) in enumerate((("online", HERE), ("offline", AWAY))):
        shown = room.msg(220 + 200 * number, 405, f"color {colour} #202020, label {text}")
        label[number] >> shown >> room.send(220 + 200 * number, 435, local("connection"))
    change >> room.then(20, 355, "ff", label, told)
    gate = room.send(360, 330, ONLINE_NOW)
    online = room.then(20, 300, "fff", room.obj(220, 330, f"v {shared(names.ONLINE)}"), gate, change)
    here >> online
    away >> online

    awake = room.receive(420, 35, local("awake"))
    for x, period_ms, when in ((420, ASK_MS, 0), (540, ALIVE_MS, 1)):
        due = room.obj(x, 140, f"sel {when}")
        awake >> room.obj(x, 65, f"metro {period_ms}") >> room.obj(x, 90, f"v {shared(names.ONLINE)}") >> due
        if when:
            due >> room.obj(x, 165, f"v {SESSION}") >> room.msg(x, 190, "alive $1") >> room.send(x, 215, SAY)
        else:
            due >> room.send(x, 165, ASK)
    return room


def _inbox() -> Patch:
    patch = Patch(860, 260)
    words = ("hello", "alive", "frame", "now", "clear", "confidence", "state", "status", "error")
    route = patch.obj(20, 90, f"route {' '.join(words)}")
    watched = patch.prepend(140, 90 - 25, "heard")
    watched >> patch.send(300, 90 - 25, shared(names.REPORT))
    patch.receive(20, 15, local("arrived")) >> patch.then(20, 40, "aa", watched, route)
    targets = HELLO, ALIVE, FRAME, shared(names.NOW), CLEAR
    for number, target in enumerate(targets):
        route[number] >> patch.send(20 + 80 * number, 130 + 25 * (number % 2), target)
    bits = patch.obj(420, 130, "list split 1")
    route[5] >> bits
    bits[1] >> patch.send(420, 155, shared(names.CONFIDENCE))
    route[6] >> patch.send(520, 130, shared(names.STATE))
    for number, colour in ((7, GREY), (8, AWAY)):
        x = 620 + 120 * (number - 7)
        ground, text = patch.msg(x, 185, f"color {colour} #202020"), patch.prepend(x, 210, "label")
        said = patch.send(x, 260, local("said"))
        ground >> said
        text >> said
        route[number] >> patch.then(x, 155, "ba", ground, text)
    return patch


def _store() -> Patch:
    patch = Patch(860, 560)
    patch.text(
        20, 5, f"{SLOTS} slots; the slot of a step is the step modulo {SLOTS}. A frame that was played is gone.", 90
    )
    tables = [shared(names.STEPS)]
    for voice in "1234":
        tables += [pitches(voice), velocities(voice)]
    for number, table in enumerate(tables):
        patch.obj(620, 35 + 25 * number, f"table {table} {SLOTS}")
    _write(patch)
    _forget(patch)
    _clear(patch)
    patch.sub(20, 35 + 500, "in-time", _in_time())
    return patch


def _write(patch: Patch) -> None:
    """A frame comes in: its parts first, and then that it is there."""
    parts = patch.obj(20, 120, f"unpack {' '.join('f' * 9)}")
    cells = [*(pitches(voice) for voice in "1234"), *(velocities(voice) for voice in "1234")]
    written = [patch.obj(90 + 60 * (n % 2), 165 + 25 * n, f"tabwrite {table}") for n, table in enumerate(cells)]
    step = patch.obj(20, 165, f"tabwrite {shared(names.STEPS)}")
    slot = patch.obj(140, 90, f"mod {SLOTS}")
    for number, cell in enumerate(written, start=1):
        parts[number] >> cell
        slot >> cell(1)
    parts[0] >> step
    slot >> step(1)
    first = patch.obj(140, 65, "list split 1")
    first >> slot
    patch.receive(20, 35, KEPT) >> patch.then(20, 60, "ll", first, parts)


def _in_time() -> Patch:
    """A frame of a step that has begun comes too late: kept, it would sound when the song comes by again.

    A loop so short that frames are sent from one of its rounds for the next takes all.
    """
    patch = Patch(620, 240)
    gate = patch.obj(20, 170, "spigot")
    gate >> patch.send(20, 200, KEPT)
    late = f"$f2 && $f3 - $f1 >= 0 && $f3 - $f1 < {LATE_STEPS}"
    short = f"$f4 && $f3 >= $f5 && $f3 < $f6 && $f6 - $f5 < {SHORT_LOOP}"
    keep = patch.obj(60, 135, f"expr ({late}) == 0 || ({short})")
    keep >> gate(1)
    step, playing = patch.obj(60, 105, "list split 1"), patch.obj(140, 65, f"v {shared(names.PLAYING)}")
    playing >> keep(1)
    step >> keep
    patch.receive(260, 65, shared(names.TICK)) >> keep(2)
    loop = patch.obj(380, 90, "unpack f f f")
    patch.receive(380, 65, shared("loop-now")) >> loop
    for number in range(3):
        loop[number] >> keep(3 + number)
    patch.receive(20, 30, FRAME) >> patch.then(20, 60, "bll", playing, step, gate)
    return patch


def _forget(patch: Patch) -> None:
    """All of them, or the one that was played."""
    begin = patch.obj(340, 60, "loadbang")
    none = patch.msg(340, 85, f"const {names.NO_STEP}")
    begin >> none
    patch.receive(420, 60, shared(names.FORGET)) >> patch.obj(420, 85, "b") >> none
    none >> patch.send(340, 110, shared(names.STEPS))
    empty = patch.obj(340, 240, f"tabwrite {shared(names.STEPS)}")
    nothing, slot = patch.msg(340, 205, names.NO_STEP), patch.obj(420, 205, f"mod {SLOTS}")
    nothing >> empty
    slot >> empty(1)
    patch.receive(340, 150, shared(names.TICKED)) >> patch.then(340, 175, "fb", slot, nothing)


def _clear(patch: Patch) -> None:
    """Those of a stretch of steps, where they are the ones that the slots hold."""
    span = patch.obj(340, 305, "unpack f f")
    first = patch.obj(340, 330, f"expr max($f1, $f2 - {SLOTS - 1})")
    many = patch.obj(340, 385, "expr max(0, $f2 - $f1 + 1)")
    patch.receive(340, 280, CLEAR) >> span
    span[1] >> patch.then(460, 305, "ff", first(1), many(1))
    span[0] >> first
    step = patch.obj(340, 435, "f")
    following = patch.obj(400, 435, "+ 1")
    following >> step(1)
    first >> patch.then(340, 355, "ff", step(1), many)
    many >> patch.obj(340, 410, "until") >> step

    held, empty = patch.obj(500, 490, "=="), patch.obj(500, 555, f"tabwrite {shared(names.STEPS)}")
    slot = patch.obj(580, 440, f"mod {SLOTS}")
    read = patch.obj(500, 465, f"tabread {shared(names.STEPS)}")
    read >> held
    slot >> patch.then(580, 465 - 5, "ff", empty(1), read)
    held >> patch.obj(500, 512, "sel 1") >> patch.msg(500, 535, names.NO_STEP) >> empty
    step >> patch.then(340, 460, "fff", following, held(1), slot)


def _controls() -> Patch:
    patch = Patch(1000, 460)
    _transport_controls(patch)
    for number, name in enumerate((*NUMBERS, *WORDS)):
        x = 20 + 130 * number
        patch.receive(x, 230, local(name)) >> patch.prepend(x, 255, name) >> patch.send(x, 310, shared(names.OUT))
    for number, name in enumerate(ACTIONS):
        x = 20 + 90 * number
        patch.receive(x, 350, local(name)) >> patch.msg(x, 375, name) >> patch.send(x, 400, shared(names.OUT))
    mode = patch.obj(700, 255, f"sel {' '.join(str(n) for n in range(len(MODES)))}")
    patch.receive(700, 230, local("mode")) >> mode
    out = patch.send(700, 400, shared(names.OUT))
    for number, name in enumerate(MODES):
        mode[number] >> patch.msg(700 + 40 * number, 280 + 18 * number, f"mode {name}") >> out
    said = patch.msg(560, 400, "panic")
    said >> patch.send(560, 425, shared(names.OUT))
    told = patch.msg(660, 375, "panic")
    told >> patch.send(660, 400, shared(names.REPORT))
    ends = patch.send(600, 375, shared(names.PANIC)), patch.send(620, 400, shared(names.FORGET))
    patch.receive(520, 330, local("panic")) >> patch.then(520, 355, "bbbb", told, *ends, said)
    return patch


def _transport_controls(patch: Patch) -> None:
    """Touched here, shown as the transport has it."""
    transport = patch.send(20, 190, shared(names.TRANSPORT))
    for number, (name, word) in enumerate(
        {"play": "play", "tempo": "tempo", "position": "locate", "clock": "clock"}.items()
    ):
        patch.receive(20 + 120 * number, 20, local(name)) >> patch.prepend(20 + 120 * number, 45, word) >> transport
        if name != "clock":
            shown = patch.receive(20 + 120 * number, 105, shared(f"{name}-now"))
            shown >> _set(patch, 20 + 120 * number, 130, local(name))
    patch.receive(500, 20, local("rewind")) >> patch.msg(500, 45, "locate 0") >> transport
    for x, word, parts in ((560, "metre", ("beats", "unit")), (740, "loop", ("loop", "loop-start", "loop-end"))):
        now = patch.obj(x, 105, f"unpack {' '.join('f' * len(parts))}")
        patch.receive(x, 80, shared(f"{word}-now")) >> now
        whole = patch.obj(x, 162, f"pack {' '.join('0' * len(parts))}")
        whole >> patch.prepend(x, 190, word) >> transport
        first = patch.obj(x, 75 - 5, "f")
        first >> whole
        for number, name in enumerate(parts):
            now[number] >> _set(patch, x + 80 * number, 130, local(name))
            touched = patch.receive(x + 80 * number, 20, local(name))
            if number == 0:
                now[0] >> first(1)
                touched >> first
            else:
                now[number] >> whole(number)
                touched >> patch.then(x + 80 * number, 45, "fb", whole(number), first)


def _shown() -> Patch:
    patch = Patch(1000, 320)
    keys = (
        "mode",
        "temperature",
        *(name for name in NUMBERS if name != "temperature"),
        *WORDS,
        "bars_left",
        "chord",
    )
    route = patch.obj(20, 45, f"route {' '.join(keys)}")
    patch.receive(20, 20, shared(names.STATE)) >> route
    mode = patch.obj(20, 75, f"route {' '.join(MODES)}")
    route[0] >> mode
    chosen = patch.send(20, 260, local("mode-set"))
    for number in range(len(MODES)):
        mode[number] >> patch.msg(20 + 45 * number, 105 + 20 * number, f"set {number}") >> chosen
    for_all = patch.obj(300, 100, "list split 2")
    route[1] >> patch.obj(300, 75, "list append") >> for_all
    for_all[2] >> _set(patch, 300, 130, local("temperature"))
    for number, name in enumerate(keys[2:-1], start=2):
        route[number] >> _set(patch, 300 + 100 * (number - 1), 130, local(name.replace("bars_left", "bars-left")))
    route[len(keys) - 1] >> patch.prepend(400, 220, "label") >> patch.send(400, 275, local("chord-shown"))
    return patch


def _set(patch: Patch, x: int, y: int, name: str) -> Box:
    """Shows a value, and nothing more."""
    setter = patch.prepend(x, y, "set")
    setter >> patch.send(x, y + 50, f"{name}-set")
    return setter


def _keys() -> Patch:
    patch = Patch(900, 520)
    patch.text(
        20, 5, "Through: 0 as played, 1-16 on that channel, -1 not at all. A release goes where its key went.", 100
    )
    key = patch.obj(20, 85, "pack 0 0 1")
    played = patch.obj(20, 60, "notein")
    for number in range(3):
        played[number] >> key(number)
    _through(patch)
    told, said = patch.prepend(120, 140, "key"), patch.prepend(260, 140, "note")
    told >> patch.send(120, 195, shared(names.REPORT))
    said >> patch.send(260, 195, shared(names.OUT))
    each = patch.then(20, 110, "lll", patch.send(60, 165, local("pass")), said, told)
    key >> each
    patch.receive(120, 85, local("note")) >> each
    pedal = patch.obj(360, 60, "ctlin 64") >> patch.obj(360, 85, ">= 64") >> patch.obj(360, 110, "change")
    pedal >> patch.prepend(400, 140, "pedal") >> patch.send(400, 195, shared(names.OUT))
    return patch


def _through(patch: Patch) -> None:
    """To the MIDI output; the table remembers on which channel each key went out."""
    table = local("channels")
    patch.obj(700, 60, f"table {table} 2048")
    setting = _setting(patch)
    way = patch.obj(
        20, 340, "expr $f1; $f2; if($f2 > 0, if($f5 == 0, $f3, $f5), $f4); if($f2 > 0, if($f5 == 0, $f3, $f5), 0)"
    )
    setting >> way(4)
    remembered = patch.obj(340, 300, f"tabread {table}")
    remembered >> way(3)
    kept = patch.obj(340, 375, f"tabwrite {table}")
    cell = patch.obj(340, 250, "expr (($f3 - 1) % 16) * 128 + $f1")
    cell >> patch.then(340, 275, "ff", kept(1), remembered)
    patch.receive(20, 230, local("pass")) >> patch.then(20, 255, "ll", cell, way)
    note, gate = patch.obj(20, 410, "pack 0 0 1"), patch.obj(20, 440, "spigot")
    way[3] >> kept
    heard = patch.obj(260, 410, "> 0")
    heard >> gate(1)
    way[2] >> patch.then(200, 375, "ff", note(2), heard)
    way[1] >> note(1)
    way[0] >> note
    note >> gate >> patch.obj(20, 470, "noteout")


def _setting(patch: Patch) -> Box:
    """The channel of the keys; controllers, such as the pedal, go the same way."""
    now = patch.obj(480, 110, "f")
    patch.receive(480, 60, local("through")) >> patch.obj(480, 85, "clip -1 16") >> now
    now >> _set(patch, 560, 110, local("through"))
    patch.obj(600, 60, "loadbang") >> patch.msg(600, 85, str(THROUGH_AT_FIRST)) >> patch.send(660, 85, local("through"))
    moved, way = patch.obj(480, 235, "pack 0 0 1"), patch.obj(480, 265, "expr $f1; $f2; if($f4 == 0, $f3, $f4)")
    control = patch.obj(480, 210, "ctlin")
    for number in range(3):
        control[number] >> moved(number)
    moved >> way
    now >> way(3)
    sent, gate = patch.obj(480, 340, "pack 0 0 1"), patch.obj(480, 370, "spigot")
    heard = patch.obj(700, 330, "> 0")
    heard >> gate(1)
    way[2] >> patch.then(640, 300, "ff", sent(2), heard)
    way[1] >> sent(1)
    way[0] >> sent
    sent >> gate >> patch.obj(480, 400, "ctlout")
    return now
