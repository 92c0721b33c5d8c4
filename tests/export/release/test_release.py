"""From a run to a file that ships: the proofs, the limits of int8, the card."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")
onnx = pytest.importorskip("onnx")

from support.tiny import chorale, piece_of, tiny_set

from companion.errors import BadModel
from companion.model.runtime import load_model
from export.release import onnx_file
from export.release import release as releasing
from export.release.card import card
from export.release.release import release, save_scores, training_facts

if TYPE_CHECKING:
    from conftest import Trained

pytestmark = pytest.mark.train

VALID = tiny_set()[2:3]


@pytest.fixture(scope="module")
def released(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The tiny run as an int8 file, and what was said."""
    path = tmp_path_factory.mktemp("released") / "small.onnx"
    return path, list(release(trained.folder, path, "int8", VALID))


def test_what_was_proved_is_told(released: tuple[Path, list[str]]) -> None:
    path, lines = released
    patterns = (
        "Keras and onnxruntime agree to ?.?e-?? over 512 notes",
        "int8 against fp32 over 512 notes: variation 0.????, NLL ?0.????, same choice ?.????",
        f"wrote {path} (?.? MB) and {path.with_suffix('.md')}",
    )
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert len(line) == len(pattern)
        assert all(wanted in ("?", found) for found, wanted in zip(line, pattern, strict=True)), line


def test_a_file_says_how_it_was_trained_and_how_far_int8_lies(
    released: tuple[Path, list[str]], trained: Trained
) -> None:
    path, _ = released
    contract = load_model(path).contract
    assert (contract.name, contract.architecture, contract.precision) == ("small", "gru", "int8")
    assert contract.training == training_facts(trained.folder, trained.settings)
    assert set(contract.quantisation) == {"notes", "variation", "nll_change", "same_choice"}
    assert contract.quantisation["notes"] == 512
    assert contract.scores == {}


def test_a_card_lies_beside_the_file(released: tuple[Path, list[str]]) -> None:
    path, _ = released
    assert sorted(each.name for each in path.parent.iterdir()) == ["small.md", "small.onnx"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_suffix(".md").read_text() == card(load_model(path).contract, path.stat().st_size, digest)


@pytest.mark.usefixtures("uncompiled")
def test_a_calibrated_file_says_so(trained: Trained, tmp_path: Path) -> None:
    plain, calm = tmp_path / "plain.onnx", tmp_path / "calm.onnx"
    list(release(trained.folder, plain, "fp32", VALID))
    told = next(release(trained.folder, calm, "fp32", VALID, calibrated=True))
    list(release(trained.folder, calm, "fp32", VALID, calibrated=True))
    training = load_model(calm).contract.training
    divisor = training.pop("logits_divided_by")
    assert told.startswith(f"logits divided by {divisor:g}: validation ")
    assert training == load_model(plain).contract.training
    assert divisor != 1
    ids = np.array(load_model(plain).contract.reference.ids, dtype=np.int32)
    expected = onnx_file.stepped_logits(load_model(plain), ids) / divisor
    np.testing.assert_allclose(onnx_file.stepped_logits(load_model(calm), ids), expected, atol=1e-4)


def test_the_facts_of_a_training(trained: Trained) -> None:
    facts = training_facts(trained.folder, trained.settings)
    header = json.loads((trained.folder / "settings.json").read_text())
    split = facts.pop("split")
    assert "held-out" in split
    assert facts == {
        "data": ["jsb"],
        "command": (
            "chorale-train fit gru --sets jsb --epochs 4 --batches 6 --batch-size 4 --crop 16 --learning-rate 0.02"
            """ --patience 15 --seed 1 --model '{"units": 16, "depth": 1, "dropout": 0.0, "slot_dropout": 0.0,"""
            """ "weight_dropout": 0.0}'"""
        ),
        "seed": 1,
        "epochs": trained.state["best_epoch"],
        "minutes": round(trained.state["seconds"] / 60),
        "validation_nll": round(trained.state["best"], 4),
        "date": header["date"],
        "versions": header["versions"],
    }


def test_int8_that_differs_too_much_is_refused(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(fp32: Path, path: Path) -> None:
        """A quantiser that gets every scale wrong by a half."""
        onnx_file.export_int8(fp32, path)
        proto = onnx.load(path)
        for each in proto.graph.initializer:
            if each.name.endswith("_scale"):
                scaled = np.asarray(onnx.numpy_helper.to_array(each) * np.float32(1.5))
                each.CopyFrom(onnx.numpy_helper.from_array(scaled, each.name))
        contract = load_model(path).contract
        onnx_file.write(proto, contract, np.array(contract.reference.ids, dtype=np.int32), path)

    monkeypatch.setattr(releasing, "export_int8", coarse)
    said: list[str] = []
    with pytest.raises(
        BadModel, match=r"int8 differs too much: variation 0\.\d+ \(at most 0\.01\), NLL .*; nothing was"
    ):
        said += release(trained.folder, tmp_path / "small.onnx", "int8", VALID)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_proof_leaves_what_was_there(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Iterator[str]:
        raise BadModel("small: onnxruntime and Keras differ")

    monkeypatch.setattr(releasing, "export_fp32", failing)
    path = tmp_path / "small.onnx"
    path.write_bytes(b"the model of last week")
    path.with_suffix(".md").write_text("its card")
    with pytest.raises(BadModel):
        list(release(trained.folder, path, "fp32", VALID))
    assert path.read_bytes() == b"the model of last week"
    assert path.with_suffix(".md").read_text() == "its card"


def test_a_short_piece_is_passed_over_for_the_proof(trained: Trained, tmp_path: Path) -> None:
    short = piece_of("short", "valid", chorale(5, chords=8))
    lines = list(release(trained.folder, tmp_path / "small.onnx", "fp32", [short, *VALID]))
    assert lines[0].endswith("over 512 notes")
    assert len(lines) == 2
    assert load_model(tmp_path / "small.onnx").contract.precision == "fp32"


def test_scores_go_into_the_file_and_the_card(released: tuple[Path, list[str]], tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    path.write_bytes(released[0].read_bytes())
    parts = {split: {"nll": 0.5, "accuracy": 0.8, "notes": 100} for split in ("valid", "test")}
    save_scores(path, {"model": "small", "windowed": parts, "whole_piece": parts, "remarks": []})
    before, after = load_model(released[0]).contract, load_model(path).contract
    assert after == dataclasses.replace(before, scores={"windowed": parts, "whole_piece": parts, "remarks": []})
    assert "| small | " in path.with_suffix(".md").read_text()
    assert "0.5000 / 0.8000" in path.with_suffix(".md").read_text()
