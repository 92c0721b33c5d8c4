"""How the authors of published models trained them: data, optimiser and schedule, as far as they tell.

What a run of ours does instead: random crops in all keys, averaged weights, early stopping (see fit).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from companion.model.features import FeatureRow
from companion.music.vocabulary import IntArray
from export.data.pieces import Piece, transpositions
from export.training.crops import Crop, CropSettings, batch_of, draw_crop
from export.training.habits import Habits


@dataclass(frozen=True)
class Published:
    """A published way to train."""

    steps: int  # of a window
    shift: int  # from one window to the next
    batch_size: int
    epochs: int
    optimizer: str  # as Keras calls it
    learning_rate: float
    schedule: str = "constant"  # or "linear" down to nothing, or "power": half of it every ten epochs
    clipnorm: float | None = None
    transposed: bool = False  # anew each epoch, as far as the voices' ranges allow
    patience: int | None = None  # epochs without a better validation; None: all epochs, the last weights


# Of how long it takes they say nothing: as long as the validation gets better.
_MELODY_RNN = Published(128, 128, 64, 30, "adam", 1e-3, clipnorm=3.0, transposed=True, patience=3)

PUBLISHED_WAYS = {  # sources: docs/models.md
    "attention-gru": Published(32, 32, 16, 100, "adam", 1e-3, "linear"),
    "conv-lstm": Published(32, 16, 32, 15, "nadam", 1e-3),
    "transformer-absolute": Published(32, 16, 32, 20, "adam", 1e-3),
    "gru-onehot": Published(64, 64, 16, 100, "adam", 1e-2, "power", clipnorm=1.0, transposed=True, patience=10),
    **dict.fromkeys(("melody-basic", "melody-lookback", "melody-attention"), _MELODY_RNN),
}


class Windows(keras.utils.PyDataset):  # type: ignore[misc]
    """Every window of every piece, in a new order each epoch; order and keys depend on seed and epoch alone."""

    def __init__(
        self, pieces: Sequence[Piece], row: FeatureRow, way: Published, seed: int, first_epoch: int, habits: Habits
    ):
        super().__init__()
        self.row, self.way, self.seed, self.epoch, self.habits = row, way, seed, first_epoch, habits
        self.windows = [(piece, start) for piece in pieces for start in starts_in(piece, way)]

    def __len__(self) -> int:
        return _batches_of(len(self.windows), self.way)

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        order = np.random.Generator(np.random.PCG64([self.seed, self.epoch])).permutation(len(self.windows))
        chosen = order[index * self.way.batch_size : (index + 1) * self.way.batch_size]
        dice = np.random.Generator(np.random.PCG64([self.seed, self.epoch, index]))
        return batch_of([self._crop(self.windows[number], dice) for number in chosen], self.row)

    def _crop(self, window: tuple[Piece, int], dice: np.random.Generator) -> Crop:
        piece, start = window
        semitones = int(dice.choice(transpositions(piece.frames))) if self.way.transposed else 0
        settings = CropSettings(steps=self.way.steps).suiting(self.habits)
        return draw_crop(piece, settings, dice, self.habits, (start, semitones))

    def on_epoch_end(self) -> None:
        self.epoch += 1


def starts_in(piece: Piece, way: Published) -> range:
    """Where the windows of a piece begin; the last may be padded."""
    return range(0, max(len(piece.frames) - way.steps + way.shift, 1), way.shift)


def batches_in(pieces: Sequence[Piece], way: Published) -> int:
    """How many batches an epoch has."""
    return _batches_of(sum(len(starts_in(piece, way)) for piece in pieces), way)


def _batches_of(windows: int, way: Published) -> int:
    return math.ceil(windows / way.batch_size)


def optimizer_of(way: Published, batches: int) -> keras.optimizers.Optimizer:
    """Its optimiser, for so many batches an epoch."""
    rates: dict[str, Any] = {
        "constant": way.learning_rate,
        "linear": keras.optimizers.schedules.PolynomialDecay(way.learning_rate, way.epochs * batches, 0.0),
        "power": keras.optimizers.schedules.ExponentialDecay(way.learning_rate, 10 * batches, 0.5),
    }
    clip = {} if way.clipnorm is None else {"clipnorm": way.clipnorm}
    config = {"class_name": way.optimizer, "config": {"learning_rate": way.learning_rate, **clip}}
    optimizer = keras.optimizers.deserialize(config)
    optimizer.learning_rate = rates[way.schedule]
    return optimizer
