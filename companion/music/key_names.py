"""Keys as musicians write them: "G", "Em", "f# minor", "e-moll", "Sol majeur", "D dorian".

Where a word is German (Dur, moll, dorisch) notes are too: its B is B flat. H is B natural everywhere.
"""

from __future__ import annotations

import re

_SIGNS = str.maketrans({"♯": "#", "♭": "b", "_": " ", "-": " "})  # a hyphen joins, as in "E-flat" and "e-moll"
_MAJOR = "major maj M dur majeur maggiore mayor maior ionian ionisch ionien ionico jónico"
_MINOR = "minor min m moll mineur minore menor"
_WORDS = {
    "major": _MAJOR,
    "minor": _MINOR,
    "dorian": "dorian dorisch dorien dorico dórico",
    "phrygian": "phrygian phrygisch phrygien frigio",
    "lydian": "lydian lydisch lydien lidio",
    "mixolydian": "mixolydian mixolydisch mixolydien misolidio mixolidio",
    "aeolian": "aeolian äolisch aeolisch eolien éolien eolio",
}
MODE_OF = {word: mode for mode, words in _WORDS.items() for word in words.split()}
_GERMAN_WORDS = {"dur", "moll", "ionisch", "dorisch", "phrygisch", "lydisch", "mixolydisch", "äolisch", "aeolisch"}
_ADJECTIVES = {"natural": "aeolian", "harmonic": "minor", "melodic": "minor"}  # before "minor"

_SIGN_WORDS = {
    **dict.fromkeys(("sharp", "dièse", "diese", "diesis", "sostenido"), "#"),
    **dict.fromkeys(("flat", "bémol", "bemol", "bemolle"), "b"),
}
_SOLFEGE = {"do": "C", "ut": "C", "re": "D", "ré": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}
# Patterns are compiled when the first key is read: most runs read none.
_SIGNED = r"(?i)(do|ut|re|ré|mi|fa|sol|la|si)(#+|b+)"
_ENGLISH = r"([A-Ga-g])(#*|b*)"
_GERMAN = r"([A-Ha-h])(is|es|s)?"
_LETTER_ALONE = r"(?a)[a-h](#|b|♯|♭|is|es|s)?"


def key_of_text(text: str) -> tuple[str, str, str]:
    """Tonic, accidentals and mode: ("B", "b", "major") of "Bb major", "B♭" or "B-Dur".

    The mode is major, minor, dorian, phrygian, lydian, mixolydian or aeolian.

    Raises:
        ValueError: it names no key, or may be major or minor; the text shows how one is written.
    """
    name = text.strip()
    if re.fullmatch(_LETTER_ALONE, name):
        upper = name[0].upper() + name[1:]
        raise ValueError(f"key {text!r} may be major or minor; write it {upper} or {upper}m")
    *words, mode = _with_mode(name.translate(_SIGNS).split())
    german = mode.lower() in _GERMAN_WORDS
    found = _tonic(words, german)
    if found is None:
        raise ValueError(f"unknown key {text!r}; write it like 'Bb major' or 'f# minor'")
    return *found, MODE_OF.get(mode) or MODE_OF[mode.lower()]


def _with_mode(words: list[str]) -> list[str]:
    """The words of a tonic, and that of the mode last: without one a key is major, as a capital letter says."""
    if not words:
        return ["", "major"]
    *before, last = words
    if before and (last in MODE_OF or last.lower() in MODE_OF):
        adjective = _ADJECTIVES.get(before[-1].lower()) if MODE_OF.get(last.lower()) == "minor" else None
        return [*before[:-1], adjective] if adjective else words
    joined = re.fullmatch(rf"(.+?)({'|'.join(sorted(MODE_OF, key=len, reverse=True))})", last, re.IGNORECASE)
    if joined is None:
        return [*words, "major"]
    mode = joined[2] if len(joined[2]) == 1 else joined[2].lower()
    return [*before, joined[1], mode]


def _tonic(words: list[str], german: bool) -> tuple[str, str] | None:
    """A note's letter and accidentals, in any of the languages."""
    if not 1 <= len(words) <= 2:
        return None
    name, sign = words[0], "" if len(words) == 1 else _SIGN_WORDS.get(words[1].lower(), words[1])
    if signed := re.fullmatch(_SIGNED, name):
        name, sign = signed[1], signed[2] + sign
    if set(sign) not in ({"#"}, {"b"}, set()):
        return None
    if letter := _SOLFEGE.get(name.lower()):
        return letter, sign
    if german and name.lower() == "b":
        return "B", "b" + sign
    if (match := re.fullmatch(_ENGLISH, name)) and len(set(match[2] + sign)) <= 1:
        return match[1].upper(), match[2] + sign
    match = re.fullmatch(_GERMAN, name)
    return None if match is None or sign else _german(match[1].upper(), match[2] or "")


def _german(letter: str, ending: str) -> tuple[str, str] | None:
    """Fis, Es, As, H; a bare s follows E and A alone."""
    if (ending == "s") != (letter in "EA" and ending != "is" and bool(ending)):
        return None
    return "B" if letter == "H" else letter, {"is": "#", "es": "b", "s": "b", "": ""}[ending]
