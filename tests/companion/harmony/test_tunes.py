"""Where the phrases of a tune end: in tunes written for it, and beside the fermatas of chorales."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harmonies import tune_of

from companion.harmony.form import Span
from companion.harmony.tunes import close_in, led_on, tune_form
from companion.music.vocabulary import HOLD, REST, IntArray
from export.data.pieces import Piece

Notes = list[tuple[int | None, float]]

LINE: Notes = [(67, 1), (69, 1), (71, 1), (72, 1), (74, 1), (72, 1), (71, 2)]  # a line of verse: eight beats
OTHER: Notes = [(71, 1), (72, 1), (74, 1), (71, 1), (69, 1), (69, 1), (67, 2)]


def closes(tune: IntArray, in_threes: bool = False) -> list[float]:
    """The beats on which phrases close."""
    return [span.close / 4 for span in tune_form(tune, in_threes).spans]


class TestHandMade:
    def test_on_the_long_note_of_every_line(self) -> None:
        form = tune_form(tune_of([*LINE, *OTHER, *LINE, *OTHER]))
        assert form.spans == (Span(0, 24, 32), Span(32, 56, 64), Span(64, 88, 96, 0), Span(96, 120, 128, 32))
        assert form.ends

    def test_a_line_that_comes_back_higher_does_not_come_back(self) -> None:
        higher = [(None if pitch is None else pitch + 2, beats) for pitch, beats in LINE]
        assert [span.repeats for span in tune_form(tune_of([*LINE, *higher])).spans] == [None, None]

    def test_before_its_rests(self) -> None:
        line: Notes = [(67, 1), (69, 1), (71, 1), (72, 1), (74, 1), (72, 1), (71, 1), (None, 1)]
        assert closes(tune_of(line * 4)) == [6, 14, 22, 30]

    def test_a_pickup_belongs_to_what_follows_it(self) -> None:
        line: Notes = [(62, 1), (67, 1), (69, 1), (71, 1), (72, 1), (74, 1), (71, 2)]
        form = tune_form(tune_of(line * 3))
        assert [span.close / 4 for span in form.spans] == [6, 14, 22]
        assert [span.start / 4 for span in form.spans] == [0, 8, 16]

    def test_of_halves_a_half_is_not_long(self) -> None:
        line: Notes = [(67, 2), (69, 2), (71, 4)]
        assert closes(tune_of(line * 4)) == [4, 12, 20, 28]

    def test_in_threes(self) -> None:
        line: Notes = [(67, 2), (69, 1), (71, 2), (72, 1), (74, 2), (72, 1), (71, 3)]
        assert closes(tune_of(line * 3), in_threes=True) == [9, 21, 33]

    def test_where_nothing_tells_phrases_are_as_long_as_bachs(self) -> None:
        form = tune_form(tune_of([(60 + up % 12, 1) for up in range(64)]))
        beats = [span.beats for span in form.spans]
        assert sum(beats) == 64 and np.median(beats) == 8

    def test_the_last_note_is_a_close_however_short(self) -> None:
        assert closes(tune_of([*LINE, (69, 1), (67, 1), (66, 1), (67, 0.25)]))[-1] == 11

    def test_a_single_note(self) -> None:
        assert tune_form(tune_of([(60, 4)])).spans == (Span(0, 0, 16),)

    @pytest.mark.parametrize("beats", [1, 4, 5.5])
    def test_silence_is_one_phrase(self, beats: float) -> None:
        (span,) = tune_form(tune_of([(None, beats)])).spans
        assert (span.start, span.end) == (0, 4 * beats) and 0 <= span.close <= span.end

    def test_what_is_struck_off_the_beat_closes_nothing(self) -> None:
        tune = tune_of([*LINE[:-1], (71, 0.5), (72, 2.5), (74, 1), (71, 1), (69, 2)])
        assert all(close == round(close) for close in closes(tune))


class TestLedOn:
    LONG: ClassVar[Notes] = [*LINE[:-1], (71, 3)]

    def test_under_two_of_five_long_notes_others_go_on_a_beat_before(self) -> None:
        form = tune_form(tune_of([*self.LONG, *OTHER, *LINE]))
        forms = [led_on(form, np.random.default_rng(seed)).spans for seed in range(200)]
        assert {spans[1:] for spans in forms} <= {form.spans[1:], (replace(form.spans[1], start=32), form.spans[2])}
        assert {spans[0].close for spans in forms} == {24}
        assert 60 <= sum(spans[0].end == 32 == spans[1].start for spans in forms) <= 100

    @pytest.mark.parametrize("tune", [[*LINE, *OTHER], [*LONG, *LONG], [*OTHER, *LONG]])
    def test_not_under_shorter_ones_nor_what_comes_back_nor_at_the_end(self, tune: Notes) -> None:
        form = tune_form(tune_of(tune))
        assert all(led_on(form, np.random.default_rng(seed)).spans == form.spans for seed in range(20))


def random_line(dice: np.random.Generator, notes: int) -> Notes:
    beats = dice.choice([1, 1, 1, 1, 2], notes)
    return [(int(pitch), int(long)) for pitch, long in zip(dice.integers(60, 72, notes), beats, strict=True)]


def test_what_comes_back_mostly_closes_where_it_did_whatever_is_around_it() -> None:
    """Of lines that nothing divides but what follows them, one in eight would otherwise close alike both times."""
    dice, alike = np.random.default_rng(1), 0
    for _ in range(100):
        line, *others = (random_line(dice, int(notes)) for notes in (12, *dice.integers(5, 9, 2)))
        spans = tune_form(tune_of([*line, *others[0], *line, *others[1]])).spans
        steps, back = (4 * sum(beats for _, beats in part) for part in (line, [*line, *others[0]]))
        first = [span.close for span in spans if span.close < steps]
        again = [span.close - back for span in spans if back <= span.close < back + steps]
        alike += first == again and any(span.repeats is not None for span in spans)
    assert alike > 30


TOKENS = st.one_of(st.just(HOLD), st.just(HOLD), st.just(HOLD), st.just(REST), st.integers(20, 30))


@given(st.lists(TOKENS, min_size=1, max_size=300), st.booleans())
def test_phrases_of_any_tune_follow_one_another_and_close_on_beats(tokens: list[int], in_threes: bool) -> None:
    tune = np.array(tokens, dtype=np.int32)
    spans = tune_form(tune, in_threes).spans
    assert [0, *(span.end for span in spans)] == [*(span.start for span in spans), len(tune)]
    assert all(span.start <= span.close <= span.end and span.close % 4 == 0 for span in spans)
    for span in spans:
        if span.repeats is not None:
            (before,) = (one for one in spans if one.start == span.repeats)
            length = span.close - span.start
            assert before.close - before.start == length
            assert tune[before.start :][: length + 1].tolist() == tune[span.start :][: length + 1].tolist()


@pytest.mark.slow
@pytest.mark.train
def test_an_even_tune_of_a_thousand_bars_is_no_phrase_of_a_thousand_bars() -> None:
    tune = np.full(16_000, HOLD, dtype=np.int32)
    tune[::2] = 40 + np.arange(8_000) % 5
    assert {span.beats for span in tune_form(tune).spans} == {8}


def test_beside_the_fermatas_of_held_out_chorales(chorales: list[Piece]) -> None:
    found = true = hits = 0
    for piece in chorales:
        if piece.split == "train" or not piece.bar_steps or len(piece.closes) < 2:
            continue
        first = -piece.first_step % 4
        form = tune_form(piece.frames[first:, 0], in_threes=(piece.metre or "").startswith("3/"))
        ends = {span.close + first for span in form.spans}
        found, true, hits = found + len(ends), true + len(piece.closes), hits + len(ends & {*piece.closes})
    assert true > 500
    assert hits / found >= 0.75  # precision
    assert hits / true >= 0.75  # recall


class TestAskedFor:
    TUNE = tune_of([*LINE, *OTHER, *LINE, *OTHER])

    def test_phrases_end_there_and_no_others_between(self) -> None:
        form = tune_form(self.TUNE, closes=[48])  # on the fifth beat of the second line
        assert (form.spans[0].close, form.spans[0].end) == (48, 52)

    def test_others_end_where_a_phrase_would_be_too_long(self) -> None:
        closes = [span.close for span in tune_form(self.TUNE, closes=[88]).spans]
        assert 88 in closes and len([close for close in closes if close < 88]) >= 1

    @given(st.sets(st.sampled_from([0, 4, 8, 20, 24, 32, 56, 64, 88, 96, 120]), min_size=1))
    def test_every_one_of_them_is_a_close(self, asked: set[int]) -> None:
        spans = tune_form(self.TUNE, closes=sorted(asked)).spans
        assert asked <= {span.close for span in spans}
        assert [span.start for span in spans[1:]] == [span.end for span in spans[:-1]]

    def test_the_longest_note_of_a_bar_ends_it_best(self) -> None:
        assert close_in(self.TUNE, 16, 32) == 24
        assert close_in(self.TUNE, 0, 16) == 12  # of equal ones the last
        assert close_in(self.TUNE, 26, 32) is None
