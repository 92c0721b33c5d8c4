"""A model taught by others: what the targets then hold, what they cost, and that it comes to agree."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import tiny_set, uncompiled

from companion.model.features import FeatureRow
from companion.music.vocabulary import VOCABULARY_SIZE, strike
from export.models.registry import build
from export.training.crops import IGNORED, CropBatches, CropSettings
from export.training.fit import FitSettings, fit, load_best, read_settings
from export.training.losses import ANSWERS, note_nll, taught_nll
from export.training.teaching import TaughtBatches, Teachers

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.train

TRAIN, VALID = tiny_set()[:2], tiny_set()[2:3]
TINY = {"units": 8, "depth": 1, "dropout": 0.0, "slot_dropout": 0.0}


def run_of(folder: Path, seed: int, **changes: Any) -> Path:
    settings = FitSettings(
        "gru",
        ("jsb",),
        **{
            "model": TINY,
            "crops": CropSettings(steps=4, batch_size=2),
            "epochs": 2,
            "batches_per_epoch": 2,
            "seed": seed,
            **changes,
        },
    )
    with uncompiled() if settings.batches_per_epoch == 2 else nullcontext():  # compiling is worth it for more
        fit(settings, TRAIN, VALID, folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    folder = tmp_path_factory.mktemp("teachers")
    return [run_of(folder / f"teacher-{seed}", seed) for seed in (1, 2)]


def crops_of(features: Sequence[str], batches: int = 1) -> CropBatches:
    row = FeatureRow(features)
    return CropBatches(TRAIN, row, CropSettings(steps=4, batch_size=2), batches, seed=5, first_epoch=0)


def test_they_expect_the_mean_of_what_each_does_once_it_has_begun(runs: Sequence[Path]) -> None:
    models = [load_best(run)[1] for run in runs]
    teachers = Teachers(models)
    ids, targets = crops_of(teachers.row.names)[0]
    each = [np.asarray(keras.ops.softmax(model(ids))) for model in models]
    expected = teachers.expect(ids)
    np.testing.assert_allclose(expected[:, 4:], np.mean(each, axis=0)[:, 4:], atol=1e-6)
    np.testing.assert_allclose(expected[:, :4], each[0][:, :4], atol=1e-6)
    assert np.abs(each[1] - each[0])[:, :4].max() > 1e-3
    taught_ids, taught = TaughtBatches(crops_of(teachers.row.names), teachers, models[0].features)[0]
    np.testing.assert_array_equal(taught_ids, ids)
    np.testing.assert_array_equal(taught[..., :ANSWERS], targets)
    np.testing.assert_allclose(taught[..., ANSWERS:].sum(axis=-1), 1, atol=1e-5)


def test_each_reads_its_own_of_a_row_that_has_all(runs: Sequence[Path]) -> None:
    """Beside one that reads more, and before a pupil that reads less, a teacher expects what it does by itself."""
    alone, wider = load_best(runs[0])[1], build("bach", units=8, hidden=8)
    plain, told = crops_of(alone.features)[0][0], crops_of(wider.features)[0][0]
    expected = Teachers([alone]).expect(plain)
    between = Teachers([alone, wider])
    assert between.row.names == FeatureRow(wider.features).names
    everything = crops_of(between.row.names)
    theirs = np.asarray(keras.ops.softmax(wider(told)))
    np.testing.assert_allclose(between.expect(everything[0][0])[:, 4:], ((expected + theirs) / 2)[:, 4:], atol=1e-6)
    read, taught = TaughtBatches(everything, between, alone.features)[0]
    np.testing.assert_array_equal(read, plain)
    assert taught.shape == (*plain.shape[:2], ANSWERS + VOCABULARY_SIZE)


def test_of_a_known_tune_only_those_are_asked_that_are_told_of_it(runs: Sequence[Path]) -> None:
    told_less = [name for name in load_best(runs[0])[1].features if not name.startswith("known_")]
    plain, knowing = build("gru", **TINY, features=told_less), build("bach", units=8, hidden=8)
    row = Teachers([plain, knowing]).row
    ids = np.repeat(crops_of(row.names)[0][0], 2, axis=0)[:2]
    ids[1, 8::4, row.slot("known_tune")] += 2  # its soprano holds there as a tune does that it knows
    both, alone, nobody = (Teachers(models, row.names) for models in ([plain, knowing], [knowing], [plain]))
    mean, told = both.expect(ids), alone.expect(ids)
    np.testing.assert_allclose(mean[1, 8::4], told[1, 8::4], atol=1e-6)
    assert np.abs(mean[0, 8::4] - told[0, 8::4]).max() > 1e-4
    assert np.abs(mean[1, 9::4] - told[1, 9::4]).max() > 1e-4
    assert not nobody.expect(ids)[1, 8::4].any()
    np.testing.assert_allclose(nobody.expect(ids)[0].sum(axis=-1), 1, atol=1e-5)


def test_of_a_chord_that_is_said_only_those_are_asked_that_are_told_it(runs: Sequence[Path]) -> None:
    unhearing, hearing = load_best(runs[0])[1], build("bach", units=8, hidden=8)
    row = Teachers([unhearing, hearing]).row
    ids = crops_of(row.names)[0][0]
    ids[1, 8:12, row.slot("root")] += 3  # of the third frame
    both, alone, nobody = (Teachers(models, row.names) for models in ([unhearing, hearing], [hearing], [unhearing]))
    mean, told = both.expect(ids), alone.expect(ids)
    np.testing.assert_allclose(mean[1, 8:12], told[1, 8:12], atol=1e-6)
    assert np.abs(mean[0, 8:12] - told[0, 8:12]).max() > 1e-4
    assert np.abs(mean[1, 12:] - told[1, 12:]).max() > 1e-4
    assert np.flatnonzero(~nobody.expect(ids)[1].any(axis=-1)).tolist() == [8, 9, 10, 11]


def test_how_music_begins_may_be_taught_by_nobody(runs: Sequence[Path]) -> None:
    models = [load_best(run)[1] for run in runs]
    asked, unasked = Teachers(models), Teachers(models, beginnings=False)
    ids = crops_of(asked.row.names)[0][0]
    assert not unasked.expect(ids)[:, :4].any()
    np.testing.assert_allclose(unasked.expect(ids)[:, 4:], asked.expect(ids)[:, 4:], atol=1e-6)


def test_of_a_voice_that_knows_what_it_comes_to_nobody_is_asked() -> None:
    row = Teachers([knowing := build("bach", units=8, hidden=8)]).row
    ids = crops_of(row.names)[0][0]
    plain = Teachers([knowing]).expect(ids)
    ids[1, 8:12, row.slot("later") : row.slot("later") + 2] += strike(60)  # soprano and alto, in the third frame
    told = Teachers([knowing]).expect(ids)
    assert not told[1, 8:10].any()
    assert plain.any(axis=-1).all()
    np.testing.assert_allclose(told[1, 10:12].sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(told[0], plain[0], atol=1e-6)


def test_a_model_is_taught_by_one_that_reads_otherwise(runs: Sequence[Path], tmp_path: Path) -> None:
    pupil = {"units": 8, "hidden": 8}
    fit_one = FitSettings(
        "bach",
        ("jsb",),
        pupil,
        CropSettings(steps=4, batch_size=2),
        epochs=1,
        batches_per_epoch=2,
        teachers=(str(runs[0]),),
    )
    with uncompiled():
        assert np.isfinite(fit(fit_one, TRAIN, VALID, tmp_path / "pupil")["best"])


class TestLoss:
    def targets(self, *notes: tuple[int, dict[int, float]]) -> np.ndarray[Any, Any]:
        rows = np.zeros((1, len(notes), ANSWERS + VOCABULARY_SIZE), dtype=np.float32)
        for note, (token, expected) in enumerate(notes):
            rows[0, note, :ANSWERS] = token
            for other, share in expected.items():
                rows[0, note, ANSWERS + other] = share
        return rows

    def test_a_share_each(self) -> None:
        """Against even logits everything costs log V; raised by log 2, a token costs log 2 less."""
        logits = np.zeros((1, 1, VOCABULARY_SIZE), dtype=np.float32)
        logits[0, 0, 7] = np.log(2)
        level = np.log(VOCABULARY_SIZE + 1)
        for share in (0.0, 0.25, 1.0):
            loss = taught_nll(share)(self.targets((9, {7: 0.5, 8: 0.5})), logits)
            assert float(loss) == pytest.approx(level - share * 0.5 * np.log(2), abs=1e-5)

    def test_what_is_not_learned_is_not_taught(self) -> None:
        logits = np.random.default_rng(1).normal(size=(1, 2, VOCABULARY_SIZE)).astype(np.float32)
        both = self.targets((9, {7: 1.0}), (IGNORED, {3: 1.0}))
        loss = taught_nll(0.5)
        assert float(loss(both, logits)) == pytest.approx(float(loss(both[:, :1], logits[:, :1])), abs=1e-5)

    def test_without_teachers_it_is_the_plain_one(self) -> None:
        targets = np.array([[[9, 9], [4, 5]]], dtype=np.int32)
        logits = np.random.default_rng(1).normal(size=(1, 2, VOCABULARY_SIZE)).astype(np.float32)
        assert float(taught_nll(0.9)(targets, logits)) == pytest.approx(float(note_nll(targets, logits)))


def test_a_pupil_comes_to_expect_what_its_teachers_do(runs: Sequence[Path], tmp_path: Path) -> None:
    """Starting from random weights, and told nothing but what they expect."""
    names = tuple(str(run) for run in runs)
    teachers = Teachers([load_best(run)[1] for run in runs])
    ids, _ = crops_of(teachers.row.names)[0]
    expected = teachers.expect(ids)

    def distance(pupil: Any) -> float:
        return float(np.abs(np.asarray(keras.ops.softmax(pupil(ids))) - expected).sum(axis=-1).mean()) / 2

    short = run_of(tmp_path / "short", 7, teachers=names, taught=1.0, epochs=1, learning_rate=1e-5)
    long = run_of(tmp_path / "long", 7, teachers=names, taught=1.0, epochs=2, batches_per_epoch=60, learning_rate=1e-2)
    assert distance(load_best(long)[1]) < 0.5 * distance(load_best(short)[1])
    assert read_settings(tmp_path / "long").teachers == names

    def test_where_nobody_was_asked_the_note_alone_counts(self) -> None:
        logits = np.random.default_rng(1).normal(size=(1, 2, VOCABULARY_SIZE)).astype(np.float32)
        asked, unasked = self.targets((9, {7: 1.0}), (5, {})), self.targets((5, {}))
        own = float(note_nll(unasked[..., :ANSWERS].astype(np.int32), logits[:, 1:]))
        loss = taught_nll(0.5)
        assert float(loss(unasked, logits[:, 1:])) == pytest.approx(own, abs=1e-5)
        first = float(loss(asked[:, :1], logits[:, :1]))
        assert float(loss(asked, logits)) == pytest.approx((first + own) / 2, abs=1e-5)
