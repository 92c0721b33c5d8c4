"""The layers that models share, with weights set by hand; and that they keep to keras.ops."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import random_rows

import export.models.layers
import export.models.registry
import export.training.crops
import export.training.fit
from companion.model.codes import NOTHING
from companion.model.features import FEATURES, FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, strike
from export.models.layers import RELATIVE_REACH, ModelState, NoteEmbedding, PitchHead, TimeGRU, dropout_of_time, swish
from export.models.registry import ARCHITECTURES, model_class

pytestmark = pytest.mark.train

ROW = FeatureRow(tuple(FEATURES))
BACKEND_NEUTRAL = sorted(
    {
        Path(inspect.getfile(each))
        for each in (
            export.training.crops,
            export.models.registry,
            export.models.layers,
            export.training.fit,
            *map(model_class, ARCHITECTURES),
        )
    }
)


def head_of(row: FeatureRow) -> PitchHead:
    """A head whose relative logits are 1 for the lowest interval, 2 for the next, …, and that adds nothing else."""
    head = PitchHead(row, hidden=3, dropout=0.0)
    head(np.zeros((1, 1, 3), np.float32), random_rows(row.names, 1)[None])
    for layer in (head.hidden, head.absolute, head.relative):
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.zeros(layer.bias.shape))
    head.relative.bias.assign(np.arange(1.0, 2 * RELATIVE_REACH + 2))
    return head


def logits_after(head: PitchHead, row: FeatureRow, code: int) -> np.ndarray[Any, Any]:
    """The logits of one note whose voice last struck ``code``."""
    ids = random_rows(row.names, 1)
    slot = row.slot("own_pitch")
    ids[0, slot] = row.offsets[slot] + code
    return np.asarray(head(np.zeros((1, 3), np.float32), ids))[0]


@pytest.mark.parametrize("names", [tuple(FEATURES), ("voice", "own_pitch", "decided"), ("own_pitch",)])
@pytest.mark.parametrize("last", [strike(60), FIRST_STRIKE, VOCABULARY_SIZE - 1])
def test_relative_logits_lie_around_the_voices_last_pitch(names: tuple[str, ...], last: int) -> None:
    row = FeatureRow(names)
    expected = np.zeros(VOCABULARY_SIZE)
    for semitones in range(-12, 13):
        token = last + semitones
        if FIRST_STRIKE <= token < VOCABULARY_SIZE:
            expected[token] = semitones + 13
    np.testing.assert_allclose(logits_after(head_of(row), row, last), expected, atol=1e-6)


def test_before_the_first_pitch_there_are_no_relative_logits() -> None:
    np.testing.assert_array_equal(logits_after(head_of(ROW), ROW, NOTHING), np.zeros(VOCABULARY_SIZE))


def test_absolute_logits_are_the_tokens_own_wherever_the_voice_is() -> None:
    head = head_of(ROW)
    head.relative.bias.assign(np.zeros(2 * RELATIVE_REACH + 1))
    head.absolute.bias.assign(np.arange(VOCABULARY_SIZE, dtype=np.float32))
    for last in (NOTHING, strike(48), strike(70)):
        np.testing.assert_allclose(logits_after(head, ROW, last), np.arange(VOCABULARY_SIZE), atol=1e-6)


def test_a_rest_and_a_hold_have_no_interval() -> None:
    logits = logits_after(head_of(ROW), ROW, FIRST_STRIKE)
    assert logits[REST] == logits[HOLD] == 0
    assert logits[FIRST_STRIKE] == 13


def test_the_head_reads_what_it_is_given() -> None:
    head = head_of(ROW)
    head.hidden.kernel.assign(np.eye(3))
    head.absolute.kernel.assign(np.outer([1.0, 10.0, 100.0], np.arange(VOCABULARY_SIZE) == HOLD))
    ids = random_rows(ROW.names, 1)
    x = np.array([[1.0, -2.0, 0.5]], np.float32)
    expected = (x / (1 + np.exp(-x)) @ [1.0, 10.0, 100.0])[0]
    assert np.asarray(head(x, ids))[0, HOLD] == pytest.approx(expected, abs=1e-4)


def test_a_folded_table_gives_what_the_layer_gives() -> None:
    layer = NoteEmbedding(ROW, units=12, slot_units=5, slot_dropout=0.5)
    ids = random_rows(ROW.names, 50)
    layer(ids[None])
    layer.bias.assign(np.random.default_rng(1).normal(size=12))
    layer.fold()
    assert layer.folded.shape == (ROW.rows, 12)
    assert layer.folded.dtype == np.float32
    stepped = np.concatenate([np.asarray(layer.step(row[None])) for row in ids])
    np.testing.assert_allclose(stepped, np.asarray(layer(ids[None]))[0], atol=1e-5)


def test_an_embedding_adds_each_slots_row_times_its_own_part_of_the_kernel() -> None:
    row = FeatureRow(("voice", "beat"))
    layer = NoteEmbedding(row, units=1, slot_units=1, slot_dropout=0.0)
    ids = (row.offsets + np.array([2, 3], np.int32))[None, None]
    layer(ids)
    layer.table.assign(np.arange(row.rows, dtype=np.float32)[:, None])
    layer.kernel.assign([[0.5], [-0.25]])
    layer.bias.assign([1.0])
    x = 0.5 * 2 - 0.25 * (4 + 3) + 1.0  # the rows of beats follow those of the four voices
    assert float(np.asarray(layer(ids)).item()) == pytest.approx(x / (1 + np.exp(-x)), abs=1e-6)


def test_slot_dropout_hides_whole_slots_of_single_notes() -> None:
    keras.utils.set_random_seed(1)
    layer = NoteEmbedding(ROW, units=4, slot_units=8, slot_dropout=0.5)
    dropped = np.asarray(layer.slot_dropout(np.ones((3, 7, ROW.width, 8), np.float32), training=True))
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert np.all(dropped == dropped[..., :1])
    assert len(np.unique(dropped[..., 0].reshape(21, -1), axis=0)) == 21
    np.testing.assert_array_equal(np.asarray(layer.slot_dropout(dropped, training=False)), dropped)


def test_dropout_of_time_hides_the_same_units_at_every_step() -> None:
    hidden = np.asarray(dropout_of_time(0.5)(np.ones((3, 7, 40), np.float32), training=True)) == 0
    assert np.all(hidden == hidden[:, :1])
    assert 0.3 < hidden.mean() < 0.7
    assert np.any(hidden[0] != hidden[1])


def test_a_gru_of_time_is_the_usual_one() -> None:
    usual, ours = keras.layers.GRU(6, return_sequences=True), TimeGRU(6, weight_dropout=0.5)
    music = np.random.default_rng(1).normal(size=(2, 5, 4)).astype(np.float32)
    for layer in (usual, ours):
        layer(music)
    ours.set_weights([np.random.default_rng(2).normal(size=weight.shape) for weight in usual.get_weights()])
    usual.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(music), usual(music), atol=1e-6)


def test_a_gru_of_time_drops_weights_between_steps_alone() -> None:
    """Which weights is drawn once for a batch: the first step is as ever, and equal sequences stay equal."""
    layer = TimeGRU(40, weight_dropout=0.5)
    music = np.repeat(np.random.default_rng(1).normal(size=(1, 5, 4)), 2, axis=0).astype(np.float32)
    whole = np.asarray(layer(music))
    first, second = (np.asarray(layer(music, training=True)) for _ in range(2))
    np.testing.assert_allclose(first[:, 0], whole[:, 0], atol=1e-6)
    np.testing.assert_allclose(first[0], first[1], atol=1e-6)
    assert np.abs(first[:, 1:] - whole[:, 1:]).max() > 1e-2
    assert np.abs(first - second).max() > 1e-2


def test_swish_is_x_times_its_sigmoid() -> None:
    x = np.linspace(-8, 8, 33, dtype=np.float32)
    np.testing.assert_allclose(np.asarray(swish(x)), x / (1 + np.exp(-x)), atol=1e-6)


def test_a_state_is_float_and_replaced_unless_said_otherwise() -> None:
    assert ModelState("hidden", (1, 4)) == ModelState("hidden", (1, 4), "float32", "replace")


@pytest.mark.parametrize("path", BACKEND_NEUTRAL, ids=lambda path: path.name)
def test_models_and_training_keep_to_keras_so_that_other_backends_can_train_them(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported & {"keras", "export"}
    assert not imported & {"tensorflow", "tf2onnx", "jax", "torch"}
