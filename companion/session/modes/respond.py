"""Call and response: so many bars each."""

from __future__ import annotations

import math
from dataclasses import replace

from companion.controls.settings import Settings
from companion.music.bars import closing_steps
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.session.plan import CLOSE_MARGIN
from companion.session.turns import HALF_A_STEP, Mode, Turns


class RespondMode(Mode):
    """A call is over with its last bar, whatever is played, and its response closes."""

    name = "respond"
    answers = True
    plays_on = True

    def over(self, turns: Turns) -> float | None:
        """Half a step before the bar line: what comes later belongs to the response."""
        return _end_of_call(turns) - HALF_A_STEP

    def grid(self, settings: Settings) -> str:
        del settings
        return "bar"

    def length(self, settings: Settings) -> int | None:
        return settings.bars

    def takes_over(self, turns: Turns) -> None:
        """An answer without an end is given one, after whole responses."""
        plan, bar_steps = turns.plan, turns.barlines.bar_steps
        answer = plan.answer
        if answer is None or answer.end is not None:
            return
        length, closing = turns.settings.bars * bar_steps, closing_steps(bar_steps)
        least = plan.change_step(turns.position) + CLOSE_MARGIN + closing - answer.start
        end = answer.start + length * max(math.ceil(least / length), 1)
        plan.answer = replace(answer, close=end - closing, end=end)

    def played_over(self, turns: Turns, step: int) -> bool:
        """Only an upbeat to the next call is heard, and the rest of the answer sounds as it was planned."""
        answer = turns.plan.answer
        if answer is None or answer.end is None or answer.end - step > STEPS_PER_BEAT:
            return False
        turns.plan.extend_to(answer.end)
        turns.delivery.send()
        turns.delivery.rest_at(answer.end, turns.position)
        turns.cut(step, quietly=True)
        return True


def _end_of_call(turns: Turns) -> int:
    """The bar line that ends a call of the wanted bars; an upbeat belongs to the bar that follows it."""
    first = turns.barlines.next_line(turns.phrase_start, "bar")
    if first - turns.phrase_start > STEPS_PER_BEAT:
        first -= turns.barlines.bar_steps
    return first + turns.settings.bars * turns.barlines.bar_steps
