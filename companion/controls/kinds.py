"""What an argument of a control or a message may be: numbers, names, switches, keys, voices.

A *value* is what the settings hold; what is *sent* stands for it outside, in OSC, presets and logs. Whole
numbers and floats are interchangeable, a voice is 1–4 or its name, on is 1 and off 0, and ``auto`` leaves
a value to the style, the rule or the ear.

Light: standard library only (``companion.music.vocabulary`` is loaded when a voice is named).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from companion.errors import BadSetting
from companion.music.key_names import key_of_text

AUTO = "auto"
LOOPBACK = "127.0.0.1"  # this machine, and nobody else

_DECIMALS = 6  # OSC floats are 32 bits wide: 0.8 arrives as 0.800000012, and is 0.8 again
_PLACE = r"(?ai)(?:(?P<host>[\w.-]+|\[[0-9a-f:.]+\]):)?(?P<port>\d{1,5})"
# Every key by its usual name, in the order of the circle of fifths.
USUAL_KEYS = (
    *(f"{tonic} major" for tonic in ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F")),
    *(f"{tonic} minor" for tonic in ("A", "E", "B", "F#", "C#", "G#", "Eb", "Bb", "F", "C", "G", "D")),
)

Sent = int | float | str  # what OSC, a preset and a log can hold


class Kind(Protocol):
    """What an argument may be."""

    def words(self) -> str:
        """Goes on after "must be"."""

    def read(self, given: object) -> Any:
        """The value of something sent, or of a value itself; ValueError where it is none."""

    def sent(self, value: Any) -> Sent:
        """What stands for a value."""


class Turnable(Kind, Protocol):
    """What a knob can set."""

    def knob(self, position: int) -> Any:
        """The value that a control change of 0..127 says; ValueError where there is nothing to choose."""

    def knob_words(self) -> str:
        """How it does."""


@dataclass(frozen=True)
class Argument:
    """One argument of a control or a message."""

    name: str
    kind: Kind
    optional: bool = False  # may be left out; only others like it come after
    called: str = ""  # in errors, where that is not its name


def usage(arguments: Sequence[Argument]) -> str:
    """The arguments as they are written in documents: ``value [voice]``."""
    return " ".join(f"[{argument.name}]" if argument.optional else argument.name for argument in arguments)


def read_arguments(subject: str, arguments: Sequence[Argument], given: Sequence[object]) -> tuple[Any, ...]:
    """The values of all arguments that were given; BadSetting says what is wrong, in one line."""
    required = sum(not argument.optional for argument in arguments)
    if not required <= len(given) <= len(arguments):
        takes = usage(arguments) or "no arguments"
        raise BadSetting(f"{subject} takes {takes}, not {len(given)} argument{'' if len(given) == 1 else 's'}")
    return tuple(_read(argument, value) for argument, value in zip(arguments[: len(given)], given, strict=True))


def _read(argument: Argument, given: object) -> Any:
    try:
        return argument.kind.read(given)
    except ValueError:
        name = argument.called or argument.name
        raise BadSetting(f"{name} must be {argument.kind.words()}, not {shown(given)}") from None


def shown(given: object) -> str:
    """Something from outside, as it is shown in an error."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # the command line makes 500.0 of 500
    names = isinstance(given, (list, tuple)) and given and all(isinstance(one, str) for one in given)
    text = repr(given) if names or isinstance(given, (int, float, str)) else f"a {type(given).__name__}"
    return text if len(text) <= 50 else f"{text[:47]}..."


def from_text(kind: Kind, text: str) -> Sent:
    """What a word of the command line sends: a number where the kind is one of numbers and the word is a number."""
    with contextlib.suppress(ValueError):
        return float(text) if isinstance(kind, (Number, Whole, Switch)) else text
    return text


def _split(position: int, options: Sequence[Any]) -> Any:
    """One of the options, among which 0..127 is split evenly; ValueError where there are none."""
    if not options:
        raise ValueError
    return options[position * len(options) // 128]


@dataclass(frozen=True)
class Number:
    """Any number of a range."""

    low: float
    high: float
    knob_low: float
    knob_high: float
    above: bool = False  # the low end itself is outside
    auto: bool = False

    def words(self) -> str:
        return (
            f"{'above' if self.above else 'from'} {self.low:.10g} to {self.high:.10g}{' or auto' if self.auto else ''}"
        )

    def read(self, given: object) -> float | None:
        if self.auto and _is_auto(given):
            return None
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not self.low <= given <= self.high:
            raise ValueError  # so is NaN
        number = round(float(given), _DECIMALS)
        if self.above and number == self.low:
            raise ValueError
        return number

    def sent(self, value: Any) -> Sent:
        return AUTO if value is None else float(value)

    def knob(self, position: int) -> float:
        return round(self.knob_low + position / 127 * (self.knob_high - self.knob_low), _DECIMALS)

    def knob_words(self) -> str:
        return f"{self.knob_low:g} + value/127 × {self.knob_high - self.knob_low:g}"


@dataclass(frozen=True)
class Whole:
    """Any whole number of a range."""

    low: int
    high: int
    zero_is_auto: bool = False

    def words(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def read(self, given: object) -> int | None:
        if self.zero_is_auto and (_is_auto(given) or (given == 0 and not isinstance(given, bool))):
            return None
        number = _whole(given)
        if not self.low <= number <= self.high:
            raise ValueError
        return number

    def sent(self, value: Any) -> Sent:
        return 0 if value is None else int(value)

    def knob(self, position: int) -> int | None:
        number = self.low + position * min(self.high - self.low + 1, 128) // 128
        return None if self.zero_is_auto and number == 0 else number

    def knob_words(self) -> str:
        return "value" if self.high - self.low >= 127 else f"{self.low} to {self.high}, split evenly"


@dataclass(frozen=True)
class OneOf:
    """One of some names."""

    names: tuple[str, ...]

    def words(self) -> str:
        return f"one of {', '.join(self.names)}"

    def read(self, given: object) -> str:
        name = given.strip().lower() if isinstance(given, str) else ""
        if name not in self.names:
            raise ValueError
        return name

    def sent(self, value: Any) -> Sent:
        return str(value)

    def knob(self, position: int) -> str:
        return str(_split(position, self.names))

    def knob_words(self) -> str:
        return f"{', '.join(self.names)}, split evenly"


@dataclass(frozen=True)
class Named:
    """The name of something of which there may be more or less, as the models."""

    what: str
    names: tuple[str, ...] | None = None  # None: not known here, so any name passes
    joined: str = ""  # by this sign two names make one

    def words(self) -> str:
        return f"the name of a {self.what}" if self.names is None else f"one of {', '.join(self.names) or 'none'}"

    def read(self, given: object) -> str:
        if not isinstance(given, str) or not given or not given.isprintable():
            raise ValueError
        if self.names is not None and not self._is_known(given, self.names):
            raise ValueError
        return given

    def _is_known(self, given: str, names: tuple[str, ...]) -> bool:
        pair = given.split(self.joined) if self.joined else []
        return given in names or (len(pair) == 2 and all(one in names for one in pair))

    def sent(self, value: Any) -> Sent:
        return str(value)

    def knob(self, position: int) -> str:
        return str(_split(position, self.names or ()))

    def knob_words(self) -> str:
        return f"the {self.what}s, split evenly"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    def words(self) -> str:
        return "0 or 1"

    def read(self, given: object) -> bool:
        if not isinstance(given, (bool, int, float)) or given not in (0, 1):
            raise ValueError
        return bool(given)

    def sent(self, value: Any) -> Sent:
        return int(value)

    def knob(self, position: int) -> bool:
        return position >= 64

    def knob_words(self) -> str:
        return "off below 64, on from 64"


@dataclass(frozen=True)
class KeyName:
    """A key, or as it is heard."""

    def words(self) -> str:
        return "a key such as C major, f# minor, Em or D dorian, or auto"

    def read(self, given: object) -> str | None:
        if _is_auto(given):
            return None
        if not isinstance(given, str):
            raise ValueError
        tonic, accidentals, mode = key_of_text(given)
        return f"{tonic}{accidentals} {mode}"

    def sent(self, value: Any) -> Sent:
        return AUTO if value is None else str(value)

    def knob(self, position: int) -> str | None:
        key: str | None = _split(position, (None, *USUAL_KEYS))
        return key

    def knob_words(self) -> str:
        return "auto, 12 major keys, 12 minor keys by fifths, split evenly"


@dataclass(frozen=True)
class VelocityName:
    """How loud: a rule, or a number as a name."""

    def words(self) -> str:
        return "played, entropy or 1 to 127"

    def read(self, given: object) -> str:
        if isinstance(given, str):
            name = given.strip().lower()
            if name in ("played", "entropy"):
                return name
            given = int(name) if name.isdecimal() else name
        number = _whole(given)
        if not 1 <= number <= 127:
            raise ValueError
        return str(number)

    def sent(self, value: Any) -> Sent:
        return str(value)

    def knob(self, position: int) -> str:
        return str(position) if position else "played"

    def knob_words(self) -> str:
        return "played at 0, else value"


@dataclass(frozen=True)
class Voice:
    """A voice: 0..3 as a value, 1..4 or its name outside."""

    def words(self) -> str:
        return "1 to 4 or soprano, alto, tenor, bass"

    def read(self, given: object) -> int:
        from companion.music.vocabulary import voice_index  # noqa: PLC0415 - brings numpy

        return voice_index(given if isinstance(given, str) else str(_whole(given)))

    def sent(self, value: Any) -> Sent:
        return int(value) + 1


@dataclass(frozen=True)
class NetworkAddress:
    """Where a network program is reached."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class NetworkPlace:
    """A port of this machine, or a host and a port."""

    def words(self) -> str:
        return "a port from 1 to 65535, or host:port"

    def read(self, given: object) -> NetworkAddress:
        if isinstance(given, NetworkAddress):
            return given
        match = re.fullmatch(_PLACE, given if isinstance(given, str) else str(_whole(given)))
        if match is None or not 1 <= int(match["port"]) <= 65535:
            raise ValueError
        return NetworkAddress((match["host"] or LOOPBACK).strip("[]"), int(match["port"]))

    def sent(self, value: Any) -> Sent:
        return int(value.port) if value.host == LOOPBACK else str(value)


def _is_auto(given: object) -> bool:
    return given is None or (isinstance(given, str) and given.strip().lower() in ("", AUTO))


def _whole(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or (isinstance(given, float) and given % 1 != 0):
        raise ValueError  # infinity and NaN are no whole numbers either: their remainder is NaN
    return int(given)
