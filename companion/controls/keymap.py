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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from companion.controls.kinds import Number, Whole
from companion.controls.table import ANY, GRIDS, HIGHEST_SEED, MODES, Choices, Command, Settings, find_control, settled

TEMPERATURE_STEP = 0.1
TOP_P_STEP = 0.05
DENSITY_STEP = 0.5
STEADY_VELOCITY = "80"

WHICH_VOICE = "which voice? 1 soprano  2 alto  3 tenor  4 bass"


def _limits(name: str) -> tuple[float, float]:
    """How far the keys move a control: as far as a knob does."""
    kind = find_control(name).kind
    if isinstance(kind, Number):
        return kind.knob_low, kind.knob_high
    assert isinstance(kind, Whole)
    return kind.low, kind.high


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


def _action(name: str) -> Act:
    return lambda scene, number: Command(name)


def _go_or_stop(scene: Scene, _: int) -> Command:
    return Command("stop" if scene.answering else "go")


def _mode(_: Scene, number: int) -> Command:
    return Command("mode", (MODES[number],))


def _turned_mode(scene: Scene, number: int) -> Command | None:
    return _turned("mode", scene.settings.mode, MODES, (-1, 1)[number])


def _temperature(scene: Scene, number: int) -> Command | None:
    known = settled(scene.settings, scene.choices).temperature
    return _moved(
        "temperature", 1.0 if known is None else known, number, TEMPERATURE_STEP, 0.0, _limits("temperature")[1]
    )


def _top_p(scene: Scene, number: int) -> Command | None:
    known = settled(scene.settings, scene.choices).top_p
    return _moved("top_p", 1.0 if known is None else known, number, TOP_P_STEP, *_limits("top_p"))


def _density(scene: Scene, number: int) -> Command | None:
    return _moved("density", scene.settings.density, number, DENSITY_STEP, *_limits("density"))


def _bars(scene: Scene, number: int) -> Command | None:
    bars = scene.settings.bars + (-1, 1)[number]
    fewest, most = _limits("bars")
    return Command("bars", (bars,)) if fewest <= bars <= most else None


def _lock(scene: Scene, voice: int) -> Command:
    return Command("voice/lock", (voice + 1, int(not scene.settings.voices[voice].lock)))


def _mute(scene: Scene, voice: int) -> Command:
    return Command("voice/mute", (voice + 1, int(not scene.settings.voices[voice].mute)))


def _octave(direction: int) -> Act:
    def act(scene: Scene, voice: int) -> Command | None:
        octave = scene.settings.voices[voice].octave + direction
        lowest, highest = _limits("voice/octave")
        return Command("voice/octave", (voice + 1, octave)) if lowest <= octave <= highest else None

    return act


def _grid(scene: Scene, _: int) -> Command | None:
    return _turned("grid", scene.settings.grid, GRIDS)


def _style(scene: Scene, _: int) -> Command | None:
    return _turned("style", scene.settings.style, [style.name for style in scene.choices.styles or ()])


def _model(scene: Scene, _: int) -> Command | None:
    return _turned("model", scene.settings.model, scene.choices.models or ())


def _velocity(scene: Scene, _: int) -> Command | None:
    return _turned("velocity", scene.settings.velocity, ("played", "entropy", STEADY_VELOCITY))


def _dice(scene: Scene, _: int) -> Command:
    return Command("seed", ((scene.settings.seed + 1) % (HIGHEST_SEED + 1),))


def _turned(name: str, now: str, names: Sequence[str], by: int = 1) -> Command | None:
    """The name after this one (or before), the first after the last; None where there is no other."""
    if not set(names) - {now}:
        return None
    place = names.index(now) + by if now in names else 0
    return Command(name, (names[place % len(names)],))


def _moved(name: str, value: float, number: int, step: float, low: float, high: float) -> Command | None:
    """The next multiple of a step below a value (number 0) or above it (1); None beyond the limits."""
    places = value / step
    place = math.floor(places + 1e-6) + 1 if number else math.ceil(places - 1e-6) - 1
    target = round(place * step, 6)
    inside = target <= high if number else target >= low
    return Command(name, (target,)) if inside else None


def _voices(key: str) -> tuple[str, ...]:
    return tuple(f"{key} {number}" for number in "1234")


def _initials(key: str) -> tuple[str, ...]:
    return tuple(f"{key} {letter}" for letter in "satb")


def _of_voice(key: str, text: str, act: Act, ask: str) -> KeyRow:
    return KeyRow(_voices(key), f"{key} 1-4", text, act, _initials(key), ask=f"{ask} {WHICH_VOICE}")


KEY_ROWS = (
    KeyRow(("space",), "space", "answer now, or stop", _go_or_stop, short="space go/stop"),
    KeyRow(("c",), "c", "come to a close", _action("cadence"), short="c cadence"),
    KeyRow(("u",), "u", "back to before the answer", _action("undo"), short="u undo"),
    KeyRow(("k",), "k", "save the last take", _action("keep"), short="k keep"),
    KeyRow(("p",), "p !", "panic: silence everything", _action("panic"), ("!",), short="p panic"),
    KeyRow(("M", "m"), "M m", "mode before, next", _turned_mode, short="m mode"),
    KeyRow(tuple("123456"), "1-6", f"modes, {MODES[0]} to {MODES[-1]}", _mode),
    KeyRow(("t", "T"), "t T", "temperature down, up", _temperature, ("down", "up")),
    KeyRow((",", "."), ", .", "top-p down, up", _top_p),
    KeyRow(("d", "D"), "d D", "fewer notes, more notes", _density, ("left", "right")),
    KeyRow(("-", "+"), "- +", "bars of a call", _bars, ("_", "=")),
    _of_voice("l", "lock a voice, or free it", _lock, "lock or free"),
    _of_voice("x", "mute a voice, or not", _mute, "mute or not"),
    _of_voice("[", "a voice an octave lower", _octave(-1), "an octave lower:"),
    _of_voice("]", "a voice an octave higher", _octave(1), "an octave higher:"),
    KeyRow(("g",), "g", "grid: step, beat, bar", _grid),
    KeyRow(("s",), "s", "next style", _style),
    KeyRow(("n",), "n", "next model", _model),
    KeyRow(("v",), "v", "next velocity rule", _velocity),
    KeyRow(("r",), "r", "throw other dice", _dice),
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
