"""Checks of what is seen of a device and of what Live stores of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from max_patches.faces import AUTOMATED, CUSTOM, ENUM, FLOAT, FONT_SIZE, HIDDEN, INT
from max_patches.patcher import DEVICE_HEIGHT
from max_patches.picture import text_width, value_text
from max_patches.reading import Node, Patch, Subject

Data = dict[str, Any]
Rect = tuple[float, float, float, float]

LONGEST_SHORT_NAME: Final = 8  # letters; more do not fit under a dial or on Push
_BANK_SIZE: Final = 8
_ARROW: Final = 12  # pixels of a menu that its arrow takes
_GENERIC = re.compile(r"val\d|live\.\w+|^\s*$|\[\d+\]")

# Parameters


def parameters(subject: Subject) -> Iterator[str]:
    """Ranges, initial values, labels and units that Live can use."""
    for node in subject.patch.parameters:
        for fault in _parameter(node.parameter or {}):
            yield f"{node.called} {fault}"


def _parameter(saved: Data) -> Iterator[str]:
    low, high = saved["parameter_mmin"], saved["parameter_mmax"]
    (initial,) = saved["parameter_initial"]
    if not saved.get("parameter_initial_enable"):
        yield "has no initial value"
    if not low < high:
        yield f"reaches from {low} to {high}"
    if not low <= initial <= high:
        yield f"begins with {initial}, outside {low} to {high}"
    if saved["parameter_type"] not in (FLOAT, INT, ENUM):
        yield f"is of type {saved['parameter_type']}"
    if saved["parameter_type"] == INT and not 0 <= low < high <= 255:
        yield f"is an int from {low} to {high}; Live keeps 0 to 255"
    if saved["parameter_type"] == ENUM:
        labels = saved.get("parameter_enum", [])
        if len(set(labels)) != len(labels) or len(labels) < 2 or high != len(labels) - 1:
            yield f"chooses among {labels}, from {low} to {high}"
        if any(_GENERIC.search(label) for label in labels):
            yield f"has labels that say nothing: {labels}"
    if saved["parameter_unitstyle"] == CUSTOM and not saved.get("parameter_units"):
        yield "has a unit of its own that is not given"


def long_names(subject: Subject) -> Iterator[str]:
    """By them Live finds its stored values: each once, and saying something."""
    nodes = subject.patch.parameters
    for key in ("parameter_longname", "varname"):
        names = Counter((node.parameter or {}).get(key) or node.data.get(key) for node in nodes)
        yield from (f"{count} are called {name}" for name, count in names.items() if count > 1)
    for node in nodes:
        saved = node.parameter or {}
        for key in ("parameter_longname", "parameter_shortname"):
            if _GENERIC.search(saved[key]):
                yield f"{node.called} is called {saved[key]!r}"
        if len(saved["parameter_shortname"]) > LONGEST_SHORT_NAME:
            yield f"{node.called}: {saved['parameter_shortname']} is longer than {LONGEST_SHORT_NAME} letters"


def listed(subject: Subject) -> Iterator[str]:
    """The list of parameters at the end of the patch is that of the boxes."""
    listed = {name: entry for name, entry in subject.patcher["parameters"].items() if isinstance(entry, list)}
    there = {
        node.path: [saved["parameter_longname"], saved["parameter_shortname"], saved["parameter_order"]]
        for node in subject.patch.parameters
        if (saved := node.parameter) is not None
    }
    for path in sorted({*listed, *there}):
        if listed.get(path) != there.get(path):
            yield f"{path} is listed as {listed.get(path)}, and is {there.get(path)}"


def info(subject: Subject) -> Iterator[str]:
    """Each control has words for the Info View."""
    for node in subject.patch.parameters:
        saved = node.parameter or {}
        title, text = saved.get("parameter_annotation_name"), saved.get("parameter_info", "")
        if not title or not text.endswith("."):
            yield f"{node.called} says nothing in the Info View"
        if (node.data.get("annotation_name"), node.data.get("annotation")) != (title, text):
            yield f"{node.called} says one thing as a box and another as a parameter"


def driven(subject: Subject) -> Iterator[str]:
    """Nothing in the patch moves a parameter that Live stores: it would flood the undo history."""
    patch = subject.patch
    for cord in patch.cords:
        source, target = patch.nodes.get(cord.source), patch.nodes.get(cord.target)
        if source is None or target is None or target.parameter is None:
            continue
        if target.parameter["parameter_invisible"] == HIDDEN:
            continue
        if not _only_asks(source):
            yield f"{source.called} moves {target.called}; make it hidden"


def _only_asks(node: Node) -> bool:
    if node.name == "message":
        return bool(node.data.get("text") == "outputvalue")
    return node.name == "prepend" and node.arguments == ("active",)


def banks(subject: Subject) -> Iterator[str]:
    """Push finds every automated parameter, in one bank."""
    told = [
        saved
        for node in subject.patch.parameters
        if (saved := node.parameter) is not None and saved["parameter_invisible"] == AUTOMATED
    ]
    automated = [saved["parameter_longname"] for saved in told]
    for name, count in Counter(saved["parameter_shortname"] for saved in told).items():
        if count > 1:
            yield f"{count} are called {name} on Push"
    placed: Counter[str] = Counter()
    for bank in subject.patcher["parameters"]["parameterbanks"].values():
        if len(bank["name"]) > LONGEST_SHORT_NAME:
            yield f"{bank['name']} is longer than {LONGEST_SHORT_NAME} letters"
        if len(bank["parameters"]) != _BANK_SIZE:
            yield f"{bank['name']} has {len(bank['parameters'])} places, not {_BANK_SIZE}"
        placed.update(name for name in bank["parameters"] if name != "-")
    for name in sorted({*automated, *placed}):
        if name not in automated:
            yield f"{name} is in a bank, and is no automated parameter"
        elif placed[name] != 1:
            yield f"{name} is in {placed[name]} banks"
    if not any(subject.patch.named("live.banks")):
        yield "no live.banks"


# The face


def _rect(node: Node) -> Rect:
    x, y, width, height = node.data["presentation_rect"]
    return x, y, width, height


def places(subject: Subject) -> Iterator[str]:
    """Whole pixels, inside, equal margins; over another only on a display's ground, or on another page."""
    width = subject.patcher["devicewidth"]
    seen = subject.patch.seen
    for node in seen:
        x, y, w, h = _rect(node)
        if any(side % 1 for side in (x, y, w, h)):
            yield f"{node.called} lies between pixels: {[x, y, w, h]}"
        if x < 0 or y < 0 or x + w > width or y + h > DEVICE_HEIGHT or w <= 0 or h <= 0:
            yield f"{node.called} reaches outside: {[x, y, w, h]}"
    for one, other in combinations([node for node in seen if not node.data.get("background")], 2):
        if _overlap(_rect(one), _rect(other)) and not _apart(subject.patch, one, other) and not _layers(one, other):
            yield f"{one.called} lies over {other.called}"
    if seen:
        left = min(_rect(node)[0] for node in seen)
        right = width - max(_rect(node)[0] + _rect(node)[2] for node in seen)
        if left != right:
            yield f"{left} pixels are free on the left, {right} on the right"


def _apart(patch: Patch, one: Node, other: Node) -> bool:
    """Whether two are never seen together."""
    names = one.data.get("varname"), other.data.get("varname")
    on = [{place for place, page in enumerate(patch.pages) if name in page} for name in names]
    return all(on) and not on[0] & on[1]


def _layers(one: Node, other: Node) -> bool:
    """Whether two draw lines in one place, which no mouse moves."""
    return _rect(one) == _rect(other) and all(
        node.name == "multislider" and node.data.get("ignoreclick") for node in (one, other)
    )


def pages(subject: Subject) -> Iterator[str]:
    """Each page has boxes that are there, each box is on one page, and only the first is seen before it is told."""
    patch = subject.patch
    named = Counter(node.data.get("varname", "") for node in patch.seen)
    on: Counter[str] = Counter(name for page in patch.pages for name in page)
    for name, count in on.items():
        if named[name] != 1:
            yield f"{named[name]} boxes are called {name}"
        if count > 1:
            yield f"{name} is on {count} pages"
    first = set(patch.pages[0]) if patch.pages else set()
    for node in patch.seen:
        name, hidden = node.data.get("varname", ""), bool(node.data.get("hidden"))
        if hidden and not on[name]:
            yield f"{node.called} is hidden, and no page shows it"
        elif on[name] and hidden == (name in first):
            yield f"{node.called} is {'hidden' if hidden else 'seen'} before a page is chosen"


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def words(subject: Subject) -> Iterator[str]:
    """What is written fits where it is written, about."""
    for node in subject.patch.seen:
        width, height = _rect(node)[2:]
        size = node.data.get("fontsize", FONT_SIZE)
        if node.data.get("num_lines_presentation") == 1:
            width /= len((node.parameter or {})["parameter_enum"])
        lines = max(1, int(height // (size * 1.35)))
        free = _ARROW if node.name == "live.menu" else 2
        for text in _written(node):
            if text_width(text, size) > (width - free) * lines:
                yield f"{node.called}: {text!r} is wider than {width:g} pixels"


def _written(node: Node) -> Iterator[str]:
    saved = node.parameter
    if node.name in ("comment", "live.comment", "live.text"):
        yield node.data.get("text", "")
    if saved is None:
        return
    if node.name in ("live.menu", "live.tab"):
        yield from saved["parameter_enum"]
    elif node.name == "live.dial":
        yield saved["parameter_shortname"]
    elif node.name == "live.numbox":
        yield value_text({**saved, "parameter_initial": [saved["parameter_mmax"]]})


def colours(subject: Subject) -> Iterator[str]:
    """Live's controls have the colours of the theme; others name the theme's."""
    for node in subject.patch.seen:
        expressions = {
            key for key, value in node.data.get("saved_attribute_attributes", {}).items() if "expression" in value
        }
        for key in (key for key in node.data if key.endswith("color")):
            if node.data[key][3:] == [0.0] or expressions & {key, key.replace("bg", "bgfill")}:
                continue  # nothing is seen of it, or it is the theme's
            if node.name.startswith("live."):
                yield f"{node.called} has a {key} of its own"
            else:
                yield f"{node.called} has a {key} that no theme changes"
