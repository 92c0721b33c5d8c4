"""The jam itself: what is heard, what is answered, what is taken back.

A session knows steps, not seconds, and ports only as a *sink*. It is told what the player plays and asks
(``note``, ``command``), how far the music has come (``advance``), and it is given spare time to plan
(``work``). The same calls in the same order give the same music, whatever the time between them.

    Session   what the world says, the player's keys, the controls
    Answers   when a phrase is over, and what answers it (``companion.session.answers``)
    Planner   what is fixed, what is planned, what is at the sink (``companion.session.plan``)
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np

from companion.controls.table import ACTIONS, Command, Settings, change, read_command
from companion.generation.improviser import (
    Improviser,
    Point,
)
from companion.model.runtime import Model
from companion.music.bars import Barlines, closing_steps
from companion.music.pitch import pitch_name
from companion.music.sounding import SoundingFrame
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.phrase.hands import Press
from companion.phrase.quantise import nearest
from companion.session.answers import ANSWERING_MODES, CLOSE_MARGIN, Answers
from companion.session.plan import ANSWERING, IDLE, KEY_STEPS, MOST_TAKE_STEPS, PHRASE, PLAN_STEPS, frame_of

_PLAYS_ON = {*ANSWERING_MODES, "duet"}  # an answer goes on when the mode changes from one of these to another
_WAITING = "waiting for the clock: press play"


class Session(Answers):
    """One jam. See the module."""

    # What the world says

    def begin(self, position: float, barlines: Barlines) -> None:
        """The clock runs from here on."""
        self.running, self.barlines = True, barlines
        self.position = max(self.position, position)
        self._autostart()

    def halt(self) -> None:
        """The clock has stopped: silence."""
        self._cut()
        self.running = False

    def advance(self, position: float) -> None:
        """The music has come to a position: fix what is due."""
        self.position = max(self.position, position)
        if not self.running:
            return
        self._notice_end_of_phrase()
        while self._is_due():
            self._fix(self._take_next())
        self._commit()

    def work(self) -> bool:
        """Plan one more frame ahead; False when there is nothing to do."""
        if not self.running:
            return False
        self._plan_tentatively()
        if self.answer is None or self._plan_end() >= self._horizon():
            return False
        self._extend()
        self._send()
        return True

    def note(self, at: float, pitch: int, velocity: int, channel: int) -> int | None:
        """A key of the player's goes down (or up: velocity 0) at a position; the voice it most likely is."""
        if velocity == 0:
            self._released(at, pitch, channel)
            return None
        if not self.running:
            self._sink.message(_WAITING)
            return None
        if self._by_channel and channel >= len(VOICES):
            self._sink.message(f"channel {channel + 1} is no voice: channels 1-4 are soprano, alto, tenor and bass")
            return None
        step = max(int(nearest(np.array(at))), math.floor(self.position))
        if self.activity == ANSWERING and not self._heeds(step):
            return None
        return self._pressed(step, pitch, velocity, channel)

    def command(self, command: Command) -> int:
        """Obey; the step from which it takes effect. BadSetting says what is wrong with it, and nothing is changed."""
        if command.name in ACTIONS:
            arguments = read_command(command.name, command.arguments, self._choices).arguments
            getattr(self, f"_do_{command.name}")(*arguments)
            return self._change_step()
        before = self.settings
        settings = change(before, command.name, command.arguments, self._choices)
        if settings != before:
            self._wishes = self._make_wishes(settings)  # may refuse
            self.settings = settings
            self._obey(before)
        return self._change_step()

    def set_model(self, model: Model) -> None:
        """Another model plays on; it first hears the last bars."""
        self._take_back()
        self._improviser = Improviser(model)
        self._catch_up()

    # The player's keys

    def _heeds(self, step: int) -> bool:
        """Whether a note that falls into an answer is heard; it may end the answer."""
        assert self.answer is not None
        if step < self.answer.start:
            self._go_on_with_phrase()
            return True
        return self._follows() or self._played_over(step)

    def _go_on_with_phrase(self) -> None:
        """A note before the line on which the answer begins; where only a rest had asked for it, it waits again."""
        assert self.answer is not None
        rested = self._rest_over()
        if self.settings.mode == "continue" and rested is not None and rested <= self.position:
            self._rest_at(self.answer.start)
            self._forget_answer()
            self.activity = PHRASE

    def _played_over(self, step: int) -> bool:
        """A note falls into an answer that does not follow the player; True if it begins a new phrase."""
        assert self.answer is not None
        mode, end = self.settings.mode, self.answer.end
        if mode == "duet":
            self._sink.message("duet: lock the voice that you play")
        if mode in ("duet", "loop"):
            return False
        if mode == "respond":
            if end is None or end - step > STEPS_PER_BEAT:
                return False
            self._let_ring(end)  # an upbeat to the next call
        self._cut(step, quietly=mode == "respond")
        return True

    def _let_ring(self, end: int) -> None:
        """The rest of the answer sounds as it was planned."""
        self._extend_to(end)
        self._send()
        self._rest_at(end)

    def _pressed(self, step: int, pitch: int, velocity: int, channel: int) -> int | None:
        if self.activity == IDLE:
            self._begin_phrase(step)
        step = max(step, self._point.step)
        press = self._capture.press(step, pitch, velocity, channel)
        if self._tentative:
            self._forget_answer()
        if self.activity == ANSWERING:
            self._follow(step)
        return self._likely_voice(press)

    def _released(self, at: float, pitch: int, channel: int) -> None:
        if self._capture.release(at, pitch, channel) is None:
            return
        if self._tentative:
            self._forget_answer()
        elif self.activity == ANSWERING and self._follows():
            self._replan(max(math.floor(self.position) + 1, self._point.step))

    def _begin_phrase(self, step: int) -> None:
        """The first note of a phrase: the music goes on from here, whatever the pause was."""
        rings = self._point.step > step  # the last chord of an answer
        self._rewind(step)
        self._capture.begin_again()
        self._point = Point(replace(self._point.standing, step=step), self._point.hands.next_phrase())
        self._take = []
        self._phrase_start = step
        self.activity = PHRASE
        if self.settings.mode != "harmonise":
            self._hear_key()
            return
        if rings:
            self._sink.clear(step, step + 2 * PLAN_STEPS)
        self._begin_answer(step, with_player=True)

    def _follow(self, step: int) -> None:
        """Make the plan anew from a note of the player's, beginning at once: its step may be about to come."""
        before = self._sent.get(step)
        self._hear_velocity()
        self._replan(step)
        if self._is_heard(step):
            return
        self._extend_to(step + 1)
        if step <= self.position:
            self._sound_now(step, before)
        self._send()

    def _sound_now(self, step: int, before: SoundingFrame | None) -> None:
        """The note came late: what it changes in the step that sounds already is sounded now."""
        after = next(self._sounding(planned) for planned in self.plan if planned.step == step)
        self._sent[step] = after
        for voice, part in enumerate(after.parts):
            was = None if before is None else before.parts[voice].pitch
            if part.pitch != was:
                self._sink.now(voice, part)
        if before is None:
            self._frameless = step
        elif step != self._frameless:  # its frame may be on its way still, and shall not sound after all
            self._sink.frames([frame_of(step, [replace(part, struck=False) for part in after.parts])])

    def _likely_voice(self, press: Press) -> int | None:
        """The voice that a key seems to be, told if it is heard elsewhere than played."""
        hands = self._dealt(self._point, press.step)
        voice = next((voice for voice, own in enumerate(hands.presses) if own is press), None)
        if voice is not None and voice in hands.far and voice not in self._point.hands.far:
            self._sink.message(_far_away(press.pitch, hands.pitches[voice], VOICES[voice]))
        return voice

    # Controls

    def _obey(self, before: Settings) -> None:
        """A setting has changed: what is not committed follows it."""
        now = self.settings
        if now.seed != before.seed:
            self._throw_anew()
        if now.velocity != before.velocity:
            self._velocity = self._velocity_rule()
        if now.mode != before.mode:
            self._change_mode(before.mode)
        self._take_back()
        if self.running:
            self._notice_end_of_phrase(self.position)

    def _throw_anew(self) -> None:
        """Answers are counted anew, so that a seed always begins with the same dice."""
        self._answers = 0
        if self.activity == ANSWERING and self.answer is not None:
            self.answer = replace(self.answer, number=0)
            self._answers = 1

    def _change_mode(self, before: str) -> None:
        mode, loops = self.settings.mode, self.answer is not None and bool(self.answer.loop)
        if self._tentative:
            self._forget_answer()
        elif self.activity == ANSWERING and (loops or not {before, mode} <= _PLAYS_ON):
            self._cut()
        elif self.activity == ANSWERING and mode == "respond":
            self._set_length()
        if self.activity == PHRASE and mode == "harmonise":
            self._begin_answer(max(self._point.step, math.floor(self.position) + 1), with_player=True)
        self._autostart()

    def _do_go(self, bars: int | None = None) -> None:
        if not self.running:
            self._sink.message(_WAITING)
        elif self.activity == ANSWERING:
            return
        elif self.settings.mode == "loop":
            self._begin_loop()
        else:
            self._begin_at(self._next_start(self.settings.grid), self._answer_bars() if bars is None else bars)

    def _do_stop(self) -> None:
        self._cut()

    def _do_panic(self) -> None:
        self._cut()
        self._sink.panic()

    def _do_cadence(self) -> None:
        if self.settings.mode == "loop":
            self._sink.message("a loop comes to no close: stop it")
            return
        if self.activity != ANSWERING:
            self._do_go()
        answer, step = self.answer, self._change_step()
        if answer is None or (answer.close is not None and answer.close <= step + 2 * CLOSE_MARGIN):
            return
        first = max(step, answer.start) + CLOSE_MARGIN
        close = self.barlines.strong_beats(first, first + self.barlines.bar_steps)[0]
        self.answer = replace(answer, close=close, end=close + closing_steps(self.barlines.bar_steps))
        self._replan(step)

    def _do_undo(self) -> None:
        if self.activity == ANSWERING and self._point.step <= (self.answer.start if self.answer else 0):
            self._cut()  # nothing of it has become music yet
            return
        if not self._undo:
            self._sink.message("nothing to undo")
            return
        resume = self._undo.pop()
        self._cut()
        self._rewind(resume.point.step)
        self._past, self._take = deque(resume.past, maxlen=KEY_STEPS), list(resume.take)
        self._point = Point(resume.point.standing, resume.point.hands.next_phrase())
        if resume.model is not self._improviser.model:
            self._catch_up()

    def _do_keep(self) -> None:
        if not self._take:
            self._sink.message("nothing to keep yet")
            return
        is_full = len(self._take) == MOST_TAKE_STEPS
        self._sink.keep(self._take[0].step, self._point.step - 1 if is_full else self._take[-1].step)


def _far_away(played: int, heard: int, voice: str) -> str:
    octaves = abs(heard - played) // 12
    where = f"{octaves} octave{'' if octaves == 1 else 's'} {'lower' if heard < played else 'higher'}"
    return f"{pitch_name(played)} is out of the {voice}'s range: it is heard {where}"
