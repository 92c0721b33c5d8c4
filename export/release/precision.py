"""Whether an int8 model still says what its fp32 form says: the limits it must keep to ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from companion.model.runtime import Model
from export.data.pieces import Piece
from export.scores.scoring import model_scorer, symbols_of

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
    exact, rounded = model_scorer(fp32), model_scorer(int8)
    for piece in pieces:
        symbols = symbols_of(piece.frames)[..., None]
        before, after = exact(piece.frames, piece.first_step), rounded(piece.frames, piece.first_step)
        variation += float(0.5 * np.abs(np.exp(before) - np.exp(after)).sum())
        change += float((np.take_along_axis(before, symbols, -1) - np.take_along_axis(after, symbols, -1)).sum())
        same += int((before.argmax(-1) == after.argmax(-1)).sum())
        notes += symbols.size
    return Drift(notes, variation / notes, change / notes, same / notes)
