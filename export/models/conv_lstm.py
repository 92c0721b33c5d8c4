"""``conv-lstm``: causal convolutions that see farther and farther back, then an LSTM (after a published notebook)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from export.models.layers import ModelState, Tensor, lstm_step
from export.models.symbols import LINE_SYMBOLS, SPOKEN, SymbolModel

CHANNELS = (32, 48, 64, 96)
DILATIONS = (1, 2, 4, 8)  # notes


class ConvLstmModel(SymbolModel):
    """Each convolution reads a note and one before it, 1, 2, 4 and 8 notes ago: 16 notes in all."""

    architecture = "conv-lstm"

    def __init__(self, units: int = 256, embedding: int = 5):
        super().__init__()
        self.units, self.embedding_units = units, embedding
        self.embedding = layers.Embedding(LINE_SYMBOLS, embedding, name="embedding")
        pairs = list(zip(CHANNELS, DILATIONS, strict=True))
        self.convolutions = [
            layers.Conv1D(channels, 2, dilation_rate=far, padding="causal", activation="relu", name=f"conv_{far}")
            for channels, far in pairs
        ]
        self.norms = [layers.BatchNormalization(name=f"norm_{far}") for far in DILATIONS]
        self.memory = layers.LSTM(units, return_sequences=True, name="lstm")
        self.said = layers.Dense(SPOKEN, name="said")

    @property
    def states(self) -> list[ModelState]:
        widths = (self.embedding_units, *CHANNELS)
        heard = [
            ModelState(f"heard_{far}", (far, width), update="append")
            for far, width in zip(DILATIONS, widths, strict=False)
        ]
        return [*heard, ModelState("hidden", (1, self.units)), ModelState("cell", (1, self.units))]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary]``."""
        x = self.embedding(self.reader.last(ids))
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x), training=training)
        x = self.memory(x, training=training)
        return self.reader.tokens(self.said(x), self.reader.own(ids))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states."""
        following: dict[str, Any] = {}
        x = self.embedding(self.reader.last(ids))
        for far, convolution, norm in zip(DILATIONS, self.convolutions, self.norms, strict=True):
            following[f"heard_{far}"] = x
            kernel = ops.convert_to_tensor(convolution.kernel)  # [2, inputs, channels], the older note first
            both = ops.matmul(states[f"heard_{far}"][:1], kernel[0]) + ops.matmul(x, kernel[1])
            x = _normed(norm, ops.relu(both + convolution.bias))
        hidden, cell = lstm_step(self.memory.cell, x, states["hidden"], states["cell"])
        following |= {"hidden": hidden, "cell": cell}
        return self.reader.tokens(self.said(hidden), self.reader.own(ids)), following


def _normed(norm: keras.layers.BatchNormalization, x: Tensor) -> Tensor:
    """By what was learned of means and variances."""
    return (x - norm.moving_mean) / ops.sqrt(norm.moving_variance + norm.epsilon) * norm.gamma + norm.beta
