"""The recipe of the shipped model: its runs in order, what each needs, and a small one followed through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import tiny_set, uncompiled

from companion.model.features import KNOWN_TUNE
from companion.model.library import bundled_models
from companion.model.runtime import load_model
from export.data.pieces import save_pieces
from export.models.registry import build
from export.release.release import release
from export.training.crops import CropSettings
from export.training.fit import FitSettings
from export.training.recipe import BACH_RUNS, GRU_RUNS, REAL, RECIPES, Fit, Unpacked, Workshop, follow, workshop_of

pytestmark = pytest.mark.train


@pytest.mark.parametrize("name", RECIPES)
def test_every_run_needs_only_what_is_made_before_it(name: str) -> None:
    made: set[str] = set()
    for step in RECIPES[name]:
        if isinstance(step, Unpacked):
            assert step.model in bundled_models()
            made.add(step.run)
            continue
        needed = {*step.settings.teachers, *([step.settings.start] if step.settings.start else [])}
        assert needed <= made
        assert step.settings.data == REAL
        build(step.settings.architecture, **step.settings.model)  # its settings are real ones
        made.add(step.run)
    assert RECIPES[name][-1].run == name


def test_teachers_and_starts_are_found_in_the_runs_folder(tmp_path: Path) -> None:
    asked: list[tuple[str, FitSettings]] = []
    said: list[str] = []
    unpacked: list[tuple[str, str]] = []
    follow(
        BACH_RUNS,
        Workshop(
            tmp_path,
            lambda settings, folder: asked.append((folder.name, settings)),
            lambda model, folder: unpacked.append((model, folder.name)),
            said.append,
        ),
    )
    assert [name for name, _ in asked] == [step.run for step in BACH_RUNS if isinstance(step, Fit)]
    assert unpacked == [("gru", "gru")]
    pupil = dict(asked)["pupil"]
    assert pupil.teachers == tuple(str(tmp_path / name) for name in ("clocks-2", "clocks", "notes-3"))
    assert pupil.start == str(tmp_path / "clocks-2")
    assert dict(asked)["clocks"].start == ""
    assert said[0] == "1 of 16: clocks, a run of bach"
    assert said[5] == "6 of 16: pupil, a run of bach, taught by clocks-2 and clocks and notes-3"


def test_what_ships_is_unpacked_for_a_recipe_once(tmp_path: Path) -> None:
    """A run of that name stays, be it unpacked or made."""
    valid = [piece for piece in tiny_set() if piece.split == "valid"]
    asked: list[tuple[str, Path]] = []

    def unpack(model: str, folder: Path) -> None:
        asked.append((model, folder))
        folder.mkdir()
        (folder / "state.json").write_text("{}")

    for _ in range(2):
        follow(GRU_RUNS[:1], workshop_of(tmp_path, tmp_path, valid, unpack))
    assert asked == [("bach", tmp_path / "bach")]


def test_a_small_one_followed_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two runs and a pupil: done once, and not again. The first is compiled, and so are crops of two lengths."""
    pieces = tiny_set()
    save_pieces(pieces, tmp_path / "jsb.npz")
    crops = CropSettings(steps=8, batch_size=2, known_voices=0.2, any_order=0.5, short_every=2)
    clocks = FitSettings("bach", ("jsb",), {"units": 8, "hidden": 8, "depth": 1}, crops, epochs=1, batches_per_epoch=2)
    notes = replace(clocks, architecture="teacher", model={"units": 8, "depth": 1})
    recipe = (
        Fit("clocks", clocks),
        Fit("notes", notes),
        Fit("pupil", replace(clocks, teachers=("clocks", "notes"), start="clocks")),
    )
    valid = [piece for piece in pieces if piece.split == "valid"]
    workshop = workshop_of(tmp_path / "runs", tmp_path, valid)
    follow(recipe[:1], workshop)
    with uncompiled():
        follow(recipe, workshop)
        weights = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/best.weights.h5")}
        follow(recipe, workshop)
    assert len(weights) == 3
    assert {path: path.stat().st_mtime_ns for path in weights} == weights
    assert capsys.readouterr().out.count("best validation") == 7
    list(release(tmp_path / "runs" / "pupil", tmp_path / "pupil.onnx", "fp32", valid))
    model = load_model(tmp_path / "pupil.onnx")
    assert np.isfinite(model.step(model.row.offsets, model.initial_state())[0]).all()


def test_what_is_told_grows_along_the_recipe() -> None:
    """A run may be told more than those that it begins from and is taught by, never less."""
    knowing = set()
    for recipe in RECIPES.values():
        told: dict[str, set[str]] = {}
        for step in recipe:
            if isinstance(step, Fit):
                told[step.run] = {*build(step.settings.architecture, **step.settings.model).features}
                assert told.get(step.settings.start, set()) <= told[step.run]
        knowing |= {run for run, features in told.items() if KNOWN_TUNE in features}
    pupils = {f"pupil-{number}" for number in range(3, 8)}
    assert knowing == {*pupils, "clocks-3", "chords", "bach", "gru-known", "gru"}
