"""``teacher``: ``gru`` told all that ``bach`` is told: too slow for the smallest machines, and better; it teaches."""

from __future__ import annotations

from companion.model.features import FEATURES
from export.models.gru import GruModel


class TeacherModel(GruModel):
    """GRUs over every feature there is."""

    architecture = "teacher"
    features = tuple(FEATURES)
