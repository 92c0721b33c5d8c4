"""What listeners send back, and what nobody should believe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.blind import result_of, right, sealed_test, written

from companion.errors import BadSetting
from export.turing.results import ListenerResult, Reply, read_result, read_results

ANSWERS = sealed_test().answers


def with_answer(**changes: Any) -> dict[str, Any]:
    """A result whose first answer is otherwise."""
    result = result_of()
    return {**result, "answers": [{**result["answers"][0], **changes}, *result["answers"][1:]]}


def test_a_result_is_read_whole(tmp_path: Path) -> None:
    replies = tuple(Reply(question, question.right, 2, False) for question in ANSWERS.questions)
    assert read_result(written(tmp_path / "a.json", result_of()), ANSWERS) == ListenerResult("Anna", 12, 1, replies)
    assert all(reply.right for reply in replies)


def test_name_and_years_may_be_missing_and_not_all_need_be_answered(tmp_path: Path) -> None:
    result = result_of(listener={"years": None})
    found = read_result(written(tmp_path / "a.json", {**result, "answers": result["answers"][:1]}), ANSWERS)
    assert (found.name, found.years, len(found.replies)) == ("", None, 1)


def test_a_name_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    named = result_of(listener={"name": "\x1b[2J" + "very\n" * 50})
    found = read_result(written(tmp_path / "a.json", named), ANSWERS)
    assert found.name.isprintable()
    assert len(found.name) == 60


HOSTILE = [
    (result_of(test="0" * 64), "is of another page (000000000000) than these answers"),
    (result_of(test=None), "is of another page (None)"),
    (result_of(format=3), "is of format 3, not chorale-turing-result/1"),
    ([], "is of format [], not chorale-turing-result/1"),
    (result_of(listener=None), "listener must be an object, not None"),
    (result_of(listener={"name": 7}), "name must be a text, not 7"),
    (result_of(listener={"years": -1}), "years must be a whole number 0..99, not -1"),
    (result_of(listener={"years": True}), "years must be a whole number 0..99, not True"),
    (result_of(listener={"years": 1e999}), "years must be a whole number 0..99, not inf"),
    (result_of(seed=2**32), "seed must be a whole number 0..4294967295, not 4294967296"),
    (result_of(seed="1"), "seed must be a whole number 0..4294967295, not 1"),
    (result_of(answers={}), "answers must be a list, not {}"),
    (result_of(answers=[]), "nothing is answered"),
    (result_of(answers=[3]), "answer 1 must be an object, not 3"),
    (result_of(answers=result_of()["answers"] * 2), "a question is answered twice"),
    (with_answer(id="abc"), "answer 1 is to no question of the page"),
    (with_answer(id=None), "answer 1: id must be a text, not None"),
    (with_answer(said="handel"), "answer 1: said must be"),
    (with_answer(said=["bach"]), "answer 1: said must be"),
    (with_answer(sure=4), "answer 1: sure must be a whole number 1..3, not 4"),
    (with_answer(known=1), "answer 1: known must be true or false, not 1"),
]


@pytest.mark.parametrize(("result", "fault"), HOSTILE, ids=[fault for _, fault in HOSTILE])
def test_what_no_listener_can_have_said_is_one_line(result: Any, fault: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as raised:
        read_result(written(tmp_path / "a.json", result), ANSWERS)
    line = str(raised.value)
    assert fault in line
    assert line.startswith(str(tmp_path / "a.json"))
    assert line.isprintable()


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000, b"{}", b"null"]
)
def test_what_is_no_json_is_one_line(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(BadSetting, match=r"a\.json is (not JSON|of format)"):
        read_result(path, ANSWERS)


def test_a_file_is_not_read_beyond_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(5_000_000)
    for place, fault in ((path, "is larger than 4 MB"), (tmp_path, "is a folder"), (tmp_path / "no", "cannot read")):
        with pytest.raises(BadSetting, match=fault):
            read_result(place, ANSWERS)


def test_the_good_ones_are_kept_and_the_others_named(tmp_path: Path) -> None:
    paths = [
        written(tmp_path / "anna.json", result_of()),
        written(tmp_path / "twice.json", result_of(lambda question: question.choices[0])),
        written(tmp_path / "bad.json", result_of(seed=-1)),
        written(tmp_path / "ben.json", result_of(right, seed=2, listener={"name": "Ben"})),
    ]
    results, faults = read_results(paths, ANSWERS)
    assert [(one.name, one.seed) for one in results] == [("Anna", 1), ("Ben", 2)]
    assert faults == [
        f"{paths[1]} is of the same listener as {paths[0]}",
        f"{paths[2]}: seed must be a whole number 0..4294967295, not -1",
    ]
