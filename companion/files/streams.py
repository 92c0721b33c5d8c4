"""Standard input and output as files of bytes, for the name ``-``; people are spoken to elsewhere.

Bytes go by the streams' numbers: nothing is buffered that would be a fault again when the program ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from companion.errors import BadSetting, ChoraleError, OutputFailed

DASH = "-"
STANDARD_INPUT, STANDARD_OUTPUT = "standard input", "standard output"  # as they are called in lines for people
_INPUT, _OUTPUT = 0, 1


def is_dash(path: str | Path) -> bool:
    """The path is the name of a standard stream; a file of this name is ``./-``, which Path makes the same."""
    return str(path) == DASH


def read_input(most_bytes: int, fault: type[ChoraleError]) -> bytes:
    """All of standard input.

    Raises:
        BadSetting: a person's keys are there, not a file.
        ChoraleError: it cannot be read or is too large, as this fault.
    """
    try:
        if os.isatty(_INPUT):
            raise BadSetting("a file is expected on standard input: chorale … - < song.mid, or name the file")
        with os.fdopen(_binary(_INPUT), "rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise fault(f"cannot read {STANDARD_INPUT}: {error.strerror or error}") from None
    if len(data) > most_bytes:
        raise fault(f"{STANDARD_INPUT} is larger than {most_bytes / 1_000_000:g} MB")
    return data


def refuse_terminal() -> None:
    """Before any work: BadSetting where standard output is a person's terminal, which bytes would upset."""
    try:
        if os.isatty(_OUTPUT):
            raise BadSetting("a MIDI file is not written on a terminal; name a file: -o song.mid, or > song.mid")
    except OSError as error:
        raise OutputFailed(f"cannot write {STANDARD_OUTPUT}: {error.strerror or error}") from None


def write_to_output(data: bytes) -> None:
    """Writes all of it; OutputFailed where it is not taken."""
    try:
        with os.fdopen(_binary(_OUTPUT), "wb") as file:
            file.write(data)
    except OSError as error:
        raise OutputFailed(f"cannot write {STANDARD_OUTPUT}: {error.strerror or error}") from None


def _binary(stream: int) -> int:
    """A second number of a stream; Windows would make two bytes of each that means a new line."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.setmode(stream, os.O_BINARY)
    return os.dup(stream)
