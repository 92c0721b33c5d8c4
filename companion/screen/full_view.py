"""The four voices as a score that scrolls through the terminal, newest at the right edge.

Drawing is pure (``companion.screen.score``). Only FullView touches the terminal.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.segment import Segment

from companion.jam.picture import FrameView
from companion.music.vocabulary import VOICES
from companion.screen.score import (
    LABEL_WIDTH,
    SEAM,
    Column,
    Look,
    Row,
    Score,
    choose_look,
    entropy_row,
    joined,
    row_width,
    segments,
    voice_row,
)
from companion.screen.view import Heading, carried, heading_words

WIDTH = 60  # columns and …
HEIGHT = 24  # … rows (the picture's 23 and the cursor's) without which there is no picture
SHORTEST_REDRAW_SECONDS = 1 / 15
REMEMBERED = 512  # frames; more than the widest terminal shows

ENTROPY_CELLS = 24
ORIGINS = {"seed": "you", "model": "answer"}


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
        score = Score(self._columns(), self.width, self.look)
        return [
            self._head(),
            self._labels(score),
            *score.rows(),
            score.bar_numbers(),
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
            row = joined(left, self.look, [(" chorale", "bold")])
            gap = self.width - row_width(row + right)
            if gap >= 1:
                return [*row, (" " * gap, ""), *right]
        return place

    def _labels(self, score: Score) -> Row:
        """Whose music it is: over the first column and over every seam."""
        marks = []
        for index, (before, column) in enumerate(pairwise([SEAM, *score.columns])):
            if before is SEAM and column.frame is not None:
                origin = ORIGINS.get(column.frame.origin, column.frame.origin)
                marks.append((index - 1, f"{self.look.seam_label} {origin}") if index else (0, origin))
        crowded = len(marks) > 1 and len(marks[0][1]) >= marks[1][0]
        return score.ruler(marks[1:] if crowded else marks, "bold")

    def _voice(self, voice: int) -> Row:
        frame = self.frames[-1] if self.frames else None
        row = voice_row(voice, frame, self.look)
        if frame is None:
            return row
        bits = frame.entropies_bits[voice] if frame.entropies_bits else None
        return [*row, *entropy_row(bits, voice, ENTROPY_CELLS, self.look)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for row in self.rows():
            yield from segments(row)
            yield Segment.line()


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
