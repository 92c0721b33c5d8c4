"""Keys that are played to a jam at their steps, and what is kept of it."""

from __future__ import annotations

import numpy as np
from support.fakes import Babbler
from support.made_up import chorale, frames_of_chords

from companion.controls.settings import Settings
from companion.generation.improviser import ANSWER, HEARD
from companion.music.vocabulary import sounding_pitches
from export.judging.jamming import Played, harmonised_live, play_jam

PLAIN = Settings(model="babbler", phrase_end="rest", rest_beats=1.0)


def test_a_phrase_is_heard_and_answered_on_the_beat_after_its_rest() -> None:
    tape = play_jam(Babbler(), PLAIN, [Played(0, 4, 72), Played(4, 4, 74)], 40)  # type: ignore[arg-type]
    heard, answered = tape.frames_of(HEARD), tape.frames_of(ANSWER)
    assert [heard[step][0].frame.pitches[0] for step in (0, 4, 7)] == [72, 74, 74]
    assert min(answered) == 12
    assert all(sounding is not None for _, sounding in answered.values())


def test_an_answer_is_as_loud_as_the_phrase() -> None:
    tape = play_jam(Babbler(), PLAIN, [Played(0, 8, 72, velocity=41)], 24)  # type: ignore[arg-type]
    parts = [part for _, sounding in tape.frames_of(ANSWER).values() if sounding for part in sounding.parts]
    assert {part.velocity for part in parts if part.struck} == {41}


def test_a_melody_keeps_its_notes_and_gets_three_voices_as_it_comes() -> None:
    piece = chorale(3)
    found = harmonised_live(Babbler(), PLAIN, piece[:, 0], dice=5)  # type: ignore[arg-type]
    assert np.array_equal(sounding_pitches(found)[:, 0], sounding_pitches(piece)[:, 0])
    assert (sounding_pitches(found)[:, 1:] > 0).any(axis=0).all()
    assert np.array_equal(found, harmonised_live(Babbler(), PLAIN, piece[:, 0], dice=5))  # type: ignore[arg-type]


def test_what_comes_later_makes_no_difference_to_what_is_sung_live() -> None:
    first, second = frames_of_chords([(72, 0, 0, 0)] * 2), frames_of_chords([(72, 0, 0, 0), (60, 0, 0, 0)])
    sung = [harmonised_live(Babbler(), PLAIN, melody[:, 0], dice=1) for melody in (first, second)]  # type: ignore[arg-type]
    assert np.array_equal(sung[0][:4], sung[1][:4])
