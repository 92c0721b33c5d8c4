"""The fields of a tune: keys, metres, lengths, tempos, clefs and names."""

from __future__ import annotations

import re
from fractions import Fraction

from companion.errors import one_line
from companion.notation.score import BASS_CLEF, TREBLE_CLEF, Clef, KeySign, MetreSign
from companion.notation.signs import signature

ABC_MODES = {
    "": ("major", 0),
    "maj": ("major", 0),
    "ion": ("major", 0),
    "m": ("minor", -3),
    "min": ("minor", -3),
    "aeo": ("minor", -3),
    "dor": ("dorian", -2),
    "phr": ("phrygian", -4),
    "lyd": ("lydian", 1),
    "mix": ("mixolydian", -1),
    "loc": ("locrian", -5),
}
ALTERS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)(?!\w*\s*=)")
_NO_MODE = ("exp", "cle", "tre", "bas", "alt", "ten", "oct", "tra", "mid", "sta")  # how what else may follow begins
_CHANGE = re.compile(r"(\^\^|\^|__|_|=)([A-Ga-g])\b")
_TEMPO = re.compile(r"(?:((?:\d{1,3}/\d{1,3}\s*)+)=\s*)?(\d{1,4}(?:\.\d{1,3})?)$")
_CLEF = re.compile(r"(?:clef\s*=\s*|(?<=\s)|^)(treble|bass|alto|tenor)([+-]8)?")
_NAME = re.compile(r'(?:name|nm)\s*=\s*(?:"([^"]*)"|(\S+))')
_CLEFS = {"treble": TREBLE_CLEF, "bass": BASS_CLEF, "alto": Clef("C", 3), "tenor": Clef("C", 4)}


def key_field(text: str) -> tuple[KeySign, dict[str, int]] | None:
    """The key signature of a K: field, and what it does to each letter; None where it only names a clef.

    Raises:
        ValueError: there is no such key.
    """
    plain = text.strip()
    if plain.startswith(("HP", "Hp")):  # the pipes'
        return KeySign(2, "mixolydian"), signature(2)
    if not plain or plain.lower().startswith("none"):
        return _changed(KeySign(0), plain)
    match = _KEY.match(plain)
    if match is None:
        if "=" in plain or plain.split()[0] in _CLEFS:
            return None
        raise ValueError(f"there is no key {one_line(plain)[:20]!r}; expected one like G, Am or D dor")
    word = match[3].lower()
    mode = ABC_MODES.get(word if word in ("", "m") else word[:3], ABC_MODES[""] if word[:3] in _NO_MODE else None)
    if mode is None:
        raise ValueError(f"there is no key {one_line(plain)[:20]!r}; expected one like G, Am or D dor")
    fifths = "FCGDAEB".index(match[1]) - 1 + {"": 0, "#": 7, "b": -7}[match[2]] + mode[1]
    if not -7 <= fifths <= 7:
        raise ValueError(f"a key of {abs(fifths)} {'sharps' if fifths > 0 else 'flats'} cannot be written")
    return _changed(KeySign(fifths, mode[0]), plain[match.end() :])


def _changed(key: KeySign, rest: str) -> tuple[KeySign, dict[str, int]]:
    """With the accidentals that a field names besides."""
    letters = signature(key.fifths)
    for sign, letter in _CHANGE.findall(rest.partition("clef")[0]):
        letters[letter.upper()] = ALTERS[sign]
    return key, letters


def metre_field(text: str) -> MetreSign | None:
    """A M: field; None where the tune has no metre; ValueError where there is no such metre."""
    plain = re.sub(r"[\s()]", "", text)
    if plain in ("C", "C|"):
        return MetreSign(4, 4, "common") if plain == "C" else MetreSign(2, 2, "cut")
    if plain.lower() in ("none", ""):
        return None
    match = re.fullmatch(r"(\d{1,3}(?:\+\d{1,3})*)/(\d{1,2})", plain)
    numerator = sum(map(int, match[1].split("+"))) if match else 0
    if match is None or not 1 <= numerator <= 255 or int(match[2]) not in DENOMINATORS:
        raise ValueError(f"there is no metre {one_line(text)[:20]!r}")
    return MetreSign(numerator, int(match[2]))


def length_field(text: str) -> Fraction:
    """A L: field, in quarters; ValueError where it is none."""
    match = re.fullmatch(r"(\d{1,3})(?:/(\d{1,3}))?", text.strip())
    if match is None or not int(match[1]) or not int(match[2] or 1):
        raise ValueError(f"there is no note length {one_line(text)[:20]!r}; expected one like 1/8")
    return Fraction(4 * int(match[1]), int(match[2] or 1))


def usual_length(metre: MetreSign | None) -> Fraction:
    """The note length where none is named, in quarters."""
    short = metre is not None and Fraction(metre.numerator, metre.denominator) < Fraction(3, 4)
    return Fraction(1, 4) if short else Fraction(1, 2)


def tempo_field(text: str) -> float | None:
    """A Q: field in quarters a minute; None where it names no number."""
    match = _TEMPO.search(re.sub(r'"[^"]*"', "", text).strip())
    if match is None:
        return None
    beats = [one.split("/") for one in (match[1] or "1/4").split()]
    quarters = sum(4 * int(top) / int(bottom) for top, bottom in beats if int(bottom))
    bpm = float(match[2]) * quarters
    return bpm if 1 <= bpm <= 2000 else None


def clef_field(text: str) -> Clef | None:
    """The clef that a K: or V: field names."""
    match = _CLEF.search(re.sub(r'"[^"]*"', "", text))
    if match is None:
        return None
    return _CLEFS[match[1]]._replace(octaves={"-8": -1, "+8": 1}.get(match[2] or "", 0))


def voice_name(text: str) -> str:
    """The name that a V: field gives; empty where it gives none."""
    match = _NAME.search(text)
    return one_line(match[1] or match[2] or "")[:60] if match else ""
