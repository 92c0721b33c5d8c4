"""Plays on and on, around the voices that are locked."""

from __future__ import annotations

from companion.session.turns import Mode, Turns


class DuetMode(Mode):
    """Waits for nobody."""

    name = "duet"
    plays_on = True

    def autostart(self, turns: Turns) -> None:
        turns.begin_next()

    def played_over(self, turns: Turns, step: int) -> bool:
        del step
        turns.sink.message("duet: lock the voice that you play")
        return False
