"""The controls of the Hub: what Live stores, automates, maps and shows on Push."""

from __future__ import annotations

from typing import Any

from max_patches.faces import (
    AS_FLOAT,
    AS_INT,
    CUSTOM,
    ENUM,
    FLOAT,
    HIDDEN,
    INT,
    PERCENT,
    STORED,
    Parameter,
)
from max_patches.livescale import MAJOR_TONICS, MINOR_TONICS
from max_patches.names import GROUPS, PORT_IN, PORT_OUT, VOICES

MODES = ("Listen", "Continue", "Respond", "Harmonise", "Duet", "Loop")
GRIDS = ("Step", "Beat", "Bar")
PHRASE_ENDS = ("Sense", "Rest")
AS_STARTED = "Auto"  # leave it to the companion
STYLES = (AS_STARTED, "bach", "free", "wild")
# in the order in which they came to be: a saved Set keeps its model
MODELS = (
    AS_STARTED,
    *("bach", "gru", "transformer", "attention-gru", "conv-lstm", "gru-onehot", "markov"),
    *("melody-basic", "melody-lookback", "melody-attention"),
    *("biaxial-lstm", "transformer-absolute"),
)
PRESSED = ("Released", "Pressed")
PAGES = ("Play", "Phrase", "Voices", "Setup")
HEARD, LIVES = "Heard", "Live"  # keys: the one that is heard, the one of Live's scale
KEYS = (
    HEARD,
    LIVES,
    *(f"{tonic} major" for tonic in MAJOR_TONICS.split()),
    *(f"{t} minor" for t in MINOR_TONICS.split()),
)
RULES = ("As played", "Surer louder", "Always")
OCTAVES = ("-3", "-2", "-1", "0", "+1", "+2", "+3")
AS_STARTED_SEED = 0  # says nothing
OFF_ON = ("Off", "On")


def _button(name: str, info: str) -> Parameter:
    return Parameter(name, name, info, ENUM, labels=PRESSED, momentary=True)


MODE = Parameter(
    "Mode",
    "Mode",
    "What the companion does with what you play: it listens, answers when the phrase ends, answers by bars, adds "
    "voices while you play, plays around locked voices, or repeats the last take.",
    ENUM,
    labels=MODES,
    initial=1,
)
GRID = Parameter("Answer Grid", "Grid", "Where an answer may begin.", ENUM, labels=GRIDS, initial=1)
ACTIONS = (
    ("go", _button("Go", "Answers now, for so many bars as Length says; with Length 0 until Stop.")),
    ("stop", _button("Stop", "Ends the answer at once and listens again.")),
    ("cadence", _button("Cadence", "Brings the music to a close within two bars.")),
    ("undo", _button("Undo", "Takes back to before the last answer.")),
    ("keep", _button("Keep", "Saves the last take.")),
    ("panic", _button("Panic", "Silences everything at once, also while the companion does not answer.")),
)
PAGE = Parameter(
    "Page",
    "Page",
    "Play is for the stage; Phrase, Voices and Setup hold what is set less often.",
    ENUM,
    labels=PAGES,
    visible=HIDDEN,
)
AUTO = Parameter(
    "Style Decides",
    "Auto",
    "On: the style decides surprise and focus. Off: the dials do.",
    ENUM,
    labels=OFF_ON,
    initial=1,
)
SURPRISE = Parameter(
    "Surprise",
    "Surprise",
    "How bold the choice of notes is: low is sure, high is surprising. Works while Style Decides is off.",
    FLOAT,
    0.1,
    2.0,
    0.8,
    style=AS_FLOAT,
)
FOCUS = Parameter(
    "Focus",
    "Focus",
    "How many of the unlikely notes are ruled out: 0 % none of them. Works while Style Decides is off.",
    FLOAT,
    0.0,
    95.0,
    5.0,
    style=PERCENT,
)
DENSITY = Parameter("Density", "Density", "Above 0 more notes, below 0 fewer.", FLOAT, -4.0, 4.0, 0.0, style=AS_FLOAT)
BARS = Parameter(
    "Length",
    "Length",
    "How many bars an answer has. 0: until Stop, or until you play over it.",
    INT,
    0,
    64,
    4,
    style=CUSTOM,
    units="bars",
)
STYLE = Parameter(
    "Style", "Style", "A named way of choosing notes. Auto leaves it as the companion was started.", ENUM, labels=STYLES
)
MODEL = Parameter(
    "Model", "Model", "The model that plays. Auto leaves it as the companion was started.", ENUM, labels=MODELS
)
KEY = Parameter(
    "Key",
    "Key",
    "The key to keep to. Heard: the one of what is played. Live: that of Live's own scale, where it is major or minor.",
    ENUM,
    labels=KEYS,
)
PHRASE_END = Parameter(
    "Phrase Ends",
    "Ends",
    "What ends your phrase. Sense: a silence as long as its last tone asks for. Rest: always the same one.",
    ENUM,
    labels=PHRASE_ENDS,
)
REST = Parameter(
    "Rest",
    "Rest",
    "The longest rest within your phrase; it ends every one.",
    FLOAT,
    0.25,
    4.0,
    2.0,
    style=CUSTOM,
    units="beats",
)
TRANSPOSE = Parameter(
    "Transpose",
    "Transp",
    "All that sounds is so many semitones higher, below 0 lower; what is heard and thought stays.",
    FLOAT,
    -24,
    24,
    0,
    style=AS_INT,
    steps=49,
)
FOLLOW = Parameter(
    "Follow",
    "Follow",
    "How far an answer takes after your phrase: how lively, high, loud and detached it is, and its motif.",
    FLOAT,
    0.0,
    1.0,
    0.67,
    style=AS_FLOAT,
)
SEED = Parameter(
    "Seed",
    "Seed",
    "Another number throws other dice, the same one the same. 0 leaves it as the companion was started.",
    FLOAT,
    0,
    9999,
    AS_STARTED_SEED,
    style=AS_INT,
    steps=10000,
)
RULE = Parameter(
    "Loudness",
    "Loudness",
    "How loud the answer is: as you play, louder the surer a note is, or always as loud as Level.",
    ENUM,
    labels=RULES,
)
LEVEL = Parameter("Level", "Level", "The velocity of all notes while Loudness is Always.", INT, 1, 127, 90)


def _each(name: str, short: str, info: str, **more: Any) -> tuple[Parameter, ...]:
    """One for each voice; ``{}`` in what is said is its name."""
    return tuple(
        Parameter(f"{name} {voice}", f"{short} {voice[0]}", info.format(voice.lower()), **more) for voice in VOICES
    )


LOCKS = _each("Lock", "Lock", "Keeps your notes in the {}; the others go around it.", labels=OFF_ON)
MUTES = _each("Mute", "Mute", "The {} goes on but does not sound.", labels=OFF_ON)
SURPRISES = _each(
    "Surprise",
    "Surp",
    "How bold the choice of the {}'s notes is. 0: as that of all.",
    type=FLOAT,
    low=0.0,
    high=2.0,
    style=AS_FLOAT,
)
VOICE_OCTAVES = _each("Octave", "Oct", "The {} sounds so many octaves higher or lower.", labels=OCTAVES, initial=3)
LOUDNESSES = _each(
    "Loudness", "Loud", "The {} is always so loud. 0 leaves it to the rule for all.", type=INT, low=0, high=127
)
CHANNELS = _each(
    "Channel",
    "Chan",
    "The MIDI channel of the {} where the companion plays by MIDI itself; a Voice does not need it. 0: as started.",
    type=INT,
    low=0,
    high=16,
    visible=STORED,
)
PROGRAMS = _each(
    "Program",
    "Prog",
    "The program that the channel of the {} is told where the companion plays by MIDI itself. 0: none.",
    type=INT,
    low=0,
    high=128,
    visible=STORED,
)
VOICE_BANKS = _each(
    "Bank",
    "Bank",
    "The bank told before the program of the {}, from 1: its MSB and 1, with LSB 0. 0: none.",
    type=INT,
    low=0,
    high=128,
    visible=STORED,
)
GROUP_PARAMETER = Parameter(
    "Group",
    "Group",
    "One Hub, its Voices and one companion are a group. A second group in the same Set needs another letter and two "
    "other ports.",
    ENUM,
    labels=GROUPS,
    visible=STORED,
    order=0,
)
TO_PARAMETER = Parameter(
    "Port To Companion",
    "To",
    "The UDP port that the companion hears: chorale jam --osc-in.",
    FLOAT,
    1024,
    65535,
    PORT_IN,
    style=AS_INT,
    visible=STORED,
    order=0,
    steps=64512,
)
FROM_PARAMETER = Parameter(
    "Port From Companion",
    "From",
    "The UDP port that this device hears: chorale jam --osc-out. Each Hub needs one of its own.",
    FLOAT,
    1024,
    65535,
    PORT_OUT,
    style=AS_INT,
    visible=STORED,
    order=0,
    steps=64512,
)
PARAMETERS = (
    MODE, GRID, *(parameter for _, parameter in ACTIONS), PAGE, AUTO, SURPRISE, FOCUS, DENSITY, BARS, STYLE, MODEL, KEY,
    PHRASE_END, REST, TRANSPOSE, FOLLOW, SEED, RULE, LEVEL, *LOCKS, *MUTES, *SURPRISES, *VOICE_OCTAVES, *LOUDNESSES,
    *CHANNELS, *PROGRAMS, *VOICE_BANKS,
    GROUP_PARAMETER, TO_PARAMETER, FROM_PARAMETER,
)  # fmt: skip
BANKS = {
    "Jam": ("Mode", "Go", "Stop", "Cadence", "Undo", "Keep", "Length", "Panic"),
    "Sound": ("Style Decides", "Surprise", "Focus", "Density", "Style", "Model", "Key", "Answer Grid"),
    "Phrase": ("Follow", "Rest", "Loudness", "Level", *(octave.long_name for octave in VOICE_OCTAVES)),
    "Voices": (*(lock.long_name for lock in LOCKS), *(mute.long_name for mute in MUTES)),
    "Dice": ("Seed", "Phrase Ends", "Transpose"),
    "Each": (*(one.long_name for one in SURPRISES), *(one.long_name for one in LOUDNESSES)),
}
