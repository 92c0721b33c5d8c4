"""What a model knows by heart of the pieces it learns from: their tunes, and what they recall of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from companion.model.codes import UNDECIDED
from companion.model.known_tunes import KnownTune, KnownTunes, tunes_of
from companion.music.vocabulary import FIRST_STRIKE, VOCABULARY_SIZE, IntArray, sounding_tokens
from export.data.likeness import ALIKE_SHARE, LikenessIndex
from export.data.pieces import Piece


class Recalled(NamedTuple):
    """Of each frame of a piece, before it came; see companion.model.features.Echo."""

    known: IntArray  # [steps]
    moves: IntArray  # [steps]

    def transposed(self, semitones: int) -> Recalled:
        """The same of the piece moved; a tune that then goes beyond all pitches is not recalled there."""
        moved = np.where(self.known >= FIRST_STRIKE, self.known + semitones, self.known)
        told = (self.known < FIRST_STRIKE) | ((moved >= FIRST_STRIKE) & (moved < VOCABULARY_SIZE))
        return Recalled(np.where(told, moved, UNDECIDED), np.where(told, self.moves, 0))


class ByHeart:
    """Tunes, and what they recall of a piece: one that they are from is asked about as if it were new.

    It recalls nothing of itself then, nor of pieces that are alike: those would not be known of one held out either.
    """

    def __init__(self, tunes: Mapping[str, Sequence[KnownTune]], alike: Mapping[str, Iterable[str]]) -> None:
        """Tunes by the pieces they are from; and to each piece the others that it is like."""
        self._tunes = dict(tunes)
        self._alike = {name: {name, *others} for name, others in alike.items()}
        self._recalled: dict[str, Recalled] = {}
        self.all = self._without(set())

    @classmethod
    def learned(cls, pieces: Sequence[Piece]) -> ByHeart:
        """What is there to be known of some pieces."""
        index = LikenessIndex(pieces)
        alike = {piece.name: [match.name for match in index.matches(piece, ALIKE_SHARE)] for piece in pieces}
        return cls({piece.name: tunes_of(piece.frames, piece.first_step) for piece in pieces}, alike)

    @classmethod
    def told(cls, tunes: Sequence[KnownTune]) -> ByHeart:
        """What a model file or a run knows; it is asked about other pieces alone."""
        return cls({"": tunes}, {})

    def recalled(self, piece: Piece) -> Recalled:
        """What is recalled in a piece as it stands, ``[steps]`` each."""
        if piece.name not in self._recalled:
            alike = self._alike.get(piece.name)
            self._recalled[piece.name] = _recalled(piece, self._without(alike) if alike else self.all)
        return self._recalled[piece.name]

    def _without(self, names: set[str]) -> KnownTunes:
        """Each tune once, those of some pieces left out."""
        tunes = (tune for name, own in self._tunes.items() if name not in names for tune in own)
        return KnownTunes(list(dict.fromkeys(tunes)))


def _recalled(piece: Piece, known: KnownTunes) -> Recalled:
    hearing, found = known.start(piece.first_step), []
    for code in sounding_tokens(piece.frames)[:, 0].tolist():
        found.append(hearing.recall())
        hearing = hearing.advance(code)
    rows = np.array(found, dtype=np.int32).reshape(-1, 2)
    return Recalled(rows[:, 0], rows[:, 1])
