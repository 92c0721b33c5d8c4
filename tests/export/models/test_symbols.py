"""Models of one line of symbols: what they read of rows, what they say as tokens, and what each remembers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from keras import ops
from support.made_up import chorale, piece_of
from support.tiny import stepped_in_keras, tiny_model

from companion.model.features import FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, IntArray, canonical, strike, transpose
from export.models.attention_gru import AttentionGruModel
from export.models.conv_lstm import ConvLstmModel
from export.models.gru_onehot import GruOnehotModel
from export.models.markov import MarkovModel
from export.models.symbols import NEVER, SPOKEN, SymbolReader
from export.models.transformer_absolute import TransformerAbsoluteModel
from export.training.crops import ENDED, CropSettings, batch_of, draw_crop, whole_crop
from export.training.habits import Habits

pytestmark = pytest.mark.train

FRAMES = canonical(
    np.array(
        [
            [strike(72), strike(67), strike(60), strike(48)],
            [HOLD, strike(65), HOLD, REST],
            [strike(71), HOLD, REST, strike(43)],
        ],
        dtype=np.int32,
    )
)


def rows_of(model: keras.Model, frames: IntArray, key: str | None = None) -> IntArray:
    """``[notes, width]``: frames as a model reads them."""
    piece = replace(piece_of("p", "train", frames), key=key)
    ids: IntArray = batch_of([whole_crop(piece, 0, len(frames), Habits.of(model))], FeatureRow(model.features))[0][0]
    return ids


def whole(model: keras.Model, frames: IntArray, key: str | None = None) -> np.ndarray[Any, Any]:
    return np.asarray(ops.convert_to_numpy(model(rows_of(model, frames, key)[None])))[0]


class TestReader:
    READER = SymbolReader(("voice", "pitches", "decided"))
    IDS = rows_of(tiny_model("conv-lstm"), FRAMES)

    def test_the_symbol_before_is_of_the_voice_above_or_of_the_bass_a_step_ago(self) -> None:
        c, g, e, low = (strike(pitch) for pitch in (72, 67, 60, 48))
        f, b, bass = strike(65), strike(71), strike(43)
        assert np.asarray(self.READER.last(self.IDS)).tolist() == [0, c, g, e, low, c, f, e, 1, b, f, 1]
        assert bass not in np.asarray(self.READER.last(self.IDS))  # nobody comes after it

    def test_the_voices_own_symbol_is_what_it_sounds(self) -> None:
        c, g, e, low, f = (strike(pitch) for pitch in (72, 67, 60, 48, 65))
        assert np.asarray(self.READER.own(self.IDS)).tolist() == [0, 0, 0, 0, c, g, e, low, c, f, e, 1]

    def test_a_pitch_that_sounds_is_held_and_every_other_one_is_struck(self) -> None:
        logits = np.arange(SPOKEN, dtype=np.float32)[None]
        own = strike(60)
        said = np.asarray(self.READER.tokens(logits, np.array([own])))[0]
        expected = np.concatenate([[0.0], [own - 1.0], np.arange(1.0, SPOKEN)])
        expected[own] = NEVER
        np.testing.assert_array_equal(said, expected)

    @pytest.mark.parametrize("own", [0, 1])
    def test_where_nothing_sounds_nothing_is_held(self, own: int) -> None:
        said = np.asarray(self.READER.tokens(np.zeros((1, SPOKEN), np.float32), np.array([own])))[0]
        assert said[HOLD] == NEVER
        assert set(np.delete(said, HOLD)) == {0.0}


MOVES = {"C major": 0, "D major": -2, "F# major": -6, "G major": 5, "e minor": 5, "a minor": 0}


@pytest.mark.parametrize(("key", "semitones"), MOVES.items())
def test_a_key_is_moved_to_c_or_a(key: str, semitones: int) -> None:
    reader = SymbolReader(AttentionGruModel.features)
    ids = rows_of(tiny_model("attention-gru"), FRAMES, key)
    assert np.asarray(reader.move(ids)).tolist() == [semitones] * len(ids)


def test_music_in_another_key_is_the_same_to_a_model_in_one_key() -> None:
    model = tiny_model("attention-gru")
    here, there = whole(model, FRAMES, "C major"), whole(model, transpose(FRAMES, 2), "D major")
    np.testing.assert_allclose(there[:, FIRST_STRIKE + 2 :], here[:, FIRST_STRIKE:-2], atol=1e-4)
    np.testing.assert_allclose(there[:, :FIRST_STRIKE], here[:, :FIRST_STRIKE], atol=1e-4)


def test_the_attention_is_of_what_was_heard_and_adds_up_to_one() -> None:
    model = tiny_model("attention-gru")
    states = {state.name: np.zeros(state.shape, state.dtype) for state in model.states}
    for note, row in enumerate(rows_of(model, FRAMES, "C major"), start=1):
        _, following = model.step(row[None], states)
        weights = np.asarray(following["attention"])[0]
        assert weights.shape == (model.window,)
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert np.all(weights[: model.window - note] == 0)
        assert np.all(weights[model.window - note :] > 0)
        looked = np.concatenate([states["looked"][1:], np.asarray(following["looked"])])
        states = {name: np.asarray(following[name]) for name in states} | {"looked": looked}


class TestEnds:
    def test_the_end_is_said_after_the_last_note(self) -> None:
        model = tiny_model("gru-onehot")
        crop = draw_crop(
            piece_of("p", "train", FRAMES),
            CropSettings(steps=5).suiting(Habits.of(model)),
            np.random.default_rng(1),
            Habits.of(model),
            (0, 0),
        )
        _, targets = batch_of([crop], FeatureRow(model.features))
        assert targets[0, 12].tolist() == [ENDED, ENDED]
        assert np.all(targets[0, 13:] == -1)

    def test_its_chance_is_one_of_all_that_may_come(self) -> None:
        model = tiny_model("gru-onehot")
        ids = rows_of(model, FRAMES)
        logits = np.asarray(ops.convert_to_numpy(model(ids[None])))[0, 0]
        model.prepare_step()
        _, following = model.step(ids[:1], {state.name: np.zeros(state.shape, np.float32) for state in model.states})
        known = np.asarray(following["end"])
        assert known.shape == (1, 1)
        assert logits.shape == (VOCABULARY_SIZE + 1,)
        assert 0 < known[0, 0] < 1

    def test_a_random_crop_may_reach_beyond_the_last_note(self) -> None:
        habits, settings = Habits("fixed", ends=True), CropSettings(steps=24, from_start=0.0)
        dice = np.random.default_rng(1)
        frames = chorale(0, chords=10)
        crops = [draw_crop(piece_of("p", "train", frames), settings, dice, habits) for _ in range(600)]
        assert {(crop.length, crop.ended) for crop in crops} == {
            (24, False),
            *((length, True) for length in range(16, 24)),
        }


class TestPublishedSizes:
    def test_a_plain_transformer_has_as_many_weights_as_its_authors_say(self) -> None:
        model = TransformerAbsoluteModel()
        model(rows_of(model, FRAMES)[None])
        assert model.count_params() == 708_207

    def test_convolutions_and_an_lstm_have_about_as_many(self) -> None:
        model = ConvLstmModel()
        model(rows_of(model, FRAMES)[None])
        assert model.count_params() == pytest.approx(397_000, rel=0.002)

    def test_one_of_59_symbols(self) -> None:
        model = GruOnehotModel()
        model(rows_of(model, FRAMES)[None])
        assert (model.units, model.said.units) == (118, 59)


class TestMarkov:
    @staticmethod
    def counted(*pieces: IntArray, doubt: int = 1) -> MarkovModel:
        model = MarkovModel(chords=8, rows=64, doubt=doubt)
        model(rows_of(model, FRAMES)[None])
        model.count(pieces)
        return model

    def test_what_always_came_comes_and_in_any_key(self) -> None:
        model = self.counted(*[FRAMES] * 50)
        for semitones in (0, 3, -2):
            moved = transpose(FRAMES, semitones)
            logits = whole(model, moved)
            best = logits.argmax(axis=-1)[4:].reshape(2, 4)
            assert best[0].tolist() == moved[1].tolist()

    def test_what_never_came_is_possible(self) -> None:
        logits = whole(self.counted(FRAMES), FRAMES)
        assert np.all(np.isfinite(logits))
        shares = np.exp(logits)
        np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-4)

    def test_more_steps_than_it_has_room_for(self) -> None:
        for what in ("chords", "rows"):
            model = MarkovModel(**{what: 1})
            model(rows_of(model, FRAMES)[None])
            with pytest.raises(ValueError, match=rf"\d+ {what} were counted; {what} must be at least that, not 1"):
                model.count([chorale(0)])


def test_a_full_window_moves_on_by_half_of_it() -> None:
    """Long after its window is full a note is heard as in a piece that begins where its window does."""
    model = tiny_model("transformer-absolute")
    frames = chorale(0, chords=12)
    at_once, half, ids = whole(model, frames), model.window // 2, rows_of(model, frames)
    np.testing.assert_allclose(stepped_in_keras(model, ids), at_once, atol=1e-4)
    for first in (half, 2 * half):
        alone = np.asarray(model(ids[None, first : first + model.window]))[0]
        np.testing.assert_allclose(alone[half:], at_once[first + half : first + model.window], atol=1e-4)
