"""Pages of a face: one of several is seen at a time.

``thispatcher`` shows and hides boxes by name. What a page hides is saved as hidden, so that the first page is whole
before any script has run, and stays so if none ever does.
"""

from __future__ import annotations

from max_patches.patcher import Box, Patcher

HIDE, SHOW = 1, 2


def switched(patch: Patcher, chosen: Box, pages: dict[str, list[str]]) -> None:
    """A box that says the place of a page, from 0, shows it and hides the others."""
    ways = patch.add("gate 2")
    each = patch.add("zl.iter 1")
    each >> ways.inlet(1)
    this = patch.add("thispatcher")
    ways[HIDE - 1] >> patch.message("script sendbox $1 hidden 1") >> this
    ways[SHOW - 1] >> patch.message("script sendbox $1 hidden 0") >> this
    names = [patch.message(" ".join(boxes)) for boxes in pages.values()]
    for boxes in names:
        boxes >> each
    turned = chosen >> patch.add("change") >> patch.add(f"sel {' '.join(str(place) for place in range(len(pages)))}")
    for place, shown in enumerate(names):
        others = [boxes for boxes in names if boxes is not shown]
        order = turned[place] >> patch.add(f"t b {SHOW} {'b ' * len(others)}{HIDE}")
        order[len(others) + 2] >> ways
        for outlet, boxes in enumerate(others, start=2):
            order[outlet] >> boxes
        order[1] >> ways
        order[0] >> shown
