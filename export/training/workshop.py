"""The runs of a recipe as ``chorale-train fit`` does them, with progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from export.data.pieces import Piece, load_pieces
from export.training.fit import FitSettings, fit
from export.training.progress import show_progress
from export.training.recipe import Workshop
from export.training.run_folder import STATE_FILE


def workshop_of(
    runs: Path, data: Path, valid: Sequence[Piece], unpack: Callable[[str, Path], object] | None = None
) -> Workshop:
    """A workshop with its sets in ``data``, whose runs are checked with ``valid``; unpacked is what is no run yet."""

    def run(settings: FitSettings, folder: Path) -> None:
        sets = [load_pieces(data / f"{name}.npz") for name in settings.data]
        train = [piece for pieces in sets for piece in pieces if piece.split == "train"]
        with show_progress(settings.epochs, folder) as callbacks:
            state = fit(settings, train, valid, folder, resume=True, callbacks=callbacks)
        _say(f"best validation {state['best']:.4f} nats a note, after epoch {state['best_epoch']}")

    def unpacked(model: str, folder: Path) -> None:
        if unpack is not None and not (folder / STATE_FILE).exists():
            unpack(model, folder)

    return Workshop(runs, run, unpacked, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
