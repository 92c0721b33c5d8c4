"""The controls of the Hub: what Live stores, automates, maps and shows on Push."""

from __future__ import annotations

from max_patches.faces import (
    AS_FLOAT,
    AS_INT,
    CUSTOM,
    ENUM,
    FLOAT,
    HIDDEN,
    INT,
    STORED,
    Parameter,
)
from max_patches.names import GROUPS, PORT_IN, PORT_OUT, VOICES

MODES = ("Listen", "Continue", "Respond", "Harmonise", "Duet", "Loop")
GRIDS = ("Step", "Beat", "Bar")
AS_STARTED = "Auto"  # leave it to the companion
STYLES = (AS_STARTED, "bach", "free", "wild")
MODELS = (AS_STARTED, "bach", "gru", "transformer")
PRESSED = ("Released", "Pressed")
OFF_ON = ("Off", "On")


def _button(name: str, info: str) -> Parameter:
    return Parameter(name, name, info, ENUM, labels=PRESSED)


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
AUTO = Parameter(
    "Auto Sampling",
    "Auto",
    "On: the style decides temperature and top-p. Off: the dials do.",
    ENUM,
    labels=OFF_ON,
    initial=1,
)
TEMPERATURE = Parameter(
    "Temperature",
    "Temp",
    "How bold the choice of notes is: low is sure, high is surprising. Works while Auto is off.",
    FLOAT,
    0.1,
    2.0,
    0.8,
    style=AS_FLOAT,
)
TOP_P = Parameter(
    "Top P",
    "Top P",
    "Keeps the likeliest notes up to this share of all. Works while Auto is off.",
    FLOAT,
    0.05,
    1.0,
    0.95,
    style=AS_FLOAT,
)
DENSITY = Parameter("Density", "Density", "Above 0 more notes, below 0 fewer.", FLOAT, -4.0, 4.0, 0.0, style=AS_FLOAT)
BARS = Parameter(
    "Answer Length",
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
LOCKS = tuple(
    Parameter(
        f"Lock {voice}",
        "Lock",
        f"Keeps your notes in the {voice.lower()}; the others go around it.",
        ENUM,
        labels=OFF_ON,
    )
    for voice in VOICES
)
MUTES = tuple(
    Parameter(f"Mute {voice}", "Mute", f"The {voice.lower()} goes on but does not sound.", ENUM, labels=OFF_ON)
    for voice in VOICES
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
ENTROPIES = tuple(
    Parameter(
        f"Entropy {voice}",
        voice[0],
        f"How open the choice of the {voice.lower()}'s note was, in bits: 0 is certain.",
        FLOAT,
        0,
        6,
        style=CUSTOM,
        units="bit",
        visible=HIDDEN,
    )
    for voice in VOICES
)
PARAMETERS = (
    MODE, GRID, *(parameter for _, parameter in ACTIONS), AUTO, TEMPERATURE, TOP_P, DENSITY, BARS, STYLE, MODEL,
    *LOCKS, *MUTES, GROUP_PARAMETER, TO_PARAMETER, FROM_PARAMETER, *ENTROPIES,
)  # fmt: skip
BANKS = {
    "Jam": ("Mode", "Go", "Stop", "Cadence", "Undo", "Keep", "Answer Length", "Panic"),
    "Sound": ("Auto Sampling", "Temperature", "Top P", "Density", "Style", "Model", "Answer Grid"),
    "Voices": (*(lock.long_name for lock in LOCKS), *(mute.long_name for mute in MUTES)),
}
