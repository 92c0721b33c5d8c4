"""Dataclasses from the JSON rows of a log, every field of its type and within its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from companion.music.sounding import Part, SoundingFrame

Built = TypeVar("Built")

FARTHEST_STEP = 2**31  # years of music away
BOUNDS = {  # by the name of a field; of others FARTHEST_STEP
    **{"pitch": (0, 127), "velocity": (0, 127), "channel": (0, 15), "voice": (0, 3)},
    **{"beats": (1, 255), "unit": (1, 64), "bpm": (0, 10_000)},
}
# What text that is no row raises, as JSON or later.
NO_ROW = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
UNBOUNDED = "arguments"  # as they came; who obeys them checks them


def built(kind: type[Built], row: Mapping[str, Any]) -> Built:
    """A row as this dataclass; one of NO_ROW where it is none."""
    readers = {place.name: READERS[str(place.type)] for place in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _within(name, readers[name](value)) for name, value in row.items()})


def _within(name: str, value: Any) -> Any:
    """A value, if it and all that it holds is in bounds."""
    low, high = BOUNDS.get(name, (-FARTHEST_STEP, FARTHEST_STEP))
    for number in value if isinstance(value, tuple) else (value,):
        if name != UNBOUNDED and isinstance(number, (int, float)) and not low <= number <= high:
            raise ValueError  # so is NaN
    return value


def _each(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda values: tuple(read(value) for value in values)


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _a(*types: type) -> Callable[[Any], Any]:
    """Reads what must be of one of these types as it stands."""

    def read(value: Any) -> Any:
        if not isinstance(value, types):
            raise TypeError
        return value

    return read


def _sounding_frame(row: list[Any]) -> SoundingFrame:
    step, soprano, alto, tenor, bass = row
    return SoundingFrame(_within("step", int(step)), (_part(soprano), _part(alto), _part(tenor), _part(bass)))


def _part(row: list[Any]) -> Part:
    pitch, struck, velocity, channel = row
    return Part(
        _within("pitch", None if pitch is None else int(pitch)),
        bool(struck),
        _within("velocity", int(velocity)),
        _within("channel", int(channel)),
    )


# How each type of field is read.
READERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": int,
    "str": str,
    "bool": bool,
    "float | None": _optional(float),
    "int | None": _optional(int),
    "str | None": _optional(str),
    "bool | None": _optional(bool),
    "tuple[int, ...]": _each(int),
    "tuple[int | None, ...]": _each(_optional(int)),
    "tuple[float, ...] | None": _optional(_each(float)),
    "tuple[int | float | str, ...]": _each(_a(int, float, str)),
    "tuple[SoundingFrame, ...]": _each(_sounding_frame),
    "Mapping[str, Any]": _a(dict),
}
