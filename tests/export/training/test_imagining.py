"""Pieces from nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from companion.model.library import open_model
from companion.music.vocabulary import HOLD, sounding_tokens
from export.cli import app
from export.data.pieces import load_pieces
from export.training.imagining import imagine

GRU = open_model("gru")


def test_each_depends_on_the_seed_and_its_number_alone() -> None:
    three, two = imagine([GRU], 3, 12, seed=4), imagine([GRU], 2, 12, seed=4)
    other = imagine([GRU], 1, 12, seed=5)
    for one, again in zip(three, two, strict=False):
        np.testing.assert_array_equal(one.frames, again.frames)
    assert not np.array_equal(three[0].frames, three[1].frames)
    assert not np.array_equal(three[0].frames, other[0].frames)
    assert [piece.name for piece in two] == ["imagined-0001-by-gru", "imagined-0002-by-gru"]


def test_they_are_pieces_to_train_on() -> None:
    (piece,) = imagine([GRU], 1, 40, seed=1)
    assert (piece.split, piece.frames.shape, piece.frames.dtype, piece.onsets_known) == (
        "train",
        (40, 4),
        "int32",
        True,
    )
    assert (piece.frames[0] != HOLD).all()  # nothing to hold on to
    assert len(np.unique(sounding_tokens(piece.frames))) > 8  # it is music that moves


def test_models_take_turns() -> None:
    names = [piece.name for piece in imagine([GRU, open_model("transformer")], 3, 2, seed=1)]
    assert [name.rpartition("-")[2] for name in names] == ["gru", "transformer", "gru"]


def test_command(tmp_path: Path) -> None:
    out = tmp_path / "imagined.npz"
    command = ["imagine", "gru", "--pieces", "2", "--steps", "8", "-o", str(out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"2 pieces of 8 steps in {out}\n"
    assert [piece.frames.shape for piece in load_pieces(out)] == [(8, 4), (8, 4)]
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1
    assert isinstance(again.exception, FileExistsError)
    assert CliRunner().invoke(app, [*command, "--force"]).exit_code == 0


@pytest.mark.parametrize(("option", "value"), [("--pieces", "0"), ("--steps", "0")])
def test_there_must_be_something_to_imagine(option: str, value: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["imagine", "gru", option, value, "-o", str(tmp_path / "x.npz")])
    assert result.exit_code == 2
