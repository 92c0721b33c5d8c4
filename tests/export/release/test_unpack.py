"""From a model file back to a run: the weights are those that were trained, and what cannot be is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")

from support.tiny import tiny_set, uncompiled

from companion.errors import BadModel
from companion.model.library import find_model
from companion.model.runtime import load_model
from export.models.registry import model_class
from export.release.onnx_file import feature_rows, rewrite, stepped_logits
from export.release.release import release
from export.release.unpack import unpack_model
from export.training.fit import FitSettings, fit, load_best, read_settings
from export.training.run_folder import read_history, read_state

if TYPE_CHECKING:
    from conftest import Trained

pytestmark = pytest.mark.train

VALID = tiny_set()[2:3]


@pytest.fixture(scope="module")
def files(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tiny run, released in both precisions."""
    folder = tmp_path_factory.mktemp("released")
    for precision in ("fp32", "int8"):
        list(release(trained.folder, folder / f"{precision}.onnx", precision, VALID))
    return {precision: folder / f"{precision}.onnx" for precision in ("fp32", "int8")}


@pytest.mark.parametrize(("precision", "off"), [("fp32", 1e-4), ("int8", 0.3)])
def test_it_answers_as_the_run_did(
    files: dict[str, Path], trained: Trained, tmp_path: Path, precision: str, off: float
) -> None:
    unpack_model(files[precision], tmp_path / "run")
    before, after = load_best(trained.folder)[1], load_best(tmp_path / "run")[1]
    ids = feature_rows(before, VALID[0])[None]
    np.testing.assert_allclose(after(ids), before(ids), atol=off)


def test_the_run_says_what_the_file_does(files: dict[str, Path], trained: Trained, tmp_path: Path) -> None:
    settings = unpack_model(files["int8"], tmp_path / "run")
    assert read_settings(tmp_path / "run") == settings
    assert (settings.model, settings.crops, settings.epochs) == (
        trained.settings.model,
        trained.settings.crops,
        trained.settings.epochs,
    )
    state, best = read_state(tmp_path / "run"), round(trained.state["best"], 4)
    assert (state["best_epoch"], state["best"]) == (trained.state["best_epoch"], best)
    assert [row["valid_nll"] for row in read_history(tmp_path / "run")] == [best]


def test_a_run_begins_from_it_and_is_taught_by_it(files: dict[str, Path], tmp_path: Path) -> None:
    begun = str(tmp_path / "begun")
    settings = unpack_model(files["int8"], tmp_path / "begun")
    more = FitSettings(
        "gru",
        ("jsb",),
        settings.model,
        settings.crops,
        epochs=1,
        batches_per_epoch=6,
        learning_rate=1e-9,
        start=begun,
        teachers=(begun,),
    )
    with uncompiled():
        fit(more, tiny_set()[:2], VALID, tmp_path / "on")
    for before, after in zip(*(load_best(tmp_path / name)[1].get_weights() for name in ("begun", "on")), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-4)


def test_the_bach_that_ships(tmp_path: Path) -> None:
    """Its graph has branches, and what the converter has folded."""
    unpack_model(find_model("bach"), tmp_path / "bach")
    file, model = load_model(find_model("bach")), load_best(tmp_path / "bach")[1]
    ids = feature_rows(model, VALID[0])
    off = np.abs(np.asarray(model(ids[None]))[0] - stepped_logits(file, ids))
    assert off.mean() < 0.05
    assert np.quantile(off, 0.99) < 0.3


def test_a_run_that_is_there_stays(files: dict[str, Path], trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.folder, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()}
    with pytest.raises(FileExistsError, match="holds a run; choose another --run"):
        unpack_model(files["fp32"], tmp_path / "run")
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_not_held_as_it_was_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="transformer cannot be unpacked: the graph does not hold"):
        unpack_model(find_model("transformer"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_file_that_tells_too_little_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    shutil.copy(files["fp32"], path)
    rewrite(path, training={"command": load_model(path).contract.training["command"], "date": "2026-11-29"})
    with pytest.raises(BadModel, match="how it was trained: versions, validation_nll, epochs, minutes missing"):
        unpack_model(path, tmp_path / "run")


def test_a_file_of_before_becomes_a_run_that_is_told_what_it_was(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.release.unpack.settings_of_model", lambda _: {"features": ("voice", "beat")})
    settings = unpack_model(files["fp32"], tmp_path / "run")
    assert settings.model["features"] == list(load_model(files["fp32"]).contract.features)
    assert read_settings(tmp_path / "run") == settings
    assert list(load_best(tmp_path / "run")[1].features) == settings.model["features"]


def test_a_file_of_other_features_is_refused(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its architecture cannot be told what it reads."""
    begin = model_class("gru").__init__
    monkeypatch.setattr(begin, "__defaults__", (*begin.__defaults__[:-1], ("voice", "beat", "own_pitch")))
    monkeypatch.setattr("export.release.unpack.settings_of_model", lambda _: {})
    with pytest.raises(BadModel, match="reads other features than gru does now"):
        unpack_model(files["fp32"], tmp_path / "run")


@pytest.mark.parametrize(
    ("command", "said"),
    [("", "does not say how it was trained"), ("chorale-train fit gru --sets jsb", "parameters, gru so built")],
)
def test_a_file_of_another_making_is_refused(files: dict[str, Path], tmp_path: Path, command: str, said: str) -> None:
    path = tmp_path / "other.onnx"
    shutil.copy(files["fp32"], path)
    rewrite(path, training={**load_model(path).contract.training, "command": command})
    with pytest.raises(BadModel, match=said):
        unpack_model(path, tmp_path / "run")
    assert not (tmp_path / "run").exists()
