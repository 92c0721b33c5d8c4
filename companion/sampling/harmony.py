"""Rules of harmony: whole chords, and a close on a full triad of the key.

Pitch classes that sound together are one number of twelve bits, so that a table tells of any of them
what they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import UNDECIDED
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, VOICES, IntArray, struck_pitch
from companion.sampling.rules import LogProbs, NoteContext, Rule

MAJOR, MINOR, DIMINISHED = (0, 4, 7), (0, 3, 7), (0, 3, 6)  # triads, in semitones from the root
# Dominant, minor, major, diminished and half-diminished.
SEVENTHS = ((0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 9), (0, 3, 6, 10))
SOFT_SEVENTHS = SEVENTHS[1:3]  # minor and major: they lead nowhere by themselves
FIFTH = 7  # semitones
AWAY_PENALTY = 1.5  # nats off what closes on another triad than the tonic's

PitchClasses = frozenset[int]


def chords_of(shapes: Iterable[tuple[int, ...]], least: int) -> frozenset[PitchClasses]:
    """Chords on every root, whole or with tones left out, down to so many tones."""
    parts = {part for shape in shapes for size in range(least, len(shape) + 1) for part in combinations(shape, size)}
    return frozenset(frozenset((tone + root) % OCTAVE for tone in part) for part in parts for root in range(OCTAVE))


def triads_of(key: Key) -> frozenset[PitchClasses]:
    """The major and minor triads of a key, the major one on a minor key's tonic among them."""
    picardy = frozenset((key.tonic + tone) % OCTAVE for tone in MAJOR)
    return frozenset(triad for triad in chords_of((MAJOR, MINOR), least=3) if triad <= key.scale or triad == picardy)


CONSONANT = chords_of((MAJOR, MINOR, DIMINISHED, *SEVENTHS), least=1)  # nothing in it belongs to no chord
_BITS = [1 << struck_pitch(code) % OCTAVE if code >= FIRST_STRIKE else 0 for code in range(VOCABULARY_SIZE)]
_BIT_OF_CODE: IntArray = np.array(_BITS, dtype=np.int32)


def dissonant_with(context: NoteContext) -> NDArray[np.bool_]:
    """``[vocabulary]``: the tokens with which what is decided fits no triad or seventh chord, not even in part."""
    return _DISSONANT[_together(context)]


def soft_seventh_with(context: NoteContext) -> NDArray[np.bool_]:
    """``[vocabulary]``: the tokens with which what is decided is a minor or a major seventh chord."""
    return _SOFT[_together(context)]


def is_dissonant(codes: Sequence[int]) -> bool:
    """Whether what sounds fits no triad or seventh chord, not even in part."""
    sounding = 0
    for code in codes:
        sounding |= _BITS[code]
    return bool(_DISSONANT[sounding])


@lru_cache(maxsize=64)
def close_on_triad(key: Key) -> Rule:
    """A rule that forbids whatever cannot become a full triad of the key with the voices still to come.

    Away from the tonic is discouraged.
    """
    at_home = {key.tonic, (key.tonic + FIFTH) % OCTAVE}
    return becoming(frozenset((triad, 0.0 if at_home <= triad else AWAY_PENALTY) for triad in triads_of(key)))


def whole_chord(chord: PitchClasses) -> Rule:
    """A rule that forbids whatever cannot become this chord, whole, with the voices still to come."""
    return becoming(frozenset({(chord, 0.0)}))


@lru_cache(maxsize=128)  # equal guidance so are equal rules
def becoming(chords: frozenset[tuple[PitchClasses, float]]) -> Rule:
    """A rule that forbids whatever cannot become one of these chords, whole, with the voices still to come.

    chords: each with the nats that it costs.
    """
    by_voices_to_come = [np.full(2**OCTAVE, -math.inf) for _ in VOICES]
    for chord, cost in sorted(chords, key=itemgetter(1), reverse=True):  # what may become several, the cheapest of them
        for to_come, table in enumerate(by_voices_to_come):
            table[[_bits(part) for part in _beginnings(chord, to_come)]] = -cost

    def rule(scores: LogProbs, context: NoteContext) -> None:
        scores += by_voices_to_come[_to_come(context)][_together(context)]

    return rule


def _beginnings(chord: PitchClasses, to_come: int) -> list[PitchClasses]:
    """What so many voices can complete to a chord."""
    sizes = range(max(len(chord) - to_come, 0), len(chord) + 1)
    return [frozenset(part) for size in sizes for part in combinations(chord, size)]


def _bits(chord: PitchClasses) -> int:
    return sum(1 << tone for tone in chord)


def _to_come(context: NoteContext) -> int:
    """How many voices are decided after this one."""
    return context.tokens.count(UNDECIDED) - 1


def _soft_sevenths() -> NDArray[np.bool_]:
    """Of every number of pitch classes: whether it is a minor or a major seventh chord, whole or without its fifth."""
    soft = np.zeros(2**OCTAVE, dtype=np.bool_)
    for root, third, fifth, seventh in SOFT_SEVENTHS:
        for tones in ((root, third, fifth, seventh), (root, third, seventh)):
            soft[[_bits(frozenset((tone + by) % OCTAVE for tone in tones)) for by in range(OCTAVE)]] = True
    return soft


def _dissonances() -> NDArray[np.bool_]:
    """Of every number of pitch classes: whether it fits no triad or seventh chord."""
    dissonant = np.ones(2**OCTAVE, dtype=np.bool_)
    dissonant[0] = False
    dissonant[[_bits(chord) for chord in CONSONANT]] = False
    return dissonant


_DISSONANT, _SOFT = _dissonances(), _soft_sevenths()


def _together(context: NoteContext) -> IntArray:
    """``[vocabulary]``: the pitch classes that would sound, of this voice and of those decided, with each token."""
    sounding = 0
    for code in context.codes:
        sounding |= _BITS[code]
    together: IntArray = _BIT_OF_CODE | sounding
    together[REST] = sounding
    together[HOLD] = sounding | _BITS[context.history.now[context.voice]]
    return together
