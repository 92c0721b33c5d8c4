"""Answers when the phrase ends, until told to stop or played over."""

from __future__ import annotations

from companion.session.turns import Mode, Turns


class ContinueMode(Mode):
    """A rest asks for the answer."""

    name = "continue"
    answers = True
    plays_on = True

    def waits_on(self, turns: Turns) -> bool:
        """Only where the rest had asked for it."""
        rested = self.over(turns)
        return rested is not None and rested <= turns.position
