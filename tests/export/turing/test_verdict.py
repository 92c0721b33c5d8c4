"""Shares, their intervals, and what is left out so that guessing stays guessing."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from export.turing.answers import Question
from export.turing.results import ListenerResult, Reply
from export.turing.verdict import RightShare, describe_verdict, verdict_on, wilson

CONTINUED = [
    Question(f"{author}{piece}", "continuations", "gru", ("bach", "program"), author, piece, 32)
    for piece in ("one", "two")
    for author in ("bach", "program")
]
PAIRS = [Question(f"pair-{piece}", "harmonisations", "gru", ("x", "y"), "x", piece, 32) for piece in ("three", "four")]
ALL = (*CONTINUED, *PAIRS)

Saying = Callable[[Question], str]


def listener(say: Saying, known: tuple[str, ...] = (), seed: int = 1, name: str = "", heard: int = 6) -> ListenerResult:
    """Says the same kind of thing to everything, sure of it or not by turns."""
    replies = tuple(Reply(one, say(one), at % 3 + 1, one.id in known) for at, one in enumerate(ALL[:heard]))
    return ListenerResult(name, None, seed, replies)


def rights(shares: tuple[RightShare, ...]) -> dict[str, tuple[int, int]]:
    return {share.what: (share.right, share.answers) for share in shares}


@pytest.mark.parametrize(
    ("right", "answers", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_wilsons(right: int, answers: int, low: float, high: float) -> None:
    """The last is the example of R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I."""
    assert wilson(right, answers) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("right", range(13))
def test_the_ends_of_an_interval_are_where_the_score_test_just_fails(right: int) -> None:
    for end in wilson(right, 12):
        if 0 < end < 1:
            assert abs(right / 12 - end) / math.sqrt(end * (1 - end) / 12) == pytest.approx(1.959964)


def test_all_right_is_above_chance_only_where_there_is_enough_of_it() -> None:
    shares = [RightShare("", right, answers) for right, answers in ((3, 3), (4, 4), (0, 4), (50, 100), (0, 0))]
    expected = ["not told from chance", "above chance", "below chance", "not told from chance", "–"]
    assert [share.beside_chance for share in shares] == expected


def test_each_model_and_part_by_listener_and_together() -> None:
    found = verdict_on([listener(lambda one: one.right, name="Anna"), listener(lambda one: one.choices[0], seed=2)])
    assert {called: rights(shares) for called, shares in found.listeners.items()} == {
        "1. Anna": {"gru continues": (4, 4), "gru harmonises": (2, 2)},
        "2. no name": {"gru continues": (2, 4), "gru harmonises": (2, 2)},
    }
    assert rights(found.together) == {"gru continues": (6, 8), "gru harmonises": (4, 4), "everything": (10, 12)}
    assert found.left_out == 0


def test_who_always_says_the_same_is_half_right_whatever_is_known_or_unheard() -> None:
    for said in ("bach", "program"):
        for known in ((), ("bachone",), ("programtwo",), ("bachone", "programone")):
            for heard in (2, 3, 4):
                found = verdict_on([listener(lambda one, said=said: said, known, heard=heard)])  # type: ignore[misc]
                share = found.together[0]
                assert 2 * share.right == share.answers
                assert share.answers + found.left_out == heard


def test_known_pieces_are_counted_by_themselves() -> None:
    found = verdict_on([listener(lambda one: one.right, ("bachone", "pair-four"))])
    assert rights(found.together) == {"gru continues": (2, 2), "gru harmonises": (1, 1), "everything": (3, 3)}
    assert rights(found.aside)["known pieces, counted here alone"] == (2, 2)
    assert found.left_out == 3  # the counterpart too


def test_order_and_sureness_are_told() -> None:
    """Right in the first half of each part, wrong in the second."""
    good = {"bachone", "programone", "pair-three"}
    replies = tuple(
        Reply(one, one.right if one.id in good else next(c for c in one.choices if c != one.right), at % 3 + 1, False)
        for at, one in enumerate(ALL)
    )
    assert rights(verdict_on([ListenerResult("", None, 1, replies)]).aside) == {
        "first half of each part": (3, 3),
        "second half of each part": (0, 3),
        "guessing": (1, 2),
        "fairly sure": (2, 2),
        "certain": (0, 2),
        "known pieces, counted here alone": (0, 0),
    }


def test_how_often_each_is_taken_for_bach() -> None:
    found = verdict_on([listener(lambda one: "bach" if "one" in one.id else "program", ("programtwo",))])
    assert rights(found.taken) == {"Bach": (1, 2), "gru continues": (1, 1)}


def test_the_tables() -> None:
    lines = describe_verdict(verdict_on([listener(lambda one: one.right, name="a|b", heard=4)]))
    assert lines == [
        "results: 1; answers counted: 4; left out: 0 (known pieces, and excerpts without their counterparts)",
        "",
        "| listener | told from Bach | right (95 %) | guessing is 50 % |",
        "| --- | --- | --- | --- |",
        "| 1. a¦b | gru continues | 4 of 4: 100 % (51…100) | above chance |",
        "| 1. a¦b | gru harmonises | – | – |",
        "| all listeners | gru continues | 4 of 4: 100 % (51…100) | above chance |",
        "| all listeners | gru harmonises | – | – |",
        "| all listeners | everything | 4 of 4: 100 % (51…100) | above chance |",
        "",
        "| all listeners | right (95 %) |",
        "| --- | --- |",
        "| first half of each part | 2 of 2: 100 % (34…100) |",
        "| second half of each part | 2 of 2: 100 % (34…100) |",
        "| guessing | 2 of 2: 100 % (34…100) |",
        "| fairly sure | 1 of 1: 100 % (21…100) |",
        "| certain | 1 of 1: 100 % (21…100) |",
        "| known pieces, counted here alone | – |",
        "",
        "| by itself | said to be Bach's (95 %) |",
        "| --- | --- |",
        "| Bach | 2 of 2: 100 % (34…100) |",
        "| gru continues | 0 of 2: 0 % (0…66) |",
    ]
