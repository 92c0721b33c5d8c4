"""Single keys from the terminal, as they are pressed; the terminal is as it was afterwards, come what may.

    open_keyboard    the keys of a terminal, or of none
    Decoder          bytes from a terminal → names of keys

A key is named by its character, or as ``space``, ``escape``, ``enter``, ``tab``, ``backspace``, ``up``,
``down``, ``left``, ``right``, ``ctrl-a`` … ``ctrl-z``.
"""

from __future__ import annotations

import codecs
import importlib
import os
import select
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol, Self, TextIO

from companion.screen.say import is_terminal

ESCAPE = "\x1b"
KEY_NAMES = {" ": "space", "\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace"}
ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
WINDOWS_ARROWS = {"H": "up", "P": "down", "M": "right", "K": "left"}
WINDOWS_PREFIXES = ("\x00", "\xe0")
MOST_KEY_BYTES = 1024  # read at once


class Keyboard(Protocol):
    """Where keys come from; a context manager."""

    def poll(self) -> list[str]:
        """The keys pressed since the last time; never waits. Call it a few times a second."""

    def fileno(self) -> int | None:
        """What ``multiprocessing.connection.wait`` can wait for; None where there is nothing of the kind."""

    def close(self) -> None:
        """Gives the terminal back; can be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_keyboard(stream: TextIO | None) -> Keyboard:
    """The keys of the terminal that a stream reads; no keys where it is none, or where others own it."""
    if stream is None or not is_terminal(stream):
        return NoKeyboard()
    if sys.platform == "win32":
        return WindowsKeyboard(importlib.import_module("msvcrt"))
    return PosixKeyboard(stream.fileno()) if _in_foreground(stream.fileno()) else NoKeyboard()


def _in_foreground(file: int) -> bool:
    """A job in the background would be stopped for changing the terminal's settings."""
    try:
        return os.tcgetpgrp(file) == os.getpgrp()
    except OSError:  # a terminal, but not the one that this job belongs to: nobody is stopped
        return True


class NoKeyboard:
    """No keys."""

    def poll(self) -> list[str]:
        return []

    def fileno(self) -> int | None:
        return None

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PosixKeyboard(NoKeyboard):
    """The keys of a terminal on Linux and macOS."""

    def __init__(self, file: int) -> None:
        self._termios: Any = importlib.import_module("termios")
        self._file = file
        self._decoder = Decoder()
        self._saved: Any = self._termios.tcgetattr(file)
        self._termios.tcsetattr(file, self._termios.TCSAFLUSH, self._singly())

    def _singly(self) -> list[Any]:
        """The terminal's settings with keys handed on at once and not echoed; Ctrl-C still interrupts.

        Ctrl-S and Ctrl-Z are keys like others: one would halt the view, the other all that plays, with
        its notes sounding.
        """
        termios = self._termios
        settings = termios.tcgetattr(self._file)
        settings[0] &= ~termios.IXON
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        keys = settings[6]
        keys[termios.VMIN], keys[termios.VTIME] = 1, 0
        disabled = bytes([os.fpathconf(self._file, "PC_VDISABLE") & 0xFF])
        for name in ("VSUSP", "VDSUSP"):
            if hasattr(termios, name):
                keys[getattr(termios, name)] = disabled
        return list(settings)

    def poll(self) -> list[str]:
        data = self._read()
        return list(self._decoder.feed(data) if data else self._decoder.pause())

    def _read(self) -> bytes:
        """What is there; nothing, for good, from a terminal that has gone."""
        if self._saved is None:
            return b""
        try:
            ready, _, _ = select.select([self._file], [], [], 0)
            if not ready:
                return b""
            data = os.read(self._file, MOST_KEY_BYTES)
        except OSError:
            data = b""
        if not data:
            self.close()
        return data

    def fileno(self) -> int | None:
        return None if self._saved is None else self._file

    def close(self) -> None:
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        with suppress(OSError, self._termios.error):  # the terminal may have gone
            self._termios.tcsetattr(self._file, self._termios.TCSAFLUSH, saved)  # and what was typed is not for a shell


class WindowsKeyboard(NoKeyboard):
    """The keys of a console on Windows, which changes no settings."""

    def __init__(self, msvcrt: Any) -> None:
        self._msvcrt = msvcrt

    def poll(self) -> list[str]:
        keys: list[str] = []
        while self._msvcrt.kbhit():
            letter = self._msvcrt.getwch()
            special = letter in WINDOWS_PREFIXES and self._msvcrt.kbhit()  # alone, it is the letter à
            name = WINDOWS_ARROWS.get(self._msvcrt.getwch()) if special else name_of_key(letter)
            keys += [] if name is None else [name]
        return keys


def name_of_key(letter: str) -> str | None:
    """The key that a character comes from; None for one that no key is named by."""
    if letter in KEY_NAMES:
        return KEY_NAMES[letter]
    if letter == ESCAPE:
        return "escape"
    if "\x01" <= letter <= "\x1a":
        return f"ctrl-{chr(ord(letter) + 0x60)}"
    return letter if letter.isprintable() else None


class Decoder:
    """Bytes as a terminal sends them (ECMA-48, and UTF-8 for characters) → names of keys.

    Sequences of other keys, of the mouse and of answers to questions are passed over whole.
    """

    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence = ""  # begun, from its escape on

    def feed(self, data: bytes) -> Iterator[str]:
        """The keys of bytes that have come; one may end in the next."""
        for letter in self._text.decode(data):
            name = self._in_sequence(letter) if self._sequence else self._alone(letter)
            if name is not None:
                yield name

    def pause(self) -> Iterator[str]:
        """Nothing more has come for now: an escape alone is the key of that name."""
        if self._sequence == ESCAPE:
            self._sequence = ""
            yield "escape"

    def _alone(self, letter: str) -> str | None:
        if letter == ESCAPE:
            self._sequence = letter
            return None
        return name_of_key(letter)

    def _in_sequence(self, letter: str) -> str | None:
        if letter == ESCAPE:  # another begins: the one before was the key, or was cut off
            alone = self._sequence == ESCAPE
            self._sequence = letter
            return "escape" if alone else None
        if self._sequence == ESCAPE and letter in "[O":
            self._sequence += letter
            return None
        if self._sequence[1:2] == "[" and "\x20" <= letter <= "\x3f":  # parameters, and what stands between
            self._sequence += letter
            return None
        # Final: ESC [ A, ESC O A, and ESC x, which is Alt and a letter.
        arrow = ARROWS.get(letter) if self._sequence in (f"{ESCAPE}[", f"{ESCAPE}O") else None
        self._sequence = ""
        return arrow
