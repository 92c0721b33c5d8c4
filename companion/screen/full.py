"""A jam on the whole terminal: what sounded on the left of the line that is now, what is planned on its right.

``Screen`` is pure: values in, rows of (text, style) out. ``FullView`` writes those rows that have changed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, zip_longest
from typing import Self, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.control import Control
from rich.segment import ControlType, Segment

from companion.controls.keymap import KeyHelp
from companion.errors import one_line
from companion.jam.picture import FrameView, Picture
from companion.music.vocabulary import VOICES
from companion.screen.score import (
    EMPTY,
    LABEL_WIDTH,
    SEAM,
    Column,
    Look,
    Row,
    Run,
    Staves,
    choose_look,
    entropy_row,
    joined,
    row_width,
    segments,
    voice_row,
)
from companion.screen.text import can_carry, carried

WIDTH = 60  # columns and …
HEIGHT = 24  # … rows without which there is no picture when the jam begins
REMEMBERED = 512  # frames; more than the widest terminal shows
PLANNED_SHARE = 4  # one column in so many stands right of now: 18 at a width of 80, a bar and a little more
ENTROPY_CELLS = 12
NOTE_WIDTH, ENTROPY_WIDTH, VOICE_WIDTH = 19, 38, 48  # where a voice's entropy, its marks and what stands beside begin
MOST_MESSAGES = 40
ORIGINS = {"seed": "you", "model": "answer"}


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

    def rows(self) -> list[Row]:
        """The picture, not more rows than the screen has; without the score where they are few."""
        tall = self.height >= HEIGHT
        middle = self._middle() if tall else []
        voices = [self._voice(voice) for voice in range(len(VOICES))]
        room = max(self.height - len(middle) - len(voices) - 3, 1)
        rows = [*self._head(), *middle, *voices, *self._messages(room), [(self.foot, self.look.faint)]]
        return [_cropped(row, self.width) for row in rows[: self.height]]

    def _head(self) -> list[Row]:
        picture = self.picture
        doing = [picture.doing(), *([picture.chord] if picture.chord else [])]
        tempo: Row = [] if picture.bpm is None else [(f"{picture.bpm:.1f} bpm   ", self.look.faint)]
        place = f"bar {picture.bar}.{picture.beat} " if picture.playing else "clock stopped "
        settings = picture.settings or [""]
        return [
            self._spread([(f" {picture.mode}", "bold")], doing, [*tempo, (place, "bold")]),
            self._spread([(f" {settings[0]}", "")], settings[1:], []),
        ]

    def _spread(self, first: Row, words: Sequence[str], right: Row) -> Row:
        """Words on the left, the rest at the right edge; the last words go where there is no room."""
        for count in range(len(words), -1, -1):
            row = joined(words[:count], self.look, first)
            gap = self.width - row_width([*row, *right])
            if gap >= 1:
                return [*row, (" " * gap, ""), *right]
        return [*first, ("  ", ""), *right]

    def _middle(self) -> list[Row]:
        """The score with its labels above and its bar numbers below, or all keys in its place."""
        staves = self._staves
        if not self.help:
            return [self._labels(staves), *staves.rows(), staves.bar_numbers()]
        size = len(staves.rows()) + 2
        return [[("", "")], *islice(_help_rows(self.help), size - 1), *([[("", "")]] * (size - 1 - _depth(self.help)))]

    @property
    def _ahead(self) -> int:
        """How many steps stand right of now."""
        return (self.width - LABEL_WIDTH) // PLANNED_SHARE

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
        return Staves(columns, self.width, self.look)

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
        picture = self.picture
        row = _padded(voice_row(voice, picture.sounding, self.look), NOTE_WIDTH)
        bits = None if picture.entropies is None else picture.entropies[voice]
        row = _padded([*row, *entropy_row(bits, voice, ENTROPY_CELLS, self.look, unit="")], ENTROPY_WIDTH)
        row += [("lock ", "bold") if picture.locked[voice] else ("     ", "")]
        row += [("mute ", "bold") if picture.muted[voice] else ("     ", "")]
        label, text = self._beside()[voice]
        return [*_padded(row, VOICE_WIDTH), (f"{label:<6}", self.look.faint), (text, "")]

    def _beside(self) -> list[tuple[str, str]]:
        """What stands beside the four voices."""
        picture = self.picture
        peer = {None: "", True: ", OSC on", False: ", OSC no peer"}[picture.connected]
        held = f", {picture.late} held" if picture.late else ""
        return [
            ("clock", f"{picture.clock}{peer}"),
            ("ports", picture.ports or self.look.rest),
            ("late", f"{self._milliseconds()}{held}"),
            ("take", picture.recording or self.look.rest),
        ]

    def _milliseconds(self) -> str:
        p50, p99 = self.picture.latency_p50_ms, self.picture.latency_p99_ms
        if p50 is None or p99 is None:
            return self.look.rest
        return f"{p50:.1f}/{p99:.1f} ms"

    def _messages(self, room: int) -> list[Row]:
        """The last message stands out."""
        shown = list(self.messages)[-room:]
        styles = [self.look.faint] * (len(shown) - 1) + ["bold"]
        rows: list[Row] = [[(f" {text}", style)] for text, style in zip(shown, styles, strict=False)]
        return [*([[("", "")]] * (room - len(rows))), *rows]


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


def _depth(keys: Sequence[KeyHelp]) -> int:
    return (len(keys) + 1) // 2


def _help_rows(keys: Sequence[KeyHelp]) -> Iterator[Row]:
    """All keys in two columns."""
    half = _depth(keys)
    for left, right in zip_longest(keys[:half], keys[half:]):
        row: Row = []
        for key in (left, right):
            if key is not None:
                row += [(f"  {key.keys:<11}", "bold"), (f"{key.text:<26}", "")]
        yield row


def foot_text(keys: Sequence[KeyHelp]) -> str:
    """The keys that stand in the last row."""
    return "".join(f" {key.short} " for key in keys if key.short)


class FullView:
    """Draws on the terminal's other screen, which leaves with all it showed."""

    def __init__(self, console: Console, keys: Sequence[KeyHelp] = ()) -> None:
        self._console = console
        self._look = choose_look(console)
        self._keys = [KeyHelp(*(self._clean(text) for text in (key.keys, key.text, key.short))) for key in keys]
        self._helping = False
        self._prompt = ""
        self._picture = Picture()
        self._started = False  # a picture has come from the engine
        self._heard: dict[int, FrameView] = {}
        self._messages: deque[str] = deque(maxlen=MOST_MESSAGES)
        self._size = (0, 0)
        self._drawn: list[Row] = []
        self._open = False

    def show(self, picture: Picture) -> None:
        self._messages += [self._clean(text) for text in picture.news(self._picture.ticker) if text]
        self._remember(picture)
        self._picture = self._cleaned(picture)
        self._started = True
        self._draw()

    def _remember(self, picture: Picture) -> None:
        for frame in picture.frames:
            self._heard[frame.step] = frame
        while len(self._heard) > REMEMBERED:
            del self._heard[next(iter(self._heard))]

    def message(self, text: str) -> None:
        if text:
            self._messages.append(self._clean(text))
        self._draw()

    def prompt(self, text: str) -> None:
        self._prompt = self._clean(text)
        self._draw()

    def toggle_help(self) -> None:
        self._helping = not self._helping and bool(self._keys)
        self._draw()

    def refresh(self) -> None:
        if self._console.size != self._size:
            self._draw()

    def repaint(self) -> None:
        self._size = (0, 0)
        self._draw()

    def _clean(self, text: str) -> str:
        """What comes from outside can neither move the cursor nor stop the view."""
        return carried(self._console.file, one_line(text))

    def _cleaned(self, picture: Picture) -> Picture:
        return replace(
            picture,
            clock=self._clean(picture.clock),
            mode=self._clean(picture.mode),
            activity=self._clean(picture.activity),
            settings=tuple(map(self._clean, picture.settings)),
            chord=self._clean(picture.chord),
            ports=self._clean(picture.ports),
            recording=None if picture.recording is None else self._clean(picture.recording),
        )

    def _draw(self) -> None:
        """Writes the rows that have changed. Where the terminal has gone, the jam goes on without a view."""
        if not self._open:
            return
        size = self._console.size
        anew = size != self._size
        self._size = (size.width, size.height)
        rows = self._screen().rows() if self._started else self._waiting_rows(size.height)
        changed = [(line, row) for line, row in enumerate(rows) if anew or row != self._drawn[line]]
        self._drawn = rows
        with suppress(OSError):
            self._console.print(_Rows(changed, anew), end="", crop=False)

    def _waiting_rows(self, height: int) -> list[Row]:
        """Nothing is known of the jam yet."""
        text = "starting…" if can_carry(self._console.file, "…") else "starting..."
        return [[(f" {text}", "bold")], *([[("", "")]] * max(height - 1, 0))][:height]

    def _screen(self) -> Screen:
        width, height = self._size
        foot = f" {self._prompt}" if self._prompt else foot_text(self._keys)
        return Screen(
            self._picture,
            self._heard,
            self._messages,
            foot,
            self._keys if self._helping else (),
            max(width - 1, 1),  # text in a screen's last column makes some terminals scroll
            height,
            self._look,
        )

    def __enter__(self) -> Self:
        self._open = True
        try:
            self._console.set_alt_screen(True)
            self._console.show_cursor(False)
            self._draw()
        except BaseException:  # nothing else would leave the other screen
            self.close()
            raise
        return self

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        with suppress(OSError):
            self._console.show_cursor(True)
            self._console.set_alt_screen(False)

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class _Rows:
    """Rows of the screen, each put in its place."""

    rows: Sequence[tuple[int, Row]]
    anew: bool  # clear the screen before

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        if self.anew:
            yield Control.clear().segment
        for line, row in self.rows:
            yield Control.move_to(0, line).segment
            yield from segments(row)
            yield Control((ControlType.ERASE_IN_LINE, 0)).segment


def open_full(stream: TextIO, keys: Sequence[KeyHelp] = ()) -> FullView | None:
    """The picture on a terminal, None where it is too small or too simple."""
    console = Console(file=stream, highlight=False)
    if console.is_dumb_terminal or console.legacy_windows or console.width < WIDTH or console.height < HEIGHT:
        return None
    return FullView(console, keys)
