"""Ends of phrases, as a jam hears them of keys whose ends are known."""

from __future__ import annotations

import math

import pytest
from support.fakes import ShortSighted

from companion.controls.settings import Settings
from companion.controls.table import ANY
from companion.music.bars import Barlines
from companion.music.vocabulary import Note
from companion.session.session import Session
from companion.session.sink import FrameTape
from export.data.folksongs import Tune
from export.judging.jamming import KEY_UP_EARLY
from export.phrasing.ends import Ends, HeardEnd, describe_ends, ends_as_dict, judge_ends, play_song, trials
from export.phrasing.hands import AS_WRITTEN, BREATHING, HALF_AS_LONG, SINGING_ON, hands
from export.phrasing.marks import MarkedSong

NOTES = tuple(Note(start, 0, pitch, steps) for start, pitch, steps in [
    (0, 60, 4), (4, 64, 4), (8, 67, 4), (12, 62, 4), (16, 60, 12), (32, 67, 4), (36, 64, 8), (44, 62, 4), (48, 60, 12),
])  # fmt: skip
SONG = MarkedSong(Tune("t", "4/4", 16, 0, NOTES), (4, 8))
MODEL = ShortSighted()


def by_rest(beats: float) -> Settings:
    return Settings(phrase_end="rest", rest_beats=beats)


def test_a_rest_of_a_beat_is_heard_a_beat_late_and_answered_on_the_next_beat() -> None:
    # The key comes up a fifth of a step before the tone is over: with the beat of rest just before the next beat.
    assert play_song(MODEL, by_rest(1), SONG, AS_WRITTEN, 0) == [HeardEnd(False, False, 1.0, 1.0)] * 2  # type: ignore[arg-type]


def test_a_short_rest_answers_into_detached_tones() -> None:
    first, second = play_song(MODEL, by_rest(0.25), SONG, HALF_AS_LONG, 0)  # type: ignore[arg-type]
    assert first.said and first.false_end
    assert second.said and second.false_end
    assert (first.late_beats, second.late_beats) == (0.25, 0.25)


def test_a_rest_ends_a_phrase_in_its_breath_unless_it_is_longer() -> None:
    short, long = (play_song(MODEL, by_rest(beats), SONG, BREATHING, 0) for beats in (1, 2))  # type: ignore[arg-type]
    assert [one.false_end for one in short] == [True, True]
    assert [one.false_end for one in long] == [False, False]


def test_who_sings_on_is_not_waited_for() -> None:
    assert play_song(MODEL, by_rest(2), SONG, SINGING_ON, 0) == [HeardEnd(False, False, None, None)] * 2  # type: ignore[arg-type]


def test_turns_are_taken_as_in_a_session_with_its_own_music() -> None:
    """Nothing in place of the music changes whose turn it is."""
    settings = Settings(model="short", phrase_end="sense", rest_beats=2)
    session = Session(MODEL, settings, ANY, FrameTape())  # type: ignore[arg-type]
    session.begin(0.0, Barlines.of_metre(4, 4))
    first, _ = hands(SONG, AS_WRITTEN, 0)
    for key in first:
        session.advance(key.down)
        session.note(key.down, key.pitch, 80, 0)
        session.advance(key.up)
        session.note(key.up, key.pitch, 0, 0)
    at = first[-1].up
    while session.activity != "answering":
        at += 0.25
        session.advance(at)
    heard, _ = play_song(MODEL, settings, SONG, AS_WRITTEN, 0)  # type: ignore[arg-type]
    assert heard.late_beats == pytest.approx((at - first[-1].up) / 4)
    assert session.answer is not None
    assert heard.entry_beats == (session.answer.start - (first[-1].up + KEY_UP_EARLY)) / 4


def test_the_table_has_a_row_for_each_rule_and_a_column_for_each_way() -> None:
    told: list[tuple[int, int]] = []
    rules, ways = [by_rest(1), by_rest(2)], [AS_WRITTEN, SINGING_ON]
    found = judge_ends(MODEL, [SONG], rules, ways, lambda done, of: told.append((done, of)))  # type: ignore[arg-type]
    assert told == [(done, trials([SONG], rules, ways)) for done in range(1, 5)]
    assert describe_ends(found) == [
        "| a phrase ends by | as written | without waiting |",
        "| --- | --- | --- |",
        "| rest 1 | 0.0 %, 1.00 (1.00), 1.00 | 0.0 %, 0 % found |",
        "| rest 2 | 0.0 %, 2.00 (2.00), 2.00 | 0.0 %, 0 % found |",
    ]
    assert ends_as_dict(found)[1]["late_beats"] is None


def test_ends_are_shares_means_and_the_latest_of_nine_in_ten() -> None:
    heard = [HeardEnd(False, False, late, 1.0) for late in (0.25,) * 9 + (2.25,)] + [HeardEnd(True, True, None, None)]
    ends = Ends.of("rule", "way", heard)
    assert (ends.false_ends, ends.said, ends.found) == (1 / 11, 1 / 11, 10 / 11)
    assert math.isclose(ends.late_beats, 0.45) and 0.25 <= ends.late_most <= 2.25
