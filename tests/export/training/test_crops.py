"""Crops as the models read them: complete arrays on small pieces, and what chance may and may not change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("keras", reason="batches are Keras data sets (extra: train)")

from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import FEATURES, UNKEYED, FeatureRow, key_id
from companion.model.told import LOOK_AHEAD, UNSAID, Ahead, Echo
from companion.music.key import Key, find_key
from companion.music.vocabulary import (
    HOLD,
    RANGES,
    REST,
    IntArray,
    excerpt,
    hide_onsets,
    sounding_pitches,
    sounding_tokens,
    strike,
    transpose,
)
from export.data.pieces import Piece, transpositions
from export.harmony.hearing import said_chords
from export.training.crops import (
    IGNORED,
    Crop,
    CropBatches,
    CropSettings,
    WholeCrops,
    batch_of,
    draw_crop,
    targets_of,
    whole_crop,
)
from export.training.habits import Habits

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.train

ROW = FeatureRow(tuple(FEATURES))
PLAIN = CropSettings(
    steps=8, batch_size=4, from_start=0.0, hidden_onsets=0.0, any_order=0.0, closes_dropped=0.0, keys_dropped=0.0
)
S, A, T, B = strike(72), strike(67), strike(64), strike(48)
IN_ORDER = np.arange(4, dtype=np.int32)


def source(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def crop_of(frames: IntArray, length: int, onsets_known: bool, rank: IntArray = IN_ORDER) -> Crop:
    closes = np.full(len(frames), -1, dtype=np.int32)
    return Crop(frames, 0, closes, rank, onsets_known, length, Echo.none(len(frames)))


def long_piece(steps: int = 40, onsets_known: bool = True, closes: tuple[int, ...] = (7, 30)) -> Piece:
    """Quarter notes that wander, each struck, so that no two places are alike."""
    random = np.random.default_rng(3)
    frames = np.full((steps, 4), HOLD, dtype=np.int32)
    for voice, (low, high) in enumerate(RANGES):
        frames[::4, voice] = random.integers(strike(low) + 4, strike(high) - 4, len(frames[::4]))
    frames[4:8] = HOLD
    return Piece("long", "train", frames if onsets_known else hide_onsets(frames), onsets_known, 12, closes)


FOUR_STEPS = np.array([[S, A, T, REST], [HOLD, A, HOLD, REST], [S, HOLD, HOLD, B], [HOLD] * 4], dtype=np.int32)


class TestTargets:
    def test_known_onsets_leave_no_choice(self) -> None:
        targets = targets_of(crop_of(FOUR_STEPS, 3, onsets_known=True))
        np.testing.assert_array_equal(targets[:3, :, 0], FOUR_STEPS[:3])
        np.testing.assert_array_equal(targets[:3, :, 1], FOUR_STEPS[:3])
        assert np.all(targets[3] == IGNORED)

    def test_unknown_onsets_take_a_strike_for_a_hold(self) -> None:
        hidden = hide_onsets(FOUR_STEPS)
        targets = targets_of(crop_of(hidden, 3, onsets_known=False))
        np.testing.assert_array_equal(targets[:3, :, 0], [[S, A, T, REST], [HOLD, HOLD, HOLD, REST], [HOLD] * 3 + [B]])
        np.testing.assert_array_equal(targets[:3, :, 1], [[S, A, T, REST], [S, A, T, REST], [S, A, T, B]])
        assert np.all(targets[3] == IGNORED)


class TestBatch:
    def test_notes_in_order(self) -> None:
        crop = crop_of(FOUR_STEPS, 4, onsets_known=True)
        ids, targets = batch_of([crop, crop], ROW)
        assert (ids.shape, targets.shape) == ((2, 16, ROW.width), (2, 16, 2))
        np.testing.assert_array_equal(targets[0, :, 0], FOUR_STEPS.reshape(-1))
        assert voices(ids[1]) == [0, 1, 2, 3] * 4

    def test_notes_in_the_order_of_their_turns(self) -> None:
        """Rank says when each voice comes: here bass, soprano, tenor, alto."""
        rank = np.array([1, 3, 2, 0], dtype=np.int32)
        ids, targets = batch_of([crop_of(FOUR_STEPS, 4, True, rank)], ROW)
        assert voices(ids[0]) == [3, 0, 2, 1] * 4
        np.testing.assert_array_equal(targets[0, :, 0], FOUR_STEPS[:, [3, 0, 2, 1]].reshape(-1))
        at = ROW.slot("decided")
        decided = ids[0, :4, at : at + 4] - ROW.offsets[at : at + 4]
        np.testing.assert_array_equal(decided, [[0, 0, 0, 0], [0, 0, 0, 1], [S, 0, 0, 1], [S, 0, T, 1]])

    def test_place_and_close(self) -> None:
        crop = replace(crop_of(FOUR_STEPS, 4, True), first_step=7, steps_to_close=np.array([1, 0, -1, -1]))
        ids, _ = batch_of([crop], ROW)
        assert slot(ids[0], "beat")[::4] == [3, 0, 1, 2]
        assert slot(ids[0], "close")[::4] == [2, 1, 0, 0]


def slot(ids: IntArray, name: str) -> list[int]:
    at = ROW.slot(name)
    return (ids[:, at] - ROW.offsets[at]).tolist()


def voices(ids: IntArray) -> list[int]:
    return slot(ids, "voice")


class TestCrops:
    def many(self, piece: Piece, settings: CropSettings, count: int = 60) -> list[Crop]:
        random = source()
        return [draw_crop(piece, settings, random) for _ in range(count)]

    def test_is_a_transposed_stretch_of_the_piece(self) -> None:
        piece = long_piece()
        semitones, starts = set(), set()
        for crop in self.many(piece, PLAIN):
            start = crop.first_step - 12
            there = sounding_pitches(piece.frames)[start : start + 8]
            (moved,) = {int(by) for by in np.unique(sounding_pitches(crop.frames) - there)}
            semitones.add(moved)
            starts.add(start)
            np.testing.assert_array_equal(crop.frames[1:], transpose(piece.frames, moved)[start + 1 : start + 8])
            assert HOLD not in crop.frames[0]
            pitches = sounding_pitches(crop.frames)
            assert all(low <= p <= high for row in pitches for p, (low, high) in zip(row, RANGES, strict=True))
            assert (crop.length, crop.onsets_known, crop.rank.tolist()) == (8, True, [0, 1, 2, 3])
        assert semitones == set(transpositions(piece.frames))
        assert len(semitones) > 3
        assert min(starts) == 0
        assert max(starts) == 32
        assert len(starts) > 15

    def test_as_it_is_written(self) -> None:
        piece = long_piece()
        moved = [
            int(sounding_pitches(crop.frames)[0, 0] - sounding_pitches(piece.frames)[crop.first_step - 12, 0])
            for crop in self.many(piece, replace(PLAIN, as_written=0.5), 400)
        ]
        expected = 0.5 + 0.5 / len(transpositions(piece.frames))
        assert abs(moved.count(0) / 400 - expected) < 4 * (0.25 / 400) ** 0.5
        assert {*moved} == {*transpositions(piece.frames)}

    def test_from_start(self) -> None:
        assert {crop.first_step for crop in self.many(long_piece(), replace(PLAIN, from_start=1.0))} == {12}

    def test_closes(self) -> None:
        piece = long_piece()
        for crop in self.many(piece, PLAIN, 30):
            start = crop.first_step - 12
            expected = [next((close - step for close in piece.closes if close >= step), -1) for step in range(40)]
            assert crop.steps_to_close.tolist() == expected[start : start + 8]
        for crop in self.many(piece, replace(PLAIN, closes_dropped=1.0), 5):
            assert crop.steps_to_close.tolist() == [-1] * 8

    def test_hidden_onsets(self) -> None:
        for crop in self.many(long_piece(), replace(PLAIN, hidden_onsets=1.0), 10):
            assert not crop.onsets_known
            np.testing.assert_array_equal(hide_onsets(crop.frames), crop.frames)
        assert not any(crop.onsets_known for crop in self.many(long_piece(onsets_known=False), PLAIN, 10))

    def test_orders(self) -> None:
        ranks = {tuple(crop.rank.tolist()) for crop in self.many(long_piece(), replace(PLAIN, any_order=1.0))}
        assert len(ranks) > 15
        assert all(sorted(rank) == [0, 1, 2, 3] for rank in ranks)

    def test_keys_move_with_the_music(self) -> None:
        piece = replace(long_piece(), key="a minor")
        for crop in self.many(piece, PLAIN, 30):
            start = crop.first_step - 12
            there = sounding_pitches(piece.frames)[start, 0]
            assert crop.key == key_id(Key(9, True).transposed(int(sounding_pitches(crop.frames)[0, 0] - there)))
        assert {crop.key for crop in self.many(piece, replace(PLAIN, keys_dropped=1.0), 5)} == {UNKEYED}

    def test_a_piece_that_says_no_key_is_heard(self) -> None:
        piece = long_piece()
        assert {crop.key for crop in self.many(piece, PLAIN)} >= {key_id(find_key(piece.frames))}

    @pytest.mark.parametrize(
        ("share", "is_so"),
        [
            ("from_start", lambda crop: crop.first_step == 12),
            ("hidden_onsets", lambda crop: not crop.onsets_known),
            ("any_order", lambda crop: crop.rank.tolist() != [0, 1, 2, 3]),
            ("closes_dropped", lambda crop: bool(np.all(crop.steps_to_close == -1))),
            ("keys_dropped", lambda crop: crop.key == UNKEYED),
            ("known_voices", lambda crop: crop.given != ()),
        ],
    )
    def test_shares_are_those_asked_for(self, share: str, is_so: Callable[[Crop], bool]) -> None:
        """Within four standard deviations, and what else it may come from taken into account."""
        by_chance = {"from_start": 1 / 33, "any_order": -1 / 24}.get(share, 0.0)
        crops = self.many(long_piece(closes=(39,)), replace(PLAIN, **{share: 0.5}), 800)
        expected = 0.5 + 0.5 * by_chance
        assert abs(sum(map(is_so, crops)) / 800 - expected) < 4 * (0.25 / 800) ** 0.5

    def test_short_piece_is_padded(self) -> None:
        piece = Piece("short", "train", FOUR_STEPS[:3], True, 5, (2,))
        crop = draw_crop(piece, replace(PLAIN, steps=6), source())
        assert (crop.length, crop.first_step, crop.frames.shape) == (3, 5, (6, 4))
        assert crop.steps_to_close.tolist() == [2, 1, 0, -1, -1, -1]
        assert np.all(crop.frames[3:] == HOLD)
        targets = batch_of([crop], ROW)[1].reshape(6, 4, 2)
        assert np.all(targets[3:] == IGNORED)
        assert np.all(targets[:3] != IGNORED)

    def test_what_is_padded_changes_nothing_before_it(self) -> None:
        piece = Piece("short", "train", FOUR_STEPS[:3], True, 0)
        short, long = (whole_crop(piece, 0, steps) for steps in (3, 6))
        for one, other in zip(batch_of([short], ROW), batch_of([long], ROW), strict=True):
            np.testing.assert_array_equal(one[0], other[0, :12])


class TestJoins:
    """Music that knows what it is to come to."""

    SETTINGS = replace(PLAIN, steps=96, hidden_onsets=1.0, joins=1.0)

    def many(self, settings: CropSettings, count: int = 40) -> list[Crop]:
        random = source(5)
        return [draw_crop(long_piece(steps=160), settings, random) for _ in range(count)]

    def test_each_voice_knows_for_four_beats_what_it_comes_to_and_when(self) -> None:
        apart = []
        for crop in self.many(self.SETTINGS):
            assert crop.ahead is not None
            sounding = sounding_tokens(crop.frames)
            told = np.flatnonzero(crop.ahead.steps[:, 0])
            joins = {int(at + crop.ahead.steps[at, 0]) for at in told}
            assert all(1 <= crop.ahead.steps[at, 0] <= LOOK_AHEAD for at in told)
            for join in joins - {len(crop.frames)}:
                before = slice(max(join - LOOK_AHEAD, 0), join)
                assert (crop.ahead.later[before] == sounding[join]).all()
                assert (crop.ahead.steps[before] == np.arange(join - before.start, 0, -1)[:, None]).all()
            apart += np.diff(sorted(joins)).tolist()
            assert (crop.ahead.now == UNDECIDED).all()
        assert min(apart) >= LOOK_AHEAD
        assert max(apart) > 2 * LOOK_AHEAD

    def test_between_them_nothing_is_known(self) -> None:
        for crop in self.many(self.SETTINGS):
            assert crop.ahead is not None
            assert (crop.ahead.later[crop.ahead.steps == 0] == NOTHING).all()

    @pytest.mark.parametrize("seed", range(12))
    def test_given_voices_are_told_as_ever(self, seed: int) -> None:
        known = replace(self.SETTINGS, known_voices=1.0, ahead_dropped=0.0)
        joined, plain = (
            draw_crop(long_piece(steps=160), settings, source(seed)) for settings in (known, replace(known, joins=0.0))
        )
        assert joined.ahead is not None
        assert plain.ahead is not None
        given = list(joined.given)
        np.testing.assert_array_equal(joined.ahead.later[:, given], plain.ahead.later[:, given])
        assert joined.given == plain.given != ()
        assert joined.ahead.later.any(axis=0).all()
        assert not plain.ahead.later[:, [voice for voice in range(4) if voice not in given]].any()


PIECE = long_piece(steps=160)


class TestChords:
    """Music that is told what its beats are to be heard as."""

    SETTINGS = replace(PLAIN, steps=64, chords=1.0)

    def many(self, settings: CropSettings, count: int = 200) -> list[tuple[int, Crop]]:
        random = source(6)
        places = [int(random.integers(96)) for _ in range(count)]
        return [(start, draw_crop(PIECE, settings, random, place=(start, 0))) for start in places]

    def test_what_is_said_is_what_is_heard(self) -> None:
        """Of the crop itself: once a chord has been said, nine beats of ten have theirs."""
        said, told_first, told_next = [], 0, 0
        for start, crop in self.many(self.SETTINGS):
            heard = said_chords(replace(PIECE, frames=crop.frames, first_step=PIECE.first_step + start))
            assert crop.chords is not None
            now = crop.chords.root > UNSAID
            whole = slice(4, -4)  # a beat that the crop cuts in two is told whole
            np.testing.assert_array_equal(crop.chords.root[whole], (heard.root * now)[whole])
            np.testing.assert_array_equal(crop.chords.kind[whole], (heard.kind * now)[whole])
            then = crop.chords.then_root > UNSAID
            assert not (then & ~now).any()
            np.testing.assert_array_equal(crop.chords.then_root[4:-8], (heard.then_root * then)[4:-8])
            said += now[int(now.argmax()) + 4 :].tolist()
            told_first += bool(now[:8].any())
            told_next += bool(then.any())
        assert 0.88 < np.mean(said) < 0.95
        assert 130 < told_first < 180  # seven of ten from the start on, and a few later ones
        assert 75 < told_next < 125

    def test_unasked_nothing_is_said(self) -> None:
        for _, crop in self.many(replace(self.SETTINGS, chords=0.0), 3):
            assert crop.chords is None
            ids, _ = batch_of([crop], ROW)
            assert (ids[..., ROW.slot("root")] == ROW.offsets[ROW.slot("root")]).all()

    def test_a_model_reads_them(self) -> None:
        crops = [crop for _, crop in self.many(self.SETTINGS, 4)]
        ids, _ = batch_of(crops, ROW)
        roots = ids[:, ::4, ROW.slot("root")] - ROW.offsets[ROW.slot("root")]
        np.testing.assert_array_equal(roots, [crop.chords and crop.chords.root for crop in crops])

    def test_whole_pieces_tell_all_where_a_run_did(self) -> None:
        whole = whole_crop(PIECE, 32, 64, chords_said=True)
        assert whole.chords is not None
        np.testing.assert_array_equal(whole.chords.root, said_chords(PIECE).root[32:96])
        assert whole_crop(PIECE, 32, 64).chords is None


class TestGivenVoices:
    KNOWING = replace(PLAIN, known_voices=1.0, ahead_dropped=0.0)

    def many(self, settings: CropSettings, count: int = 200) -> list[Crop]:
        random = source(2)
        return [draw_crop(long_piece(), settings, random) for _ in range(count)]

    def test_any_voices_but_never_all_and_the_soprano_most_often(self) -> None:
        given = Counter(crop.given for crop in self.many(self.KNOWING, 1400))
        assert len(given) == 14
        assert all(0 < len(voices) < 4 and list(voices) == sorted(set(voices)) for voices in given)
        assert abs(given.pop((0,)) / 1400 - (0.5 + 0.5 / 14)) < 0.06
        assert all(abs(count / 1400 - 0.5 / 14) < 0.025 for count in given.values())

    def test_they_come_first_and_are_not_learned(self) -> None:
        for crop in self.many(self.KNOWING, 20):
            others = [voice for voice in range(4) if voice not in crop.given]
            assert np.argsort(crop.rank).tolist() == [*crop.given, *others]
            ids, targets = batch_of([crop], ROW)
            learned = targets[0, :, 0].reshape(8, 4) != IGNORED
            assert np.all(learned == (np.arange(4) >= len(crop.given)))
            assert voices(ids[0])[:4] == [*crop.given, *others]

    def test_they_are_known_beforehand_to_every_note_of_their_frame(self) -> None:
        for crop in self.many(self.KNOWING, 20):
            ids = batch_of([crop], ROW)[0][0]
            at = ROW.slot("coming")
            coming = (ids[:, at : at + 4] - ROW.offsets[at : at + 4]).reshape(8, 4, 4)
            known = np.isin(np.arange(4), crop.given)
            assert np.all(coming == np.where(known, crop.frames + 1, 0)[:, None])

    def test_what_comes_later_is_seen_beyond_the_crop(self) -> None:
        piece = long_piece()
        for crop in self.many(self.KNOWING, 20):
            assert crop.ahead is not None
            start = crop.first_step - 12
            by = crop.frames[0, 0] - excerpt(piece.frames, start, 8)[0, 0]
            rest = transpose(excerpt(piece.frames, start, len(piece.frames)), int(by))
            known = np.where(np.isin(np.arange(4), crop.given), rest, UNDECIDED)
            expected = Ahead.of_frames(known[: 8 + LOOK_AHEAD])
            np.testing.assert_array_equal(crop.ahead.later, expected.later[:8])
            np.testing.assert_array_equal(crop.ahead.steps, expected.steps[:8])

    def test_only_the_frame_itself_may_be_known(self) -> None:
        for crop in self.many(replace(self.KNOWING, ahead_dropped=1.0), 10):
            assert crop.ahead is not None
            assert np.all(crop.ahead.now[:, list(crop.given)] == crop.frames[:, list(crop.given)])
            assert not crop.ahead.later.any()
            assert not crop.ahead.steps.any()

    def test_a_short_piece_is_not_known_beyond_its_end(self) -> None:
        piece = Piece("short", "train", FOUR_STEPS[:3], True, 5)
        crop = draw_crop(piece, replace(self.KNOWING, steps=6, melody=1.0), source())
        assert crop.ahead is not None
        assert np.all(crop.ahead.now[3:] == UNDECIDED)
        assert crop.ahead.steps[:, 0].tolist() == [2, 1, 0, 0, 0, 0]


class TestDataSets:
    PIECES = (long_piece(), replace(long_piece(24), name="other"))

    def batches(self, seed: int = 5, epoch: int = 0) -> CropBatches:
        return CropBatches(self.PIECES, ROW, CropSettings(steps=8, batch_size=4), 3, seed, epoch)

    def test_batch_depends_on_seed_epoch_and_index_alone(self) -> None:
        first = self.batches()
        assert len(first) == 3
        expected = [first[index] for index in range(3)]
        again = self.batches()
        for index in (2, 0, 1):
            for one, other in zip(again[index], expected[index], strict=True):
                np.testing.assert_array_equal(one, other)
        different = [first[0], first[1], self.batches(seed=6)[0], self.batches(epoch=1)[0]]
        assert len({ids.tobytes() for ids, _ in different}) == 4

    def test_epochs_go_on_where_a_run_was_taken_up(self) -> None:
        running = self.batches()
        running.on_epoch_end()
        running.on_epoch_end()
        for one, other in zip(running[1], self.batches(epoch=2)[1], strict=True):
            np.testing.assert_array_equal(one, other)

    def test_the_second_of_every_group_is_of_short_crops_that_recall_nothing(self) -> None:
        settings = CropSettings(steps=64, batch_size=4, echoes_dropped=0.0, short_every=3)
        twice = replace(long_piece(), frames=np.tile(long_piece().frames, (2, 1)))
        batches = CropBatches([twice], ROW, settings, 7, 5, 0)
        notes = [batches[index][0].shape[:2] for index in range(7)]
        assert notes == [(16, 64) if index in {1, 4} else (4, 256) for index in range(7)]
        of_long, of_short = (batches[index][0][..., ROW.slot("echo")] for index in (0, 1))
        assert len(np.unique(of_long)) > 1
        assert len(np.unique(of_short)) == 1

    def test_long_pieces_come_more_often(self) -> None:
        np.testing.assert_allclose(self.batches().shares, [40 / 64, 24 / 64])

    def test_validation_holds_every_note_once(self) -> None:
        pieces = [long_piece(20), long_piece(9)]
        crops = WholeCrops(pieces, ROW, steps=8, batch_size=2)
        assert len(crops) == 3
        sizes = [crops[index][0].shape for index in range(3)]
        assert sizes == [(2, 32, ROW.width), (2, 32, ROW.width), (1, 32, ROW.width)]
        targets = np.concatenate([crops[index][1] for index in range(3)])
        assert int(np.sum(targets[..., 0] != IGNORED)) == 4 * (20 + 9)
        ids = np.concatenate([crops[index][0] for index in range(3)])
        assert set(slot(ids.reshape(-1, ROW.width), "close")) == {0}
        first = targets[0, :, 1].reshape(8, 4)
        np.testing.assert_array_equal(first, hide_and_strike(pieces[0].frames)[:8])


def hide_and_strike(frames: IntArray) -> IntArray:
    """What sounds, as strikes."""
    pitches = sounding_pitches(frames)
    return np.where(pitches > 0, pitches - 34, REST)


def test_crops_of_tunes_are_of_the_first_voice_with_its_strikes() -> None:
    """A row a step; a pitch that is struck again is said, whatever the settings say of onsets."""
    frames = np.full((6, 4), 0, dtype=np.int32)
    frames[:, 0] = [S, HOLD, S, A, HOLD, REST]
    piece = Piece("tune", "train", frames, onsets_known=True, first_step=3)
    row, tunes = (
        FeatureRow(("bar", "own_pitch", "own_held", "pitches")),
        Habits("fixed", hears_coming=False, kind="melody"),
    )
    settings = replace(PLAIN, steps=8, hidden_onsets=1.0, known_voices=1.0).suiting(tunes)
    drawn = draw_crop(piece, settings, source(), tunes)
    whole = whole_crop(piece, 0, 8, tunes)
    assert drawn.given == ()
    for crop in (drawn, whole):
        ids, targets = batch_of([crop, crop], row)
        assert (ids.shape, targets.shape) == ((2, 8, row.width), (2, 8, 2))
        moved = int(crop.frames[0, 0]) - S
        tokens = [S + moved, HOLD, S + moved, A + moved, HOLD, REST]
        assert targets[0].tolist() == [[token] * 2 for token in tokens] + [[IGNORED] * 2] * 2
        assert (ids[0, :, row.slot("bar")] - row.offsets[row.slot("bar")]).tolist() == [*range(3, 11)]
        assert (ids[0, :, row.slot("own_held")] - row.offsets[row.slot("own_held")]).tolist()[:6] == [0, 1, 2, 1, 1, 2]
