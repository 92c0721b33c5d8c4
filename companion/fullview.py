"""The four voices as a score that scrolls through the terminal, newest at the right edge.

Drawing is pure: frames in, rows of (text, style) out. Only FullView touches the terminal.

A row of the score is a line of the staff (its lower half) and the space above it (its upper half),
so the whole range of the chorales takes fourteen rows, from C2 to B5, with the ten lines of the
grand staff where a musician expects them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.segment import Segment
from rich.style import Style

from companion.view import FrameView, Heading, can_carry, carried, heading_words, pitch_name
from companion.vocabulary import VOICES

Run = tuple[str, str]  # text and its style in rich's words
Row = list[Run]

WIDTH = 60  # columns and …
HEIGHT = 24  # … rows (the picture's 23 and the cursor's) without which there is no picture
SCORE_ROWS = 14
LABEL_WIDTH = 4  # the names of the octaves, left of the score
SHORTEST_REDRAW_SECONDS = 1 / 15
REMEMBERED = 512  # frames; more than the widest terminal shows

STAFF_STEPS = frozenset((18, 20, 22, 24, 26, 30, 32, 34, 36, 38))  # G2 … A3 and E4 … F5
LOWEST_STEP = 14  # C2, counted in staff steps from C0

# Staff step of each of the twelve notes: C#, F# and G# on the lower line, Eb and Bb on the upper, as
# the common keys write them.
_STAFF_STEPS = (0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6)

WIDEST_ENTROPY_BITS = 4.0  # a full bar
ENTROPY_CELLS = 24
ORIGINS = {"seed": "you", "model": "answer"}


@dataclass(frozen=True)
class Look:
    """The characters and the colours of a picture."""

    upper: str = "▀"
    lower: str = "▄"
    both: str = "█"
    staff: str = "─"
    bar_line: str = "│"
    seam: str = "┃"
    seam_label: str = "▼"
    full: str = "━"  # a cell of an entropy bar
    half: str = "╸"  # its last cell, half filled; empty: there are only whole ones
    unfilled: str = "━"
    dot: str = "●"
    rest: str = "–"
    between: str = "·"  # the words of the heading
    letters: bool = False  # strikes are letters, where colours cannot tell the voices apart
    faint: str = "#6b727d"
    lines: str = "#3a3f47"
    # For each voice, a strike and the rest of the note: gold, coral, green, blue, which the
    # colour-blind can tell apart by their brightness.
    voices: tuple[tuple[str, str], ...] = (
        ("#ffe08a", "#e0a526"),
        ("#ffb3a1", "#dd6a52"),
        ("#a8f0cd", "#2fae7d"),
        ("#b3d1ff", "#4c86e0"),
    )

    def colour(self, frame: FrameView, voice: int) -> str:
        """The style of a voice in a frame."""
        return self.voices[voice][0 if frame.struck[voice] else 1]


FULL = Look()
SIXTEEN_COLOURS = replace(
    FULL,
    faint="bright_black",
    lines="bright_black",
    voices=tuple((f"bright_{name}", name) for name in ("yellow", "magenta", "green", "cyan")),
)
NO_COLOURS = replace(
    FULL, letters=True, half="", unfilled="·", dot=" ", faint="", lines="", voices=(("bold", ""),) * len(VOICES)
)
ASCII = replace(
    SIXTEEN_COLOURS,
    upper="=",
    lower="=",
    both="=",
    staff="-",
    bar_line=":",
    seam="|",
    seam_label="v",
    full="=",
    half="",
    unfilled=".",
    dot=" ",
    rest="-",
    between="-",
    letters=True,
)
ASCII_NO_COLOURS = replace(ASCII, faint="", lines="", voices=NO_COLOURS.voices)


def staff_step(pitch: int) -> int:
    """Lines and spaces from C0 up to a pitch; those beyond the score stand at its edge."""
    step = 7 * (pitch // 12 - 1) + _STAFF_STEPS[pitch % 12]
    return min(max(step, LOWEST_STEP), LOWEST_STEP + 2 * SCORE_ROWS - 1)


@dataclass(frozen=True)
class Column:
    """What stands over each other in the score; without a frame it is the seam between two origins."""

    frame: FrameView | None
    voices: Mapping[int, int]  # staff step → the voice that is drawn there

    @classmethod
    def of(cls, frame: FrameView) -> Column:
        """Where two voices meet, the one just struck is drawn, or else the higher."""
        pitched = [(voice, pitch) for voice, pitch in enumerate(frame.pitches) if pitch is not None]
        pitched.sort(key=lambda pair: (frame.struck[pair[0]], -pair[0]))
        return cls(frame, {staff_step(pitch): voice for voice, pitch in pitched})


SEAM = Column(None, {})


@dataclass(frozen=True)
class Picture:
    """Everything on the screen."""

    heading: Heading
    frames: Sequence[FrameView]
    text: str  # the last message
    width: int
    look: Look

    def rows(self) -> list[Row]:
        """The whole picture, 23 rows."""
        columns = self._columns()
        return [
            self._head(),
            self._labels(columns),
            *(self._score_row(columns, row) for row in reversed(range(SCORE_ROWS))),
            self._bar_numbers(columns),
            [("", "")],
            *(self._voice(voice) for voice in range(len(VOICES))),
            [(f" {self.text}"[: self.width], "bold")],
        ]

    def _columns(self) -> list[Column]:
        """The columns that find room, left to right."""
        room = self.width - LABEL_WIDTH
        columns: list[Column] = []
        for before, frame in pairwise([None, *self.frames[-room:]]):
            if before is not None and frame is not None and before.origin != frame.origin:
                columns.append(SEAM)
            if frame is not None:
                columns.append(Column.of(frame))
        return columns[-room:]

    def _head(self) -> Row:
        """The heading on the left, the place on the right; what finds no room is left out."""
        words = heading_words(self.heading)
        frame = self.frames[-1] if self.frames else None
        place: Row = [("bar ", self.look.faint), (f"{frame.bar}.{frame.beat} ", "bold")] if frame else []
        late = frame.latency_ms if frame else None
        latency: Row = [] if late is None else [(f"latency {late:.1f} ms   ", self.look.faint)]
        for left, right in ((words, latency + place), (words, place), (words[:1], place)):
            row = self._heading_words(left)
            gap = self.width - sum(len(text) for text, _ in row + right)
            if gap >= 1:
                return [*row, (" " * gap, ""), *right]
        return place

    def _heading_words(self, words: Sequence[str]) -> Row:
        row: Row = [(" chorale", "bold")]
        for word in words:
            row += [(f"  {self.look.between}  ", self.look.faint), (word, "")]
        return row

    def _padding(self, columns: Sequence[Column]) -> int:
        return self.width - LABEL_WIDTH - len(columns)

    def _ruler(self, columns: Sequence[Column], marks: Iterable[tuple[int, str]], style: str) -> Row:
        """A row with words that begin at columns; one that would touch the word before it is left out."""
        line = " " * (LABEL_WIDTH + self._padding(columns))
        start = len(line)
        for column, word in marks:
            if start + column >= len(line):
                line = line.ljust(start + column) + word + " "
        return [(line[: self.width], style)]

    def _labels(self, columns: Sequence[Column]) -> Row:
        """Whose music it is: over the first column and over every seam."""
        marks = []
        for index, (before, column) in enumerate(pairwise([SEAM, *columns])):
            if before is SEAM and column.frame is not None:
                origin = ORIGINS.get(column.frame.origin, column.frame.origin)
                marks.append((index - 1, f"{self.look.seam_label} {origin}") if index else (0, origin))
        crowded = len(marks) > 1 and len(marks[0][1]) >= marks[1][0]
        return self._ruler(columns, marks[1:] if crowded else marks, "bold")

    def _bar_numbers(self, columns: Sequence[Column]) -> Row:
        frames = [(index, column.frame) for index, column in enumerate(columns)]
        starts = [(index, str(frame.bar)) for index, frame in frames if frame is not None and frame.begins_bar]
        return self._ruler(columns, starts, self.look.faint)

    def _score_row(self, columns: Sequence[Column], row: int) -> Row:
        line_step = LOWEST_STEP + 2 * row
        octave, degree = divmod(line_step, 7)
        above = (line_step + 1) % 7 == 0
        label = f"C{octave}" if degree == 0 else f"C{octave + 1}" if above else ""
        ground = self.look.staff if line_step in STAFF_STEPS else " "
        cells = [(f" {label}".ljust(LABEL_WIDTH), self.look.faint), (ground * self._padding(columns), self.look.lines)]
        for before, column in pairwise([*columns[:1], *columns]):
            cells.append(self._cell(before, column, line_step, ground))
        return cells

    def _cell(self, before: Column, column: Column, line_step: int, ground: str) -> Run:
        frame = column.frame
        if frame is None:
            return self.look.seam, "bold"
        places = ((self.look.upper, line_step + 1), (self.look.lower, line_step))
        halves = [(glyph, column.voices[step]) for glyph, step in places if step in column.voices]
        if not halves:
            barred = frame.begins_bar and before is not SEAM  # a seam is bar line enough
            return self.look.bar_line if barred else ground, self.look.lines
        return self._lettered(frame, halves) if self.look.letters else self._block(frame, halves)

    def _block(self, frame: FrameView, halves: Sequence[tuple[str, int]]) -> Run:
        colours = [self.look.colour(frame, voice) for _, voice in halves]
        return halves[0][0], " on ".join(colours)  # two halves: the upper glyph on the colour of the lower

    def _lettered(self, frame: FrameView, halves: Sequence[tuple[str, int]]) -> Run:
        glyph, voice = min(halves, key=lambda half: not frame.struck[half[1]])
        held = self.look.both if len(halves) == 2 else glyph
        return VOICES[voice][0].upper() if frame.struck[voice] else held, self.look.colour(frame, voice)

    def _voice(self, voice: int) -> Row:
        bright, colour = self.look.voices[voice]
        name: Row = [(f" {self.look.dot} ", colour), (VOICES[voice].ljust(10), "")]
        if not self.frames:
            return name
        frame = self.frames[-1]
        pitch = frame.pitches[voice]
        sounding = self.look.rest if pitch is None else pitch_name(pitch)
        style = f"bold {bright}" if frame.struck[voice] else colour
        bits = frame.entropies_bits[voice] if frame.entropies_bits else None
        return [*name, (sounding.ljust(6), style), *self._entropy(bits, colour)]

    def _entropy(self, bits: float | None, colour: str) -> Row:
        if bits is None:
            return [(self.look.unfilled * ENTROPY_CELLS, self.look.lines)]
        halves = round(min(max(bits / WIDEST_ENTROPY_BITS, 0), 1) * 2 * ENTROPY_CELLS)
        bar = self.look.full * (halves // 2) + self.look.half * (halves % 2)
        rest = self.look.unfilled * (ENTROPY_CELLS - len(bar))
        return [(bar, colour), (rest, self.look.lines), (f"  {bits:.2f} bits", self.look.faint)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Straight to segments: rich's own layout of text would take ten times as long."""
        for row in self.rows():
            for style, runs in groupby(row, key=lambda run: run[1]):
                yield Segment("".join(text for text, _ in runs), Style.parse(style))
            yield Segment.line()


def choose_look(console: Console) -> Look:
    """The best look that the terminal's characters and colours allow."""
    colours = "none" if console.no_color else console.color_system or "none"
    if not can_carry(console.file, "".join(value for value in vars(FULL).values() if isinstance(value, str))):
        return ASCII_NO_COLOURS if colours == "none" else ASCII
    return {"none": NO_COLOURS, "standard": SIXTEEN_COLOURS, "windows": SIXTEEN_COLOURS}.get(colours, FULL)


class FullView:
    """Draws the picture again when frames come, 15 times a second at most."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.perf_counter) -> None:
        self._console = console
        self._clock = clock
        self._look = choose_look(console)
        self._heading = Heading()
        self._frames: deque[FrameView] = deque(maxlen=REMEMBERED)
        self._text = ""
        self._drawn_seconds = float("-inf")
        self._live = Live(self._picture(), console=console, auto_refresh=False, vertical_overflow="crop")

    def headed(self, heading: Heading) -> None:
        self._heading = replace(heading, model=carried(self._console.file, heading.model))
        self._draw()

    def show(self, frame: FrameView) -> None:
        self._frames.append(frame)
        if self._clock() - self._drawn_seconds >= SHORTEST_REDRAW_SECONDS:
            self._draw()

    def message(self, text: str) -> None:
        self._text = carried(self._console.file, " ".join(text.split()))
        self._draw()

    def _picture(self) -> Picture:
        return Picture(self._heading, tuple(self._frames), self._text, max(self._console.width, WIDTH), self._look)

    def _draw(self) -> None:
        self._drawn_seconds = self._clock()
        self._live.update(self._picture(), refresh=self._live.is_started)

    def __enter__(self) -> Self:
        self._live.start()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()  # what came since the last picture
        self._live.stop()


def open_full_view(stream: TextIO) -> FullView | None:
    """The picture on a terminal, None where it is too small or too simple."""
    console = Console(file=stream, highlight=False)
    if console.is_dumb_terminal or console.width < WIDTH or console.height < HEIGHT:
        return None
    return FullView(console)
