"""Answers when the phrase ends, until told to stop, played over, or a model that can ends the piece."""

from __future__ import annotations

from companion.session.turns import Mode


class ContinueMode(Mode):
    """A rest asks for the answer."""

    name = "continue"
    answers = True
    plays_on = True
    ends_by_itself = True
    waits = True
