"""What follows in a session when settings change."""

from __future__ import annotations

from dataclasses import replace

from companion.controls.settings import Settings
from companion.session.modes import mode_named
from companion.session.plan import Plan
from companion.session.turns import ANSWERING, PHRASE, Turns, set_velocity


def apply_settings(turns: Turns, now: Settings) -> None:
    """What is not committed follows the settings; BadSetting where it cannot, and nothing is changed."""
    before = turns.settings
    if replace(now, click=before.click, click_channel=before.click_channel, count_in=before.count_in) == before:
        turns.settings = turns.delivery.settings = now  # a metronome is no music
        return
    reach = turns.plan.change_step(turns.position)  # before it changes what is committed
    turns.tonality.follow(now, turns.barlines.pulse)  # may refuse
    turns.settings = turns.delivery.settings = now
    if now.seed != before.seed:
        _throw_anew(turns.plan)
    if (now.velocity, now.follow) != (before.velocity, before.follow):
        set_velocity(turns)
    if now.mode != before.mode:
        _change_mode(turns)
    if _sounds_alone(before, now):
        turns.delivery.send_anew(turns.position)
    else:
        turns.plan.take_back(turns.position, reach)
    if turns.running:
        turns.notice_end_of_phrase(turns.position)


def _sounds_alone(before: Settings, now: Settings) -> bool:
    """The music is the same, and only sounds in another way."""
    voices = [
        replace(
            voice,
            mute=was.mute,
            octave=was.octave,
            velocity=was.velocity,
            channel=was.channel,
            program=was.program,
            bank=was.bank,
        )
        for voice, was in zip(now.voices, before.voices, strict=True)
    ]
    same = replace(now, velocity=before.velocity, transpose=before.transpose, voices=tuple(voices))
    return same == before


def autostart(turns: Turns) -> None:
    """Modes that do not wait for a phrase begin by themselves."""
    if turns.running and turns.activity != ANSWERING:
        turns.mode.autostart(turns)


def _throw_anew(plan: Plan) -> None:
    """Answers are counted anew, so that a seed always begins with the same dice."""
    plan.answers = 0
    if plan.answer is not None and not plan.tentative:
        plan.answer = replace(plan.answer, number=0)
        plan.answers = 1


def _change_mode(turns: Turns) -> None:
    plan = turns.plan
    before, turns.mode = turns.mode, mode_named(turns.settings.mode)
    loops = plan.answer is not None and bool(plan.answer.loop)
    if plan.tentative:
        plan.forget_answer()
    elif turns.activity == ANSWERING:
        if loops or not (before.plays_on and turns.mode.plays_on):
            turns.cut()
        else:
            if plan.answer is not None and not turns.mode.ends_by_itself:
                anew = plan.answer.made_anew_from(plan.change_step(turns.position))
                plan.answer = replace(anew, open_end=False)
            turns.mode.takes_over(turns)
    if turns.activity == PHRASE:
        turns.mode.joins(turns)
    autostart(turns)
