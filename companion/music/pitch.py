"""Pitches: MIDI notes, 60 is middle C; a *pitch class* is a pitch without its octave, 0 for C."""

from __future__ import annotations

import re

OCTAVE = 12  # semitones

_KEY = re.compile(r"([A-G])([#♯]*|[b♭]*) *(major|minor)", re.IGNORECASE | re.ASCII)
_PLAIN_SIGNS = str.maketrans("♯♭B", "#bb")

# Sharps only, as MIDI software writes them: which notes are flats would depend on the key.
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_class_name(pitch: int) -> str:
    """A pitch's name without its octave."""
    return _NAMES[pitch % OCTAVE]


def pitch_name(pitch: int) -> str:
    """A MIDI note's name and octave: 60 is C4, 66 is F#4, 0 is C-1."""
    return f"{pitch_class_name(pitch)}{pitch // OCTAVE - 1}"


def key_of_text(text: str) -> tuple[str, str, str]:
    """Tonic, accidentals and mode: ("B", "b", "major") of "Bb major", "b♭ Major" and the like.

    Raises:
        ValueError: it names no key; the text shows how one is written.
    """
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"unknown key {text!r}; write it like 'Bb major' or 'f# minor'")
    tonic, accidentals, mode = match.groups()
    return tonic.upper(), accidentals.translate(_PLAIN_SIGNS), mode.lower()
