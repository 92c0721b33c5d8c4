"""Whose turn it is: when a phrase is over, the answer that follows it, and how both become music."""

from __future__ import annotations

import math
from collections import deque

from companion.controls.settings import Settings
from companion.generation.improviser import HEARD, Answer, Planned
from companion.model.runtime import Model
from companion.music.bars import Barlines, closing_steps
from companion.music.vocabulary import IntArray
from companion.session.delivery import Delivery
from companion.session.hearing import Hearing
from companion.session.music import Resume
from companion.session.plan import Plan, guidance_of
from companion.session.sink import Sink
from companion.session.tonality import Tonality

# What happens between the player and the companion.
IDLE = "listening"
PHRASE = "phrase"
ANSWERING = "answering"

HALF_A_STEP = 0.5  # after its line a step of a phrase is fixed: no more note can belong to it
TENTATIVE_STEPS = 8  # so long before a phrase may be over its answer is begun, for the case
KEY_EVERY_STEPS = 4  # the key is heard anew so often while the player leads
MOST_UNDO = 16


class Mode:
    """What is done with what is heard. A phrase ends with a rest, and nothing answers it, unless a mode says so.

    A mode keeps nothing: all that goes on is in the turns that it is given.
    """

    name = ""
    answers = False  # a phrase that is over is answered
    plays_on = False  # an answer goes on when the mode changes from one of these to another
    ends_by_itself = False  # an answer without a length is over when the model ends the piece, as some can
    waits = False  # a note before the line on which an answer begins goes on with the phrase that asked for it

    def over(self, turns: Turns) -> float | None:
        """When the phrase is over, as far as can be told now; None while it goes on."""
        return turns.hearing.phrase_over(turns.settings, turns.barlines)

    def grid(self, settings: Settings) -> str:
        """On which lines an answer to a phrase may begin."""
        return settings.grid

    def length(self, settings: Settings) -> int | None:
        """The bars of an answer; None: until told to stop."""
        del settings
        return None

    def autostart(self, turns: Turns) -> None:
        """The clock runs, or the mode was chosen, and nothing is answered: begin, if that needs no phrase."""

    def go(self, turns: Turns, bars: int | None) -> None:
        """An answer is asked for, of so many bars or as many as the mode has."""
        turns.begin_next(self.length(turns.settings) if bars is None else bars)

    def replies(self, turns: Turns, start: int, tentative: bool = False) -> None:
        """A phrase is over, or may be soon: its answer begins on a line."""
        turns.begin_answer(start, self.length(turns.settings), tentative)

    def begins(self, turns: Turns, step: int, rings: bool) -> None:
        """A phrase begins.

        rings: the last chord of an answer still sounds.
        """
        del step, rings
        turns.hear_key()

    def joins(self, turns: Turns) -> None:
        """The mode was chosen in the midst of a phrase."""

    def takes_over(self, turns: Turns) -> None:
        """The mode was chosen in the midst of an answer, which goes on."""

    def waits_on(self, turns: Turns) -> bool:
        """Whether a note before the line on which an answer begins goes on with the phrase: where its rest asked."""
        rested = self.over(turns) if self.waits else None
        return rested is not None and rested <= turns.position

    def played_over(self, turns: Turns, step: int) -> bool:
        """A note falls into an answer that does not follow the player; True if it begins a new phrase."""
        turns.cut(step)
        return True

    def no_cadence(self) -> str:
        """Why an answer comes to no close; empty where it can."""
        return ""


class Turns:
    """The turns of the player and the companion, in a mode."""

    def __init__(self, model: Model, settings: Settings, mode: Mode, sink: Sink, by_channel: bool) -> None:
        self.settings, self.mode, self.sink = settings, mode, sink
        self.running, self.position, self.activity = False, 0.0, IDLE
        self.barlines = Barlines()
        self.phrase_start = 0  # step
        self.undo: deque[Resume] = deque(maxlen=MOST_UNDO)
        self.hearing = Hearing(by_channel)
        self.plan = Plan(model, self.hearing, guidance_of(settings, None, self.barlines.pulse))
        self.tonality = Tonality(self.plan, self.hearing, sink)
        self.delivery = Delivery(sink, self.plan, settings, self.hearing.velocity_rule(settings))

    # Time

    def advance(self, position: float, patient: bool = False) -> None:
        """The music has come to a position: fix what is due; patient: unless a frame is still to be made for it."""
        if patient and not _is_planned(self, position):
            return
        self.position = max(self.position, position)
        if not self.running:
            return
        self.notice_end_of_phrase()
        while self._is_due():
            self._fix(self.plan.take_next())
        self._commit()

    def work(self) -> bool:
        """Plan one more frame ahead; False when there is nothing to do."""
        if not self.running:
            return False
        self._plan_tentatively()
        if self.plan.answer is None or self.plan.end >= self.plan.horizon(self.position):
            return False
        self.plan.extend()
        self.delivery.send()
        return True

    def _is_due(self) -> bool:
        step = self.plan.music.context.step
        if self.activity == ANSWERING and not self.plan.is_heard(step) and not self.plan.follows:
            return step < self.plan.commit_end(self.position)
        return self.activity != IDLE and step + HALF_A_STEP <= self.position

    def _fix(self, planned: Planned) -> None:
        plan, music, answer = self.plan, self.plan.music, self.plan.answer
        if self.activity == ANSWERING and answer is not None and planned.step == answer.start:
            self.undo.append(music.bookmark(planned, plan.improviser.model))
        music.fix(planned)
        audible = planned.origin != HEARD
        if audible and planned.step not in plan.sent:
            self.delivery.put([planned])
        self.sink.fixed(planned, plan.sent.pop(planned.step, None))
        self.hearing.capture.forget_before(planned.step)
        if (not audible or plan.follows) and plan.music.context.step % KEY_EVERY_STEPS == 0:
            self.hear_key()
        self._notice_end_of_answer(planned)

    def _commit(self) -> None:
        """What can not be changed any more is planned, and all that is planned is at the sink."""
        if self.activity == ANSWERING:
            self.plan.extend_to(min(self.plan.commit_end(self.position), self.plan.horizon(self.position)))
            self.delivery.send()

    # The phrase

    def notice_end_of_phrase(self, not_before: float = 0.0) -> None:
        """Answer the phrase if it is over."""
        over = self._phrase_over()
        if over is None or max(over, not_before) > self.position:
            return
        over = max(over, not_before)
        while self.plan.music.context.step + HALF_A_STEP <= over:
            self._fix(self.plan.take_next())
        if not self.mode.answers:
            self._finish()
            return
        start, answer = self._answer_start(over), self.plan.answer
        if self.plan.tentative and answer is not None and answer.start == start:
            self._commit_answer()
        else:
            self.mode.replies(self, start)

    def _phrase_over(self) -> float | None:
        """When the phrase is over, as far as can be told now; None while it goes on."""
        return self.mode.over(self) if self.activity == PHRASE else None

    def _answer_start(self, over: float) -> int:
        return self.barlines.next_line(max(over, self.plan.music.context.step), self.mode.grid(self.settings))

    def hear_key(self) -> None:
        """The key of what was heard, for what comes."""
        phrase_start = self.phrase_start if self.activity == PHRASE else None
        self.tonality.hear(self.settings, self.barlines.pulse, phrase_start)

    # The answer

    def begin_answer(
        self,
        start: int,
        bars: int | None = None,
        tentative: bool = False,
        with_player: bool = False,
        loop: tuple[IntArray, ...] = (),
    ) -> None:
        """An answer from a step on, of so many bars or until told to stop."""
        close = end = None
        if bars is not None:
            end = start + bars * self.barlines.bar_steps
            close = end - closing_steps(self.barlines.bar_steps)
        character = None if loop or with_player else self.hearing.character(self.barlines)
        drawn = None if close is None or end is None else (close, end)
        open_end = self.mode.ends_by_itself and bars is None and not loop and not with_player
        answer = Answer(self.plan.answers, start, close, end, loop, with_player, character, drawn, open_end)
        self.plan.begin(answer, tentative)
        if not tentative:
            self._commit_answer()

    def begin_next(self, bars: int | None = None) -> None:
        """An answer that is asked for, or begins by itself, on the next line of the grid."""
        start = self.next_start(self.settings.grid)
        self.plan.forget_answer()
        self.hear_key()
        if self.activity == IDLE:
            self.plan.music.take = []
            self.plan.music.go_on_from(start)
        self.begin_answer(start, bars)

    def next_start(self, grid: str) -> int:
        """The next line of a grid, after what is fixed."""
        return self.barlines.next_line(max(self.position, self.plan.music.context.step), grid)

    def _plan_tentatively(self) -> None:
        """While the phrase may be over soon, the answer is made ready, so that no time is lost."""
        over = self._phrase_over()
        if over is None or self.plan.answer is not None or not self.mode.answers:
            return
        if over - self.position <= TENTATIVE_STEPS:
            self.mode.replies(self, self._answer_start(over), tentative=True)

    def _commit_answer(self) -> None:
        """The phrase is over: the answer is to be heard."""
        assert self.plan.answer is not None
        self.plan.tentative = False
        self.plan.answers += 1
        self.activity = ANSWERING
        self.hear_loudness()
        if not self.plan.answer.with_player:  # else the note that begins it is about to be followed
            self._commit()

    def hear_loudness(self) -> None:
        """How loud the player plays, for what comes."""
        self.hearing.hear_loudness()
        set_velocity(self)

    def _notice_end_of_answer(self, planned: Planned) -> None:
        answer, step = self.plan.answer, self.plan.music.context.step
        if answer is None or self.activity != ANSWERING:
            return
        if answer.end is not None and step >= answer.end:
            self.delivery.rest_at(answer.end, self.position)
            if planned.last:
                self.sink.message("the piece ended by itself")
            self._finish()
        elif answer.with_player and planned.silent and self.hearing.capture.is_over(planned.step):
            self.delivery.clear_from(step)
            self._finish()

    # Taking back

    def cut(self, step: int | None = None, quietly: bool = False) -> None:
        """Stop answering at once; what was committed but not heard is taken back."""
        self.rewind(math.floor(self.position) + 1 if step is None else step)
        if not quietly:
            self.sink.silence()
        self._finish()

    def _finish(self) -> None:
        self.plan.forget_answer()
        self.activity = IDLE
        self.hearing.capture.begin_again()

    def rewind(self, step: int) -> None:
        """Take back what is fixed from a step on, as far as it is remembered."""
        if self.plan.rewind(step):
            self.sink.taken_back(step)


def set_velocity(turns: Turns) -> None:
    """How loud an answer is follows the settings and the phrase."""
    lead = None if turns.plan.answer is None else turns.plan.guidance.lead(turns.plan.answer)
    turns.delivery.velocity = turns.hearing.velocity_rule(turns.settings, lead)


def _is_planned(turns: Turns, position: float) -> bool:
    """Whether all is made that will be committed when the music has come to a position; ``work`` makes it."""
    plan = turns.plan
    if plan.answer is None or not turns.running:
        return True
    over = turns.mode.over(turns) if plan.tentative else None
    if turns.activity != ANSWERING and (over is None or over > position):
        return True
    return plan.end >= min(plan.commit_end(position), plan.horizon(position))
