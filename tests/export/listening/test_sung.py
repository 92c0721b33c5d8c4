"""Tunes of one voice, counted by hand."""

from __future__ import annotations

import numpy as np

from companion.music.vocabulary import HOLD, REST, strike
from export.data.pieces import Piece
from export.listening.sung import bars_again, describe_sung, notes_on_beats

C, D, G = strike(60), strike(62), strike(67)


def tune(line: list[int], first_step: int = 0, bar_steps: int | None = 4) -> Piece:
    frames = np.full((len(line), 4), REST, dtype=np.int32)
    frames[:, 0] = line
    return Piece("tune", "test", frames, onsets_known=True, first_step=first_step, bar_steps=bar_steps)


def test_notes_begin_on_beats_of_the_bar_and_no_others() -> None:
    line = [C, HOLD, D, HOLD, HOLD, HOLD, G, HOLD]
    assert (notes_on_beats(tune(line)).found, notes_on_beats(tune(line)).among) == (1, 3)
    assert notes_on_beats(tune(line, first_step=2)).found == 2


def test_a_bar_comes_again_whatever_lies_between_and_a_pickup_is_no_bar() -> None:
    one, other = [C, HOLD, D, HOLD], [C, D, G, HOLD]
    again = bars_again(tune([D, HOLD, *one, *other, *one, *one, C], first_step=2))
    assert (again.found, again.among) == (2, 4)


def test_where_bars_are_not_known_they_are_of_four_beats() -> None:
    assert bars_again(tune([C, HOLD] * 16, bar_steps=None)).found == 1


def test_a_line_says_all_of_it() -> None:
    said = describe_sung("mine", [tune([C, HOLD, D, HOLD, G, HOLD, HOLD, HOLD])])
    assert said.startswith("  mine             notes on the beat 67%, motions by step 50%, by a fourth or more 50%, ")
    assert said.endswith(", bars that came before 0%")
