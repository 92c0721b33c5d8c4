"""From a model file back to a run: weights for Keras, to begin from (``--start``) or to be taught by (``--teachers``).

Which constant of a graph holds which weight is not guessed: a model of the same settings with weights of its own is
converted anew, and where one of its weights stands there, the file's stands in the file. What comes of it must answer
as the file says that it does.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import ops
from numpy.typing import NDArray

from companion.errors import BadModel
from companion.model.features import FeatureRow
from companion.model.runtime import Model, load_model
from export.models.layers import NoteEmbedding
from export.models.registry import build, settings_of_model
from export.release.command import settings_told
from export.release.onnx_file import convert
from export.training.fit import BEST_FILE, FitSettings, compile_model, save_tunes
from export.training.run_folder import SETTINGS_FILE, STATE_FILE, held, note_epoch, save_weights, write_json

Constants = dict[str, NDArray[np.float32]]
Pairs = list[tuple[NDArray[np.float32], NDArray[np.float32]]]  # a constant of ours, and the file's in its place
Likeness = tuple[str, tuple[int, ...]]
TOLD = ("command", "date", "versions", "validation_nll", "epochs", "minutes")  # of its training, by a file
NAMELESS = "const_fold_opt__"  # what tf2onnx calls what it has computed beforehand


def unpack_model(path: Path, folder: Path) -> FitSettings:
    """Write a model file as a run that is over; returns what it was asked to do.

    FileExistsError where the folder holds a run; BadModel where the file is none that this version could have written.
    """
    file = load_model(path)
    settings = _settings(file)
    if (folder / STATE_FILE).exists():
        raise FileExistsError(f"{folder} holds a run; choose another --run")
    settings = _told_so(settings, file)
    model = _built(settings, file)
    _fill(model, onnx.load(path).graph, file)
    _prove(model, file)
    compile_model(model, settings)
    model.optimizer.build(model.trainable_variables)
    said = file.contract.training
    with held(folder):
        save_weights(model, folder / BEST_FILE)
        if file.contract.known_tunes:
            save_tunes(file.contract.known_tunes, folder)
        header = {"settings": asdict(settings), "date": said["date"], "versions": said["versions"]}
        state = {"epoch": settings.epochs, "best": said["validation_nll"], "best_epoch": said["epochs"]}
        write_json(folder / SETTINGS_FILE, {**header, "unpacked_from": file.digest})
        write_json(folder / STATE_FILE, {**state, "seconds": 60.0 * said["minutes"]})
        note_epoch(folder, (said["epochs"], said["validation_nll"], said["validation_nll"], 60.0 * said["minutes"]))
    return settings


def _settings(file: Model) -> FitSettings:
    said = file.contract.training
    if missing := [name for name in TOLD if name not in said]:
        raise BadModel(f"{file.contract.name} does not say how it was trained: {', '.join(missing)} missing")
    try:
        return settings_told(said["command"])
    except (TypeError, ValueError) as error:
        raise BadModel(f"{file.contract.name} does not say how it was trained: {error}") from None


def _told_so(settings: FitSettings, file: Model) -> FitSettings:
    """The same, with the features that the file reads where its architecture reads others by now."""
    usual = settings_of_model(settings.architecture).get("features")
    if usual is None or "features" in settings.model or tuple(usual) == file.contract.features:
        return settings
    return replace(settings, model={**settings.model, "features": list(file.contract.features)})


def _built(settings: FitSettings, file: Model) -> keras.Model:
    """A fresh model as it was asked for, every weight of it unlike every other."""
    model = build(settings.architecture, **settings.model)
    if tuple(model.features) != file.contract.features:
        raise BadModel(f"{file.contract.name} reads other features than {settings.architecture} does now")
    row = FeatureRow(model.features)
    model(np.zeros((1, 4, row.width), dtype=np.int32) + row.offsets)
    if model.count_params() != file.contract.parameters:
        raise BadModel(
            f"{file.contract.name} has {file.contract.parameters:,} parameters,"
            f" {settings.architecture} so built {model.count_params():,}"
        )
    dice = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(dice.normal(0, 0.1, weight.shape).astype(np.float32))
    return model


def _fill(model: keras.Model, graph: onnx.GraphProto, file: Model) -> None:
    """Give a model the weights of a file's graph; BadModel names one that is not there."""
    ours, theirs = _lined_up(convert(model).graph), _lined_up(graph)
    found = [(ours[key], theirs[key]) for key in ours if key in theirs]
    folded: list[Any] = [layer for layer in model._flatten_layers() if isinstance(layer, NoteEmbedding)]
    for layer in folded:
        table, kernel = _unfolded(layer, _standing_for(layer.folded, found, layer.path, file))
        layer.table.assign(table)
        layer.kernel.assign(kernel)
    done = {id(weight) for layer in folded for weight in (layer.table, layer.kernel)}
    for weight in model.weights:
        if weight.dtype == "float32" and id(weight) not in done:
            weight.assign(_weight(ops.convert_to_numpy(weight), found, weight.path, file))


def _weight(ours: NDArray[np.float32], found: Pairs, name: str, file: Model) -> NDArray[np.float32]:
    """A weight as it stands in the file: whole, or in rows where the graph takes it apart."""
    if any(_same(ours, constant) for constant, _ in found) or ours.ndim < 2:
        return _standing_for(ours, found, name, file)
    return np.stack([_standing_for(row, found, name, file) for row in ours])


def _standing_for(ours: NDArray[np.float32], found: Pairs, name: str, file: Model) -> NDArray[np.float32]:
    for constant, other in found:
        if _same(ours, constant):
            weight: NDArray[np.float32] = other.reshape(ours.shape)
            return weight
    raise BadModel(f"{file.contract.name} cannot be unpacked: the graph does not hold {name} as it was trained")


def _same(ours: NDArray[np.float32], constant: NDArray[np.float32]) -> bool:
    return ours.size == constant.size and np.allclose(ours, constant.reshape(ours.shape), rtol=0, atol=1e-6)


def _unfolded(layer: NoteEmbedding, folded: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A table and a kernel whose product is the table of the step graph, a slot at a time: its greatest parts."""
    bounds, size = [*layer.row.offsets, layer.row.rows], layer.slot_units
    table = np.zeros(layer.table.shape, dtype=np.float32)
    kernel = np.zeros((layer.row.width, size, layer.units), dtype=np.float32)
    for slot in range(layer.row.width):
        left, strengths, right = np.linalg.svd(folded[bounds[slot] : bounds[slot + 1]], full_matrices=False)
        roots = np.sqrt(strengths[:size])
        table[bounds[slot] : bounds[slot + 1], : len(roots)] = left[:, :size] * roots
        kernel[slot, : len(roots)] = right[:size] * roots[:, None]
    return table, kernel.reshape(-1, layer.units)


def constants_of(graph: onnx.GraphProto) -> Constants:
    """The floats of a graph by name, those of its branches too; int8 ones as the floats they stand for."""
    held = dict(_held(graph))
    floats = {name: values for name, values in held.items() if values.dtype == np.float32}
    for name, values in held.items():
        whole = name.removesuffix("_quantized")
        if whole != name:
            scale, zero = held[f"{whole}_scale"], held.get(f"{whole}_zero_point", np.zeros(1, dtype=np.int8))
            if values.ndim > 2:  # a scale for each matrix, not for each column
                scale = scale.reshape(-1, *(1,) * (values.ndim - 1))
            floats[whole] = (values.astype(np.float32) - zero.astype(np.float32)) * scale
    return floats


def _held(graph: onnx.GraphProto) -> Iterator[tuple[str, NDArray[Any]]]:
    for constant in graph.initializer:
        yield constant.name, onnx.numpy_helper.to_array(constant)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _held(attribute.g)
            elif node.op_type == "Constant" and attribute.name == "value":
                yield node.output[0], onnx.numpy_helper.to_array(attribute.t)


def _lined_up(graph: onnx.GraphProto) -> dict[tuple[Likeness, int], NDArray[np.float32]]:
    """Constants by name without its numbers, shape, and place among those like it: the numbers count other things too.

    One that the converter made itself, in no order, goes by the name of the matrix to whose product it is added.
    """
    constants, matrices = constants_of(graph), dict(_matrices(graph))
    likes: dict[Likeness, list[str]] = {}
    for name in sorted(constants, key=_by_numbers):
        known = matrices.get(name, "") if name.startswith(NAMELESS) else re.sub(r"\d+", "", name)
        likes.setdefault((known, constants[name].shape), []).append(name)
    return {(key, i): constants[name] for key, names in likes.items() for i, name in enumerate(names)}


def _by_numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _matrices(graph: onnx.GraphProto) -> Iterator[tuple[str, str]]:
    """Each constant that the converter named, with the matrix to whose product it comes."""
    makers = {name: node for node in graph.node for name in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _matrices(attribute.g)
    for name in users:
        if name.startswith(NAMELESS):
            yield name, _matrix_met(name, makers, users)


def _matrix_met(name: str, makers: Mapping[str, onnx.NodeProto], users: Mapping[str, list[onnx.NodeProto]]) -> str:
    """The first that a constant meets on its way down the stream; "" where there is none."""
    row = deque([name])
    while row:
        for node in users.get(row.popleft(), []):
            if matrix := _matrix_before(node, makers):
                return matrix
            row.extend(node.output)
    return ""


def _matrix_before(node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto]) -> str:
    """The nearest up the stream from a node; "" where there is none."""
    row, seen = deque([node]), set[str]()
    while row:
        at = row.popleft()
        if at.op_type.startswith("MatMul"):
            return str(at.input[1]).removesuffix("_quantized")
        ahead = [name for name in at.input if name in makers and name not in seen]
        seen.update(ahead)
        row.extend(makers[name] for name in ahead)
    return ""


def _prove(model: keras.Model, file: Model) -> None:
    """BadModel where the model does not answer the rows that the file names as the file says."""
    reference = file.contract.reference
    ids = np.array(reference.ids, dtype=np.int32)[None]
    said = np.array(reference.logits, dtype=np.float32)
    answered = ops.convert_to_numpy(model(ids))[0, :, : said.shape[-1]]
    off = float(np.abs(answered - said).max())
    if not off <= reference.tolerance:
        raise BadModel(f"{file.contract.name} cannot be unpacked: its logits come out {off:.2g} away from its own")
