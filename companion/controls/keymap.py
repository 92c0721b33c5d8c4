"""Which key does what while a jam is shown: one table, ``KEY_ROWS``, for the keys, their help and the documents.

    Scene      what keys are relative to: the settings as they are, and whether the companion answers
    Strokes    keys in, strokes out: most are one key, some are two (``l 1`` locks the soprano)
    command    the command of a stroke
    Local      what concerns the view alone

Pure: reading a terminal is ``companion.screen.keyboard``'s. The scene is the engine's, so that a key pressed twice
in a hurry counts twice: strokes travel to it, and it turns them into commands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from companion.controls.kinds import Named, Number, OneOf, Switch, VelocityName, Whole
from companion.controls.settings import Command, Settings, settled
from companion.controls.table import ACTION, ANY, CONTROLS, MODES, VOICE_CONTROL, Choices, Control, Keys

STEADY_VELOCITY = "80"

WHICH_VOICE = "which voice? 1 soprano  2 alto  3 tenor  4 bass"


class Local(Enum):
    """What a key does to the view, not to the music."""

    HELP = "help"
    REPAINT = "repaint"
    QUIT = "quit"


@dataclass(frozen=True)
class Scene:
    """What a key finds."""

    settings: Settings
    answering: bool = False
    choices: Choices = ANY


# From the scene and the number of the stroke among its row's: a command, or None where there is nothing to do.
Act = Callable[[Scene, int], Command | None]


@dataclass(frozen=True)
class KeyRow:
    """A row of the table: strokes that belong together."""

    strokes: tuple[str, ...]
    label: str  # the strokes as the help writes them
    text: str  # what they do
    act: Act | Local
    also: tuple[str, ...] = ()  # other strokes for the same, in the same order
    short: str = ""  # what the line at the foot says; empty: nothing
    ask: str = ""  # while only the first key of two is pressed


def _go_or_stop(scene: Scene, _: int) -> Command:
    return Command("stop" if scene.answering else "go")


def _mode(_: Scene, number: int) -> Command:
    return Command("mode", (MODES[number],))


def _told(name: str, _: Scene, __: int) -> Command:
    return Command(name)


def _of_voice(control: Control, step: float, scene: Scene, voice: int) -> Command | None:
    """A voice's switch turned over, or its number moved."""
    kind, now = control.kind, getattr(scene.settings.voices[voice], control.field)
    if isinstance(kind, Switch):
        return Command(control.name, (voice + 1, int(not now)))
    assert isinstance(kind, Whole)
    value = int(now + step)
    return Command(control.name, (voice + 1, value)) if kind.low <= value <= kind.high else None


def _of_all(control: Control, keys: Keys, scene: Scene, number: int) -> Command | None:
    """The next value of a control: the one before or below for the first (number 0) of two strokes."""
    kind, now = control.kind, getattr(settled(scene.settings, scene.choices), control.field)
    two = " " in keys.strokes
    if isinstance(kind, Number):
        return _moved(control.name, 1.0 if now is None else now, number, keys.step, kind)
    if isinstance(kind, Switch):
        return Command(control.name, (int(not now),))
    if isinstance(kind, Whole):
        value = now + (1 if number or not two else -1)
        if not two:
            value %= kind.high + 1  # round and round
        return Command(control.name, (value,)) if kind.low <= value <= kind.high else None
    kind = None if kind is None else scene.choices.narrowed(kind)
    assert isinstance(kind, (OneOf, Named, VelocityName))
    names = ("played", "entropy", STEADY_VELOCITY) if isinstance(kind, VelocityName) else kind.names
    return _turned(control.name, now, names or (), 1 if number or not two else -1)


def _turned(name: str, now: str, names: Sequence[str], by: int) -> Command | None:
    """The name after this one (or before), the first after the last; None where there is no other."""
    if not set(names) - {now}:
        return None
    place = names.index(now) + by if now in names else 0
    return Command(name, (names[place % len(names)],))


def _moved(name: str, value: float, number: int, step: float, kind: Number) -> Command | None:
    """The next multiple of a step below a value (number 0) or above it (1); None where that is no value."""
    places = value / step
    place = math.floor(places + 1e-6) + 1 if number else math.ceil(places - 1e-6) - 1
    target = round(place * step, 6)
    lowest = kind.knob_low if kind.above else kind.low
    inside = target <= kind.knob_high if number else target >= lowest
    return Command(name, (target,)) if inside else None


def _voices(key: str, names: str) -> tuple[str, ...]:
    return tuple(f"{key} {name}" for name in names)


def _row(control: Control, keys: Keys) -> KeyRow:
    if control.group == VOICE_CONTROL:
        key, act = keys.strokes, partial(_of_voice, control, keys.step)
        ask = f"{keys.ask} {WHICH_VOICE}"
        return KeyRow(_voices(key, "1234"), f"{key} 1-4", keys.text, act, _voices(key, "satb"), ask=ask)
    strokes, also = tuple(keys.strokes.split()), tuple(keys.also.split())
    if control.group == ACTION:
        label = " ".join((*strokes, *also))
        return KeyRow(strokes, label, keys.text, partial(_told, control.name), also, keys.short)
    return KeyRow(strokes, keys.strokes, keys.text, partial(_of_all, control, keys), also, keys.short)


def _rows(actions: bool) -> Iterator[KeyRow]:
    """Of the table's controls."""
    return (_row(each, keys) for each in CONTROLS if (each.group == ACTION) is actions for keys in each.keys)


_NUMBERS = range(1, len(MODES) + 1)  # as long as one key is enough

KEY_ROWS = (
    KeyRow(("space",), "space", "answer now, or stop", _go_or_stop, short="space go/stop"),
    *_rows(actions=True),
    KeyRow(tuple(map(str, _NUMBERS)), f"1-{len(MODES)}", f"modes, {MODES[0]} to {MODES[-1]}", _mode),
    *_rows(actions=False),
    KeyRow(("?",), "?", "show or hide the keys", Local.HELP, ("h",), short="? keys"),
    KeyRow(("ctrl-l",), "ctrl-L", "draw the screen again", Local.REPAINT),
    KeyRow(("q q",), "q q", "leave", Local.QUIT, short="q q leave", ask="q again to leave"),
)

_ROWS = {
    stroke: (key, number) for key in KEY_ROWS for row in (key.strokes, key.also) for number, stroke in enumerate(row)
}
_ASKED = {stroke.split()[0]: key.ask for stroke, (key, _) in _ROWS.items() if " " in stroke}


def command(stroke: str, scene: Scene) -> Command | None:
    """What a stroke tells; None where it tells nothing, or nothing more (the temperature is at its top)."""
    if stroke not in _ROWS:
        return None
    key, number = _ROWS[stroke]
    return None if isinstance(key.act, Local) else key.act(scene, number)


def local(stroke: str) -> Local | None:
    """What a stroke does to the view; None where it concerns the music."""
    key, _ = _ROWS.get(stroke, (None, 0))
    return key.act if key is not None and isinstance(key.act, Local) else None


class Strokes:
    """Joins the keys of a stroke of two."""

    def __init__(self) -> None:
        self._begun = ""

    def press(self, key: str) -> str | None:
        """The stroke that a key completes; None where it begins one, or means nothing.

        A key that does not go on with what was begun counts for itself: panic is never in vain.
        """
        whole = f"{self._begun} {key}" if self._begun else key
        self._begun = ""
        if whole in _ROWS:
            return whole
        if key in _ROWS:
            return key
        self._begun = key if key in _ASKED else ""
        return None

    @property
    def prompt(self) -> str:
        """What the next key decides; empty where none was begun."""
        return _ASKED.get(self._begun, "")


@dataclass(frozen=True)
class KeyHelp:
    """A key and what it does, as the view says it."""

    keys: str  # "t / T"
    text: str  # "temperature down / up"
    short: str = ""  # what the line at the foot says of it; empty: nothing


def key_help() -> tuple[KeyHelp, ...]:
    """The table as the view shows it."""
    return tuple(KeyHelp(key.label, key.text, key.short) for key in KEY_ROWS)
