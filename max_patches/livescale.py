"""The key that Live's own scale names: its root, and major or minor by the words of its name."""

from __future__ import annotations

from typing import Final

from max_patches.hubnames import LIVE_KEY, READY, SCALE
from max_patches.patcher import Box, Patcher

# By the third above the root. A name's last word of these counts; a scale with none of them names no key.
MAJOR: Final = ("Major", "Ionian", "Lydian", "Mixolydian")
MINOR: Final = ("Minor", "Aeolian", "Dorian", "Phrygian")
MAJOR_TONICS: Final = "C Db D Eb E F F# G Ab A Bb B"
MINOR_TONICS: Final = "C C# D Eb E F F# G G# A Bb B"


def room(patch: Patcher) -> None:
    """``root_note`` and ``scale_name`` of the Set, told as one key when they change or are asked for."""
    ready, soon = patch.receive(READY) >> patch.add("t b b"), patch.add("deferlow")
    asked = soon >> patch.add("t b b")
    patch.receive(SCALE) >> soon
    root, mode = patch.add("i"), patch.add("i")
    observers = [patch.add("live.observer root_note"), patch.add("live.observer scale_name")]
    for outlet, observer in enumerate(observers):
        ready[outlet] >> patch.message("goto live_set") >> patch.add("live.path") >> observer.inlet(1)
    changed = observers[0] >> patch.add("t b i")
    changed[1] >> root.inlet(1)
    changed[0] >> soon
    named = observers[1] >> patch.add("t b l 0")
    named[2] >> mode.inlet(1)
    named[0] >> soon
    words = named[1] >> patch.add("tosymbol") >> patch.add("fromsymbol") >> patch.add("zl.iter 1")
    known = words >> patch.add(f"sel {' '.join((*MAJOR, *MINOR))}")
    numbers = patch.message("1"), patch.message("2")
    for outlet in range(len(MAJOR) + len(MINOR)):
        known[outlet] >> numbers[outlet >= len(MAJOR)]
    for number in numbers:
        number >> mode.inlet(1)
    _told(patch, root, mode, asked)


def _told(patch: Patcher, root: Box, mode: Box, asked: Box) -> None:
    """The tonic as it is written in this mode, and the mode."""
    told = patch.send(LIVE_KEY)
    which = patch.add("t i i")
    asked[1] >> root >> patch.add("+ 1") >> which
    kinds = asked[0] >> mode >> patch.add("sel 0 1 2")
    kinds[0] >> patch.message("auto") >> told
    for place, (name, tonics) in enumerate((("major", MAJOR_TONICS), ("minor", MINOR_TONICS))):
        tonic = patch.add("zl.nth 1")
        which[place] >> tonic.inlet(1)
        kinds[place + 1] >> patch.message(tonics) >> tonic >> patch.add(f"sprintf symout %s {name}") >> told
