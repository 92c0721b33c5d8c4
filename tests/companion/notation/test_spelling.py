"""Pitches are spelled as Bach spelled them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from companion.notation.musicxml.files import read_musicxml
from companion.notation.score import KeySign, NoteName, sounds_of
from companion.notation.spelling import ToSpell, fifth_of, note_name, scale, spelled


def names(pitches: list[int], key: KeySign) -> list[str]:
    """A line of one note after another, as it is spelled."""
    line = [ToSpell(at, at + 1, pitch, 0) for at, pitch in enumerate(pitches)]
    signs = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}
    return [f"{name.step}{signs[name.alter]}{name.octave}" for name in spelled(line, key)]


@pytest.mark.parametrize(
    ("pitches", "key", "says"),
    [
        ([60, 62, 64], KeySign(0, "major"), ["C4", "D4", "E4"]),
        ([66, 70, 73], KeySign(6, "major"), ["F#4", "A#4", "C#5"]),
        ([66, 70, 73], KeySign(-6, "major"), ["Gb4", "Bb4", "Db5"]),
        ([67, 66, 67], KeySign(-2, "minor"), ["G4", "F#4", "G4"]),  # the leading note of a key with flats
        ([71, 72], KeySign(-3, "minor"), ["B4", "C5"]),
        ([59, 60], KeySign(7, "major"), ["B3", "B#3"]),
        ([60, 61, 62], KeySign(0, "major"), ["C4", "C#4", "D4"]),  # up by a sharp …
        ([64, 63, 62], KeySign(0, "major"), ["E4", "Eb4", "D4"]),  # … and down by a flat
        ([71, 70, 69], KeySign(0, "major"), ["B4", "Bb4", "A4"]),
    ],
)
def test_by_the_key_and_where_it_goes(pitches: list[int], key: KeySign, says: list[str]) -> None:
    assert names(pitches, key) == says


def test_by_what_sounds_with_it() -> None:
    chord = [ToSpell(0, 4, pitch, line) for line, pitch in enumerate((59, 63, 66))]
    assert spelled(chord, KeySign(0, "minor"))[1] == NoteName("D", 1, 4)  # B D# F#, not Eb


def test_those_that_are_written_stay_and_the_others_go_with_them() -> None:
    chord = [ToSpell(0, 4, 68, 0), ToSpell(0, 4, 61, 1)]
    assert spelled(chord, KeySign(0), [NoteName("A", -1, 4), None]) == [NoteName("A", -1, 4), NoteName("D", -1, 4)]


@given(some.integers(0, 127), some.integers(-14, 20))
def test_a_name_has_its_pitch(pitch: int, near: int) -> None:
    fifth = next(one for one in range(near, near + 12) if (7 * pitch - one) % 12 == 0)
    name = note_name(pitch, fifth)
    assert (name.pitch, fifth_of(name)) == (pitch, fifth)


@pytest.mark.train
def test_of_bachs_notes_out_of_the_scale_ninety_five_of_a_hundred_are_spelled_as_his() -> None:
    """All 408 chorales: 99.91 % of 92,083 notes, and 98.8 % of those out of the scale."""
    pytest.importorskip("music21", reason="has the chorales (extra: train)")
    from tests.roundtrip import chorales  # noqa: PLC0415

    wrong = chromatic = 0
    for path in chorales()[::20]:
        score = read_musicxml(path)
        key = score.key or KeySign(0)
        lines = [line for part in score.parts for line in part.lines]
        tied = [(at, one) for at, line in enumerate(lines) for one in sounds_of(line.notes)]
        found = spelled([ToSpell(one.start, one.end, one.pitch, at) for at, one in tied], key)
        low, high = scale(key)
        for name, (_, one) in zip(found, tied, strict=True):
            own = one.pieces[0].spelling
            assert own is not None
            chromatic += not low <= fifth_of(own) <= high
            wrong += name != own
    assert chromatic > 200
    assert wrong <= 0.05 * chromatic
