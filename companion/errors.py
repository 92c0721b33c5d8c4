"""The faults that a user sees: one line each, and exit code 1.

    ChoraleError
    ├── BadLog           a file that is not the log of a jam, or is damaged
    ├── BadMidiFile      a file that cannot be read as music
    ├── BadModel         a model file that cannot be loaded, or does not keep the contract
    ├── BadSetting       a value outside its range, or a name that nothing has
    ├── BadTrace         a file that is not a trace, or is damaged
    ├── MissingExtra     something optional that is not installed
    ├── NoPort           a MIDI or network port that is not there or is taken
    │   └── AmbiguousPort    a name that several MIDI ports have
    ├── OutputExists     an output file that is there already
    └── OutputFailed     an output that could not be written

The message is the line. It names the thing, what is wrong with it, and what would be right. Anything
else that escapes is a fault of ours and shows a traceback.
"""

# ruff: noqa: N818  (the names say what is wrong, and ChoraleError that it is an error)

from __future__ import annotations


def one_line(text: object) -> str:
    """Text from outside as one line that does nothing to a terminal: what cannot be printed becomes a mark."""
    return printable(" ".join(str(text).split()))


def printable(text: str) -> str:
    """The same with its spaces as they are."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    """Of a name that is not text, Python keeps a byte as a letter from U+DC80 on."""
    if letter.isprintable():
        return letter
    byte = ord(letter) - 0xDC00
    return " " if letter.isspace() else f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else "?"


class ChoraleError(Exception):
    """A fault with a one-line message for the user."""


class BadLog(ChoraleError):
    """A file is not the log of a jam, or is damaged."""


class BadMidiFile(ChoraleError):
    """A file cannot be read as music."""


class BadModel(ChoraleError):
    """A model file cannot be loaded, or does not keep the contract."""


class BadSetting(ChoraleError):
    """A value is outside its range, or a name is unknown."""


class BadTrace(ChoraleError):
    """A file is not a trace, or is damaged."""


class MissingExtra(ChoraleError):
    """Something optional is not installed."""


class NoPort(ChoraleError):
    """A MIDI or network port is not there, or is taken."""


class AmbiguousPort(NoPort):
    """A name that several MIDI ports have: which is meant nobody can say."""


class OutputExists(ChoraleError):
    """An output file exists already, and nothing said to replace it."""


class OutputFailed(ChoraleError):
    """An output could not be written."""
