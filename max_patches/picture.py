"""A device's face as SVG, drawn from the document that Max opens, in colours near those of Live's mid-light theme.

A drawing, not a screenshot: where things lie, what they say and how much room words have is the document's; how
Live draws a dial is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from max_patches.faces import AS_INT, ENUM, FLOAT, FONT_SIZE, MIDI_NOTE, PERCENT
from max_patches.reading import Patch

Data = dict[str, Any]

_TITLE_HEIGHT = 18  # of the bar that Live draws above a device
_SURFACE, _TITLE, _INK, _FIELD, _EDGE, _ORANGE = "#a6a6a6", "#8c8c8c", "#141414", "#8e8e8e", "#6e6e6e", "#ffae3d"
_CONTROL: Final = "#c9c9c9"
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_CHARACTER: Final = 0.53  # of the font's size, on average


def draw(document: Data, page: int = 0, shown: dict[str, str] | None = None) -> str:
    """The face of a device, with one of its pages.

    Args:
        document: what Max opens.
        page: which of its pages, from 0.
        shown: what places of the display say, by their names: an example of what may be seen in a jam.
    """
    patcher = document["patcher"]
    width, height = (int(side) for side in patcher["openrect"][2:])
    shapes = "\n".join(f"  {shape}" for box in _seen(document, page, shown or {}) for shape in _shapes(box))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _TITLE_HEIGHT}" width="{2 * width}" '
        f'height="{2 * (height + _TITLE_HEIGHT)}" font-family="Inter, Helvetica, Arial, sans-serif">\n'
        f'  <rect width="{width}" height="{height + _TITLE_HEIGHT}" rx="4" fill="{_SURFACE}"/>\n'
        f'  <rect width="{width}" height="{_TITLE_HEIGHT}" rx="4" fill="{_TITLE}"/>\n'
        f'  <circle cx="11" cy="9" r="4.5" fill="{_ORANGE}"/>\n'
        f"  {_text(20, 12.6, patcher['digest'], 10, _INK, 'start')}\n"
        f"  {_text(width - 6, 12.2, 'drawing', 8, _EDGE, 'end')}\n"
        f'  <g transform="translate(0 {_TITLE_HEIGHT})">\n{shapes}\n  </g>\n</svg>\n'
    )


def _seen(document: Data, page: int, shown: dict[str, str]) -> list[Data]:
    """The boxes that are drawn, from the ground up; an example of music where there is to be some."""
    patch = Patch(document["patcher"])
    on = {name: place for place, names in enumerate(patch.pages) for name in names}
    drawn: list[Data] = []
    rolls = 0
    for node in patch.seen:
        if on.get(node.data.get("varname", ""), page) != page:
            continue
        box = {**node.data, "text": shown.get(node.data.get("varname", ""), node.data.get("text", ""))}
        if box["maxclass"] == "multislider":
            box["values"], rolls = _example(rolls // 2, rolls % 2) if shown else [], rolls + 1
        elif box.get("varname") == "Page":
            saved = _valueof(box)
            box["saved_attribute_attributes"] = {"valueof": {**saved, "parameter_initial": [page]}}
        drawn.append(box)
    return sorted(drawn, key=lambda box: not box.get("background", 0))


_EXAMPLE: Final = (  # eighths of two bars, soprano to bass
    (67, 67, 69, 69, 71, 71, 69, 67, 66, 66, 67, 67, 69, 69, 67, 67),
    (62, 62, 62, 64, 62, 62, 62, 62, 62, 62, 62, 62, 60, 60, 59, 59),
    (59, 59, 57, 57, 55, 55, 57, 59, 57, 57, 55, 55, 54, 54, 55, 55),
    (43, 43, 54, 52, 55, 54, 50, 52, 50, 48, 47, 47, 50, 50, 43, 43),
)


def _example(voice: int, half: int) -> list[int]:
    return [pitch for pitch in _EXAMPLE[voice][8 * half : 8 * half + 8] for _ in range(2)]


def _lines_of_pitches(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    low, high = box["setminmax"]
    each = w / box["size"]
    for place, pitch in enumerate(box["values"]):
        line = y + h - (pitch - low) / (high - low) * h
        yield _rect(x + place * each, line - 1, each, box["thickness"], _rgb(box["slidercolor"]))


def _shapes(box: Data) -> Iterator[str]:
    drawing = _DRAWINGS.get(box["maxclass"])
    if drawing is not None:
        yield from drawing(box, *(float(side) for side in box["presentation_rect"]))


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """About how wide words are, in pixels."""
    return len(text) * size * _CHARACTER


def _text(x: float, y: float, text: str, size: float, colour: str, anchor: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _rect(x: float, y: float, w: float, h: float, fill: str, radius: float = 0, edge: str = "") -> str:
    stroke = f' stroke="{edge}" stroke-width="0.75"' if edge else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{radius:g}" fill="{fill}"{stroke}/>'


def _rgb(colour: list[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def _valueof(box: Data) -> Data:
    saved: Data = box["saved_attribute_attributes"]["valueof"]
    return saved


def value_text(saved: Data) -> str:
    """How Live writes a parameter's initial value."""
    value = saved["parameter_initial"][0]
    if saved["parameter_type"] == ENUM:
        return str(saved["parameter_enum"][int(value)])
    if saved["parameter_unitstyle"] == MIDI_NOTE:
        return f"{_NOTES[int(value) % 12]}{int(value) // 12 - 2}"
    if saved["parameter_unitstyle"] == PERCENT:
        return f"{value:.0f} %"
    decimals = saved["parameter_type"] == FLOAT and saved["parameter_unitstyle"] != AS_INT
    return f"{value:.{2 if decimals else 0}f} {saved.get('parameter_units', '')}".strip()


def _panel(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    yield _rect(x, y, w, h, _rgb(box["bgcolor"]), box["rounded"])


def _words(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    size = box.get("fontsize", FONT_SIZE)
    colour = _rgb(box["textcolor"]) if "textcolor" in box else _INK
    justify = box.get("textjustification", 0)
    at, anchor = ((x + 2, "start"), (x + w / 2, "middle"), (x + w - 2, "end"))[justify]
    for line, words in enumerate(_lines(box.get("text", ""), w - 4, size)):
        yield _text(at, y + 4 + size * 0.85 + line * size * 1.3, words, size, colour, anchor)
    del h


def _lines(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _dial(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    saved = _valueof(box)
    low, high, value = saved["parameter_mmin"], saved["parameter_mmax"], saved["parameter_initial"][0]
    yield _text(x + w / 2, y + 10, saved["parameter_shortname"], FONT_SIZE, _INK, "middle")
    middle, radius = (x + w / 2, y + 26), 10
    share = (value - low) / (high - low)
    yield _arc(middle, radius, 0, 1, _EDGE)
    yield _arc(middle, radius, 0.5 if low < 0 else 0, share, _ORANGE)
    angle = math.radians(135 + 270 * share)
    yield (
        f'<line x1="{middle[0]:g}" y1="{middle[1]:g}" x2="{middle[0] + radius * math.cos(angle):.2f}" '
        f'y2="{middle[1] + radius * math.sin(angle):.2f}" stroke="{_INK}" stroke-width="1.5"/>'
    )
    yield _text(x + w / 2, y + h - 2, value_text(saved), FONT_SIZE, _INK, "middle")


def _arc(middle: tuple[float, float], radius: float, start: float, end: float, colour: str) -> str:
    low, high = sorted((start, end))
    points = [math.radians(135 + 270 * (low + (high - low) * part / 24)) for part in range(25)]
    path = " ".join(
        f"{'M' if place == 0 else 'L'}{middle[0] + radius * math.cos(a):.2f} {middle[1] + radius * math.sin(a):.2f}"
        for place, a in enumerate(points)
    )
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def _number(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    saved = _valueof(box)
    on_display = bool(box.get("ignoreclick"))
    yield _rect(x, y, w, h, "#3a3a3a" if on_display else _FIELD, 1, _EDGE)
    colour = _EDGE if not box.get("active", 1) else _ORANGE if on_display else _INK
    yield _text(x + w / 2, y + h - 4, value_text(saved), FONT_SIZE, colour, "middle")


def _menu(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    yield _rect(x, y, w, h, _FIELD, 1, _EDGE)
    yield _text(x + 4, y + h - 4, value_text(_valueof(box)), FONT_SIZE, _INK, "start")
    yield f'<path d="M{x + w - 9:g} {y + 5.5:g} h6 l-3 4 z" fill="{_INK}"/>'


def _tab(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    saved = _valueof(box)
    labels = saved["parameter_enum"]
    across = box["num_lines_presentation"] == 1
    wide, high = (w / len(labels), h) if across else (w, h / len(labels))
    for place, label in enumerate(labels):
        left, top = (x + place * wide, y) if across else (x, y + place * high)
        chosen = place == saved["parameter_initial"][0]
        yield _rect(left + 0.5 * across, top + 0.5, wide - across, high - 1, _ORANGE if chosen else _FIELD, 1, _EDGE)
        yield _text(left + wide / 2, top + high / 2 + 3.4, label, FONT_SIZE, _INK, "middle")


def _pressed(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    on = box["mode"] == 1 and _valueof(box)["parameter_initial"][0] == 1
    ground = _rgb(box["activebgcolor"]) if "activebgcolor" in box else _CONTROL
    yield _rect(x, y, w, h, _ORANGE if on else ground if box["mode"] == 0 else _FIELD, 2, _EDGE)
    yield _text(x + w / 2, y + h / 2 + 3.4, box["text"], FONT_SIZE, _INK, "middle")


_DRAWINGS: Final[dict[str, Callable[[Data, float, float, float, float], Iterator[str]]]] = {
    "panel": _panel,
    "comment": _words,
    "live.comment": _words,
    "live.dial": _dial,
    "live.numbox": _number,
    "live.menu": _menu,
    "live.tab": _tab,
    "live.text": _pressed,
    "multislider": _lines_of_pitches,
}
