"""The curves of runs, as pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from companion.errors import BadSetting
from companion.files.writing import write_output
from export.training.run_folder import read_history, read_state

HIGHEST = 1.8  # of a picture of several runs: so many times the lowest validation of the worst of them


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
        highest = max(highest, HIGHEST * min(row["valid_nll"] for row in rows))
        lowest = min(lowest, *(row[name] for row in rows for name in ("train_nll", "valid_nll")))
    axes.set(xlabel="epoch", ylabel=runs[0].unit, title="validation (training dashed)", ylim=(0.95 * lowest, highest))
    axes.grid(alpha=0.3)
    axes.legend()
    return _png(figure)


def _png(figure: object) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)  # type: ignore[attr-defined]
    return picture.getvalue()
