"""Cadences by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.harmony.cadences import CADENCE_KINDS, cadence_of
from companion.harmony.keys import EVERY_KEY
from companion.harmony.symbols import chord_of_symbol
from companion.music.key import Key

KINDS, KEYS, TONES = st.sampled_from(CADENCE_KINDS), st.sampled_from(EVERY_KEY), st.integers(0, 11)


def names(symbols: str) -> set[tuple[int, frozenset[int], int]]:
    found = (chord_of_symbol(symbol) for symbol in symbols.split())
    return {(chord.root, frozenset(chord.tones), chord.basses[0]) for chord in found if chord}


@pytest.mark.parametrize(
    ("kind", "key", "before", "last"),
    [
        ("authentic", "C major", "G G7", "C"),
        ("authentic", "A minor", "E E7", "Am A"),
        ("authentic", "D dorian", "A A7", "Dm D"),
        ("authentic", "G mixolydian", "Dm Dm7", "G"),
        ("authentic", "E phrygian", "Dm Dm/F", "Em E"),
        ("half", "C major", "C F Dm C/E F/A Dm/F", "G"),
        ("half", "A minor", "Am Dm Am/C Dm/F Bdim/D", "E"),
        ("deceptive", "C major", "G G7", "Am"),
        ("deceptive", "A minor", "E E7", "F"),
        ("plagal", "C major", "F", "C"),
        ("plagal", "A minor", "Dm", "Am A"),
        ("plagal", "D dorian", "G", "Dm D"),
    ],
)
def test_their_chords(kind: str, key: str, before: str, last: str) -> None:
    found = cadence_of(kind, Key.of_name(key))
    assert found is not None
    for chords, symbols in ((found.before, before), (found.last, last)):
        assert {(chord.root, frozenset(chord.tones), chord.basses[0]) for chord in chords} == names(symbols)


@given(KINDS, KEYS, TONES)
def test_the_last_chord_has_the_tone_of_the_tune(kind: str, key: Key, sung: int) -> None:
    found = cadence_of(kind, key, sung)
    assert found is None or all(sung in chord.tones for chord in found.last)


@given(KINDS, KEYS, TONES, TONES)
def test_bass_and_tune_come_in_no_octaves(kind: str, key: Key, before: int, sung: int) -> None:
    found = cadence_of(kind, key, sung, before)
    if found is not None and before != sung:
        for chord in found.before:
            assert not (chord.basses[0] == before and found.last[0].basses[0] == sung)


@given(KEYS)
def test_where_home_is_not_possible_it_is_near(key: Key) -> None:
    second = (key.tonic + 2) % 12
    found = cadence_of("authentic", key, second)
    assert found is not None and found.tonic != key.tonic and second in found.last[0].tones


def test_what_is_not_possible() -> None:
    assert cadence_of("plagal", Key(0, False), 2) is None
    assert cadence_of("deceptive", Key(0, False), 7) is None
