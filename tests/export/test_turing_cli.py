"""``chorale-train turing``: the page and its answers, and results read back, as people type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.blind import held_out
from support.fakes import Babbler
from support.programs import Ran, chorale_train

from export.data.pieces import save_pieces
from export.turing import making
from export.turing.answers import Answers, read_answers
from export.turing.results import RESULT_FORMAT

DIGEST = "0123456789abcdef" * 4


def turing(*words: object) -> Ran:
    return chorale_train("turing", *words)


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Babbler()
    monkeypatch.setattr(model, "digest", DIGEST, raising=False)
    monkeypatch.setattr(making, "open_model", lambda name: model)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    save_pieces(held_out(), tmp_path / "jsb.npz")
    return tmp_path


@pytest.fixture
def made(data: Path, tmp_path: Path) -> Path:
    """A test of one model."""
    out = tmp_path / "test"
    assert turing("babbler", *small(data), "-o", out).code == 0
    return out


def small(data: Path) -> tuple[object, ...]:
    return ("--data-dir", data, "--excerpts", 1, "--bars", 1)


def all_right(answers: Answers, seed: int = 1) -> dict[str, Any]:
    said = [{"id": one.id, "said": one.right, "sure": 3, "known": False} for one in answers.questions]
    return {"format": RESULT_FORMAT, "test": answers.test, "listener": {"name": "Anna"}, "seed": seed, "answers": said}


@pytest.fixture
def sent(made: Path, tmp_path: Path) -> Callable[..., Path]:
    """A result as a file."""

    def send(name: str, **changes: Any) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({**all_right(read_answers(made / "answers.json")), **changes}))
        return path

    return send


def test_a_page_and_answers_are_written(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "test"
    ran = turing("babbler", "folder/other.onnx", *small(data), "-o", out, "--seed", 3)
    assert ran == (
        0,
        f"6 questions in {out}/listen.html; what is right, in {out}/answers.json, which no listener may see\n",
        "",
    )
    assert sorted(path.name for path in out.iterdir()) == ["answers.json", "listen.html"]
    answers = read_answers(out / "answers.json")
    assert answers.made == {
        "models": {"babbler": DIGEST, "other": DIGEST},
        "excerpts": 1,
        "bars": 1,
        "style": "bach",
        "temperature": 0.8,
        "top_p": 0.95,
        "seed": 3,
    }
    assert {question.model for question in answers.questions} == {"babbler", "other"}
    assert answers.test in (out / "listen.html").read_text("utf-8")


def test_nothing_is_written_over_without_force_and_no_two_pages_share_names(made: Path, data: Path) -> None:
    before = {path: path.read_bytes() for path in made.iterdir()}
    ran = turing("babbler", *small(data), "-o", made)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"chorale-train: {made}/listen.html exists; choose another name, or --force to replace it\n"
    assert {path: path.read_bytes() for path in made.iterdir()} == before
    old = read_answers(made / "answers.json")
    assert turing("babbler", *small(data), "-o", made, "--force").code == 0
    new = read_answers(made / "answers.json")
    assert not set(old.by_id) & set(new.by_id)
    music = [sorted((q.piece, q.step, q.right in ("bach", "program")) for q in one.questions) for one in (old, new)]
    assert music[0] == music[1]  # the seed's


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("a/gru.onnx", "b/gru.onnx"), "two models would be called gru; rename a file"),
        (
            ("gru", "--excerpts", 4),
            "8 held-out pieces are needed, two for each excerpt of each model, and 6 have 1 bars",
        ),
        (("gru", "--style", "rough"), "style"),
    ],
)
def test_what_cannot_be_made_is_one_line(words: tuple[object, ...], fault: str, data: Path, tmp_path: Path) -> None:
    ran = turing(*small(data), "-o", tmp_path / "test", *words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert fault in ran.err
    assert not (tmp_path / "test").exists()


def test_results_are_scored(made: Path, sent: Callable[..., Path]) -> None:
    ran = turing(
        "--read", sent("anna.json"), sent("ben.json", seed=2, listener={"name": "Ben", "years": 3}), "-o", made
    )
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("results: 2; answers counted: 6; left out: 0 ")
    assert "| 1. Anna | babbler continues | 2 of 2: 100 % (34…100) | not told from chance |" in lines
    assert (
        "| 2. Ben, 3 years of training | babbler harmonises | 1 of 1: 100 % (21…100) | not told from chance |" in lines
    )
    assert "| all listeners | everything | 6 of 6: 100 % (61…100) | above chance |" in lines


def test_as_json(made: Path, sent: Callable[..., Path]) -> None:
    ran = turing("--read", sent("anna.json"), "-o", made, "--json")
    found = json.loads(ran.out)
    assert found["together"]["everything"]["right"] == 3
    assert (found["left_out"], found["unread"], found["made"]["seed"]) == (0, [], 1)


def test_bad_results_are_a_line_each_and_the_others_are_scored(made: Path, sent: Callable[..., Path]) -> None:
    bad, other = sent("bad.json", seed=-1), sent("other.json", test="0" * 64)
    ran = turing("--read", bad, sent("anna.json"), other, "-o", made)
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"chorale-train: {bad}: seed must be a whole number 0..4294967295, not -1",
        f"chorale-train: {other} is of another page (000000000000) than these answers"
        f" ({read_answers(made / 'answers.json').test:.12})",
        "chorale-train: 1 of 3 results scored; 2 could not be",
    ]
    assert "| all listeners | everything | 3 of 3: 100 % (44…100) | not told from chance |" in ran.out.splitlines()


def test_one_bad_result_is_one_line(made: Path, sent: Callable[..., Path]) -> None:
    bad = sent("bad.json", answers=[])
    ran = turing("--read", bad, "-o", made)
    assert ran == (1, "", f"chorale-train: {bad}: nothing is answered\n")


def test_without_its_answers_no_result_is_scored(tmp_path: Path, sent: Callable[..., Path]) -> None:
    ran = turing("--read", sent("anna.json"), "-o", tmp_path / "elsewhere")
    where = tmp_path / "elsewhere" / "answers.json"
    assert ran == (1, "", f"chorale-train: cannot read {where}: No such file or directory\n")
