"""The recipe of the shipped model: its steps in order, what each needs, and a small one followed through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from tiny import tiny_set

from companion.model import load_model
from export.batches import CropSettings
from export.models import build
from export.pieces import load_pieces, save_pieces
from export.recipe import BACH, IMAGINED, REAL, Fit, Imagine, Step, Workshop, follow
from export.release import release
from export.training import FitSettings
from export.workshop import workshop_of

pytestmark = pytest.mark.train


def test_every_step_needs_only_what_is_made_before_it() -> None:
    made: set[str] = set()
    sets = set(REAL)
    for step in BACH:
        if isinstance(step, Imagine):
            assert step.run in made
            sets.add(IMAGINED)
            continue
        needed = {*step.settings.teachers, *([step.settings.start] if step.settings.start else [])}
        assert needed <= made
        assert set(step.settings.data) <= sets
        build(step.settings.architecture, **step.settings.model)  # its settings are real ones
        made.add(step.run)
    assert BACH[-1].run == "bach"


def test_teachers_and_starts_are_found_in_the_runs_folder(tmp_path: Path) -> None:
    asked: list[tuple[str, FitSettings]] = []
    said: list[str] = []
    workshop = Workshop(
        tmp_path / "runs",
        tmp_path,
        fit=lambda settings, folder: asked.append((folder.name, settings)),
        imagine=lambda step, folder, out: out.write_text(f"{step.pieces} by {folder}"),
        tell=said.append,
    )
    follow(BACH, workshop)
    pupil = dict(asked)["pupil"]
    assert pupil.teachers == (str(tmp_path / "runs" / "clocks"), str(tmp_path / "runs" / "notes-1"))
    assert pupil.start == str(tmp_path / "runs" / "clocks")
    assert dict(asked)["clocks"].start == ""
    assert (tmp_path / "imagined.npz").read_text() == f"1500 by {tmp_path / 'runs' / 'clocks'}"
    assert said[0] == "1 of 6: clocks, a run of bach"
    assert said[3] == "4 of 6: 1500 pieces imagined by clocks"
    assert said[4] == "5 of 6: pupil, a run of bach, taught by clocks and notes-1"
    (tmp_path / "imagined.npz").write_text("kept")
    follow(BACH, workshop)
    assert (tmp_path / "imagined.npz").read_text() == "kept"


def test_a_small_one_followed_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two runs, a few invented pieces, a pupil: done once, and not again."""
    pieces = tiny_set()
    save_pieces(pieces, tmp_path / "jsb.npz")
    crops = CropSettings(steps=8, batch_size=2, known_voices=0.2, any_order=0.5)
    clocks = FitSettings("bach", ("jsb",), {"units": 8, "hidden": 8}, crops, epochs=1, batches_per_epoch=2)
    notes = replace(clocks, architecture="teacher", model={"units": 8})
    recipe: tuple[Step, ...] = (
        Fit("clocks", clocks),
        Fit("notes", notes),
        Imagine("clocks", pieces=2, steps=8, seed=1),
        Fit("pupil", replace(clocks, data=("jsb", IMAGINED), teachers=("clocks", "notes"), start="clocks")),
    )
    valid = [piece for piece in pieces if piece.split == "valid"]
    workshop = workshop_of(tmp_path / "runs", tmp_path, valid)
    follow(recipe, workshop)
    assert [piece.frames.shape for piece in load_pieces(tmp_path / "imagined.npz")] == [(8, 4), (8, 4)]
    weights = (tmp_path / "runs" / "pupil" / "best.weights.h5").stat().st_mtime_ns
    follow(recipe, workshop)
    assert (tmp_path / "runs" / "pupil" / "best.weights.h5").stat().st_mtime_ns == weights
    assert capsys.readouterr().out.count("best validation") == 6
    list(release(tmp_path / "runs" / "pupil", tmp_path / "pupil.onnx", "fp32", valid))
    model = load_model(tmp_path / "pupil.onnx")
    assert np.isfinite(model.step(model.row.offsets, model.initial_state())[0]).all()
