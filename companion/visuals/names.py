"""What pitches and chords are called in a key, as musicians write them: B♭ in F major, A♯ in B major."""

from __future__ import annotations

import re

from companion.music.key import ABOVE_MAJOR, Key
from companion.music.pitch import OCTAVE, pitch_class_name

_FIFTH = 7  # semitones
_LETTERS = "FCGDAEB"  # a fifth apart
_FLATTEST = -3  # fifths below the tonic of the major key with its signature: E♭ in C major, and up to G♯
_SCALE = "CDEFGAB"
_LETTERS_ABOVE = (0, 1, 1, 2, 2, 3, 4, 4, 4, 6, 6, 6)  # of an interval by its semitones; nine are a diminished seventh
_LEADING = ("dim", "m7b5")  # what is built on a leading note, which is written with a sharp
_MOST_SIGNS = 3
_CHORD = re.compile(r"(?P<root>[A-G]#?)(?P<kind>[^/]*)(/(?P<bass>[A-G]#?))?")
_PITCH_CLASSES = {pitch_class_name(number): number for number in range(OCTAVE)}


def names_in(key: Key | None) -> tuple[str, ...]:
    """The twelve pitch classes, from C on; without a key as in C major."""
    flattest = _FLATTEST + (0 if key is None else _signature(key))
    fifths = range(flattest, flattest + OCTAVE)
    return tuple(name for _, name in sorted((_FIFTH * fifth % OCTAVE, _name(fifth)) for fifth in fifths))


def respelt(chord: str, names: tuple[str, ...]) -> str:
    """A chord's name (``chord_name``) as it is written: its bass as a note of the chord, A♯ in F♯7/A♯."""
    found = _CHORD.fullmatch(chord)
    if found is None:
        return chord
    number, kind = _PITCH_CLASSES[found["root"]], found["kind"]
    root = pitch_class_name(number).replace("#", "♯") if kind.startswith(_LEADING) else names[number]
    bass = f"/{_above(root, number, _PITCH_CLASSES[found['bass']])}" if found["bass"] else ""
    return f"{root}{kind}{bass}"


def _above(root: str, number: int, bass: int) -> str:
    """The name of a bass, so many letters above the root as its interval has."""
    letter = _SCALE[(_SCALE.index(root[0]) + _LETTERS_ABOVE[(bass - number) % OCTAVE]) % len(_SCALE)]
    signs = (bass - _PITCH_CLASSES[letter] + OCTAVE // 2) % OCTAVE - OCTAVE // 2
    return letter + ("♯" if signs > 0 else "♭") * abs(signs)


def _signature(key: Key) -> int:
    """Its sharps, flats below 0; of many not all, so that no name has two."""
    sharps = (_FIFTH * (key.tonic - ABOVE_MAJOR[key.mode]) + 5) % OCTAVE - 5
    if sharps > 0 and "b" in key.tonic_name:
        sharps -= OCTAVE
    return min(max(sharps, -_MOST_SIGNS), _MOST_SIGNS)


def _name(fifth: int) -> str:
    """Of so many fifths above C."""
    accidentals, letter = divmod(fifth + 1, len(_LETTERS))
    return _LETTERS[letter] + ("♯" if accidentals > 0 else "♭") * abs(accidentals)
