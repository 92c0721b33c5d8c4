"""Hears only."""

from __future__ import annotations

from companion.session.turns import Mode


class Listen(Mode):
    """Phrases come and go; an answer comes when it is asked for."""

    name = "listen"
