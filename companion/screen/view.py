"""What the terminal shows while music is made: lines for logs and pipes, or a picture that moves.

    View        the protocol: headed, show, message
    PlainView   a line for each frame in which something happens
    FullView    the four voices as a scrolling score (``companion.screen.full_view``, imported only when used)

The process that generates the music calls the view, so ``show`` is cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Protocol, Self, TextIO

from companion.jam.picture import FrameView
from companion.music.pitch import pitch_name


@dataclass(frozen=True)
class Heading:
    """What stays the same for many frames; None where there is nothing to say."""

    model: str = ""
    temperature: float | None = None
    bpm: float | None = None


class View(Protocol):
    """Shows frames as they come; a context manager that leaves the terminal as it was."""

    def headed(self, heading: Heading) -> None:
        """Says which model plays, and how; again on every change."""

    def show(self, frame: FrameView) -> None:
        """Shows one more frame."""

    def message(self, text: str) -> None:
        """Shows a line to the player."""

    def __enter__(self) -> Self:
        """Begins to show."""

    def __exit__(self, *_: object) -> None:
        """Leaves the last picture where it is."""


class PlainView:
    """One line for each frame in which a voice is struck or falls silent."""

    _COLUMNS = "{:<8} {:<4} {:<4} {:<4} {:<4}  {:<7}{}"
    _TITLES = _COLUMNS.format("place", "S", "A", "T", "B", "origin", "entropy in bits").rstrip()

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._hold = "–" if can_carry(stream, "–") else "-"
        self._last: tuple[str, tuple[int | None, ...]] = ("", ())

    def headed(self, heading: Heading) -> None:
        self._write("  ".join(heading_words(heading)))

    def show(self, frame: FrameView) -> None:
        now = (frame.origin, frame.pitches)
        if not any(frame.struck) and now == self._last:
            return
        if not self._last[0]:
            self._write(self._TITLES)
        self._last = now
        voices = [self._voice(pitch, struck) for pitch, struck in zip(frame.pitches, frame.struck, strict=True)]
        entropies = "  ".join(f"{bits:.2f}" for bits in frame.entropies_bits or ())
        self._write(self._COLUMNS.format(frame.place, *voices, frame.origin, entropies).rstrip())

    def _voice(self, pitch: int | None, struck: bool) -> str:
        if pitch is None:
            return "."
        return pitch_name(pitch) if struck else self._hold

    def message(self, text: str) -> None:
        self._write(f"* {text}")

    def _write(self, line: str) -> None:
        self._stream.write(carried(self._stream, line) + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()


def heading_words(heading: Heading) -> list[str]:
    """The parts of a heading that are known, in words."""
    words = [heading.model] if heading.model else []
    words += [f"temperature {heading.temperature:g}"] if heading.temperature is not None else []
    words += [f"{heading.bpm:g} bpm"] if heading.bpm is not None else []
    return words


def carried(stream: IO[str], text: str) -> str:
    """The text with a question mark for what the stream's encoding does not have."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def can_carry(stream: IO[str], text: str) -> bool:
    """The stream's encoding has all of these characters."""
    return carried(stream, text) == text


def make_view(stream: TextIO, plain: bool) -> View:
    """The picture where there is a terminal large enough for it; else, or when asked for, plain lines."""
    if plain or not stream.isatty():
        return PlainView(stream)
    from companion.screen.full_view import open_full_view  # noqa: PLC0415 - plain lines never wait for rich

    return open_full_view(stream) or PlainView(stream)
