"""Whole chords, and the triad of a close: against their definitions, token by token."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import Babbler, random_source, ruled

from companion.generation.closes import closing_quality
from companion.generation.generator import Generator
from companion.model.codes import NOTHING, SILENCE, UNDECIDED
from companion.model.features import History, sounding_code
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import Sampling
from companion.sampling.harmony import (
    AWAY_PENALTY,
    close_on_triad,
    dissonant_with,
    is_dissonant,
    triads_of,
    whole_chord,
)
from companion.sampling.rules import NoteContext, no_crossing, strikes_anew

C_MAJOR, A_MINOR = Key(0, False), Key(9, True)
FLAT = np.zeros(VOCABULARY_SIZE)
C5, G4, E4, C3 = strike(72), strike(67), strike(64), strike(48)
TOKENS = st.one_of(st.just(REST), st.just(HOLD), st.integers(FIRST_STRIKE, VOCABULARY_SIZE - 1))
CODES = st.one_of(st.just(NOTHING), st.integers(FIRST_STRIKE, VOCABULARY_SIZE - 1))

# Spelt out, not worked out: the chords on C.
CHORDS_ON_C = [
    *({0, 4, 7}, {0, 3, 7}, {0, 3, 6}),
    *({0, 4, 7, 10}, {0, 3, 7, 10}, {0, 4, 7, 11}, {0, 3, 6, 9}, {0, 3, 6, 10}),
]


def context(voice: int, tokens: Sequence[int], now: Sequence[int] = (C5, G4, E4, C3), beat: int = 0) -> NoteContext:
    history = History(tuple(now), tuple(now), tuple(now), (1, 1, 1, 1))
    return NoteContext(voice, tuple(tokens), tuple(map(sounding_code, tokens, now)), history, beat)


def classes(at: NoteContext, token: int) -> set[int]:
    """What would sound of the decided voices and this one."""
    sounding = [*at.codes, sounding_code(token, at.history.now[at.voice])]
    return {(code - FIRST_STRIKE) % 12 for code in sounding if code >= FIRST_STRIKE}


@st.composite
def moments(draw: st.DrawFn) -> NoteContext:
    voice = draw(st.integers(0, 3))
    tokens = [draw(st.one_of(st.just(UNDECIDED), TOKENS)) for _ in range(4)]
    tokens[voice] = UNDECIDED
    return context(voice, tokens, [draw(CODES) for _ in range(4)])


class TestWholeChord:
    @given(moments(), st.sampled_from(CHORDS_ON_C), st.integers(0, 11))
    def test_what_cannot_become_it_is_forbidden(self, at: NoteContext, shape: set[int], root: int) -> None:
        chord = {(tone + root) % 12 for tone in shape}
        to_come = at.tokens.count(UNDECIDED) - 1
        scores = ruled(whole_chord(frozenset(chord)), FLAT, at)
        for token in range(VOCABULARY_SIZE):
            sounding = classes(at, token)
            reached = sounding <= chord and len(chord - sounding) <= to_come
            assert scores[token] == (0.0 if reached else -math.inf), token

    def test_it_is_reached_by_a_model_that_says_anything(self) -> None:
        chord = frozenset({2, 7, 11})
        sampling = Sampling(rules=(strikes_anew, whole_chord(chord)))
        for seed in range(40):
            generator = Generator(Babbler("any"), random_source(seed))  # type: ignore[arg-type]
            frame, _ = generator.frame(generator.start(), sampling)
            assert {pitch % 12 for pitch in frame.pitches if pitch is not None} == chord

    def test_equal_chords_have_one_rule(self) -> None:
        """So that equal guidance is equal."""
        assert whole_chord(frozenset({0, 4, 7})) is whole_chord(frozenset({7, 4, 0}))


class TestDissonance:
    @given(st.lists(st.integers(36, 81), min_size=1, max_size=4))
    def test_it_is_what_fits_no_chord(self, pitches: list[int]) -> None:
        classes = frozenset(pitch % 12 for pitch in pitches)
        chords = ({(tone + root) % 12 for tone in chord} for chord in CHORDS_ON_C for root in range(12))
        fits = any(classes <= chord for chord in chords)
        assert is_dissonant([strike(pitch) for pitch in pitches]) is not fits

    def test_silence_is_none(self) -> None:
        assert not is_dissonant([NOTHING, SILENCE])

    @given(moments(), st.data())
    def test_of_a_note_it_is_that_with_which_nothing_fits(self, at: NoteContext, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from([HOLD, *range(FIRST_STRIKE, VOCABULARY_SIZE)]))
        codes = list(at.codes)
        codes[at.voice] = at.history.now[at.voice] if token == HOLD else token
        assert bool(dissonant_with(at)[token]) is is_dissonant(codes)


class TestCloseOnTriad:
    def test_the_triads_of_a_key(self) -> None:
        assert triads_of(C_MAJOR) == {
            frozenset(triad) for triad in ({0, 4, 7}, {2, 5, 9}, {4, 7, 11}, {5, 9, 0}, {7, 11, 2}, {9, 0, 4})
        }
        assert frozenset({9, 1, 4}) in triads_of(A_MINOR)  # ends in major
        assert frozenset({4, 8, 11}) in triads_of(A_MINOR)  # its dominant
        assert frozenset({2, 6, 9}) not in triads_of(A_MINOR)

    @given(moments(), st.sampled_from([C_MAJOR, A_MINOR, Key(6, False)]))
    def test_what_cannot_become_one_is_forbidden(self, at: NoteContext, key: Key) -> None:
        to_come = at.tokens.count(UNDECIDED) - 1
        scores = ruled(close_on_triad(key), FLAT, at)
        for token in range(VOCABULARY_SIZE):
            sounding = classes(at, token)
            reached = [triad for triad in triads_of(key) if sounding <= triad and len(triad - sounding) <= to_come]
            home = any({key.tonic, (key.tonic + 7) % 12} <= triad for triad in reached)
            assert scores[token] == (0.0 if home else -AWAY_PENALTY if reached else -math.inf), token

    def test_every_chord_it_leads_to_is_full(self) -> None:
        """A model that says anything closes as well as can be but for the root."""
        sampling = Sampling(rules=(strikes_anew, close_on_triad(C_MAJOR), no_crossing))
        for seed in range(40):
            generator = Generator(Babbler("any"), random_source(seed))  # type: ignore[arg-type]
            frame, _ = generator.frame(generator.start(), sampling)
            assert {pitch % 12 for pitch in frame.pitches if pitch is not None} in triads_of(C_MAJOR)
            assert closing_quality(frame.pitches, C_MAJOR) >= 4

    def test_equal_keys_have_one_rule(self) -> None:
        """So that equal guidance is equal."""
        assert close_on_triad(Key(5, True)) is close_on_triad(Key(5, True))
