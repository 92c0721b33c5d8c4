"""A smaller step graph: what tf2onnx writes for indices that might be negative, taken out.

``keras.ops.take`` lets an index count from the end, which becomes eight nodes of arithmetic at every
lookup. Ids are never negative: the companion computes them, and the loader checks the stored ones.
The export's parity check runs on the lean graph.
"""

from __future__ import annotations

import onnx

Nodes = dict[str, onnx.NodeProto]  # by the names of their outputs


def without_negative_indices(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, each lookup reading its index directly; also inside conditionals."""
    lean = onnx.ModelProto()
    lean.CopyFrom(proto)
    _simplify(lean.graph)
    onnx.checker.check_model(lean)
    return lean


def _simplify(graph: onnx.GraphProto) -> None:
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _simplify(attribute.g)
    producers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "Gather":
            node.input[1] = _plain_index(node.input[1], producers) or node.input[1]
    _drop_unused(graph)


def _plain_index(name: str, producers: Nodes) -> str | None:
    """The index ``i`` where a value is ``(i < 0)·(i + n) + i·not(i < 0)``."""
    total = producers.get(name)
    if total is None or total.op_type != "Add":
        return None
    for product in (producers.get(part) for part in total.input):
        if product is None or product.op_type != "Mul":
            return None
        index, factor = product.input
        chain = []
        while (step := producers.get(factor)) is not None and step.op_type in ("Cast", "Not", "Less"):
            chain.append(step.op_type)
            factor = step.input[0]
        if chain == ["Cast", "Not", "Less", "Cast"] and factor == index:
            return str(index)
    return None


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Take out nodes whose outputs nothing reads; a conditional's branches read from outside too."""
    while True:
        read = {output.name for output in graph.output} | _read_by(graph)
        unused = [node for node in graph.node if not any(name in read for name in node.output)]
        if not unused:
            return
        for node in unused:
            graph.node.remove(node)


def _read_by(graph: onnx.GraphProto) -> set[str]:
    names = {name for node in graph.node for name in node.input}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                names |= _read_by(attribute.g) | {output.name for output in attribute.g.output}
    return names
