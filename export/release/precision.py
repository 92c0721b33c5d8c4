"""Whether an int8 model still says what its fp32 form says: the limits it must keep to ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from companion.model.contract import MELODY
from companion.model.runtime import Model
from companion.music.vocabulary import IntArray
from export.data.pieces import Piece
from export.scores.scoring import model_scorer, symbols_of
from export.scores.tunes import hear_tune

MOST_VARIATION = 0.01  # mean total variation distance between the two distributions of a note
MOST_NLL_CHANGE = 0.002  # nats a note


@dataclass(frozen=True)
class Drift:
    """int8 against fp32, over every note of some pieces."""

    notes: int
    variation: float  # mean total variation distance, 0..1
    nll_change: float  # nats a note; positive is worse
    same_choice: float  # share of notes with the same likeliest symbol

    @property
    def acceptable(self) -> bool:
        return self.variation <= MOST_VARIATION and self.nll_change <= MOST_NLL_CHANGE

    def as_dict(self) -> dict[str, float | int]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


def measure_drift(fp32: Model, int8: Model, pieces: Sequence[Piece]) -> Drift:
    """Run both models over the same pieces."""
    variation, change, same, notes = 0.0, 0.0, 0, 0
    for piece in pieces:
        symbols = _symbols(fp32, piece)[..., None]
        before, after = _scores(fp32, piece), _scores(int8, piece)
        variation += float(0.5 * np.abs(np.exp(before) - np.exp(after)).sum())
        change += float((np.take_along_axis(before, symbols, -1) - np.take_along_axis(after, symbols, -1)).sum())
        same += int((before.argmax(-1) == after.argmax(-1)).sum())
        notes += symbols.size
    return Drift(notes, variation / notes, change / notes, same / notes)


def _scores(model: Model, piece: Piece) -> NDArray[np.float64]:
    """``[..., symbols]``: of every note of a chorale, or of every event of a tune."""
    if model.contract.kind == MELODY:
        return hear_tune(model, piece.frames, piece.first_step)[0]
    return model_scorer(model)(piece.frames, piece.first_step)


def _symbols(model: Model, piece: Piece) -> IntArray:
    """What came, ``[...]``."""
    return piece.frames[:, 0] if model.contract.kind == MELODY else symbols_of(piece.frames)
