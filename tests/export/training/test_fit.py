"""Training: the loss by hand, what a run leaves behind, resuming, stopping, the weights that are kept."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import tiny_set

from companion.music.vocabulary import HOLD, VOCABULARY_SIZE, strike
from export.training import progress
from export.training.crops import IGNORED, CropSettings
from export.training.fit import FitSettings, Keeper, checks_of, fit, is_over, load_best, read_settings
from export.training.losses import note_nll

if TYPE_CHECKING:
    from conftest import Trained

pytestmark = pytest.mark.train

TRAIN, VALID = tiny_set()[:2], tiny_set()[2:3]


def settings_of_a_short_run(**changes: Any) -> FitSettings:
    """Two batches an epoch through one small layer, nothing dropped."""
    values: dict[str, Any] = {
        "model": {"units": 8, "depth": 1, "dropout": 0.0, "slot_dropout": 0.0},
        "crops": CropSettings(steps=4, batch_size=2),
        "epochs": 3,
        "batches_per_epoch": 2,
        "learning_rate": 1e-2,
        "average": 0.5,
    }
    return FitSettings("gru", ("jsb",), **{**values, **changes})


def history(folder: Path) -> list[dict[str, float]]:
    """history.csv in numbers, without the seconds."""
    with (folder / "history.csv").open() as file:
        return [{name: float(text) for name, text in row.items() if name != "seconds"} for row in csv.DictReader(file)]


# The loss --------------------------------------------------------------------------------------


def logits_of(*rows: dict[int, float]) -> np.ndarray[Any, Any]:
    """``[1, notes, vocabulary]``: logits of these probabilities by token; the other tokens share what is left."""
    shares = np.zeros((1, len(rows), VOCABULARY_SIZE))
    for note, row in enumerate(rows):
        shares[0, note] = (1 - sum(row.values())) / (VOCABULARY_SIZE - len(row))
        for token, share in row.items():
            shares[0, note, token] = share
    return np.log(shares).astype(np.float32)


def nll(targets: list[list[int]], logits: np.ndarray[Any, Any]) -> float:
    return float(np.asarray(note_nll(np.array([targets], dtype=np.int32), logits)))


def test_a_note_costs_the_logarithm_of_its_probability() -> None:
    logits = logits_of({20: 0.5}, {21: 0.125})
    assert nll([[20, 20]], logits[:, :1]) == pytest.approx(np.log(2), abs=1e-5)
    assert nll([[20, 20], [21, 21]], logits) == pytest.approx((np.log(2) + np.log(8)) / 2, abs=1e-5)


def test_the_level_of_logits_does_not_matter() -> None:
    logits = logits_of({20: 0.5})
    assert nll([[20, 20]], logits + 30) == pytest.approx(nll([[20, 20]], logits), abs=1e-4)


def test_where_onsets_are_hidden_hold_and_strike_are_one_answer() -> None:
    logits = logits_of({HOLD: 0.3, strike(60): 0.2})
    assert nll([[HOLD, strike(60)]], logits) == pytest.approx(-np.log(0.5), abs=1e-5)
    assert nll([[HOLD, HOLD]], logits) == pytest.approx(-np.log(0.3), abs=1e-5)


def test_padding_costs_nothing_and_is_not_counted() -> None:
    logits = logits_of({20: 0.5}, {20: 0.01}, {20: 0.01})
    padded = [[20, 20], [IGNORED, IGNORED], [IGNORED, IGNORED]]
    assert nll(padded, logits) == pytest.approx(np.log(2), abs=1e-5)
    assert nll([[IGNORED, IGNORED]] * 3, logits) == 0.0


# A run -----------------------------------------------------------------------------------------


def test_training_lowers_the_loss(trained: Trained) -> None:
    rows = history(trained.folder)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["train_nll"] < rows[0]["train_nll"] - 0.3
    assert rows[-1]["valid_nll"] < rows[0]["valid_nll"] - 0.1
    assert min(row["valid_nll"] for row in rows) == pytest.approx(trained.state["best"], abs=1e-5)


def test_a_run_leaves_its_state_settings_curves_and_weights(trained: Trained) -> None:
    folder = trained.folder
    assert json.loads((folder / "state.json").read_text()) == trained.state
    assert trained.state["epoch"] == 4
    assert read_settings(folder) == trained.settings
    header = json.loads((folder / "settings.json").read_text())
    assert set(header) == {"settings", "date", "versions"}
    assert header["versions"]["keras"] == keras.__version__
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in folder.glob("*.h5")} == {"best.weights.h5", "last.weights.h5"}


def test_the_best_weights_are_the_averages_after_the_best_epoch(trained: Trained) -> None:
    average = trained.after_batches[0]
    after_epochs = []
    for batch, weights in enumerate(trained.after_batches):
        keep = min(0.7, (1 + batch) / (10 + batch)) if batch else 0.0
        average = [keep * kept + (1 - keep) * new for kept, new in zip(average, weights, strict=True)]
        if (batch + 1) % 6 == 0:
            after_epochs.append(average)
    best = trained.state["best_epoch"] - 1
    _, model = load_best(trained.folder)
    for found, expected, raw in zip(
        model.get_weights(), after_epochs[best], trained.after_batches[6 * best + 5], strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert np.abs(raw - expected).max() > 1e-4
    for found, expected in zip(trained.after_epochs[best], after_epochs[best], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_best_weights_score_what_was_noted(trained: Trained) -> None:
    _, model = load_best(trained.folder)
    score = model.evaluate(checks_of(model, VALID), verbose=0)
    assert score == pytest.approx(trained.state["best"], abs=1e-4)


def test_a_run_is_not_started_over_another(trained: Trained) -> None:
    before = (trained.folder / "history.csv").read_bytes()
    with pytest.raises(FileExistsError, match="holds a run; go on with --resume or choose another --run"):
        fit(trained.settings, TRAIN, VALID, trained.folder)
    with pytest.raises(ValueError, match="has other settings; resume with the same, or choose another --run"):
        fit(replace(trained.settings, seed=2), TRAIN, VALID, trained.folder, resume=True)
    assert (trained.folder / "history.csv").read_bytes() == before


def test_there_is_nothing_to_read_where_nothing_was_trained(tmp_path: Path, trained: Trained) -> None:
    with pytest.raises(FileNotFoundError, match=r"no training run in .*; run: chorale-train fit"):
        load_best(tmp_path)
    (tmp_path / "settings.json").write_bytes((trained.folder / "settings.json").read_bytes())
    with pytest.raises(FileNotFoundError, match="holds no finished epoch; run: chorale-train fit"):
        load_best(tmp_path)


def test_a_run_that_is_over_is_not_gone_on_with(trained: Trained, tmp_path: Path) -> None:
    for name in ("settings.json", "state.json"):
        (tmp_path / name).write_bytes((trained.folder / name).read_bytes())
    assert fit(trained.settings, TRAIN, VALID, tmp_path, resume=True) == trained.state
    tired = {**trained.state, "epoch": 3, "best_epoch": 1}
    (tmp_path / "state.json").write_text(json.dumps(tired))
    assert not is_over(tired, trained.settings)
    assert is_over(tired, replace(trained.settings, patience=2))
    assert {path.name for path in tmp_path.iterdir()} == {"settings.json", "state.json", ".lock"}


@pytest.mark.usefixtures("uncompiled")
def test_a_run_may_begin_from_the_best_weights_of_another(trained: Trained, tmp_path: Path) -> None:
    settings = replace(trained.settings, start=str(trained.folder), learning_rate=0.0, epochs=1)
    fit(settings, TRAIN, VALID, tmp_path)
    for found, expected in zip(load_best(tmp_path)[1].weights, load_best(trained.folder)[1].weights, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-6)


class StopAt(keras.callbacks.Callback):  # type: ignore[misc]
    """A hand on the keyboard, in the middle of an epoch."""

    def __init__(self, epoch: int, batch: int) -> None:
        super().__init__()
        self.place, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        del logs
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        del logs
        if (self.epoch, batch) == self.place:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("uncompiled")
def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    settings = settings_of_a_short_run(epochs=2)
    whole = fit(settings, TRAIN, VALID, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(settings, TRAIN, VALID, tmp_path / "stopped", callbacks=[StopAt(epoch=1, batch=0)])
    assert len(history(tmp_path / "stopped")) == 1
    resumed = fit(settings, TRAIN, VALID, tmp_path / "stopped", resume=True)
    assert (resumed["epoch"], resumed["best_epoch"]) == (whole["epoch"], whole["best_epoch"])
    assert resumed["best"] == pytest.approx(whole["best"], abs=1e-5)
    for found, expected in zip(history(tmp_path / "stopped"), history(tmp_path / "whole"), strict=True):
        assert found == pytest.approx(expected, abs=2e-5)
    for found, expected in zip(
        load_best(tmp_path / "stopped")[1].get_weights(), load_best(tmp_path / "whole")[1].get_weights(), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.usefixtures("uncompiled")
def test_a_run_stops_where_nothing_gets_better(tmp_path: Path) -> None:
    settings = settings_of_a_short_run(epochs=5, patience=1, learning_rate=0.0, weight_decay=0.0, average=0.0)
    with progress.show_progress(settings.epochs, tmp_path) as callbacks:
        state = fit(settings, TRAIN, VALID, tmp_path, callbacks=callbacks)
    assert (state["epoch"], state["best_epoch"]) == (2, 1)
    assert len(history(tmp_path)) == 2
    assert fit(settings, TRAIN, VALID, tmp_path, resume=True) == state
    assert len(history(tmp_path)) == 2
    assert list((tmp_path / "tensorboard").rglob("events.out.tfevents.*"))


# The parts of it -------------------------------------------------------------------------------


class Recorder:
    """A model that notes which weights it is told to save."""

    def __init__(self) -> None:
        self.saved: list[str] = []
        self.stop_training = False

    def save_weights(self, path: Path) -> None:
        path.write_bytes(b"weights")
        self.saved.append(path.name)


def epochs_of(keeper: Keeper, model: Recorder, scores: list[float]) -> list[bool]:
    """Feed a keeper these validation scores; whether it had stopped after each epoch."""
    keeper.set_model(model)
    stopped = []
    for epoch, score in enumerate(scores, start=keeper.state["epoch"]):
        keeper.on_epoch_end(epoch, {"loss": 1.0, "val_loss": score})
        stopped.append(model.stop_training)
    return stopped


def test_patience_counts_epochs_since_the_best(tmp_path: Path) -> None:
    model = Recorder()
    keeper = Keeper(tmp_path, settings_of_a_short_run(epochs=100, patience=3), None)
    stopped = epochs_of(keeper, model, [2.0, 1.5, 1.6, 1.4, 1.4, 1.41, 1.5])
    assert stopped == [False] * 6 + [True]
    assert model.saved.count("part.best.weights.h5") == 3
    assert model.saved.count("part.last.weights.h5") == 7
    assert {path.name for path in tmp_path.glob("*.h5")} == {"best.weights.h5", "last.weights.h5"}
    assert (keeper.state["epoch"], keeper.state["best"], keeper.state["best_epoch"]) == (7, 1.4, 4)
    assert json.loads((tmp_path / "state.json").read_text()) == keeper.state


def test_a_resumed_run_remembers_the_best_and_its_seconds(tmp_path: Path) -> None:
    model = Recorder()
    kept = {"epoch": 4, "best": 1.0, "best_epoch": 4, "seconds": 100.0}
    keeper = Keeper(tmp_path, settings_of_a_short_run(epochs=100, patience=2), kept)
    assert epochs_of(keeper, model, [1.1, 1.05]) == [False, True]
    assert not (tmp_path / "best.weights.h5").exists()
    assert keeper.state["seconds"] >= 100.0


def test_weights_that_could_not_be_written_leave_those_before(tmp_path: Path) -> None:
    class FullDisk(Recorder):
        def save_weights(self, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError("no space left")

    (tmp_path / "last.weights.h5").write_bytes(b"whole")
    keeper = Keeper(tmp_path, settings_of_a_short_run(), {"epoch": 1, "best": 1.0, "best_epoch": 1, "seconds": 1.0})
    with pytest.raises(OSError, match="no space left"):
        epochs_of(keeper, FullDisk(), [1.5])
    assert (tmp_path / "last.weights.h5").read_bytes() == b"whole"
    assert not (tmp_path / "state.json").exists()


def test_a_line_an_epoch_where_there_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    with progress.show_progress(3, tmp_path) as callbacks:
        (lines,) = callbacks
        lines.on_epoch_end(0, {"loss": 1.23456, "val_loss": 0.5})
        lines.on_epoch_end(11, {"loss": 1.0, "val_loss": 0.25})
    assert capsys.readouterr().out == "epoch   1  train 1.2346  valid 0.5000\nepoch  12  train 1.0000  valid 0.2500\n"


class Bars:
    """Stands in for rich's progress: the bars and what they last showed."""

    def __init__(self) -> None:
        self.shown: dict[int, dict[str, Any]] = {}

    def add_task(self, description: str, total: int | None = None) -> int:
        self.shown[len(self.shown)] = {"description": description, "total": total, "completed": 0}
        return len(self.shown) - 1

    def update(self, task: int, **values: Any) -> None:
        self.shown[task].update(values)

    def reset(self, task: int, total: int) -> None:
        self.shown[task].update(total=total, completed=0)


def test_bars_show_epochs_batches_and_the_last_figures() -> None:
    bars = Bars()
    bar = progress.EpochBar(bars, epochs=3)
    bar.set_params({"steps": 5})
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0)
    bar.on_train_batch_end(1)
    assert bars.shown == {
        0: {"description": "epochs", "total": 3, "completed": 0},
        1: {"description": "batches", "total": 5, "completed": 2},
    }
    bar.on_epoch_end(0, {"loss": 2.0, "val_loss": 1.0})
    assert bars.shown[0] == {"description": "train 2.0000  valid 1.0000", "total": 3, "completed": 1}
