"""``attention-gru``: attention over the notes before, then two GRUs, in one key (after a published artist's model)."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers, ops

from companion.music.vocabulary import FIRST_STRIKE
from export.models.layers import ModelState, Tensor, TimeGRU, gru_step
from export.models.symbols import (
    FAR,
    FARTHEST_DOWN,
    FARTHEST_UP,
    LINE_SYMBOLS,
    SPOKEN,
    SYMBOL_FEATURES,
    SymbolModel,
)

SPARE = FARTHEST_UP - FARTHEST_DOWN  # pitches beyond the vocabulary, into which music may be moved


class AttentionGruModel(SymbolModel):
    """All music is moved to C major or A minor, and what is said of it is moved back.

    The GRUs read a note together with what attention saw of the notes before: their mean, weighted by likeness.
    """

    architecture = "attention-gru"
    features = (*SYMBOL_FEATURES, "key")
    needs_key = True

    def __init__(self, units: int = 256, embedding: int = 32, window: int = 128, dropout: float = 0.0):
        super().__init__()
        self.units, self.embedding_units, self.window = units, embedding, window
        self.embedding = layers.Embedding(LINE_SYMBOLS + SPARE, embedding, name="embedding")
        self.layers_of_time = [TimeGRU(units, name=f"gru_{i}") for i in range(2)]
        self.dropouts = [layers.Dropout(dropout) for _ in range(3)]
        self.hidden = layers.Dense(units, activation="relu", name="hidden")
        self.said = layers.Dense(SPOKEN + SPARE, name="said")

    @property
    def states(self) -> list[ModelState]:
        # one more number a note says that it was heard: a window that is not full yet holds zeros
        looked = ModelState("looked", (self.window - 1, self.embedding_units + 1), update="append")
        return [looked, *(ModelState(f"hidden_{i}", (1, self.units)) for i in range(2))]

    @property
    def asides(self) -> dict[str, int]:
        """What is said beside the logits, and of how many numbers."""
        return {"attention": self.window}

    def build(self, shape: Any) -> None:
        del shape
        self.sharpness = self.add_weight(name="sharpness", shape=(), initializer="ones")

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary]``."""
        x = self.embedding(self._moved(ids))
        distance = np.arange(x.shape[1])[:, None] - np.arange(x.shape[1])[None, :]
        hidden = np.where((distance < 0) | (distance >= self.window), FAR, 0.0).astype(np.float32)
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1))) * self.sharpness + hidden
        seen = ops.matmul(ops.softmax(scores, axis=-1), x)
        x = self.dropouts[0](ops.concatenate([x, seen], axis=-1), training=training)
        for layer, dropout in zip(self.layers_of_time, self.dropouts[1:], strict=True):
            x = dropout(layer(x, training=training), training=training)
        return self._tokens(self.said(self.hidden(x)), ids)

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]``, the next states, the attention."""
        heard = ops.concatenate([self.embedding(self._moved(ids)), ops.ones((1, 1))], axis=-1)
        window = ops.concatenate([states["looked"], heard], axis=0)
        notes, is_there = window[:, :-1], window[:, -1]
        scores = ops.matmul(notes, ops.transpose(heard[:, :-1]))[:, 0] * self.sharpness + (1 - is_there) * FAR
        weights = ops.reshape(ops.softmax(scores, axis=-1), (1, self.window))
        following: dict[str, Any] = {"looked": heard, "attention": weights}
        x = ops.concatenate([heard[:, :-1], ops.matmul(weights, notes)], axis=-1)
        for i, layer in enumerate(self.layers_of_time):
            x = following[f"hidden_{i}"] = gru_step(layer.cell, x, states[f"hidden_{i}"])
        return self._tokens(self.said(self.hidden(x)), ids), following

    def _moved(self, ids: Tensor) -> Tensor:
        """[...]: the symbol before, in the common key; its pitches begin so much higher in the table."""
        symbol = self.reader.last(ids)
        return ops.where(ops.less(symbol, FIRST_STRIKE), symbol, symbol + self.reader.move(ids) - FARTHEST_DOWN)

    def _tokens(self, logits: Tensor, ids: Tensor) -> Tensor:
        """Logits ``[..., SPOKEN + SPARE]`` of silence and pitches in the common key → logits of tokens here."""
        first = ops.expand_dims(self.reader.move(ids) - FARTHEST_DOWN, -1)
        places = ops.concatenate([ops.zeros_like(first), 1 + first + np.arange(SPOKEN - 1)], axis=-1)
        return self.reader.tokens(ops.take_along_axis(logits, places, axis=-1), self.reader.own(ids))
