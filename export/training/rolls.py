"""Rolls of keys as the roll's network learns from them: crops, freshly transposed, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from companion.music.bars import STEPS_PER_WHOLE_NOTE
from companion.music.vocabulary import IntArray
from export.data.rolls import DOWN, STRUCK, KeyRoll
from export.models.layers import Tensor
from export.training.crops import IGNORED, CropSettings, DrawnBatches

HIGHEST_MOVE = 6  # semitones up or down
CHECKED_TOGETHER = 4  # rolls; they are read side by side, so that a batch is large


def roll_nll(targets: Tensor, answers: Tensor) -> Tensor:
    """Mean nats a frame: what each key's silence or sound costs, and of keys that sound, whether they are struck.

    targets: ``[batch, frames, keys]`` silent, DOWN, STRUCK or IGNORED; answers: ``[batch, frames, keys, 3]``.
    """
    down = ops.cast(targets >= DOWN, answers.dtype)
    struck = ops.cast(targets == STRUCK, answers.dtype)
    counted = ops.cast(targets != IGNORED, answers.dtype)
    played = ops.softplus(answers[..., 0]) - down * answers[..., 0]
    strikes = down * (ops.softplus(answers[..., 1]) - struck * answers[..., 1])
    frames = ops.maximum(ops.sum(counted[..., 0]), 1.0)
    return ops.sum((played + strikes) * counted) / frames


def roll_batch(crops: Sequence[tuple[IntArray, int]], steps: int) -> tuple[IntArray, IntArray]:
    """Rolls ``[batch, steps, keys, 3]`` and targets ``[batch, steps, keys]``, of rows of keys and where each begins.

    A roll says of each key whether it is played and struck, and everywhere the place in the bar.
    """
    targets = np.stack([np.pad(k, ((0, steps - len(k)), (0, 0)), constant_values=IGNORED) for k, _ in crops])
    places = np.stack([(start + np.arange(steps)) % STEPS_PER_WHOLE_NOTE for _, start in crops])
    planes = (targets >= DOWN, targets == STRUCK, np.broadcast_to(places[..., None], targets.shape))
    return np.stack(planes, axis=-1).astype(np.int32), targets.astype(np.int32)


class RollBatches(DrawnBatches):
    """Batches of random crops of rolls."""

    def __init__(self, rolls: Sequence[KeyRoll], settings: CropSettings, batches: int, seed: int, first_epoch: int):
        super().__init__([len(roll.keys) for roll in rolls], batches, seed, first_epoch)
        self.rolls, self.settings = list(rolls), settings

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        generator = self.dice(index)
        chosen = self.chosen(self.settings.batch_size, generator)
        return roll_batch([self._crop(self.rolls[i].keys, generator) for i in chosen], self.settings.steps)

    def _crop(self, keys: IntArray, generator: np.random.Generator) -> tuple[IntArray, int]:
        last = max(len(keys) - self.settings.steps, 0)
        start = 0 if generator.random() < self.settings.from_start else int(generator.integers(last + 1))
        crop = keys[start : start + self.settings.steps].copy()
        crop[0] = np.where(crop[0] == DOWN, STRUCK, crop[0])  # as a crop of a chorale begins
        return moved(crop, int(generator.choice(moves_of(keys)))), start


class WholeRolls(keras.utils.PyDataset):  # type: ignore[misc]
    """Every roll from its start, in crops end to end and untransposed: what a training is checked with."""

    def __init__(self, rolls: Sequence[KeyRoll], steps: int):
        super().__init__()
        self.steps = steps
        self.crops = [
            (roll.keys[start : start + steps], start) for roll in rolls for start in range(0, len(roll.keys), steps)
        ]

    def __len__(self) -> int:
        return math.ceil(len(self.crops) / CHECKED_TOGETHER)

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        return roll_batch(self.crops[index * CHECKED_TOGETHER : (index + 1) * CHECKED_TOGETHER], self.steps)


def moves_of(keys: IntArray) -> range:
    """The semitones by which keys ``[steps, keys]`` can be moved with none falling off either end."""
    used = np.flatnonzero(keys.any(axis=0))
    if not len(used):
        return range(1)
    return range(-min(HIGHEST_MOVE, int(used[0])), min(HIGHEST_MOVE, keys.shape[1] - 1 - int(used[-1])) + 1)


def moved(keys: IntArray, semitones: int) -> IntArray:
    """Keys moved up, or down below 0."""
    rolled: Any = np.roll(keys, semitones, axis=1)
    return np.asarray(rolled, dtype=np.int32)
