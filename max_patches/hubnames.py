"""How the rooms of the Hub call each other. None of these names is heard outside the device."""

from __future__ import annotations

SEND = "---send"  # OSC to the companion, while it is there
VALUES = "---values"  # every control says its value
READY = "---ready"  # the device is loaded
LET_GO = "---letgo"  # end the player's keys
ENABLED = "---enabled"  # 1: the device is switched on
CONNECT = "---connect"  # a companion has answered
DISCONNECT = "---disconnect"  # it is gone, or the way to it has changed
WIPE = "---wipe"  # empty the store and silence the Voices
ONLINE_NOW = "---online"  # 1: the companion is there
TO_PORT, FROM_PORT = "---to", "---from"
GROUP = "---group"  # 1 to 4
STORE = "---store"  # a message for the group: frame, look, clear, now, hush, online
FRAME, NOW_HEARD, WITHDRAWN, LOOKED_UP, SAID = "---frame", "---now", "---withdrawn", "---looked", "---said"
LOOP_CHANGED = "---loop"
BLANK = "---blank"  # the companion is gone, and so is what it said
SEARCH = "---search"  # look for the companion, from now on
AUDIO_OFF = "---audiooff"  # 1 while Live's audio engine stands still
STEP_NOW = "---step"  # where Live is
REDRAW = "---redraw"  # the store, or the place in it, is another
SCALE = "---scale"  # asked for Live's scale
LIVE_KEY = "---livekey"  # the key that Live's scale names, or auto

ORDER_FREE = frozenset({VALUES, ONLINE_NOW, READY, ENABLED, BLANK, GROUP})  # many may receive these in any order


def text_of(what: str) -> str:
    """What is written in a place of the display."""
    return f"---{what}-text"
