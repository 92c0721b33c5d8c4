"""Rolls that are learned from: batches to the key, what they cost by hand, a run that is stopped and goes on."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from companion.music.vocabulary import IntArray
from export.data.rolls import DOWN, ROLL_KEYS, STRUCK, KeyRoll
from export.training.crops import IGNORED, CropSettings
from export.training.fit import FitSettings, fit, load_best, unit_of
from export.training.rolls import RollBatches, WholeRolls, moves_of, roll_batch, roll_nll
from export.training.run_folder import read_history

pytestmark = pytest.mark.train


def keys_of(*spans: tuple[int, int, int], steps: int = 40) -> IntArray:
    """Of (key, from, to)."""
    keys = np.zeros((steps, ROLL_KEYS), dtype=np.int32)
    for key, start, stop in spans:
        keys[start:stop, key], keys[start, key] = DOWN, STRUCK
    return keys


PIECE = keys_of((4, 0, 20), (20, 3, 9), (20, 9, 12), (30, 20, 40))
ROLLS = [KeyRoll("a", "train", PIECE), KeyRoll("b", "train", PIECE[:24])]
CHECKS = [KeyRoll("c", "valid", PIECE)]


def test_a_batch_says_what_sounds_and_where_in_its_bar() -> None:
    rolls, targets = roll_batch([(PIECE[:4], 14), (PIECE[:2], 0)], 4)
    assert (rolls.shape, targets.shape) == ((2, 4, ROLL_KEYS, 3), (2, 4, ROLL_KEYS))
    np.testing.assert_array_equal(targets[0], PIECE[:4])
    assert (targets[1, 2:] == IGNORED).all()
    assert [np.flatnonzero(rolls[0, step, :, 0]).tolist() for step in range(4)] == [[4], [4], [4], [4, 20]]
    assert [np.flatnonzero(rolls[0, step, :, 1]).tolist() for step in range(4)] == [[4], [], [], [20]]
    assert rolls[0, :, 7, 2].tolist() == [14, 15, 0, 1]
    assert not rolls[1, 2:, :, :2].any()


def test_what_a_frame_costs_by_hand() -> None:
    """Two frames, of which one is padding: a key struck, one that goes on, and silence all around."""
    targets = np.full((1, 2, ROLL_KEYS), IGNORED, dtype=np.int32)
    targets[0, 0] = 0
    targets[0, 0, 5], targets[0, 0, 9] = STRUCK, DOWN
    answers = np.full((1, 2, ROLL_KEYS, 3), -30.0, dtype=np.float32)
    answers[0, 0, 5] = [math.log(0.25 / 0.75), math.log(0.9 / 0.1), 7.0]
    answers[0, 0, 9] = [math.log(0.5 / 0.5), math.log(0.2 / 0.8), 7.0]
    cost = -math.log(0.25) - math.log(0.9) - math.log(0.5) - math.log(0.8)
    assert float(roll_nll(targets, answers)) == pytest.approx(cost, abs=1e-5)


def test_keys_are_moved_as_far_as_none_falls_off() -> None:
    assert moves_of(PIECE) == range(-4, 7)
    assert moves_of(keys_of((2, 0, 4), (ROLL_KEYS - 1, 0, 4))) == range(-2, 1)
    assert moves_of(keys_of()) == range(1)


def test_batches_depend_on_seed_epoch_and_number_alone() -> None:
    def batches(seed: int, epoch: int) -> RollBatches:
        return RollBatches(ROLLS, CropSettings(steps=12, batch_size=3), 2, seed, epoch)

    first = batches(1, 0)
    same, other = batches(1, 0)[1], batches(2, 0)[1]
    np.testing.assert_array_equal(first[1][0], same[0])
    assert not np.array_equal(first[1][0], other[0])
    first.on_epoch_end()
    np.testing.assert_array_equal(first[0][1], batches(1, 1)[0][1])
    for rolls, targets in (batches(1, 0)[0], same):
        assert rolls.shape == (3, 12, ROLL_KEYS, 3)
        np.testing.assert_array_equal(rolls[..., 0], targets >= DOWN)
        assert set(np.unique(targets[:, 0])) <= {0, STRUCK, IGNORED}  # what sounds where a crop begins is struck there


def test_the_whole_of_every_roll_is_checked() -> None:
    checks = WholeRolls(CHECKS, 16)
    assert len(checks) == 1
    rolls, targets = checks[0]
    np.testing.assert_array_equal(np.concatenate(list(targets))[:40], PIECE)
    assert rolls[:, 0, 0, 2].tolist() == [0, 0, 0]


@pytest.mark.usefixtures("uncompiled")
def test_a_stopped_run_of_rolls_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    settings = FitSettings(
        "biaxial-lstm",
        ("mine",),
        model={"units": 8, "key_units": 8, "second_key_units": 8, "dropout": 0.0},
        crops=CropSettings(steps=4, batch_size=2),
        epochs=2,
        batches_per_epoch=2,
        learning_rate=1e-2,
        average=0.5,
        rolls="mine",
    )

    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            del logs
            if epoch == 1:
                raise KeyboardInterrupt

    checks = [replace(CHECKS[0], keys=PIECE[:16])]
    whole = fit(settings, ROLLS, checks, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(settings, ROLLS, checks, tmp_path / "stopped", callbacks=[Stop()])
    resumed = fit(settings, ROLLS, checks, tmp_path / "stopped", resume=True)
    histories = [read_history(tmp_path / name) for name in ("whole", "stopped")]
    losses = [[(row["train_nll"], row["valid_nll"]) for row in rows] for rows in histories]
    np.testing.assert_allclose(losses[1], losses[0], atol=2e-4)
    assert losses[0][-1][1] < losses[0][0][1]
    assert (resumed["epoch"], whole["epoch"]) == (2, 2)
    assert load_best(tmp_path / "whole")[0] == settings
    assert (unit_of(settings), unit_of(replace(settings, rolls=""))) == ("nats a frame", "nats a note")
