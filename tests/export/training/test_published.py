"""The ways in which others trained their models: windows, order, optimisers, and which weights are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.made_up import chorale, piece_of
from support.tiny import settings_of, tiny_set

from companion.model.features import FeatureRow
from export.models.registry import ARCHITECTURES, model_class
from export.training.fit import FitSettings, as_published, fit, load_best, read_settings
from export.training.habits import Habits
from export.training.published import PUBLISHED_WAYS, Published, Windows, batches_in, optimizer_of, starts_in
from export.training.run_folder import read_history, read_state

pytestmark = pytest.mark.train

TRAIN, VALID = tiny_set()[:2], tiny_set()[2:3]
HABITS = Habits.of(model_class("conv-lstm"))
ROW = FeatureRow(model_class("conv-lstm").features)
SMALL = Published(steps=8, shift=4, batch_size=5, epochs=2, optimizer="adam", learning_rate=0.01)


def windows(way: Published = SMALL, epoch: int = 0) -> Windows:
    return Windows(TRAIN, ROW, way, 1, epoch, HABITS)


def rows_of(batches: Windows) -> list[bytes]:
    """Every window of an epoch, as its ids lie in memory."""
    return [ids.tobytes() for index in range(len(batches)) for ids in batches[index][0]]


@pytest.mark.parametrize(
    ("steps", "shift", "frames", "starts"),
    [(8, 4, 16, [0, 4, 8]), (8, 4, 18, [0, 4, 8, 12]), (8, 8, 18, [0, 8, 16]), (32, 16, 10, [0])],
)
def test_where_windows_begin(steps: int, shift: int, frames: int, starts: list[int]) -> None:
    piece = piece_of("p", "train", chorale(0, chords=8)[:frames])
    assert list(starts_in(piece, replace(SMALL, steps=steps, shift=shift))) == starts


def test_an_epoch_has_every_window_once_in_an_order_of_its_own() -> None:
    first, second = windows(), windows(epoch=1)
    every = sorted((piece.name, start) for piece in TRAIN for start in starts_in(piece, SMALL))
    assert len(rows_of(first)) == len(every)
    assert len(first) == batches_in(TRAIN, SMALL)
    assert sorted(rows_of(first)) == sorted(rows_of(second))
    assert rows_of(first) != rows_of(second)
    assert rows_of(first) == rows_of(windows())
    first.on_epoch_end()
    assert rows_of(first) == rows_of(second)


def test_windows_that_are_moved_are_moved_anew_each_epoch() -> None:
    moved = replace(SMALL, transposed=True)
    assert sorted(rows_of(windows(moved))) != sorted(rows_of(windows(moved, epoch=1)))


@pytest.mark.parametrize(
    ("schedule", "begins", "later"), [("constant", 0.01, 0.01), ("linear", 0.01, 0.005), ("power", 0.01, 0.01 / 2**0.1)]
)
def test_the_rate_falls_as_they_say(schedule: str, begins: float, later: float) -> None:
    optimizer = optimizer_of(replace(SMALL, schedule=schedule, clipnorm=1.0), batches=10)
    rate = optimizer._learning_rate
    at = (lambda step: float(rate(step))) if callable(rate) else (lambda _: float(rate))
    assert (at(0), at(10)) == (pytest.approx(begins), pytest.approx(later))
    assert optimizer.clipnorm == 1.0


@pytest.mark.parametrize("architecture", PUBLISHED_WAYS)
def test_every_way_is_one_of_an_architecture_and_keras_knows_its_optimiser(architecture: str) -> None:
    assert architecture in ARCHITECTURES
    way = PUBLISHED_WAYS[architecture]
    assert type(optimizer_of(way, 3)).__name__.lower() == way.optimizer
    said = as_published(FitSettings(architecture, ("jsb",), epochs=1), TRAIN)
    assert (said.published, said.epochs) == (True, way.epochs)
    assert said.batches_per_epoch == batches_in(TRAIN, way)
    assert said.keep_last == (way.patience is None)


def test_ours_were_published_by_nobody() -> None:
    with pytest.raises(ValueError, match="bach was not published by others; attention-gru, conv-lstm, "):
        as_published(FitSettings("bach", ("jsb",)), TRAIN)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("keep_last", [False, True])
def test_which_weights_of_a_run_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep_last: bool) -> None:
    """Without early stopping the last ones, be they worse: a rate that is far too high makes them so."""
    way = replace(SMALL, shift=32, learning_rate=5.0, epochs=3)
    monkeypatch.setitem(PUBLISHED_WAYS, "conv-lstm", way)
    settings = FitSettings("conv-lstm", ("jsb",), settings_of("conv-lstm"), published=True, keep_last=keep_last)
    settings = replace(settings, epochs=3, batches_per_epoch=batches_in(TRAIN, way), patience=3)
    fit(settings, TRAIN, VALID, tmp_path)
    state, rows = read_state(tmp_path), read_history(tmp_path)
    least = min(range(3), key=lambda epoch: rows[epoch]["valid_nll"]) + 1
    assert least < 3
    assert state["best_epoch"] == (3 if keep_last else least)
    assert read_settings(tmp_path) == settings
    _, model = load_best(tmp_path)
    assert np.all(np.isfinite(np.asarray(model(np.zeros((1, 4, ROW.width), np.int32) + ROW.offsets))))


@pytest.mark.usefixtures("uncompiled")
def test_a_model_that_counts_has_its_curves_too(tmp_path: Path) -> None:
    state = fit(FitSettings("markov", ("jsb",), settings_of("markov")), TRAIN, VALID, tmp_path)
    assert (state["epoch"], state["best_epoch"]) == (1, 1)
    assert [row["valid_nll"] for row in read_history(tmp_path)] == [pytest.approx(state["best"], abs=1e-4)]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert load_best(tmp_path)[1].counts.numpy().sum() > 0
