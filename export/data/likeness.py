"""How alike two chorales or tunes are, at any transposition: the share of their progressions they have in common.

A progression is four successive different chords, as intervals from its first sounding pitch: so a
piece and its transposition have the same ones, and repeats, durations and struck repetitions change
nothing. The share of two pieces is taken of the smaller one's progressions, so that an excerpt of a
piece is wholly like it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from companion.music.vocabulary import IntArray, notes_of_frames, sounding_pitches
from export.data.pieces import Piece

CHORDS = 4  # chords in a progression

# Measured between the 365 corpus pieces and the 153 of the CSV set's valid and test parts, and inside either
# set. Of unrelated pieces every 0.02 more of share leaves less than half the pairs (331 at 0.04, 99, 39, 17,
# then 6 at 0.12), so by 0.2 none is expected; there the counts are at their lowest (1 pair of 55,845), and from
# 0.22 on a second, flat group begins: settings of one tune that repeat whole phrases, and twins.
ALIKE_SHARE = 0.2

# Between 0.46 and 0.62 there is no pair in any of these comparisons; above stand the encodings of one setting,
# and a few near twins (BWV 324 and 10.7, short and on one tune, at 0.65).
SAME_SHARE = 0.5

# Of tunes, in the same way: 8 notes by their intervals and their rhythm, in whatever note values. Between 2,775 tunes
# to learn from and 2,682 held out, every 0.05 more of share leaves a third of the pairs (2,837 that share anything,
# 1,085 from 0.05, 338 from 0.1, 116 from 0.15), and from 0.15 on it falls no longer so: 100, 73, 52, 55, 42.
TUNE_NOTES = 8
ALIKE_TUNES = 0.15

_NO_PITCH = -128  # in the place of an interval: the voice is silent

Progressions = Mapping[bytes, int]  # the intervals of each progression → the pitch they are counted from


@dataclass(frozen=True)
class Match:
    """How one piece stands to another."""

    name: str  # the other piece
    share: float  # of the smaller piece's progressions, 0..1
    shared: int  # progressions in common
    semitones: int  # added to this piece to meet the other: the commonest over what they share


def progressions(frames: IntArray) -> Progressions:
    """The different progressions of frames ``[steps, 4]``; none where fewer than four chords sound."""
    pitches = sounding_pitches(frames)
    changes = np.flatnonzero(np.any(pitches[1:] != pitches[:-1], axis=1)) + 1
    chords = pitches[np.concatenate([[0], changes])]
    chords = chords[np.any(chords != 0, axis=1)]
    found: dict[bytes, int] = {}
    for start in range(len(chords) - CHORDS + 1):
        window = chords[start : start + CHORDS].ravel()
        root = int(window[window != 0][0])
        intervals = np.where(window == 0, _NO_PITCH, window - root).astype(np.int8)
        found.setdefault(intervals.tobytes(), root)
    return found


def turns_of_tune(frames: IntArray) -> Progressions:
    """The same of a tune: successive notes of the soprano, by their intervals and the steps between their strikes."""
    notes = [(note.start_step, note.pitch) for note in notes_of_frames(frames) if note.voice == 0]
    starts, pitches = np.array(notes, dtype=np.int64).reshape(-1, 2).T
    found: dict[bytes, int] = {}
    for first in range(len(notes) - TUNE_NOTES + 1):
        turn = slice(first, first + TUNE_NOTES)
        steps = np.diff(starts[turn])
        intervals = pitches[turn] - pitches[first]
        found.setdefault(np.append(intervals, steps // np.gcd.reduce(steps)).tobytes(), int(pitches[first]))
    return found


def share(first: Progressions, second: Progressions) -> float:
    """The part of the smaller set that stands in both, 0..1."""
    smaller = min(len(first), len(second))
    return len(first.keys() & second.keys()) / smaller if smaller else 0.0


class LikenessIndex:
    """A set of pieces, ready to be asked which of them another piece is like."""

    def __init__(self, pieces: Sequence[Piece], parts: Callable[[IntArray], Progressions] = progressions) -> None:
        """Pieces are alike by such parts of them."""
        self._parts = parts
        self._pieces = {piece.name: parts(piece.frames) for piece in pieces}
        self._holders: dict[bytes, list[str]] = defaultdict(list)
        for name, held in self._pieces.items():
            for progression in held:
                self._holders[progression].append(name)

    def matches(self, piece: Piece, threshold: float) -> list[Match]:
        """The pieces at least this alike, the most alike first; a piece of the same name is passed over."""
        own = self._parts(piece.frames)
        counts = Counter(name for progression in own for name in self._holders.get(progression, ()))
        found = [self._match(own, name, shared) for name, shared in counts.items() if name != piece.name]
        return sorted((match for match in found if match.share >= threshold), key=lambda m: (-m.share, m.name))

    def best(self, piece: Piece) -> Match | None:
        """The piece most like this one; None where nothing is shared with any."""
        return next(iter(self.matches(piece, 0.0)), None)

    def _match(self, own: Progressions, name: str, shared: int) -> Match:
        other = self._pieces[name]
        moves = Counter(other[progression] - own[progression] for progression in own.keys() & other.keys())
        semitones = min(moves, key=lambda move: (-moves[move], abs(move)))
        return Match(name, shared / min(len(own), len(other)), shared, semitones)
