"""What a model reads: the same for whole pieces and for one live note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import canonical_frames, random_source
from hypothesis import given
from hypothesis import strategies as st

from companion.features import (
    CLOSE_STEPS,
    FEATURES,
    HELD_OF,
    HELDS,
    INTERVAL_OF,
    INTERVALS,
    MOTION_OF,
    MOTIONS,
    UNDECIDED,
    Conditions,
    FeatureRow,
    History,
    Place,
)
from companion.vocabulary import FIRST_STRIKE, HOLD, REST, IntArray, hide_onsets, strike, transpose

if TYPE_CHECKING:
    from export.pieces import Piece

EVERYTHING = FeatureRow(tuple(FEATURES))
RELATIVE = ("beat", "own_held", "held", "moves", "intervals", "motions", "decided_intervals")
IN_ORDER = np.arange(4, dtype=np.int32)


def live_ids(row: FeatureRow, frames: IntArray, first_step: int, closes: Sequence[int], rank: IntArray) -> IntArray:
    """Note by note, as the generator reads: [steps, 4, width]."""
    ids = np.full((*frames.shape, row.width), -1, dtype=np.int32)
    history = History.empty()
    for step, frame in enumerate(frames):
        close = None if closes[step] < 0 else closes[step]
        frame_ids = row.frame_ids(history, Place.of(first_step + step, close))
        tokens = np.full(4, UNDECIDED, dtype=np.int32)
        for voice in np.argsort(rank[step]):
            ids[step, voice] = np.concatenate([frame_ids[voice], row.note_ids(tokens, history, int(voice))])
            tokens[voice] = frame[voice]
        history = history.advance(frame)
    return ids


def whole_ids(row: FeatureRow, frames: IntArray, first_step: int, closes: Sequence[int], rank: IntArray) -> IntArray:
    place = Place.of(first_step + np.arange(len(frames)), np.array(closes))
    return row.of_pieces(frames, place, rank)


def assert_same(frames: IntArray, first_step: int, closes: Sequence[int], rank: IntArray) -> None:
    whole = whole_ids(EVERYTHING, frames, first_step, closes, rank)
    np.testing.assert_array_equal(whole, live_ids(EVERYTHING, frames, first_step, closes, rank))
    assert whole.dtype == np.int32
    last = np.append(EVERYTHING.offsets[1:], EVERYTHING.rows)
    assert np.all((whole >= EVERYTHING.offsets) & (whole < last))


class TestWholeAndLive:
    @given(canonical_frames(most=40), st.integers(0, 2**32 - 1))
    def test_equal_on_made_up_frames(self, frames: IntArray, seed: int) -> None:
        random = random_source(seed)
        rank = random.permuted(np.tile(IN_ORDER, (len(frames), 1)), axis=1)
        closes = random.integers(-1, 60, len(frames)).tolist()
        assert_same(frames, int(random.integers(-100, 100)), closes, rank)

    @given(canonical_frames(most=40))
    def test_equal_where_onsets_are_hidden(self, frames: IntArray) -> None:
        hidden = hide_onsets(frames)
        assert_same(hidden, 0, [-1] * len(hidden), np.broadcast_to(IN_ORDER, hidden.shape))

    def test_equal_on_real_pieces(self, jsb_pieces: list[Piece]) -> None:
        random = random_source()
        for piece in jsb_pieces[::12]:
            frames = piece.frames
            rank = random.permuted(np.tile(IN_ORDER, (len(frames), 1)), axis=1)
            assert_same(frames, piece.first_step, list(range(len(frames)))[::-1], rank)

    def test_silence_and_long_notes(self) -> None:
        """Longer than anything that is counted one by one, then cut off."""
        frames = np.full((50, 4), HOLD, dtype=np.int32)
        frames[0] = [40, REST, 30, 20]
        frames[:, 1] = REST
        frames[45:, 2] = REST
        assert_same(frames, 7, [-1] * 50, np.broadcast_to(IN_ORDER[::-1], frames.shape))

    @given(canonical_frames(least=6, most=6), canonical_frames(least=6, most=6))
    def test_leading_axes(self, one: IntArray, other: IntArray) -> None:
        both = np.stack([one, other])[:, None]
        rank = np.broadcast_to(IN_ORDER, both.shape)
        place = Place.of(np.arange(6) + np.zeros((2, 1, 1), int), np.full((2, 1, 6), -1))
        ids = EVERYTHING.of_pieces(both, place, rank)
        assert ids.shape == (2, 1, 6, 4, EVERYTHING.width)
        for index, frames in enumerate((one, other)):
            np.testing.assert_array_equal(ids[index, 0], whole_ids(EVERYTHING, frames, 0, [-1] * 6, rank[index, 0]))


S, A, T, B = strike(72), strike(67), strike(64), strike(48)
THREE_FRAMES = np.array(
    [[S, A, REST, B], [HOLD, A + 2, T, HOLD], [S, HOLD, HOLD, B + 2]],
    dtype=np.int32,
)  # from step 3, with the close said to be 5 steps away, then unknown, then 100 steps away

# Each feature's ids by step, by voice; the same for all voices where they stand alone. An interval
# is 30 + semitones, a motion 15 + semitones.
BY_HAND = {
    "voice": [[[0], [1], [2], [3]]] * 3,
    "beat": [[[3]] * 4, [[0]] * 4, [[1]] * 4],
    "close": [[[6]] * 4, [[0]] * 4, [[34]] * 4],
    "own_pitch": [[[0]] * 4, [[S], [A], [0], [B]], [[S], [A + 2], [T], [B]]],
    "own_held": [[[0]] * 4, [[1]] * 4, [[2], [1], [1], [2]]],
    "pitches": [[[0, 0, 0, 0]] * 4, [[S, A, 1, B]] * 4, [[S, A + 2, T, B]] * 4],
    "held": [[[0, 0, 0, 0]] * 4, [[1, 1, 1, 1]] * 4, [[2, 1, 1, 2]] * 4],
    "moves": [[[1, 1, 1, 1]] * 4, [[15, 15, 1, 15]] * 4, [[15, 17, 15, 15]] * 4],
    "intervals": [
        [[0, 0, 0, 0]] * 4,
        [[30, 25, 0, 6], [35, 30, 0, 11], [1, 1, 0, 1], [54, 49, 0, 30]],
        [[30, 27, 22, 6], [33, 30, 25, 9], [38, 35, 30, 14], [54, 51, 46, 30]],
    ],
    "decided": [
        [[0, 0, 0, 0], [S, 0, 0, 0], [S, A, 0, 0], [S, A, 1, 0]],
        [[0, 0, 0, 0], [S, 0, 0, 0], [S, A + 2, 0, 0], [S, A + 2, T, 0]],
        [[0, 0, 0, 0], [S, 0, 0, 0], [S, A + 2, 0, 0], [S, A + 2, T, 0]],
    ],
    "motions": [
        [[0, 0, 0, 0], [15, 0, 0, 0], [15, 15, 0, 0], [15, 15, 1, 0]],
        [[0, 0, 0, 0], [2, 0, 0, 0], [2, 17, 0, 0], [2, 17, 15, 0]],
        [[0, 0, 0, 0], [15, 0, 0, 0], [15, 2, 0, 0], [15, 2, 2, 0]],
    ],
    "decided_intervals": [
        [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]],
        [[0, 0, 0, 0], [35, 0, 0, 0], [1, 1, 0, 0], [54, 51, 46, 0]],
        [[0, 0, 0, 0], [33, 0, 0, 0], [38, 35, 0, 0], [54, 51, 46, 0]],
    ],
}


class TestByHand:
    def test_every_feature_is_written_out(self) -> None:
        assert list(BY_HAND) == list(FEATURES)

    @pytest.mark.parametrize("name", FEATURES)
    def test_alone(self, name: str) -> None:
        """A row may consist of a single feature of either kind."""
        row = FeatureRow((name,))
        assert (row.width, row.rows) == (FEATURES[name].slots, FEATURES[name].slots * FEATURES[name].rows)
        rank = np.broadcast_to(IN_ORDER, THREE_FRAMES.shape)
        for ids_of in (whole_ids, live_ids):
            ids = ids_of(row, THREE_FRAMES, 3, [5, -1, 100], rank) - row.offsets
            np.testing.assert_array_equal(ids, BY_HAND[name])

    def test_side_by_side(self) -> None:
        rank = np.broadcast_to(IN_ORDER, THREE_FRAMES.shape)
        ids = whole_ids(EVERYTHING, THREE_FRAMES, 3, [5, -1, 100], rank) - EVERYTHING.offsets
        np.testing.assert_array_equal(ids, np.concatenate([np.array(BY_HAND[name]) for name in FEATURES], axis=-1))

    def test_another_order_of_voices(self) -> None:
        """Bass first: the alto, last of all, sees the other three."""
        row = FeatureRow(("decided",))
        rank = np.broadcast_to(np.array([2, 3, 1, 0], dtype=np.int32), THREE_FRAMES.shape)
        ids = whole_ids(row, THREE_FRAMES, 0, [-1] * 3, rank)[1] - row.offsets
        np.testing.assert_array_equal(ids, [[0, 0, T, B], [S, 0, T, B], [0, 0, 0, B], [0, 0, 0, 0]])

    def test_held_in_classes(self) -> None:
        assert HELD_OF.tolist() == [*range(17), *[17] * 8, *[18] * 8, 19]
        assert HELD_OF.max() == HELDS - 1

    def test_tables_fill_their_spans(self) -> None:
        for table, rows in ((INTERVAL_OF, INTERVALS), (MOTION_OF, MOTIONS)):
            assert (table.min(), table.max(), table.dtype) == (0, rows - 1, np.int32)
        assert INTERVAL_OF[strike(81), strike(36)] == INTERVALS - 1  # 45 semitones count as 28
        assert INTERVAL_OF[strike(36), strike(81)] == 2
        assert MOTION_OF[strike(81) + 1, strike(36)] == MOTIONS - 1
        assert MOTION_OF[strike(36) + 1, strike(81)] == 3

    def test_close_in_classes(self) -> None:
        steps = [None, 0, 1, CLOSE_STEPS, CLOSE_STEPS + 1, 10**6]
        assert [int(Place.of(0, step).close) for step in steps] == [0, 1, 2, 33, 34, 34]

    def test_steps_before_the_origin_have_a_beat_too(self) -> None:
        assert Place.of(np.arange(-5, 5), None).beat.tolist() == [3, 0, 1, 2, 3, 0, 1, 2, 3, 0]


def naive_history(column: Sequence[int]) -> tuple[int, int, int, int]:
    """now, reference, before and held of one voice after its tokens, from their definitions."""
    strikes = [token for token in column if token >= FIRST_STRIKE]
    changes = [token for token, last in zip(strikes, [0, *strikes], strict=False) if token != last]
    events = [step for step, token in enumerate(column) if token >= FIRST_STRIKE]
    rests = [step for step, token in enumerate(column) if token == REST and (step == 0 or column[step - 1] != REST)]
    held = min(len(column) - max([*events, *rests]), 33) if column else 0
    now = 0 if not column else 1 if max(rests, default=-1) > max(events, default=-1) else strikes[-1]
    return now, changes[-1] if changes else 0, changes[-2] if len(changes) > 1 else 0, held


class TestHistory:
    @given(canonical_frames(most=60))
    def test_against_its_definition(self, frames: IntArray) -> None:
        history = History.empty()
        for step in range(len(frames) + 1):
            found = np.stack([history.now, history.reference, history.before, history.held], axis=-1)
            assert found.tolist() == [list(naive_history(frames[:step, v].tolist())) for v in range(4)]
            if step < len(frames):
                history = history.advance(frames[step])

    def test_a_voice_that_rests_keeps_its_last_pitch_as_reference(self) -> None:
        """So that what it sings next is still near."""
        frames = np.array([[S, A, T, B], [S, REST, T, B], [S, A, T, B]], dtype=np.int32)
        row = FeatureRow(("decided_intervals",))
        ids = whole_ids(row, frames, 0, [-1] * 3, np.broadcast_to(IN_ORDER, frames.shape)) - row.offsets
        np.testing.assert_array_equal(ids[2, 1], [30 + S - A, 0, 0, 0])


class TestRows:
    @given(canonical_frames(least=2), st.integers(-12, 12))
    def test_relative_features_do_not_know_the_key(self, frames: IntArray, semitones: int) -> None:
        pitches = frames[frames >= FIRST_STRIKE]
        if np.any((pitches + semitones < FIRST_STRIKE) | (pitches + semitones > strike(81))):
            semitones = 0
        row = FeatureRow(RELATIVE)
        rank = np.broadcast_to(IN_ORDER, frames.shape)
        here = whole_ids(row, frames, 0, [-1] * len(frames), rank)
        there = whole_ids(row, transpose(frames, semitones), 0, [-1] * len(frames), rank)
        np.testing.assert_array_equal(here, there)

    def test_slots_stand_in_the_order_of_the_features_whatever_is_named_first(self) -> None:
        row = FeatureRow(("decided", "voice"))
        assert row.names == ("voice", "decided")
        assert (row.slot("voice"), row.slot("decided")) == (0, 1)
        assert row.offsets.tolist() == [0, 4, 52, 100, 148]
        assert (row.width, row.rows) == (5, 196)

    @pytest.mark.parametrize(
        ("names", "wrong"),
        [(("voice", "colour"), r"\['colour'\]"), (("beat", "beat"), r"\['beat', 'beat'\]"), ((), "")],
    )
    def test_names_there_are_not(self, names: tuple[str, ...], wrong: str) -> None:
        with pytest.raises(ValueError, match=rf"{wrong}.*{', '.join(FEATURES)}"):
            FeatureRow(names)

    def test_slot_of_a_feature_that_is_left_out(self) -> None:
        with pytest.raises(ValueError, match="feature 'beat' is not among voice, decided"):
            FeatureRow(("voice", "decided")).slot("beat")

    def test_conditions(self) -> None:
        assert Conditions(0).steps_to_close == 0
        with pytest.raises(ValueError, match="steps_to_close must be 0 or more, not -1"):
            Conditions(-1)


def test_histories_are_values() -> None:
    """An older history stays what it was."""
    first = History.empty().advance(np.array([40, 30, REST, 20]))
    kept = [array.copy() for array in (first.now, first.reference, first.before, first.held)]
    first.advance(np.array([41, HOLD, 25, REST])).advance(np.array([HOLD, HOLD, HOLD, HOLD]))
    for array, copy in zip((first.now, first.reference, first.before, first.held), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
