"""What a jam shows of itself: a picture, sent by the engine, and the views that show it.

    JamView    the protocol: show, message, prompt, toggle_help, refresh
    JamPlain   a line when something changes, for logs and pipes
    JamFull    the whole terminal (``companion.screen.jam_full``, imported only when used)

The picture crosses a pipe up to twenty times a second: it is small, and it holds nothing but values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self, TextIO

from companion.controls.keymap import KeyHelp
from companion.errors import one_line
from companion.jam.picture import Picture
from companion.music.pitch import pitch_name
from companion.screen.view import can_carry, carried


class JamView(Protocol):
    """Shows a jam; a context manager that leaves the terminal as it was, also after an exception."""

    def show(self, picture: Picture) -> None:
        """Shows how things stand."""

    def message(self, text: str) -> None:
        """Shows a line that comes from elsewhere than the engine."""

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


class JamPlain:
    """A line when the chord, the mode or what is done changes, and for every message; no escape codes.

    Lines that begin with ``*`` are messages, those with ``=`` say what the music is drawn with.
    """

    _COLUMNS = "{:>7}  {:<9}  {:<22}  {:<16}  {:<4} {:<4} {:<4} {:<4}"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rest = "–" if can_carry(stream, "–") else "-"
        self._titled = False
        self._state: tuple[str, ...] = ()
        self._settings: list[str] = []
        self._ticker = 0
        self._gone = False

    def show(self, picture: Picture) -> None:
        for text in picture.news(self._ticker):
            self.message(text)
        self._ticker = picture.ticker
        settings = [one_line(word) for word in picture.settings_words()]
        if settings != self._settings:
            self._settings = settings
            self._write(f"= {'  '.join(settings)}")
        state = (picture.mode, picture.activity, picture.chord)
        if state != self._state:
            self._state = state
            self._write_state(picture)

    def _write_state(self, picture: Picture) -> None:
        if not self._titled:
            self._titled = True
            self._write(self._COLUMNS.format("bar", "mode", "doing", "chord", *"SATB"))
        frame = picture.sounding
        pitches = frame.pitches if frame else (None,) * 4
        voices = [self._rest if pitch is None else pitch_name(pitch) for pitch in pitches]
        words = (f"{picture.bar}.{picture.beat}", picture.mode, picture.doing(), picture.chord)
        self._write(self._COLUMNS.format(*map(one_line, words), *voices))

    def message(self, text: str) -> None:
        if text:
            self._write(f"* {one_line(text)}")

    def prompt(self, text: str) -> None:
        """A log has no keys."""

    def toggle_help(self) -> None:
        """Likewise."""

    def refresh(self) -> None:
        """A line stays as it is."""

    repaint = refresh

    def _write(self, line: str) -> None:
        """A reader that has gone away must not end the jam."""
        if self._gone:
            return
        try:
            self._stream.write(carried(self._stream, line.rstrip()) + "\n")
            self._stream.flush()
        except OSError:
            self._gone = True

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def make_jam_view(stream: TextIO, plain: bool, keys: Sequence[KeyHelp] = ()) -> JamView:
    """The whole terminal where there is one that is large enough; else, or when asked for, plain lines.

    keys: what the keys do, where there is a keyboard.
    """
    if plain or not stream.isatty():
        return JamPlain(stream)
    from companion.screen.jam_full import open_jam_full  # noqa: PLC0415 - plain lines never wait for rich

    return open_jam_full(stream, keys) or JamPlain(stream)
