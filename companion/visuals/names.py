"""What pitches and chords are called in a key, as musicians write them: B♭ in F major, A♯ in B major."""

from __future__ import annotations

import re

from companion.music.key import ABOVE_MAJOR, Key
from companion.music.pitch import OCTAVE, pitch_class_name

_FIFTH = 7  # semitones
_LETTERS = "FCGDAEB"  # a fifth apart
_FLATTEST = -3  # fifths below the tonic of the major key with its signature: E♭ in C major, and up to G♯
_MOST_SIGNS = 3
_PITCH_CLASSES = {pitch_class_name(number): number for number in range(OCTAVE)}


def names_in(key: Key | None) -> tuple[str, ...]:
    """The twelve pitch classes, from C on; without a key as in C major."""
    flattest = _FLATTEST + (0 if key is None else _signature(key))
    fifths = range(flattest, flattest + OCTAVE)
    return tuple(name for _, name in sorted((_FIFTH * fifth % OCTAVE, _name(fifth)) for fifth in fifths))


def respelt(chord: str, names: tuple[str, ...]) -> str:
    """A chord's name (``chord_name``) with these names of its root and its bass."""
    return re.sub(r"(^|/)([A-G]#?)", lambda found: found[1] + names[_PITCH_CLASSES[found[2]]], chord)


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
