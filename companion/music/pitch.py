"""Pitches: MIDI notes, 60 is middle C; a *pitch class* is a pitch without its octave, 0 for C."""

from __future__ import annotations

OCTAVE = 12  # semitones

# Sharps only, as MIDI software writes them: which notes are flats would depend on the key.
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_class_name(pitch: int) -> str:
    """A pitch's name without its octave."""
    return _NAMES[pitch % OCTAVE]


def pitch_name(pitch: int) -> str:
    """A MIDI note's name and octave: 60 is C4, 66 is F#4, 0 is C-1."""
    return f"{pitch_class_name(pitch)}{pitch // OCTAVE - 1}"
