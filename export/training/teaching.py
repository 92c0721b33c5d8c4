"""A model taught by others: what several trained models together expect of each note, beside the note that came."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from companion.music.vocabulary import VOICES, IntArray
from export.training.crops import CropBatches


class Teachers:
    """Models that read the same features; what they expect is the mean of their distributions.

    How music begins only the first is asked: models that run note by note know it badly.
    """

    def __init__(self, models: Sequence[keras.Model]) -> None:
        """ValueError where they do not read the same."""
        if len({tuple(model.features) for model in models}) != 1:
            raise ValueError("teachers must read the same features as one another")
        self.features = models[0].features
        self._models = list(models)

    def expect(self, ids: IntArray) -> NDArray[np.float32]:
        """ids ``[batch, notes, width]`` from their beginning → probabilities ``[batch, notes, vocabulary]``."""
        told = [ops.convert_to_numpy(ops.softmax(model.predict_on_batch(ids))) for model in self._models]
        expected: NDArray[np.float32] = np.mean(told, axis=0, dtype=np.float32)
        expected[:, : len(VOICES)] = told[0][:, : len(VOICES)]
        return expected


class TaughtBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches whose targets also tell what the teachers expect: ``[batch, notes, 2 + vocabulary]``."""

    def __init__(self, batches: CropBatches, teachers: Teachers) -> None:
        super().__init__()
        self.batches, self.teachers = batches, teachers

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[IntArray, NDArray[np.float32]]:
        ids, targets = self.batches[index]
        return ids, np.concatenate([targets.astype(np.float32), self.teachers.expect(ids)], axis=-1)

    def on_epoch_end(self) -> None:
        self.batches.on_epoch_end()
