"""Tiny models that cost a gigabyte or a minute, where they are loaded or only where they are played."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from companion.model import trial
from companion.model.contract import ASIDES, MELODY, AsideContract
from companion.model.runtime import load_model
from companion.music.vocabulary import VOCABULARY_SIZE
from support.tiny_graph import IDS, Tiny, tiny_graph

REAL = max(row[1] for row in IDS)  # what no row of the reference is above, and every sung soprano is
SLOW = 8000  # rows and columns of a product that takes many seconds
LARGE = ("ConstantOfShape", "Tile", "Expand", "Range")  # operators that make many numbers of one
MANY = 10**9  # numbers that take 4 GB


def _with(tiny: Tiny, *nodes: Any) -> Tiny:
    """These nodes make ``extra`` of ``sum``, the logits that were, and it is added to them."""
    tiny.nodes[5].output[0] = "sum"
    tiny.nodes[6:6] = [*nodes, tiny.helper.make_node("Sum", ["sum", "extra"], ["logits"])]
    return tiny


def large(kind: str, count: int = MANY) -> Tiny:
    """Makes far too many numbers by an operator."""
    tiny = tiny_graph()
    given: dict[str, dict[str, Any]] = {
        "ConstantOfShape": {"size": np.array([count])},
        "Tile": {"one": np.zeros(1, np.float32), "size": np.array([count])},
        "Expand": {"one": np.zeros(1, np.float32), "size": np.array([count])},
        "Range": {name: np.array(value, np.float32) for name, value in {"from": 0, "to": count, "by": 1}.items()},
    }
    for name, value in given[kind].items():
        tiny.constant(name, value)
    make = tiny.helper.make_node
    return _with(tiny, make(kind, list(given[kind]), ["many"]), make("ReduceMin", ["many"], ["extra"], keepdims=0))


def large_initializer() -> Tiny:
    """Says that it holds many numbers, and holds none."""
    tiny = tiny_graph()
    tiny.constant("many", np.zeros(1, np.float32))
    tiny.initializers[-1].dims[:] = [MANY]
    return _with(tiny, tiny.helper.make_node("ReduceMin", ["many"], ["extra"], keepdims=0))


def slow(side: int = SLOW) -> Tiny:
    """One long product, made where the file is loaded: nothing in it depends on what is played."""
    tiny = tiny_graph()
    tiny.constant("size", np.array([side, side]))
    return _with(tiny, *_product(tiny))


def slow_when_played() -> Tiny:
    """The same, where a soprano sings."""
    tiny = tiny_graph()
    make = tiny.helper.make_node
    tiny.constant("much", np.array([SLOW, SLOW]))
    tiny.constant("little", np.array([1, 1]))
    return _with(tiny, *_sung(tiny), make("Where", ["sung", "much", "little"], ["size"]), *_product(tiny))


def endless_when_played() -> Tiny:
    """A loop without end, where a soprano sings."""
    tiny = tiny_graph()
    make, info, kinds = tiny.helper.make_node, tiny.helper.make_tensor_value_info, tiny.onnx.TensorProto
    line = tiny.value("x", (1, VOCABULARY_SIZE))
    body = tiny.helper.make_graph(
        [make("Identity", ["go"], ["go_on"]), make("Neg", ["x"], ["y"])],
        "body",
        [info("turn", kinds.INT64, []), info("go", kinds.BOOL, []), line],
        [info("go_on", kinds.BOOL, []), tiny.value("y", (1, VOCABULARY_SIZE))],
    )
    tiny.constant("nothing", np.zeros(1, np.float32))
    loop = make("Loop", ["", "sung", "sum"], ["looped"], body=body)
    return _with(tiny, *_sung(tiny), loop, make("Mul", ["looped", "nothing"], ["extra"]))


def broken_when_played() -> Tiny:
    """Looks a number up that is not there, where a soprano sings."""
    tiny = tiny_graph()
    make = tiny.helper.make_node
    tiny.constant("table", np.zeros(REAL + 1, np.float32))
    tiny.constant("first", np.array(1))
    found = make("Gather", ["features", "first"], ["soprano"], axis=1)
    return _with(tiny, found, make("Gather", ["table", "soprano"], ["extra"]))


def no_number_when_played() -> Tiny:
    """A logit that is no number, where a soprano sings."""
    tiny = tiny_graph()
    tiny.constant("good", np.array(0, np.float32))
    tiny.constant("bad", np.array(np.nan, np.float32))
    return _with(tiny, *_sung(tiny), tiny.helper.make_node("Where", ["sung", "bad", "good"], ["extra"]))


def no_number_beside_when_played() -> Tiny:
    """What it looks back at is no number, where a soprano sings; its logits are good."""
    tiny = tiny_graph()
    tiny.constant("good", np.array([[0]], np.float32))
    tiny.constant("bad", np.array([[np.nan]], np.float32))
    tiny.constant("nothing", np.array(0, np.float32))
    make = tiny.helper.make_node
    made = _with(
        tiny,
        *_sung(tiny),
        make("Where", ["sung", "bad", "good"], ["attention"]),
        make("Identity", ["nothing"], ["extra"]),
    )
    made.outputs.append(made.value("attention", (1, 1)))
    made.replace("asides", by=(AsideContract("attention", 1),))
    return made


def tune() -> Tiny:
    """One that says it is a melody model, and says beside its logits all that there is to be said."""
    tiny = tiny_graph()
    tiny.replace("kind", by=MELODY)
    tiny.replace("asides", by=tuple(AsideContract(name, 1) for name in ASIDES))
    for name in ASIDES:
        tiny.constant(f"{name} said", np.array([[0.5]], np.float32))
        tiny.node("Identity", [f"{name} said"], [name])
        tiny.outputs.append(tiny.value(name, (1, 1)))
    return tiny


def _product(tiny: Tiny) -> list[Any]:
    """Of two matrices of ``size``."""
    make = tiny.helper.make_node
    return [
        make("ConstantOfShape", ["size"], ["many"]),
        make("MatMul", ["many", "many"], ["product"]),
        make("ReduceMin", ["product"], ["extra"], keepdims=0),
    ]


def _sung(tiny: Tiny) -> list[Any]:
    """Whether the soprano of this frame is known, and strikes a note."""
    make = tiny.helper.make_node
    for name, value in {"first": np.array(1), "no_axes": np.array([], np.int64), "real": np.float32(REAL)}.items():
        tiny.constant(name, np.asarray(value))
    found = make("Gather", ["ids", "first"], ["found"], axis=1)
    scalar = make("Reshape", ["found", "no_axes"], ["soprano"])
    return [found, scalar, make("Greater", ["soprano", "real"], ["sung"])]


def trusted(make: Callable[[], Tiny], folder: Path) -> Path:
    """The file of a model, and in the user's cache, which is to lie in the same folder, the note that it passed."""
    path = make().save(folder)
    passed = trial._remembered(load_model(path).digest)
    assert passed is not None and passed.is_relative_to(folder)
    passed.parent.mkdir(parents=True)
    passed.touch()
    return path


def dies(content: bytes, connection: Connection) -> None:
    """In the place of a trial: a file that ends its process."""
    del content
    connection.send_bytes(b"")
    os._exit(9)
