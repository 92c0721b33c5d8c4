"""The Hub between the companion and the Chorale Clip of its group: only one device can have the port."""

from __future__ import annotations

from typing import Final

from max_patches.hubnames import CLIPS, GROUP, SEND
from max_patches.names import ASK, CLIP, GROUPS, shared_name
from max_patches.patcher import Patcher

CLIP_WORDS: Final = ("heard", "working", "answer", "notes", "fault")


def clips(room: Patcher) -> None:
    """What the companion says of clips goes to the group, what the group asks goes to the companion."""
    said = room.receive(CLIPS) >> room.add("route " + " ".join(f"/chorale/clip/{word}" for word in CLIP_WORDS))
    told, asked = room.add(f"gate {len(GROUPS)}"), room.add(f"switch {len(GROUPS)}")
    chosen = room.receive(GROUP) >> room.add("t i i")
    chosen[1] >> told
    chosen[0] >> asked
    for outlet, word in enumerate(CLIP_WORDS):
        said[outlet] >> room.add(f"prepend {word}") >> told.inlet(1)
    for place, letter in enumerate(GROUPS):
        told[place] >> room.send(shared_name(letter, CLIP))
        room.receive(shared_name(letter, ASK)) >> asked.inlet(place + 1)
    asked >> room.send(SEND)
