"""The files: their proof, their contract, their int8 form, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")
onnx = pytest.importorskip("onnx")

from keras import layers, ops
from support.tiny import chorale, piece_of, random_rows, tiny_model

from companion.errors import BadModel
from companion.model.contract import FORMAT, METADATA_KEY
from companion.model.features import FeatureRow
from companion.model.runtime import load_model
from companion.music.vocabulary import VOCABULARY_SIZE, fingerprint
from export.models.layers import ModelState
from export.models.registry import ARCHITECTURES, model_class
from export.release.onnx_file import (
    LARGEST_DIFFERENCE,
    REFERENCE_NOTES,
    TOLERANCES,
    asides_of,
    convert,
    export_fp32,
    export_int8,
    feature_rows,
    rewrite,
    stepped_logits,
)
from export.training.habits import Habits

if TYPE_CHECKING:
    from conftest import Exported

pytestmark = pytest.mark.train

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
of_weights = pytest.mark.parametrize("architecture", sorted({*ARCHITECTURES} - {"markov"}))  # which counts
of_features = pytest.mark.parametrize(
    "architecture", [name for name in ARCHITECTURES if not Habits.of(model_class(name)).pitches_only]
)
LONG = piece_of("v", "valid", chorale(2, chords=32))  # 512 notes


def weights_of(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The constants of a file's graphs by name."""
    graphs = graphs_of(onnx.load(path).graph)
    return {each.name: onnx.numpy_helper.to_array(each) for graph in graphs for each in graph.initializer}


def graphs_of(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    """A graph and those inside its conditionals."""
    inside = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    return [graph, *(each for one in inside for each in graphs_of(one))]


def factors_of(path: Path, operation: str) -> list[tuple[int, ...]]:
    """The shapes of the constants that such nodes multiply by, sorted."""
    weights = weights_of(path)
    nodes = [node for graph in graphs_of(onnx.load(path).graph) for node in graph.node if node.op_type == operation]
    return sorted(weights[node.input[1]].shape for node in nodes if node.input[1] in weights)


def metadata_of(path: Path) -> dict[str, Any]:
    """The contract of a file, read without our loader."""
    (prop,) = onnx.load(path).metadata_props
    assert prop.key == METADATA_KEY
    contract: dict[str, Any] = json.loads(prop.value)
    return contract


@every_architecture
def test_onnxruntime_note_by_note_gives_what_keras_gives_at_once(
    exported: Callable[[str], Exported], architecture: str
) -> None:
    made = exported(architecture)
    ids = random_rows(made.model.features, 448, seed=3)  # other rows than export looked at
    expected = np.asarray(tf.function(made.model)(ids[None]))[0, :, :VOCABULARY_SIZE]
    found = stepped_logits(load_model(made.path), ids)
    assert found.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert made.parity.notes == 512
    assert 0 < made.parity.largest_difference < 1e-3


@every_architecture
def test_a_graph_has_only_the_contracts_inputs_and_outputs_all_of_fixed_shape(
    exported: Callable[[str], Exported], architecture: str
) -> None:
    made = exported(architecture)
    graph = onnx.load(made.path).graph

    def shapes(values: Any) -> dict[str, tuple[int, ...]]:
        return {
            value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)  # 0 where it is open
            for value in values
        }

    states = made.model.states
    width = FeatureRow(made.model.features).width
    assert shapes(graph.input) == {"features": (1, width), **{state.name: state.shape for state in states}}
    rows = {f"{s.name}_next": (1, *s.shape[1:]) if s.update == "append" else s.shape for s in states}
    asides = {each.name: (1, each.size) for each in asides_of(made.model)}
    assert shapes(graph.output) == {"logits": (1, VOCABULARY_SIZE), **rows, **asides}
    assert {domain.domain for domain in onnx.load(made.path).opset_import} <= {"", "ai.onnx.ml"}


@every_architecture
def test_a_file_carries_its_contract(exported: Callable[[str], Exported], architecture: str) -> None:
    made = exported(architecture)
    contract = metadata_of(made.path)
    reference = contract.pop("reference")
    row = FeatureRow(made.model.features)
    assert contract == {
        "format": FORMAT,
        "name": architecture,
        "architecture": architecture,
        "precision": "fp32",
        "vocabulary": {"fingerprint": fingerprint()},
        "steps_per_beat": 4,
        "feature_rows": row.rows,
        "features": list(made.model.features),
        "voice_order": made.model.voice_order,
        "states": [
            {"name": s.name, "shape": list(s.shape), "dtype": s.dtype, "update": s.update} for s in made.model.states
        ],
        "parameters": made.model.count_params(),
        "training": {"data": ["jsb"], "seed": 1},
        "quantisation": {},
        "scores": {},
        "kind": getattr(made.model, "kind", "chorale"),
        "asides": [{"name": each.name, "size": each.size} for each in asides_of(made.model)],
        "needs_key": architecture == "attention-gru",
        "known_tunes": [],
    }
    ids = np.array(reference["ids"], dtype=np.int32)
    assert ids.shape == (REFERENCE_NOTES, row.width)
    np.testing.assert_array_equal(ids, feature_rows(made.model, LONG)[:REFERENCE_NOTES])
    np.testing.assert_allclose(
        reference["logits"], np.asarray(made.model(ids[None]))[0, :, :VOCABULARY_SIZE], atol=1e-4
    )
    assert reference["tolerance"] == TOLERANCES["fp32"]


def test_a_step_that_differs_from_training_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model("gru", depth=1)
    true_step = model.step

    def wrong_step(ids: Any, states: Any) -> Any:
        logits, following = true_step(ids, states)
        return logits + 2 * LARGEST_DIFFERENCE, following

    monkeypatch.setattr(model, "step", wrong_step)
    with pytest.raises(
        BadModel, match=r"^bent: onnxruntime and Keras differ by 0\.002 over 512 notes; at most 0\.001 "
    ):
        export_fp32(model, "bent", {}, LONG, tmp_path / "bent.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_forgets_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model("gru", depth=1)
    true_step = model.step
    monkeypatch.setattr(
        model, "step", lambda ids, states: true_step(ids, {name: 0.99 * state for name, state in states.items()})
    )
    with pytest.raises(BadModel, match="nothing was written"):
        export_fp32(model, "forgetful", {}, LONG, tmp_path / "forgetful.onnx")
    assert list(tmp_path.iterdir()) == []


def test_logits_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = tiny_model("gru", depth=1)
    model.head.absolute.bias.assign(np.full(VOCABULARY_SIZE, np.nan))
    with pytest.raises(BadModel, match="differ by nan"):
        export_fp32(model, "lost", {}, LONG, tmp_path / "lost.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_proof_needs_a_long_piece(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parity needs at least 400 notes, not 96"):
        export_fp32(tiny_model("gru"), "gru", {}, piece_of("v", "valid", chorale(2, chords=6)), tmp_path / "gru.onnx")
    assert list(tmp_path.iterdir()) == []


@every_architecture
def test_two_exports_of_the_same_weights_are_the_same_model(
    exported: Callable[[str], Exported], architecture: str, tmp_path: Path
) -> None:
    """Not the same bytes: tf2onnx numbers its nodes on and walks sets. The music is the same to the bit."""
    made = exported(architecture)
    path = tmp_path / "again.onnx"
    export_fp32(made.model, architecture, {"data": ["jsb"], "seed": 1}, LONG, path)
    assert metadata_of(path) == metadata_of(made.path)
    ids = random_rows(made.model.features, 100)
    np.testing.assert_array_equal(stepped_logits(load_model(path), ids), stepped_logits(load_model(made.path), ids))


def test_the_frame_clock_of_bach_runs_inside_a_conditional(exported: Callable[[str], Exported]) -> None:
    """So that three notes in four do without it: its matrices are in the branch, and none in the other one."""
    graph = onnx.load(exported("bach").path).graph
    (condition,) = [node for node in graph.node if node.op_type == "If"]
    branches = {attribute.name: [node.op_type for node in attribute.g.node] for attribute in condition.attribute}
    assert sum(kind in ("MatMul", "Gemm") for kind in branches["then_branch"]) == 2 * 2 + 1
    assert branches["else_branch"] == ["Identity"] * 3
    assert sum(node.op_type in ("MatMul", "Gemm") for node in graph.node) == 5


# int8 ------------------------------------------------------------------------------------------


@of_features
def test_int8_holds_every_matrix_in_8_bits(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], architecture: str
) -> None:
    fp32, int8 = exported(architecture).path, quantised(architecture)
    assert factors_of(fp32, "MatMulInteger") == factors_of(int8, "MatMul") == factors_of(int8, "Gemm") == []
    assert factors_of(int8, "MatMulInteger") == sorted(factors_of(fp32, "MatMul") + factors_of(fp32, "Gemm"))
    eighths = [each for each in weights_of(int8).values() if each.dtype == np.int8]
    assert sorted(each.shape for each in eighths if each.ndim == 2) == factors_of(int8, "MatMulInteger")
    assert max(int(np.abs(each).max()) for each in eighths) <= 64  # 7 bits: 8 overflow where there is no VNNI
    sizes = [sum(each.nbytes for each in weights_of(path).values()) for path in (int8, fp32)]
    assert sizes[0] < sizes[1]


def test_int8_holds_a_matrix_a_head_in_8_bits_and_once(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path]
) -> None:
    """Keys and values of two attentions; int8 products know one matrix alone, so these are floats when multiplied."""
    fp32, int8 = exported("transformer-absolute").path, quantised("transformer-absolute")
    several = [shape for shape in factors_of(fp32, "MatMul") if len(shape) > 2]
    assert len(several) == 4 and factors_of(int8, "MatMul") == []
    weights = [each for each in weights_of(int8).values() if each.ndim > 2]
    assert sorted(each.shape for each in weights if each.dtype == np.int8) == several
    assert all(each.dtype == np.int8 or each.shape[-2] == 1 for each in weights)  # the others are biases


@pytest.mark.parametrize("architecture", ["bach", "gru", "teacher", "transformer"])  # others have none of features
def test_int8_holds_every_table_in_8_bits(quantised: Callable[[str], Path], architecture: str) -> None:
    """They are half of a file: what a lookup finds is turned into numbers after it is found."""
    weights = weights_of(quantised(architecture))
    graphs = graphs_of(onnx.load(quantised(architecture)).graph)
    lookups = [node for graph in graphs for node in graph.node if node.op_type == "Gather"]
    found = [weights[node.input[0]] for node in lookups if node.input[0] in weights]
    tables = [table for table in found if table.dtype != np.int32]  # those of whole numbers are no weights
    assert len(tables) >= 2
    assert {table.dtype for table in tables} == {np.dtype(np.uint8)}
    assert max(each.size for each in weights.values() if each.dtype == np.float32) < 1000


@of_weights
def test_int8_has_references_of_its_own(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], architecture: str
) -> None:
    fp32, int8 = metadata_of(exported(architecture).path), metadata_of(quantised(architecture))
    loaded = load_model(quantised(architecture))
    logits = stepped_logits(loaded, np.array(int8["reference"]["ids"], dtype=np.int32))
    np.testing.assert_allclose(logits, int8["reference"]["logits"], atol=1e-4)
    assert int8["reference"]["ids"] == fp32["reference"]["ids"]
    assert int8["reference"]["logits"] != fp32["reference"]["logits"]
    assert int8["reference"]["tolerance"] == TOLERANCES["int8"]
    changed = {"reference", "precision"}
    assert int8["precision"] == "int8"
    assert {k: v for k, v in int8.items() if k not in changed} == {k: v for k, v in fp32.items() if k not in changed}


@of_weights
def test_int8_stays_near(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], architecture: str
) -> None:
    ids = random_rows(exported(architecture).model.features, 60)
    exact = stepped_logits(load_model(exported(architecture).path), ids)
    rounded = stepped_logits(load_model(quantised(architecture)), ids)
    assert 1e-4 < np.abs(rounded - exact).mean() < 0.1 * exact.std()


def test_quantising_twice_gives_the_same_bytes(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], tmp_path: Path
) -> None:
    export_int8(exported("gru").path, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == quantised("gru").read_bytes()


def test_quantising_says_nothing_on_the_terminal(
    exported: Callable[[str], Exported], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export_int8(exported("gru").path, tmp_path / "quiet.onnx")
    assert caplog.messages == []


# Changing what a file says of itself --------------------------------------------------------------


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_rewriting_changes_the_contract_and_no_weight(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], tmp_path: Path, precision: str
) -> None:
    original = exported("transformer").path if precision == "fp32" else quantised("transformer")
    path = tmp_path / "model.onnx"
    path.write_bytes(original.read_bytes())
    rewrite(path, scores={"windowed": {}}, name="renamed")
    before, after = metadata_of(original), metadata_of(path)
    assert after == {**before, "scores": {"windowed": {}}, "name": "renamed"}
    kept, found = weights_of(original), weights_of(path)
    assert list(kept) == list(found)
    assert all(np.array_equal(kept[name], found[name]) for name in kept)
    assert onnx.load(path).graph == onnx.load(original).graph
    assert load_model(path).contract.scores == {"windowed": {}}


def test_rewriting_with_nothing_to_say_keeps_the_bytes(exported: Callable[[str], Exported], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(exported("gru").path.read_bytes())
    rewrite(path)
    assert path.read_bytes() == exported("gru").path.read_bytes()


# Names, not places --------------------------------------------------------------------------------


class Echo(keras.Model):  # type: ignore[misc]
    """A model of two states whose names sort otherwise than they are described, and before ``logits``.

    The logits say which note this is and what the first slot of the note before was.
    """

    architecture = "echo"
    voice_order = "fixed"
    features = ("voice", "beat")

    def __init__(self) -> None:
        super().__init__()
        self.spread = layers.Dense(VOCABULARY_SIZE, name="spread")

    @property
    def states(self) -> list[ModelState]:
        return [ModelState("zeroth_count", (1, 1)), ModelState("a_memory", (1, 1), update="append")]

    def prepare_step(self) -> None:
        """There is nothing to prepare."""

    def call(self, ids: Any) -> Any:
        first = ops.cast(ids[..., :1], "float32")
        before = ops.concatenate([ops.zeros_like(first[:, :1]), first[:, :-1]], axis=1)
        count = ops.cumsum(ops.ones_like(first), axis=1) - 1
        return self.spread(ops.concatenate([0.01 * count, before], axis=-1))

    def step(self, ids: Any, states: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        first = ops.cast(ids[..., :1], "float32")
        logits = self.spread(ops.concatenate([0.01 * states["zeroth_count"], states["a_memory"]], axis=-1))
        return logits, {"zeroth_count": states["zeroth_count"] + 1, "a_memory": first}


def test_outputs_are_bound_by_name_whatever_their_order(tmp_path: Path) -> None:
    model = Echo()
    model(random_rows(model.features, 4)[None])
    parity = export_fp32(model, "echo", {}, LONG, tmp_path / "echo.onnx")
    assert parity.largest_difference < 1e-4
    loaded = load_model(tmp_path / "echo.onnx")
    assert loaded.contract.voice_order == "fixed"
    assert [state.name for state in loaded.contract.states] == ["zeroth_count", "a_memory"]
    ids = random_rows(model.features, 30)
    np.testing.assert_allclose(stepped_logits(loaded, ids), np.asarray(model(ids[None]))[0], atol=1e-5)
    outputs = [output.name for output in onnx.load(tmp_path / "echo.onnx").graph.output]
    assert outputs[0] == "a_memory_next"  # so a reader by place would take it for the logits


def test_a_state_that_a_step_forgets_is_a_fault_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model("gru", depth=1)
    true_step = model.step
    monkeypatch.setattr(model, "step", lambda ids, states: (true_step(ids, states)[0], {}))
    with pytest.raises(KeyError, match="hidden_0"):
        convert(model)
