"""One tiny training run and the files made of tiny models, shared by all tests of the training side."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import keras

    from export.release.onnx_file import Parity
    from export.training.fit import FitSettings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported


@dataclass(frozen=True)
class Trained:
    """A finished run, and what an onlooker saw of it."""

    folder: Path
    settings: FitSettings
    state: dict[str, Any]  # what fit returned
    after_batches: list[list[Any]]  # the weights as trained, after each batch
    after_epochs: list[list[Any]]  # the weights in the model at the end of each epoch


@dataclass(frozen=True)
class Exported:
    """A tiny model as a file."""

    model: keras.Model
    path: Path
    parity: Parity


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run of four epochs of a tiny GRU without dropout."""
    import keras  # noqa: PLC0415 - seconds; only for the tests that need it
    from support.tiny import settings_of, tiny_set  # noqa: PLC0415

    from export.training.crops import CropSettings  # noqa: PLC0415
    from export.training.fit import FitSettings, fit  # noqa: PLC0415

    class Onlooker(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            del batch, logs
            after_batches.append(self.model.get_weights())

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            del epoch, logs
            after_epochs.append(self.model.get_weights())

    after_batches: list[list[Any]] = []
    after_epochs: list[list[Any]] = []
    folder = tmp_path_factory.mktemp("runs") / "gru"
    settings = FitSettings(
        "gru",
        ("jsb",),
        model=settings_of("gru", depth=1),
        crops=CropSettings(steps=16, batch_size=4),
        epochs=4,
        batches_per_epoch=6,
        learning_rate=2e-2,
        average=0.7,
    )
    pieces = tiny_set()
    state = fit(settings, pieces[:2], pieces[2:3], folder, callbacks=[Onlooker()])
    return Trained(folder, settings, state, after_batches, after_epochs)


@pytest.fixture
def uncompiled() -> Iterator[None]:
    """What a test trains is not compiled; the run that all share is."""
    from support import tiny  # noqa: PLC0415

    with tiny.uncompiled():
        yield


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """An architecture → a tiny model of it, written as fp32 ONNX."""
    from support.tiny import chorale, piece_of, tiny_model  # noqa: PLC0415

    from export.release.onnx_file import export_fp32  # noqa: PLC0415

    @functools.cache
    def export(architecture: str) -> Exported:
        path = tmp_path_factory.mktemp("fp32") / f"{architecture}.onnx"
        model = tiny_model(architecture)
        piece = piece_of("v", "valid", chorale(2, chords=32))
        parity = export_fp32(model, architecture, {"data": ["jsb"], "seed": 1}, piece, path)
        return Exported(model, path, parity)

    return export


@pytest.fixture(scope="session")
def quantised(exported: Callable[[str], Exported], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """An architecture → the int8 form of its tiny file."""
    from export.release.onnx_file import export_int8  # noqa: PLC0415

    @functools.cache
    def quantise(architecture: str) -> Path:
        path = tmp_path_factory.mktemp("int8") / f"{architecture}.onnx"
        export_int8(exported(architecture).path, path)
        return path

    return quantise
