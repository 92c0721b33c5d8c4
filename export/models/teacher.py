"""``teacher``: ``gru`` told all that ``bach`` is but chords: too slow for small machines, and better; it teaches."""

from __future__ import annotations

from collections.abc import Sequence

from companion.model.features import WITHOUT_CHORDS
from export.models.gru import GruModel


class TeacherModel(GruModel):
    """GRUs over all that ``bach`` reads but chords."""

    architecture = "teacher"
    features = WITHOUT_CHORDS

    def __init__(
        self,
        units: int = 256,
        depth: int = 2,
        dropout: float = 0.3,
        slot_dropout: float = 0.1,
        weight_dropout: float = 0.0,
        features: Sequence[str] = features,
    ):
        super().__init__(units, depth, dropout, slot_dropout, weight_dropout, features)
