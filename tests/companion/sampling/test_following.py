"""Rules by which an answer takes after a phrase, each alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import History
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOCABULARY_SIZE, strike
from companion.sampling.course import AT_HOME, BESIDE, HOME_STEPS, Course
from companion.sampling.draw import normalise
from companion.sampling.following import EDGE, REACH, as_in_motif, at_pace, stays_at, stays_home
from companion.sampling.rules import LogProbs, NoteContext, Rule

C5 = strike(72)
CHORD = (72, 67, 64, 48)


def context(course: Course, voice: int = 0, now: int = C5) -> NoteContext:
    before = (now,) * 4
    return NoteContext(voice, (UNDECIDED,) * 4, (NOTHING,) * 4, History(before, before, before, (4,) * 4), 0, course)


def ruled(rule: Rule, course: Course, voice: int = 0, now: int = C5) -> LogProbs:
    scores = np.zeros(VOCABULARY_SIZE)
    rule(scores, context(course, voice, now))
    return scores


def at(pace: float) -> Course:
    return AT_HOME._replace(pace=(pace,) * 4)


class TestCourse:
    def test_pace_is_that_of_the_strikes(self) -> None:
        course = Course()
        for step in range(200):
            course = course.advance((C5 if step % 2 == 0 else HOLD, HOLD, C5, HOLD), CHORD)
        assert course.pace == pytest.approx((0.5, 0.0, 1.0, 0.0), abs=0.05)

    def test_level_is_that_of_the_pitches_and_waits_in_rests(self) -> None:
        course = Course()
        for _ in range(200):
            course = course.advance((HOLD,) * 4, CHORD)
        assert course.level == pytest.approx(CHORD, abs=0.01)
        assert course.advance((0,) * 4, (None,) * 4).level == course.level

    def test_home_is_where_it_was_heard(self) -> None:
        course = Course()
        for pitch in (60, 62, 64):
            course = course.hearing((pitch, None, 50, 40))
        assert course.home == (62.0, AT_HOME.home[1], 50.0, 40.0)
        assert course.advance((HOLD,) * 4, CHORD).home == course.home  # what is answered changes nothing

    def test_added_voices_are_at_home_beside_those_that_are_given(self) -> None:
        course = Course()
        for pitch in (75, 77, 79):
            course = course.beside((pitch, 60, 55, 43), (True, False, False, False))
        assert course.home[0] == 77
        assert np.subtract(course.home, AT_HOME.home)[1:] == pytest.approx(BESIDE * (77 - AT_HOME.home[0]))
        assert course.beside((None, 60, 55, 43), (True, False, False, False)) is course

    def test_a_given_voice_that_rests_stays_at_home(self) -> None:
        given = (True, True, False, False)
        course = Course().beside((75, 60, 55, 43), given)
        resting = course.beside((75, None, 55, 43), given)
        assert resting.home[:2] == course.home[:2] == (75, 60)

    def test_home_moves_with_what_is_heard_for_long(self) -> None:
        course = Course()
        for pitch in [60] * 1000 + [72] * HOME_STEPS:
            course = course.hearing((pitch,) * 4)
        assert 66 < course.home[0] < 70


class TestPace:
    def test_what_is_too_slow_holds_less_and_what_is_too_quick_more(self) -> None:
        rule = at_pace(0, 0.25)
        assert ruled(rule, at(0.1))[HOLD] < ruled(rule, at(0.25))[HOLD] < ruled(rule, at(0.6))[HOLD]
        assert not ruled(rule, at(0.1), voice=1).any()

    @pytest.mark.parametrize("wanted", [1 / 16, 1 / 8, 1 / 4, 1 / 2])
    def test_a_voice_comes_to_the_pace(self, wanted: float) -> None:
        """Of a model that strikes in one step of five, whatever was."""
        rule, dice, course, strikes = at_pace(0, wanted), np.random.default_rng(3), Course(), 0
        for _ in range(1600):
            scores = np.full(VOCABULARY_SIZE, -math.inf)
            scores[[HOLD, C5]] = math.log(0.8), math.log(0.2)
            rule(scores, context(course))
            token = HOLD if dice.random() < math.exp(normalise(scores)[HOLD]) else C5
            strikes += token == C5
            course = course.advance((token,) * 4, CHORD)
        assert strikes / 1600 == pytest.approx(wanted, rel=0.2)


class TestMotif:
    def test_a_note_of_it_is_likelier_where_it_rises_likewise(self) -> None:
        scores = ruled(as_in_motif(0, 4, strikes=2.0, steps=0.5), AT_HOME)
        assert scores[HOLD] == -2
        assert [scores[C5 + rise] for rise in (4, 3, 5, 2, 0, -20)] == [0, 0, 0, -0.5, -1.5, -2.5]

    def test_between_its_notes_a_hold_is_likelier(self) -> None:
        scores = ruled(as_in_motif(0, None, strikes=2.0, steps=0.5), AT_HOME)
        assert scores[HOLD] == 2 and not scores[FIRST_STRIKE:].any()

    def test_it_is_one_voice_alone(self) -> None:
        assert not ruled(as_in_motif(0, 4, 2.0, 0.5), AT_HOME, voice=2).any()

    def test_after_silence_any_note_begins_it(self) -> None:
        assert not ruled(as_in_motif(0, 4, 2.0, 0.5), AT_HOME, now=NOTHING)[FIRST_STRIKE:].any()


class TestHome:
    def away(self, semitones: float) -> Course:
        return AT_HOME._replace(level=tuple(home + semitones for home in AT_HOME.home))

    @pytest.mark.parametrize("voice", range(4))
    @pytest.mark.parametrize("semitones", [-1.0, 0.0, 1.0])
    def test_near_home_nothing_is_pulled(self, voice: int, semitones: float) -> None:
        home, scores = strike(int(AT_HOME.home[voice])), ruled(stays_home, self.away(semitones), voice)
        assert not scores[home - REACH : home + REACH + 1].any()

    def test_what_is_far_from_home_is_seldom_wherever_the_voice_is(self) -> None:
        scores = ruled(stays_home, AT_HOME)
        home = strike(int(AT_HOME.home[0]))
        assert [scores[home + by] for by in (REACH + 2, -REACH - 2)] == pytest.approx([-2 * EDGE] * 2)
        assert scores[HOLD] == 0

    @pytest.mark.parametrize("voice", range(4))
    def test_far_from_home_what_leads_back_is_likelier(self, voice: int) -> None:
        home = strike(int(AT_HOME.home[voice]))
        low, high = (ruled(stays_home, self.away(by), voice, home) for by in (-5, 5))
        assert low[home - 2] < low[home] == 0 < low[home + 2]
        assert high[home - 2] > high[home] == 0 > high[home + 2]
        assert low[HOLD] == high[HOLD] == 0

    def test_another_home(self) -> None:
        rule = stays_at(0, AT_HOME.home[0] - 6, strength=1.0)
        assert ruled(rule, AT_HOME)[C5 + 2] < 0 < ruled(rule, AT_HOME)[C5 - 2]
        assert not ruled(rule, AT_HOME, voice=1).any()

    def test_silence_is_not_pulled(self) -> None:
        np.testing.assert_array_equal(
            ruled(stays_home, self.away(9), now=NOTHING), ruled(stays_home, self.away(0), now=NOTHING)
        )
