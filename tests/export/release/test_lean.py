"""The arithmetic for negative indices, found and taken out, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
tf = pytest.importorskip("tensorflow")
tf2onnx = pytest.importorskip("tf2onnx")
keras = pytest.importorskip("keras")

import onnxruntime as ort

from export.release.lean import without_negative_indices

pytestmark = pytest.mark.train

TABLE = np.arange(40, dtype=np.float32).reshape(10, 4)


def converted() -> onnx.ModelProto:
    """Two lookups, one of them in a conditional."""

    def look(ids: object, which: object) -> object:
        rows = keras.ops.take(TABLE, ids, axis=0)
        return keras.ops.cond(which[0] > 0, lambda: rows, lambda: keras.ops.take(TABLE + 100, ids, axis=0))  # type: ignore[index]

    signature = [tf.TensorSpec((3,), tf.int32, name="ids"), tf.TensorSpec((1,), tf.int32, name="which")]
    function = tf.function(look, input_signature=signature, autograph=False)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=18)
    return proto


def kinds(graph: onnx.GraphProto) -> list[str]:
    found = []
    for node in graph.node:
        found.append(node.op_type)
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                found += kinds(attribute.g)
    return found


def test_the_same_rows_by_fewer_nodes() -> None:
    before = converted()
    after = without_negative_indices(before)
    sessions = [ort.InferenceSession(proto.SerializeToString()) for proto in (before, after)]
    for which in (0, 1):
        feed = {"ids": np.array([7, 0, 9], dtype=np.int32), "which": np.array([which], dtype=np.int32)}
        expected, found = (session.run(None, feed)[0] for session in sessions)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(found, TABLE[[7, 0, 9]] + (0 if which else 100))
    assert kinds(before.graph).count("Mul") == 4
    assert kinds(after.graph).count("Mul") == 0
    assert kinds(after.graph).count("Gather") == kinds(before.graph).count("Gather") == 2


def test_other_arithmetic_on_an_index_stays() -> None:
    signature = [tf.TensorSpec((3,), tf.int32, name="ids")]
    function = tf.function(lambda ids: tf.gather(TABLE, ids * 2 + ids), input_signature=signature, autograph=False)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=18)
    after = without_negative_indices(proto)
    assert kinds(after.graph) == kinds(proto.graph)
