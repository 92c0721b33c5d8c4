"""What is said reaches whoever can be reached, and is never a fault of its own."""

from __future__ import annotations

import io
import os
import sys

import pytest

from companion.errors import OutputFailed, one_line
from companion.screen import say as saying
from companion.screen.say import SafeStream, is_terminal, print_out, safe, say

NAME = os.fsdecode("合奏 é\n\x1b[2J".encode() + b"\xe9.mid")


def stream(encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, newline="\n")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", r"wrote  ?? ? ?[2J\xe9.mid"),
        ("cp437", r"wrote  ?? é ?[2J\xe9.mid"),
        ("cp1252", r"wrote  ?? é ?[2J\xe9.mid"),
        ("shift_jis", r"wrote  合奏 ? ?[2J\xe9.mid"),
        ("utf-8", r"wrote  合奏 é ?[2J\xe9.mid"),
        ("utf-16", r"wrote  合奏 é ?[2J\xe9.mid"),
    ],
)
def test_every_name_is_one_line_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str) -> None:
    for name, err in (("stdout", False), ("stderr", True)):
        file = stream(encoding)
        monkeypatch.setattr(sys, name, file)
        say(f"wrote  {NAME}", 2, err=err)
        file.seek(0)
        assert file.read() == f"{shown}\n2\n"


def test_a_fault_shows_bytes_of_names_too() -> None:
    assert one_line(NAME) == r"合奏 é ?[2J\xe9.mid"


def test_columns_stay() -> None:
    assert saying.printable("ok     Python\t3") == "ok     Python 3"


class Full(io.StringIO):
    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault, self.asked = fault, 0

    def flush(self) -> None:
        self.asked += 1
        raise self.fault


def test_from_the_first_fault_on_nothing_is_written() -> None:
    full = Full(OSError(28, "full"))
    told = SafeStream(full)
    told.write("one\n")
    for _ in range(3):
        told.write("two\n")
        told.flush()
    assert (full.asked, full.getvalue()) == (1, "one\ntwo\n")


@pytest.mark.parametrize("fault", [OSError(28, "full"), BrokenPipeError(32, "gone"), ValueError("closed")])
def test_news_that_cannot_be_said_are_no_fault(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setattr(sys, "stdout", Full(fault))
    say("wrote it")


def test_what_was_asked_for_and_cannot_be_printed_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Full(OSError(28, "No space left on device")))
    with pytest.raises(OutputFailed, match="cannot write the output: No space left on device"):
        print_out("one")
    monkeypatch.setattr(sys, "stdout", Full(BrokenPipeError(32, "gone")))
    with pytest.raises(SystemExit):  # quietly
        print_out("one")
    monkeypatch.setattr(sys, "stdout", None)
    print_out("one")


def test_who_draws_may_move_the_cursor_and_nobody_else() -> None:
    file = stream("ascii")
    told = SafeStream(file)
    told.write("\x1b[2Ja\tb\r\n")
    told.drawing().write("\x1b[2Jü")
    told.flush()
    file.seek(0)
    assert file.read() == "?[2Ja b \n\x1b[2J?"


def test_nobody_writes_bytes_past_it() -> None:
    told = safe(stream("ascii"))
    assert safe(told) is told
    assert not hasattr(told, "buffer")
    with pytest.raises(TypeError):
        told.write(b"bytes")  # type: ignore[arg-type]


def test_a_missing_or_closed_stream_is_no_terminal() -> None:
    closed = stream("utf-8")
    closed.close()
    assert not any(is_terminal(each) for each in (None, closed, SafeStream(None), SafeStream(closed)))


def test_the_streams_are_what_they_were_and_fit_to_end_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is not tried again when the interpreter ends."""
    with open(os.devnull) as unwritable:  # noqa: PTH123
        file = io.TextIOWrapper(io.FileIO(os.dup(unwritable.fileno()), "w"), write_through=False)
        monkeypatch.setattr(sys, "stdout", file)
        with saying.safe_streams():
            say("one")
            assert sys.stdout is not file
        assert sys.stdout is file
        file.write("two")
        file.flush()
    file.close()
