"""``teacher``: ``gru`` told all that ``bach`` is told: too slow for the smallest machines, and better; it teaches."""

from __future__ import annotations

from companion.model.features import WITHOUT_BARS
from export.models.gru import GruModel


class TeacherModel(GruModel):
    """GRUs over all that ``bach`` reads."""

    architecture = "teacher"
    features = WITHOUT_BARS
