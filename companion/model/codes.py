"""Codes and classes: the small numbers in which a model is told what sounds, how far apart and for how long.

Pure: standard library and numpy.
"""

from __future__ import annotations

import numpy as np

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, IntArray

# A *code* names what a voice sounds: nothing yet, a rest, or a pitch (coded like its strike token).
NOTHING = 0
SILENCE = 1
CODES = VOCABULARY_SIZE

UNDECIDED = -1  # in the place of a token: this voice has no note in this frame yet, or none is known

WIDEST_INTERVAL = 28  # semitones; wider ones count as this
INTERVALS = 2 + 2 * WIDEST_INTERVAL + 1
WIDEST_MOTION = 12  # semitones
MOTIONS = 3 + 2 * WIDEST_MOTION + 1
HELD_STEPS = 16  # counted one by one up to here, then in two coarser classes
HELDS = HELD_STEPS + 4
LONGEST_PAST = 1024  # frames that are remembered for echoes: 64 bars of 4/4
ECHO_CLASSES = (1, 2, 3, 4, 6, 8, 12, 16, 32)  # chords or notes alike; each begins a class
ECHOES = 1 + len(ECHO_CLASSES)
INVERSIONS = 4  # of a chord
_QUALITIES = 8
SAID_ROOTS = 1 + OCTAVE  # not said, or a pitch class
SAID_KINDS = 1 + _QUALITIES * INVERSIONS  # not said, or an inversion of a quality
ABOVES = 2 + OCTAVE


def _interval_table() -> IntArray:
    """[code, reference] → id: 0 the code is no pitch, 1 the reference is none, then semitones."""
    codes = np.arange(CODES)
    semitones = np.clip(codes[:, None] - codes[None, :], -WIDEST_INTERVAL, WIDEST_INTERVAL)
    table: IntArray = (semitones + WIDEST_INTERVAL + 2).astype(np.int32)
    table[:, :FIRST_STRIKE] = 1
    table[:FIRST_STRIKE, :] = 0
    return table


def _motion_table() -> IntArray:
    """[token + 1, reference] → id: 0 undecided, 1 rest, 2 hold, then semitones (or from nothing)."""
    tokens = np.arange(-1, VOCABULARY_SIZE)
    codes = np.arange(CODES)
    semitones = np.clip(tokens[:, None] - codes[None, :], -WIDEST_MOTION, WIDEST_MOTION)
    table: IntArray = (semitones + WIDEST_MOTION + 3).astype(np.int32)
    table[:, :FIRST_STRIKE] = WIDEST_MOTION + 3
    for token, motion in ((UNDECIDED, 0), (REST, 1), (HOLD, 2)):
        table[token + 1, :] = motion
    return table


def _held_table() -> IntArray:
    """[steps since the strike] → id: 0 nothing yet, single steps, up to 24, up to 32, longer."""
    steps = np.arange(34)
    coarse = np.where(steps <= 24, HELD_STEPS + 1, np.where(steps <= 32, HELD_STEPS + 2, HELD_STEPS + 3))
    return np.where(steps <= HELD_STEPS, steps, coarse).astype(np.int32)


def _above_table() -> IntArray:
    """[root, reference] → id: 0 no root is said, 1 the reference is none, then semitones from it up to the root."""
    pitch_classes = np.array(CODE_PITCH_CLASS)
    table: IntArray = (2 + (np.arange(-1, OCTAVE)[:, None] - pitch_classes[None, :]) % OCTAVE).astype(np.int32)
    table[:, :FIRST_STRIKE] = 1
    table[0] = 0
    return table


# [token + 1]: what a token sounds; a hold's place is taken by what it goes on with.
CODE_OF: IntArray = np.array([NOTHING, SILENCE, NOTHING, *range(FIRST_STRIKE, VOCABULARY_SIZE)], dtype=np.int32)
# [chords or notes that are alike] → class of an echo
ECHO_OF: IntArray = np.searchsorted(ECHO_CLASSES, np.arange(LONGEST_PAST + 1), side="right").astype(np.int32)
INTERVAL_OF = _interval_table()
MOTION_OF = _motion_table()
HELD_OF = _held_table()
ABOVE_OF = _above_table()
LONGEST_HELD = len(HELD_OF) - 1
