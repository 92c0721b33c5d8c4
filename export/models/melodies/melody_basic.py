"""``melody-basic``: two LSTMs over the events of one voice (after Magenta's Melody RNN, the basic one).

An *event* is what the tune does in a step: go on with what it does, end its note, or strike one of 36 pitches. It
is the tune's own word for a token: the graph reads events out of feature rows, and gives logits of tokens.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from companion.model.codes import HELD_OF
from companion.model.features import FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH, VOCABULARY_SIZE
from export.models.layers import ModelState, Tensor, lstm_step

NO_EVENT, NOTE_OFF, FIRST_PITCH = range(3)
LOWEST_EVENT, HIGHEST_EVENT = 48, 83  # pitches
EVENTS = FIRST_PITCH + HIGHEST_EVENT - LOWEST_EVENT + 1
TUNE_FEATURES = ("own_pitch", "own_held", "pitches")
UNSAYABLE = -60.0  # the logit of what a tune cannot do

_BELOW = FIRST_STRIKE + LOWEST_EVENT - LOWEST_PITCH  # tokens that come before the lowest event's
_JUST_BEGUN = int(HELD_OF[1])


def _event_table() -> np.ndarray[Any, Any]:
    """[code] → the event of its strike, by octaves where events end."""
    pitches = np.arange(VOCABULARY_SIZE) - FIRST_STRIKE + LOWEST_PITCH
    pitches = np.where(pitches < LOWEST_EVENT, pitches + 12, pitches)
    return np.maximum(pitches - LOWEST_EVENT + FIRST_PITCH, 0).astype(np.int32)


class TuneReader:
    """Reads the rows of the first voice."""

    def __init__(self, row: FeatureRow) -> None:
        self._reference, self._held, self._now = (row.slot(name) for name in TUNE_FEATURES)
        self._offsets = row.offsets
        self._bar = row.slot("bar") if "bar" in row.names else -1
        self._events = _event_table()

    def sounds(self, ids: Tensor) -> Tensor:
        """ids ``[..., width]`` → bool ``[..., 1]``: whether a note sounds, which may be held or ended."""
        return ops.expand_dims(self._id(ids, self._now) >= FIRST_STRIKE, -1)

    def last_event(self, ids: Tensor) -> Tensor:
        """ids ``[..., width]`` → ``[...]``: the event of the step before; NO_EVENT before the first."""
        now, reference = self._id(ids, self._now), self._id(ids, self._reference)
        struck = ops.take(ops.convert_to_tensor(self._events), now, axis=0)
        ended = ops.where(reference >= FIRST_STRIKE, NOTE_OFF, NO_EVENT)
        begun = self._id(ids, self._held) == _JUST_BEGUN
        return ops.cast(ops.where(begun, ops.where(now >= FIRST_STRIKE, struck, ended), NO_EVENT), "int32")

    def place(self, ids: Tensor) -> Tensor:
        """ids ``[..., width]`` → ``[..., 4]``: the place in a bar of 16 steps as binary digits, −1 and 1."""
        place = ops.expand_dims(self._id(ids, self._bar), -1)
        digits = ops.floor_divide(place, np.array([1, 2, 4, 8], dtype=np.int32)) % 2
        return 2.0 * ops.cast(digits, "float32") - 1.0

    def _id(self, ids: Tensor, slot: int) -> Tensor:
        return ids[..., slot] - int(self._offsets[slot])


def one_hot(events: Tensor) -> Tensor:
    """``[...]`` → ``[..., EVENTS]``."""
    return ops.one_hot(events, EVENTS, dtype="float32")


@keras.saving.register_keras_serializable("chorale")
class EventHead(layers.Layer):  # type: ignore[misc]
    """Vectors → logits of labels, and logits of events → logits of tokens."""

    def __init__(self, labels: int = EVENTS, **kwargs: Any):
        super().__init__(**kwargs)
        self.labels = layers.Dense(labels, name="labels")

    def build(self, shape: Any) -> None:
        self.labels.build(shape)
        self.temperature = self.add_weight(name="temperature", shape=(), initializer="ones", trainable=False)

    def call(self, x: Tensor) -> Tensor:
        """x ``[..., units]`` → ``[..., labels]``."""
        return self.labels(x)

    def tokens(self, events: Tensor, sounds: Tensor) -> Tensor:
        """Logits of events ``[..., EVENTS]`` and whether a note sounds ``[..., 1]`` → ``[..., vocabulary]``.

        In silence to end a note and to do nothing are one. The two highest pitches are in no soprano's reach.
        """
        nothing, off = events[..., NO_EVENT : NO_EVENT + 1], events[..., NOTE_OFF : NOTE_OFF + 1]
        unsayable = ops.zeros_like(nothing) + UNSAYABLE
        rest = ops.where(sounds, off, nothing + ops.softplus(off - nothing))
        hold = ops.where(sounds, nothing, unsayable)
        strikes = events[..., FIRST_PITCH : FIRST_PITCH + VOCABULARY_SIZE - _BELOW]
        below = ops.repeat(unsayable, _BELOW - FIRST_STRIKE, axis=-1)
        return ops.concatenate([rest, hold, below, strikes], axis=-1) / self.temperature

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.temperature.assign(self.temperature * temperature)


class MelodyBasicModel(keras.Model):  # type: ignore[misc]
    """It reads the last event, and nothing else."""

    architecture = "melody-basic"
    kind = "melody"
    voice_order = "fixed"
    features: tuple[str, ...] = TUNE_FEATURES

    def __init__(self, units: int = 256, depth: int = 2, dropout: float = 0.5, labels: int = EVENTS):
        super().__init__()
        self.units, self.depth = units, depth
        self.reader = TuneReader(FeatureRow(self.features))
        self.layers_of_time = [layers.LSTM(units, return_sequences=True, name=f"lstm_{i}") for i in range(depth)]
        self.dropouts = [layers.Dropout(dropout) for _ in range(depth)]
        self.head = EventHead(labels)

    @property
    def states(self) -> list[ModelState]:
        names = [f"{kind}_{i}" for i in range(self.depth) for kind in ("hidden", "carried")]
        return [ModelState(name, (1, self.units)) for name in names]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, steps, width]`` of the first voice → logits ``[batch, steps, vocabulary]``."""
        x = self.in_time(one_hot(self.reader.last_event(ids)), training)
        return self.head.tokens(self.head(x), self.reader.sounds(ids))

    def in_time(self, x: Tensor, training: bool) -> Tensor:
        """What the LSTMs make of a sequence, ``[batch, steps, units]``."""
        for layer, dropout in zip(self.layers_of_time, self.dropouts, strict=True):
            x = dropout(layer(x, training=training), training=training)
        return x

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.head.divide(temperature)

    def prepare_step(self) -> None:
        """Nothing need be computed before the step graph is traced."""

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One step: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states."""
        x, following = self.step_in_time(one_hot(self.reader.last_event(ids)), states)
        return self.head.tokens(self.head(x), self.reader.sounds(ids)), following

    def step_in_time(self, x: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """What the LSTMs make of one step, ``[1, units]``, and their next states."""
        following: dict[str, Any] = {}
        for i, layer in enumerate(self.layers_of_time):
            x, carried = lstm_step(layer.cell, x, states[f"hidden_{i}"], states[f"carried_{i}"])
            following[f"hidden_{i}"], following[f"carried_{i}"] = x, carried
        return x, following
