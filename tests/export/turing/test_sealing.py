"""Names that tell nothing, and answers that come back as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.blind import KEY, MADE, PLAN, sealed_test, trials

from companion.errors import BadSetting
from companion.music.vocabulary import Note, frames_of_notes
from export.turing.answers import ANSWERS_FORMAT, read_answers
from export.turing.sealing import seal
from export.turing.trials import CONTINUATIONS


def test_the_page_holds_music_and_names_alone() -> None:
    heard = sealed_test().heard
    assert set(heard) == {"test", "steps", "stepSeconds", "beatSteps", "trials"}
    assert (heard["steps"], heard["stepSeconds"], heard["beatSteps"]) == (16, 0.1875, 4)
    for row in heard["trials"]:
        assert set(row) == {"id", "excerpts"}
        assert all(set(one) == {"id", "notes"} for one in row["excerpts"])
        assert all(len(name) == 16 and int(name, 16) >= 0 for name in (row["id"], *(o["id"] for o in row["excerpts"])))
    names = [name for row in heard["trials"] for name in (row["id"], *(one["id"] for one in row["excerpts"]))]
    assert len(set(names)) == len(names)


def test_the_order_is_that_of_the_names() -> None:
    rows = sealed_test().heard["trials"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert all([one["id"] for one in row["excerpts"]] == sorted(one["id"] for one in row["excerpts"]) for row in rows)


def test_another_key_gives_other_names_and_another_page() -> None:
    other = seal(trials(), bytes(32), MADE)
    assert other.heard["test"] != sealed_test().heard["test"]
    assert not set(other.answers.by_id) & set(sealed_test().answers.by_id)
    places = [
        [row["piece"] for row in json.loads(one.answers.as_file())["questions"]] for one in (other, sealed_test())
    ]
    assert places[0] != places[1]  # and another order


def test_the_answers_say_who_made_what_is_heard() -> None:
    sealed = sealed_test()
    rows = {row["id"]: row for row in sealed.heard["trials"]}
    music = {
        (trial.part, trial.place.piece.name, heard.author): heard.frames.tolist()
        for trial in trials()
        for heard in trial.excerpts
    }
    for question in sealed.answers.questions:
        heard = {one["id"]: frames_of(one["notes"]) for one in rows[question.id]["excerpts"]}
        if question.part == CONTINUATIONS:
            assert question.choices == ("bach", "program")
            assert list(heard.values()) == [music[question.part, question.piece, question.right]]
        else:
            assert question.choices == tuple(sorted(heard))
            other = next(choice for choice in question.choices if choice != question.right)
            assert heard[question.right] == music[question.part, question.piece, "bach"]
            assert heard[other] == music[question.part, question.piece, "program"]


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(sealed_test().answers.as_file())
    assert read_answers(path) == sealed_test().answers
    assert json.loads(path.read_text())["format"] == ANSWERS_FORMAT


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": "chorale-log/1"}, "is of format chorale-log/1, not chorale-turing-answers/1"),
        ({"questions": None}, "is damaged"),
        ({"questions": [{}]}, "is damaged"),
        ({"made": 3}, "is damaged"),
    ],
)
def test_damaged_answers_are_one_line(change: dict[str, Any], fault: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({**json.loads(sealed_test().answers.as_file()), **change}))
    with pytest.raises(BadSetting, match=fault):
        read_answers(path)


@pytest.mark.parametrize(("field", "value"), [("right", "handel"), ("id", 3), ("choices", [1, "bach"]), ("other", 1)])
def test_a_question_that_cannot_be_scored_is_damage(field: str, value: object, tmp_path: Path) -> None:
    written = json.loads(sealed_test().answers.as_file())
    written["questions"][0][field] = value
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(written))
    with pytest.raises(BadSetting, match=r"answers\.json is damaged"):
        read_answers(path)


def test_the_same_key_gives_the_same_bytes() -> None:
    again = seal(trials(), KEY, MADE)
    assert (again.heard, again.answers.as_file()) == (sealed_test().heard, sealed_test().answers.as_file())


def frames_of(numbers: list[int]) -> list[list[int]]:
    notes = [Note(start, voice, pitch, steps) for start, steps, pitch, voice in zip(*[iter(numbers)] * 4, strict=True)]
    frames: list[list[int]] = frames_of_notes(notes, PLAN.steps).tolist()
    return frames
