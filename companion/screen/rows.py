"""Everything on the screen as rows, whatever its size: values in, rows of (text, style) out.

Where there is little room, parts go: clock, ports and the like first, then the voices are one row, then the score goes.
Where there is much, the score has a row for each line and each space and reaches further back, and messages stay.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from companion.controls.keymap import KeyHelp
from companion.jam.picture import FrameView, Picture
from companion.music.pitch import pitch_name
from companion.music.vocabulary import VOICES
from companion.screen.score import (
    EMPTY,
    LABEL_WIDTH,
    ROWS,
    SEAM,
    Column,
    Look,
    Row,
    Run,
    Staves,
    entropy_row,
    joined,
    row_width,
    voice_row,
)

PLANNED_SHARE, MOST_PLANNED = 4, 24  # one column in so many stands right of now, up to a bar of 6/4
ENTROPY_CELLS, ENTROPY_FIGURE = 12, 6  # of its bar, and of the figure after it
NOTE_WIDTH, ENTROPY_WIDTH, VOICE_WIDTH = 19, 38, 48  # where a voice's entropy, its marks and what stands beside begin
SLIM = 59  # columns below which the heading has a row more, and the marks stand before the entropy
STACKED = 74  # columns below which what stands beside the voices stands below them, where there are rows for it
SCORE_ROWS = ROWS + 2  # with its labels above and its bar numbers below
KEY_WIDTH = 39  # a key and what it does
ORIGINS = {"seed": "you", "model": "answer"}


class RowCounts(NamedTuple):
    """How many rows each part has; a message and the foot have one at least."""

    head: int
    score: int
    voices: int
    below: int
    messages: int

    @classmethod
    def of(cls, width: int, height: int) -> RowCounts:
        """On a screen of this size."""
        head = 3 if width < SLIM and height >= 10 else 2
        left = height - head - 2
        score = SCORE_ROWS if left > SCORE_ROWS else 0
        voices = 1 if score and left < score + len(VOICES) else len(VOICES)
        left -= score + voices
        below = len(VOICES) if width < STACKED and left > len(VOICES) else 0
        left -= below
        grown = ROWS if score and left >= ROWS + 4 else 0
        return cls(head, score + grown, voices, below, max(left - grown, 0) + 1)


def keys_shown(width: int, height: int) -> int:
    """How many keys the help has room for at once."""
    room = RowCounts.of(width, height)
    rows = room.score - 1 if room.score else max(height - 2, 1)
    return rows * max(width // KEY_WIDTH, 1)


@dataclass(frozen=True)
class Screen:
    """Everything on the screen."""

    picture: Picture
    heard: Mapping[int, FrameView]  # by step: the picture's frames, and older ones
    messages: Sequence[str]  # oldest first
    foot: str  # the last row: what the keys do
    help: Sequence[KeyHelp]  # shown in place of the score; empty: the score
    width: int
    height: int
    look: Look
    welcome: Sequence[str] = ()  # shown in place of the score until there is one

    def rows(self) -> list[Row]:
        """The picture, not more rows than the screen has."""
        rows = self._keys() if self.help and not self._room.score else self._parts()
        return [_cropped(row, self.width) for row in rows[: self.height]]

    @cached_property
    def _room(self) -> RowCounts:
        return RowCounts.of(self.width, self.height)

    @property
    def _foot(self) -> Row:
        return [(self.foot, self.look.faint)]

    def _parts(self) -> list[Row]:
        room = self._room
        voices = [self._voice(voice) for voice in range(len(VOICES))] if room.voices > 1 else [self._voices()]
        below = [[(" ", ""), *_figure(*figure, self.look)] for figure in self._beside()] if room.below else []
        middle = self._middle() if room.score else []
        return [*self._head(), *middle, *voices, *below, *self._messages(room.messages), self._foot]

    def _keys(self) -> list[Row]:
        """All keys in place of everything."""
        rows = _help_rows(self.help, self.width)
        return [self._head()[0], *rows, *([[("", "")]] * (self.height - len(rows) - 2)), self._foot]

    def _head(self) -> list[Row]:
        picture = self.picture
        chord = [picture.chord] if picture.chord else []
        tempo: Row = [] if picture.bpm is None else [(f"{picture.bpm:.1f} bpm   ", self.look.faint)]
        click: Row = [("click   ", self.look.faint)] if picture.click else []
        place = f"bar {picture.bar}.{picture.beat} " if picture.playing else "clock stopped "
        settings = picture.settings or ("",)
        mode: Row = [(f" {picture.mode}", "bold")]
        right: Row = [*click, *tempo, (place, "bold")]
        set_to = self._spread([(f" {settings[0]}", "")], settings[1:], [])
        if self.width >= SLIM:
            return [self._spread(mode, [picture.doing(), *chord], right), set_to]
        doing = self._spread([(f" {picture.doing()}", "")], chord, [])
        return [self._spread(mode, [], right), doing, set_to][: self._room.head]

    def _spread(self, first: Row, words: Sequence[str], right: Row) -> Row:
        """Words on the left, the rest at the right edge; the last words go where there is no room."""
        for count in range(len(words), -1, -1):
            row = joined(words[:count], self.look, first)
            gap = self.width - row_width([*row, *right])
            if gap >= 1:
                return [*row, (" " * gap, ""), *right]
        return [*first, ("  ", ""), *right]

    def _middle(self) -> list[Row]:
        """The score with its labels above and its bar numbers below, or the keys in its place."""
        size = self._room.score
        if self.welcome and not self.heard and not self.help:
            return _welcome_rows(self.welcome, self.width, size)
        if not self.help:
            return [self._labels(self._staves), *self._staves.rows(), self._staves.bar_numbers()]
        rows = _help_rows(self.help, self.width)[: size - 1]
        return [[("", "")], *rows, *([[("", "")]] * (size - 1 - len(rows)))]

    @property
    def _ahead(self) -> int:
        """How many steps stand right of now."""
        return min((self.width - LABEL_WIDTH) // PLANNED_SHARE, MOST_PLANNED)

    @cached_property
    def _staves(self) -> Staves:
        now = math.floor(self.picture.now_step)
        ahead = self._ahead
        room = self.width - LABEL_WIDTH - 1
        planned = {frame.step: frame for frame in self.picture.planned}
        fixed = now + self.picture.committed_steps
        before: FrameView | None = None
        columns: list[Column] = []
        for step in range(now + ahead - room + 1, now + ahead + 1):
            frame = planned.get(step) if step > now else self.heard.get(step, planned.get(step))
            columns.append(EMPTY if frame is None else Column.of(frame, _barred(before, frame), step > fixed))
            before = frame
        columns.insert(room - ahead, SEAM)
        return Staves(columns, self.width, self.look, spread=self._room.score > SCORE_ROWS)

    def _labels(self, staves: Staves) -> Row:
        """Whose music it is, wherever that changes; and where the plan begins."""
        seam = len(staves.columns) - self._ahead - 1
        origins = [(index, column.frame.origin) for index, column in enumerate(staves.columns[:seam]) if column.frame]
        marks: list[tuple[int, str]] = []
        last = ""
        for index, origin in origins:
            if origin != last:
                marks.append((index, f"{self.look.seam_label} {ORIGINS.get(origin, origin)}"))
            last = origin
        (text, style) = staves.ruler(marks, "bold")[0]
        edge = LABEL_WIDTH + seam
        return [(text[: edge - 1].ljust(edge), style), (f"{self.look.seam_label} planned", style)]

    def _voice(self, voice: int) -> Row:
        """Its note, its entropy and its marks; the marks come first where not all has room."""
        row = _padded(voice_row(voice, self.picture.sounding, self.look), NOTE_WIDTH)
        bits = None if self.picture.entropies is None else self.picture.entropies[voice]
        marks = [(mark.ljust(5), "bold") for mark in self._marks(voice)]
        if self.width < SLIM:
            room = max(self.width - NOTE_WIDTH - 10, 0)
            cells = ENTROPY_CELLS if room >= ENTROPY_CELLS + ENTROPY_FIGURE else room
            return [*row, *marks, *entropy_row(bits, voice, cells, self.look, unit="")]
        row += entropy_row(bits, voice, ENTROPY_CELLS, self.look, unit="")
        row = [*_padded(row, ENTROPY_WIDTH), *marks]
        return row if self._room.below else [*_padded(row, VOICE_WIDTH), *_figure(*self._beside()[voice], self.look)]

    def _marks(self, voice: int) -> tuple[str, str]:
        return "lock" * self.picture.locked[voice], "mute" * self.picture.muted[voice]

    def _voices(self) -> Row:
        """All in one row."""
        frame, row = self.picture.sounding, list[Run]()
        for voice, name in enumerate(VOICES):
            pitch = None if frame is None else frame.pitches[voice]
            words = (name[0].upper(), self.look.rest if pitch is None else pitch_name(pitch), *self._marks(voice))
            row.append((f" {' '.join(filter(None, words))}  ", self.look.voices[voice][1]))
        return row

    def _beside(self) -> list[tuple[str, str]]:
        """What stands beside the four voices."""
        picture = self.picture
        peer = {None: "", True: ", OSC on", False: ", OSC no peer"}[picture.connected]
        out = f" > {picture.clock_out}" if picture.clock_out else ""
        held = f", {picture.late} held" if picture.late else ""
        ticks = "" if picture.ticks_ms is None else ", ticks {:.1f}/{:.1f}".format(*picture.ticks_ms)
        return [
            ("clock", f"{picture.clock}{out}{peer}"),
            ("ports", picture.ports or self.look.rest),
            ("late", f"{self._milliseconds()}{held}{ticks}"),
            ("take", picture.recording or self.look.rest),
        ]

    def _milliseconds(self) -> str:
        p50, p99 = self.picture.latency_p50_ms, self.picture.latency_p99_ms
        if p50 is None or p99 is None:
            return self.look.rest
        return f"{p50:.1f}/{p99:.1f} ms"

    def _messages(self, room: int) -> list[Row]:
        """The newest, each in as many rows as it needs and finds; the last one stands out."""
        rows: list[Row] = []
        for text in reversed(self.messages):
            style = self.look.faint if rows else "bold"
            short = len(text) < self.width
            lines = [text] if short else textwrap.wrap(text, max(self.width - 2, 2), subsequent_indent=" ")
            rows = [[(f" {line}", style)] for line in lines[: room - len(rows)]] + rows
            if len(rows) >= room:
                break
        return [*([[("", "")]] * (room - len(rows))), *rows]


def _welcome_rows(lines: Sequence[str], width: int, size: int) -> list[Row]:
    """The lines, each in as many rows as it needs, with a row between two."""
    wrapped = [textwrap.wrap(line, max(width - 2, 2), break_on_hyphens=False) for line in lines]
    rows: list[Row] = [[(f" {row}", "")] for line in wrapped for row in ("", *line)]
    return [*rows[:size], *([[("", "")]] * (size - len(rows)))]


def _figure(label: str, text: str, look: Look) -> Row:
    """What stands beside the voices, or below."""
    return [(f"{label:<6}", look.faint), (text, "")]


def _barred(before: FrameView | None, frame: FrameView) -> bool:
    """A bar begins here: told by bars and beats, for a jump may have moved those against the steps."""
    if before is None:
        return frame.begins_bar
    return frame.beat == 1 and (frame.bar, frame.beat) != (before.bar, before.beat)


def _padded(row: Row, width: int) -> Row:
    return [*row, (" " * max(width - row_width(row), 0), "")]


def _cropped(row: Row, width: int) -> Row:
    """At most ``width`` columns of a row."""
    left = width
    cropped: list[Run] = []
    for text, style in row:
        size = cell_len(text)
        if size > left:
            cropped.append((set_cell_size(text, left), style))
            break
        cropped.append((text, style))
        left -= size
    return cropped


def _help_rows(keys: Sequence[KeyHelp], width: int) -> list[Row]:
    """Keys in as many columns as there is room for."""
    depth = math.ceil(len(keys) / max(width // KEY_WIDTH, 1))
    columns = [keys[start : start + depth] for start in range(0, len(keys), max(depth, 1))]
    return [
        [run for key in row if key is not None for run in ((f"  {key.keys:<11}", "bold"), (f"{key.text:<26}", ""))]
        for row in zip_longest(*columns)
    ]


def foot_text(keys: Sequence[KeyHelp], width: int) -> str:
    """The keys that stand in the last row; where there is little room, the first and the last two."""
    shorts = [f" {key.short} " for key in keys if key.short]
    while len(shorts) > 3 and sum(map(len, shorts)) > width:
        del shorts[-3]
    return "".join(shorts)
