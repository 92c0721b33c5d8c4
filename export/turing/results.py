"""What a listener sends back: a small file, not believed before it is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from companion.errors import BadSetting, one_line
from export.turing.answers import Answers, Question, read_object

RESULT_FORMAT = "chorale-turing-result/1"
SURENESS = ("guessing", "fairly sure", "certain")  # what 1, 2 and 3 mean
LONGEST_LISTENER_NAME = 60  # letters
MOST_YEARS = 99
LARGEST_SEED = 2**32 - 1

_Kind = TypeVar("_Kind")
_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


@dataclass(frozen=True)
class Reply:
    """What was said to one question."""

    question: Question
    said: str  # one of its choices
    sure: int  # 1 … len(SURENESS)
    known: bool  # the listener knows the piece: not scored

    @property
    def right(self) -> bool:
        """Whether it was so."""
        return self.said == self.question.right


@dataclass(frozen=True)
class ListenerResult:
    """All that one listener said."""

    name: str  # one line, perhaps empty
    years: int | None  # of musical training
    seed: int  # of the order, made by the page: two listeners have two
    replies: tuple[Reply, ...]  # as they were heard


def read_results(paths: Sequence[Path], answers: Answers) -> tuple[list[ListenerResult], list[str]]:
    """The results that can be scored, and a line for each file that cannot."""
    results: dict[int, tuple[Path, ListenerResult]] = {}
    faults = []
    for path in paths:
        try:
            result = read_result(path, answers)
            if result.seed in results:
                raise BadSetting(f"{one_line(path)} is of the same listener as {one_line(results[result.seed][0])}")
            results[result.seed] = path, result
        except BadSetting as error:
            faults.append(str(error))
    return [result for _, result in results.values()], faults


def read_result(path: Path, answers: Answers) -> ListenerResult:
    """Raises:
    BadSetting: the file cannot be read, is of another page, or says what no listener can have said.
    """
    found = read_object(path, RESULT_FORMAT)
    if found.get("test") != answers.test:
        raise BadSetting(
            f"{one_line(path)} is of another page ({one_line(found.get('test')):.12}) than these answers"
            f" ({answers.test:.12})"
        )
    try:
        return _result(found, answers)
    except BadSetting as error:
        raise BadSetting(f"{one_line(path)}: {error}") from None


def _result(found: dict[str, Any], answers: Answers) -> ListenerResult:
    listener = _kept(found.get("listener"), dict, "listener")
    rows = _kept(found.get("answers"), list, "answers")
    replies = tuple(_reply(row, number, answers) for number, row in enumerate(rows, start=1))
    twice = len(replies) - len({reply.question.id for reply in replies})
    if twice or not replies:
        raise BadSetting("a question is answered twice" if twice else "nothing is answered")
    years = listener.get("years")
    return ListenerResult(
        one_line(_kept(listener.get("name", ""), str, "name"))[:LONGEST_LISTENER_NAME],
        None if years is None else _whole(years, "years", 0, MOST_YEARS),
        _whole(found.get("seed"), "seed", 0, LARGEST_SEED),
        replies,
    )


def _reply(row: object, number: int, answers: Answers) -> Reply:
    given = _kept(row, dict, f"answer {number}")
    question = answers.by_id.get(_kept(given.get("id"), str, f"answer {number}: id"))
    if question is None:
        raise BadSetting(f"answer {number} is to no question of the page")
    said = given.get("said")
    if said not in question.choices:
        raise BadSetting(f"answer {number}: said must be {' or '.join(question.choices)}, not {one_line(said):.40}")
    sure = _whole(given.get("sure"), f"answer {number}: sure", 1, len(SURENESS))
    return Reply(question, str(said), sure, _kept(given.get("known"), bool, f"answer {number}: known"))


def _kept(value: object, kind: type[_Kind], what: str) -> _Kind:
    if not isinstance(value, kind):
        raise BadSetting(f"{what} must be {_KINDS[kind]}, not {one_line(value):.40}")
    return value


def _whole(value: object, what: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise BadSetting(f"{what} must be a whole number {low}..{high}, not {one_line(value):.40}")
    return value
