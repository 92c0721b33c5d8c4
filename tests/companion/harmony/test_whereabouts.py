"""Where in its phrase a tune is that is heard for the first time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.harmony.progressions import PhrasePlace
from companion.harmony.whereabouts import MOVING, Whereabouts

EIGHT = [True] * 7 + [False]  # of a tune in phrases of eight beats, the beats on which it moves
SIX = [True] * 4 + [False] * 2


def along(moves: Iterable[bool]) -> list[Whereabouts]:
    """On each beat; the first always begins the tune."""
    first, *others = moves
    del first
    found = [Whereabouts.at_the_beginning()]
    for moved in others:
        found.append(found[-1].next(moved))
    return found


def test_a_tune_begins_with_a_phrase_and_no_close_is_near() -> None:
    places = Whereabouts.at_the_beginning().places
    assert places.sum() == pytest.approx(1)
    assert places[PhrasePlace.BEGIN] > 0.9
    assert places[PhrasePlace.CLOSE] == 0


def test_the_close_is_awaited_where_most_phrases_have_it() -> None:
    """Most phrases have eight beats, and their last chord on the eighth."""
    likely = [where.places for where in along([True] * 8)]
    places = [int(each.argmax()) for each in likely]
    assert places[4:] == [PhrasePlace.LAST_BUT_TWO, PhrasePlace.LAST_BUT_ONE, PhrasePlace.LAST, PhrasePlace.CLOSE]
    assert likely[7][PhrasePlace.CLOSE] > 0.5
    assert max(each[PhrasePlace.CLOSE] for each in likely[:5]) < 0.1


def test_a_tune_that_stands_says_that_a_chord_is_held_and_one_that_moves_that_none_is() -> None:
    stood, moved = (along([True] * 7 + [last])[-1].places for last in (False, True))
    assert stood.sum() < 0.5
    assert moved.sum() > 0.9


def test_phrases_of_another_length_are_followed() -> None:
    """After three phrases of six beats the fourth closes where they did, though such phrases are seldom."""
    heard = along(SIX * 4)
    fifth_beats = [heard[6 * phrase + 4].places[PhrasePlace.CLOSE] for phrase in range(4)]
    assert min(fifth_beats[1:]) > fifth_beats[0]


def test_the_next_phrase_begins_after_the_last_chord() -> None:
    begins = [where.places[PhrasePlace.BEGIN] for where in along(EIGHT + EIGHT)]
    assert np.argmax(begins[1:]) + 1 == 8


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_whatever_a_tune_does_shares_are_shares(moves: list[bool]) -> None:
    for where in along(moves):
        assert where.likely.sum() == pytest.approx(1)
        assert (where.places >= 0).all()
        assert where.places.sum() <= 1 + 1e-9


def test_there_is_a_share_for_each_place_and_for_what_is_held() -> None:
    assert len(MOVING) == len(PhrasePlace) + 1
    assert MOVING[-1] < MOVING[:-1].min()
