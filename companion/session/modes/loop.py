"""Repeats the last take."""

from __future__ import annotations

from companion.session.music import loop_of
from companion.session.turns import Mode, Turns


class LoopMode(Mode):
    """Round and round, whatever is played to it."""

    name = "loop"

    def autostart(self, turns: Turns) -> None:
        self.go(turns, None)

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
