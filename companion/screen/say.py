"""What is said to people, on streams that may be closed, full, missing, or poor in characters. Nothing here raises.

say            a line of news: that it could not be said undoes nothing
print_out      what a command is there to print: else it has failed
safe           the same stream, on which everything can be written
safe_streams   while it lasts, whoever writes to the standard streams writes to safe ones, argument parsers too
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO, cast

from companion.errors import OutputFailed, printable

_NOBODY = (OSError, ValueError, AttributeError)  # what writing raises: full or gone, closed, None


def carried(stream: IO[str] | SafeStream, text: str) -> str:
    """The text with a question mark for what the stream's encoding does not have."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def can_carry(stream: IO[str] | SafeStream, text: str) -> bool:
    """The stream's encoding has all of these characters."""
    return carried(stream, text) == text


class SafeStream(io.TextIOBase):
    """A stream that takes every text. From the first fault on it writes nothing any more.

    It has no ``buffer``, so that nobody writes bytes past it.
    """

    def __init__(self, stream: IO[str] | None, draws: bool = False) -> None:
        """draws: what moves the cursor and changes colours is let through."""
        self._stream, self._draws = stream, draws
        self.fault: Exception | None = None  # why the rest was not written

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("text is wanted here")
        shown = text if self._draws else "\n".join(map(printable, text.split("\n")))
        self._try(lambda stream: stream.write(carried(stream, shown)))
        return len(text)

    def flush(self) -> None:
        self._try(lambda stream: stream.flush())

    def _try(self, do: Callable[[IO[str]], object]) -> None:
        if self._stream is None or self.fault is not None:
            return
        try:
            do(self._stream)
        except _NOBODY as fault:
            self.fault = fault
            self._give_up()

    def _give_up(self) -> None:
        """What is buffered still would be written when the program ends, and be a fault again."""
        with suppress(*_NOBODY):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)

    def drawing(self) -> TextIO:
        """The same for a picture."""
        return cast(TextIO, SafeStream(self._stream, draws=True))

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return is_terminal(self._stream)

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("there is no file")
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"


def is_terminal(stream: IO[str] | None) -> bool:
    """A person is there; nobody is where there is no stream, or a closed one."""
    with suppress(*_NOBODY):
        return stream is not None and stream.isatty()
    return False


def safe(stream: IO[str] | None) -> SafeStream:
    """The stream as one that takes every text; itself where it is one."""
    return stream if isinstance(stream, SafeStream) else SafeStream(stream)


def say(*lines: object, err: bool = False) -> None:
    """Says lines, each in one line whatever names are in it: on the output, or on the error stream."""
    _write(safe(sys.stderr if err else sys.stdout), lines)


def print_out(*lines: object) -> None:
    """Prints what was asked for.

    Raises:
        OutputFailed: it could not be written. Where there is no output at all, nobody has asked.
        SystemExit: whoever read it has seen enough.
    """
    stream = safe(sys.stdout)
    _write(stream, lines)
    _refuse_fault(stream)


def run_printing_help(app: Callable[[], object]) -> None:
    """Runs a program: what its library prints of help is what was asked for, too. Raises as above."""
    try:
        app()
    finally:
        if {"--help", "-h"} & {*sys.argv[1:]}:
            print_out()


def _refuse_fault(stream: SafeStream) -> None:
    if getattr(stream.fault, "errno", None) == errno.EPIPE:
        sys.exit(1)
    if stream.fault is not None:
        raise OutputFailed(f"cannot write the output: {getattr(stream.fault, 'strerror', None) or stream.fault}")


def _write(stream: SafeStream, lines: tuple[object, ...]) -> None:
    stream.write("".join(f"{printable(str(line))}\n" for line in lines))
    stream.flush()


@contextmanager
def safe_streams() -> Iterator[None]:
    """The standard streams as safe ones; afterwards they are what they were."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    out, err = safe(sys.stdout), safe(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _fill_gaps() -> None:
    """What is opened next must not become the output, to which libraries write by its number."""
    for file in range(3):
        try:
            os.fstat(file)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
