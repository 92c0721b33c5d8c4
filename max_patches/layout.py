"""Where the boxes of a patch lie when it is opened for editing: sources above, what they speak to below.

A way of reading only: nothing in a patch depends on it, since no outlet has two cords.
"""

from __future__ import annotations

from max_patches.patcher import Box, Patcher

Rect = tuple[int, int, int, int]

_GAP, _MARGIN = 14, 20
_HEIGHT = 22
_CHARACTER = 6.6  # pixels


def place(patcher: Patcher) -> dict[str, Rect]:
    """A rectangle for each box, by id."""
    rows = _rows(patcher)
    left: dict[str, int] = {}
    above: dict[str, list[str]] = {box.id: [] for box in patcher.boxes}
    for outlet, inlet in patcher.cords:
        above[inlet.box.id].append(outlet.box.id)
    rects: dict[str, Rect] = {}
    top = _MARGIN
    for row in range(max(rows.values(), default=0) + 1):
        boxes = [box for box in patcher.boxes if rows[box.id] == row]
        wishes = [min((left[source] for source in above[box.id] if source in left), default=0) for box in boxes]
        free = _MARGIN
        for wish, _, box in sorted(zip(wishes, range(len(boxes)), boxes, strict=True), key=lambda one: one[:2]):
            x = left[box.id] = max(free, wish)
            wide, high = size(box)
            rects[box.id] = (x, top, wide, high)
            free = x + wide + _GAP
        top += max(size(box)[1] for box in boxes) + _GAP
    return rects


def _rows(patcher: Patcher) -> dict[str, int]:
    """How far below a source each box lies; cords that lead back up are passed over."""
    rows = {box.id: 0 for box in patcher.boxes}
    order = {box.id: place for place, box in enumerate(patcher.boxes)}
    forward = [
        (outlet.box.id, inlet.box.id) for outlet, inlet in patcher.cords if order[outlet.box.id] < order[inlet.box.id]
    ]
    for source, target in sorted(forward, key=lambda cord: order[cord[0]]):
        rows[target] = max(rows[target], rows[source] + 1)
    return rows


def size(box: Box) -> tuple[int, int]:
    """Wide enough for its words and its inlets; what is seen is as large as it is seen."""
    if "presentation_rect" in box.data:
        wide, high = box.data["presentation_rect"][2:]
        return int(wide), int(high)
    return int(max(len(box.text) * _CHARACTER + 12, 12 * max(box.inlets, len(box.outlet_types)), 30)), _HEIGHT
