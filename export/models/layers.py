"""Layers that the note-by-note models share: reading feature rows, writing pitch logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from companion.model.codes import NOTHING
from companion.model.features import FEATURES, FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, VOCABULARY_SIZE, IntArray

# What the models that run note by note read: their files name these, so the list stays as it is.
PLAIN_FEATURES = (
    "voice",
    "beat",
    "close",
    "own_pitch",
    "own_held",
    "pitches",
    "held",
    "moves",
    "intervals",
    "decided",
    "motions",
    "decided_intervals",
)

RELATIVE_REACH = 12  # semitones up and down from the voice's last pitch that have a relative logit

Tensor = Any  # keras.KerasTensor or a tensor of the backend in use


@dataclass(frozen=True)
class ModelState:
    """One state of a model: its shape for one step, and how the host carries it on.

    "replace": the graph gives the next value. "append": the graph gives one new row for the end of
    axis 0, of which the host keeps the last ``shape[0]``.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    update: str = "replace"


def swish(x: Tensor) -> Tensor:
    """x · sigmoid(x), spelt so that it exports as two plain nodes."""
    return x * ops.sigmoid(x)


def gru_step(cell: layers.GRUCell, x: Tensor, hidden: Tensor) -> Tensor:
    """What ``cell`` answers to one step, ``[1, units]``: its own weights, in fewer nodes than it writes itself."""
    input_bias, recurrent_bias = ops.unstack(cell.bias, axis=0)
    read, remembered = ops.matmul(x, cell.kernel), ops.matmul(hidden, cell.recurrent_kernel)
    return gru_update(read + input_bias, remembered + recurrent_bias, hidden)


def gru_update(read: Tensor, remembered: Tensor, hidden: Tensor) -> Tensor:
    """The next hidden state ``[batch, units]`` from its three gates' inputs, each ``[batch, 3 · units]``."""
    gates = 2 * hidden.shape[-1]  # update and reset
    x_gates, x_candidate = ops.split(read, [gates], axis=-1)
    h_gates, h_candidate = ops.split(remembered, [gates], axis=-1)
    update, reset = ops.split(ops.sigmoid(x_gates + h_gates), 2, axis=-1)
    candidate = ops.tanh(x_candidate + reset * h_candidate)
    return candidate + update * (hidden - candidate)


def lstm_step(cell: layers.LSTMCell, x: Tensor, hidden: Tensor, carried: Tensor) -> tuple[Tensor, Tensor]:
    """What ``cell`` answers to one step, ``[batch, units]`` each: the next hidden state and the next cell state."""
    gates = ops.matmul(x, cell.kernel) + ops.matmul(hidden, cell.recurrent_kernel) + cell.bias
    add, keep, candidate, show = ops.split(gates, 4, axis=-1)
    carried = ops.sigmoid(keep) * carried + ops.sigmoid(add) * ops.tanh(candidate)
    return ops.sigmoid(show) * ops.tanh(carried), carried


def dropout_of_time(rate: float) -> layers.Dropout:
    """Drops the same units at every step of a sequence (Gal and Ghahramani, 2016)."""
    return layers.Dropout(rate, noise_shape=(None, 1, None))


class TimeGRU(layers.GRU):  # type: ignore[misc]
    """A GRU over a whole sequence whose recurrent weights are dropped in training (Merity et al., 2018).

    One choice of weights holds for all steps of a batch: what is remembered is dropped for good, so that
    pieces cannot be learned by heart.
    """

    def __init__(self, units: int, weight_dropout: float = 0.0, **kwargs: Any):
        super().__init__(units, return_sequences=True, **kwargs)
        self.weight_dropout = weight_dropout
        self.seeds = keras.random.SeedGenerator()

    def inner_loop(self, sequences: Tensor, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """sequences ``[batch, steps, inputs]`` → last output, all outputs ``[batch, steps, units]``, states."""
        del mask
        recurrent = ops.convert_to_tensor(self.cell.recurrent_kernel)
        if training and self.weight_dropout:
            recurrent = keras.random.dropout(recurrent, self.weight_dropout, seed=self.seeds)
        input_bias, recurrent_bias = ops.unstack(ops.convert_to_tensor(self.cell.bias), axis=0)
        read = ops.matmul(sequences, self.cell.kernel) + input_bias

        def step(hidden: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            after = gru_update(x, ops.matmul(hidden, recurrent) + recurrent_bias, hidden)
            return after, after

        last, outputs = ops.scan(step, initial_state[0], ops.transpose(read, (1, 0, 2)))
        return last, ops.transpose(outputs, (1, 0, 2)), [last]


def slots_within(row: FeatureRow, wider: FeatureRow) -> tuple[list[int], IntArray]:
    """Which slots of a wider row are a row's own, ``[width]``, and what is to be added to their ids, ``[width]``.

    ValueError names a feature that the wider row lacks.
    """
    slots = [wider.slot(name) + i for name in row.names for i in range(FEATURES[name].slots)]
    shift: IntArray = row.offsets - wider.offsets[slots]
    return slots, shift


@keras.saving.register_keras_serializable("chorale")
class NoteEmbedding(layers.Layer):  # type: ignore[misc]
    """Feature rows ``[..., width]`` → vectors ``[..., units]``: one table for all slots, one dense layer.

    ``slot_dropout`` hides whole slots in training, so that no single fact is leant on.
    """

    def __init__(self, row: FeatureRow, units: int, slot_units: int = 16, slot_dropout: float = 0.1, **kwargs: Any):
        super().__init__(**kwargs)
        self.row, self.units, self.slot_units = row, units, slot_units
        self.slot_dropout = layers.Dropout(slot_dropout, noise_shape=(None, None, row.width, 1))

    def build(self, _: Any) -> None:
        scale = keras.initializers.RandomNormal(0.1)
        self.table = self.add_weight(name="table", shape=(self.row.rows, self.slot_units), initializer=scale)
        self.kernel = self.add_weight(
            name="kernel", shape=(self.row.width * self.slot_units, self.units), initializer="glorot_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def begin_from(self, other: NoteEmbedding) -> None:
        """Read what another does as it does; what it is not told is not heeded yet.

        ValueError where the other is told something that this one is not.
        """
        slots, _ = slots_within(other.row, self.row)
        table, kernel = ops.convert_to_numpy(self.table).copy(), np.zeros(self.kernel.shape, np.float32)
        theirs, kernels = ops.convert_to_numpy(other.table), ops.convert_to_numpy(other.kernel)
        for number, slot in enumerate(slots):
            begin, size = other.row.offsets[number], self.slot_units
            end = [*other.row.offsets, other.row.rows][number + 1]
            table[self.row.offsets[slot] :][: end - begin] = theirs[begin:end]
            kernel[slot * size :][:size] = kernels[number * size :][:size]
        self.table.assign(table)
        self.kernel.assign(kernel)
        self.bias.assign(other.bias)

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → ``[batch, notes, units]``."""
        slots = self.slot_dropout(ops.take(self.table, ids, axis=0), training=training)
        shape = ops.shape(ids)
        flat = ops.reshape(slots, (shape[0], shape[1], self.row.width * self.slot_units))
        return swish(ops.matmul(flat, self.kernel) + self.bias)

    def step(self, ids: Tensor) -> Tensor:
        """One row ``[1, width]`` → ``[1, units]``, by a table already multiplied by the kernel (call fold first)."""
        return swish(ops.sum(ops.take(self.folded, ids, axis=0), axis=1) + self.bias)

    def fold(self) -> None:
        """Multiply the table by each slot's part of the kernel, ``[rows, units]``: a constant of the step graph."""
        table = ops.convert_to_numpy(self.table)
        kernels = ops.convert_to_numpy(self.kernel).reshape(self.row.width, self.slot_units, self.units)
        bounds = [*self.row.offsets, self.row.rows]
        parts = [table[bounds[slot] : bounds[slot + 1]] @ kernels[slot] for slot in range(self.row.width)]
        self.folded = np.concatenate(parts).astype(np.float32)


def _placing_table() -> np.ndarray[Any, Any]:
    """[reference code, token] → which relative logit the token takes; the last one means none."""
    codes = np.arange(VOCABULARY_SIZE)
    offset = codes[None, :] - codes[:, None] + RELATIVE_REACH
    none = 2 * RELATIVE_REACH + 1
    reachable = (offset >= 0) & (offset < none)
    reachable &= (codes[None, :] >= FIRST_STRIKE) & (codes[:, None] >= FIRST_STRIKE)
    return np.where(reachable, offset, none).astype(np.int32)


@keras.saving.register_keras_serializable("chorale")
class PitchHead(layers.Layer):  # type: ignore[misc]
    """Vectors → logits: one for each token, plus one for each interval laid around the voice's last pitch."""

    def __init__(self, row: FeatureRow, hidden: int, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.slot = row.slot("own_pitch")
        self.offset = int(row.offsets[self.slot]) - NOTHING
        self.hidden = layers.Dense(hidden, name="hidden")
        self.dropout = layers.Dropout(dropout)
        self.absolute = layers.Dense(VOCABULARY_SIZE, name="absolute")
        self.relative = layers.Dense(2 * RELATIVE_REACH + 1, name="relative")
        self.placing = _placing_table()
        # [reference code, relative logit, token]: 1 where the token takes that logit
        self.spreading = (self.placing[:, None, :] == np.arange(2 * RELATIVE_REACH + 1)[:, None]).astype(np.float32)
        assert FEATURES["own_pitch"].rows == len(self.placing)

    def call(self, x: Tensor, ids: Tensor, training: bool = False) -> Tensor:
        """x ``[..., units]``, ids ``[..., width]`` → logits ``[..., vocabulary]``."""
        x = self.dropout(swish(self.hidden(x)), training=training)
        relative = self.relative(x)
        padded = ops.concatenate([relative, ops.zeros_like(relative[..., :1])], axis=-1)
        places = ops.take(ops.convert_to_tensor(self.placing), ids[..., self.slot] - self.offset, axis=0)
        return self.absolute(x) + ops.take_along_axis(padded, places, axis=-1)

    def step(self, x: Tensor, ids: Tensor) -> Tensor:
        """One note, ``[1, units]`` and ``[1, width]`` → ``[1, vocabulary]``: placed by a product, in fewer nodes."""
        x = swish(self.hidden(x))
        spread = ops.take(self.spreading, ids[0, self.slot] - self.offset, axis=0)
        return self.absolute(x) + ops.matmul(self.relative(x), spread)

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        for layer in (self.absolute, self.relative):
            layer.kernel.assign(layer.kernel / temperature)
            layer.bias.assign(layer.bias / temperature)
