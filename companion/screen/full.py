"""A jam on the whole terminal: writes those rows of the screen that have changed, and all where its size has."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions
from rich.control import Control
from rich.segment import ControlType, Segment

from companion.controls.keymap import KeyHelp
from companion.errors import one_line
from companion.jam.picture import FrameView, Picture
from companion.screen.rows import Screen, foot_text, keys_shown
from companion.screen.say import can_carry, carried, safe
from companion.screen.score import Row, choose_look, segments

WIDTH, HEIGHT = 40, 10  # columns and rows without which there is no picture when the jam begins
REMEMBERED = 512  # frames; more than the widest terminal shows
MOST_MESSAGES = 80


class FullView:
    """Draws on the terminal's other screen, which leaves with all it showed."""

    def __init__(self, console: Console, keys: Sequence[KeyHelp] = ()) -> None:
        self._console = console
        self._look = choose_look(console)
        self._keys = [KeyHelp(*(self._clean(text) for text in (key.keys, key.text, key.short))) for key in keys]
        self._help_page = 0  # of the keys; 0: they are hidden
        self._prompt = ""
        self._picture = Picture()
        self._started = False  # a picture has come from the engine
        self._heard: dict[int, FrameView] = {}
        self._welcome: tuple[str, ...] = ()
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

    def welcome(self, lines: Sequence[str]) -> None:
        self._welcome = tuple(map(self._clean, lines))
        self._draw()

    def prompt(self, text: str) -> None:
        self._prompt = self._clean(text)
        self._draw()

    def toggle_help(self) -> None:
        self._help_page += 1
        self._draw()

    def _shown_keys(self, width: int, height: int) -> Sequence[KeyHelp]:
        """The page of them that is shown; past the last one, none."""
        room = keys_shown(width, height)
        shown = self._keys[(self._help_page - 1) * room :][:room] if self._help_page else ()
        if not shown:
            self._help_page = 0
        return shown

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
        width, height = max(self._size[0] - 1, 1), self._size[1]  # text in the last column makes some terminals scroll
        keys = self._shown_keys(width, height)
        prompt = self._prompt or ("? more keys" if keys and keys[-1] != self._keys[-1] else "")
        foot = f" {prompt}" if prompt else foot_text(self._keys, width)
        return Screen(self._picture, self._heard, self._messages, foot, keys, width, height, self._look, self._welcome)

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
    console = Console(file=safe(stream).drawing(), highlight=False)
    if console.is_dumb_terminal or console.legacy_windows or console.width < WIDTH or console.height < HEIGHT:
        return None
    return FullView(console, keys)
