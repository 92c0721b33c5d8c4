"""Phrases: without gaps, each with its close, distributed as Bach's."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import random_source

from companion.harmony.form import (
    ENDLESS_STEPS,
    HELD_BEATS,
    PHRASE_BEATS,
    SHORTEST_LAST,
    Form,
    Span,
    Wish,
    asked_form,
    drawn_form,
    endless_form,
)
from companion.harmony.progressions import Closing, PhrasePlace

DICE = st.integers(0, 2**32 - 1).map(random_source)
HEARD = st.lists(st.integers(0, 20), max_size=4)


def lengths(form: Form) -> list[int]:
    return [span.beats for span in form.spans]


def check_tiles(form: Form, start: int, close: int, end: int) -> None:
    """From start to end without a gap, each close inside its phrase, the last where it is asked for."""
    spans = form.spans
    assert [spans[0].start, *(span.end for span in spans)] == [*(span.start for span in spans), end]
    assert spans[0].start == start and spans[-1].close == close
    assert all(span.start <= span.close < span.end for span in spans)
    assert all(span.close % 4 == 0 and span.end % 4 == 0 for span in spans[:-1])


@st.composite
def asked(draw: st.DrawFn) -> tuple[int, int, int]:
    """Start, close and end of an answer; its last chord up to two bars long, its end on any step."""
    start = 4 * draw(st.integers(0, 40))
    end = start + draw(st.integers(1, 400))
    last = min(draw(st.sampled_from([4, 8, 12, 16, 20, 28])), end - start)
    close = end - last
    return start, close - close % 4, end


class TestDrawn:
    @given(asked(), DICE, HEARD, st.booleans())
    def test_phrases_follow_one_another_and_end_where_asked(
        self, answer: tuple[int, int, int], dice: np.random.Generator, heard: list[int], in_threes: bool
    ) -> None:
        form = drawn_form(*answer, dice, heard, in_threes)
        assert form.ends
        check_tiles(form, *answer)

    @given(st.integers(3, 100), DICE, HEARD, st.booleans())
    def test_all_are_as_long_as_phrases_are_and_held_as_long(
        self, beats: int, dice: np.random.Generator, heard: list[int], in_threes: bool
    ) -> None:
        form = drawn_form(0, 4 * beats - 8, 4 * beats, dice, heard, in_threes)
        assert sum(lengths(form)) == beats
        assert all(span.beats in PHRASE_BEATS for span in form.spans[:-1])
        assert form.spans[-1].beats <= PHRASE_BEATS[-1] + 1  # whose chord is held until the end
        assert all(span.held in HELD_BEATS for span in form.spans[:-1])

    @given(st.integers(8, 100), DICE)
    def test_what_comes_back_came_before_and_was_as_long(self, beats: int, dice: np.random.Generator) -> None:
        form = drawn_form(0, 4 * beats - 8, 4 * beats, dice)
        by_start = {span.start: span for span in form.spans}
        for span in form.spans:
            if span.repeats is not None:
                before = by_start[span.repeats]
                assert before.end <= span.start and before.repeats is None
                assert (before.beats, before.held) == (span.beats, span.held)

    @given(asked(), st.integers(0, 1000), HEARD)
    def test_the_same_dice_give_the_same_form(self, answer: tuple[int, int, int], seed: int, heard: list[int]) -> None:
        one, other = (drawn_form(*answer, random_source(seed), heard) for _ in range(2))
        assert (one.spans, one.ends) == (other.spans, other.ends)

    @given(asked(), st.integers(1, 50), DICE, st.integers(0, 1000))
    def test_later_it_is_the_same_later(
        self, answer: tuple[int, int, int], later: int, dice: np.random.Generator, seed: int
    ) -> None:
        del dice
        here = drawn_form(*answer, random_source(seed))
        there = drawn_form(*(step + 4 * later for step in answer), random_source(seed))
        assert lengths(here) == lengths(there)

    @pytest.mark.parametrize("beats", [1, 2, 3])
    def test_too_short_for_two_phrases_it_is_one(self, beats: int) -> None:
        form = drawn_form(16, 16 + 4 * (beats - 1), 16 + 4 * beats, random_source())
        assert form.spans == (Span(16, 16 + 4 * (beats - 1), 16 + 4 * beats),)


class TestAsBachs:
    """Over many drawn forms of 32 beats."""

    def forms(self, heard: tuple[int, ...] = (), in_threes: bool = False, beats: int = 32) -> list[Form]:
        end = 4 * beats
        return [drawn_form(0, end - 8, end, random_source(seed), heard, in_threes) for seed in range(120)]

    def apart(self, in_threes: bool = False, beats: int = 32) -> list[int]:
        """Beats from each close to the next."""
        closes = [[span.close // 4 for span in form.spans] for form in self.forms((), in_threes, beats)]
        return [beats for one in closes for beats in np.diff(one).tolist()]

    def test_closes_are_whole_fours_apart_as_often_and_hardly_ever_odd_beats(self) -> None:
        """In the chorales in fours 58 of 100 are, and 5 an odd number of beats: they close on strong beats."""
        found = self.apart(beats=64)
        assert median(found) == 8
        assert 0.5 < np.mean([beats % 4 == 0 for beats in found]) < 0.75
        assert np.mean([beats % 2 for beats in found]) < 0.1

    def test_in_threes_they_are_whole_bars_of_three_apart(self) -> None:
        assert np.mean([beats % 3 == 0 for beats in self.apart(True, 36)]) > 0.8

    def test_last_chords_are_held_as_long_as_bach_s(self) -> None:
        """For a beat in 60 of 100 phrases, after which the next one begins with a pickup, else two or three."""
        held = [span.held for form in self.forms(beats=64) for span in form.spans[:-1]]
        assert 0.4 < np.mean([beats == 1 for beats in held]) < 0.7

    def test_that_begins_on_a_strong_beat_or_before_it(self) -> None:
        """What begins on the fourth beat has pickups; else most forms have, and the first phrase lacks its own."""
        for start, pickups in ((0, 0.95), (12, 1.0)):
            forms = [drawn_form(start, 248, 256, random_source(seed)) for seed in range(200)]
            found = np.mean([form.spans[1].start % 8 == 4 for form in forms])
            assert abs(found - pickups) < 0.12, start

    def test_what_was_heard_is_likelier(self) -> None:
        shares = [np.mean([6 in lengths(form) for form in self.forms(heard)]) for heard in ((), (6,), (6, 6))]
        assert shares[0] < shares[1] < shares[2]

    def test_some_come_back_and_some_do_not(self) -> None:
        returning = np.mean([any(span.repeats is not None for span in form.spans) for form in self.forms()])
        assert 0.1 < returning < 0.5


class TestPlaces:
    FORM = Form((Span(16, 40, 48), Span(48, 72, 80, 16), Span(80, 96, 112)))

    def test_beat_by_beat(self) -> None:
        names = [None if (place := self.FORM.place(step)) is None else place.name for step in range(16, 112, 4)]
        before_close = ["LAST_BUT_TWO", "LAST_BUT_ONE", "LAST", "CLOSE"]
        assert names == [
            *("STRONG", "WEAK", "STRONG", *before_close, None),
            *("BEGIN", "WEAK", "STRONG", *before_close, None),
            *("BEGIN", *before_close, None, None, None),
        ]

    def test_in_threes_every_third_beat_is_strong(self) -> None:
        form = replace(self.FORM, apart=3)
        assert [form.place(step) for step in (16, 20, 24)] == [PhrasePlace.STRONG, PhrasePlace.WEAK, PhrasePlace.WEAK]

    def test_all_steps_of_a_beat_have_its_place(self) -> None:
        for step in range(16, 112):
            assert self.FORM.place(step) == self.FORM.place(step - step % 4)

    def test_outside_there_is_none(self) -> None:
        for step in (0, 15, 112, 200):
            assert self.FORM.at(step) is self.FORM.place(step) is self.FORM.steps_to_close(step) is None

    def test_steps_to_the_close(self) -> None:
        assert [self.FORM.steps_to_close(step) for step in (16, 39, 40, 41, 47, 48)] == [24, 1, 0, -1, -7, 24]

    def test_closes(self) -> None:
        closes = [self.FORM.closing(span) for span in self.FORM.spans]
        assert closes == [Closing.FIRST, Closing.LAST_BUT_ONE, Closing.FINAL]
        endless = Form(self.FORM.spans, ends=False)
        assert endless.closing(endless.spans[-1]) == Closing.INNER
        assert Form(self.FORM.spans[:1]).closing(self.FORM.spans[0]) == Closing.FINAL

    def test_closes_of_either_half(self) -> None:
        form = Form(tuple(Span(start, start + 24, start + 32) for start in range(16, 208, 32)))
        names = [form.closing(span).name for span in form.spans]
        assert names == ["FIRST", "EARLY", "EARLY", "LATE", "LAST_BUT_ONE", "FINAL"]

    @given(st.integers(3, 100), DICE)
    def test_every_phrase_has_one_close_and_all_that_leads_to_it(self, beats: int, dice: np.random.Generator) -> None:
        form = drawn_form(0, 4 * beats - 8, 4 * beats, dice)
        for span in form.spans:
            places = [form.place(step) for step in range(span.start, span.end, 4)]
            lead = [place for place in places if place is not None]
            expected = [PhrasePlace(before) for before in range(min(len(lead), 4))]
            assert lead[::-1][:4] == expected
            assert places[len(lead) :] == [None] * (span.beats - len(lead))
            assert len(lead) == (span.close - span.start) // 4 + 1


class TestEnding:
    @given(st.integers(4, 80), DICE, st.integers(0, 79), st.sampled_from([4, 8, 12, 20]))
    def test_wherever_it_is_to_end_it_ends_there(
        self, beats: int, dice: np.random.Generator, at: int, last: int
    ) -> None:
        drawn = drawn_form(8, 4 * beats, 4 * beats + 8, dice)
        close = 8 + 4 * min(at, beats)
        form = drawn.ending(close, close + last)
        check_tiles(form, 8, close, close + last)
        assert form.ends

    @given(st.integers(8, 80), DICE, st.integers(0, 79))
    def test_what_was_before_stays_and_the_last_phrase_is_not_too_short(
        self, beats: int, dice: np.random.Generator, at: int
    ) -> None:
        drawn = drawn_form(0, 4 * beats - 8, 4 * beats, dice)
        close = 4 * min(at, beats)
        form = drawn.ending(close, close + 8)
        assert form.spans[:-1] == drawn.spans[: len(form.spans) - 1]
        assert len(form.spans) == 1 or form.spans[-1].close - form.spans[-1].start >= 4 * SHORTEST_LAST

    def test_of_endless_music_too(self) -> None:
        endless = endless_form(32, random_source())
        form = endless.ending(500, 508)
        check_tiles(form, 32, 500, 508)
        assert form.closing(form.spans[-1]) == Closing.FINAL


class TestAskedFor:
    @given(st.lists(st.integers(3, 16), min_size=1, max_size=8), DICE, st.integers(0, 3), st.sampled_from([4, 8, 12]))
    def test_phrases_are_as_long_as_asked_and_end_where_asked(
        self, beats: list[int], dice: np.random.Generator, before: int, last: int
    ) -> None:
        """What lies before them, the rest of a bar, belongs to the first."""
        end = 4 * (before + sum(beats))
        form = asked_form(0, (end - last, end), [Wish(length) for length in beats], dice)
        check_tiles(form, 0, end - last, end)
        assert lengths(form) == [beats[0] + before, *beats[1:]]
        assert all(span.repeats is None for span in form.spans)

    @given(DICE)
    def test_what_has_a_letter_again_comes_back(self, dice: np.random.Generator) -> None:
        form = asked_form(0, (152, 160), [Wish(8, "A"), Wish(8, "A"), Wish(8, "B"), Wish(8, ""), Wish(8, "A")], dice)
        assert [span.repeats for span in form.spans] == [None, 0, None, None, 0]
        assert form.spans[-1].fresh == 144  # it ends otherwise
        check_tiles(form, 0, 152, 160)


def test_endless_music_has_phrases_for_a_long_time_and_no_final_close() -> None:
    form = endless_form(32, random_source())
    assert not form.ends
    check_tiles(form, 32, 32 + ENDLESS_STEPS - 8, 32 + ENDLESS_STEPS)
    assert Closing.FINAL not in {form.closing(span) for span in form.spans}
    assert form.spans == endless_form(32, random_source()).spans != endless_form(32, random_source(2)).spans
