"""``melody-attention``: the basic one, which looks back at its own last 40 steps (after Magenta's Attention RNN)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from companion.model.contract import ATTENTION
from export.models.layers import ModelState, Tensor
from export.models.melodies.melody_basic import EVENTS, TUNE_FEATURES, MelodyBasicModel, one_hot
from export.models.symbols import FAR

LOOKED_AT = 40  # steps, this one counted


@keras.saving.register_keras_serializable("chorale")
class LookBack(layers.Layer):  # type: ignore[misc]
    """Scaled products of where the tune is with where it was, and a learned bias for each distance."""

    def __init__(self, units: int, steps: int, **kwargs: object):
        super().__init__(**kwargs)
        self.units, self.steps = units, steps
        self.query = layers.Dense(units, use_bias=False, name="query")
        self.key = layers.Dense(units, use_bias=False, name="key")
        self.mix = layers.Dense(units, activation="tanh", name="mix")

    def build(self, shape: tuple[int | None, ...]) -> None:
        for layer in (self.query, self.key):
            layer.build(shape)
        self.mix.build((*shape[:-1], 2 * self.units))
        self.bias = self.add_weight(name="bias", shape=(self.steps,), initializer="zeros")

    def call(self, x: Tensor) -> Tensor:
        """x ``[batch, steps, units]`` → the same shape."""
        steps = x.shape[1]
        distance = np.arange(steps)[:, None] - np.arange(steps)[None, :]
        hidden = (distance < 0) | (distance >= self.steps)
        bias = ops.take(self.bias, np.where(hidden, 0, distance).astype(np.int32), axis=0)
        scores = ops.einsum("bid,bjd->bij", self.query(x), self.key(x)) / np.float32(np.sqrt(self.units))
        weights = ops.softmax(ops.where(hidden, FAR, scores + bias), axis=-1)
        return self.mix(ops.concatenate([x, ops.einsum("bij,bjd->bid", weights, x)], axis=-1))

    def step(self, x: Tensor, past: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """x ``[1, units]``; past ``[steps − 1, units]``, the newest last, of which so many were → mixed, weights."""
        outputs = ops.concatenate([past, x], axis=0)
        age = np.arange(self.steps - 1, -1, -1, dtype=np.int32)
        scores = ops.matmul(self.query(x), ops.transpose(self.key(outputs))) / np.float32(np.sqrt(self.units))
        scores = scores + ops.expand_dims(ops.flip(self.bias, axis=0), 0)
        weights = ops.softmax(ops.where(ops.expand_dims(age > seen, 0), FAR, scores), axis=-1)
        return self.mix(ops.concatenate([x, ops.matmul(weights, outputs)], axis=-1)), weights


class MelodyAttentionModel(MelodyBasicModel):
    """What it looks back at are the outputs of its LSTMs; it is told the place in the bar besides."""

    architecture = "melody-attention"
    features = ("bar", *TUNE_FEATURES)

    def __init__(self, units: int = 256, depth: int = 2, dropout: float = 0.5, window: int = LOOKED_AT):
        super().__init__(units, depth, dropout, EVENTS)
        self.window = window
        self.look_back = LookBack(units, window)

    @property
    def asides(self) -> dict[str, int]:
        """What it says beside its logits."""
        return {ATTENTION: self.window}

    @property
    def states(self) -> list[ModelState]:
        outputs = ModelState("outputs", (self.window - 1, self.units), update="append")
        return [*super().states, outputs, ModelState("seen", (1,), "int32")]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, steps, width]`` of the first voice → logits ``[batch, steps, vocabulary]``."""
        x = self.look_back(self.in_time(self._told(ids), training))
        return self.head.tokens(self.head(x), self.reader.sounds(ids))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One step: ids ``[1, width]`` and every state → logits ``[1, vocabulary]``, the next states, the weights."""
        output, following = self.step_in_time(self._told(ids), states)
        x, weights = self.look_back.step(output, states["outputs"], states["seen"])
        seen = ops.minimum(states["seen"] + 1, self.window - 1)
        following = {**following, "outputs": output, "seen": seen, ATTENTION: weights}
        return self.head.tokens(self.head(x), self.reader.sounds(ids)), following

    def _told(self, ids: Tensor) -> Tensor:
        return ops.concatenate([one_hot(self.reader.last_event(ids)), self.reader.place(ids)], axis=-1)
