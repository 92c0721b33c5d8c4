"""Chord symbols, and the tones that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.harmony.chords import QUALITIES, Chord
from companion.harmony.symbols import AskedChord, chord_of_symbol

# Tones above the root of what stands behind a G.
KINDS = {
    "": (0, 4, 7),
    "maj": (0, 4, 7),
    "m": (0, 3, 7),
    "-": (0, 3, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "Δ": (0, 4, 7, 11),
    "Δ7": (0, 4, 7, 11),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "-7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "m7(b5)": (0, 3, 6, 10),
    "ø": (0, 3, 6, 10),
    "ø7": (0, 3, 6, 10),
    "dim": (0, 3, 6),
    "°": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "°7": (0, 3, 6, 9),
    "o7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "+": (0, 4, 8),
    "+7": (0, 4, 8, 10),
    "7#5": (0, 4, 8, 10),
    "7b5": (0, 4, 6, 10),
    "sus4": (0, 5, 7),
    "sus": (0, 5, 7),
    "sus2": (0, 2, 7),
    "7sus4": (0, 5, 7, 10),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "add9": (0, 2, 4, 7),
    "madd9": (0, 2, 3, 7),
    "mmaj7": (0, 3, 7, 11),
    "m(maj7)": (0, 3, 7, 11),
    "5": (0, 7),
    # Of five tones and more four voices sing the third, the seventh and the highest.
    "9": (0, 2, 4, 10),
    "m9": (0, 2, 3, 10),
    "maj9": (0, 2, 4, 11),
    "13": (0, 4, 9, 10),
    "7b9": (0, 1, 4, 10),
    "6/9": (0, 2, 4, 9),
}
ROOTS = {"C": 0, "C#": 1, "D♭": 1, "Eb": 3, "E": 4, "F♯": 6, "Fis": 6, "Es": 3, "As": 8, "Bb": 10, "B": 11, "H": 11}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    chord = chord_of_symbol(f"G{kind}")
    assert chord is not None
    assert {(tone - 7) % 12 for tone in chord.tones} == set(KINDS[kind])
    assert chord.basses == (7,)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("kind", ["", "m7", "sus4"])
def test_roots(root: str, kind: str) -> None:
    chord = chord_of_symbol(f"{root}{kind}")
    assert chord is not None
    assert chord.root == ROOTS[root]
    assert {(tone - chord.root) % 12 for tone in chord.tones} == set(KINDS[kind])


@pytest.mark.parametrize(
    ("symbol", "tones", "bass"),
    [
        ("G/B", {7, 11, 2}, 11),
        ("Am7/G", {9, 0, 4, 7}, 7),
        ("D7/F#", {2, 6, 9, 0}, 6),
        ("C/D", {0, 4, 7, 2}, 2),  # a bass that is none of its tones sounds beside them
        ("C9/E", {0, 4, 10, 2}, 4),
        ("Bb/As", {10, 2, 5, 8}, 8),
    ],
)
def test_the_bass_behind_a_slash(symbol: str, tones: set[int], bass: int) -> None:
    chord = chord_of_symbol(symbol)
    assert chord is not None
    assert (set(chord.tones), chord.basses) == (tones, (bass,))


@pytest.mark.parametrize(
    "symbol",
    ["", "X", "g", "Gx", "Amen", "Glory", "Chorus", "G/", "C/E7", "G7/X", "Gsus9", "N.C.", "Verse 1", "Do", "%"],
)
def test_what_is_none(symbol: str) -> None:
    assert chord_of_symbol(symbol) is None


@given(st.text(max_size=12))
def test_any_text_is_a_chord_or_none(text: str) -> None:
    chord = chord_of_symbol(text)
    assert chord is None or 2 <= len(chord.tones) <= 4


@given(st.integers(0, 11), st.sampled_from(range(len(QUALITIES))), st.integers(0, 3))
def test_chords_that_are_counted_are_found_among_them(root: int, quality: int, inversion: int) -> None:
    chord = Chord(root, quality, root)
    bass = chord.tones[inversion % len(chord.tones)]
    found = AskedChord(root, QUALITIES[quality][1:], bass).counted
    assert found is not None
    assert (set(found.tones), found.bass) == (set(chord.tones), bass)


def test_a_sixth_chord_is_a_seventh_chord_on_its_sixth() -> None:
    chord = chord_of_symbol("C6")
    assert chord is not None
    assert chord.counted == Chord(9, 4, 0)


def test_what_bach_has_not_is_counted_as_nothing() -> None:
    for symbol in ("Gsus4", "Gaug", "Gadd9", "C/D"):
        chord = chord_of_symbol(symbol)
        assert chord is not None and chord.counted is None


def test_a_chord_that_goes_on_may_leave_its_root() -> None:
    chord = chord_of_symbol("G")
    assert chord is not None
    assert [option.basses for option in chord._replace(goes_on=True).options] == [(7,), (11,)]
    assert chord.options == (chord,)
    named = chord._replace(slash=2, goes_on=True)
    assert [option.basses for option in named.options] == [(2,)]


def test_more_tones_than_voices() -> None:
    for symbol, more in {"C9": True, "C13": True, "C7": False, "C6": False, "Cadd9": False, "Am7/D": True}.items():
        chord = chord_of_symbol(symbol)
        assert chord is not None and chord.left_out == more
