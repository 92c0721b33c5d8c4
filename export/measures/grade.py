"""The grade of "Bach or Mock? A Grading Function for Chorales in the Style of J. S. Bach", written anew.

Fang, Liu, Seetharaman and Pardo, ICML workshop Machine Learning for Media Discovery 2020, arXiv:2006.13329.
A chorale's grade is the plain sum of nine distances between its distributions and those of Bach's
chorales; less is better. The paper's median is 4.91 (deviation 1.63) for Bach, graded by the same
pieces that make up the reference: notes 0.24, rhythm 0.23, parallels 0.0, chords 0.41, intervals of
soprano 0.47, alto 0.49, tenor 0.53 and bass 0.69, repeated sequences 1.29.

Taken from the authors' published program (github.com/asdfang/constraint-transformer-bach, folder
Grader, July 2020), where the paper gives no detail:
- The distance is the earth mover's. Categories have no order of their own: they stand in the order of
  how often Bach uses them, one apart; those that he never uses follow, the chorale's rarest first.
  Lengths of repeated sequences stand where their number of sixteenths says.
- Notes and rests count by sixteenths, as degrees of the scale with accidentals; durations, chords and
  intervals by occurrence. Notes, chords and intervals have one reference a mode.
- Parallels: the distance between the shares of fifths and octaves, times how many there are for each
  note, relative to Bach; 0 where there are none.
- A repeated sequence is one voice's, begins with a note, has two notes or more and comes twice or
  more; those that only ever come inside a longer one that is as frequent are left out. Its length
  counts as often as it comes. Where there is none, all weight lies at length 0.

Our own reading:
- The key is the one that companion.music.key hears, and pitches are spelled in it (export.measures.spelling): MIDI
  has no spelling, and music21's guess at one makes a distance of what is none.
- The qualities of chords are those of _QUALITIES; the program has music21's list, in which rarer
  chords have names too. A chord comes with each change of pitch.
- Repeated notes count as one, since the CSV set has no others; there are no fermatas to excuse
  parallels, and no rests between the notes of an interval.
- Sequences of two voices that are alike are counted for both; the program, by accident it seems, keeps
  the last one's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.music.key import Key
from companion.music.partwriting import FIFTHS, OCTAVES
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOICES, IntArray, notes_of_frames, sounding_pitches
from export.measures.partwriting import parallels
from export.measures.passage import Passage
from export.measures.spelling import home_shift, spell, staff_place

Histogram = Counter[Any]  # category → how often

_QUALITIES: Mapping[str, tuple[int, ...]] = {  # semitones from the root; the first that fits is taken
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "diminished": (0, 3, 6),
    "augmented": (0, 4, 8),
    "dominant seventh": (0, 4, 7, 10),
    "minor seventh": (0, 3, 7, 10),
    "major seventh": (0, 4, 7, 11),
    "half-diminished seventh": (0, 3, 6, 10),
    "diminished seventh": (0, 3, 6, 9),
    "minor-major seventh": (0, 3, 7, 11),
    "augmented seventh": (0, 4, 8, 10),
    "augmented major seventh": (0, 4, 8, 11),
    "suspended fourth": (0, 5, 7),
    "fifth": (0, 7),
    "single tone": (0,),
}
_UNKNOWN = "unknown"


def _quality_table() -> dict[frozenset[int], str]:
    table: dict[frozenset[int], str] = {}
    for quality, tones in _QUALITIES.items():
        for root in range(12):
            table.setdefault(frozenset((tone + root) % 12 for tone in tones), quality)
    return table


_QUALITY_OF = _quality_table()

BY_MODE = ("notes", "chords", *(f"{voice} intervals" for voice in VOICES))
PARALLELS, SEQUENCES = "parallels", "repeated sequences"
GRADED = ("notes", "rhythm", PARALLELS, *BY_MODE[1:], SEQUENCES)


@dataclass(frozen=True)
class Features:
    """What is counted of one chorale."""

    histograms: Mapping[str, Histogram]  # by the names of GRADED
    notes: int


class Grader:
    """Bach's distributions, ready to grade by."""

    def __init__(self, reference: Iterable[Passage]) -> None:
        self._histograms: dict[tuple[str, bool], Histogram] = {}
        notes = 0
        for passage in reference:
            features = features_of(passage.frames, passage.key)
            notes += features.notes
            for name, histogram in features.histograms.items():
                self._histograms.setdefault(self._of(name, passage.key), Counter()).update(histogram)
        if not notes:
            raise ValueError("there are no pieces to grade by")
        self._parallels_a_note = self._histograms[PARALLELS, False].total() / notes

    def grade(self, passage: Passage) -> float:
        """The sum of all distances; less is better."""
        return sum(self.distances(passage).values())

    def distances(self, passage: Passage) -> dict[str, float]:
        """Each feature's distance, by name."""
        features = features_of(passage.frames, passage.key)
        found = {}
        for name in GRADED:
            bach = self._histograms.get(self._of(name, passage.key), Counter())
            found[name] = self._distance(name, features, bach)
        return found

    def _distance(self, name: str, features: Features, bach: Histogram) -> float:
        own = features.histograms[name]
        if name == SEQUENCES:
            return length_distance(own, bach)
        if name != PARALLELS:
            return rank_distance(own, bach)
        if not own.total() or not self._parallels_a_note:
            return 0.0
        return rank_distance(own, bach) * own.total() / features.notes / self._parallels_a_note

    @staticmethod
    def _of(name: str, key: Key) -> tuple[str, bool]:
        return name, key.minor and name in BY_MODE


def features_of(frames: IntArray, key: Key) -> Features:
    """Count everything of frames ``[steps, 4]`` whose repeated notes are held."""
    pitches = sounding_pitches(frames)
    home = np.where(pitches > 0, pitches + home_shift(key), 0)
    histograms = {
        "notes": _degrees(home, key.minor),
        "rhythm": _durations(frames),
        PARALLELS: _parallels(frames),
        "chords": _qualities(pitches),
        **{f"{voice} intervals": _intervals(home[:, at], key.minor) for at, voice in enumerate(VOICES)},
        SEQUENCES: sum((repeated_lengths(_runs(frames[:, at])) for at in range(len(VOICES))), Counter()),
    }
    return Features(histograms, int((frames >= FIRST_STRIKE).sum()))


def rank_distance(own: Histogram, bach: Histogram) -> float:
    """Between shares of categories that stand in the order of how common they are in Bach."""
    known = [category for category, _ in bach.most_common()]
    new = [category for category, _ in reversed(own.most_common()) if category not in bach]
    order = [*known, *new]
    return _earth_mover(_shares(own, order), _shares(bach, order))


def length_distance(own: Histogram, bach: Histogram) -> float:
    """Between shares of lengths that stand where their number says."""
    lengths = range(max((int(str(length)) for length in (*own, *bach)), default=0) + 1)
    return _earth_mover(_shares(own or Counter({0: 1}), lengths), _shares(bach or Counter({0: 1}), lengths))


def repeated_lengths(line: Sequence[int]) -> Histogram:
    """How often sequences of each length come that are repeated in a voice, which is HOLD where a note goes on."""
    common = _common_lengths(np.array(line, dtype=np.int32))
    starts = [step for step, token in enumerate(line) if token != HOLD]
    second_notes = dict(pairwise(starts))
    found: Histogram = Counter()
    seen: set[tuple[int, ...]] = set()
    for at, start in enumerate(starts[:-1]):
        later = {int(common[start, other]) for other in starts[at + 1 :]}
        for length in later:
            sequence = tuple(line[start : start + length])
            if start + length <= second_notes[start] or sequence in seen:
                continue
            seen.add(sequence)
            places = [other for other in starts if other == start or common[start, other] >= length]
            if not _always_after_the_same(line, starts, places):
                found[length] += len(places)
    return found


def _always_after_the_same(line: Sequence[int], starts: Sequence[int], places: Sequence[int]) -> bool:
    """Whether a sequence comes only as the end of a longer one: the note before it is always the same."""
    before = set()
    for place in places:
        at = starts.index(place)
        if at == 0:
            return False
        before.add(tuple(line[starts[at - 1] : place]))
    return len(before) == 1


def _common_lengths(line: IntArray) -> IntArray:
    """[steps + 1, steps + 1]: how long the line goes on alike from one step and from another."""
    common = np.zeros((len(line) + 1, len(line) + 1), dtype=np.int32)
    for step in reversed(range(len(line))):
        common[step, :-1] = np.where(line == line[step], common[step + 1, 1:] + 1, 0)
    return common


def _degrees(home: IntArray, minor: bool) -> Histogram:
    pitches, counts = np.unique(home, return_counts=True)
    found: Histogram = Counter()
    for pitch, count in zip(pitches.tolist(), counts.tolist(), strict=True):
        found[spell(pitch, minor) if pitch else "rest"] += count
    return found


def _durations(frames: IntArray) -> Histogram:
    found: Histogram = Counter(note.steps for note in notes_of_frames(frames))
    for voice in range(len(VOICES)):
        line = np.concatenate([[HOLD], frames[:, voice], [HOLD]]) == REST
        edges = np.flatnonzero(line[1:] != line[:-1])
        found.update((edges[1::2] - edges[::2]).tolist())
    return found


def _parallels(frames: IntArray) -> Histogram:
    counts = {interval: int(parallels(frames, interval).found) for interval in (FIFTHS, OCTAVES)}
    return Counter({interval: count for interval, count in counts.items() if count})


def _qualities(pitches: IntArray) -> Histogram:
    begins = np.concatenate([[True], (pitches[1:] != pitches[:-1]).any(axis=1)])
    chords = [frozenset(pitch % 12 for pitch in chord if pitch) for chord in pitches[begins].tolist()]
    return Counter(_QUALITY_OF.get(chord, _UNKNOWN) for chord in chords if chord)


def _intervals(line: IntArray, minor: bool) -> Histogram:
    before, after = line[:-1], line[1:]
    moved = (before > 0) & (after > 0) & (before != after)
    return Counter(
        (staff_place(second, minor) - staff_place(first, minor), second - first)
        for first, second in zip(before[moved].tolist(), after[moved].tolist(), strict=True)
    )


def _runs(column: IntArray) -> list[int]:
    """A voice whose rests go on as its notes do."""
    goes_on = np.concatenate([[False], (column[1:] == REST) & (column[:-1] == REST)])
    return [int(token) for token in np.where(goes_on, HOLD, column)]


def _shares(histogram: Histogram, order: Iterable[Hashable]) -> NDArray[np.float64]:
    counts = np.array([histogram[category] for category in order], dtype=np.float64)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1.0)
    return shares


def _earth_mover(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.abs(np.cumsum(first - second)).sum())
