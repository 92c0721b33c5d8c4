"""Hears only."""

from __future__ import annotations

from companion.session.turns import Mode


class ListenMode(Mode):
    """Phrases come and go; an answer comes when it is asked for."""

    name = "listen"
