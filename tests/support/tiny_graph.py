"""A tiny model, built node by node, to be spoilt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.model.contract import Contract, Reference, StateContract
from companion.model.features import FeatureRow
from companion.music.vocabulary import VOCABULARY_SIZE

NAMES = ("voice", "decided")
ROW = FeatureRow(NAMES)
IDS = [[0, 4, 52, 100, 148], [1, 10, 52, 100, 148], [2, 10, 60, 101, 148], [3, 10, 60, 110, 148]]
WINDOW, COUNT = 3, 2


@dataclass
class Tiny:
    """A linear model with a state of each kind, and the contract that belongs to it; tests spoil parts of it."""

    onnx: Any
    weights: NDArray[np.float32]
    memory_weights: NDArray[np.float32]
    past_weights: NDArray[np.float32]
    nodes: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)
    contract: Contract = None  # type: ignore[assignment]

    @property
    def helper(self) -> Any:
        return self.onnx.helper

    def value(self, name: str, shape: Any, integers: bool = False) -> Any:
        kind = self.onnx.TensorProto.INT32 if integers else self.onnx.TensorProto.FLOAT
        return self.helper.make_tensor_value_info(name, kind, shape)

    def constant(self, name: str, value: NDArray[Any]) -> None:
        self.initializers.append(self.onnx.numpy_helper.from_array(value, name))

    def node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        self.nodes.append(self.helper.make_node(kind, inputs, outputs, **attributes))

    def model(self) -> Any:
        graph = self.helper.make_graph(self.nodes, "tiny", self.inputs, self.outputs, self.initializers)
        made = self.helper.make_model(graph, opset_imports=[self.helper.make_opsetid("", 18)], ir_version=9)
        self.helper.set_model_props(made, {"chorale": self.contract.to_json()})
        return made

    def save(self, folder: Path) -> Path:
        path = folder / "tiny.onnx"
        path.write_bytes(self.model().SerializeToString())
        return path

    def replace(self, kind: str, **changes: Any) -> None:
        self.contract = Contract(**{**self.contract.__dict__, kind: changes.get("by")})


def logits_by_hand(tiny: Tiny, ids: list[list[int]]) -> NDArray[np.float64]:
    """What the tiny model should say, in numpy."""
    memory = np.zeros((1, VOCABULARY_SIZE))
    past = np.zeros((WINDOW, COUNT))
    rows = []
    for row in ids:
        logits = np.array([row]) @ tiny.weights + memory @ tiny.memory_weights + past.reshape(1, -1) @ tiny.past_weights
        rows.append(logits[0])
        memory = np.tanh(logits)
        past = np.concatenate([past[1:], memory[:, :COUNT]])
    return np.array(rows)


def tiny_graph() -> Tiny:
    """A new one, always with the same weights."""
    onnx = pytest.importorskip("onnx", reason="builds models with onnx (extra: train)")
    random = np.random.default_rng(5)

    def weights(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.02, shape).astype(np.float32)

    made = Tiny(
        onnx,
        weights(ROW.width, VOCABULARY_SIZE),
        weights(VOCABULARY_SIZE, VOCABULARY_SIZE),
        weights(6, VOCABULARY_SIZE),
    )
    made.inputs = [
        made.value("features", (1, ROW.width), integers=True),
        made.value("memory", (1, VOCABULARY_SIZE)),
        made.value("past", (WINDOW, COUNT)),
    ]
    made.outputs = [
        made.value("past_next", (1, COUNT)),
        made.value("memory_next", (1, VOCABULARY_SIZE)),
        made.value("logits", (1, VOCABULARY_SIZE)),
    ]
    made.constant("weights", made.weights)
    made.constant("memory_weights", made.memory_weights)
    made.constant("past_weights", made.past_weights)
    made.constant("flat", np.array([1, WINDOW * COUNT]))
    made.constant("starts", np.array([0]))
    made.constant("ends", np.array([COUNT]))
    made.constant("axes", np.array([1]))
    made.node("Cast", ["features"], ["ids"], to=onnx.TensorProto.FLOAT)
    made.node("MatMul", ["ids", "weights"], ["now"])
    made.node("MatMul", ["memory", "memory_weights"], ["before"])
    made.node("Reshape", ["past", "flat"], ["past_flat"])
    made.node("MatMul", ["past_flat", "past_weights"], ["long_before"])
    made.node("Sum", ["now", "before", "long_before"], ["logits"])
    made.node("Tanh", ["logits"], ["memory_next"])
    made.node("Slice", ["memory_next", "starts", "ends", "axes"], ["past_next"])
    made.contract = Contract(
        name="tiny",
        architecture="linear",
        precision="fp32",
        voice_order="any",
        features=NAMES,
        states=(
            StateContract("memory", (1, VOCABULARY_SIZE), "float32", "replace"),
            StateContract("past", (WINDOW, COUNT), "float32", "append"),
        ),
        reference=Reference(IDS, logits_by_hand(made, IDS).tolist(), 1e-4),
    )
    return made
