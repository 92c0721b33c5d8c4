"""Names of chords."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.music.chords import chord_name


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ((72, 67, 64, 48), "C"),
        ((76, 67, 60, 52), "C/E"),
        ((72, 64, 57, 45), "Am"),
        ((71, 67, 64, 47), "Em/B"),
        ((72, 66, 62, 50), "D7"),
        ((72, 69, 62, 54), "D7/F#"),
        ((72, 67, 64, 57), "Am7"),
        ((71, 67, 64, 60), "Cmaj7"),
        ((71, 65, 62, 50), "Bdim/D"),
        ((69, 65, 62, 59), "Bm7b5"),
        ((71, 68, 65, 62), "Ddim7"),
        ((68, 64, 60, 48), "Caug"),
        ((72, 67, 65, 48), "Csus4"),
        ((72, 64, 60, 48), "C"),  # without its fifth
        ((72, 63, 60, 48), "Cm"),
        ((67, 60, 55, 48), "C5"),
        ((70, 64, 60, 48), "C7"),
        ((60, 72, 48, None), ""),  # one note in octaves
        ((73, 72, 71, 70), ""),
        ((None, None, None, None), ""),
        ((None, 64, None, 48), "C"),
    ],
)
def test_names(pitches: Sequence[int | None], name: str) -> None:
    assert chord_name(pitches) == name


@given(st.lists(st.none() | st.integers(0, 127), max_size=4))
def test_any_pitches_have_a_name_or_none(pitches: list[int | None]) -> None:
    assert len(chord_name(pitches)) < 10
