"""The published grade: its distances by hand, what it counts, and what it says of real Bach."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from support.made_up import chorale, frames_of_chords

from companion.music.key import Key
from companion.music.vocabulary import HOLD, REST, hide_onsets, transpose
from export.data.pieces import Piece
from export.measures.grade import GRADED, Grader, features_of, length_distance, rank_distance, repeated_lengths
from export.measures.passage import Passage
from export.measures.spelling import Spelling
from export.scores.evaluation import of_split

C_MAJOR, A_MINOR = Key(0, minor=False), Key(9, minor=True)
CADENCE = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)]


def test_categories_lie_one_apart_in_the_order_of_how_common_they_are() -> None:
    bach = Counter({"a": 6, "b": 3, "c": 1})
    assert rank_distance(bach, bach) == 0
    assert rank_distance(Counter({"a": 1}), bach) == pytest.approx(0.3 * 1 + 0.1 * 2)
    assert rank_distance(Counter({"c": 5}), bach) == pytest.approx(0.6 * 2 + 0.3 * 1)


def test_what_bach_never_uses_follows_the_rarest_first() -> None:
    bach = Counter({"a": 1})
    assert rank_distance(Counter({"x": 1, "y": 3}), bach) == pytest.approx(0.25 * 1 + 0.75 * 2)


def test_lengths_lie_where_their_number_says() -> None:
    assert length_distance(Counter({8: 1}), Counter({4: 1, 8: 1})) == pytest.approx(2.0)
    assert length_distance(Counter(), Counter({4: 3})) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ([5, 6, 7, 8], {}),
        ([5, 6, 5, 6], {2: 2}),
        ([5, 5], {}),  # one note is no sequence
        ([5, HOLD, 6, 9, 5, HOLD, 6, 8], {3: 2}),
        ([5, HOLD, 6, HOLD, 9, 5, HOLD, 6, 8], {3: 2}),  # the second note is longer once
        ([4, 5, 6, 9, 4, 5, 6, 8], {3: 2}),  # 5 6 only comes inside 4 5 6
        ([4, 5, 6, 9, 4, 5, 6, 8, 5, 6, 1], {3: 2, 2: 3}),  # here it comes without
    ],
)
def test_repeated_sequences_of_a_voice(line: list[int], found: dict[int, int]) -> None:
    assert repeated_lengths(line) == found


def test_everything_is_counted_as_the_paper_counts_it() -> None:
    features = features_of(frames_of_chords(CADENCE), C_MAJOR)
    assert features.notes == 3 + 3 + 4 + 4
    assert features.histograms["notes"][Spelling(0, 0)] == 4 * 5  # sixteenths on C
    assert features.histograms["rhythm"] == {8: 2, 4: 12}
    assert features.histograms["chords"] == {"major": 4}
    assert features.histograms["soprano intervals"] == {(-1, -1): 1, (1, 1): 1}
    assert features.histograms["bass intervals"] == {(3, 5): 1, (1, 2): 1, (-4, -7): 1}
    assert features.histograms["parallels"] == {}


def test_rests_are_notes_too_and_end_an_interval() -> None:
    frames = frames_of_chords([(72, 67, 64, 48), (0, 0, 0, 0), (74, 67, 64, 48)])
    features = features_of(frames, C_MAJOR)
    assert features.histograms["notes"]["rest"] == 16
    assert features.histograms["rhythm"] == {4: 12}
    assert features.histograms["soprano intervals"] == {}


def test_spelling_tells_augmented_seconds_from_minor_thirds() -> None:
    frames = frames_of_chords([(65, 60, 57, 50), (68, 59, 56, 52)])
    assert features_of(frames, A_MINOR).histograms["soprano intervals"] == {(1, 3): 1}
    assert features_of(transpose(frames, 3), Key(0, minor=True)).histograms["soprano intervals"] == {(1, 3): 1}


def test_a_transposed_piece_has_the_same_grade() -> None:
    grader = Grader([Passage("one", chorale(1)), Passage("two", chorale(2))])
    first = grader.distances(Passage("x", chorale(3)))
    second = grader.distances(Passage("y", transpose(chorale(3), 2)))
    assert tuple(first) == GRADED
    assert first == pytest.approx(second)


def test_a_piece_is_closest_to_itself() -> None:
    alone = Passage("alone", chorale(1))
    assert Grader([alone]).grade(alone) == pytest.approx(0.0)
    assert Grader([alone]).grade(Passage("other", chorale(2))) > 1


def test_parallels_count_by_how_many_there_are() -> None:
    clean = frames_of_chords(CADENCE)
    parallel = frames_of_chords([(72, 67, 64, 48), (74, 69, 65, 50), (72, 67, 64, 48)])
    octaves = frames_of_chords([(72, 65, 62, 48), (74, 65, 62, 50), (72, 65, 62, 48)])
    grader = Grader([Passage("clean", clean), Passage("parallel", parallel)])
    assert grader.distances(Passage("clean", clean))["parallels"] == 0
    assert grader.distances(Passage("octaves", octaves))["parallels"] > 0
    assert Grader([Passage("clean", clean)]).distances(Passage("octaves", octaves))["parallels"] == 0  # nothing known


def test_there_must_be_something_to_grade_by() -> None:
    with pytest.raises(ValueError, match="no pieces to grade by"):
        Grader([])


def test_onsets_make_no_difference() -> None:
    frames = chorale(4)
    struck = frames.copy()
    struck[2::4] = np.where(frames[0::4] == HOLD, REST, frames[0::4])
    struck = np.where(struck == REST, frames, struck)
    grader = Grader([Passage("one", chorale(1))])
    assert np.array_equal(hide_onsets(struck), frames)
    assert grader.grade(Passage("struck", struck)) == grader.grade(Passage("held", frames))


def test_real_bach_is_graded_as_the_paper_and_the_facts_say(jsb_pieces: list[Piece]) -> None:
    """Held-out Bach: 6.5 by another program on the same data, 4.91 in the paper, by the pieces themselves."""
    grader = Grader(Passage(piece.name, piece.frames) for piece in of_split(jsb_pieces, "train"))
    distances = [grader.distances(Passage(piece.name, piece.frames)) for piece in of_split(jsb_pieces, "test")]
    medians = {name: float(np.median([one[name] for one in distances])) for name in GRADED}
    assert np.median([sum(one.values()) for one in distances]) == pytest.approx(6.75, abs=0.05)
    paper = {"notes": 0.24, "parallels": 0.0, "soprano intervals": 0.47, "tenor intervals": 0.53}
    assert {name: medians[name] for name in paper} == pytest.approx(paper, abs=0.06)
