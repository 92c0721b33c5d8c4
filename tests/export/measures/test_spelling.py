"""Pitches get the names that they have in their key."""

from __future__ import annotations

import pytest

from companion.music.key import Key
from export.measures.spelling import LETTERS, home_shift, spell, staff_place

SIGNS = {-1: "b", 0: "", 1: "#"}


def name(pitch: int, minor: bool) -> str:
    letter, accidental = spell(pitch, minor)
    return LETTERS[letter] + SIGNS[accidental]


def test_names_in_major_and_minor() -> None:
    assert " ".join(name(pitch, False) for pitch in range(60, 72)) == "C C# D Eb E F F# G G# A Bb B"
    assert " ".join(name(pitch, True) for pitch in range(60, 72)) == "C C# D D# E F F# G G# A Bb B"


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_is_moved_home_by_the_shortest_way(tonic: int, minor: bool) -> None:
    shift = home_shift(Key(tonic, minor))
    assert -6 <= shift <= 5
    assert (tonic + shift) % 12 == (9 if minor else 0)


def test_places_on_the_staff_count_letters() -> None:
    assert staff_place(72, False) - staff_place(60, False) == 7
    assert staff_place(68, True) - staff_place(65, True) == 1  # F to G sharp: an augmented second
    assert staff_place(59, False) - staff_place(60, False) == -1
    assert staff_place(61, False) == staff_place(60, False)
