"""``transformer``: a causal decoder over feature rows, with a bounded window and relative positions."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from companion.model.features import FeatureRow
from export.models.layers import PLAIN_FEATURES, ModelState, NoteEmbedding, PitchHead, Tensor, swish
from export.models.symbols import FAR


class Norm(layers.Layer):  # type: ignore[misc]
    """Scale by the root mean square; spelt in plain nodes."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")

    def call(self, x: Tensor) -> Tensor:
        return x / ops.sqrt(ops.mean(x * x, axis=-1, keepdims=True) + 1e-6) * self.scale


class Attention(layers.Layer):  # type: ignore[misc]
    """Heads that look back at most ``window`` notes, this one counted, with a learned bias for each distance."""

    def __init__(self, units: int, heads: int, window: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.units, self.heads, self.window = units, heads, window
        self.size = units // heads
        self.project = layers.Dense(3 * units, use_bias=False, name="project")
        self.output_ = layers.Dense(units, use_bias=False, name="output")
        self.dropout = layers.Dropout(dropout)

    def build(self, shape: Any) -> None:
        self.project.build(shape)
        self.output_.build(shape)
        self.bias = self.add_weight(name="bias", shape=(self.heads, self.window), initializer="zeros")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """x ``[batch, notes, units]`` → the same shape."""
        notes = x.shape[1]
        query, key, value = (self._by_head(part) for part in ops.split(self.project(x), 3, axis=-1))
        scores = ops.einsum("bihd,bjhd->bhij", query, key) / np.sqrt(self.size) + self._bias_between(notes)
        weights = self.dropout(ops.softmax(scores, axis=-1), training=training)
        mixed = ops.einsum("bhij,bjhd->bihd", weights, value)
        return self.output_(ops.reshape(mixed, (-1, notes, self.units)))

    def step(self, x: Tensor, keys: Tensor, values: Tensor, unseen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x ``[1, units]``; keys and values ``[window − 1, units]``, the newest last; unseen: added to the scores."""
        query, key, value = ops.split(self.project(x), 3, axis=-1)
        all_keys = ops.reshape(ops.concatenate([keys, key], axis=0), (self.window, self.heads, self.size))
        all_values = ops.reshape(ops.concatenate([values, value], axis=0), (self.window, self.heads, self.size))
        products = all_keys * ops.reshape(query, (1, self.heads, self.size))
        scores = ops.sum(products, axis=-1) / np.sqrt(self.size) + ops.transpose(ops.flip(self.bias, axis=1))
        weights = ops.softmax(scores + unseen, axis=0)
        mixed = ops.sum(all_values * ops.expand_dims(weights, -1), axis=0)
        return self.output_(ops.reshape(mixed, (1, self.units))), key, value

    def _by_head(self, x: Tensor) -> Tensor:
        return ops.reshape(x, (-1, x.shape[1], self.heads, self.size))

    def _bias_between(self, notes: int) -> Tensor:
        """[heads, notes, notes]: the bias for each distance, FAR where note i may not see note j."""
        distance = np.arange(notes)[:, None] - np.arange(notes)[None, :]
        hidden = (distance < 0) | (distance >= self.window)
        bias = ops.take(self.bias, np.where(hidden, 0, distance).astype(np.int32), axis=1)
        return ops.where(hidden, FAR, bias)


class Block(layers.Layer):  # type: ignore[misc]
    """Attention, then a gated feed-forward layer, each added to what it reads."""

    def __init__(self, units: int, heads: int, window: int, hidden: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.norms = [Norm(name="norm_0"), Norm(name="norm_1")]
        self.attention = Attention(units, heads, window, dropout, name="attention")
        self.up = layers.Dense(hidden, name="up")
        self.down = layers.Dense(units, name="down")
        self.dropout = layers.Dropout(dropout)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        x = x + self.dropout(self.attention(self.norms[0](x), training=training), training=training)
        return x + self.dropout(self._feed_forward(x), training=training)

    def step(self, x: Tensor, keys: Tensor, values: Tensor, unseen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mixed, key, value = self.attention.step(self.norms[0](x), keys, values, unseen)
        x = x + mixed
        return x + self._feed_forward(x), key, value

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.down(swish(self.up(self.norms[1](x))))


class TransformerModel(keras.Model):  # type: ignore[misc]
    """Each note is one position; keys and values of the last ``window`` notes are the model's memory."""

    architecture = "transformer"
    voice_order = "any"
    features = PLAIN_FEATURES

    def __init__(
        self,
        units: int = 128,
        depth: int = 4,
        heads: int = 4,
        hidden: int = 384,
        window: int = 256,
        dropout: float = 0.2,
        slot_dropout: float = 0.1,
    ):
        super().__init__()
        if units % heads:
            raise ValueError(f"units must be a multiple of heads ({heads}), not {units}")
        row = FeatureRow(self.features)
        self.units, self.depth, self.window = units, depth, window
        self.embedding = NoteEmbedding(row, units, slot_dropout=slot_dropout)
        self.dropout = layers.Dropout(dropout)
        self.blocks = [Block(units, heads, window, hidden, dropout, name=f"block_{i}") for i in range(depth)]
        self.norm = Norm(name="norm")
        self.head = PitchHead(row, hidden=2 * units, dropout=dropout)

    @property
    def states(self) -> list[ModelState]:
        memory = (self.window - 1, self.units)
        rows = [
            ModelState(f"{kind}_{i}", memory, update="append") for i in range(self.depth) for kind in ("keys", "values")
        ]
        return [*rows, ModelState("seen", (1,), "int32")]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary]``."""
        x = self.dropout(self.embedding(ids, training=training), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(self.norm(x), ids, training=training)

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.head.divide(temperature)

    def prepare_step(self) -> None:
        """Compute what the step graph holds as constants; to be called before it is traced."""
        self.embedding.fold()

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]``, new rows and the count."""
        x = self.embedding.step(ids)
        following: dict[str, Any] = {}
        age = np.arange(self.window - 1, -1, -1, dtype=np.int32)  # of each row of memory; this note's is 0
        unseen = ops.where(ops.expand_dims(age > states["seen"], -1), FAR, 0.0)
        for i, block in enumerate(self.blocks):
            x, key, value = block.step(x, states[f"keys_{i}"], states[f"values_{i}"], unseen)
            following[f"keys_{i}"], following[f"values_{i}"] = key, value
        following["seen"] = ops.minimum(states["seen"] + 1, self.window - 1)
        return self.head.step(self.norm(x), ids), following
