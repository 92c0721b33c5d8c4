"""How the rooms of a Voice call each other. None of these names is heard outside the device."""

from __future__ import annotations

# Between the rooms. The first four only set what is used later, so that many may receive them in any order.
ON = "---on"  # 1: it plays
VOICE = "---voice"  # 0 to 3
GROUP = "---group"  # 1 to 4
PART_NOW = "---part"  # 1 to 4, 0 where it has none
READY = "---ready"  # the device is loaded
CHOSEN = "---chosen"  # 1 to 4; 0: the track's name tells
HAS_PART = "---has"  # 1 where it has one
DOUBLED = "---doubled"  # 1: another Voice of the group has the same part
STEP = "---step"  # where Live is, while it plays
LET_GO = "---letgo"  # end what sounds, and begin afresh with the next step
LATER = "---later"  # the same, from another thread
FORGET = "---forget"  # which frames were played
RELEASE = "---release"  # end what sounds
VALUE = "---value"  # of a frame: +p strike, -p go on, 0 rest
VELOCITY = "---velocity"  # of the strike that comes next
AT_ONCE = "---sound"  # pitch and velocity, past the frames
UNFED = "---unfed"  # what sounds does not come from frames
SOUNDING = "---sounding"  # the pitch, 0 for none

ORDER_FREE = frozenset({ON, VOICE, GROUP, PART_NOW, READY})
