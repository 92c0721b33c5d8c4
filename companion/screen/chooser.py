"""Which view a stream gets: the whole terminal where it can show it, else lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self, TextIO

from companion.controls.keymap import KeyHelp
from companion.jam.picture import Picture
from companion.screen.lines import LinesView
from companion.screen.say import is_terminal


class View(Protocol):
    """Shows a jam; a context manager that leaves the terminal as it was, also after an exception."""

    def show(self, picture: Picture) -> None:
        """Shows how things stand."""

    def message(self, text: str) -> None:
        """Shows a line that comes from elsewhere than the engine."""

    def welcome(self, lines: Sequence[str]) -> None:
        """Shows what to do next, until there is music to be shown."""

    def prompt(self, text: str) -> None:
        """Shows what the next key will do; empty: nothing is begun."""

    def toggle_help(self) -> None:
        """Shows all keys, or hides them again."""

    def refresh(self) -> None:
        """Draws again where the terminal has another size by now; call it a few times a second."""

    def repaint(self) -> None:
        """Draws everything again, over whatever else was written to the terminal."""

    def close(self) -> None:
        """Leaves the terminal as it was; can be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def choose_view(stream: TextIO | None, plain: bool, keys: Sequence[KeyHelp] = ()) -> View:
    """The whole terminal where there is one that is large enough; else, or when asked for, plain lines.

    keys: what the keys do, where there is a keyboard.
    """
    if plain or stream is None or not is_terminal(stream):
        return LinesView(stream)
    from companion.screen.full import open_full  # noqa: PLC0415 - plain lines never wait for rich

    return open_full(stream, keys) or LinesView(stream)
