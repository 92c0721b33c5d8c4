"""Form, counted: phrase ends and what they close with, returns, endings.

The CSV set knows no fermatas. A chord that stands still for a beat and a half, no voice changing its pitch, is
taken for the end of a phrase: of Bach's, the beats from one to the next are 8 in the median, and whole fours for 59 %.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, excerpt, sounding_pitches
from companion.sampling.harmony import DIMINISHED, MAJOR, MINOR
from export.measures.function import FALL_OF_A_FIFTH, Sonority, chord_of
from export.measures.harmony import windows_in_key
from export.measures.melody import WIDEST_STEP
from export.measures.passage import Passage
from export.measures.tally import Floats, Tally

STANDING_STEPS = 6  # a beat and a half
FOUR_BEATS = 4.0
BEFORE_STEPS = 2 * STEPS_PER_BEAT  # in which the chord that leads to a phrase end is looked for


class Cadence(StrEnum):
    """How a phrase ends."""

    HOME = "authentic (at home)"  # from its dominant to the tonic of the piece's key
    AWAY = "authentic (in another key)"
    HALF = "half"  # on the dominant, which is not led to by its own
    DECEPTIVE = "deceptive"  # from the dominant to the submediant
    OTHER = "other"


@dataclass(frozen=True)
class Standing:
    """A chord that stands still."""

    start: int  # frame of the passage
    steps: int
    place: float  # 0 at the beginning of the piece, 1 at its end
    last: bool  # whether nothing comes after it


def standing_chords(passage: Passage) -> list[Standing]:
    """Those that begin in what is judged."""
    starts = _changes(sounding_pitches(passage.frames))
    lengths = np.diff([*starts, len(passage.frames)])
    whole = len(passage.piece)
    return [
        Standing(start, steps, (passage.start + start) / whole, start == starts[-1])
        for start, steps in zip(starts, lengths.tolist(), strict=True)
        if steps >= STANDING_STEPS
    ]


def standing_rate(passage: Passage) -> Tally:
    """Standing chords for each beat."""
    return Tally(len(standing_chords(passage)), len(passage.frames) / STEPS_PER_BEAT)


def phrase_beats(passage: Passage) -> Floats:
    """[distances]: the beats from each standing chord to the next."""
    starts = [standing.start for standing in standing_chords(passage)]
    beats: Floats = np.diff(starts) / STEPS_PER_BEAT
    return beats


def whole_fours(passage: Passage) -> Tally:
    """Those distances that are whole fours of beats."""
    beats = phrase_beats(passage)
    return Tally(int((beats % FOUR_BEATS == 0).sum()), len(beats))


def uneven_beats(passage: Passage) -> Tally:
    """Those that are no even number of beats: in 4/4 one of the two then lies on a weak beat."""
    beats = phrase_beats(passage)
    return Tally(int((beats % 2 != 0).sum()), len(beats))


def cadence_counts(passage: Passage, first: float = 0.0, last: float = 1.0) -> Counter[Cadence]:
    """How the phrases end that do so in a stretch of the piece, of which 0 is the beginning and 1 the end.

    The end of the piece is left aside.
    """
    pitches = sounding_pitches(passage.frames)
    inner = [one for one in standing_chords(passage) if not one.last and first <= one.place < last]
    return Counter(_cadence(pitches, one.start, passage.key) for one in inner)


def cadences_of(passage: Passage, kind: Cadence, first: float = 0.0, last: float = 1.0) -> Tally:
    """Phrase ends of a kind among all in a stretch of the piece."""
    found = cadence_counts(passage, first, last)
    return Tally(found[kind], found.total())


def closes_home(passage: Passage) -> Tally:
    """Whether the last chord is the tonic's, and led to by its dominant."""
    pitches = sounding_pitches(passage.frames)
    return Tally(int(_cadence(pitches, _changes(pitches)[-1], passage.key) == Cadence.HOME), 1)


def final_beats(passage: Passage) -> Floats:
    """[1]: how long the last chord stands, in beats."""
    pitches = sounding_pitches(passage.frames)
    return np.array([(len(pitches) - _changes(pitches)[-1]) / STEPS_PER_BEAT])


def leaps_into_last(passage: Passage) -> Tally:
    """Whether the soprano comes to its last pitch by more than a step; a rest before it is no leap."""
    soprano = sounding_pitches(passage.frames)[:, 0]
    moves = np.flatnonzero(np.diff(soprano))
    if not len(moves) or not soprano[moves[-1] : moves[-1] + 2].all():
        return Tally(0, 0)
    before, last = soprano[moves[-1] : moves[-1] + 2].tolist()
    return Tally(int(abs(last - before) > WIDEST_STEP), 1)


def half_in_key(passage: Passage, second: bool) -> Tally:
    """Windows of four bars in the piece's key, in the first half of what is judged or in the second."""
    middle = len(passage.frames) // 2
    half = excerpt(passage.frames, middle, len(passage.frames)) if second else passage.frames[:middle]
    return windows_in_key(half, passage.key)


def _cadence(pitches: IntArray, start: int, key: Key) -> Cadence:
    """How the chord that begins at a frame closes."""
    chord = chord_of(pitches[start].tolist())
    if chord is None:
        return Cadence.OTHER
    before = _before(pitches, start, chord)
    degree = (chord.root - key.tonic) % OCTAVE
    if before is not None and _leads(before, chord.root) and chord.shape in (MAJOR, MINOR):
        return Cadence.AWAY if degree else Cadence.HOME
    if degree == FALL_OF_A_FIFTH and chord.is_dominant:
        return Cadence.HALF
    if before is not None and _leads(before, key.tonic) and degree in (8, 9):
        return Cadence.DECEPTIVE
    return Cadence.OTHER


def _before(pitches: IntArray, start: int, chord: Sonority) -> Sonority | None:
    """The last chord of another root that stands shortly before a frame."""
    for step in range(start - 1, max(start - 1 - BEFORE_STEPS, -1), -1):
        found = chord_of(pitches[step].tolist())
        if found is not None and found.root != chord.root:
            return found
    return None


def _leads(chord: Sonority, tonic: int) -> bool:
    """Whether a chord is the dominant of a tonic, or the diminished chord on its leading tone."""
    way = (chord.root - tonic) % OCTAVE
    leading = chord.shape[:3] == DIMINISHED and way == OCTAVE - 1
    return leading or (chord.is_dominant and way == FALL_OF_A_FIFTH)


def _changes(pitches: IntArray) -> list[int]:
    """The frames on which a chord begins, the first among them."""
    begins = np.concatenate([[True], (pitches[1:] != pitches[:-1]).any(axis=1)])
    return [int(step) for step in np.flatnonzero(begins)]
