"""Loading model files: a good one plays, and anything else is refused in one line that names the file."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tiny_graph import COUNT, IDS, ROW, WINDOW, Tiny, logits_by_hand, tiny_graph

from companion.controls.table import DEFAULT_MODEL
from companion.errors import BadModel, BadSetting
from companion.model import library, runtime
from companion.model.contract import MODEL_KINDS, Reference, StateContract
from companion.model.runtime import Model, load_model
from companion.music.vocabulary import VOCABULARY_SIZE


def refusal(path: Path) -> str:
    """What the loader says; one line that begins with the file."""
    with pytest.raises(BadModel) as caught:
        load_model(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert text.isprintable()
    return text.removeprefix(f"{path}: ")


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("none.onnx", "No such file or directory"),
            (".", "it is a folder"),
            ("long" * 100, "File name too long"),
            ("null.onnx", "it is not a regular file"),
        ],
    )
    def test_what_is_no_file(self, tmp_path: Path, name: str, why: str) -> None:
        (tmp_path / "null.onnx").symlink_to("/dev/zero")
        with pytest.raises(BadModel) as fault:
            load_model(tmp_path / name)
        assert str(fault.value) == f"cannot read {tmp_path / name}: {why}"

    @pytest.mark.parametrize(
        "content", [b"", b"\0", b"not a model", b"\xff" * 1000, random.Random(3).randbytes(4096)], ids=range(5)
    )
    def test_bytes_that_are_no_model(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "bad.onnx"
        path.write_bytes(content)
        refusal(path)

    def test_larger_than_any_model(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.onnx"
        with path.open("wb") as file:
            file.truncate(runtime.LARGEST_FILE + 1)  # sparse: takes no room
        with pytest.raises(BadModel, match=r"huge\.onnx is larger than 64 MB$"):
            load_model(path)

    @pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
    def test_part_of_a_bundled_model(self, tmp_path: Path, share: float) -> None:
        content = library.find_model(DEFAULT_MODEL).read_bytes()
        path = tmp_path / "part.onnx"
        path.write_bytes(content[: int(len(content) * share)])
        refusal(path)


class TestBundled:
    def test_default_is_there(self) -> None:
        assert DEFAULT_MODEL in library.bundled_models()

    @pytest.mark.parametrize("name", library.bundled_models())
    def test_loads_and_bears_its_name(self, name: str) -> None:
        loaded = library.open_file(library.find_model(name))
        assert loaded.contract.name == name
        assert len(loaded.digest) == 64
        ids = np.array(loaded.contract.reference.ids[0], dtype=np.int32)
        logits, _ = loaded.step(ids, loaded.initial_state())
        assert (logits.shape, logits.dtype) == ((VOCABULARY_SIZE,), np.float32)

    def test_names_there_are_not(self) -> None:
        known = ", ".join(library.bundled_models())
        with pytest.raises(BadSetting) as caught:
            library.find_model("grru")
        assert str(caught.value) == f"unknown model 'grru' (did you mean gru?); known: {known}, or give an .onnx file"
        with pytest.raises(BadSetting) as caught:
            library.find_model("x" * 5000)
        assert "known: " in str(caught.value)

    def test_files_by_name(self, tmp_path: Path) -> None:
        assert library.find_model(str(tmp_path / "none.onnx")) == tmp_path / "none.onnx"
        (tmp_path / "model.bin").write_bytes(b"")
        assert library.find_model(str(tmp_path / "model.bin")) == tmp_path / "model.bin"


@pytest.fixture(params=MODEL_KINDS)
def tiny(request: pytest.FixtureRequest) -> Tiny:
    """Of every kind: each is loaded with the same suspicion."""
    made = tiny_graph()
    made.replace("kind", by=request.param)
    return made


@pytest.mark.train
class TestTiny:
    def test_steps_as_by_hand(self, tiny: Tiny, tmp_path: Path) -> None:
        """Both kinds of state are carried on by name; the outputs stand in another order than the inputs."""
        loaded = load_model(tiny.save(tmp_path))
        assert loaded.contract == tiny.contract
        ids = (IDS * 3)[1:]
        state, found = loaded.initial_state(), []
        for row in ids:
            logits, state = loaded.step(np.array(row, dtype=np.int32), state)
            found.append(logits)
        np.testing.assert_allclose(found, logits_by_hand(tiny, ids), atol=1e-4)

    def test_an_older_state_gives_the_same_again(self, tiny: Tiny, tmp_path: Path) -> None:
        loaded = load_model(tiny.save(tmp_path))
        rows = [np.array(row, dtype=np.int32) for row in IDS * 10]

        def sing(state: Any, some: list[Any]) -> list[Any]:
            said = []
            for row in some:
                logits, state = loaded.step(row, state)
                said.append(logits)
            return said

        state = loaded.initial_state()
        for row in rows[:5]:
            _, state = loaded.step(row, state)
        once = sing(state, rows[5:])
        sing(state, rows[::-1])  # another future
        np.testing.assert_array_equal(sing(state, rows[5:]), once)

    def test_no_contract(self, tiny: Tiny, tmp_path: Path) -> None:
        made = tiny.model()
        del made.metadata_props[:]
        path = tmp_path / "tiny.onnx"
        path.write_bytes(made.SerializeToString())
        assert refusal(path) == "an ONNX model without our contract; export it with: chorale-train export"

    @pytest.mark.parametrize(
        ("key", "value"), [("format", "chorale-model/9"), ("vocabulary", {"fingerprint": "f" * 16}), ("states", 5)]
    )
    def test_contract_of_another_kind(self, tiny: Tiny, tmp_path: Path, key: str, value: object) -> None:
        text = json.dumps({**json.loads(tiny.contract.to_json()), key: value})
        made = tiny.model()
        made.metadata_props[0].value = text
        path = tmp_path / "tiny.onnx"
        path.write_bytes(made.SerializeToString())
        assert "its contract" in refusal(path)

    def test_reference_of_another_model(self, tiny: Tiny, tmp_path: Path) -> None:
        tiny.initializers[0] = tiny.onnx.numpy_helper.from_array(tiny.weights * 1.01, "weights")
        says = refusal(tiny.save(tmp_path))
        assert says.startswith("its logits differ by ")
        assert says.endswith(" from its reference; at most 0.0001 is allowed")

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_logits_that_are_no_numbers(self, tiny: Tiny, tmp_path: Path, value: float) -> None:
        weights = tiny.weights.copy()
        weights[:, 3] = value
        tiny.initializers[0] = tiny.onnx.numpy_helper.from_array(weights, "weights")
        assert refusal(tiny.save(tmp_path)) == "its first steps give no finite logits: the file is damaged"

    @pytest.mark.parametrize(
        "reference",
        [
            Reference([], [], 1.0),
            Reference([[]], [[]], 1.0),
            Reference(IDS, [[0.0] * 47] * 4, 1.0),
            Reference(IDS, [[0.0] * 48] * 3, 1.0),
            Reference([[1, 2], [3]], [[0.0] * 48] * 2, 1.0),  # type: ignore[list-item]
            Reference("music", "more", 1.0),  # type: ignore[arg-type]
            Reference({"a": 1}, None, 1.0),  # type: ignore[arg-type]
            Reference([[10**30] * 5], [[0.0] * 48], 1.0),
            Reference(IDS, [["x"] * 48] * 4, 1.0),  # type: ignore[list-item]
            Reference([[0, 4, 52, 100, 500]], [[0.0] * 48], 1.0),
            Reference([[-1, 4, 52, 100, 148]], [[0.0] * 48], 1.0),
            Reference(IDS, [[float("nan")] * 48] * 4, 1.0),
            Reference(IDS, [[0.0] * 48] * 4, float("nan")),
        ],
        ids=range(13),
    )
    def test_references_that_make_no_sense(self, tiny: Tiny, tmp_path: Path, reference: Reference) -> None:
        tiny.replace("reference", by=reference)
        refusal(tiny.save(tmp_path))

    def test_external_data_is_not_read(self, tiny: Tiny, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(tiny.weights.tobytes())
        tensor = tiny.initializers[0]
        tensor.ClearField("raw_data")
        tensor.data_location = tiny.onnx.TensorProto.EXTERNAL
        for key, value in (("location", "other"), ("offset", "0"), ("length", str(tiny.weights.nbytes))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        assert refusal(tiny.save(tmp_path)).startswith("not a usable ONNX model")

    def test_endless_loop_is_stopped(self, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runtime, "SMOKE_SECONDS", 0.05)
        body = tiny.helper.make_graph(
            [tiny.helper.make_node("Identity", ["go"], ["go_on"]), tiny.helper.make_node("Neg", ["x"], ["y"])],
            "body",
            [
                tiny.helper.make_tensor_value_info("turn", tiny.onnx.TensorProto.INT64, []),
                tiny.helper.make_tensor_value_info("go", tiny.onnx.TensorProto.BOOL, []),
                tiny.value("x", (1, VOCABULARY_SIZE)),
            ],
            [
                tiny.helper.make_tensor_value_info("go_on", tiny.onnx.TensorProto.BOOL, []),
                tiny.value("y", (1, VOCABULARY_SIZE)),
            ],
        )
        tiny.constant("true", np.array(True))
        tiny.nodes[5].output[0] = "sum"
        tiny.nodes.insert(6, tiny.helper.make_node("Loop", ["", "true", "sum"], ["logits"], body=body))
        assert refusal(tiny.save(tmp_path)).startswith("the model tiny failed at a note: ")

    def test_step_that_fails(self, tiny: Tiny, tmp_path: Path) -> None:
        """A lookup beyond its table."""
        tiny.nodes[0] = tiny.helper.make_node("Gather", ["table", "features"], ["looked_up"])
        tiny.constant("table", np.zeros(2, dtype=np.float32))
        tiny.nodes.insert(1, tiny.helper.make_node("Identity", ["looked_up"], ["ids"]))
        assert refusal(tiny.save(tmp_path)).startswith("the model tiny failed at a note: ")


def input_shape(tiny: Tiny) -> None:
    tiny.inputs[0] = tiny.value("features", (1, ROW.width + 1), integers=True)
    tiny.initializers[0] = tiny.onnx.numpy_helper.from_array(np.vstack([tiny.weights, tiny.weights[:1]]), "weights")


def input_open(tiny: Tiny) -> None:
    tiny.inputs[0] = tiny.value("features", ("batch\n", ROW.width), integers=True)
    tiny.outputs[2] = tiny.value("logits", None)
    tiny.outputs[1] = tiny.value("memory_next", None)
    tiny.outputs[0] = tiny.value("past_next", None)


def input_type(tiny: Tiny) -> None:
    tiny.inputs[0] = tiny.value("features", (1, ROW.width))


def input_name(tiny: Tiny) -> None:
    tiny.inputs[0] = tiny.value("feature\nrows", (1, ROW.width), integers=True)
    tiny.nodes[0].input[0] = "feature\nrows"


def input_more(tiny: Tiny) -> None:
    tiny.inputs.append(tiny.value("more", (1,)))


def output_name(tiny: Tiny) -> None:
    tiny.outputs[2] = tiny.value("scores", (1, VOCABULARY_SIZE))
    for node in tiny.nodes[5:7]:
        for names in (node.input, node.output):
            names[:] = ["scores" if name == "logits" else name for name in names]


def output_missing(tiny: Tiny) -> None:
    del tiny.outputs[0]


def output_type(tiny: Tiny) -> None:
    tiny.outputs[2] = tiny.value("logits", (1, VOCABULARY_SIZE), integers=True)
    tiny.nodes[5].output[0] = "sum"
    tiny.nodes[6].input[0] = "sum"
    tiny.node("Cast", ["sum"], ["logits"], to=tiny.onnx.TensorProto.INT32)


def output_shape(tiny: Tiny) -> None:
    tiny.outputs[2] = tiny.value("logits", (VOCABULARY_SIZE,))
    tiny.constant("long", np.array([VOCABULARY_SIZE]))
    tiny.nodes[5].output[0] = "sum"
    tiny.nodes[6].input[0] = "sum"
    tiny.node("Reshape", ["sum", "long"], ["logits"])


def state_shape(tiny: Tiny) -> None:
    tiny.replace("states", by=(StateContract("memory", (1, 47), "float32", "replace"), tiny.contract.states[1]))


def state_type(tiny: Tiny) -> None:
    tiny.replace("states", by=(tiny.contract.states[0], StateContract("past", (WINDOW, COUNT), "int32", "append")))


def state_update(tiny: Tiny) -> None:
    tiny.replace("states", by=(tiny.contract.states[0], StateContract("past", (WINDOW, COUNT), "float32", "replace")))


def state_missing(tiny: Tiny) -> None:
    tiny.replace("states", by=tiny.contract.states[:1])


def features_missing(tiny: Tiny) -> None:
    tiny.replace("features", by=("voice",))


@pytest.mark.train
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (input_shape, "its input features is [1, 6] tensor(int32); its contract says (1, 5) int32"),
        (input_open, "its input features is ['batch\\n', 5] tensor(int32); its contract says (1, 5) int32"),
        (input_type, "its input features is [1, 5] tensor(float); its contract says (1, 5) int32"),
        (input_name, "its inputs are ['feature\\nrows', 'memory', 'past']; its contract says ['features', 'mem"),
        (input_more, "its inputs are ['features', 'memory', 'more', 'past']; its contract says ['features', 'mem"),
        (output_name, "its outputs are ['memory_next', 'past_next', 'scores']; its contract says ['logits', 'mem"),
        (output_missing, "its outputs are ['logits', 'memory_next']; its contract says ['logits', 'memory_next', "),
        (output_type, "its output logits is [1, 48] tensor(int32); its contract says (1, 48) float32"),
        (output_shape, "its output logits is [48] tensor(float); its contract says (1, 48) float32"),
        (state_shape, "its input memory is [1, 48] tensor(float); its contract says (1, 47) float32"),
        (state_type, "its input past is [3, 2] tensor(float); its contract says (3, 2) int32"),
        (state_update, "its output past_next is [1, 2] tensor(float); its contract says (3, 2) float32"),
        (state_missing, "its inputs are ['features', 'memory', 'past']; its contract says ['features', 'memory']"),
        (features_missing, "its input features is [1, 5] tensor(int32); its contract says (1, 1) int32"),
    ],
)
def test_graphs_that_break_their_contract(tiny: Tiny, tmp_path: Path, spoil: Callable[[Tiny], None], says: str) -> None:
    spoil(tiny)
    assert refusal(tiny.save(tmp_path)).startswith(says)


def spoilt(content: bytes, seed: int, times: int) -> Iterator[bytes]:
    """Copies with some bits flipped, or with bytes written over, left out or doubled."""
    source = random.Random(seed)
    for _ in range(times):
        data = bytearray(content)
        for _ in range(source.randint(1, 8)):
            at = source.randrange(len(data))
            match source.randrange(4):
                case 0:
                    data[at] ^= 1 << source.randrange(8)
                case 1:
                    data[at] = source.randrange(256)
                case 2:
                    del data[at : at + source.randint(1, 4)]
                case 3:
                    data[at:at] = data[at : at + source.randint(1, 4)]
        yield bytes(data)


@pytest.mark.train
@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_refused_or_still_the_same_model(tiny: Tiny, tmp_path: Path, seed: int) -> None:
    path = tiny.save(tmp_path)
    for content in spoilt(path.read_bytes(), seed, 100):
        path.write_bytes(content)
        try:
            loaded = load_model(path)
        except BadModel as error:
            assert str(error).startswith(f"{path}: ")
            assert str(error).isprintable()
            continue
        assert_plays(loaded)


def assert_plays(loaded: Model) -> None:
    """What was let in gives finite logits for its own reference."""
    state = loaded.initial_state()
    for row in loaded.contract.reference.ids:
        logits, state = loaded.step(np.array(row, dtype=np.int32), state)
        assert logits.shape == (VOCABULARY_SIZE,)
        assert np.all(np.isfinite(logits))


def test_nothing_is_reported_about_the_user(
    fresh_python: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else onnxruntime keeps an identifier of this computer and its reports in the user's cache, and sends them."""
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    load = "from companion.model.library import open_model; open_model('bach')"
    subprocess.run([*fresh_python, "-B", "-c", load], check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_damaged_bundled_model(tmp_path: Path) -> None:
    path = tmp_path / "damaged.onnx"
    for content in spoilt(library.find_model(DEFAULT_MODEL).read_bytes(), 1, 8):
        path.write_bytes(content)
        try:
            loaded = load_model(path)
        except BadModel as error:
            assert str(error).startswith(f"{path}: ")
            continue
        assert_plays(loaded)
