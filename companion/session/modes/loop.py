"""Repeats the last take, from the bar line after its end."""

from __future__ import annotations

from companion.controls.settings import Settings
from companion.session.music import loop_of
from companion.session.turns import IDLE, Mode, Turns


class LoopMode(Mode):
    """Round and round, whatever is played to it."""

    name = "loop"
    answers = True
    waits = True

    def grid(self, settings: Settings) -> str:
        del settings
        return "bar"

    def autostart(self, turns: Turns) -> None:
        """In the midst of a phrase it waits for its end."""
        if turns.activity == IDLE:
            self.go(turns, None)

    def replies(self, turns: Turns, start: int, tentative: bool = False) -> None:
        """Nothing needs to be made ready."""
        if not tentative:
            turns.begin_answer(start, loop=loop_of(turns.plan.music.take, turns.barlines))

    def go(self, turns: Turns, bars: int | None) -> None:
        """The last take, again and again, from the next bar line."""
        del bars
        frames = loop_of(turns.plan.music.take, turns.barlines)
        if not frames:
            turns.sink.message("nothing to loop yet: play a phrase first")
            return
        start = turns.next_start("bar")
        turns.plan.music.go_on_from(start)
        turns.begin_answer(start, loop=frames)

    def played_over(self, turns: Turns, step: int) -> bool:
        del turns, step
        return False

    def no_cadence(self) -> str:
        return "a loop comes to no close: stop it"
