"""Names for pitches: which letter a pitch class has in a key, once the key is moved to C major or A minor."""

from __future__ import annotations

from typing import NamedTuple

from companion.music.key import Key

LETTERS = "CDEFGAB"
_SEMITONES = (0, 2, 4, 5, 7, 9, 11)  # of the letters, without accidentals

# The letter of each pitch class from C up, as music21's 368 four-part chorales spell it most often when their
# encoded key is moved to C major or A minor. Only one is doubtful: E flat (53) or D sharp (50) in major.
_MAJOR = "CCDEEFFGGABB"
_MINOR = "CCDDEFFGGABB"


class Spelling(NamedTuple):
    """A named pitch class of C major or A minor."""

    letter: int  # 0 for C … 6 for B
    accidental: int  # semitones above the letter's own; flats are negative


def home_shift(key: Key) -> int:
    """The semitones that move a key to C major or A minor, −6..5."""
    return (((9 if key.minor else 0) - key.tonic + 6) % 12) - 6


def spell(pitch: int, minor: bool) -> Spelling:
    """The name of a pitch that has been moved home."""
    letter = LETTERS.index((_MINOR if minor else _MAJOR)[pitch % 12])
    return Spelling(letter, (pitch - _SEMITONES[letter] + 6) % 12 - 6)


def staff_place(pitch: int, minor: bool) -> int:
    """How many letters a pitch that has been moved home stands above the C of MIDI note 0."""
    letter, accidental = spell(pitch, minor)
    return 7 * ((pitch - accidental) // 12) + letter
