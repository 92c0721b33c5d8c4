"""What a jam does with what it hears: one file a mode, and a row in ``_MODES``.

listen      hears only
answer      continue: answers when the phrase ends
respond     call and response by bars
harmonise   the other voices, as the player plays
duet        plays on and on
loop        repeats the last take
"""

from __future__ import annotations

from companion.session.modes.answer import ContinueMode
from companion.session.modes.duet import DuetMode
from companion.session.modes.harmonise import HarmoniseMode
from companion.session.modes.listen import ListenMode
from companion.session.modes.loop import LoopMode
from companion.session.modes.respond import RespondMode
from companion.session.turns import Mode

_MODES: tuple[Mode, ...] = (ListenMode(), ContinueMode(), RespondMode(), HarmoniseMode(), DuetMode(), LoopMode())

_BY_NAME = {mode.name: mode for mode in _MODES}


def mode_named(name: str) -> Mode:
    """The mode of a name that ``Settings`` has checked."""
    return _BY_NAME[name]
