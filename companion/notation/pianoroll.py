"""A score as a piano roll: rectangles, written as SVG, PNG or PDF without any library to draw."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from companion.notation.score import WrittenBar, WrittenScore, sounds_of

VOICE_COLOURS = ("#f5bb2c", "#4a9bd6", "#b5442e", "#14183a")  # of the voices; they stay apart in grey
BAR_COLOUR, BEAT_COLOUR = "#8c8c8c", "#e4e4e4"
QUARTER_POINTS, SEMITONE_POINTS = 24, 5  # points
ROW_QUARTERS = 32  # of music in a row
ROLL_MARGIN, ROW_GAP = 24, 28
BETWEEN = 1.5  # points between a note and the next


class Box(NamedTuple):
    """A rectangle, in points from the upper left."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and words on a sheet."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    words: tuple[tuple[float, float, str], ...]


def drawn(score: WrittenScore, kind: str) -> bytes:
    """The roll of a score as a file: svg, png or pdf."""
    return written(roll(score), kind)


def written(drawing: Drawing, kind: str) -> bytes:
    """A drawing as a file: svg, png (without its words) or pdf."""
    return {"svg": _svg, "png": _png, "pdf": _pdf}[kind](drawing)


def roll(score: WrittenScore) -> Drawing:
    """Rows of bars, the voices in colours."""
    notes = [
        (number, one.start, one.end, one.pitch)
        for number, line in enumerate(line for part in score.parts for line in part.lines)
        for one in sounds_of(line.notes)
    ]
    low, high = min((note[3] for note in notes), default=60) - 1, max((note[3] for note in notes), default=60) + 1
    scale = QUARTER_POINTS / score.ticks_per_beat
    height = (high - low + 1) * SEMITONE_POINTS
    boxes: list[Box] = []
    words: list[tuple[float, float, str]] = []
    top, width = float(ROLL_MARGIN), 0.0
    for bars in _rows(score):
        start, end = bars[0].tick, bars[-1].tick + bars[-1].ticks
        width = max(width, (end - start) * scale)
        boxes += _grid(bars, top, height, scale)
        words += [(ROLL_MARGIN + (bar.tick - start) * scale + 3, top - 4, bar.number) for bar in bars]
        for voice, begin, stop, pitch in notes:
            left, right = max(begin, start), min(stop, end)
            if left < right:
                at, y = ROLL_MARGIN + (left - start) * scale, top + (high - pitch) * SEMITONE_POINTS
                colour = VOICE_COLOURS[voice % len(VOICE_COLOURS)]
                boxes.append(Box(at, y, max((right - left) * scale - BETWEEN, 1), SEMITONE_POINTS, colour))
        top += height + ROW_GAP
    return Drawing(int(width) + 2 * ROLL_MARGIN, int(top), tuple(boxes), tuple(words))


def _rows(score: WrittenScore) -> Iterator[list[WrittenBar]]:
    row: list[WrittenBar] = []
    for bar in score.measures:
        if row and bar.tick + bar.ticks - row[0].tick > ROW_QUARTERS * score.ticks_per_beat:
            yield row
            row = []
        row.append(bar)
    yield row


def _grid(bars: Sequence[WrittenBar], top: float, height: float, scale: float) -> Iterator[Box]:
    start, end = bars[0].tick, bars[-1].tick + bars[-1].ticks
    for bar in bars:
        yield Box(ROLL_MARGIN + (bar.tick - start) * scale, top, 0.8, height, BAR_COLOUR)
    yield Box(ROLL_MARGIN + (end - start) * scale, top, 0.8, height, BAR_COLOUR)
    yield Box(ROLL_MARGIN, top + height, (end - start) * scale, 0.8, BEAT_COLOUR)
    yield Box(ROLL_MARGIN, top, (end - start) * scale, 0.8, BEAT_COLOUR)


def _svg(drawing: Drawing) -> bytes:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}"'
        f' width="{drawing.width}" height="{drawing.height}" font-family="sans-serif" font-size="9">'
    )
    sheet = f'<rect width="{drawing.width}" height="{drawing.height}" fill="white"/>'
    boxes = (
        f'<rect x="{box.x:.2f}" y="{box.y:.2f}" width="{box.width:.2f}" height="{box.height:.2f}" fill="{box.colour}"/>'
        for box in drawing.boxes
    )
    words = (f'<text x="{x:.2f}" y="{y:.2f}">{escape(text)}</text>' for x, y, text in drawing.words)
    return "\n".join([head, sheet, *boxes, *words, "</svg>\n"]).encode()


def _png(drawing: Drawing) -> bytes:
    """Without the words."""
    dots = 2  # a point
    image = np.full((drawing.height * dots, drawing.width * dots, 3), 255, dtype=np.uint8)
    for box in drawing.boxes:
        rows = slice(round(box.y * dots), max(round((box.y + box.height) * dots), round(box.y * dots) + 1))
        columns = slice(round(box.x * dots), max(round((box.x + box.width) * dots), round(box.x * dots) + 1))
        image[rows, columns] = _rgb(box.colour)
    lines = np.concatenate([np.zeros((len(image), 1), np.uint8), image.reshape(len(image), -1)], axis=1)
    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _pdf(drawing: Drawing) -> bytes:
    """One page as large as the roll."""
    lines = []
    for box in drawing.boxes:
        red, green, blue = (part / 255 for part in _rgb(box.colour))
        bottom = drawing.height - box.y - box.height
        lines.append(
            f"{red:.3f} {green:.3f} {blue:.3f} rg {box.x:.2f} {bottom:.2f} {box.width:.2f} {box.height:.2f} re f"
        )
    for x, y, text in drawing.words:
        plain = _escaped(text)
        lines.append(f"0 g BT /F1 9 Tf {x:.2f} {drawing.height - y:.2f} Td ({plain}) Tj ET")
    content = zlib.compress("\n".join(lines).encode("latin-1", "replace"))
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {drawing.width} {drawing.height}]/Contents 4 0 R"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page.encode() + b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return _pdf_file(objects)


def _escaped(text: str) -> str:
    """Text as a string of PDF holds it."""
    return "".join(f"\\{letter}" if letter in "()\\" else letter for letter in text)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return data + trailer + b"startxref\n%d\n%%%%EOF\n" % len(data)
