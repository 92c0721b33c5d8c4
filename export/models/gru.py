"""``gru``: stacked GRUs that run note by note over feature rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from companion.model.features import FeatureRow
from export.models.layers import (
    PLAIN_FEATURES,
    ModelState,
    NoteEmbedding,
    PitchHead,
    Tensor,
    TimeGRU,
    dropout_of_time,
    gru_step,
)

# What is plain, the chord and the key, what came where the piece was like this before, and how a known tune goes on.
LIGHT_FEATURES = (
    *PLAIN_FEATURES,
    "chord",
    "key",
    "own_echo",
    "echo",
    "echo_chords",
    "tune",
    "tune_notes",
    "known_tune",
    "known_notes",
)


class GruModel(keras.Model):  # type: ignore[misc]
    """Each layer adds to what it reads, so that the facts of the moment reach the logits directly."""

    architecture = "gru"
    voice_order = "any"
    features: tuple[str, ...] = LIGHT_FEATURES

    def __init__(
        self,
        units: int = 256,
        depth: int = 2,
        dropout: float = 0.3,
        slot_dropout: float = 0.1,
        weight_dropout: float = 0.0,
        features: Sequence[str] = features,
    ):
        super().__init__()
        self.features = tuple(features)
        row = FeatureRow(self.features)
        self.units, self.depth = units, depth
        self.embedding = NoteEmbedding(row, units, slot_dropout=slot_dropout)
        self.layers_of_time = [TimeGRU(units, weight_dropout, name=f"gru_{i}") for i in range(depth)]
        self.dropouts = [dropout_of_time(dropout) for _ in range(depth + 1)]
        self.head = PitchHead(row, hidden=units, dropout=dropout)

    @property
    def states(self) -> list[ModelState]:
        return [ModelState(f"hidden_{i}", (1, self.units)) for i in range(self.depth)]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary]``."""
        x = self.dropouts[0](self.embedding(ids, training=training), training=training)
        for layer, dropout in zip(self.layers_of_time, self.dropouts[1:], strict=True):
            x = x + dropout(layer(x, training=training), training=training)
        return self.head(x, ids, training=training)

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.head.divide(temperature)

    def prepare_step(self) -> None:
        """Compute what the step graph holds as constants; to be called before it is traced."""
        self.embedding.fold()

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states."""
        x = self.embedding.step(ids)
        following: dict[str, Any] = {}
        for i, layer in enumerate(self.layers_of_time):
            hidden = gru_step(layer.cell, x, states[f"hidden_{i}"])
            following[f"hidden_{i}"] = hidden
            x = x + hidden
        return self.head.step(x, ids), following
