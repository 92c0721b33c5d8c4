"""Voices that come to notes that are known: no parallels, no leaps, and nothing held that is over."""

from __future__ import annotations

import math

import numpy as np
from support.fakes import ruled

from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import History
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.joining import anew, joins, parallels_in
from companion.sampling.rules import LogProbs, NoteContext

ALTO, BASS = 1, 3
FLAT: LogProbs = np.zeros(VOCABULARY_SIZE)
FOLLOWING = (strike(72), strike(67), strike(64), strike(48))


def context(voice: int, bass: int | None = None, held: int | None = None) -> NoteContext:
    codes = (NOTHING, NOTHING, NOTHING, NOTHING if bass is None else strike(bass))
    now = tuple(strike(held) if held is not None and one == voice else NOTHING for one in range(4))
    return NoteContext(voice, (UNDECIDED,) * 4, codes, History(now=now))


def test_no_voice_comes_in_parallel_with_one_that_is_decided() -> None:
    scores = ruled(joins(FOLLOWING), FLAT, context(ALTO, bass=50))  # D to C below, G to come
    forbidden = [token for token in range(FIRST_STRIKE, VOCABULARY_SIZE) if scores[token] == -math.inf]
    assert forbidden == [strike(pitch) for pitch in (43, 57, 69, 81)]
    assert not np.isinf(ruled(joins(FOLLOWING), FLAT, context(ALTO, bass=48))).any(), "the bass stays"
    assert not np.isinf(ruled(joins(FOLLOWING), FLAT, context(ALTO))).any(), "the bass is not decided"


def test_what_is_held_counts_as_if_it_were_struck() -> None:
    scores = ruled(joins(FOLLOWING), FLAT, context(ALTO, bass=50, held=69))
    assert scores[HOLD] == scores[strike(69)] == -math.inf
    assert ruled(joins(FOLLOWING), FLAT, context(ALTO, held=67))[HOLD] == 0


def test_steps_cost_nothing_and_leaps_by_their_width() -> None:
    scores = ruled(joins(FOLLOWING), FLAT, context(ALTO))
    assert [scores[strike(pitch)] for pitch in (65, 66, 67, 68, 69)] == [0.0] * 5
    assert 0 > scores[strike(70)] > scores[strike(74)]
    assert scores[strike(45)] == scores[strike(43)], "beyond an octave and more it is all the same"
    assert scores[REST] == scores[HOLD] == 0


def test_nothing_is_asked_of_a_voice_that_rests_then() -> None:
    assert not ruled(joins((REST, REST, REST, REST)), FLAT, context(ALTO, bass=50)).any()


def test_notes_begin_anew_in_those_voices_only() -> None:
    assert ruled(anew(frozenset({ALTO})), FLAT, context(ALTO))[HOLD] == -math.inf
    assert not ruled(anew(frozenset({ALTO})), FLAT, context(BASS)).any()


def test_parallels_are_counted_by_pairs_of_voices_that_move() -> None:
    def chord(*pitches: int) -> list[int]:
        return [strike(pitch) for pitch in pitches]

    octaves_and_fifths = [chord(72, 67, 64, 48), chord(74, 69, 65, 50)]
    assert parallels_in(octaves_and_fifths) == 2  # soprano and bass in octaves, alto and bass in fifths
    assert parallels_in([chord(72, 67, 64, 48)] * 2) == 0
    assert parallels_in([chord(72, 67, 64, 48), chord(71, 67, 62, 55)]) == 0
    assert parallels_in([[REST] * 4, *octaves_and_fifths, [REST] * 4]) == 2
