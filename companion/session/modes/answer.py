"""Answers when the phrase ends, until told to stop or played over."""

from __future__ import annotations

from companion.session.turns import Mode


class ContinueMode(Mode):
    """A rest asks for the answer."""

    name = "continue"
    answers = True
    plays_on = True
    waits = True
