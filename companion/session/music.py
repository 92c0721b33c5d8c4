"""The music so far: what is fixed, where it goes on, and the take that it makes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.generation.improviser import LOOP, Context, Planned, sounding_frame
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.vocabulary import REST, VOICES, IntArray
from companion.session.hearing import KEY_STEPS

MOST_TAKE_STEPS = 1024  # 64 bars: what a loop repeats at most


@dataclass(frozen=True)
class Resume:
    """What an answer began from: to take it back."""

    context: Context
    past: tuple[Planned, ...]
    take: tuple[Planned, ...]
    model: Model  # whose memory the context holds


class Music:
    """Steps that are fixed, the last of them remembered."""

    def __init__(self, context: Context) -> None:
        self.context = context  # where the next step to be fixed begins
        self.past: deque[Planned] = deque(maxlen=KEY_STEPS)
        self.take: list[Planned] = []

    def fix(self, planned: Planned) -> None:
        """A step becomes music."""
        self.context = planned.after
        self.past.append(planned)
        if len(self.take) < MOST_TAKE_STEPS and planned.origin != LOOP:
            self.take.append(planned)

    def rewind(self, step: int) -> bool:
        """Take back what is fixed from a step on, as far as it is remembered; whether there was any."""
        reaches = bool(self.past) and self.past[-1].step >= step
        while self.past and self.past[-1].step >= step:
            self.context = self.past.pop().before
        self.take = [planned for planned in self.take if planned.step < step]
        return reaches

    def go_on_from(self, step: int) -> None:
        """The music goes on from a step, whatever the pause was, with another phrase."""
        self.context = Context(replace(self.context.state, step=step), self.context.hands.next_phrase())

    def bookmark(self, planned: Planned, model: Model) -> Resume:
        """What an answer that is about to become music begins from."""
        return Resume(planned.before, tuple(self.past), tuple(self.take), model)

    def go_back_to(self, resume: Resume) -> None:
        """To where an answer began from."""
        self.past, self.take = deque(resume.past, maxlen=KEY_STEPS), list(resume.take)
        self.context = Context(resume.context.state, resume.context.hands.next_phrase())


def loop_of(take: Sequence[Planned], barlines: Barlines) -> tuple[IntArray, ...]:
    """The frames of a take from a bar line, filled up to whole bars; none where there is none."""
    if not take:
        return ()
    rest = np.full(len(VOICES), REST, dtype=np.int32)
    lead = take[0].step - barlines.bar_start(take[0].step)
    frames = [rest] * lead + [sounding_frame(take[0].frame)]
    frames += [planned.frame.tokens for planned in take[1:]]
    frames += [rest] * (-len(frames) % barlines.bar_steps)
    return tuple(frames)
