"""A value of JSON that is not trusted: it knows where it stands, and is what it is asked to be or a fault."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

_LONGEST_TEXT = 4000  # letters


class WrongValue(ValueError):  # noqa: N818 - it says what is wrong
    """Something is not what it must be; the message says where and what."""


class Checked:
    """A value and its place, as in ``frames[3].tick``."""

    def __init__(self, value: Any, place: str = "") -> None:
        self.value, self.place = value, place

    def __getitem__(self, name: str) -> Checked:
        """What an object has under a name; None where it has nothing."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return Checked(self.value.get(name), f"{self.place}.{name}" if self.place else name)

    def __bool__(self) -> bool:
        """There is a value."""
        return self.value is not None

    def items(self, most: int, least: int = 0) -> Iterator[Checked]:
        """What a list holds."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            how_many = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            raise self._wrong(f"a list of {how_many}")
        return (Checked(one, f"{self.place}[{at}]") for at, one in enumerate(self.value))

    def whole(self, low: int, high: int) -> int:
        """An integer of a range, both ends in it."""
        if type(self.value) is not int or not low <= self.value <= high:
            raise self._wrong(f"a whole number from {low:,} to {high:,}")
        return int(self.value)

    def number(self, low: float, high: float) -> float:
        """A number of a range."""
        if type(self.value) not in (int, float) or not low <= self.value <= high:  # false for NaN too
            raise self._wrong(f"a number from {low:g} to {high:g}")
        return float(self.value)

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def text(self, *known: str) -> str:
        """A string, one of these where there are any."""
        if not isinstance(self.value, str) or len(self.value) > _LONGEST_TEXT or (known and self.value not in known):
            raise self._wrong(" or ".join(known) or f"text of at most {_LONGEST_TEXT} letters")
        return self.value

    def _wrong(self, expected: str) -> WrongValue:
        return WrongValue(f"{self.place or 'it'} must be {expected}, not {self.value!r:.40}")


def checked_json(data: bytes) -> Checked:
    """The value of a text of JSON; WrongValue where it is none, or has numbers that JSON knows not."""
    try:
        return Checked(json.loads(data.decode(), parse_constant=_no_number, parse_float=_finite))
    except RecursionError:
        raise WrongValue("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise WrongValue("it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise WrongValue(f"it is no JSON, or cut short: {error.msg} at letter {error.pos:,}") from None


def _no_number(name: str) -> float:
    raise WrongValue(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:40])
