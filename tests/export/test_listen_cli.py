"""``chorale-train listen``: the files and the page, the same ones each time, and none written over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.fakes import Babbler
from support.made_up import chorale, piece_of
from support.programs import Ran, chorale_train

from companion.model import library
from export import cli
from export.data.pieces import save_pieces

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.train

DIGEST = "0123456789abcdef" * 4


def listen(*words: object) -> Ran:
    return chorale_train("listen", *words)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A training piece, one of the test part that is too short, and two of which one is like the training piece."""
    pieces = [piece_of("jsb-train-001", "train", chorale(1, 48))]
    pieces += [piece_of("jsb-test-000", "test", chorale(2, 24))]
    pieces += [piece_of("jsb-test-307", "test", chorale(3, 48)), piece_of("jsb-test-001", "test", chorale(1, 48))]
    save_pieces(pieces, tmp_path / "jsb.npz")
    return tmp_path


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Babbler()
    monkeypatch.setattr(model, "digest", DIGEST, raising=False)
    monkeypatch.setattr(library, "open_model", lambda name: model)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_page_names_every_file_and_how_it_was_made(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "docs" / "listen"
    ran = listen("folder/babbler.onnx", "--data-dir", data, "-o", out, "--seeds", 2)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"wrote 12 files into {out}, and {out}.md\n"
    page = out.with_name("listen.md").read_text()
    assert sorted(re.findall(r"\(listen/([^)]+)\)", page)) == sorted(contents(out))
    assert re.findall(r"^## .*", page, re.MULTILINE) == [
        "## Seed 1: jsb-test-307, BWV 393",
        "## Seed 2: jsb-test-001",
    ]
    assert f"`{DIGEST}`" in page
    assert "chorale-train listen babbler.onnx --seeds 2 --force\n" in page  # where the file lay is nobody's business
    assert page.count("| continued: 2 bars and 10 new ones |") == 2
    assert page.count("100 % of its progressions stand in jsb-train-001 too") == 1


def test_what_is_there_is_replaced_only_by_force_and_by_the_same_bytes(data: Path, tmp_path: Path) -> None:
    words = ("babbler", "--data-dir", data, "--seeds", 1, "-o")
    elsewhere = tmp_path / "elsewhere" / "listen"
    assert listen(*words, elsewhere).code == 0
    made = contents(elsewhere.parent)
    assert len(made) == 7
    here = tmp_path / "here"
    for name in made:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("old")
    again = listen(*words, here / "listen")
    assert (again.code, again.out) == (1, "")
    assert again.err == f"chorale-train: {here / 'listen.md'} exists; choose another name, or --force to replace it\n"
    assert set(contents(here).values()) == {b"old"}
    assert listen(*words, here / "listen", "--force").code == 0
    assert contents(here) == made


def test_pictures_need_the_train_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    ran = listen("babbler", "-o", tmp_path / "listen")
    assert ran.err == "chorale-train: matplotlib not installed; run: pip install 'chorale-companion[train]'\n"


def test_more_seeds_than_pieces_are_one_line(data: Path, tmp_path: Path) -> None:
    ran = listen("babbler", "--data-dir", data, "-o", tmp_path / "listen")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "2 test pieces have 12 bars or more, not 10" in ran.err
    assert not (tmp_path / "listen").exists()
