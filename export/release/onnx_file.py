"""Keras weights → one ONNX file under the model contract, proved to give the same logits."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray

from companion.errors import BadModel
from companion.files.writing import write_output
from companion.model.binding import FEATURES_INPUT, LOGITS_OUTPUT
from companion.model.contract import METADATA_KEY, AsideContract, Contract, Reference, StateContract
from companion.model.features import FeatureRow
from companion.model.runtime import Model, load_model, open_session
from companion.music.vocabulary import VOCABULARY_SIZE, VOICES, IntArray
from export.data.pieces import Piece
from export.release.lean import without_negative_indices
from export.training.crops import batch_of, whole_crop
from export.training.habits import Habits

OPSET = 18
PARITY_FRAMES = 128  # of a validation piece: 512 notes
LEAST_PARITY_NOTES = 400
LARGEST_DIFFERENCE = 1e-3  # of a logit, in fp32
REFERENCE_NOTES = 12  # stored in the file, for the loader to compare with
TOLERANCES = {"fp32": 2e-3, "int8": 0.5}  # int8 kernels round differently from one processor to another


@dataclass(frozen=True)
class Parity:
    """How far two ways of computing the same logits lie apart."""

    notes: int
    largest_difference: float


def export_fp32(model: keras.Model, name: str, training: dict[str, Any], piece: Piece, path: Path) -> Parity:
    """Write the step graph of a trained model; BadModel, and no file, where parity fails."""
    proto = convert(model)
    contract = _contract(model, name, training)
    ids = feature_rows(model, piece)
    parity = check_parity(model, proto, contract, ids)
    write(proto, contract, ids[:REFERENCE_NOTES], path)
    return parity


def export_int8(fp32: Path, path: Path) -> None:
    """Write the int8 form of a model file: its matrices and tables in 8 bits, its references its own."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - slow to import

    contract = replace(load_model(fp32).contract, precision="int8", scores={})
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "int8.onnx"
        with _advice_hidden():
            quantize_dynamic(
                fp32,
                draft,
                per_channel=True,
                reduce_range=True,  # 7-bit weights: without VNNI, 8-bit ones saturate
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Gather"],  # a Gemm becomes a MatMul first
                nodes_to_exclude=_of_many_matrices(onnx.load(fp32).graph),
                extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
            )
        proto = onnx.load(draft)
        _shorten_many_matrices(proto.graph)
        write(proto, contract, np.array(contract.reference.ids, dtype=np.int32), path)


def _shorten_many_matrices(graph: onnx.GraphProto) -> None:
    """Keeps those constants in 8 bits, a scale for each matrix, and multiplies them as floats."""
    products = {name for node in graph.node if node.op_type == "MatMul" for name in node.input}
    for constant in [each for each in graph.initializer if len(each.dims) > 2 and each.name in products]:
        values = onnx.numpy_helper.to_array(constant)
        scales = np.abs(values).max(axis=tuple(range(1, values.ndim))) / 127
        scales = np.maximum(scales, np.finfo(np.float32).tiny).astype(np.float32)
        rounded = np.round(values / scales.reshape(-1, *(1,) * (values.ndim - 1))).astype(np.int8)
        parts = [f"{constant.name}_quantized", f"{constant.name}_scale"]
        graph.initializer.extend(map(onnx.numpy_helper.from_array, (rounded, scales), parts))
        graph.node.insert(0, onnx.helper.make_node("DequantizeLinear", parts, [constant.name], axis=0))
        graph.initializer.remove(constant)


def _of_many_matrices(graph: onnx.GraphProto) -> list[str]:
    """The products with a constant of several matrices, one for each head: int8 kernels have no scales for them."""
    several = {each.name for each in graph.initializer if len(each.dims) > 2}
    return [node.name for node in graph.node if node.op_type == "MatMul" and several & {*node.input}]


def write(proto: onnx.ModelProto, contract: Contract, ids: IntArray, path: Path) -> None:
    """Write a graph with its contract, whose reference logits are the graph's own for these rows."""
    logits = stepped_logits(Model(open_session(proto.SerializeToString()), contract, ""), ids)
    reference = Reference(
        ids.tolist(), [[round(float(x), 5) for x in row] for row in logits], TOLERANCES[contract.precision]
    )
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {METADATA_KEY: replace(contract, reference=reference).to_json()})
    proto.producer_name, proto.producer_version = "chorale-train", ""
    write_output(path, proto.SerializeToString(), force=True)


def rewrite(path: Path, **changes: Any) -> None:
    """Change what a model file says of itself: fields of its contract."""
    contract = replace(load_model(path).contract, **changes)
    write(onnx.load(path), contract, np.array(contract.reference.ids, dtype=np.int32), path)


def check_parity(model: keras.Model, proto: onnx.ModelProto, contract: Contract, ids: IntArray) -> Parity:
    """Keras over the whole sequence against onnxruntime note by note; BadModel where they differ."""
    import tensorflow as tf  # noqa: PLC0415 - takes seconds

    if len(ids) < LEAST_PARITY_NOTES:
        raise ValueError(f"parity needs at least {LEAST_PARITY_NOTES} notes, not {len(ids)}")
    at_once = tf.function(model)  # compiled, as in training: a layer's loop over the notes takes a tenth of the time
    expected = np.asarray(keras.ops.convert_to_numpy(at_once(ids[None])))[0, :, :VOCABULARY_SIZE]
    found = stepped_logits(Model(open_session(proto.SerializeToString()), contract, ""), ids)
    parity = Parity(len(ids), float(np.max(np.abs(found - expected))))
    if not parity.largest_difference <= LARGEST_DIFFERENCE:
        raise BadModel(
            f"{contract.name}: onnxruntime and Keras differ by {parity.largest_difference:.2g} over {parity.notes}"
            f" notes; at most {LARGEST_DIFFERENCE:g} is allowed, so nothing was written"
        )
    return parity


def feature_rows(model: keras.Model, piece: Piece) -> IntArray:
    """``[notes, width]``: the rows of a piece's first PARITY_FRAMES frames, as a model reads them.

    A tune, of which they are fewer, is sung over again.
    """
    habits = Habits.of(model)
    frames = piece.frames[:PARITY_FRAMES]
    piece = replace(piece, frames=np.tile(frames, (len(VOICES) // habits.voices, 1)), closes=())
    crop = whole_crop(piece, 0, len(piece.frames), habits)
    ids: IntArray = batch_of([crop], FeatureRow(model.features))[0][0]
    return ids


def stepped_logits(model: Model, ids: IntArray) -> NDArray[np.float32]:
    """``[notes, vocabulary]``: the logits of rows fed one by one."""
    state = model.initial_state()
    rows = []
    for row in ids:
        logits, state = model.step(row, state)
        rows.append(logits)
    return np.stack(rows)


def convert(model: keras.Model) -> onnx.ModelProto:
    """The step graph of a model, every input and output named after the contract."""
    import tensorflow as tf  # noqa: PLC0415 - takes seconds
    import tf2onnx  # noqa: PLC0415

    model.prepare_step()
    width = FeatureRow(model.features).width
    names = [state.name for state in model.states]
    signature = [tf.TensorSpec((1, width), tf.int32, name=FEATURES_INPUT)]
    signature += [tf.TensorSpec(state.shape, state.dtype, name=state.name) for state in model.states]

    def step(features: Any, *values: Any) -> dict[str, Any]:
        logits, following = model.step(features, dict(zip(names, values, strict=True)))
        asides = {each.name: following[each.name] for each in asides_of(model)}
        return {LOGITS_OUTPUT: logits, **{f"{name}_next": following[name] for name in names}, **asides}

    function = tf.function(step, input_signature=signature, autograph=False)
    proto: onnx.ModelProto
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    return without_negative_indices(proto)


@contextmanager
def _advice_hidden() -> Iterator[None]:
    """onnxruntime advises, on the root logger, a pre-processing that quantising dynamically does without."""

    def is_news(record: logging.LogRecord) -> bool:
        return "run pre-processing before quantization" not in record.getMessage()

    logging.getLogger().addFilter(is_news)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(is_news)


def _contract(model: keras.Model, name: str, training: dict[str, Any]) -> Contract:
    states = tuple(StateContract(s.name, s.shape, s.dtype, s.update) for s in model.states)
    return Contract(
        name=name,
        architecture=model.architecture,
        precision="fp32",
        voice_order=model.voice_order,
        features=model.features,
        states=states,
        reference=Reference([], [], TOLERANCES["fp32"]),
        parameters=model.count_params(),
        training=training,
        kind=getattr(model, "kind", "chorale"),
        asides=asides_of(model),
        needs_key=Habits.of(model).needs_key,
        known_tunes=model.by_heart.all.tunes if Habits.of(model).by_heart else (),
    )


def asides_of(model: keras.Model) -> tuple[AsideContract, ...]:
    """What its step says beside the logits, with the next states and by these names."""
    return tuple(AsideContract(name, size) for name, size in getattr(model, "asides", {}).items())
