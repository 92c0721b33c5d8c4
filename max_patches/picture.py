"""A device's face as SVG, drawn from the document that Max opens, in colours near those of Live's mid-light theme.

A drawing, not a screenshot: where things lie, what they say and how much room words have is the document's; how
Live draws a dial is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from xml.sax.saxutils import escape

from max_patches.faces import AS_INT, ENUM, FLOAT, FONT_SIZE, MIDI_NOTE

Data = dict[str, Any]

_TITLE_HEIGHT = 18  # of the bar that Live draws above a device
_SURFACE, _TITLE, _INK, _FIELD, _EDGE, _ORANGE = "#a6a6a6", "#8c8c8c", "#141414", "#8e8e8e", "#6e6e6e", "#ffae3d"
_CONTROL: Final = "#c9c9c9"
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_CHARACTER: Final = 0.53  # of the font's size, on average


def draw(document: Data, words_later: Mapping[str, str] = MappingProxyType({})) -> str:
    """The face of a device; some words as they are once it is loaded."""
    patcher = document["patcher"]
    width, height = (int(side) for side in patcher["openrect"][2:])
    seen = [box["box"] for box in patcher["boxes"] if box["box"].get("presentation")]
    seen = [{**box, "text": words_later.get(box["text"], box["text"])} if "text" in box else box for box in seen]
    seen.sort(key=lambda box: not box.get("background", 0))
    shapes = "\n".join(f"  {shape}" for box in seen for shape in _shapes(box))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _TITLE_HEIGHT}" width="{2 * width}" '
        f'height="{2 * (height + _TITLE_HEIGHT)}" font-family="Inter, Helvetica, Arial, sans-serif">\n'
        f'  <rect width="{width}" height="{height + _TITLE_HEIGHT}" rx="4" fill="{_SURFACE}"/>\n'
        f'  <rect width="{width}" height="{_TITLE_HEIGHT}" rx="4" fill="{_TITLE}"/>\n'
        f'  <circle cx="11" cy="9" r="4.5" fill="{_ORANGE}"/>\n'
        f"  {_text(20, 12.6, patcher['digest'], 10, _INK, 'start')}\n"
        f'  <g transform="translate(0 {_TITLE_HEIGHT})">\n{shapes}\n  </g>\n</svg>\n'
    )


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
    each = h / len(labels)
    for place, label in enumerate(labels):
        chosen = place == saved["parameter_initial"][0]
        yield _rect(x, y + place * each + 0.5, w, each - 1, _ORANGE if chosen else _FIELD, 1, _EDGE)
        yield _text(x + w / 2, y + (place + 0.5) * each + 3.4, label, FONT_SIZE, _INK, "middle")


def _pressed(box: Data, x: float, y: float, w: float, h: float) -> Iterator[str]:
    on = box["mode"] == 1 and _valueof(box)["parameter_initial"][0] == 1
    yield _rect(x, y, w, h, _ORANGE if on else _CONTROL if box["mode"] == 0 else _FIELD, 2, _EDGE)
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
}
