"""A training run on the terminal, in TensorBoard and as a picture."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from companion.errors import BadSetting
from companion.files.writing import write_output
from export.training.run_folder import read_history, read_state

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIGHEST_SEEN = 1.8  # of a picture of several runs: so many times the lowest validation of the worst of them


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


class DrawnRun(NamedTuple):
    """A run, and what is to be said of it."""

    folder: Path
    name: str
    unit: str  # its losses are counted in


def plot_curves(folder: Path, unit: str) -> None:
    """Draw history.csv as curves.png."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    rows = read_history(folder)
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, label in (("train_nll", "training, with dropout"), ("valid_nll", "validation")):
        axes.plot(epochs, [row[name] for row in rows], label=label)
    axes.set(xlabel="epoch", ylabel=unit, title=folder.name)
    axes.grid(alpha=0.3)
    axes.legend()
    write_output(folder / "curves.png", _png(figure), force=True)


def curves_of_runs(runs: Sequence[DrawnRun]) -> bytes:
    """A PNG of several runs: validation as lines, training dashed, a ring where the weights are of.

    What a run begins with, far above where all end, is left out.

    Raises:
        BadSetting: they count in different units.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    if len({run.unit for run in runs}) > 1:
        told = ", ".join(f"{run.folder} in {run.unit}" for run in runs)
        raise BadSetting(f"these runs cannot stand in one picture: {told}")
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    highest, lowest = 0.0, float("inf")
    for number, run in enumerate(runs):
        rows, state = read_history(run.folder), read_state(run.folder)
        epochs, colour = [row["epoch"] for row in rows], f"C{number}"
        axes.plot(epochs, [row["valid_nll"] for row in rows], color=colour, label=run.name)
        axes.plot(epochs, [row["train_nll"] for row in rows], color=colour, linestyle="--", alpha=0.6)
        axes.plot(state["best_epoch"], state["best"], "o", color=colour, fillstyle="none", markersize=9)
        highest = max(highest, HIGHEST_SEEN * min(row["valid_nll"] for row in rows))
        lowest = min(lowest, *(row[name] for row in rows for name in ("train_nll", "valid_nll")))
    axes.set(xlabel="epoch", ylabel=runs[0].unit, title="validation (training dashed)", ylim=(0.95 * lowest, highest))
    axes.grid(alpha=0.3)
    axes.legend()
    return _png(figure)


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return picture.getvalue()
