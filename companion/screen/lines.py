"""A jam in plain lines, for logs and pipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, TextIO

from companion.errors import one_line
from companion.jam.picture import Picture
from companion.music.pitch import pitch_name
from companion.screen.say import can_carry, safe


class LinesView:
    """A line when the chord, the mode or what is done changes, and for every message; no escape codes.

    Lines that begin with ``*`` are messages, those with ``=`` say what the music is drawn with, where its clock goes
    out, and that the metronome clicks.
    """

    _COLUMNS = "{:>7}  {:<9}  {:<22}  {:<16}  {:<4} {:<4} {:<4} {:<4}"

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = safe(stream)
        self._rest = "–" if can_carry(self._stream, "–") else "-"
        self._titled = False
        self._state: tuple[str, ...] = ()
        self._settings: list[str] = []
        self._ticker = 0

    def show(self, picture: Picture) -> None:
        for text in picture.news(self._ticker):
            self.message(text)
        self._ticker = picture.ticker
        out = f"clock > {picture.clock_out}" if picture.clock_out else ""
        settings = [one_line(word) for word in (*picture.settings, out, "click" * picture.click) if word]
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

    def welcome(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.message(line)

    def prompt(self, text: str) -> None:
        """A log has no keys."""

    def toggle_help(self) -> None:
        """Likewise."""

    def refresh(self) -> None:
        """A line stays as it is."""

    repaint = refresh

    def _write(self, line: str) -> None:
        """A reader that has gone away does not end the jam."""
        self._stream.write(f"{line.rstrip()}\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
