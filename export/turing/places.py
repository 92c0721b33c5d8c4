"""Where excerpts are taken from: the beginnings of phrases in held-out pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.errors import BadSetting
from companion.generation.composer import LONGEST_HEARD
from companion.harmony.tunes import tune_form
from export.data.pieces import Piece
from export.data.prepare import find_leaks
from export.judging.recital import BAR_STEPS, OPENING_STEPS
from export.scores.evaluation import of_split


@dataclass(frozen=True, eq=False)
class PhraseStart:
    """A step of a piece on which a phrase begins."""

    piece: Piece
    start: int

    @property
    def bars_left(self) -> int:
        """How many bars the piece has from here on, a begun one counted whole."""
        return -(-(len(self.piece.frames) - self.start) // BAR_STEPS)


def choose_places(pieces: Sequence[Piece], count: int, steps: int, random: np.random.Generator) -> list[PhraseStart]:
    """So many places by chance, each in another piece of the test part that is like no training piece.

    Each has two bars or more before it, for a model to hear, and ``steps`` after it without the last chord of the
    piece, which no model's excerpt reaches either.

    Raises:
        BadSetting: There are fewer such pieces.
    """
    leaks = {leak.held for leak in find_leaks(pieces)}
    held_out = [piece for piece in of_split(pieces, "test") if piece.name not in leaks]
    possible = [starts for piece in held_out if (starts := _starts(piece, steps))]
    if count > len(possible):
        raise BadSetting(
            f"{count} held-out pieces are needed, two for each excerpt of each model, and {len(possible)} have"
            f" {steps // BAR_STEPS} bars after a phrase's beginning; ask for fewer excerpts, bars or models"
        )
    chosen = random.permutation(len(possible))[:count].tolist()
    return [possible[at][int(random.integers(len(possible[at])))] for at in chosen]


def _starts(piece: Piece, steps: int) -> list[PhraseStart]:
    spans = tune_form(piece.frames[:, 0]).spans
    last = min(spans[-1].close - steps, LONGEST_HEARD)  # of a longer opening a model would hear the tail alone
    return [PhraseStart(piece, span.start) for span in spans if OPENING_STEPS <= span.start <= last]
