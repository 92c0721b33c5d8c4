"""What can be said beside the music, in the address: the options of the file commands, by their names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from companion.commands.options import Said, control_options, output_options, parameter, wish_options
from companion.controls.kinds import shown
from companion.errors import BadSetting
from companion.serve.wish import SERVICES

NAME = "name"  # of the music; no option has it

_SWITCHES = {"true": True, "1": True, "false": False, "0": False}
_TRACK = "Which track is the tune; several with commas between, or all. Default: by its name, or the only line."
_OWN = {  # as the commands have them, before those of all
    "continue": (
        parameter("bars", int, "How many new bars. Default: 8, or as phrases or chords are.", "bars"),
        parameter("phrases", str, "Their phrases' lengths in beats, as in 8,8,8,8. Default: as Bach's.", "phrases"),
        parameter("form", str, "Which phrases are alike, a letter for each, as in AABA.", "form"),
        parameter(
            "to_its_end", bool, "Until the model ends the piece, as gru-onehot can; bars (64) at most.", "to-its-end"
        ),
        parameter("track", str, _TRACK, "track"),
        *wish_options(),
    ),
    "harmonise": (
        parameter("voice", str, "Which voice the melody is. Default: by its track's name or range.", "voice"),
        parameter("track", str, _TRACK, "track"),
        parameter("bars", str, "Only in these bars, as in 8 or 1-8; a pickup is bar 0. Default: in all.", "bars"),
        *wish_options(),
    ),
    "rewrite": (
        parameter("bars", str, "Which bars, as in 5 (the fifth) or 5-8; a pickup is bar 0.", "bars"),
        parameter("voices", str, "Which voices, as in alto,tenor. Default: all that are there.", "voices"),
        parameter("track", str, _TRACK, "track"),
        *wish_options("chords"),
    ),
}
_CONTROLS = control_options(in_files=True)
DRAWN = frozenset(one.name for one in _CONTROLS)  # how it is drawn; what else is called so means something else
REQUIRED = {"rewrite": ("bars",)}
PARAMETERS: Mapping[str, Sequence[inspect.Parameter]] = {
    what: (*_OWN[what], *_CONTROLS, *output_options("program")) for what in SERVICES
}


def type_of(one: inspect.Parameter) -> Any:
    """``int``, ``str``, ``bool`` or ``list[str]``."""
    return get_args(get_args(one.annotation)[0])[0]


def said_in(what: str, given: Sequence[tuple[str, str]]) -> Said:
    """What was said, by the names of the parameters; BadSetting where that cannot be."""
    known = {one.name: one for one in PARAMETERS[what]}
    texts: dict[str, list[str]] = {}
    for name, text in given:
        if name not in known:
            raise BadSetting(f"{what} has no parameter {shown(name)}; it has {', '.join(known)} and {NAME}")
        texts.setdefault(name, []).append(text)
    for name in REQUIRED.get(what, ()):
        if name not in texts:
            raise BadSetting(f"{what} must be told {name}")
    said = {name: _value(name, type_of(known[name]), each) for name, each in texts.items()}
    return {name: value for name, value in said.items() if value is not False}


def _value(name: str, type_: Any, texts: list[str]) -> Any:
    if type_ == list[str]:
        return texts
    if len(texts) > 1:
        raise BadSetting(f"{name} is said {len(texts)} times, and can be said once")
    (text,) = texts
    if type_ is bool:
        if text not in _SWITCHES:
            raise BadSetting(f"{name} must be true or false, not {shown(text)}")
        return _SWITCHES[text]
    if type_ is int:
        if not re.fullmatch(r"(?a)-?\d{1,9}", text):
            raise BadSetting(f"{name} must be a whole number, not {shown(text)}")
        return int(text)
    return text
