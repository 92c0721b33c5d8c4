"""The way through a form: where it leads, chord by chord."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import random_source
from support.harmonies import alone, sounding, tune_of

from companion.harmony import way
from companion.harmony.chords import Chord
from companion.harmony.form import Form, Span, drawn_form
from companion.harmony.keys import EVERY_KEY
from companion.harmony.leading import Harmony
from companion.harmony.progressions import tables
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.harmony.tunes import tune_form
from companion.harmony.way import Way, way_through
from companion.model.features import sounding_code
from companion.music.key import Key
from companion.music.vocabulary import IntArray, sounding_tokens

C_MAJOR, A_MINOR = Key(0, False), Key(9, True)
FORM = Form((Span(16, 40, 48), Span(48, 72, 80), Span(80, 96, 112)))
SOPRANO_GIVEN = (True, False, False, False)


def walked(way: Way, dice: np.random.Generator, tune: IntArray | None = None) -> Iterator[tuple[int, Chord]]:
    """The chords of a way, each sounding as it was chosen: their steps, and what they are."""
    first, last = way.form.spans[0].start, way.form.spans[-1].end
    sung = None if tune is None else sounding_tokens(alone(tune))[:, 0]
    before: tuple[tuple[int, ...], ...] = ()
    for step in range(first, last, 4):
        lead = way.harmony(step)
        if lead is not None:
            given = {} if sung is None else {0: sounding_code(int(sung[step - first]), 0)}
            chord = lead.named(lead.chord(before, given, dice))
            before = sounding(chord)
            yield step, chord


class TestAtHome:
    @given(st.sampled_from(EVERY_KEY))
    def test_the_key_is_kept_in_the_first_half_and_may_be_left_in_the_second(self, key: Key) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(way, "KEPT_KEY", 1.0)
            free = way_through(key, FORM)
        kept, dice = way_through(key, FORM), random_source()
        scale = Harmony(key).of_the_key
        halves = FORM.spans[0].start, 64, FORM.spans[-1].end
        for (begin, end), expected in zip(pairwise(halves), (way.KEPT_KEY, 1.0), strict=True):
            for step in range(begin, end, 4):
                beats = [each.harmony(step) for each in (kept, free)]
                if None in beats:
                    continue
                ours, plain = (beat.beat.toward for beat in beats if beat is not None)
                assert ours is not None and plain is not None
                likelier = ours / plain
                if step + 4 >= end:  # whatever comes after it is not of this half
                    np.testing.assert_allclose(likelier[scale].mean() / likelier[~scale].mean(), expected)
        shares = [
            np.mean(
                [key.scale.issuperset(chord.tones) for _ in range(40) for step, chord in walked(one, dice) if step < 64]
            )
            for one in (free, kept)
        ]
        assert shares[0] < shares[1]


class TestBeats:
    @given(st.integers(3, 60), st.integers(0, 10**6), st.sampled_from(EVERY_KEY), st.integers(0, 10))
    def test_every_beat_has_its_place_but_while_a_chord_is_held(
        self, beats: int, seed: int, key: Key, begin: int
    ) -> None:
        start, end = 4 * begin, 4 * (begin + beats)
        form = drawn_form(start, end - 8, end, random_source(seed))
        way = way_through(key, form)
        for step in range(start, end):
            lead, place = way.harmony(step), form.place(step)
            assert (lead is None) == (place is None)
            if lead is not None:
                assert (lead.key, lead.beat.place) == (key, place)
                toward = lead.beat.toward
                assert toward is not None and toward.shape == (len(tables().of_key(key).chords),)
                assert np.isfinite(toward).all() and toward.min() > 0

    @given(st.integers(1, 100), st.integers(1, 40))
    def test_any_end_is_within_reach(self, steps: int, last: int) -> None:
        """Also of answers that are no whole beats, or hardly any."""
        end = steps + last
        form = drawn_form(0, steps - steps % 4, end, random_source(steps))
        way = way_through(C_MAJOR, form)
        for step in range(end):
            way.harmony(step)

    def test_outside_there_is_none(self) -> None:
        way = way_through(C_MAJOR, FORM)
        assert way.harmony(12) is way.harmony(0) is way.harmony(112) is way.harmony(10_000) is None

    def test_the_same_form_leads_alike(self) -> None:
        one, other = way_through(C_MAJOR, FORM), way_through(C_MAJOR, FORM)
        for step in range(16, 112, 4):
            here, there = one.harmony(step), other.harmony(step)
            assert (here is None) == (there is None)
            if here is not None and there is not None:
                np.testing.assert_array_equal(here.beat.toward, there.beat.toward)


@pytest.mark.parametrize("key", [C_MAJOR, A_MINOR, Key(3, False), Key(6, True)])
class TestWhereItLeads:
    def ways(self, key: Key) -> list[dict[int, Chord]]:
        way = way_through(key, FORM)
        return [dict(walked(way, random_source(seed))) for seed in range(150)]

    def test_home(self, key: Key) -> None:
        assert np.mean([chords[96].root == key.tonic for chords in self.ways(key)]) > 0.97

    def test_home_by_the_dominant(self, key: Key) -> None:
        fifth = (key.tonic + 7) % 12
        by_dominant = [chords[92].root in {fifth, (fifth + 4) % 12} for chords in self.ways(key)]
        assert np.mean(by_dominant) > 0.7

    def test_every_phrase_to_a_triad_in_root_position(self, key: Key) -> None:
        for chords in self.ways(key):
            for close in (40, 72, 96):
                assert chords[close].quality in {0, 1} and chords[close].inversion == 0

    def test_phrases_inside_close_elsewhere_too(self, key: Key) -> None:
        roots = {(chords[72].root - key.tonic) % 12 for chords in self.ways(key)}
        assert {0, 7} <= roots and len(roots) > 2

    def test_six_fours_are_rare(self, key: Key) -> None:
        chords = [chord for chords in self.ways(key) for chord in chords.values() if chord.quality in {0, 1}]
        assert np.mean([chord.inversion == 2 for chord in chords]) < 0.06


TUNES = {
    "major": (C_MAJOR, [(60, 1), (62, 1), (64, 1), (65, 1), (67, 2), (67, 2), (69, 1), (67, 1), (65, 1), (64, 1)]),
    "minor": (A_MINOR, [(69, 1), (71, 1), (72, 1), (71, 1), (69, 1), (68, 1), (69, 2), (72, 1), (74, 1), (76, 2)]),
}


@pytest.mark.parametrize("mode", TUNES)
class TestUnderATune:
    def ways(self, mode: str) -> tuple[IntArray, list[dict[int, Chord]]]:
        key, line = TUNES[mode]
        tune = tune_of([*line, (key.tonic + 62, 1), (key.tonic + 59 + 12 * (key.tonic < 5), 1), (key.tonic + 60, 4)])
        frames = alone(tune)
        way = way_through(key, tune_form(tune), frames, SOPRANO_GIVEN)
        return tune, [dict(walked(way, random_source(seed), tune)) for seed in range(100)]

    def test_its_last_note_is_harmonised_by_the_tonic(self, mode: str) -> None:
        key = TUNES[mode][0]
        _, ways = self.ways(mode)
        assert np.mean([max(chords.items())[1].root == key.tonic for chords in ways]) > 0.97

    def test_its_notes_are_tones_of_the_chords(self, mode: str) -> None:
        tune, ways = self.ways(mode)
        sung = sounding_tokens(alone(tune))[:, 0]
        fits = [(int(sung[step]) + 34) % 12 in chord.tones for chords in ways for step, chord in chords.items()]
        assert np.mean(fits) > 0.9


def symbol(text: str) -> AskedChord:
    found = chord_of_symbol(text)
    assert found is not None
    return found


class TestChordsThatAreAskedFor:
    """Beats of some chords, the others free."""

    def drawn(self, step: int, root_before: int = 0) -> set[AskedChord]:
        asked = {20: (symbol("F"),), 24: (symbol("F")._replace(goes_on=True),), 40: (symbol("G"), symbol("E7"))}
        lead = way_through(C_MAJOR, FORM, asked=asked).harmony(step)
        assert lead is not None
        before = sounding(Chord(root_before, 0, root_before))
        numbers = {lead.chord(before, {}, random_source(seed)) for seed in range(60)}
        return {lead.beat.options[number] for number in numbers}

    def test_a_beat_has_the_one_that_is_asked_for(self) -> None:
        assert self.drawn(20) == {symbol("F")}

    def test_where_it_goes_on_it_may_leave_its_root(self) -> None:
        assert {chord.basses for chord in self.drawn(24, 5)} == {(5,), (9,)}

    def test_one_of_several_and_on_a_close_on_the_root(self) -> None:
        assert self.drawn(40) <= {symbol("G"), symbol("E7")}

    def test_free_beats_lead_to_them(self) -> None:
        """A dominant seventh of F comes before an F far more often than else."""
        asked = {36: (symbol("F"),)}
        free, led = (way_through(C_MAJOR, FORM, asked=beats).harmony(32) for beats in ({}, asked))
        assert free is not None and led is not None
        home = sounding(Chord(0, 0, 0))
        to_f = [
            sum({10, 4} <= set(lead.named(lead.chord(home, {}, random_source(seed))).tones) for seed in range(300))
            for lead in (free, led)
        ]
        assert to_f[1] > 2 * max(to_f[0], 1)

    def test_a_chord_that_no_chorale_has_is_asked_for_as_well(self) -> None:
        lead = way_through(C_MAJOR, FORM, asked={20: (symbol("Caug"),)}).harmony(20)
        assert lead is not None
        assert lead.state_of(lead.beat.options[lead.chord((), {}, random_source())]) is None

    def test_the_chord_before_one_that_is_asked_for_knows_it(self) -> None:
        """Not where several may come, as one that goes on may on each of its basses."""
        asked = {20: (symbol("F"),), 24: (symbol("G"),), 28: (symbol("G")._replace(goes_on=True),)}
        way = way_through(C_MAJOR, FORM, asked=asked)
        leads = [way.harmony(step) for step in (16, 20, 24, 28)]
        assert [lead.beat.then for lead in leads if lead is not None] == [symbol("F"), symbol("G"), None, None]

    def test_the_others_are_as_they_were(self) -> None:
        plain, asked = way_through(C_MAJOR, FORM), way_through(C_MAJOR, FORM, asked={})
        for step in range(16, 112, 4):
            one, other = plain.harmony(step), asked.harmony(step)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                np.testing.assert_array_equal(one.beat.toward, other.beat.toward)

    def test_a_chord_that_goes_on_leads_its_bass_to_the_next_one_without_octaves_with_the_tune(self) -> None:
        """C to D in the tune over C and then Dm: the last C stands on its third."""
        tune = tune_of([(72, 1), (72, 1), (74, 1), (74, 1), (72, 4)])
        asked = {0: (symbol("C"),), 4: (symbol("C")._replace(goes_on=True),), 8: (symbol("Dm"),)}
        form = tune_form(tune)
        leads = (way_through(C_MAJOR, form, known, SOPRANO_GIVEN, asked).harmony(4) for known in (alone(tune), None))
        basses = [[option.basses for option in lead.beat.options] for lead in leads if lead is not None]
        assert basses == [[(4,)], [(0,), (4,)]]
