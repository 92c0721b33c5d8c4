"""What a model reads: the same for whole pieces and for one live note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import canonical_frames, random_source

from companion.model.codes import (
    HELD_OF,
    HELDS,
    INTERVAL_OF,
    INTERVALS,
    MOTION_OF,
    MOTIONS,
    NOTHING,
    SAID_KINDS,
    SAID_ROOTS,
    SILENCE,
    UNDECIDED,
)
from companion.model.echoes import Past, echoes_of
from companion.model.features import (
    CLOSE_STEPS,
    FEATURES,
    KEYS,
    Conditions,
    FeatureRow,
    History,
    Place,
    decide,
    key_id,
    known_before,
    sounding_code,
)
from companion.model.told import LOOK_AHEAD, Ahead, Echo, SaidChords, stacked
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, IntArray, hide_onsets, strike, transpose

if TYPE_CHECKING:
    from export.data.pieces import Piece

EVERYTHING = FeatureRow(tuple(FEATURES))
RELATIVE = ("beat", "bar", "own_held", "held", "moves", "intervals", "chord", "motions", "decided_intervals", "turn")
IN_ORDER = np.arange(4, dtype=np.int32)


def unnamed(frames: IntArray) -> IntArray:
    return np.zeros((4, len(frames)), dtype=np.int32)


class Asked(NamedTuple):
    """What is asked and known of each frame of a piece."""

    closes: Sequence[int]  # steps to the close, −1 unsaid
    keys: Sequence[int]  # ids
    known: IntArray  # [steps, 4] tokens, UNDECIDED where they are not known
    chords: IntArray  # [4, steps] what SaidChords has, in its order

    @classmethod
    def nothing(cls, frames: IntArray) -> Asked:
        return cls([-1] * len(frames), [0] * len(frames), np.full_like(frames, UNDECIDED), unnamed(frames))

    @classmethod
    def anything(cls, frames: IntArray, random: np.random.Generator) -> Asked:
        """Voices that are known throughout, and a few notes that are not."""
        known = np.where(random.random(4) < 0.6, frames, UNDECIDED)
        known = np.where(random.random(frames.shape) < 0.9, known, UNDECIDED)
        steps = len(frames)
        closes, keys = random.integers(-1, 60, steps).tolist(), random.integers(0, KEYS, steps).tolist()
        return cls(closes, keys, known, random.integers(0, [[SAID_ROOTS], [SAID_KINDS]] * 2, (4, steps)))


def live_ids(row: FeatureRow, frames: IntArray, first_step: int, asked: Asked, rank: IntArray) -> IntArray:
    """Note by note, as the generator reads, no farther ahead than it may look: [steps, 4, width]."""
    ids = np.full((*frames.shape, row.width), -1, dtype=np.int32)
    history, past = History(), Past()
    for step, frame in enumerate(frames.tolist()):
        close = None if asked.closes[step] < 0 else asked.closes[step]
        ahead = Ahead.of_frames(asked.known[step : step + 1 + LOOK_AHEAD]).at(0)
        place = Place.of(
            first_step + step, close, asked.keys[step], ahead, past.echo(), SaidChords(*asked.chords[:, step])
        )
        known = known_before(history, place)
        for voice in np.argsort(rank[step]).tolist():
            ids[step, voice] = row.ids(known, voice)
            decide(known, voice, frame[voice], sounding_code(frame[voice], history.now[voice]))
        history = history.advance(frame)
        past = past.advance(frame, history)
    return ids


def whole_ids(row: FeatureRow, frames: IntArray, first_step: int, asked: Asked, rank: IntArray) -> IntArray:
    steps = first_step + np.arange(len(frames))
    ahead, echo = Ahead.of_frames(asked.known), echoes_of(frames)
    place = Place.of(steps, np.array(asked.closes), np.array(asked.keys), ahead, echo, SaidChords(*asked.chords))
    return row.of_pieces(frames, place, rank)


def assert_same(frames: IntArray, first_step: int, asked: Asked, rank: IntArray) -> None:
    whole = whole_ids(EVERYTHING, frames, first_step, asked, rank)
    np.testing.assert_array_equal(whole, live_ids(EVERYTHING, frames, first_step, asked, rank))
    assert whole.dtype == np.int32
    last = np.append(EVERYTHING.offsets[1:], EVERYTHING.rows)
    assert np.all((whole >= EVERYTHING.offsets) & (whole < last))


class TestWholeAndLive:
    @given(canonical_frames(most=40), st.integers(0, 2**32 - 1))
    def test_equal_on_made_up_frames(self, frames: IntArray, seed: int) -> None:
        random = random_source(seed)
        rank = random.permuted(np.tile(IN_ORDER, (len(frames), 1)), axis=1)
        assert_same(frames, int(random.integers(-100, 100)), Asked.anything(frames, random), rank)

    @given(canonical_frames(most=40))
    def test_equal_where_onsets_are_hidden(self, frames: IntArray) -> None:
        hidden = hide_onsets(frames)
        assert_same(hidden, 0, Asked.nothing(hidden), np.broadcast_to(IN_ORDER, hidden.shape))

    def test_equal_on_real_pieces(self, jsb_pieces: list[Piece]) -> None:
        random = random_source()
        for piece in jsb_pieces[::12]:
            frames = piece.frames
            rank = random.permuted(np.tile(IN_ORDER, (len(frames), 1)), axis=1)
            assert_same(frames, piece.first_step, Asked.anything(frames, random), rank)

    def test_silence_and_long_notes(self) -> None:
        """Longer than anything that is counted one by one, then cut off."""
        frames = np.full((50, 4), HOLD, dtype=np.int32)
        frames[0] = [40, REST, 30, 20]
        frames[:, 1] = REST
        frames[45:, 2] = REST
        assert_same(
            frames,
            7,
            Asked([-1] * 50, [0] * 50, frames, unnamed(frames)),
            np.broadcast_to(IN_ORDER[::-1], frames.shape),
        )

    @given(canonical_frames(least=6, most=6), canonical_frames(least=6, most=6))
    def test_leading_axes(self, one: IntArray, other: IntArray) -> None:
        both = np.stack([one, other])[:, None]
        rank = np.broadcast_to(IN_ORDER, both.shape)
        echo = stacked([stacked([echoes_of(frames)]) for frames in (one, other)])
        place = Place.of(np.arange(6) + np.zeros((2, 1, 1), int), np.full((2, 1, 6), -1), echo=echo)
        ids = EVERYTHING.of_pieces(both, place, rank)
        assert ids.shape == (2, 1, 6, 4, EVERYTHING.width)
        for index, frames in enumerate((one, other)):
            alone = whole_ids(EVERYTHING, frames, 0, Asked.nothing(frames), rank[index, 0])
            np.testing.assert_array_equal(ids[index, 0], alone)


S, A, T, B = strike(72), strike(67), strike(64), strike(48)
THREE_FRAMES = np.array(
    [[S, A, REST, B], [HOLD, A + 2, T, HOLD], [S, HOLD, HOLD, B + 2]],
    dtype=np.int32,
)  # from step 3, with the close said to be 5 steps away, then unknown, then 100 steps away
# … and the key unsaid, then G major, then A minor; soprano and bass are known beforehand. The chord is unsaid, then
# C major, after which F is to come, then D minor on its third.
CHORDS = np.array([[0, 1, 3], [0, 1, 6], [0, 6, 0], [0, 1, 0]])
ASKED = Asked([5, -1, 100], [0, 8, 22], np.where([True, False, False, True], THREE_FRAMES, UNDECIDED), CHORDS)

# Each feature's ids by step, by voice; the same for all voices where they stand alone. An interval
# is 30 + semitones, a motion 15 + semitones.
BY_HAND = {
    "voice": [[[0], [1], [2], [3]]] * 3,
    "beat": [[[3]] * 4, [[0]] * 4, [[1]] * 4],
    "bar": [[[3]] * 4, [[4]] * 4, [[5]] * 4],
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
    "chord": [[[0, 0, 0]] * 4, [[54, 49, 0]] * 4, [[54, 51, 46]] * 4],
    "key": [[[0]] * 4, [[8]] * 4, [[22]] * 4],
    "coming": [[[S + 1, 0, 0, B + 1]] * 4, [[2, 0, 0, 2]] * 4, [[S + 1, 0, 0, B + 3]] * 4],
    "later": [[[S, 0, 0, B + 2]] * 4, [[S, 0, 0, B + 2]] * 4, [[0, 0, 0, 0]] * 4],
    "later_steps": [[[2, 0, 0, 2]] * 4, [[1, 0, 0, 1]] * 4, [[0, 0, 0, 0]] * 4],
    "own_echo": [[[0]] * 4] * 3,  # there is one in TestEcho
    "echo": [[[0, 0, 0, 0]] * 4] * 3,
    "echo_chords": [[[0]] * 4] * 3,
    "tune": [[[0]] * 4] * 3,
    "tune_notes": [[[0]] * 4] * 3,
    "known_tune": [[[0]] * 4] * 3,
    "known_notes": [[[0]] * 4] * 3,
    "root": [[[0]] * 4, [[1]] * 4, [[3]] * 4],
    "kind": [[[0]] * 4, [[1]] * 4, [[6]] * 4],
    "root_above": [[[0]] * 4, [[2], [7], [1], [2]], [[4], [7], [12], [4]]],
    "then_root": [[[0]] * 4, [[6]] * 4, [[0]] * 4],
    "then_kind": [[[0]] * 4, [[1]] * 4, [[0]] * 4],
    "then_above": [[[0]] * 4, [[7], [12], [1], [7]], [[0]] * 4],
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
    "turn": [[[0], [1], [2], [3]]] * 3,
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
            ids = ids_of(row, THREE_FRAMES, 3, ASKED, rank) - row.offsets
            np.testing.assert_array_equal(ids, BY_HAND[name])

    def test_side_by_side(self) -> None:
        rank = np.broadcast_to(IN_ORDER, THREE_FRAMES.shape)
        ids = whole_ids(EVERYTHING, THREE_FRAMES, 3, ASKED, rank) - EVERYTHING.offsets
        np.testing.assert_array_equal(ids, np.concatenate([np.array(BY_HAND[name]) for name in FEATURES], axis=-1))

    def test_another_order_of_voices(self) -> None:
        """Bass first: the alto, last of all, sees the other three."""
        row = FeatureRow(("decided", "turn"))
        rank = np.broadcast_to(np.array([2, 3, 1, 0], dtype=np.int32), THREE_FRAMES.shape)
        ids = whole_ids(row, THREE_FRAMES, 0, ASKED, rank)[1] - row.offsets
        np.testing.assert_array_equal(ids, [[0, 0, T, B, 2], [S, 0, T, B, 3], [0, 0, 0, B, 1], [0, 0, 0, 0, 0]])

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

    def test_steps_before_the_origin_have_a_place_in_a_bar_too(self) -> None:
        assert Place.of(np.arange(-5, 5), None).bar.tolist() == [11, 12, 13, 14, 15, 0, 1, 2, 3, 4]  # type: ignore[union-attr]


class TestEcho:
    def test_by_hand(self) -> None:
        """How the voices went on then, from where they are now, and how much was alike up to there."""
        row = FeatureRow(("own_echo", "echo", "echo_chords", "tune", "tune_notes", "known_tune", "known_notes"))
        history = History().advance(THREE_FRAMES[0].tolist()).advance(THREE_FRAMES[1].tolist())
        there = np.array([S - 1, HOLD, REST, B + 12])
        place = Place.of(2, None, echo=Echo(there, *map(np.array, (6, S + 2, 9, S - 3, 17))))
        known = known_before(history, place)
        ids = [(row.ids(known, voice) - row.offsets).tolist() for voice in range(4)]
        everyone = [14, 2, 1, 27]
        assert ids == [[own, *everyone, 5, 17, 6, 12, 8] for own in everyone]

    @pytest.mark.parametrize("name", ["echo_chords", "tune_notes", "known_notes"])
    def test_in_classes(self, name: str) -> None:
        row = FeatureRow((name,))

        def class_of(alike: int) -> int:
            lengths = {"chords": np.array(alike), "notes": np.array(alike), "moves": np.array(alike)}
            echo = replace(Echo.none(), **lengths)
            return int(row.ids(known_before(History(), Place.of(0, None, echo=echo)), voice=0)[0])

        assert [class_of(alike) for alike in (0, 1, 2, 3, 4, 5, 6, 11, 12, 31, 32, 999)] == [
            *(0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 9)
        ]


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
        history = History()
        for step in range(len(frames) + 1):
            assert list(zip(*history, strict=True)) == [naive_history(frames[:step, v].tolist()) for v in range(4)]
            if step < len(frames):
                history = history.advance(frames[step].tolist())

    def test_a_voice_that_rests_keeps_its_last_pitch_as_reference(self) -> None:
        """So that what it sings next is still near."""
        frames = np.array([[S, A, T, B], [S, REST, T, B], [S, A, T, B]], dtype=np.int32)
        row = FeatureRow(("decided_intervals",))
        ids = whole_ids(row, frames, 0, Asked.nothing(frames), np.broadcast_to(IN_ORDER, frames.shape)) - row.offsets
        np.testing.assert_array_equal(ids[2, 1], [30 + S - A, 0, 0, 0])


class TestRows:
    @given(canonical_frames(least=2), st.integers(-12, 12))
    def test_relative_features_do_not_know_the_key(self, frames: IntArray, semitones: int) -> None:
        pitches = frames[frames >= FIRST_STRIKE]
        if np.any((pitches + semitones < FIRST_STRIKE) | (pitches + semitones > strike(81))):
            semitones = 0
        row = FeatureRow(RELATIVE)
        rank = np.broadcast_to(IN_ORDER, frames.shape)
        here = whole_ids(row, frames, 0, Asked.nothing(frames), rank)
        there = whole_ids(row, transpose(frames, semitones), 0, Asked.nothing(frames), rank)
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


class TestAhead:
    def column(self, *tokens: int) -> Ahead:
        """Of a soprano alone."""
        known = np.full((len(tokens), 4), UNDECIDED, dtype=np.int32)
        known[:, 0] = tokens
        ahead = Ahead.of_frames(known)
        for rows, unknown in ((ahead.now, UNDECIDED), (ahead.later, NOTHING), (ahead.steps, 0)):
            assert np.all(rows[:, 1:] == unknown)
        return Ahead(ahead.now[:, 0], ahead.later[:, 0], ahead.steps[:, 0])

    def test_the_next_strike_and_how_far_it_is(self) -> None:
        ahead = self.column(S, HOLD, REST, S + 2, HOLD)
        assert ahead.now.tolist() == [S, HOLD, REST, S + 2, HOLD]
        assert ahead.later.tolist() == [S + 2, S + 2, S + 2, SILENCE, NOTHING]
        assert ahead.steps.tolist() == [3, 2, 1, 0, 0]

    def test_what_lies_beyond_the_look_is_not_in_sight(self) -> None:
        ahead = self.column(S, *[HOLD] * LOOK_AHEAD, S + 2)
        assert ahead.later[:2].tolist() == [SILENCE, S + 2]
        assert ahead.steps[:2].tolist() == [0, LOOK_AHEAD]

    def test_a_voice_that_is_not_known_yet(self) -> None:
        assert self.column(UNDECIDED, UNDECIDED, S).later.tolist() == [S, S, NOTHING]
        assert self.column(UNDECIDED, UNDECIDED).later.tolist() == [NOTHING, NOTHING]

    def test_nothing_is_known(self) -> None:
        unknown, made = Ahead.unknown(3), Ahead.of_frames(np.full((3, 4), UNDECIDED, dtype=np.int32))
        for one, other in ((unknown.now, made.now), (unknown.later, made.later), (unknown.steps, made.steps)):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype == np.int32


def test_ids_of_keys() -> None:
    assert [key_id(key) for key in (None, Key(0, False), Key(11, False), Key(0, True), Key(11, True))] == [
        0,
        1,
        12,
        13,
        24,
    ]
    assert KEYS == 25
