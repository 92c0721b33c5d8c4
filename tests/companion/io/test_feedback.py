from __future__ import annotations

from companion.io.feedback import EARLY_S, LATE_S, Feedback
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase

LINE = Timebase(0.0, 0.0, 0.125)
REST = Part(None, False, 80, 0)
OWN = Part(60, True, 80, 2)


def due_at(step: int, part: Part = OWN) -> Feedback:
    feedback = Feedback()
    feedback.planned([SoundingFrame(step, (part, REST, REST, REST))])
    return feedback


def test_an_echo_is_known_once_and_its_release_too() -> None:
    feedback = due_at(8)
    assert feedback.is_own(2, 60, 80, 1.003, LINE)
    assert not feedback.is_own(2, 60, 80, 1.004, LINE)
    assert feedback.is_own(2, 60, 0, 1.2, LINE)
    assert not feedback.is_own(2, 60, 0, 1.3, LINE)


def test_the_same_key_really_played_is_not_taken_for_an_echo() -> None:
    assert not due_at(8).is_own(2, 60, 81, 1.003, LINE)  # another velocity
    assert not due_at(8).is_own(1, 60, 80, 1.003, LINE)  # another channel
    assert not due_at(8).is_own(2, 61, 80, 1.003, LINE)
    assert not due_at(8).is_own(2, 60, 80, 1.0 + LATE_S + 0.001, LINE)  # later
    assert not due_at(8).is_own(2, 60, 80, 1.0 - EARLY_S - 0.001, LINE)


def test_what_goes_on_or_was_withdrawn_has_no_echo() -> None:
    assert not due_at(8, Part(60, False, 80, 2)).is_own(2, 60, 80, 1.0, LINE)
    cleared = due_at(8)
    cleared.clear(8, 8)
    assert not cleared.is_own(2, 60, 80, 1.0, LINE)
    silenced = due_at(8)
    silenced.silence()
    assert not silenced.is_own(2, 60, 80, 1.0, LINE)


def test_a_frame_sent_again_replaces() -> None:
    feedback = due_at(8)
    feedback.planned([SoundingFrame(8, (Part(62, True, 80, 2), REST, REST, REST))])
    assert not feedback.is_own(2, 60, 80, 1.0, LINE)
    assert feedback.is_own(2, 62, 80, 1.0, LINE)


def test_what_was_sounded_at_once_is_known_without_a_clock() -> None:
    feedback = Feedback()
    feedback.sounded(OWN, 5.0)
    assert feedback.is_own(2, 60, 80, 5.02, None)
    assert not feedback.is_own(2, 60, 80, 5.03, None)


def test_an_hour_of_frames_is_not_kept() -> None:
    feedback = Feedback()
    for step in range(28_800):
        feedback.planned([SoundingFrame(step, (OWN, OWN, OWN, OWN))])
        feedback.forget_before(step)
    assert len(feedback._due) < 100
