"""A model file, loaded with suspicion, and its one call: feature ids and state in, logits and state out."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from companion.errors import BadModel, one_line
from companion.files.opening import read_file
from companion.model.binding import FEATURES_INPUT, LOGITS_OUTPUT, BoundGraph, Logits
from companion.model.contract import METADATA_KEY, Contract
from companion.model.ending import under_way
from companion.model.features import FeatureRow
from companion.model.known_tunes import KnownTunes
from companion.model.state import State, initial_state
from companion.music.vocabulary import VOCABULARY_SIZE, IntArray

LARGEST_FILE = 64_000_000  # bytes
SMOKE_SECONDS = 5.0  # a step that takes longer is broken or hostile

_ONNX_TYPES = {"float32": "tensor(float)", "int32": "tensor(int32)"}
_SILENT = 4  # onnxruntime's log level that prints only what is fatal

ort.disable_telemetry_events()  # on Windows; elsewhere companion/__init__.py has said it

Signature = dict[str, tuple[tuple[int, ...], str]]  # name → shape and type


class Model:
    """One loaded model. It holds no music: state is a value that the caller keeps."""

    def __init__(self, session: ort.InferenceSession, contract: Contract, digest: str) -> None:
        """For loaders; use load_model."""
        self.contract = contract
        self.digest = digest  # sha256 of the file
        self.row = FeatureRow(contract.features)
        self.known_tunes = KnownTunes(contract.known_tunes)  # that it knows by heart; most models know none
        self.is_stranger = False  # may hang: a signal ends its runs, which then take a little longer
        self._graph = BoundGraph(session, contract, self.row.width)

    def initial_state(self) -> State:
        """The state before the first note."""
        return initial_state(self.contract.states)

    def step(self, ids: IntArray, state: State, options: ort.RunOptions | None = None) -> tuple[Logits, State]:
        """Predict one note: ids ``[width]`` → logits ``[vocabulary]`` and the next state.

        With the state comes what the model says beside its logits, by name; see contract.ASIDES.

        ``options`` may carry a flag that stops a run under way. BadModel: it was stopped, or fails on this.
        """
        run = _run_options() if options is None and self.is_stranger else options
        if run is not None:
            under_way.add(run)
        try:
            return self._graph.run(ids, state, run)
        except Exception as error:
            raise BadModel(f"the model {self.contract.name:.40} failed at a note: {one_line(error):.160}") from error
        finally:
            under_way.discard(run)


def load_model(path: Path, trial: Callable[[bytes, str], bool] | None = None) -> Model:
    """Load and check a model file; BadModel names the file and what is wrong with it.

    ``trial`` is told its bytes and their sha256 before anything is made of them, and says whether it is a stranger.
    """
    content = read_file(path, LARGEST_FILE, BadModel)
    digest = hashlib.sha256(content).hexdigest()
    try:
        is_stranger = trial is not None and trial(content, digest)
        model = model_of(content, digest)
    except BadModel as error:
        raise BadModel(f"{path}: {error}") from error
    model.is_stranger = is_stranger
    return model


def model_of(content: bytes, digest: str) -> Model:
    """A model from the bytes of its file; BadModel says what is wrong with them."""
    try:
        session = open_session(content)
        contract = Contract.from_json(_metadata(session))
        _check_signature(session, contract)
    except UnicodeDecodeError as error:  # onnxruntime checks no text; names and metadata show it only when read
        raise BadModel("its names are not text: the file is damaged") from error
    model = Model(session, contract, digest)
    _check_reference(model)
    return model


def open_session(content: bytes) -> ort.InferenceSession:
    """One thread, and from bytes, never from a path: a graph cannot then pull in other files."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _SILENT
    try:
        # no fallback: it would print to the terminal and try the same again
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # onnxruntime's own share no other base
        raise BadModel(f"not a usable ONNX model: {one_line(error):.160}") from error


def _metadata(session: ort.InferenceSession) -> str:
    metadata = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in metadata:
        raise BadModel("an ONNX model without our contract; export it with: chorale-train export")
    return str(metadata[METADATA_KEY])


def _check_signature(session: ort.InferenceSession, contract: Contract) -> None:
    """Every input and output of the graph must be one that the contract names, of its shape and type."""
    width = FeatureRow(contract.features).width
    inputs: Signature = {FEATURES_INPUT: ((1, width), "int32")}
    outputs: Signature = {LOGITS_OUTPUT: ((1, VOCABULARY_SIZE), "float32")}
    for state in contract.states:
        inputs[state.name] = (state.shape, state.dtype)
        outputs[f"{state.name}_next"] = (state.next_shape, state.dtype)
    for aside in contract.asides:
        outputs[aside.name] = ((1, aside.size), "float32")
    for kind, expected, found in (("input", inputs, session.get_inputs()), ("output", outputs, session.get_outputs())):
        if {node.name for node in found} != set(expected):
            raise BadModel(f"its {kind}s are {sorted(n.name for n in found)}; its contract says {sorted(expected)}")
        for node in found:
            shape, dtype = expected[node.name]
            if tuple(node.shape) != shape or node.type != _ONNX_TYPES[dtype]:
                raise BadModel(f"its {kind} {node.name} is {node.shape} {node.type}; its contract says {shape} {dtype}")


def _check_reference(model: Model) -> None:
    """Run the stored rows, under a timer, and compare with the stored logits."""
    reference = model.contract.reference
    try:
        ids = np.array(reference.ids, dtype=np.int32)
        expected = np.array(reference.logits, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadModel(f"its reference is no table of numbers: {error!r:.120}") from error
    if ids.ndim != 2 or ids.shape[1] != model.row.width or expected.shape != (len(ids), VOCABULARY_SIZE):
        raise BadModel(f"its reference is {ids.shape} ids and {expected.shape} logits: not rows of its features")
    last = np.append(model.row.offsets[1:], model.row.rows) - 1
    if np.any((ids < model.row.offsets) | (ids > last)):
        raise BadModel("its reference holds ids outside its features")
    options = _run_options()
    timer = threading.Timer(SMOKE_SECONDS, setattr, (options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        state = model.initial_state()
        for row, logits in zip(ids, expected, strict=True):
            found, state = model.step(row, state, options)
            _compare(found, logits, reference.tolerance)
    finally:
        timer.cancel()


def _run_options() -> ort.RunOptions:
    options = ort.RunOptions()
    options.log_severity_level = _SILENT
    return options


def _compare(found: Logits, expected: NDArray[np.float64], tolerance: float) -> None:
    if found.shape != expected.shape or not np.all(np.isfinite(found)):
        raise BadModel("its first steps give no finite logits: the file is damaged")
    difference = float(np.max(np.abs(found - expected)))
    if not difference <= tolerance:
        raise BadModel(f"its logits differ by {difference:.3g} from its reference; at most {tolerance:g} is allowed")
