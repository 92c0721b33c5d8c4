"""How four voices can sound a chord that is asked for: what each way costs after what sounded before.

All ways are weighed together for each note, so that no voice takes what another one will need.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from companion.harmony.symbols import AskedChord
from companion.model.codes import UNDECIDED
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, VOICES, IntArray
from companion.sampling.harmony import FIFTH
from companion.sampling.rules import PERFECT, SPANS, LogProbs, NoteContext, Rule

_BASS = len(VOICES) - 1
# Nats off, so many that no model talks its way out: rather a tone is missing, or the bass is another, than parallels.
ALIEN = 150.0  # a tone outside of the chord
CROSSED = 120.0  # a voice above a higher one
PARALLEL = 100.0
MISSING = (50.0, 50.0, 40.0, 35.0)  # a tone of the chord, by its place in the symbol's tones
MISSING_FIFTH_OF_FOUR = 6.0  # of a seventh chord's tones the fifth is missed least
NAMED_BASS = 45.0  # another bass than the one behind a slash …
OTHER_BASS = 30.0  # … or than the root …
ON_FIFTH = 15.0  # … and a six-four chord, besides
DOUBLED = 3.0  # a leading tone, or a dissonance
WIDE = 3.0  # more than an octave between upper voices …
FAR_APART = 8.0  # … or more than an octave and a fourth
UNISON = 0.7
OVERLAPPING = 2.0  # a voice goes beyond where its neighbour just was
LEAP_BEYOND = 0.4  # for each semitone beyond a fifth, or beyond an octave in the bass …
STANDS = 4.0  # nats for a soprano that stays on its note while a chord goes on
TRITONE = 1.0  # … and for a leap of no singable size
HIDDEN = 1.0  # outer voices that leap into a fifth or octave in one direction
_LEAPS = (7, 7, 7, 12)
_CODES = np.arange(VOCABULARY_SIZE)
_CLASSES = np.array(CODE_PITCH_CLASS)
_PAIRS = tuple(combinations(range(len(VOICES)), 2))
Costs = NDArray[np.float64]


@lru_cache(maxsize=512)
def sings(chord: AskedChord, leads: frozenset[int], given: tuple[tuple[int, int], ...] = ()) -> Rule:
    """A rule that takes off each note what the best way costs that goes on from it.

    leads: pitch classes that lead, of which one voice is enough.
    given: (voice, code) of those that are not chosen.
    """
    told = dict(given)

    def rule(scores: LogProbs, context: NoteContext) -> None:
        known = tuple(
            told.get(voice) if token == UNDECIDED else code
            for voice, (token, code) in enumerate(zip(context.tokens, context.codes, strict=True))
        )
        costs = best_costs(chord, leads, tuple(context.history.now), known, context.voice)
        scores[FIRST_STRIKE:] -= costs[FIRST_STRIKE:]
        scores[HOLD] -= costs[context.history.now[context.voice]]
        scores[REST] -= ALIEN  # whatever the style: the chord is to sound

    return rule


def go_in_parallel(tune: tuple[int, int], bass: tuple[int, int]) -> bool:
    """Whether two voices come from a fifth or octave to the same; their pitch classes before and after."""
    before, after = ((high - low) % OCTAVE for high, low in zip(tune, bass, strict=True))
    return before == after and before in PERFECT and tune[0] != tune[1]


@lru_cache(maxsize=256)
def best_costs(
    chord: AskedChord, leads: frozenset[int], before: tuple[int, ...], known: tuple[int | None, ...], voice: int
) -> Costs:
    """``[codes]``: what the best way costs in which a voice sounds each code, above the best of all.

    before: codes that sounded; known: codes by voice, of those that are decided; None elsewhere.
    """
    choices = [_choices(chord, which, code) for which, code in enumerate(known)]
    total = _alone(chord, before, choices)
    for upper, lower in _PAIRS:
        pair = _together(before, upper, lower, choices[upper], choices[lower], chord, leads)
        total = total + pair.reshape([len(one) if at in (upper, lower) else 1 for at, one in enumerate(choices)])
    others = tuple(at for at in range(len(VOICES)) if at != voice)
    least = total.min(axis=others)
    costs = np.full(VOCABULARY_SIZE, ALIEN + float(least.max() - least.min()))
    costs[choices[voice]] = least - least.min()
    costs.flags.writeable = False
    return costs


@lru_cache(maxsize=1024)
def _choices(chord: AskedChord, voice: int, code: int | None) -> IntArray:
    """The codes that a voice may sound."""
    if code is not None:
        return np.array([code], dtype=np.int32)
    span = SPANS[voice]
    return np.array([each for each in span if CODE_PITCH_CLASS[each] in chord.tones], dtype=np.int32)


def _alone(chord: AskedChord, before: tuple[int, ...], choices: list[IntArray]) -> Costs:
    """``[soprano, alto, tenor, bass]``: tones that are missing, and leaps."""
    bits: NDArray[np.int64] = np.zeros((1,) * len(VOICES), dtype=np.int64)
    costs: list[Costs] = [_bass_costs(chord)[choices[_BASS]]]
    if chord.goes_on and len(choices[0]) > 1:
        costs.append(STANDS * (choices[0] == before[0]).reshape(-1, 1, 1, 1))
    for voice, codes in enumerate(choices):
        shape = [len(codes) if at == voice else 1 for at in range(len(VOICES))]
        bits = bits | np.where(codes >= FIRST_STRIKE, 1 << _CLASSES[codes], 0).reshape(shape)
        if before[voice] >= FIRST_STRIKE:
            costs.append(_leap_costs(voice)[np.abs(codes - before[voice])].reshape(shape))
    return sum(costs, _missing(chord)[bits])


@lru_cache(maxsize=len(VOICES))
def _leap_costs(voice: int) -> Costs:
    """``[semitones]``."""
    costs: Costs = LEAP_BEYOND * np.maximum(_CODES - _LEAPS[voice], 0)
    costs[[6, 10, 11]] += TRITONE
    costs.flags.writeable = False
    return costs


@lru_cache(maxsize=64)
def _bass_costs(chord: AskedChord) -> Costs:
    """``[codes]``."""
    costs: Costs = np.where(
        np.isin(_CLASSES, chord.basses), 0.0, OTHER_BASS if chord.slash in (None, chord.root) else NAMED_BASS
    )
    fifth = (_CLASSES - chord.root) % OCTAVE == FIFTH
    costs += ON_FIFTH * (fifth & ~np.isin(_CLASSES, chord.basses))
    return costs


@lru_cache(maxsize=64)
def _missing(chord: AskedChord) -> Costs:
    """``[4096]``: what pitch classes that sound together lack of a chord."""
    costs = np.zeros(1 << OCTAVE)
    together = np.arange(1 << OCTAVE)
    for place, tone in enumerate(chord.tones):
        fifth = len(chord.tones) > 3 and (tone - chord.root) % OCTAVE == FIFTH and tone not in chord.basses
        costs += np.where(together >> tone & 1, 0.0, MISSING_FIFTH_OF_FOUR if fifth else MISSING[place])
    return costs


def _together(
    before: tuple[int, ...],
    upper: int,
    lower: int,
    above: IntArray,
    below: IntArray,
    chord: AskedChord,
    leads: frozenset[int],
) -> Costs:
    """``[upper, lower]``: what two voices cost together."""
    apart = above[:, None] - below
    sung = (above[:, None] >= FIRST_STRIKE) & (below >= FIRST_STRIKE)
    costs: Costs = CROSSED * (apart < 0) + UNISON * (apart == 0)
    if lower < _BASS and lower == upper + 1:
        costs = costs + WIDE * (apart > OCTAVE) + FAR_APART * (apart > OCTAVE + 5)
    single = np.isin(_CLASSES[above], list(leads | _dissonant(chord)))
    costs = costs + DOUBLED * (single[:, None] & (apart % OCTAVE == 0))
    was_above, was_below = before[upper], before[lower]
    if min(was_above, was_below) >= FIRST_STRIKE:
        costs = costs + _moving(above - was_above, below - was_below, was_above - was_below, (upper, lower), apart)
    return np.where(sung, costs, 0.0)


def _moving(rises: IntArray, falls: IntArray, was_apart: int, voices: tuple[int, int], apart: IntArray) -> Costs:
    """What comes of where two voices come from."""
    both = (rises[:, None] != 0) & (falls != 0)
    costs: Costs = np.zeros(apart.shape)
    if was_apart % OCTAVE in PERFECT:
        costs = PARALLEL * (both & (apart % OCTAVE == was_apart % OCTAVE))
    if voices == (0, _BASS):
        alike = both & (np.sign(rises)[:, None] == np.sign(falls)) & (np.abs(rises) > 2)[:, None]
        costs = costs + HIDDEN * (alike & np.isin(apart % OCTAVE, PERFECT))
    overlapping = (apart >= 0) & ((rises[:, None] < -was_apart) | (falls > was_apart))
    return costs + OVERLAPPING * overlapping


def _dissonant(chord: AskedChord) -> frozenset[int]:
    """Sevenths, ninths and fourths above the root."""
    return frozenset((chord.root + tone) % OCTAVE for tone in chord.above if tone in (1, 2, 5, 6, 10, 11))
