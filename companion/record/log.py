"""The log of a jam: JSON lines, each flushed as it is written, so that not even a kill loses one.

The first line is the ``Header``; every other is an ``Entry``, in the order in which things were processed:

    LoggedNote       a key of the player's begins to sound or ends
    LoggedLift       a finger leaves a key, which the pedal holds
    LoggedCommand    a control or an action, and the step from which it takes effect
    LoggedTransport  the clock: started, stopped, jumped, another tempo, metre or loop
    LoggedFrame      a step that has become part of the music, as the model has it
    LoggedSend       frames on their way to the player process; a step sent again replaces
    LoggedNow        a voice sounds at once
    LoggedClear      frames that are not to sound after all
    LoggedSilence    everything stops, and all frames are forgotten

Notes, lifts, commands and the transport are what made the music: with them a jam can be played again. What was
sent is what sounded: a take is written from it alone. Positions are music steps.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, ClassVar, get_args

from companion.errors import BadLog, one_line
from companion.files.locking import flock
from companion.files.opening import opened
from companion.music.sounding import SoundingFrame
from companion.record.rows import NO_ROW, built

LOG_FORMAT = "chorale-jam/1"
LOG_SUFFIX = ".jsonl"

MOST_LOG_BYTES = 250_000_000  # half a day of music without a pause
LONGEST_LINE = 1_000_000  # bytes
LONGEST_GAP_STEPS = 1_000_000  # in which nothing is logged: a day and a half
BLOCK_BYTES = 1 << 16  # read at once where not every line is wanted
_MARK = b'"kind":"transport"'  # in no other line: quotes within its texts are written with a backslash


class TransportEvent(StrEnum):
    """What the clock has done."""

    START = "start"
    STOP = "stop"
    JUMP = "jump"
    TEMPO = "tempo"
    METRE = "metre"
    LOOP = "loop"


@dataclass(frozen=True)
class Header:
    """What holds for the whole jam."""

    version: str  # of the companion
    model: str
    model_sha256: str
    seed: int
    settings: Mapping[str, Any]  # as the jam began, in plain JSON values
    started: str  # date and time, for people only
    by_channel: bool = False  # channels 1–4 were the four voices


@dataclass(frozen=True)
class LoggedNote:
    """A key of the player's goes down or up; where the pedal has held it, it is up with the pedal."""

    kind: ClassVar[str] = "note"
    now: float  # the position at which it was processed
    at: float  # the position at which it was played
    pitch: int
    velocity: int  # 0: up
    channel: int  # 0..15


@dataclass(frozen=True)
class LoggedLift:
    """A finger leaves a key that the pedal holds: it sounds on, but the hand is free."""

    kind: ClassVar[str] = "lift"
    now: float
    at: float
    pitch: int
    channel: int  # 0..15


@dataclass(frozen=True)
class LoggedCommand:
    """A control was changed, or an action asked for."""

    kind: ClassVar[str] = "command"
    now: float
    name: str
    arguments: tuple[int | float | str, ...] = ()
    effective_step: int | None = None  # None: it was refused


@dataclass(frozen=True)
class LoggedTransport:
    """The clock; what an event does not say is None."""

    kind: ClassVar[str] = "transport"
    now: float
    event: str  # a TransportEvent
    address: float | None = None  # START, JUMP: from here on; LOOP: its start
    end: float | None = None  # LOOP: its end
    on: bool | None = None  # LOOP
    bpm: float | None = None  # START, TEMPO
    beats: int | None = None  # START, METRE: of a bar
    unit: int | None = None  # START, METRE: 4 for quarters
    bar_step: int | None = None  # START, JUMP, METRE: a music step on which a bar begins
    reason: str | None = None  # STOP, where it was not told to


@dataclass(frozen=True)
class LoggedFrame:
    """A step of the music, soprano first; whatever of it was to be heard stands in what was sent."""

    kind: ClassVar[str] = "frame"
    now: float
    step: int
    origin: str  # whose it is: "heard", "model", "loop"
    tokens: tuple[int, ...]
    pitches: tuple[int | None, ...]
    entropies_bits: tuple[float, ...] | None = None


@dataclass(frozen=True)
class LoggedSend:
    """Frames to sound."""

    kind: ClassVar[str] = "send"
    now: float
    frames: tuple[SoundingFrame, ...]


@dataclass(frozen=True)
class LoggedNow:
    """A voice sounds another note from ``now`` on."""

    kind: ClassVar[str] = "now"
    now: float
    voice: int  # 0..3
    pitch: int | None  # None: it stops
    velocity: int
    channel: int  # 0..15


@dataclass(frozen=True)
class LoggedClear:
    """Frames of these steps are withdrawn, both ends included."""

    kind: ClassVar[str] = "clear"
    now: float
    first: int
    last: int


@dataclass(frozen=True)
class LoggedSilence:
    """Everything stops, and all frames are forgotten."""

    kind: ClassVar[str] = "silence"
    now: float
    panic: bool = False


Cause = LoggedNote | LoggedLift | LoggedCommand | LoggedTransport  # what makes the music …
Effect = LoggedFrame | LoggedSend | LoggedNow | LoggedClear | LoggedSilence  # … and what has come of it
Entry = Cause | Effect

KINDS: dict[str, type[Entry]] = {kind.kind: kind for kind in get_args(Entry)}


class LogWriter:
    """Appends to a log of its own; closes, and can be closed twice."""

    def __init__(self, path: Path, header: Header) -> None:
        """Raises OSError, FileExistsError among them: no log is ever written over."""
        self._file = path.open("xb", buffering=0)  # each line is one write, out of this process at once
        flock(self._file)  # for ``is_in_use``; Windows does so by itself
        try:
            self._append({"format": LOG_FORMAT, **vars(header)})
        except OSError:
            self.close()
            raise

    def write(self, entry: Entry) -> None:
        """Raises OSError where it does not find room."""
        self._append(_row(entry))

    def _append(self, row: Mapping[str, Any]) -> None:
        line = (json.dumps(row, separators=(",", ":"), default=_plain) + "\n").encode()
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        self._file.close()


def _plain(number: Any) -> Any:
    """numpy's numbers as Python's."""
    return number.item()


def _row(entry: Entry) -> dict[str, Any]:
    """An entry as a JSON object, without what it leaves open; ``now`` stands first (see _is_early)."""
    row = {"now": entry.now, "kind": entry.kind}
    row.update((name, value) for name, value in vars(entry).items() if value is not None or name not in _MAY_MISS)
    if isinstance(entry, LoggedSend):
        row["frames"] = [
            [frame.step, *([part.pitch, int(part.struck), part.velocity, part.channel] for part in frame.parts)]
            for frame in entry.frames
        ]
    return row


def is_in_use(path: Path) -> bool:
    """Some process is writing this log."""
    with path.open("rb") as file:
        is_free = flock(file, shared=True)
    return _is_open_on_windows(path) if is_free is None else not is_free


def _is_open_on_windows(path: Path) -> bool:
    """Windows lets nobody rename a file that Python has open, not even to its own name."""
    try:
        path.rename(path)
    except OSError:
        return True
    return False


def read_header(path: Path) -> Header:
    """What stands in the first line.

    Raises:
        BadLog: it cannot be read, or is not of this format.
    """
    with opened(path, MOST_LOG_BYTES, BadLog) as file:
        line = file.readline(LONGEST_LINE)
    name = one_line(path)
    try:
        row = json.loads(line)
        found = row.pop("format")
    except NO_ROW:
        raise BadLog(f"{name} is no log of a jam; expected one in the format {LOG_FORMAT}") from None
    if found != LOG_FORMAT:
        raise BadLog(f"{name} is in the format {one_line(repr(found))}; expected {LOG_FORMAT}")
    try:
        return built(Header, row)
    except NO_ROW:
        raise BadLog(f"{name} is damaged in line 1") from None


def read_entries(path: Path, since: float | None = None) -> Iterator[Entry]:
    """The entries, in their order; a last line that was not written to its end is left out.

    since: leave out what was processed before this position, but for the transport; quick also in a long log.

    Raises:
        BadLog: it cannot be read, is not of this format, or is damaged in the middle.
    """
    read_header(path)
    with opened(path, MOST_LOG_BYTES, BadLog) as file:
        file.readline(LONGEST_LINE)
        now = 0.0
        for place, entry in _undamaged(_lines(file, since), one_line(path)):
            if since is None and entry.now - now > LONGEST_GAP_STEPS:
                raise BadLog(f"{one_line(path)} jumps at byte {place} over more than {LONGEST_GAP_STEPS} steps")
            now = max(now, entry.now)
            yield entry


def _undamaged(lines: Iterator[tuple[int, bytes]], name: str) -> Iterator[tuple[int, Entry]]:
    """The entries of lines with their places; BadLog where one is none and not the last."""
    damaged: int | None = None
    for place, line in lines:
        if damaged is not None:
            raise BadLog(f"{name} is damaged at byte {damaged}")
        try:
            entry = _entry(json.loads(line))
        except NO_ROW:
            damaged = place
        else:
            yield place, entry


def _entry(row: dict[str, Any]) -> Entry:
    """An entry from its JSON object; one of NO_ROW where it is none."""
    return built(KINDS[row.pop("kind")], row)


def _lines(file: IO[bytes], since: float | None) -> Iterator[tuple[int, bytes]]:
    """The wanted lines from where the file stands, each with its place."""
    if since is not None:
        begin, end = file.tell(), _place_of(file, since)
        yield from _transport_lines(file, begin, end)
        file.seek(end)
    place = file.tell()
    while line := file.readline(LONGEST_LINE):
        if since is None or _MARK in line or not _is_early(line, since):
            yield place, line
        place += len(line)


def _place_of(file: IO[bytes], since: float) -> int:
    """The start of a line not long before the first that is not early: positions grow through a log."""
    begin = low = file.tell()
    high = file.seek(0, os.SEEK_END)
    while high - low > BLOCK_BYTES:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()  # the rest of a line
        low, high = (middle, high) if _is_early(file.readline(), since) else (low, middle)
    file.seek(low)
    if low > begin:
        file.readline()
    return file.tell()


def _transport_lines(file: IO[bytes], begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The lines about the transport between two starts of lines."""
    file.seek(begin)
    while (left := end - begin) > 0:
        block = file.read(min(left, BLOCK_BYTES))
        block += file.readline() if len(block) < left else b""
        found = block.find(_MARK)
        while found >= 0:
            start, stop = block.rfind(b"\n", 0, found) + 1, block.find(b"\n", found) + 1 or len(block)
            yield begin + start, block[start:stop]
            found = block.find(_MARK, stop)
        begin += len(block)


def _is_early(line: bytes, since: float) -> bool:
    """Tells from the start of a line, many times faster than by reading all of it."""
    with suppress(ValueError):
        return float(line.partition(b",")[0].removeprefix(b'{"now":')) < since
    return False


# Fields that are left out where they are None.
_MAY_MISS = {place.name for kind in KINDS.values() for place in fields(kind) if place.default is None}
