"""What a model knows by heart of the pieces it learns from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="batches are Keras data sets (extra: train)")

from support.tiny import tiny_set, uncompiled

from companion.model.codes import UNDECIDED
from companion.model.features import KNOWN_TUNE, FeatureRow
from companion.model.known_tunes import tunes_of
from companion.model.runtime import load_model
from companion.music.vocabulary import HOLD, IntArray, strike, transpose
from export.data.by_heart import ByHeart, Recalled
from export.data.pieces import Piece
from export.models.layers import PLAIN_FEATURES
from export.release.release import release
from export.release.unpack import unpack_model
from export.training.crops import CropSettings, batch_of, draw_crop, whole_crop
from export.training.cuts import Cut, echo_in
from export.training.fit import FitSettings, fit, load_best
from export.training.habits import Habits

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.train

TUNE = (60, 62, 64, 65, 63, 70, 67, 72, 71, 69, 74, 72)


def piece_of(name: str, tune: tuple[int, ...], bass: int = 48, split: str = "train") -> Piece:
    """A tune in quarters over three voices that go up from a bass of their own."""
    frames = np.full((4 * len(tune), 4), HOLD, dtype=np.int32)
    for number, pitch in enumerate(tune):
        frames[4 * number] = [strike(pitch), *(strike(bass + up + number % 5) for up in (9, 4, 0))]
    return Piece(name, split, frames, onsets_known=False, first_step=0)


SUNG = piece_of("sung", TUNE)
OTHERWISE = piece_of("otherwise", (*(pitch + 2 for pitch in TUNE[:8]), 60, 61), bass=41)
UNLIKE = piece_of("unlike", (72, 71, 72, 67, 65, 64, 72, 71), bass=45)


class TestRecalled:
    def test_a_piece_is_asked_about_as_if_it_were_new(self) -> None:
        alone = ByHeart.learned([SUNG, UNLIKE]).recalled(SUNG)
        assert set(alone.known.tolist()) == {UNDECIDED}
        assert not alone.moves.any()

    def test_of_another_setting_its_tune_is_known(self) -> None:
        found = ByHeart.learned([SUNG, OTHERWISE, UNLIKE]).recalled(SUNG)
        assert found.moves[13:29].tolist() == [moves for moves in (3, 4, 5, 6) for _ in range(4)]
        assert found.known[[16, 20, 24, 28]].tolist() == [strike(pitch) for pitch in TUNE[4:8]]
        assert found.known[32] == strike(58)  # where the other goes elsewhere

    def test_pieces_that_are_alike_are_left_out_too(self) -> None:
        twin = replace(SUNG, name="twin", frames=transpose(SUNG.frames, 1))
        assert not ByHeart.learned([SUNG, twin]).recalled(SUNG).moves.any()

    def test_a_piece_held_out_is_told_everything(self) -> None:
        heart = ByHeart.learned([SUNG, OTHERWISE])
        assert heart.recalled(replace(SUNG, name="held out", split="valid")).moves.max() == 11

    def test_each_tune_is_kept_once(self) -> None:
        again = replace(SUNG, name="again")
        assert ByHeart.learned([SUNG, again, OTHERWISE]).all.tunes == tuple(
            tune for piece in (SUNG, OTHERWISE) for tune in tunes_of(piece.frames, 0)
        )

    def test_moved_beyond_all_pitches_it_is_not_recalled(self) -> None:
        recalled = Recalled(np.array([HOLD, strike(80), UNDECIDED]), np.array([3, 4, 0]))
        up, down = recalled.transposed(1), recalled.transposed(2)
        assert (up.known.tolist(), up.moves.tolist()) == ([HOLD, strike(81), UNDECIDED], [3, 4, 0])
        assert (down.known.tolist(), down.moves.tolist()) == ([HOLD, UNDECIDED, UNDECIDED], [3, 0, 0])


class TestCrops:
    HABITS = Habits(by_heart=ByHeart.learned([SUNG, OTHERWISE, UNLIKE]))

    def told(self, ids: IntArray, features: tuple[str, ...] = (KNOWN_TUNE, "known_notes")) -> list[list[int]]:
        row = FeatureRow(features)
        rows = ids.reshape(-1, 4, row.width)[:, 0] - row.offsets
        return rows.tolist()

    def test_a_crop_is_told(self) -> None:
        """The fifth note falls by two semitones, and the three moves to the fourth were alike."""
        ids, _ = batch_of([whole_crop(SUNG, 12, 8, self.HABITS)], FeatureRow((KNOWN_TUNE, "known_notes")))
        assert self.told(ids)[:5] == [[0, 0], [2, 3], [2, 3], [2, 3], [15 - 2, 3]]

    def test_what_is_told_moves_with_the_piece(self) -> None:
        plain = CropSettings(steps=8, echoes_dropped=0.0, any_order=0.0, keys_dropped=1.0)
        crop = draw_crop(SUNG, plain, np.random.default_rng(1), self.HABITS, (16, 3))
        assert crop.echo.known[[0, 4]].tolist() == [strike(66), strike(73)]

    def test_half_of_it_lies_beyond_the_piece(self) -> None:
        echo = echo_in(SUNG, Cut(44, 8), self.HABITS)
        assert (echo.known[4:].tolist(), echo.moves[4:].tolist()) == ([UNDECIDED] * 4, [0] * 4)

    def test_without_echoes_nothing_is_recalled(self) -> None:
        deaf = CropSettings(steps=8, echoes_dropped=1.0)
        assert not draw_crop(SUNG, deaf, np.random.default_rng(1), self.HABITS, (16, 0)).echo.moves.any()


TINY = {"units": 8, "hidden": 8, "dropout": 0.0, "slot_dropout": 0.0, "weight_dropout": 0.0}


def run_of(folder: Path, **changes: Any) -> Path:
    crops = CropSettings(steps=8, batch_size=2)
    settings = FitSettings("bach", ("jsb",), **{"model": TINY, "crops": crops, "epochs": 1, **changes})
    with uncompiled():
        fit(replace(settings, batches_per_epoch=2), [SUNG, OTHERWISE, UNLIKE], tiny_set()[2:3], folder)
    return folder


class TestRuns:
    def test_a_run_keeps_what_it_knows_and_its_file_too(self, tmp_path: Path) -> None:
        _, model = load_best(run_of(tmp_path / "run"))
        known = ByHeart.learned([SUNG, OTHERWISE, UNLIKE]).all.tunes
        assert model.by_heart.all.tunes == known
        list(release(tmp_path / "run", tmp_path / "knows.onnx", "fp32", tiny_set()[2:3]))
        file = load_model(tmp_path / "knows.onnx")
        assert file.known_tunes.tunes == known
        unpack_model(tmp_path / "knows.onnx", tmp_path / "again")
        assert load_best(tmp_path / "again")[1].by_heart.all.tunes == known

    def test_one_that_is_told_more_begins_as_one_told_less(self, tmp_path: Path) -> None:
        """What the first is not told changes nothing yet: only a rate too small to learn by lies between them."""
        told_less = [*PLAIN_FEATURES, "coming", "echo", "turn"]
        less = run_of(tmp_path / "less", model={**TINY, "features": told_less})
        more = run_of(tmp_path / "more", start=str(less), learning_rate=1e-9)
        models = [load_best(run)[1] for run in (less, more)]
        assert Habits.of(models[0]).by_heart is None
        logits = []
        for model in models:
            crop = whole_crop(SUNG, 0, 32, Habits.of(models[1]))
            logits.append(np.asarray(model(batch_of([crop], FeatureRow(model.features))[0])))
        np.testing.assert_allclose(logits[0], logits[1], atol=1e-4)

    def test_told_less_than_what_it_begins_from_it_is_refused(self, tmp_path: Path) -> None:
        more = run_of(tmp_path / "more")
        told_less = [name for name in load_best(more)[1].features if name != KNOWN_TUNE]
        with pytest.raises(ValueError, match=KNOWN_TUNE):
            run_of(tmp_path / "less", model={**TINY, "features": told_less}, start=str(more))
