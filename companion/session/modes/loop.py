"""Repeats the last take."""

from __future__ import annotations

from companion.session.turns import Mode, Turns


class Loop(Mode):
    """Round and round, whatever is played to it."""

    name = "loop"

    def autostart(self, turns: Turns) -> None:
        turns.begin_loop()

    def go(self, turns: Turns, bars: int | None) -> None:
        del bars
        turns.begin_loop()

    def played_over(self, turns: Turns, step: int) -> bool:
        del turns, step
        return False

    def no_cadence(self) -> str:
        return "a loop comes to no close: stop it"
