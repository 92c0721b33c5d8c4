"""The player's keys: what each of them begins, joins or changes."""

from __future__ import annotations

import math

import numpy as np

from companion.music.vocabulary import VOICES
from companion.phrase.hands import Press
from companion.phrase.quantise import nearest
from companion.session.turns import ANSWERING, IDLE, PHRASE, Turns

WAITING = "waiting for the clock: press play"


class PlayerNotes:
    """Brings keys into the turns."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def down(self, at: float, pitch: int, velocity: int, channel: int) -> int | None:
        """A key goes down at a position; the voice it most likely is, None where it is not heard."""
        turns = self._turns
        if not turns.running:
            turns.sink.message(WAITING)
            return None
        if turns.hearing.by_channel and channel >= len(VOICES):
            turns.sink.message(f"channel {channel + 1} is no voice: channels 1-4 are soprano, alto, tenor and bass")
            return None
        step = max(int(nearest(np.array(at))), math.floor(turns.position))
        if turns.activity == ANSWERING and not self._is_heard(step):
            return None
        return self._press(step, pitch, velocity, channel)

    def up(self, at: float, pitch: int, channel: int, held: bool) -> None:
        """A key comes up at a position; the pedal may hold it."""
        turns, plan = self._turns, self._turns.plan
        if turns.hearing.capture.release(at, pitch, channel, held) is None:
            return
        if plan.tentative:
            plan.forget_answer()
        elif turns.activity == ANSWERING and plan.follows:
            plan.replan(max(math.floor(turns.position) + 1, plan.music.context.step))

    def _is_heard(self, step: int) -> bool:
        """Whether a note that falls into an answer is heard; it may end the answer."""
        turns, answer = self._turns, self._turns.plan.answer
        assert answer is not None
        if step >= answer.start:
            return turns.plan.follows or turns.mode.played_over(turns, step)
        if turns.mode.waits_on(turns):
            turns.delivery.rest_at(answer.start, turns.position)
            turns.plan.forget_answer()
            turns.activity = PHRASE
        return True

    def _press(self, step: int, pitch: int, velocity: int, channel: int) -> int | None:
        turns, plan = self._turns, self._turns.plan
        if turns.activity == IDLE:
            self._begin_phrase(step)
        step = max(step, plan.music.context.step)
        press = turns.hearing.capture.press(step, pitch, velocity, channel)
        if plan.tentative:
            plan.forget_answer()
        if turns.activity == ANSWERING:
            self._follow(step)
        return self._likely_voice(press)

    def _begin_phrase(self, step: int) -> None:
        """The first note of a phrase: the music goes on from here, whatever the pause was."""
        turns, plan = self._turns, self._turns.plan
        rings = plan.music.context.step > step  # the last chord of an answer
        turns.rewind(step)
        turns.hearing.capture.begin_phrase()
        plan.music.go_on_from(step)
        plan.music.take = []
        turns.phrase_start = step
        turns.activity = PHRASE
        turns.mode.begins(turns, step, rings)

    def _follow(self, step: int) -> None:
        """Make the plan anew from a note of the player's, beginning at once: its step may be about to come."""
        turns, plan = self._turns, self._turns.plan
        before = plan.sent.get(step)
        turns.hear_loudness()
        plan.replan(step)
        if plan.is_heard(step):
            return
        plan.extend_to(step + 1)
        if step <= turns.position:
            turns.delivery.sound_now(step, before)
        turns.delivery.send()

    def _likely_voice(self, press: Press) -> int | None:
        """The voice that a key seems to be, told if it is heard elsewhere than played."""
        turns, plan = self._turns, self._turns.plan
        hands = plan.dealt(plan.music.context, press.step)
        voice, far_away = turns.hearing.likely_voice(press, plan.music.context.hands, hands)
        if far_away:
            turns.sink.message(far_away)
        return voice
