"""Scores: the protocols on hand-made pieces, and the baselines that fix them on the real ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.fakes import Babbler, canonical_frames

from companion.model.codes import NOTHING, SILENCE
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, IntArray, hide_onsets, strike
from export.data.pieces import Piece
from export.harmony.hearing import heard_chords
from export.scores.scoring import (
    SYMBOLS,
    Score,
    counting_scorer,
    merge_holds,
    model_scorer,
    repeat_scorer,
    symbols_of,
    transposing_scorer,
    whole_piece,
    whole_piece_by_place,
    windowed,
    windows_of,
)


def piece_of(frames: IntArray, split: str = "test", first_step: int = 0) -> Piece:
    return Piece("made-up", split, frames, onsets_known=False, first_step=first_step)


def chords(*pitches: int, steps: int = 1) -> IntArray:
    """Each chord's soprano; the other voices follow a tenth, an octave and two octaves below."""
    rows = [[strike(pitch - below) for below in (0, 4, 12, 24)] for pitch in pitches]
    return hide_onsets(np.repeat(np.array(rows, dtype=np.int32), steps, axis=0))


class TestSymbols:
    def test_by_hand(self) -> None:
        frames = np.array([[strike(36), REST, strike(81), HOLD], [HOLD, strike(60), HOLD, REST]], dtype=np.int32)
        np.testing.assert_array_equal(symbols_of(frames), [[1, 0, 46, 0], [1, 25, 46, 0]])
        assert SYMBOLS == 47


class TestMergedHolds:
    @given(st.integers(0, 2**32 - 1), st.integers(1, 4))
    def test_against_a_loop(self, seed: int, steps: int) -> None:
        random = np.random.default_rng(seed)
        logits = random.normal(0, 3, (steps, 4, VOCABULARY_SIZE)).astype(np.float32)
        now = random.choice([NOTHING, SILENCE, FIRST_STRIKE, 20, VOCABULARY_SIZE - 1], (steps, 4)).astype(np.int32)
        kept = logits.copy()
        merged = merge_holds(logits, now)
        assert merged.shape == (steps, 4, SYMBOLS)
        for place in np.ndindex(steps, 4):
            np.testing.assert_allclose(np.exp(merged[place]), by_loop(logits[place], int(now[place])), rtol=1e-6)
        np.testing.assert_array_equal(logits, kept)

    def test_by_hand(self) -> None:
        """A quarter each for rest, hold, 60 and 62: while 60 sounds, its hold counts to it."""
        logits = np.full(VOCABULARY_SIZE, -1e9, dtype=np.float32)
        logits[[REST, HOLD, strike(60), strike(62)]] = 5.0
        sounding = np.exp(merge_holds(logits, np.int32(strike(60))))
        assert (sounding[0], sounding[25], sounding[27]) == (
            pytest.approx(0.25),
            pytest.approx(0.5),
            pytest.approx(0.25),
        )
        silent = np.exp(merge_holds(logits, np.int32(SILENCE)))
        assert silent[[0, 25, 27]] == pytest.approx(1 / 3)


def by_loop(logits: NDArray[np.float32], now: int) -> list[float]:
    shares = [0.0] * SYMBOLS
    for token, logit in enumerate(logits.astype(np.float64)):
        if token == HOLD:
            if now >= FIRST_STRIKE:
                shares[now - FIRST_STRIKE + 1] += math.exp(logit)
        else:
            shares[0 if token == REST else token - FIRST_STRIKE + 1] += math.exp(logit)
    return [share / sum(shares) for share in shares]


class TestProtocols:
    @pytest.mark.parametrize(
        ("steps", "starts"), [(32, []), (33, [0]), (48, [0]), (49, [0, 16]), (64, [0, 16]), (65, [0, 16, 32])]
    )
    def test_windows(self, steps: int, starts: list[int]) -> None:
        frames = chords(72, steps=steps)
        found = list(windows_of(frames))
        assert [start for start, _ in found] == starts
        for _, window in found:
            assert window.shape == (33, 4)
            assert window[0].tolist() == chords(72)[0].tolist()  # struck, as nothing came before
            assert np.all(window[1:] == HOLD)

    def test_windowed_leaves_the_first_note_out(self) -> None:
        """A scorer that is right about all but the soprano; it also hears where each window stands."""
        heard: list[tuple[int, int]] = []

        def scorer(frames: IntArray, first_step: int) -> NDArray[np.float64]:
            heard.append((len(frames), first_step))
            scores = np.full((len(frames), 4, SYMBOLS), -9.0)
            np.put_along_axis(scores, symbols_of(frames)[..., None], -0.5, axis=-1)
            scores[:, 0] = -2.0
            scores[:, 0, 0] = -1.0
            return scores

        told: list[int] = []
        pieces = [piece_of(chords(72, 74, steps=32), first_step=12), piece_of(chords(70, steps=20))]
        assert windowed(pieces, scorer, told.append) == Score(
            nll=pytest.approx((2 * 32 * 2.0 + 2 * 99 * 0.5) / (2 * 131)), accuracy=2 * 99 / (2 * 131), notes=2 * 131
        )
        assert heard == [(33, 12), (33, 28)]
        assert told == [64, 20]

    def test_whole_piece_scores_every_note(self) -> None:
        pieces = [piece_of(chords(72, 74)), piece_of(chords(70))]
        score = whole_piece(pieces, lambda frames, _: np.full((len(frames), 4, SYMBOLS), -3.0))
        assert score == Score(3.0, 0.0, 12)  # equal scores say nothing, so nothing is right

    def test_by_place_every_note_is_scored_where_it_lies(self) -> None:
        """A scorer that is right about the first four frames alone."""
        pieces = [piece_of(chords(60, 62, 64, steps=4)), piece_of(chords(60, 62, 64, 65, 67, steps=4))]

        def right_at_first(frames: IntArray, _: int) -> NDArray[np.float64]:
            scores = np.full((len(frames), 4, SYMBOLS), -3.0)
            scores[..., 0] = -2.0  # a rest, which nobody has
            np.put_along_axis(scores[:4], symbols_of(frames)[:4, :, None], -1.0, axis=-1)
            return scores

        score, places = whole_piece_by_place(pieces, right_at_first)
        assert score == whole_piece(pieces, right_at_first)
        found = {place: (part.nll, part.accuracy, part.notes) for place, part in places.items()}
        assert found == {"1–4": (1, 1, 2 * 4 * 4), "5–16": (3, 0, 4 * (8 + 12)), "17–20": (3, 0, 4 * 4)}

    def test_as_dict(self) -> None:
        assert Score(0.123456, 0.99999, 7).as_dict() == {"nll": 0.1235, "accuracy": 1.0, "notes": 7}


class TestBaselines:
    def test_repeat(self) -> None:
        """Of three chords of two steps: nothing about the first frame, then wrong at each change."""
        frames = chords(72, 74, 72, steps=2)
        scores = repeat_scorer(frames, 0)
        np.testing.assert_allclose(np.exp(scores[0]), 1 / SYMBOLS)
        np.testing.assert_array_equal(scores[1:].argmax(axis=-1), symbols_of(frames)[:-1])
        assert whole_piece([piece_of(frames)], repeat_scorer).accuracy == 3 / 6

    def test_counting(self) -> None:
        train = [piece_of(chords(72, 72, 74), "train")]
        table = np.exp(counting_scorer(train)(chords(72), 0)[0])
        np.testing.assert_allclose(table.sum(axis=-1), 1)
        soprano = np.ones(SYMBOLS)
        soprano[[72 - 35, 74 - 35]] = 3, 2
        np.testing.assert_allclose(table[0], soprano / soprano.sum())

    def test_known_figures(self, jsb_pieces: list[Piece]) -> None:
        """The same counts and accuracies as every other reading of these protocols."""
        train = [piece for piece in jsb_pieces if piece.split == "train"]
        test = [piece for piece in jsb_pieces if piece.split == "test"]
        assert sum(1 for piece in test for _ in windows_of(piece.frames)) == 1067
        counting = counting_scorer(train)
        repeated, counted = windowed(test, repeat_scorer).as_dict(), windowed(test, counting).as_dict()
        assert (repeated["notes"], repeated["accuracy"]) == (139_777, 0.7473)
        assert (counted["notes"], counted["nll"]) == (139_777, 2.6389)
        repeated, counted = whole_piece(test, repeat_scorer).as_dict(), whole_piece(test, counting).as_dict()
        assert (repeated["notes"], repeated["accuracy"]) == (75_600, 0.7672)
        assert (counted["notes"], counted["nll"]) == (75_600, 2.6388)


class TestTranspositions:
    def test_a_scorer_that_moves_with_the_music_is_not_changed(self) -> None:
        frames = chords(72, 74, steps=2)
        within = slice(4, SYMBOLS - 3)  # pitches that no move brings off the end
        moved = transposing_scorer(repeat_scorer, 3)(frames, 0)
        np.testing.assert_allclose(moved[..., within], repeat_scorer(frames, 0)[..., within], atol=1e-9)

    def test_the_mean_of_what_is_expected_of_each(self) -> None:
        """A scorer that knows C alone: of music moved up by a tone it expects the B flat that was."""
        frames = chords(72)
        asked: list[int] = []

        def only_c(moved: IntArray, _: int) -> NDArray[np.float64]:
            asked.append(int(moved[0, 0] - frames[0, 0]))
            scores = np.full((1, 4, SYMBOLS), -np.inf)
            scores[..., symbols_of(frames)[0, 0]] = 0.0
            return scores

        expected = np.exp(transposing_scorer(only_c, 2)(frames, 0))[0, 0]
        assert asked == [-2, -1, 0, 1, 2]
        c = symbols_of(frames)[0, 0]
        np.testing.assert_allclose(expected[c - 2 : c + 3], 0.2)
        assert expected.sum() == pytest.approx(1)


class TestModels:
    @given(canonical_frames(least=3, most=8), st.integers(-20, 20))
    def test_fed_note_by_note_with_onsets_hidden(self, frames: IntArray, first_step: int) -> None:
        model = Babbler()
        scores = model_scorer(model)(frames, first_step)  # type: ignore[arg-type]
        assert scores.shape == (*frames.shape, SYMBOLS)
        np.testing.assert_allclose(np.exp(scores).sum(axis=-1), 1)
        again = model_scorer(Babbler())(hide_onsets(frames), first_step)  # type: ignore[arg-type]
        np.testing.assert_array_equal(scores, again)
        beat, close = (slots(model, name) for name in ("beat", "close"))
        assert beat == [(first_step + step) % 4 for step in range(len(frames)) for _ in range(4)]
        assert set(close) == {0}
        assert slots(model, "voice") == [0, 1, 2, 3] * len(frames)

    def test_chords_are_told_where_that_is_asked_for(self) -> None:
        model = Babbler()
        frames = chords(72, 74, 76, 72, steps=4)
        slot = model.row.slot("root")
        for said, roots in ((False, [0] * 16), (True, heard_chords(frames, 0).root.tolist())):
            model.seen.clear()
            model_scorer(model, said)(frames, 0)  # type: ignore[arg-type]
            told = [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[::4]]
            assert told == roots


def slots(model: Babbler, name: str) -> Sequence[int]:
    at = model.row.slot(name)
    return [int(ids[at] - model.row.offsets[at]) for ids in model.seen]
