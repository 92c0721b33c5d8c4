"""What a jam does with what it hears: one file a mode, and a row in ``MODES``.

listen      hears only
answer      continue: answers when the phrase ends
respond     call and response by bars
harmonise   the other voices, as the player plays
duet        plays on and on
loop        repeats the last take
"""

from __future__ import annotations

from companion.session.modes.answer import Continue
from companion.session.modes.duet import Duet
from companion.session.modes.harmonise import Harmonise
from companion.session.modes.listen import Listen
from companion.session.modes.loop import Loop
from companion.session.modes.respond import Respond
from companion.session.turns import Mode

MODES: tuple[Mode, ...] = (Listen(), Continue(), Respond(), Harmonise(), Duet(), Loop())

_BY_NAME = {mode.name: mode for mode in MODES}


def mode_named(name: str) -> Mode:
    """The mode of a name that ``Settings`` has checked."""
    return _BY_NAME[name]
