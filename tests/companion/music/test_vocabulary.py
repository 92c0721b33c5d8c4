"""Tokens, frames and notes: nothing is lost between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import canonical_frames

from companion.music.vocabulary import (
    FIRST_STRIKE,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    RANGES,
    REST,
    VOCABULARY_SIZE,
    VOICES,
    IntArray,
    Note,
    canonical,
    excerpt,
    fingerprint,
    frames_of_notes,
    hide_onsets,
    notes_of_frames,
    sounding_pitches,
    sounding_tokens,
    strike,
    struck_pitch,
    transpose,
    voice_index,
)
from export.data.pieces import transpositions

ANY_FRAMES = st.lists(st.tuples(*[st.integers(0, VOCABULARY_SIZE - 1)] * 4), min_size=1, max_size=16).map(
    lambda rows: np.array(rows, dtype=np.int32)
)


def column(*tokens: int) -> IntArray:
    """Frames whose four voices do the same."""
    return np.repeat(np.array(tokens, dtype=np.int32)[:, None], 4, axis=1)


def naive_sounding(frames: IntArray) -> IntArray:
    sounding = np.zeros_like(frames)
    for voice in range(4):
        token = REST
        for step, said in enumerate(frames[:, voice]):
            token = token if said == HOLD else said
            sounding[step, voice] = token
    return sounding


class TestTokens:
    def test_each_pitch_has_a_token_of_its_own(self) -> None:
        tokens = [strike(pitch) for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1)]
        assert tokens == list(range(FIRST_STRIKE, VOCABULARY_SIZE))
        assert [struck_pitch(token) for token in tokens] == list(range(36, 82))

    @pytest.mark.parametrize("pitch", [35, 82, -1, 1000])
    def test_pitch_outside(self, pitch: int) -> None:
        with pytest.raises(ValueError, match=rf"pitch {pitch} is outside 36\.\.81"):
            strike(pitch)

    @pytest.mark.parametrize("token", [REST, HOLD, VOCABULARY_SIZE, -1])
    def test_token_without_a_pitch(self, token: int) -> None:
        with pytest.raises(ValueError, match=rf"token {token} strikes no pitch \(2\.\.47 do\)"):
            struck_pitch(token)

    def test_voice_names(self) -> None:
        assert [voice_index(name) for name in ("soprano", " Alto", "TENOR", "bass", "1", "4")] == [0, 1, 2, 3, 0, 3]
        with pytest.raises(ValueError, match="unknown voice 'baritone'; choose one of soprano, alto, tenor, bass or"):
            voice_index("baritone")

    def test_fingerprint_is_that_of_the_models_there_are(self) -> None:
        """Another fingerprint makes every exported model unusable: change it on purpose or not at all."""
        assert fingerprint() == "0c7f96c668ab9332"

    def test_ranges_lie_in_the_vocabulary_from_high_to_low(self) -> None:
        assert len(RANGES) == len(VOICES)
        assert all(LOWEST_PITCH <= low < high <= HIGHEST_PITCH for low, high in RANGES)
        assert all(above[0] > below[0] and above[1] > below[1] for above, below in pairwise(RANGES))


class TestSounding:
    @given(ANY_FRAMES)
    def test_holds_go_on_with_what_is_before_them(self, frames: IntArray) -> None:
        tokens = naive_sounding(frames)
        np.testing.assert_array_equal(sounding_tokens(frames), tokens)
        np.testing.assert_array_equal(sounding_pitches(frames), np.where(tokens == REST, 0, tokens + 34))

    @given(ANY_FRAMES)
    def test_canonical_frames_sound_the_same_and_hold_no_silence(self, frames: IntArray) -> None:
        tidy = canonical(frames)
        np.testing.assert_array_equal(sounding_tokens(tidy), sounding_tokens(frames))
        assert not np.any((tidy == HOLD) & (sounding_tokens(tidy) == REST))
        np.testing.assert_array_equal(canonical(tidy), tidy)

    @given(ANY_FRAMES, ANY_FRAMES)
    def test_leading_axes(self, one: IntArray, other: IntArray) -> None:
        steps = min(len(one), len(other))
        both = np.stack([one[:steps], other[:steps]])
        for function in (sounding_tokens, sounding_pitches, canonical, hide_onsets):
            np.testing.assert_array_equal(function(both), [function(one[:steps]), function(other[:steps])])

    @given(ANY_FRAMES)
    def test_hidden_onsets(self, frames: IntArray) -> None:
        hidden = hide_onsets(frames)
        np.testing.assert_array_equal(sounding_pitches(hidden), sounding_pitches(frames))
        np.testing.assert_array_equal(hide_onsets(hidden), hidden)
        pitches = sounding_pitches(frames)
        repeated = (pitches[1:] == pitches[:-1]) & (pitches[1:] > 0)
        np.testing.assert_array_equal(hidden[1:] == HOLD, repeated)

    def test_hidden_onsets_by_hand(self) -> None:
        frames = column(HOLD, 20, 20, HOLD, 21, REST, HOLD, 21)
        np.testing.assert_array_equal(hide_onsets(frames), column(REST, 20, HOLD, HOLD, 21, REST, REST, 21))


class TestNotes:
    @given(canonical_frames())
    def test_frames_to_notes_and_back(self, frames: IntArray) -> None:
        np.testing.assert_array_equal(frames_of_notes(notes_of_frames(frames), len(frames)), frames)

    @given(canonical_frames())
    def test_notes_to_frames_and_back(self, frames: IntArray) -> None:
        notes = notes_of_frames(frames)
        assert notes == sorted(notes)
        assert notes_of_frames(frames_of_notes(reversed(notes), len(frames))) == notes

    def test_by_hand(self) -> None:
        notes = [Note(0, 0, 72, 2), Note(0, 3, 48, 4), Note(2, 0, 72, 1), Note(3, 1, 65, 1)]
        s, b, a = strike(72), strike(48), strike(65)
        frames = [[s, 0, 0, b], [HOLD, 0, 0, HOLD], [s, 0, 0, HOLD], [0, a, 0, HOLD]]
        np.testing.assert_array_equal(frames_of_notes(notes, 4), frames)
        assert notes_of_frames(np.array(frames)) == notes

    def test_what_overlaps_or_lies_beyond_is_cut(self) -> None:
        notes = [Note(0, 0, 60, 9), Note(2, 0, 62, 9), Note(4, 1, 60, 1), Note(9, 1, 60, 1)]
        assert notes_of_frames(frames_of_notes(notes, 4)) == [Note(0, 0, 60, 2), Note(2, 0, 62, 2)]


class TestExcerpt:
    @given(canonical_frames(least=2), st.data())
    def test_sounds_as_the_whole_does_there(self, frames: IntArray, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(frames) - 1))
        steps = data.draw(st.integers(1, len(frames)))
        before = frames.copy()
        piece = excerpt(frames, start, steps)
        np.testing.assert_array_equal(sounding_pitches(piece), sounding_pitches(frames)[start : start + steps])
        np.testing.assert_array_equal(piece[1:], frames[start + 1 : start + steps])
        assert not np.any(piece[0] == HOLD)
        np.testing.assert_array_equal(frames, before)


class TestTranspose:
    @given(canonical_frames(), st.integers(-60, 60))
    def test_there_and_back_or_not_at_all(self, frames: IntArray, semitones: int) -> None:
        pitches = frames[frames >= FIRST_STRIKE] + 34
        fits = np.all((pitches + semitones >= LOWEST_PITCH) & (pitches + semitones <= HIGHEST_PITCH))
        if not fits:
            with pytest.raises(ValueError, match=rf"transposing by {semitones} leaves 36\.\.81"):
                transpose(frames, semitones)
            return
        moved = transpose(frames, semitones)
        sounding = sounding_pitches(frames)
        np.testing.assert_array_equal(sounding_pitches(moved), np.where(sounding > 0, sounding + semitones, 0))
        np.testing.assert_array_equal(transpose(moved, -semitones), frames)

    @given(canonical_frames())
    def test_every_transposition_for_training_stays_in_the_vocabulary(self, frames: IntArray) -> None:
        allowed = transpositions(frames)
        assert 0 in allowed
        for semitones in allowed:
            transpose(frames, semitones)  # would raise

    @given(st.data())
    def test_transpositions_are_all_that_keep_each_voice_in_its_range(self, data: st.DataObject) -> None:
        row = st.tuples(*(st.integers(strike(low), strike(high)) for low, high in RANGES))
        frames = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), dtype=np.int32)
        pitches = sounding_pitches(frames)

        def fits(semitones: int) -> bool:
            return all(low <= p + semitones <= high for r in pitches for p, (low, high) in zip(r, RANGES, strict=True))

        assert list(transpositions(frames)) == [semitones for semitones in range(-6, 7) if fits(semitones)]
