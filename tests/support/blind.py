"""A small blind test of made-up pieces, and results that nobody sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from export.data.pieces import Piece
from export.turing.answers import Question
from export.turing.results import RESULT_FORMAT
from export.turing.sealing import SealedTest, seal
from export.turing.trials import BlindPlan, Trial, find_places, play_trials
from support.fakes import Babbler
from support.made_up import chorale, piece_of

KEY = bytes(range(32))
PLAN = BlindPlan(excerpts=2, bars=1)
MADE = {"seed": 0}

Said = Callable[[Question], str]


def held_out(count: int = 6) -> list[Piece]:
    """Pieces of the test part, and one of the training part that is like none of them."""
    return [piece_of("train-0", "train", chorale(0, 48)), *(one(number) for number in range(1, count + 1))]


def one(number: int) -> Piece:
    return piece_of(f"test-{number}", "test", chorale(number, 48))


@cache
def trials() -> tuple[Trial, ...]:
    """Two continuations with their counterparts, and two pairs."""
    places = find_places(held_out(), PLAN, 1)
    return tuple(play_trials({"babbler": Babbler()}, places, PLAN))


@cache
def sealed_test() -> SealedTest:
    return seal(trials(), KEY, MADE)


def right(question: Question) -> str:
    return question.right


def result_of(said: Said = right, **changes: Any) -> dict[str, Any]:
    """What a listener sends back who answers everything, and is a little sure."""
    answers = [
        {"id": question.id, "said": said(question), "sure": 2, "known": False, "plays": 1}
        for question in sealed_test().answers.questions
    ]
    listener = {"name": "Anna", "years": 12}
    return {
        "format": RESULT_FORMAT,
        "test": sealed_test().answers.test,
        "listener": listener,
        "seed": 1,
        "answers": answers,
        **changes,
    }


def written(path: Path, result: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(result))
    return path
