"""What is planned, fixed and taken back, with nobody who asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.fakes import Babbler
from support.jamfakes import PLAIN, Shadow, chords_at

from companion.controls.settings import Settings, VoiceSettings
from companion.errors import BadSetting
from companion.generation.improviser import Answer
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.pulse import QUARTERS
from companion.music.vocabulary import HOLD, REST, strike
from companion.session.hearing import Hearing
from companion.session.music import loop_of
from companion.session.plan import COMMITTED_STEPS, FOLLOW_STEPS, PLAN_STEPS, Plan, guidance_of

CHORD = (72, 67, 64, 48)


def plan_of(model: object, settings: Settings = PLAIN) -> Plan:
    return Plan(model, Hearing(), guidance_of(settings, None, QUARTERS))  # type: ignore[arg-type]


def answering(start: int = 0, **changes: object) -> Plan:
    plan = plan_of(chords_at({0: CHORD}))
    plan.begin(replace(Answer(0, start), **changes), tentative=False)  # type: ignore[arg-type]
    return plan


def steps(plan: Plan) -> tuple[list[int], list[int]]:
    """Those that are fixed, and those that are planned."""
    return [one.step for one in plan.music.past], [one.step for one in plan.frames]


def test_frames_are_planned_one_after_another_and_fixed_in_their_order() -> None:
    plan = answering()
    plan.extend_to(4)
    assert steps(plan) == ([], [0, 1, 2, 3]) and plan.end == 4
    for _ in range(2):
        plan.music.fix(plan.take_next())
    assert steps(plan) == ([0, 1], [2, 3]) and plan.music.context.step == 2
    assert [one.frame.pitches for one in plan.music.take] == [CHORD, CHORD]


def test_what_is_taken_back_is_planned_anew_alike() -> None:
    plan = plan_of(Babbler(), Settings(style="free"))
    plan.begin(Answer(0, 0), tentative=False)
    plan.extend_to(6)
    before = [one.frame.tokens.tolist() for one in plan.frames]
    plan.replan(3)
    assert steps(plan) == ([], [0, 1, 2])
    plan.extend_to(6)
    assert [one.frame.tokens.tolist() for one in plan.frames] == before


def test_rewinding_reaches_what_is_fixed() -> None:
    plan = answering()
    plan.extend_to(4)
    for _ in range(3):
        plan.music.fix(plan.take_next())
    assert not plan.rewind(3)
    assert plan.rewind(1)
    assert steps(plan) == ([0], []) and plan.music.context.step == 1
    assert [one.step for one in plan.music.take] == [0]


def test_back_to_where_an_answer_began() -> None:
    plan = answering()
    plan.extend_to(4)
    plan.music.fix(plan.take_next())
    resume = plan.music.bookmark(plan.frames[0], plan.improviser.model)
    for _ in range(3):
        plan.music.fix(plan.take_next())
    plan.music.go_back_to(resume)
    assert steps(plan)[0] == [0] and plan.music.context.state is resume.context.state


def test_another_model_hears_what_was_made() -> None:
    plan = answering()
    plan.extend_to(3)
    plan.music.fix(plan.take_next())
    plan.set_model(Shadow())  # type: ignore[arg-type]
    assert steps(plan) == ([0], [1, 2])
    assert plan.music.past[0].frame.pitches == CHORD and plan.improviser.model.__class__ is Shadow


@pytest.mark.parametrize(
    ("locked", "end", "committed", "horizon"),
    [(False, None, COMMITTED_STEPS, PLAN_STEPS), (True, None, 0, FOLLOW_STEPS), (False, 6, COMMITTED_STEPS, 2)],
)
def test_how_far_ahead(locked: bool, end: int | None, committed: int, horizon: int) -> None:
    plan = answering(start=2, end=end)
    voices = tuple(VoiceSettings(channel=n, lock=locked and n == 1) for n in (1, 2, 3, 4))
    plan.guidance = guidance_of(replace(PLAIN, voices=voices), None, QUARTERS)
    assert plan.follows is locked
    assert plan.commit_end(3.5) == plan.change_step(3.5) == 4 + committed
    assert plan.horizon(3.5) == 4 + horizon


def test_a_phrase_comes_before_its_answer() -> None:
    plan = answering(start=3)
    assert [plan.is_heard(step) for step in (2, 3)] == [True, False]
    plan.forget_answer()
    assert plan.is_heard(99) and plan.answer is None and not plan.follows


@pytest.mark.parametrize(("asked", "heard", "kept"), [(None, Key(7, False), 7), ("A minor", Key(7, False), 9)])
def test_a_key_that_is_asked_for_counts_more_than_the_one_that_is_heard(
    asked: str | None, heard: Key, kept: int
) -> None:
    found = guidance_of(Settings(key=asked), heard, QUARTERS).key
    assert found is not None and found.tonic == kept


def test_a_style_that_there_is_not() -> None:
    with pytest.raises(BadSetting, match="unknown style 'baroque'; choose one of"):
        guidance_of(Settings(style="baroque"), None, QUARTERS)


def test_a_loop_is_whole_bars_from_a_bar_line() -> None:
    plan = answering(start=0)
    plan.extend_to(3)
    for _ in range(3):
        plan.music.fix(plan.take_next())
    take = list(plan.music.take)[1:]
    frames = np.array(loop_of(take, Barlines(4))).tolist()
    assert frames == [[REST] * 4, [strike(pitch) for pitch in CHORD], [HOLD] * 4, [REST] * 4]
    assert loop_of([], Barlines()) == ()
