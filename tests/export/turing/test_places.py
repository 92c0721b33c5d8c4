"""Where excerpts begin: at phrases of held-out pieces that are like no training piece."""

from __future__ import annotations

import numpy as np
import pytest
from support.blind import held_out
from support.made_up import chorale, piece_of

from companion.errors import BadSetting
from companion.harmony.tunes import tune_form
from export.data.pieces import Piece
from export.turing.places import PhraseStart, choose_places

BAR = 16


def chosen(pieces: list[Piece], count: int, steps: int = BAR, seed: int = 1) -> list[PhraseStart]:
    return choose_places(pieces, count, steps, np.random.default_rng(seed))


def test_each_place_begins_a_phrase_of_another_piece_with_room_on_both_sides() -> None:
    places = chosen(held_out(), 6, 4 * BAR)
    assert sorted(place.piece.name for place in places) == [f"test-{number}" for number in range(1, 7)]
    for place in places:
        spans = tune_form(place.piece.frames[:, 0]).spans
        assert place.start in [span.start for span in spans]
        assert 2 * BAR <= place.start <= spans[-1].close - 4 * BAR


def test_the_dice_choose_pieces_and_places() -> None:
    def found(seed: int) -> list[tuple[str, int]]:
        return [(place.piece.name, place.start) for place in chosen(held_out(), 4, seed=seed)]

    assert found(1) == found(1)
    assert len({tuple(found(seed)) for seed in range(8)}) > 4


def test_what_is_like_a_training_piece_is_not_heard() -> None:
    twin = piece_of("twin", "test", chorale(0, 48))
    with pytest.raises(BadSetting, match=r"7 held-out pieces are needed.* and 6 have 1 bars"):
        chosen([*held_out(), twin], 7)


def test_a_long_opening_is_heard_whole_or_not_at_all() -> None:
    pieces = [piece_of("long", "test", chorale(3, 400))]
    assert max(chosen(pieces, 1, seed=seed)[0].start for seed in range(40)) <= 512


def test_so_many_bars_as_the_piece_has_left() -> None:
    piece = piece_of("short", "test", chorale(1, 33))
    assert [PhraseStart(piece, start).bars_left for start in (32, 68, 116)] == [7, 4, 1]
