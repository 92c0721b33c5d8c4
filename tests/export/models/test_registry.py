"""What every architecture must keep to, and what each one promises of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from keras import ops
from support.tiny import random_rows, settings_of, stepped_in_keras, tiny_model

from companion.model.contract import DTYPES, UPDATES, VOICE_ORDERS
from companion.model.features import FEATURES, FeatureRow
from companion.music.vocabulary import VOCABULARY_SIZE, IntArray
from export.models.layers import PLAIN_FEATURES
from export.models.registry import ARCHITECTURES, build, model_class
from export.release.onnx_file import asides_of
from export.training.habits import Habits
from export.training.losses import note_nll

pytestmark = pytest.mark.train

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
OF_SYMBOLS = tuple(name for name in ARCHITECTURES if Habits.of(model_class(name)).pitches_only)
# Models of symbols and of tunes read of a row what is their note's; biaxial-lstm reads some of it at first notes alone.
OF_TUNES = tuple(name for name in ARCHITECTURES if Habits.of(model_class(name)).is_tune)
of_features = pytest.mark.parametrize(
    "architecture", sorted({*ARCHITECTURES} - {*OF_SYMBOLS, *OF_TUNES, "biaxial-lstm"})
)
of_weights = pytest.mark.parametrize("architecture", sorted({*ARCHITECTURES} - {"markov"}))  # which counts
WINDOW = 16  # of tiny transformers


def together(model: keras.Model, sequences: Sequence[IntArray]) -> np.ndarray[Any, Any]:
    """``[sequences, notes, vocabulary]``: the logits of some as one batch, without what a model says of the end."""
    return np.asarray(ops.convert_to_numpy(model(np.stack(sequences))))[..., :VOCABULARY_SIZE]


def whole(model: keras.Model, ids: IntArray, **options: Any) -> np.ndarray[Any, Any]:
    """``[notes, vocabulary]``: the logits of one sequence at once, without what a model says of the end."""
    return np.asarray(ops.convert_to_numpy(model(ids[None], **options)))[0, :, :VOCABULARY_SIZE]


@every_architecture
def test_a_sequence_at_once_and_note_by_note_are_the_same(architecture: str) -> None:
    model = tiny_model(architecture)
    ids = random_rows(model.features, 5 * WINDOW)
    logits = whole(model, ids)
    assert logits.shape == (len(ids), VOCABULARY_SIZE)
    assert logits.std() > 0.1
    np.testing.assert_allclose(stepped_in_keras(model, ids), logits, atol=1e-4)


@of_weights
def test_what_comes_later_changes_nothing_before(architecture: str) -> None:
    model = tiny_model(architecture)
    ids = random_rows(model.features, 3 * WINDOW)
    changes = (1, 30, len(ids) - 1)
    others = [np.concatenate([ids[:at], random_rows(model.features, len(ids) - at, seed=2)]) for at in changes]
    before, *found = together(model, [ids, *others])
    for changed, after in zip(changes, found, strict=True):
        np.testing.assert_allclose(after[:changed], before[:changed], atol=1e-5)
        assert np.all(np.abs(after - before)[changed:].max(axis=-1) > 1e-3)


@every_architecture
def test_sequences_of_a_batch_know_nothing_of_each_other(architecture: str) -> None:
    model = tiny_model(architecture)
    first, second = (random_rows(model.features, 20, seed=seed) for seed in (1, 2))
    both = together(model, [first, second])
    np.testing.assert_allclose(both[0], whole(model, first), atol=1e-5)
    np.testing.assert_allclose(both[1], whole(model, second), atol=1e-5)


@of_weights
def test_gradients_reach_every_weight(architecture: str) -> None:
    model = tiny_model(architecture)
    ids = random_rows(model.features, 2 * WINDOW)[None]
    targets = np.random.default_rng(1).integers(0, VOCABULARY_SIZE, (1, 2 * WINDOW, 2))
    with tf.GradientTape() as tape:
        loss = note_nll(targets, model(ids, training=True))
    variables = model.trainable_variables
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    dead = [
        variable.path
        for variable, gradient in zip(variables, gradients, strict=True)
        if gradient is None or not np.any(tf.convert_to_tensor(gradient).numpy())
    ]
    assert len(variables) > 5
    assert dead == []


@every_architecture
def test_a_step_gives_the_states_that_the_model_describes(architecture: str) -> None:
    model = tiny_model(architecture)
    model.prepare_step()
    states = {state.name: np.zeros(state.shape, state.dtype) for state in model.states}
    logits, following = model.step(random_rows(model.features, 1), states)
    assert tuple(logits.shape) == (1, VOCABULARY_SIZE)
    assert set(following) == {*states, *(each.name for each in asides_of(model))}
    for state in model.states:
        assert state.dtype in DTYPES
        assert state.update in UPDATES
        shape = (1, *state.shape[1:]) if state.update == "append" else state.shape
        assert tuple(following[state.name].shape) == shape
        assert keras.backend.standardize_dtype(following[state.name].dtype) == state.dtype


@every_architecture
def test_an_architecture_says_what_it_reads(architecture: str) -> None:
    model = build(architecture, **settings_of(architecture))
    assert model.architecture == architecture
    assert model.voice_order in VOICE_ORDERS
    assert set(FeatureRow(model.features).names) == set(model.features) <= set(FEATURES)


@of_features
def test_every_slot_is_read(architecture: str) -> None:
    model = tiny_model(architecture)
    row = FeatureRow(model.features)
    ids = random_rows(model.features, 2)
    others = np.repeat(ids[None], row.width, axis=0)
    for slot, (first, end) in enumerate(zip(row.offsets, [*row.offsets[1:], row.rows], strict=True)):
        others[slot, 1, slot] = first if ids[1, slot] != first else end - 1
    logits, *found = together(model, [ids, *others])
    assert [slot for slot, other in enumerate(found) if np.abs(other - logits)[1].max() <= 1e-3] == []


@pytest.mark.parametrize("architecture", ["bach", "gru", "gru-onehot", "teacher", "transformer", "attention-gru"])
def test_dropout_is_for_training_alone(architecture: str) -> None:
    rates = {"dropout", "slot_dropout", "last_dropout"} & {*settings_of(architecture)}
    model = tiny_model(architecture, **dict.fromkeys(rates, 0.5))
    ids = random_rows(model.features, 12)
    np.testing.assert_array_equal(whole(model, ids), whole(model, ids))
    assert np.abs(whole(model, ids, training=True) - whole(model, ids)).max() > 0.1
    np.testing.assert_allclose(stepped_in_keras(model, ids), whole(model, ids), atol=1e-4)


@pytest.mark.parametrize("architecture", ["bach", "gru", "teacher"])
def test_weights_between_steps_are_dropped_for_training_alone(architecture: str) -> None:
    model = tiny_model(architecture, weight_dropout=0.5)
    ids = random_rows(model.features, 12)
    difference = np.abs(whole(model, ids, training=True) - whole(model, ids)).max(axis=-1)
    assert difference[-1] > 1e-2
    np.testing.assert_allclose(difference[0], 0, atol=1e-6)  # nothing is remembered there
    np.testing.assert_allclose(stepped_in_keras(model, ids), whole(model, ids), atol=1e-4)


def test_an_unknown_architecture_is_told_what_there_is() -> None:
    with pytest.raises(
        ValueError, match="unknown architecture 'grue'; choose one of attention-gru, bach, biaxial-lstm, conv-lstm, "
    ):
        build("grue")


def test_bach_may_be_told_less() -> None:
    told = (*PLAIN_FEATURES, "coming", "turn")
    model = build("bach", features=list(told), units=8, hidden=8)
    assert FeatureRow(model.features).names == FeatureRow(told).names
    ids = random_rows(model.features, 3 * 4)
    logits = whole(model, ids)
    np.testing.assert_allclose(stepped_in_keras(model, ids), logits, atol=1e-4)
    with pytest.raises(ValueError, match=r"unknown or repeated features \['colour'\]"):
        build("bach", features=["voice", "colour"])


def test_the_note_by_note_models_read_what_their_files_name() -> None:
    """A feature that joins later is not theirs: the files that ship must load and score as they did."""
    for architecture, sizes in (("gru", (21, 47, 1699)), ("transformer", (12, 33, 1271))):
        names = model_class(architecture).features
        row = FeatureRow(names)
        assert (len(names), row.width, row.rows) == sizes


def test_bach_is_small_enough() -> None:
    model = build("bach")
    model(random_rows(model.features, 4)[None])
    assert model.count_params() <= 2_050_000


def test_the_frame_clock_of_bach_reads_first_notes_alone() -> None:
    """What later notes of a frame read of the whole frame reaches this note only, and no state."""
    model = tiny_model("bach")
    row = FeatureRow(model.features)
    ids = random_rows(model.features, 12)
    other = ids.copy()
    other[5, row.slot("pitches")] = row.offsets[row.slot("pitches")] + (ids[5, row.slot("pitches")] + 1) % 2
    difference = np.abs(whole(model, other) - whole(model, ids)).max(axis=-1)
    assert difference[5] > 1e-3
    np.testing.assert_allclose(np.delete(difference, 5), 0, atol=1e-6)


def test_the_frame_clock_of_bach_remembers() -> None:
    model = tiny_model("bach")
    ids = random_rows(model.features, 12)
    other = np.concatenate([random_rows(model.features, 1, seed=2), ids[1:]])
    assert np.all(np.abs(whole(model, other) - whole(model, ids)).max(axis=-1) > 1e-4)
    names = [(state.name, state.shape, state.update) for state in model.states]
    assert names == [(f"hidden_{i}", (1, 16), "replace") for i in range(2)] + [("context", (1, 24), "replace")]


def test_gru_remembers_from_the_first_note_to_the_last() -> None:
    model = tiny_model("gru")
    ids = random_rows(model.features, 3)
    other = np.concatenate([random_rows(model.features, 1, seed=2), ids[1:]])
    assert np.abs(whole(model, other) - whole(model, ids))[-1].max() > 1e-3
    assert [(state.name, state.shape) for state in model.states] == [("hidden_0", (1, 16)), ("hidden_1", (1, 16))]


def test_a_transformer_sees_its_window_and_nothing_before() -> None:
    model = tiny_model("transformer", depth=1)
    ids = random_rows(model.features, 2 * WINDOW)
    logits = whole(model, ids)
    for note in (0, 5, WINDOW):
        other = ids.copy()
        other[note] = random_rows(model.features, 1, seed=2)
        difference = np.abs(whole(model, other) - logits).max(axis=-1)
        seeing = (np.arange(len(ids)) >= note) & (np.arange(len(ids)) < note + WINDOW)
        assert np.all(difference[seeing] > 1e-4)
        np.testing.assert_allclose(difference[~seeing], 0, atol=1e-5)


def test_layers_see_further_than_one_window() -> None:
    model = tiny_model("transformer", depth=2)
    ids = random_rows(model.features, 3 * WINDOW)
    other = ids.copy()
    other[0] = random_rows(model.features, 1, seed=2)
    difference = np.abs(whole(model, other) - whole(model, ids)).max(axis=-1)
    reach = 2 * (WINDOW - 1)
    assert difference[reach] > 1e-7
    np.testing.assert_allclose(difference[reach + 1 :], 0, atol=1e-5)


@pytest.mark.parametrize("seen", [0, 3, WINDOW - 1])
def test_memory_that_was_never_written_is_not_read(seen: int) -> None:
    model = tiny_model("transformer")
    model.prepare_step()
    generator = np.random.default_rng(1)
    memory = {
        state.name: generator.normal(size=state.shape).astype(np.float32)
        for state in model.states
        if state.update == "append"
    }
    memory["seen"] = np.array([seen], np.int32)
    unwritten = WINDOW - 1 - seen
    rubbish = {name: rows.copy() for name, rows in memory.items()}
    for name in rubbish.keys() - {"seen"}:
        rubbish[name][:unwritten] = 1e3
    ids = random_rows(model.features, 1)
    logits, following = model.step(ids, memory)
    np.testing.assert_array_equal(np.asarray(model.step(ids, rubbish)[0]), np.asarray(logits))
    assert np.asarray(following["seen"]).tolist() == [min(seen + 1, WINDOW - 1)]
    if seen:
        rubbish["keys_0"][unwritten] += 1
        assert np.abs(np.asarray(model.step(ids, rubbish)[0]) - np.asarray(logits)).max() > 1e-5


def test_a_transformer_knows_how_far_back_a_note_lies() -> None:
    model = tiny_model("transformer", depth=1)
    ids = random_rows(model.features, 3)
    swapped = ids[[1, 0, 2]]
    assert np.abs(whole(model, swapped) - whole(model, ids))[-1].max() > 1e-3
    model.blocks[0].attention.bias.assign(np.zeros((2, WINDOW)))
    np.testing.assert_allclose(whole(model, swapped)[-1], whole(model, ids)[-1], atol=1e-5)
