"""What a player can set and tell: one table of controls.

The command line, OSC, control changes, keys, presets and their documents follow from ``CONTROLS``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from companion.controls.kinds import (
    Argument,
    KeyName,
    Named,
    Number,
    OneOf,
    Sent,
    Switch,
    Turnable,
    VelocityName,
    Voice,
    Whole,
    usage,
)

DEFAULT_MODEL = "bach"
DEFAULT_STYLE = "bach"
USUAL_FOLLOW = 0.67  # two thirds

MODES = ("listen", "continue", "respond", "harmonise", "duet", "loop")
GRIDS = ("step", "beat", "bar")
MOST_COUNTED_IN = 4  # bars
PHRASE_ENDS = BY_SENSE, BY_REST = ("sense", "rest")
HIGHEST_SEED = 2**31 - 1  # an OSC int32

ACTION, CONTROL, VOICE_CONTROL = "action", "control", "voice control"

_VOICE = Argument("voice", Voice())


@dataclass(frozen=True)
class StyleDefaults:
    """What a style sets where the player says nothing."""

    name: str
    temperature: float
    top_p: float


@dataclass(frozen=True)
class Choices:
    """The models and styles there are. None: not known here, so any name passes."""

    models: tuple[str, ...] | None = None
    styles: tuple[StyleDefaults, ...] | None = None

    def narrowed(self, kind: Turnable) -> Turnable:
        """The kind with the names that there are."""
        if not isinstance(kind, Named):
            return kind
        if kind.what == "model":
            return replace(kind, names=self.models)
        return replace(kind, names=None if self.styles is None else tuple(style.name for style in self.styles))

    def defaults(self, style: str) -> StyleDefaults | None:
        """What a style sets; None where it is not known."""
        return next((known for known in self.styles or () if known.name == style), None)


ANY = Choices()


@dataclass(frozen=True)
class Keys:
    """Keys of the computer's keyboard that tell an action or move a control."""

    strokes: str  # one acts, toggles or goes to the next; of two the first goes down or back, the second up or on
    text: str  # what they do
    also: str = ""  # other strokes for the same, in the same order
    short: str = ""  # what the line at the foot says; empty: nothing
    step: float = 1  # so far a stroke moves a number
    ask: str = ""  # of a voice, where the number of the voice is a second key: what is asked for


@dataclass(frozen=True)
class Control:
    """One thing a player can set (a control) or tell (an action)."""

    name: str  # in OSC after "/chorale/"
    group: str  # ACTION, CONTROL (of the whole) or VOICE_CONTROL (of each voice)
    argument: str  # what its value is called; "" for an action without one
    kind: Turnable | None  # what its value may be
    doc: str
    field: str = ""  # of Settings or VoiceSettings; "" for an action
    voice_too: bool = False  # of the whole, and of a voice where one is named
    in_live: bool = True  # is for a device in Live, too; what Live has itself is not
    in_files: bool = False  # says how music is drawn, so that commands that write files have it too
    flag: str = ""  # a short option of the command line
    cc: int | None = None  # the control change that moves it unless others are bound; of voices, the soprano's
    keys: tuple[Keys, ...] = ()

    def arguments(self, choices: Choices = ANY) -> tuple[Argument, ...]:
        """In the order in which they are sent."""
        if self.kind is None:
            return ()
        optional = self.group == ACTION
        value = Argument(self.argument, choices.narrowed(self.kind), optional, called=self.name)
        if self.group == VOICE_CONTROL:
            return (_VOICE, value)
        return (value, replace(_VOICE, optional=True)) if self.voice_too else (value,)

    def of_voice(self, voice: Sent, value: Any) -> tuple[Any, ...]:
        """The arguments that give one voice a value."""
        return (voice, value) if self.group == VOICE_CONTROL else (value, voice)

    @property
    def usage(self) -> str:
        """The arguments in words."""
        return usage(self.arguments())


def _action(name: str, doc: str, argument: str = "", kind: Turnable | None = None, **more: Any) -> Control:
    return Control(name, ACTION, argument, kind, doc, **more)


def _control(name: str, value: str, kind: Turnable, doc: str, **more: Any) -> Control:
    return Control(name, CONTROL, value, kind, doc, **({"field": name} | more))


def _voice_control(name: str, value: str, kind: Turnable, doc: str, *keys: Keys, cc: int | None = None) -> Control:
    return Control(f"voice/{name}", VOICE_CONTROL, value, kind, doc, name, cc=cc, keys=keys)


def _keys(*words: Any, **more: Any) -> tuple[Keys, ...]:
    return (Keys(*words, **more),)


_BARS = Whole(1, 64)

CONTROLS = (
    _control(
        "mode",
        "name",
        OneOf(MODES),
        "what the companion does with what it hears",
        cc=22,
        keys=_keys("M m", "mode before, next", short="m mode"),
    ),
    _action("go", "answers now, for so many bars or until told to stop", "bars", _BARS, cc=23),
    _action("stop", "ends the answer at once and listens again"),
    _action(
        "cadence",
        "brings the music to a close within two bars",
        cc=24,
        keys=_keys("c", "come to a close", short="c cadence"),
    ),
    _action(
        "undo",
        "takes back to before the last answer",
        cc=25,
        keys=_keys("u", "back to before the answer", short="u undo"),
    ),
    _action("keep", "saves the last take", keys=_keys("k", "save the last take", short="k keep")),
    _action(
        "panic",
        "silences everything at once; whatever comes with it is passed over",
        cc=31,
        keys=_keys("p", "panic: silence everything", "!", "p panic"),
    ),
    _action(
        "tap",
        "taps a beat: the tempo is the average of the last taps, from two to eight, and begins anew after two seconds",
        in_live=False,
        cc=102,
        keys=_keys("b", "tap the beat: the tempo"),
    ),
    # The top is that of companion.sampling.draw.
    _control(
        "temperature",
        "value",
        Number(0, 10, 0.1, 2.0, auto=True),
        "how bold the choice of notes is: 0 takes the likeliest; auto is the style's, or for a voice that of all",
        voice_too=True,
        in_files=True,
        flag="-t",
        cc=20,
        keys=_keys("t T", "temperature down, up", "down up", step=0.1),
    ),
    _control(
        "top_p",
        "value",
        Number(0, 1, 0.05, 1.0, above=True, auto=True),
        "keeps the likeliest notes up to this share; auto is the style's",
        in_files=True,
        cc=21,
        keys=_keys(", .", "top-p down, up", step=0.05),
    ),
    _control(
        "density",
        "value",
        Number(-4, 4, -4, 4),
        "above 0 more notes, below 0 fewer: nats taken off the choice to hold",
        in_files=True,
        keys=_keys("d D", "fewer notes, more notes", "left right", step=0.5),
    ),
    _control(
        "follow",
        "share",
        Number(0, 1, 0, 1),
        "how far an answer takes after the phrase, in pace, height, motif, loudness and touch: 0 not at all",
        in_files=True,
        cc=85,
        keys=_keys("f F", "follow less, more", step=0.1),
    ),
    _control("key", "name", KeyName(), "the key to keep to; auto is the one that is heard", in_files=True),
    _control(
        "style",
        "name",
        Named("style"),
        "sampling defaults: bach is strict, free the model as it is, wild surprises",
        in_files=True,
        keys=_keys("s", "next style"),
    ),
    _control(
        "seed",
        "n",
        Whole(0, HIGHEST_SEED),
        "makes what is drawn repeatable",
        in_files=True,
        keys=_keys("r", "throw other dice"),
    ),
    _control(
        "model",
        "name",
        Named("model", joined="+"),
        "the model that plays, by its name (chorale models) or an .onnx file; a bad one leaves the old one playing",
        in_files=True,
        cc=30,
        keys=_keys("n", "next model"),
    ),
    _control(
        "velocity",
        "rule",
        VelocityName(),
        "how loud: as played, louder the surer, or always the same",
        in_files=True,
        keys=_keys("v", "next velocity rule"),
    ),
    _control(
        "bars",
        "n",
        _BARS,
        "the length of a call and of its response in mode respond",
        keys=_keys("- +", "bars of a call", "_ ="),
    ),
    _control("grid", "name", OneOf(GRIDS), "where answers may begin", keys=_keys("g", f"grid: {', '.join(GRIDS)}")),
    _control(
        "phrase_end",
        "name",
        OneOf(PHRASE_ENDS),
        "what ends a phrase: sense, a silence as long as its last tone asks for, or rest, always the same",
    ),
    _control(
        "rest",
        "beats",
        Number(0.25, 16, 0.25, 4),
        "the longest rest within a phrase, in quarter notes; it ends every one",
        field="rest_beats",
    ),
    _control(
        "click",
        "on",
        Switch(),
        "the beats are struck as a metronome does, the first of a bar louder: side stick, MIDI note 37",
        in_live=False,
        cc=103,
        keys=_keys("B", "metronome: click, or not"),
    ),
    _control("click_channel", "n", Whole(1, 16), "the MIDI channel of the click", in_live=False),
    _control(
        "count_in",
        "bars",
        Whole(0, MOST_COUNTED_IN),
        "bars of clicks before an answer that is asked for while nothing is played; by the companion's own clock",
        in_live=False,
        keys=_keys("i", "bars that are counted in"),
    ),
    _control(
        "transpose",
        "semitones",
        Whole(-24, 24),
        "all that sounds is so much higher, echoed keys too; what is heard and thought stays",
    ),
    _voice_control(
        "lock",
        "on",
        Switch(),
        "the player's notes exactly; the others are chosen around them",
        Keys("l", "lock a voice, or free it", ask="lock or free"),
    ),
    _voice_control(
        "mute",
        "on",
        Switch(),
        "the voice goes on but does not sound",
        Keys("x", "mute a voice, or not", ask="mute or not"),
        cc=26,
    ),
    _voice_control(
        "octave",
        "n",
        Whole(-3, 3),
        "sounds so many octaves higher, below 0 lower",
        Keys("[", "a voice an octave lower", step=-1, ask="an octave lower:"),
        Keys("]", "a voice an octave higher", step=1, ask="an octave higher:"),
    ),
    _voice_control("velocity", "n", Whole(0, 127, zero_is_auto=True), "always as loud; 0 leaves it to the rule"),
    _voice_control("channel", "n", Whole(1, 16), "the MIDI channel it sounds on"),
    _voice_control(
        "program",
        "n",
        Whole(0, 128, zero_is_auto=True),
        "the program its channel is told, 1 to 128 as General MIDI counts them; 0 tells none",
    ),
    _voice_control(
        "bank",
        "n",
        Whole(0, 16384, zero_is_auto=True),
        "the bank told before the program, from 1: MSB × 128 + LSB + 1; 0 tells none",
    ),
)
# What commands that write files have besides; nothing tells it live.
IN_FILES_ALONE = {
    control.name: control
    for control in (
        _control(
            "threshold",
            "chance",
            Number(0, 1, 0, 1, above=True, auto=True),
            "for models that sing bass first: no dice, but the lowest key whose chance is so high; auto throws dice",
            in_files=True,
        ),
    )
}
ACTIONS = tuple(control.name for control in CONTROLS if control.group == ACTION)
OF_ALL = {control.name: control for control in CONTROLS if control.group == CONTROL}
OF_A_VOICE = {  # by the names of presets
    control.name.rpartition("/")[2]: control
    for control in CONTROLS
    if control.group == VOICE_CONTROL or control.voice_too
}
