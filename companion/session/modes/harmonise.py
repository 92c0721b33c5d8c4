"""The player's line, and the other voices to it as it is played."""

from __future__ import annotations

import math

from companion.session.turns import Mode, Turns


class HarmoniseMode(Mode):
    """The answer begins with the phrase, and sounds while the player does."""

    name = "harmonise"

    def begins(self, turns: Turns, step: int, rings: bool) -> None:
        if rings:
            turns.delivery.clear_from(step)
        turns.begin_answer(step, with_player=True)

    def joins(self, turns: Turns) -> None:
        """In the midst of a phrase the others come in at once."""
        start = max(turns.plan.music.context.step, math.floor(turns.position) + 1)
        turns.begin_answer(start, with_player=True)
