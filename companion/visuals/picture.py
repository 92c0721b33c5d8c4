"""The picture of a page without a browser: boxes and words on a sheet, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from companion.errors import BadSetting
from companion.music.song import VoiceNote
from companion.notation.pianoroll import (
    BAR_COLOUR,
    BEAT_COLOUR,
    BETWEEN,
    QUARTER_POINTS,
    ROLL_MARGIN,
    ROW_GAP,
    ROW_QUARTERS,
    SEMITONE_POINTS,
    VOICE_COLOURS,
    Box,
    Drawing,
    written,
)
from companion.visuals.shown import ShownMusic
from companion.visuals.traced import BarLine, TracedNote
from companion.workbench.trace import GIVEN_NOTE

DRAWN_KINDS = ("png", "svg")
MOST_ROWS = 100  # 800 bars of 4/4
PALEST = 0.12  # of a voice's colour, where the model was least sure; also in the page
GIVEN_COLOUR = "#b9b5ac"
LEAST_OTHER, MOST_OTHERS, OTHER_POINTS = 0.08, 2, 1.2  # of notes that nearly came
DOUBT_POINTS, MOST_BITS = 26, 4  # of the curves under a row
CHORDS_POINTS = 12  # of the line above it
LINE_POINTS, LETTER_POINTS = 0.7, 5.5
_RIM = 0.7  # points

Word = tuple[float, float, str]


def picture_file(shown: ShownMusic, kind: str) -> bytes:
    """A file, png or svg; BadSetting where the music is too long for one."""
    rows = list(_rows(shown))
    if len(rows) > MOST_ROWS:
        raise BadSetting(f"the music has {len(rows)} rows, too many for one picture; leave out --{kind}")
    sheet = _Sheet(shown, rows)
    return written(sheet.drawing(), kind)


@dataclass(frozen=True)
class _Row:
    """Some bars, and how they lie on the sheet."""

    start: int  # tick
    end: int
    bars: tuple[BarLine, ...]
    scale: float  # points a tick

    def x(self, tick: float) -> float:
        """Of a tick, kept to the row."""
        return ROLL_MARGIN + (min(max(tick, self.start), self.end) - self.start) * self.scale


def _rows(shown: ShownMusic) -> Iterator[_Row]:
    """As many whole bars in a row as fit."""
    music = shown.music
    end = max((note.end_tick for note in music.notes), default=1)
    bars = [bar for bar in music.bars if bar.tick < end] or [BarLine(0, 1)]
    most, scale = ROW_QUARTERS * music.ticks_per_beat, QUARTER_POINTS / music.ticks_per_beat
    first = 0
    for at, stop in enumerate([*(bar.tick for bar in bars[1:]), end]):
        if at > first and stop - bars[first].tick > most:
            yield _Row(bars[first].tick, bars[at].tick, tuple(bars[first:at]), scale)
            first = at
    yield _Row(bars[first].tick, end, tuple(bars[first:]), scale)


class _Sheet:
    """Rows of bars under one another."""

    def __init__(self, shown: ShownMusic, rows: list[_Row]) -> None:
        self._shown, self._list = shown, rows
        pitches = [note.pitch for note in shown.music.notes] or [60]
        self._low, self._high = min(pitches) - 2, max(pitches) + 2
        self._roll = (self._high - self._low + 1) * SEMITONE_POINTS
        self._doubt = DOUBT_POINTS if shown.frames else 0
        self._drawn = shown.drawn or (None,) * len(shown.music.notes)

    def drawing(self) -> Drawing:
        boxes: list[Box] = []
        words: list[Word] = []
        top = float(ROLL_MARGIN)
        for row in self._list:
            top += CHORDS_POINTS
            boxes += [*self._grid(row, top), *self._notes(row, top), *self._curves(row, top + self._roll)]
            words += self._words(row, top)
            top += self._roll + self._doubt + ROW_GAP
        width = max(row.x(row.end) for row in self._list) + ROLL_MARGIN
        return Drawing(int(width) + 1, int(top) + 1, tuple(boxes), tuple(words))

    def _grid(self, row: _Row, top: float) -> Iterator[Box]:
        beats = (tick for tick in self._shown.beats if row.start <= tick < row.end)
        yield from (Box(row.x(tick), top, 0.5, self._roll, BEAT_COLOUR) for tick in beats)
        lines = [*(bar.tick for bar in row.bars), row.end]
        yield from (Box(row.x(tick), top, 0.8, self._roll, BAR_COLOUR) for tick in lines)

    def _notes(self, row: _Row, top: float) -> Iterator[Box]:
        """Those that nearly came first, so that none hides one that sounds."""
        inside = [
            (note, drawn)
            for note, drawn in zip(self._shown.music.notes, self._drawn, strict=True)
            if note.start_tick < row.end and note.end_tick > row.start
        ]
        yield from (box for note, drawn in inside if drawn is not None for box in self._others(row, top, note, drawn))
        for note, drawn in inside:
            colour = VOICE_COLOURS[note.voice]
            outer = self._box(row, top, note, note.pitch, colour)
            yield outer
            if drawn is not None:
                depth = PALEST + (1 - PALEST) * drawn.sureness
                inner = GIVEN_COLOUR if drawn.origin == GIVEN_NOTE else _paler(colour, depth)
                yield _inside(outer, inner)

    def _others(self, row: _Row, top: float, note: VoiceNote, drawn: TracedNote) -> Iterator[Box]:
        """Lines as deep as they were likely."""
        if drawn.origin == GIVEN_NOTE:
            return
        likely = [one for one in drawn.raw or drawn.distribution if one.pitch not in (None, note.pitch)]
        for pitch, share in likely[:MOST_OTHERS]:
            if pitch is not None and share >= LEAST_OTHER and self._low <= pitch <= self._high:
                box = self._box(row, top, note, pitch, _paler(VOICE_COLOURS[note.voice], share))
                yield box._replace(y=box.y + (SEMITONE_POINTS - OTHER_POINTS) / 2, height=OTHER_POINTS)

    def _box(self, row: _Row, top: float, note: VoiceNote, pitch: int, colour: str) -> Box:
        left, right = row.x(note.start_tick), row.x(note.end_tick)
        y = top + (self._high - pitch) * SEMITONE_POINTS
        return Box(left, y, max(right - left - BETWEEN, 1), SEMITONE_POINTS, colour)

    def _curves(self, row: _Row, top: float) -> Iterator[Box]:
        """How open each choice was, a line a voice; the higher the more."""
        base, scale = top + self._doubt, (self._doubt - 4) / MOST_BITS
        frames = [frame for frame in self._shown.frames if row.start <= frame.tick < row.end]
        for voice, colour in enumerate(VOICE_COLOURS):
            before: float | None = None
            for frame, end in zip(frames, [*(after.tick for after in frames[1:]), row.end], strict=False):
                if frame.notes[voice].origin == GIVEN_NOTE:
                    before = None
                    continue
                y = base - min(max(frame.notes[voice].entropy_bits, 0), MOST_BITS) * scale
                yield from _step(row.x(frame.tick), row.x(end), before, y, colour)
                before = y

    def _words(self, row: _Row, top: float) -> Iterator[Word]:
        yield from ((row.x(bar.tick) + 3, top - CHORDS_POINTS - 2, str(bar.number)) for bar in row.bars)
        free = 0.0  # from there on a name has room
        for tick, name in self._shown.chords:
            if row.start <= tick < row.end and row.x(tick) >= free:
                yield row.x(tick) + 2, top - 3, name
                free = row.x(tick) + 4 + LETTER_POINTS * len(name)


def _step(left: float, right: float, before: float | None, y: float, colour: str) -> Iterator[Box]:
    """A curve's next piece: up or down to it, and along."""
    if before is not None and before != y:
        yield Box(left, min(before, y), LINE_POINTS, abs(before - y), colour)
    yield Box(left, y, right - left, LINE_POINTS, colour)


def _inside(box: Box, colour: str) -> Box:
    width, height = max(box.width - 2 * _RIM, 0.3), box.height - 2 * _RIM
    return Box(box.x + _RIM, box.y + _RIM, width, height, colour)


def _paler(colour: str, depth: float) -> str:
    """So much of a colour on white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * depth):02x}" for part in parts)
