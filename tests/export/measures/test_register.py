"""Whether voices stay, by lines that do and that do not."""

from __future__ import annotations

import numpy as np
from support.made_up import frames_of_chords

from companion.music.vocabulary import IntArray
from export.measures import register
from export.measures.passage import Passage
from export.measures.tally import Tally

SOPRANO, BASS = 0, 3


def bars(*sopranos: int, bass: int = 48) -> IntArray:
    """Two bars on each pitch."""
    return frames_of_chords([(soprano, 60, 55, bass) for soprano in sopranos], steps=32)


def test_a_window_is_away_beyond_a_fourth_from_the_first() -> None:
    passage = Passage("x", bars(70, 75, 76, 64, 65))
    assert register.windows_away(passage, SOPRANO) == Tally(2, 4)
    assert register.windows_away(passage, BASS) == Tally(0, 4)
    assert register.drift(passage, SOPRANO).tolist() == [5, 6, -6, -5]
    assert register.lowest(passage, SOPRANO).tolist() == [64]


def test_what_goes_on_is_compared_with_the_opening_that_it_was_given() -> None:
    passage = Passage("x", bars(72, 60, 72), start=64)
    assert register.drift(passage, SOPRANO).tolist() == [0]
    assert register.windows_away(Passage("x", bars(60, 72), start=32), SOPRANO) == Tally(1, 1)


def test_silence_is_nowhere() -> None:
    silent = np.concatenate([bars(70), frames_of_chords([(0, 60, 55, 48)], steps=32), bars(70)])
    assert register.windows_away(Passage("x", silent), SOPRANO) == Tally(0, 1)
    assert register.lowest(Passage("x", frames_of_chords([(0, 60, 55, 48)])), SOPRANO).tolist() == []
