"""From a training run to a file that ships: export, proof, acceptance of int8, card, scores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from companion.errors import BadModel
from companion.files.writing import write_output
from companion.model.runtime import load_model
from export.data.pieces import Piece
from export.release.calibration import calibrate
from export.release.card import card
from export.release.command import command_line
from export.release.onnx_file import PARITY_FRAMES, export_fp32, export_int8, rewrite
from export.release.precision import MOST_NLL_CHANGE, MOST_VARIATION, Drift, measure_drift
from export.training.fit import FitSettings, load_best, read_settings
from export.training.run_folder import SETTINGS_FILE, read_json, read_state

DRIFT_PIECES = 24  # validation pieces that int8 is compared with fp32 on


def release(run: Path, out: Path, precision: str, valid: Sequence[Piece], calibrated: bool = False) -> Iterator[str]:
    """Export a run; yields lines that say what was proved. BadModel, and no file, where a proof fails."""
    settings, model = load_best(run)
    facts = training_facts(run, settings)
    if calibrated:
        found = calibrate(model, valid)
        facts["logits_divided_by"] = found.temperature
        yield f"logits divided by {found.temperature:g}: validation {found.before:.4f}, then {found.after:.4f}"
    piece = next((piece for piece in valid if len(piece.frames) >= PARITY_FRAMES), valid[0])
    with tempfile.TemporaryDirectory() as folder:
        fp32 = Path(folder) / "fp32.onnx"
        parity = export_fp32(model, out.stem, facts, piece, fp32)
        yield f"Keras and onnxruntime agree to {parity.largest_difference:.1e} over {parity.notes} notes"
        chosen = fp32
        if precision == "int8":
            chosen = Path(folder) / "int8.onnx"
            export_int8(fp32, chosen)
            drift = measure_drift(load_model(fp32), load_model(chosen), valid[:DRIFT_PIECES])
            figures = f"variation {drift.variation:.4f}, NLL {drift.nll_change:+.4f}"
            yield f"int8 against fp32 over {drift.notes} notes: {figures}, same choice {drift.same_choice:.4f}"
            _accept(drift)
            rewrite(chosen, quantisation=drift.as_dict())
        write_output(out, chosen.read_bytes(), force=True)
    write_card(out)
    yield f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB) and {out.with_suffix('.md')}"


def _accept(drift: Drift) -> None:
    if not drift.acceptable:
        raise BadModel(
            f"int8 differs too much: variation {drift.variation:.4f} (at most {MOST_VARIATION:g}),"
            f" NLL {drift.nll_change:+.4f} (at most {MOST_NLL_CHANGE:+g}); nothing was written"
        )


def training_facts(run: Path, settings: FitSettings) -> dict[str, Any]:
    """What a contract says of its training."""
    header, state = read_json(run / SETTINGS_FILE, {"date", "versions"}), read_state(run)
    return {
        "data": list(settings.data),
        "split": "train parts of these sets; pieces alike to held-out ones left out (see chorale-train prepare)",
        "command": command_line(settings),
        **({"begun_from": command_line(read_settings(Path(settings.start)))} if settings.start else {}),
        "seed": settings.seed,
        "epochs": state["best_epoch"],
        "minutes": round(state["seconds"] / 60),
        "validation_nll": round(state["best"], 4),
        "date": header["date"],
        "versions": header["versions"],
    }


def save_scores(path: Path, scores: dict[str, Any]) -> None:
    """Write scores into a model file and its card."""
    rewrite(path, scores={key: value for key, value in scores.items() if key != "model"})
    write_card(path)


def write_card(path: Path) -> None:
    """Write the card beside a model file."""
    model = load_model(path)
    text = card(model.contract, path.stat().st_size, model.digest)
    write_output(path.with_suffix(".md"), text.encode(), force=True)
