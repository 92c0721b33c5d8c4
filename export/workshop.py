"""The steps of a recipe as the commands do them: training with progress, and inventing pieces."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from companion.model import load_model
from companion.terminal import progress_bar
from export.imagining import imagine
from export.pieces import Piece, load_pieces, save_pieces
from export.progress import show_progress
from export.recipe import Imagine, Workshop
from export.release import release
from export.training import FitSettings, fit


def workshop_of(runs: Path, data: Path, valid: Sequence[Piece]) -> Workshop:
    """A workshop with its sets in ``data``, whose runs are checked with ``valid``."""

    def run(settings: FitSettings, folder: Path) -> None:
        sets = [load_pieces(data / f"{name}.npz") for name in settings.data]
        train = [piece for pieces in sets for piece in pieces if piece.split == "train"]
        with show_progress(settings.epochs, folder) as callbacks:
            state = fit(settings, train, valid, folder, resume=True, callbacks=callbacks)
        _say(f"best validation {state['best']:.4f} nats a note, after epoch {state['best_epoch']}")

    def invent(step: Imagine, folder: Path, out: Path) -> None:
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / f"{step.run}.onnx"
            for line in release(folder, file, "int8", valid, calibrated=True):
                _say(line)
            model = load_model(file)
        with progress_bar("imagining", step.pieces) as tell:
            save_pieces(imagine([model], step.pieces, step.steps, step.seed, tell), out)

    return Workshop(runs, data, run, invent, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
