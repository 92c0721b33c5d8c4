"""``[chorale-transport GROUP]``: play, stop, tempo, position in 16ths, loop, metre, and MIDI clock.

It hears words at ``chorale-GROUP-transport`` and tells each 16th to the voices, and where it stands to the companion.
Pure Data's own clock counts the steps: they neither drift nor wait for a change of tempo.
"""

from __future__ import annotations

from max_patches.pd.names import FORGET, OUT, PLAYING, REPORT, SILENCE, TICK, TICKED, TRANSPORT, local, shared
from max_patches.pd.patch import Box, Patch

TELL_MS = 50  # between two positions told to the companion, besides those at each step

START, STOP, LOCATE, TEMPO = local("start"), local("stop"), local("locate"), local("tempo")
LOOP, METRE, CLOCK, TELL, TELL_ALL = local("loop"), local("metre"), local("clock"), local("tell"), local("tell-all")
QUIET, CLOCK_START, CLOCK_STOP = local("quiet"), local("clock-start"), local("clock-stop")
STEP, NEXT, CLOCKING = local("step"), local("next"), local("clocking")  # values


def build() -> Patch:
    """The abstraction."""
    patch = Patch(820, 340)
    patch.text(
        20, 10, "The transport of a group: play 1, stop with play 0, tempo BPM, locate STEP, loop ON START END,", 100
    )
    patch.text(
        20, 28, "metre BEATS UNIT, clock 1 sends MIDI clock. A step is a 16th. tell: says all to the companion.", 100
    )
    _words(patch)
    quiet = patch.then(600, 270, "bb", patch.send(650, 300, shared(SILENCE)), patch.send(600, 320, shared(FORGET)))
    patch.receive(600, 245, QUIET) >> quiet
    patch.sub(20, 270, "steps", _steps())
    patch.sub(120, 270, "tell", _tell())
    patch.sub(220, 270, "midi-clock", _midi_clock())
    return patch


def _words(patch: Patch) -> None:
    words = ("play", "tempo", "locate", "loop", "metre", "clock", "tell")
    route = patch.obj(20, 90, f"route {' '.join(words)}")
    patch.receive(20, 65, shared(TRANSPORT)) >> route
    play = patch.obj(20, 188, "sel 1 0")
    changed = route[0] >> patch.obj(20, 115, "!= 0") >> patch.obj(20, 140, "change")
    told = patch.prepend(240, 188, "play")
    told >> patch.send(240, 240, shared(REPORT))
    changed >> patch.then(20, 163, "fff", told, patch.send(140, 190, shared("play-now")), play)
    play[0] >> patch.send(20, 215, START)
    play[1] >> patch.send(80, 215, STOP)
    route[1] >> patch.obj(140, 140, "clip 20 400") >> patch.send(140, 165, TEMPO)
    route[2] >> patch.obj(240, 140, "expr floor($f1)") >> patch.send(240, 165, LOCATE)
    for number, name in enumerate((LOOP, METRE, CLOCK, TELL_ALL)):
        route[3 + number] >> patch.send(380 + 100 * number, 140, name)
    begin = patch.obj(480, 180, "loadbang")
    for number, (message, name) in enumerate((("120", TEMPO), ("4 4", METRE), ("0 0 64", LOOP))):
        begin >> patch.msg(480 + 110 * number, 205, message) >> patch.send(480 + 110 * number, 230, name)


# Counting


def _steps() -> Patch:
    patch = Patch(800, 460)
    metro, tell = patch.obj(20, 190, "metro 1 480 permin"), patch.obj(200, 190, f"metro {TELL_MS}")
    tell >> patch.send(200, 215, TELL)
    _start(patch, metro, tell)
    _stop(patch, metro, tell)
    _locate(patch, metro)
    _tick(patch, metro)
    pace = patch.receive(640, 30, TEMPO) >> patch.obj(640, 55, "* 4") >> patch.msg(640, 80, "tempo $1 permin")
    pace >> metro
    return patch


def _start(patch: Patch, metro: Box, tell: Box) -> None:
    """All must know that it plays before the first step comes."""
    one = [patch.msg(20 + 40 * number, 85, "1") for number in range(3)]
    one[0] >> patch.obj(20, 110, f"v {shared(PLAYING)}")
    one[1] >> metro
    one[2] >> tell
    order = patch.then(20, 55, "bbbb", one[0], patch.send(60, 135, CLOCK_START), one[1], one[2])
    patch.receive(20, 30, START) >> order


def _stop(patch: Patch, metro: Box, tell: Box) -> None:
    """It goes on later from the step that was cut short."""
    off, stopped, step = patch.msg(240, 85, "0"), patch.msg(280, 85, "0"), patch.obj(280, 135, f"v {STEP}")
    off >> metro
    off >> tell
    stopped >> patch.obj(280, 110, f"v {shared(PLAYING)}")
    step >> patch.obj(280, 160, f"v {NEXT}")
    ends = patch.send(340, 160, CLOCK_STOP), patch.send(420, 135, QUIET), patch.send(420, 110, TELL)
    patch.receive(240, 30, STOP) >> patch.then(240, 55, "bbbbbb", off, ends[0], stopped, step, ends[1], ends[2])


def _locate(patch: Patch, metro: Box) -> None:
    """A jump; playing, the step there begins at once."""
    playing, again = patch.obj(520, 135, "sel 1"), patch.msg(520, 190, "1")
    asked = patch.obj(520, 110, f"v {shared(PLAYING)}")
    asked >> playing
    playing[0] >> patch.then(520, 162, "bb", patch.send(560, 190, CLOCK_START), again)
    again >> metro
    playing[1] >> patch.send(640, 162, TELL)
    step, following = patch.obj(560, 85, f"v {STEP}"), patch.obj(600, 110, f"v {NEXT}")
    shown = patch.send(640, 135, shared("position-now"))
    told = patch.prepend(700, 110, "locate")
    told >> patch.send(700, 165, shared(REPORT))
    order = patch.then(520, 55, "fbfffb", told, patch.send(660, 85, QUIET), step, following, shown, asked)
    patch.receive(520, 30, LOCATE) >> order


def _tick(patch: Patch, metro: Box) -> None:
    """The step now and the one that will follow it: the next, or the start of the loop."""
    following = patch.obj(20, 370, "expr if($f2 && $f1 < $f4 && $f1 + 1 >= $f4, $f3, $f1 + 1)")
    following >> patch.obj(20, 395, f"v {NEXT}")
    loop = patch.obj(320, 340, "unpack f f f")
    patch.receive(320, 315, shared("loop-now")) >> loop
    for number in range(3):
        loop[number] >> following(1 + number)
    told = patch.prepend(360, 260, "tick")
    told >> patch.send(360, 315 - 5, shared(REPORT))
    order = patch.then(
        20,
        265,
        "ffffff",
        patch.obj(230, 345, f"v {STEP}"),
        told,
        patch.send(180, 300, shared(TICK)),
        patch.send(140, 325, shared(TICKED)),
        patch.send(80, 345, shared("position-now")),
        following,
    )
    now = patch.obj(20, 240, f"v {NEXT}")
    now >> order
    tell = patch.send(20, 430, TELL)
    metro >> patch.then(20, 215, "bbb", patch.send(110, 240, f"{TELL}-step"), now, tell)


# Telling


def _tell() -> Patch:
    patch = Patch(640, 420)
    timer = patch.obj(220, 115, "timer 480 permin")
    patch.receive(220, 60, f"{TELL}-step") >> timer
    patch.receive(300, 60, TEMPO) >> patch.obj(300, 85, "* 4") >> patch.msg(340, 85, "tempo $1 permin") >> timer
    told = patch.obj(20, 260, "pack 0 0 120 4 4")
    told >> patch.prepend(20, 285, "transport") >> patch.send(20, 340, shared(OUT))
    # The fraction stays below a whole step, so that a position never lies past the end of the loop.
    position = patch.obj(60, 195, "expr $f1 * $f2 + $f3")
    position >> told(1)
    timer >> patch.obj(220, 140, "clip 0 0.999") >> position(1)
    step, playing = patch.obj(140, 115, f"v {STEP}"), patch.obj(20, 115, f"v {shared(PLAYING)}")
    step >> position(2)
    playing >> patch.then(20, 145, "ff", position, told)
    patch.receive(20, 60, TELL) >> patch.then(20, 85, "bbb", timer(1), step, playing)
    _tempo_and_metre(patch, told)
    _loop(patch)
    return patch


def _tempo_and_metre(patch: Patch, told: Box) -> None:
    """Both are told as soon as they change."""
    tell = patch.send(400, 130, TELL)
    patch.receive(440, 30, TEMPO) >> patch.then(440, 60, "ffb", told(2), patch.send(480, 90, shared("tempo-now")), tell)
    metre = patch.obj(440, 225, "unpack 4 4")
    metre[1] >> told(4)
    metre[0] >> patch.then(440, 255, "fb", told(3), tell)
    patch.receive(440, 170, METRE) >> patch.then(440, 195, "ll", patch.send(520, 225, shared("metre-now")), metre)


def _loop(patch: Patch) -> None:
    """Whole steps, and off where it is empty; what counts the steps is told too."""
    clean = patch.obj(20, 385 - 20, "expr $f1 != 0 && floor($f3) > floor($f2); floor($f2); floor($f3)")
    store = patch.obj(20, 390, "pack 0 0 64")
    for number in range(3):
        clean[number] >> store(number)
    patch.receive(160, 340, LOOP) >> clean
    said = patch.prepend(20, 450, "loop")
    for x, name in ((20, OUT), (120, REPORT)):
        said >> patch.send(x, 505, shared(name))
    store >> patch.then(20, 420, "ll", patch.send(140, 450, shared("loop-now")), said)
    tell = patch.send(560, 390, TELL)
    patch.receive(500, 340, TELL_ALL) >> patch.then(500, 365, "bb", store, tell)


# MIDI clock


def _midi_clock() -> Patch:
    patch = Patch(520, 360)
    patch.text(20, 5, "24 ticks a quarter, after start (from 0) or song position and continue.", 80)
    metro, out = patch.obj(20, 250, "metro 1 2880 permin"), patch.obj(20, 320, "midiout")
    metro >> patch.msg(20, 275, "248") >> out
    pace = patch.receive(180, 200, TEMPO) >> patch.obj(180, 225, "* 24") >> patch.msg(180, 250, "tempo $1 permin")
    pace >> metro
    _begin(patch, metro, out)
    _end(patch, metro, out)
    return patch


def _begin(patch: Patch, metro: Box, out: Box) -> None:
    from_zero = patch.obj(110, 110, "sel 0")
    where = patch.obj(110, 85 + 3, f"v {NEXT}")
    where >> from_zero
    from_zero[0] >> patch.msg(110, 140, "250") >> out
    place = patch.obj(170, 140, "expr int($f1) & 127; int($f1) >> 7 & 127")
    low_high = patch.obj(170, 165, "pack 0 0")
    from_zero[1] >> place
    place[0] >> low_high(0)
    place[1] >> low_high(1)
    low_high >> patch.msg(300, 165, "242, $1, $2, 251") >> out
    on, one = patch.obj(20, 58, "sel 1"), patch.msg(20, 110, "1")
    one >> metro
    clocking = patch.obj(20, 35 + 3, f"v {CLOCKING}")
    patch.receive(20, 20, CLOCK_START) >> clocking
    clocking >> on
    on[0] >> patch.then(20, 85, "bb", where, one)


def _end(patch: Patch, metro: Box, out: Box) -> None:
    on, off = patch.obj(360, 83, "sel 1"), patch.msg(360, 250, "0")
    off >> metro
    clocking = patch.obj(360, 58, f"v {CLOCKING}")
    stop = patch.receive(360, 33, CLOCK_STOP)
    stop >> clocking
    clocking >> on
    stopped = patch.msg(400, 275, "252")
    stopped >> out
    on[0] >> patch.then(360, 110, "bb", off, stopped)
    switched = patch.receive(430, 58, CLOCK) >> patch.obj(430, 83, "!= 0")
    setting = patch.obj(430, 190, f"v {CLOCKING}")
    switched >> patch.then(430, 150, "bf", off, setting)
