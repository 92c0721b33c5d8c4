"""The pages of the Hub for the music: what is asked of the companion, each control with its address.

What Live has itself has no place here: a tempo to tap, a metronome, a count-in.
"""

from __future__ import annotations

from max_patches.faces import Face
from max_patches.hubnames import BLANK, LIVE_KEY, SCALE, SEND, VALUES, text_of
from max_patches.hubparameters import (
    AS_STARTED,
    AUTO,
    BARS,
    CHANNELS,
    DENSITY,
    FOCUS,
    FOLLOW,
    GRID,
    HEARD,
    KEY,
    LEVEL,
    LIVES,
    LOCKS,
    LOUDNESSES,
    MODE,
    MODEL,
    MUTES,
    OCTAVES,
    PHRASE_END,
    PROGRAMS,
    REST,
    RULE,
    SEED,
    STYLE,
    SURPRISE,
    SURPRISES,
    TRANSPOSE,
    VOICE_BANKS,
    VOICE_OCTAVES,
)
from max_patches.names import VOICES
from max_patches.patcher import Box, Outlet, Patcher

SMALL = 8.5  # points
LEFT, AT, WIDE = 276, 322, 90  # labels, controls behind them, and how wide those are
COLUMN, CELL = 320, 23  # of a voice


def play(patch: Patcher, face: Face) -> None:
    """What is reached for while it plays."""
    face.label((LEFT, 26, 44, 16), "Mode")
    mode = face.menu((AT, 26, WIDE, 15), MODE)
    again(patch, mode)
    _named(patch, mode[1], "mode")
    face.label((LEFT, 44, 44, 16), "Length")
    _length(patch, face.number((AT, 44, WIDE, 15), BARS))
    _sampling(patch, face)
    for top, text, parameter, address in ((130, "Style", STYLE, "style"), (147, "Model", MODEL, "model")):
        face.label((LEFT, top, 31, 16), text)
        # names of models are long
        name = face.menu((LEFT + 33, top, AT + WIDE - LEFT - 33, 15), parameter, fontsize=SMALL)
        again(patch, name)
        _named(patch, (name[1] >> patch.add(f"route {AS_STARTED}"))[1], address)


def phrase(patch: Patcher, face: Face) -> None:
    """Key, phrase, loudness, dice."""
    rows = (
        (26, "Key"),
        (41, "Answers on"),
        (56, "Ends by"),
        (71, "Rest"),
        (86, "Loudness"),
        (101, "Level"),
        (116, "Follow"),
        (131, "Transpose"),
        (146, "Seed"),
    )
    for top, text in rows:
        face.label((LEFT, top, 56, 15), text)
    at, wide = LEFT + 58, 78
    _key(patch, face.menu((at, 26, wide, 15), KEY))
    for top, parameter, address in ((41, GRID, "grid"), (56, PHRASE_END, "phrase_end")):
        menu = face.menu((at, top, wide, 15), parameter)
        again(patch, menu)
        _named(patch, menu[1], address)
    _say(patch, face.number((at, 71, wide, 15), REST), "rest")
    _loudness(patch, face.menu((at, 86, wide, 15), RULE), face.number((at, 101, wide, 15), LEVEL))
    _say(patch, face.number((at, 116, wide, 15), FOLLOW), "follow")
    _say(patch, face.number((at, 131, wide, 15), TRANSPOSE), "transpose")
    seed = face.number((at, 146, wide, 15), SEED)
    again(patch, seed)
    given = seed >> patch.add("i") >> patch.add("sel 0")
    given[1] >> patch.add("prepend /chorale/seed") >> patch.send(SEND)


def voices(patch: Patcher, face: Face) -> None:
    """A column for each voice."""
    rows = (
        (40, "Lock"),
        (54, "Mute"),
        (68, "Surprise"),
        (82, "Octave"),
        (96, "Loudness"),
        (110, "Channel"),
        (124, "Program"),
        (138, "Bank"),
        (153, "Now"),
    )
    for top, text in rows:
        face.label((LEFT, top, 44, 14), text)
    for place, voice in enumerate(VOICES):
        number, left = place + 1, COLUMN + CELL * place
        head = face.label((left, 25, CELL, 15), f"({voice[0]})", justify=1)
        patch.receive(text_of(f"voice{number}")) >> patch.add("prepend set") >> head
        _say(patch, face.switch((left, 40, CELL - 1, 14), "L", LOCKS[place]), f"voice/lock {number}")
        _say(patch, face.switch((left, 54, CELL - 1, 14), "M", MUTES[place]), f"voice/mute {number}")
        _surprise(patch, face.number((left, 68, CELL, 14), SURPRISES[place]), number)
        octave = face.menu((left, 82, CELL, 14), VOICE_OCTAVES[place])
        again(patch, octave)
        _named(patch, octave >> patch.add(f"- {OCTAVES.index('0')}"), f"voice/octave {number}")
        _say(patch, face.number((left, 96, CELL, 14), LOUDNESSES[place]), f"voice/velocity {number}")
        for top, parameters, name in ((110, CHANNELS, "channel"), (124, PROGRAMS, "program")):
            told = _if_set(patch, face.number((left, top, CELL, 14), parameters[place]))
            _named(patch, told, f"voice/{name} {number}")
        bank = _if_set(patch, face.number((left, 138, CELL, 14), VOICE_BANKS[place]))
        _named(patch, bank >> patch.add("expr ($i1 - 1) * 128 + 1"), f"voice/bank {number}")
        for offset, lamp in ((0, "lock"), (11, "mute")):
            shown, dark = face.label((left + offset, 153, 11, 14), ""), patch.message("set")
            lit = patch.receive(text_of(f"{lamp}{number}")) >> patch.add("sel -")
            lit[0] >> dark
            lit[1] >> patch.add("prepend set") >> shown
            patch.receive(BLANK) >> dark >> shown


def again(patch: Patcher, control: Box) -> None:
    """A control says its value when the companion has come."""
    patch.receive(VALUES) >> patch.message("outputvalue") >> control


def _say(patch: Patcher, control: Box, address: str) -> None:
    """A control whose value is the message."""
    again(patch, control)
    _named(patch, control, address)


def _if_set(patch: Patcher, control: Box) -> Outlet:
    """The value of a control whose 0 says nothing."""
    again(patch, control)
    return (control >> patch.add("sel 0"))[1]


def _named(patch: Patcher, said: Box | Outlet, address: str) -> None:
    said >> patch.add(f"prepend /chorale/{address}") >> patch.send(SEND)


def _length(patch: Patcher, bars: Box) -> None:
    again(patch, bars)
    said = bars >> patch.add("t i i")
    said[1] >> patch.send(text_of("length"))
    some = said[0] >> patch.add("sel 0")
    _named(patch, some[1], "bars")


def _sampling(patch: Patcher, face: Face) -> None:
    """Surprise and focus, of the style or of one's own; density."""
    dials = (face.dial((LEFT, 62, 44, 48), SURPRISE), face.dial((322, 62, 44, 48), FOCUS))
    _say(patch, face.dial((368, 62, 44, 48), DENSITY), "density")
    auto = face.switch((LEFT, 112, 136, 15), "Style decides", AUTO)
    again(patch, auto)
    chosen = auto >> patch.add("t i i")
    own = chosen[1] >> patch.add("== 0") >> patch.add("t i i i i")  # 1: the dials count
    to_say = chosen[0] >> patch.add("sel 1 0")
    automatic, asked = to_say[0] >> patch.add("t b b"), to_say[1] >> patch.add("t b b")
    for place, (dial, address) in enumerate(zip(dials, ("temperature", "top_p"), strict=True)):
        passing, message = patch.add("gate 1"), patch.add(f"prepend /chorale/{address}")
        own[2 + place] >> passing
        own[place] >> patch.add("prepend active") >> dial
        dial >> passing.inlet(1)
        if address == "top_p":  # the more focus, the smaller the share that is kept
            passing >> patch.add("expr 1. - $f1 / 100.") >> message
        else:
            passing >> message
        message >> patch.send(SEND)
        automatic[place] >> patch.message("auto") >> message
        asked[place] >> patch.message("outputvalue") >> dial


def _key(patch: Patcher, key: Box) -> None:
    """Heard is auto; Live is whatever Live's scale is, also when it changes."""
    again(patch, key)
    message, following = patch.add("prepend /chorale/key"), patch.add("gate 1")
    named = key[1] >> patch.add(f"route {HEARD} {LIVES}")
    named[0] >> patch.message("auto") >> message
    named[2] >> message
    live = key >> patch.add("== 1") >> patch.add("t i i")
    live[1] >> following
    live[0] >> patch.add("sel 1") >> patch.send(SCALE)
    patch.receive(LIVE_KEY) >> following.inlet(1)
    following >> message
    message >> patch.send(SEND)


def _loudness(patch: Patcher, rule: Box, level: Box) -> None:
    """A rule, or one velocity for all."""
    again(patch, rule)
    message, always = patch.add("prepend /chorale/velocity"), patch.add("gate 1")
    chosen = rule >> patch.add("t i i")
    chosen[1] >> patch.add("== 2") >> always
    said = chosen[0] >> patch.add("sel 0 1 2")
    said[0] >> patch.message("played") >> message
    said[1] >> patch.message("entropy") >> message
    said[2] >> patch.message("outputvalue") >> level
    level >> always.inlet(1)
    always >> message
    message >> patch.send(SEND)


def _surprise(patch: Patcher, control: Box, number: int) -> None:
    """A voice's own temperature; 0 is that of all."""
    again(patch, control)
    value, ways = control >> patch.add("t f f"), patch.add("gate 2")
    value[1] >> patch.add("expr ($f1 > 0.) + 1") >> ways
    value[0] >> ways.inlet(1)
    ways[0] >> patch.message(f"/chorale/temperature auto {number}") >> patch.send(SEND)
    ways[1] >> patch.message(f"/chorale/temperature $1 {number}") >> patch.send(SEND)
