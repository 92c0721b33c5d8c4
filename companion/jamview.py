"""What a jam shows of itself: a picture, sent by the engine, and the views that show it.

    JamView    the protocol: show, message, prompt, toggle_help, refresh
    JamPlain   a line when something changes, for logs and pipes
    JamFull    the whole terminal (``companion.jamfull``, imported only when used)

The picture crosses a pipe up to twenty times a second: it is small, and it holds nothing but values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TextIO

from companion.errors import one_line
from companion.view import FrameView, can_carry, carried, pitch_name

NO_VOICES = (False, False, False, False)


@dataclass(frozen=True)
class Picture:
    """A jam at one moment. Steps are music steps, also those of the frames; voices stand soprano first."""

    now_step: float = 0.0
    bar: int = 1
    beat: int = 1
    playing: bool = False  # the clock runs
    clock: str = "internal"
    bpm: float | None = None
    connected: bool | None = None  # whether the OSC peer is there; None: no OSC in use
    mode: str = "continue"
    activity: str = "listening"  # "listening", "phrase", "answering", "closing" or "stopped"
    bars_left: int | None = None  # of the answer; None: until told to stop
    temperature: float = 1.0  # as it is in use: the style's where the player has set none; so is top_p
    top_p: float = 1.0
    density: float = 0.0
    style: str = ""
    model: str = ""
    chord: str = ""  # "G major/B"; empty where none is heard
    frames: tuple[FrameView, ...] = ()  # of the last two bars or so, as they were heard or sounded
    planned: tuple[FrameView, ...] = ()  # what comes, up to a bar; the first of them are committed
    committed_steps: int = 0  # how many of the planned frames cannot change any more
    entropies: tuple[float, float, float, float] | None = None  # in bits, of the frame that sounds
    locked: tuple[bool, bool, bool, bool] = NO_VOICES
    muted: tuple[bool, bool, bool, bool] = NO_VOICES
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None
    late: int = 0  # steps held over
    ports: str = ""  # "Keystation > IAC Bus 1"
    recording: str | None = None  # the name of the take
    message: str = ""  # the last one
    ticker: int = 0  # how many messages there have been: tells a new one from the same one
    earlier: tuple[str, ...] = ()  # the few messages before it, so that none is lost between two pictures

    @property
    def sounding(self) -> FrameView | None:
        """The frame that sounds now; the one before where what is played now is not known yet."""
        now = math.floor(self.now_step)
        near = (frame for frame in (*self.frames, *self.planned) if now - 1 <= frame.step <= now)
        return max(near, key=lambda frame: frame.step, default=None)

    def news(self, ticker: int) -> tuple[str, ...]:
        """The messages since the one of this number, oldest first."""
        fresh = self.ticker - ticker
        return (*self.earlier, self.message)[-fresh:] if fresh > 0 else ()

    def doing(self) -> str:
        """What the companion does, and how long it still will."""
        if self.bars_left is None:
            return self.activity
        return f"{self.activity}, {self.bars_left} bar{'s' * (self.bars_left != 1)} left"

    def settings_words(self) -> list[str]:
        """What the music is drawn with."""
        density = f"{self.density:+.3g}" if self.density else "0"
        drawn = [f"temperature {self.temperature:.4g}", f"top-p {self.top_p:.4g}", f"density {density}"]
        return [word for word in (self.model, self.style) if word] + drawn


@dataclass(frozen=True)
class KeyHelp:
    """A key and what it does, as the view says it."""

    keys: str  # "t / T"
    text: str  # "temperature down / up"
    short: str = ""  # what the line at the foot says of it; empty: nothing


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
    from companion.jamfull import open_jam_full  # noqa: PLC0415 - plain lines never wait for rich

    return open_jam_full(stream, keys) or JamPlain(stream)
