"""Four voices on a chord that is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import Babbler, random_source
from support.harmonies import pitch_classes

from companion.generation.generator import Generator
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.harmony.voicings import ALIEN, best_costs, sings
from companion.music.vocabulary import FIRST_STRIKE, RANGES, strike
from companion.sampling.draw import Sampling
from companion.sampling.rules import parallel_pairs, strikes_anew

BEFORE = tuple(map(strike, (67, 62, 59, 43)))  # G major
SYMBOLS = ["C", "Am", "D7", "F#m7b5", "Bb", "Esus4", "Caug", "C#dim7", "Fmaj7", "G/B", "C/G", "D/C", "Am7/D", "F#m"]


def chord(symbol: str) -> AskedChord:
    found = chord_of_symbol(symbol)
    assert found is not None
    return found


def sung(asked: AskedChord, seed: int, given: dict[int, int] | None = None) -> tuple[int, ...]:
    """What a model that says anything sounds after G major."""
    generator = Generator(Babbler("any"), random_source(seed))  # type: ignore[arg-type]
    _, before = generator.hear(generator.start(), np.array(BEFORE, dtype=np.int32))
    rules = (strikes_anew, sings(asked, frozenset(), tuple((given or {}).items())))
    _, after = generator.frame(before, Sampling(rules=rules), given)
    return after.history.now


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_chord_sounds_on_its_bass_without_a_fault(symbol: str) -> None:
    asked = chord(symbol)
    for seed in range(15):
        now = sung(asked, seed)
        spared = {(asked.root + 7) % 12} if len(asked.tones) > 3 else set()  # a seventh chord's fifth
        assert set(asked.tones) - spared <= pitch_classes(now) <= set(asked.tones)
        assert pitch_classes(now[3:]) <= set(asked.basses)
        assert list(now) == sorted(now, reverse=True)
        assert all(strike(low) <= code <= strike(high) for code, (low, high) in zip(now, RANGES, strict=True))
        assert not parallel_pairs(BEFORE, now)


def test_of_a_ninth_chord_the_fifth_may_be_missing_and_nothing_else() -> None:
    for seed in range(15):
        assert pitch_classes(sung(chord("A9"), seed)) == {9, 1, 7, 11}


def test_a_tune_that_is_outside_has_the_chord_below_it() -> None:
    for seed in range(15):
        now = sung(chord("C"), seed, {0: strike(69)})
        assert now[0] == strike(69)
        assert pitch_classes(now[1:]) == {0, 4, 7}
        assert pitch_classes(now[3:]) == {0}


def test_octaves_with_the_tune_are_not_the_price_of_a_root() -> None:
    """G to A in the tune, over G: an A in the bass would be in octaves with it."""
    for seed in range(15):
        now = sung(chord("Am"), seed, {0: strike(69)})
        assert not parallel_pairs(BEFORE, now)
        assert pitch_classes(now) == {9, 0, 4}


@settings(max_examples=40)
@given(st.integers(0, 11), st.sampled_from(["", "m", "7", "dim7", "sus4"]), st.lists(st.integers(0, 20), min_size=4))
def test_costs_are_of_chord_tones_and_the_best_is_none(root: int, kind: str, heights: list[int]) -> None:
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    asked = chord(f"{names[root]}{kind}")
    before = tuple(strike(low + height % (high - low)) for (low, high), height in zip(RANGES, heights, strict=False))
    known: tuple[int | None, ...] = (None,) * 4
    for voice in range(4):
        costs = best_costs(asked, frozenset(), before, known, voice)
        best = int(costs[FIRST_STRIKE:].argmin()) + FIRST_STRIKE
        assert costs[best] == 0
        assert (costs[best] <= costs).all()
        assert pitch_classes([best]) <= set(asked.tones)
        assert all(
            costs[code] >= ALIEN
            for code in range(FIRST_STRIKE, len(costs))
            if not pitch_classes([code]) <= set(asked.tones)
        )
        known = (*known[:voice], best, *known[voice + 1 :])
