"""When a phrase is over, and the answer that follows it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from companion.generation.improviser import (
    Answer,
    Point,
    sounding_frame,
)
from companion.music.bars import closing_steps
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray
from companion.session.plan import ANSWERING, IDLE, PHRASE, Planner

HALF_A_STEP = 0.5
TENTATIVE_STEPS = 8  # so long before a phrase may be over its answer is begun, for the case
CLOSE_MARGIN = 4  # steps that a cadence has at least, beyond the committed ones

ANSWERING_MODES = ("continue", "respond")  # in which a phrase that is over is answered


class Answers(Planner):
    """Ends phrases and begins answers."""

    # The phrase, and when it is over

    def _notice_end_of_phrase(self, not_before: float = 0.0) -> None:
        over = self._phrase_over()
        if over is None or max(over, not_before) > self.position:
            return
        over = max(over, not_before)
        while self._point.step + 0.5 <= over:
            self._fix(self._take_next())
        if self.settings.mode not in ANSWERING_MODES:
            self._finish()
            return
        start = self._answer_start(over)
        if self._tentative and self.answer is not None and self.answer.start == start:
            self._commit_answer()
        else:
            self._forget_answer()
            self._begin_answer(start, bars=self._answer_bars())

    def _phrase_over(self) -> float | None:
        """When the phrase is over, as far as can be told now; None while it goes on."""
        if self.activity != PHRASE:
            return None
        if self.settings.mode == "respond":
            return self._end_of_call() - HALF_A_STEP  # what comes later belongs to the response
        return self._rest_over()

    def _rest_over(self) -> float | None:
        """When a rest long enough to end a phrase has lasted; None while a key is down."""
        since = self._capture.silent_since
        return None if since is None else since + self.settings.rest_beats * STEPS_PER_BEAT

    def _end_of_call(self) -> int:
        """The bar line that ends a call of the wanted bars; an upbeat belongs to the bar that follows it."""
        first = self.barlines.next_line(self._phrase_start, "bar")
        if first - self._phrase_start > STEPS_PER_BEAT:
            first -= self.barlines.bar_steps
        return first + self.settings.bars * self.barlines.bar_steps

    # Answers

    def _answer_start(self, over: float) -> int:
        grid = "bar" if self.settings.mode == "respond" else self.settings.grid
        return self.barlines.next_line(max(over, self._point.step), grid)

    def _answer_bars(self) -> int | None:
        return self.settings.bars if self.settings.mode == "respond" else None

    def _plan_tentatively(self) -> None:
        """While the phrase may be over soon, the answer is made ready, so that no time is lost."""
        over = self._phrase_over()
        if over is None or self.answer is not None or self.settings.mode not in ANSWERING_MODES:
            return
        if over - self.position > TENTATIVE_STEPS:
            return
        self._begin_answer(self._answer_start(over), bars=self._answer_bars(), tentative=True)

    def _begin_answer(
        self,
        start: int,
        bars: int | None = None,
        tentative: bool = False,
        with_player: bool = False,
        loop: tuple[IntArray, ...] = (),
    ) -> None:
        close = end = None
        if bars is not None:
            end = start + bars * self.barlines.bar_steps
            close = end - closing_steps(self.barlines.bar_steps)
        self.plan, self._search, self._sent = [], None, {}
        self.answer = Answer(self._answers, start, close, end, loop, with_player)
        self._tentative = tentative
        if not tentative:
            self._commit_answer()

    def _commit_answer(self) -> None:
        """The phrase is over: the answer is to be heard."""
        assert self.answer is not None
        self._tentative = False
        self._answers += 1
        self.activity = ANSWERING
        self._hear_velocity()
        if not self.answer.with_player:  # else the note that begins it is about to be followed
            self._commit()

    def _autostart(self) -> None:
        """Modes that do not wait for a phrase begin by themselves."""
        if not self.running or self.activity == ANSWERING:
            return
        if self.settings.mode == "duet":
            self._begin_at(self._next_start(self.settings.grid))
        elif self.settings.mode == "loop":
            self._begin_loop()

    def _next_start(self, grid: str) -> int:
        """The next line of a grid, after what is fixed."""
        return self.barlines.next_line(max(self.position, self._point.step), grid)

    def _begin_at(self, start: int, bars: int | None = None) -> None:
        """An answer that is asked for, or begins by itself."""
        self._forget_answer()
        self._hear_key()
        if self.activity == IDLE:
            self._take = []
            self._point = Point(replace(self._point.standing, step=start), self._point.hands.next_phrase())
        self._begin_answer(start, bars)

    def _begin_loop(self) -> None:
        frames = self._loop_frames()
        if not frames:
            self._sink.message("nothing to loop yet: play a phrase first")
            return
        start = self._next_start("bar")
        self._point = Point(replace(self._point.standing, step=start), self._point.hands.next_phrase())
        self._begin_answer(start, loop=frames)

    def _loop_frames(self) -> tuple[IntArray, ...]:
        """The last take from a bar line, filled up to whole bars."""
        if not self._take:
            return ()
        rest = np.full(len(VOICES), REST, dtype=np.int32)
        lead = self._take[0].step - self.barlines.bar_start(self._take[0].step)
        frames = [rest] * lead + [sounding_frame(self._take[0].frame)]
        frames += [planned.frame.tokens for planned in self._take[1:]]
        frames += [rest] * (-len(frames) % self.barlines.bar_steps)
        return tuple(frames)

    def _set_length(self) -> None:
        """An answer without an end is given one, after whole responses."""
        answer, bar_steps = self.answer, self.barlines.bar_steps
        if answer is None or answer.end is not None:
            return
        length, closing = self.settings.bars * bar_steps, closing_steps(bar_steps)
        least = self._change_step() + CLOSE_MARGIN + closing - answer.start
        end = answer.start + length * max(math.ceil(least / length), 1)
        self.answer = replace(answer, close=end - closing, end=end)
