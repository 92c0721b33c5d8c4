"""A listener that tells what can be told, guesses what cannot, and says by what."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import chorale, frames_of_chords

from export.data.pieces import Piece
from export.judging import listener
from export.judging.features import EXCERPT_STEPS, excerpts, heard_features
from export.judging.listener import Excerpts
from export.judging.report import Repertoire
from export.measures.passage import Passage
from export.scores.evaluation import of_split

NAMES = ("signal", "noise", "constant")


def some(number: int, signal: float, seed: int, prefix: str = "p") -> Excerpts:
    """Two excerpts a piece, with a signal, noise and what never varies."""
    rows = np.random.default_rng(seed).normal(0, 1, (2 * number, 3))
    rows[:, 0] += signal
    rows[:, 2] = 1.0
    return Excerpts(rows, NAMES, tuple(f"{prefix}{at // 2}" for at in range(2 * number)))


def test_what_differs_is_told_and_by_what() -> None:
    opinion = listener.tell_apart("ours", some(30, 0, 1), some(30, 4, 2))
    assert opinion is not None
    assert opinion.accuracy > 0.9 and opinion.low <= opinion.accuracy <= opinion.high
    assert opinion.telling[0].name == "signal"
    assert opinion.telling[0].weight > 0
    assert (opinion.telling[0].real, opinion.telling[0].ours) == (pytest.approx(0, abs=0.4), pytest.approx(4, abs=0.4))


def test_what_is_the_same_is_guessed() -> None:
    accuracies = []
    for seed in range(10):
        opinion = listener.tell_apart("ours", some(30, 0, 2 * seed), some(30, 0, 2 * seed + 1))
        assert opinion is not None
        accuracies.append(opinion.accuracy)
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.06)


def test_unlike_numbers_of_excerpts_weigh_alike() -> None:
    opinion = listener.tell_apart("ours", some(40, 0, 1), some(5, 0, 2))
    assert opinion is not None
    assert opinion.accuracy < 0.75  # always saying "real" is right for 16 of 18 excerpts, and half right


def test_a_piece_that_was_heard_is_left_out_with_all_that_was_made_from_it() -> None:
    """Each piece has a mark of its own that tells the two kinds apart; who has not heard the piece cannot know it."""
    pieces = tuple(f"p{at}" for at in range(20))
    marks = np.eye(20) * 10
    dice = np.random.default_rng(1)
    signs = dice.choice([-1, 1], (20, 1))
    opinion = listener.tell_apart(
        "ours",
        Excerpts(marks * signs, tuple(pieces), pieces),
        Excerpts(-marks * signs, tuple(pieces), pieces),
    )
    assert opinion is not None
    assert opinion.accuracy <= 0.5


def test_nothing_to_compare_is_no_opinion() -> None:
    nothing = Excerpts(np.zeros((0, 3)), NAMES, ())
    assert listener.tell_apart("ours", some(3, 0, 1), nothing) is None
    assert listener.tell_apart("ours", some(1, 0, 1), some(1, 0, 2)) is None


def test_excerpts_are_whole_stretches_in_the_key_of_the_piece() -> None:
    cadence = [(72, 67, 64, 48), (69, 65, 60, 53), (71, 67, 62, 55), (72, 67, 64, 48)]
    passage = Passage("x", frames_of_chords([*cadence * 4, *[(66, 61, 58, 54)] * 70]), start=16)
    found = excerpts(passage)
    assert [len(one.frames) for one in found] == [EXCERPT_STEPS] * 2
    assert {one.key for one in found} == {passage.key}


def test_features_have_the_same_names_for_all_music_and_are_numbers() -> None:
    silent = frames_of_chords([(72, 0, 0, 48)] * 40)
    first, second = heard_features(Passage("x", chorale(1, 40))), heard_features(Passage("y", silent))
    assert list(first) == list(second)
    assert np.isfinite([*first.values(), *second.values()]).all()


def test_names_of_recitals_lead_back_to_the_piece() -> None:
    passages = [Passage(name, chorale(1, 40)) for name in ("jsb-test-3-0", "jsb-test-3-1", "jsb-test-3", "mine-2")]
    assert listener.heard(passages).pieces == ("jsb-test-3", "jsb-test-3", "jsb-test-3", "mine-2")


@pytest.mark.slow
def test_bach_is_guessed_and_chords_by_dice_are_told(jsb_pieces: list[Piece]) -> None:
    held_out, known = (
        [Passage(piece.name, piece.frames) for piece in of_split(jsb_pieces, split)] for split in ("test", "train")
    )
    diced = Repertoire("dice", tuple(Passage(f"dice-{seed}", chorale(seed, 40)) for seed in range(20)), {})
    bach, dice = listener.opinions_on(held_out, known, [diced])
    assert bach.low <= 0.5 <= bach.high
    assert dice.accuracy > 0.98
