"""Training on several devices or hosts at once: each takes its rows of every batch (Keras' DataParallel, on JAX)."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np

from companion.errors import BadSetting
from companion.music.vocabulary import IntArray
from export.training.crops import IGNORED

DATA = "data"  # the one way: whole weights on every device, and a part of the batch
HOSTS = "KERAS_DISTRIBUTION_JOB_ADDRESSES"  # Keras reads it, and which of the hosts this one is


def distribute(way: str, batch_size: int) -> int:
    """Spread all models that are built from now on over the devices there are; returns how many.

    Several hosts find each other by Keras' own variables; every one runs the same command.

    Raises:
        BadSetting: Another way than DATA, a backend that cannot, or a batch that cannot be dealt to the devices.
    """
    if way != DATA:
        raise BadSetting(f"--distribute takes {DATA}, not {way!r}")
    if keras.config.backend() != "jax":
        raise BadSetting(
            f"--distribute {DATA} needs Keras on JAX, not {keras.config.backend()}:"
            " pip install jax, and set KERAS_BACKEND=jax"
        )
    if os.environ.get(HOSTS):
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    if batch_size % len(devices):
        raise BadSetting(
            f"a batch of {batch_size} cannot be dealt to {len(devices)} devices; take a multiple (--batch-size)"
        )
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))
    return len(devices)


def dealt(batches: Any) -> Any:
    """The same batches as this host reads them; where nothing is distributed, the batches themselves."""
    spread = keras.distribution.distribution()
    return batches if spread is None else DealtBatches(batches, spread)


class DealtBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """This host's rows of every batch, which is filled up to a multiple of the devices by rows that count nothing."""

    def __init__(self, batches: Any, spread: Any):
        super().__init__()
        self.batches, self.devices = batches, spread.num_model_replicas
        self.host, self.hosts = spread.data_shard_id, spread.num_processes

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        ids, targets = self.batches[index]
        more = -len(ids) % self.devices
        ids = np.concatenate([ids, np.repeat(ids[:1], more, axis=0)])
        targets = np.concatenate([targets, np.full((more, *targets.shape[1:]), IGNORED, dtype=targets.dtype)])
        mine = len(ids) // self.hosts
        rows = slice(self.host * mine, (self.host + 1) * mine)
        return ids[rows], targets[rows]

    def on_epoch_end(self) -> None:
        self.batches.on_epoch_end()
