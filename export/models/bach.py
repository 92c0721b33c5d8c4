"""``bach``: two clocks. A network of time runs once a frame; a small one speaks each of its four notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from companion.model.features import WITHOUT_BARS, FeatureRow
from companion.music.vocabulary import VOICES
from export.models.layers import (
    ModelState,
    NoteEmbedding,
    PitchHead,
    Tensor,
    TimeGRU,
    dropout_of_time,
    gru_step,
    slots_within,
    swish,
)

# What the frame clock reads, from the row of the first note: what is the same for all four voices.
FRAME_FEATURES = (
    "beat",
    "close",
    "pitches",
    "held",
    "moves",
    "chord",
    "key",
    "coming",
    "later",
    "later_steps",
    "echo",
    "echo_chords",
    "tune",
    "tune_notes",
    "known_tune",
    "known_notes",
    "root",
    "kind",
    "then_root",
    "then_kind",
)


class BachModel(keras.Model):  # type: ignore[misc]
    """GRUs run once a frame and hand a context to the note clock, which reads everything else besides."""

    architecture = "bach"
    voice_order = "any"
    features: tuple[str, ...] = WITHOUT_BARS

    def __init__(
        self,
        units: int = 320,
        depth: int = 2,
        hidden: int = 256,
        dropout: float = 0.4,
        slot_dropout: float = 0.1,
        weight_dropout: float = 0.5,
        features: Sequence[str] = features,
    ):
        super().__init__()
        self.features = tuple(features)
        row, frame_row = FeatureRow(self.features), FeatureRow([name for name in FRAME_FEATURES if name in features])
        self.units, self.depth, self.hidden = units, depth, hidden
        self.width = row.width
        self.slots, self.shift = slots_within(frame_row, row)  # from rows of one table to rows of the other
        self.turn, self.first_turn = row.slot("turn"), int(row.offsets[row.slot("turn")])
        self.frame_embedding = NoteEmbedding(frame_row, units, slot_dropout=slot_dropout)
        self.layers_of_time = [TimeGRU(units, weight_dropout, name=f"gru_{i}") for i in range(depth)]
        self.context = layers.Dense(hidden, name="context")
        self.note_embedding = NoteEmbedding(row, hidden, slot_dropout=slot_dropout)
        self.note = layers.Dense(hidden, use_bias=False, name="note")
        self.head = PitchHead(row, hidden=hidden, dropout=dropout)
        self.dropouts = [dropout_of_time(dropout) for _ in range(depth + 1)]
        self.note_dropout = layers.Dropout(dropout)

    @property
    def states(self) -> list[ModelState]:
        hidden = [ModelState(f"hidden_{i}", (1, self.units)) for i in range(self.depth)]
        return [*hidden, ModelState("context", (1, self.hidden))]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]``, four notes a frame in their turns → logits ``[batch, notes, vocabulary]``."""
        context = ops.repeat(self._contexts(ids[:, :: len(VOICES)], training), len(VOICES), axis=1)
        x = self.note_dropout(self.note_embedding(ids, training=training), training=training)
        x = x + swish(self.note(x) + context[:, : ids.shape[1]])
        return self.head(x, ids, training=training)

    def _contexts(self, ids: Tensor, training: bool) -> Tensor:
        """ids ``[batch, frames, width]`` of first notes → ``[batch, frames, hidden]``."""
        rows = ops.take(ids, self.slots, axis=-1) + self.shift
        x = self.dropouts[0](self.frame_embedding(rows, training=training), training=training)
        for layer, dropout in zip(self.layers_of_time, self.dropouts[1:], strict=True):
            x = x + dropout(layer(x, training=training), training=training)
        return self.context(x)

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.head.divide(temperature)

    def prepare_step(self) -> None:
        """Compute what the step graph holds as constants; to be called before it is traced."""
        self.frame_embedding.fold()
        self.note_embedding.fold()

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states.

        Only the first note of a frame changes the states: its branch becomes an ONNX ``If``. Inside a
        branch what comes from outside has lost its shape, so it is said again.
        """
        before = [states[state.name] for state in self.states]
        begins = ops.equal(ids[0, self.turn], self.first_turn)
        after = ops.cond(begins, lambda: self._frame(ids, before), lambda: before)
        after = [ops.reshape(value, state.shape) for value, state in zip(after, self.states, strict=True)]
        x = self.note_embedding.step(ids)
        x = x + swish(self.note(x) + after[-1])
        return self.head.step(x, ids), {state.name: value for state, value in zip(self.states, after, strict=True)}

    def _frame(self, ids: Tensor, before: list[Tensor]) -> list[Tensor]:
        """The states after the first note of a frame, from those before it."""
        rows = ops.take(ops.reshape(ids, (1, self.width)), self.slots, axis=1) + self.shift
        x = self.frame_embedding.step(rows)
        after: list[Any] = []
        for layer, hidden in zip(self.layers_of_time, before, strict=False):
            after.append(gru_step(layer.cell, x, ops.reshape(hidden, (1, self.units))))
            x = x + after[-1]
        return [*after, self.context(x)]
