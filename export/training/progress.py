"""A training run on the terminal and in TensorBoard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras


class EpochLines(keras.callbacks.Callback):  # type: ignore[misc]
    """One line an epoch, for logs and pipes."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        sys.stdout.write(f"epoch {epoch + 1:>3}  {_figures(logs)}\n")
        sys.stdout.flush()


class EpochBar(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar over all epochs, a bar over the batches of this one, and the last figures."""

    def __init__(self, progress: Any, epochs: int):
        super().__init__()
        self.progress = progress
        self.whole = progress.add_task("epochs", total=epochs)
        self.part = progress.add_task("batches")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self.progress.update(self.whole, completed=epoch)
        self.progress.reset(self.part, total=self.params["steps"])

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self.progress.update(self.part, completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.progress.update(self.whole, completed=epoch + 1, description=_figures(logs))


@contextmanager
def show_progress(epochs: int, folder: Path) -> Iterator[list[keras.callbacks.Callback]]:
    """Callbacks for a run: bars on a terminal, lines elsewhere, TensorBoard where it is installed."""
    callbacks: list[keras.callbacks.Callback] = []
    if find_spec("tensorboard") and find_spec("tensorflow"):
        callbacks.append(keras.callbacks.TensorBoard(folder / "tensorboard"))
    if not sys.stdout.isatty():
        yield [*callbacks, EpochLines()]
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        yield [*callbacks, EpochBar(progress, epochs)]


def _figures(logs: dict[str, float] | None) -> str:
    logs = logs or {}
    return f"train {logs['loss']:.4f}  valid {logs['val_loss']:.4f}"
