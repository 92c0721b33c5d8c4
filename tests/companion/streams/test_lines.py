"""A file that grows while music is played: every line in its order, and whatever goes wrong is one line and no more."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.errors import OutputExists, OutputFailed
from companion.streams import lines
from companion.streams.lines import GrowingFile

PATIENCE_S = 20.0


class Said:
    """Lines for the player."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.told = threading.Event()

    def __call__(self, text: str) -> None:
        self.lines.append(text)
        self.told.set()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def growing(tmp_path: Path, said: Said) -> Iterator[GrowingFile]:
    file = GrowingFile(tmp_path / "t.jsonl", said)
    yield file
    file.close()


class BadDisk:
    """Takes so many bytes of the next line, and then fails."""

    def __init__(self, file: Any, takes: int | None = None) -> None:
        self.file, self.takes = file, takes

    def write(self, line: bytes) -> int:
        if self.takes is None:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        return int(self.file.write(line[: self.takes]))

    def close(self) -> None:
        self.file.close()
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_lines_are_written_in_their_order(growing: GrowingFile, said: Said) -> None:
    for number in range(500):
        growing.put(lambda number=number: b"%d\n" % number)  # type: ignore[misc]
    growing.close()
    growing.close()
    assert growing.path.read_bytes().split() == [b"%d" % number for number in range(500)]
    assert said.lines == []


def test_a_line_is_in_the_file_before_the_next_comes(growing: GrowingFile) -> None:
    written = threading.Event()
    growing.put(lambda: b"one\n")
    growing.put(lambda: written.set() or b"")  # type: ignore[func-returns-value]
    assert written.wait(PATIENCE_S)
    assert growing.path.read_bytes() == b"one\n"


@pytest.mark.parametrize(("takes", "why"), [(2, "No space left on device"), (None, "Broken pipe")])
def test_a_disk_that_fails_is_one_line(growing: GrowingFile, said: Said, takes: int | None, why: str) -> None:
    growing._file = BadDisk(growing._file, takes)  # type: ignore[assignment]
    for _ in range(5):
        growing.put(lambda: b"line\n")
    assert said.told.wait(PATIENCE_S)
    growing.put(lambda: b"line\n")
    growing.close()
    assert said.lines == [f"the trace has stopped: cannot write {growing.path}: {why}"] == [growing.fault]
    assert growing.path.read_bytes() == b"line\n"[: takes or 0]


def test_a_number_that_is_none_ends_it_too(growing: GrowingFile, said: Said) -> None:
    def make() -> bytes:
        raise ValueError("Out of range float values are not JSON compliant")

    growing.put(make)
    assert said.told.wait(PATIENCE_S)
    assert said.lines == [
        f"the trace has stopped: cannot write {growing.path}: Out of range float values are not JSON compliant"
    ]


def test_a_disk_that_stands_still_holds_nobody_up(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_LINES_WAITING", 4)
    monkeypatch.setattr(lines, "WRITING_SECONDS", 0.01)
    goes_on, file = threading.Event(), GrowingFile(tmp_path / "t.jsonl", said)
    file.put(lambda: b"one\n" if goes_on.wait(PATIENCE_S) else b"")
    for _ in range(10):
        file.put(lambda: b"more\n")
    assert said.lines == [f"the trace has stopped: cannot write {file.path}: the disk is too slow"]
    file.close()  # comes back all the same
    goes_on.set()


def test_nothing_is_written_over_without_force(tmp_path: Path, said: Said) -> None:
    place = tmp_path / "t.jsonl"
    place.write_bytes(b"mine")
    with pytest.raises(OutputExists, match="exists; choose another name, or --force to replace it"):
        GrowingFile(place, said)
    assert place.read_bytes() == b"mine"
    file = GrowingFile(place, said, force=True)
    file.put(lambda: b"new\n")
    file.close()
    assert place.read_bytes() == b"new\n"


def test_one_that_came_in_this_moment_stays(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "t.jsonl"
    monkeypatch.setattr(lines, "refuse_existing", lambda path, force: place.write_bytes(b"mine"))
    with pytest.raises(OutputExists):
        GrowingFile(place, said)
    assert place.read_bytes() == b"mine"


def test_where_no_file_can_be(tmp_path: Path, said: Said) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for place, why in (
        ("none/t.jsonl", "there is no folder"),
        ("pipe.jsonl", "not a regular file"),
        (".", "it is a folder"),
    ):
        with pytest.raises(OutputFailed, match=why):
            GrowingFile(tmp_path / place, said, force=True)
