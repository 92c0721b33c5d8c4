"""What is right: the file that is kept from listeners, and what it says of the page it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from companion.errors import BadSetting, one_line
from companion.files.opening import read_file

ANSWERS_FORMAT = "chorale-turing-answers/1"
LARGEST_JSON = 4_000_000  # bytes


@dataclass(frozen=True)
class Question:
    """A trial as it is scored."""

    id: str
    part: str  # of trials.PARTS
    model: str
    choices: tuple[str, ...]  # what can be said: an author of one excerpt, or which of two is Bach's
    right: str  # one of them
    piece: str
    step: int  # of the piece, on which the excerpt begins

    def __post_init__(self) -> None:
        texts = (self.id, self.part, self.model, self.right, self.piece, *self.choices)
        if not all(isinstance(text, str) for text in texts) or self.right not in self.choices:
            raise ValueError(f"the question {self.id!r:.40} is none")


@dataclass(frozen=True)
class Answers:
    """All that is right of one page."""

    test: str  # the page's digest
    made: Mapping[str, Any]  # by which models and settings
    questions: tuple[Question, ...]

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """The questions by their names on the page."""
        return {question.id: question for question in self.questions}

    def as_file(self) -> bytes:
        """What read_answers reads."""
        return (json.dumps({"format": ANSWERS_FORMAT, **asdict(self)}, indent=1) + "\n").encode()


def read_answers(path: Path) -> Answers:
    """Raises:
    BadSetting: the file cannot be read, or holds no answers.
    """
    found = read_object(path, ANSWERS_FORMAT)
    try:
        rows = [{**row, "choices": tuple(row["choices"])} for row in found["questions"]]
        return Answers(str(found["test"]), dict(found["made"]), tuple(Question(**row) for row in rows))
    except (KeyError, TypeError, ValueError) as error:
        raise BadSetting(f"{one_line(path)} is damaged ({one_line(error):.120})") from None


def read_object(path: Path, form: str) -> dict[str, Any]:
    """A JSON object that says it is of this format; BadSetting where it is none or cannot be read."""
    data = read_file(path, LARGEST_JSON, BadSetting)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadSetting(f"{one_line(path)} is not JSON ({one_line(error):.120})") from None
    if not isinstance(found, dict) or found.get("format") != form:
        given = found.get("format") if isinstance(found, dict) else found
        raise BadSetting(f"{one_line(path)} is of format {one_line(given):.40}, not {form}")
    return found
