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
import importlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, ClassVar, get_args

from companion.errors import BadLog, one_line
from companion.music.sounding import Part, SoundingFrame

LOG_FORMAT = "chorale-jam/1"
LOG_SUFFIX = ".jsonl"

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
        _lock(self._file)
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


def _lock(file: IO[bytes]) -> None:
    """Marks a log as being written, for ``is_in_use``; the system takes the mark away with the process."""
    with suppress(ImportError, OSError):  # Windows does so by itself; some network drives cannot
        fcntl: Any = importlib.import_module("fcntl")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_in_use(path: Path) -> bool:
    """Some process is writing this log."""
    try:
        fcntl: Any = importlib.import_module("fcntl")
    except ImportError:
        return _is_open_on_windows(path)
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a drive that cannot say
            return False
    return False


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
    with _opened(path) as file:
        line = file.readline()
    name = one_line(path)
    try:
        row = json.loads(line)
        found = row.pop("format")
    except (ValueError, AttributeError, KeyError, TypeError):
        raise BadLog(f"{name} is no log of a jam; expected one in the format {LOG_FORMAT}") from None
    if found != LOG_FORMAT:
        raise BadLog(f"{name} is in the format {one_line(repr(found))}; expected {LOG_FORMAT}")
    try:
        return Header(**row)
    except TypeError:
        raise BadLog(f"{name} is damaged in line 1") from None


def read_entries(path: Path, since: float | None = None) -> Iterator[Entry]:
    """The entries, in their order; a last line that was not written to its end is left out.

    since: leave out what was processed before this position, but for the transport; quick also in a long log.

    Raises:
        BadLog: it cannot be read, is not of this format, or is damaged in the middle.
    """
    read_header(path)
    with _opened(path) as file:
        file.readline()
        damaged: int | None = None
        for place, line in _lines(file, since):
            if damaged is not None:
                raise BadLog(f"{one_line(path)} is damaged at byte {damaged}")
            try:
                yield _entry(json.loads(line))
            except (ValueError, TypeError, LookupError, AttributeError):
                damaged = place


def _lines(file: IO[bytes], since: float | None) -> Iterator[tuple[int, bytes]]:
    """The wanted lines from where the file stands, each with its place."""
    if since is not None:
        begin, end = file.tell(), _place_of(file, since)
        yield from _transport_lines(file, begin, end)
        file.seek(end)
    place = file.tell()
    for line in file:
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


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as fault:
        raise BadLog(f"cannot read {one_line(path)}: {fault.strerror or fault}") from None


def _is_early(line: bytes, since: float) -> bool:
    """Tells from the start of a line, many times faster than by reading all of it."""
    with suppress(ValueError):
        return float(line.partition(b",")[0].removeprefix(b'{"now":')) < since
    return False


def _entry(row: dict[str, Any]) -> Entry:
    """An entry from its JSON object; any of several exceptions where it is none."""
    kind = KINDS[row.pop("kind")]
    readers = {place.name: _READERS[str(place.type)] for place in fields(kind)}
    return kind(**{name: readers[name](value) for name, value in row.items()})


def _each(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda values: tuple(read(value) for value in values)


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _argument(value: Any) -> int | float | str:
    if not isinstance(value, (int, float, str)):
        raise TypeError
    return value


def _sounding_frame(row: list[Any]) -> SoundingFrame:
    step, soprano, alto, tenor, bass = row
    return SoundingFrame(int(step), (_part(soprano), _part(alto), _part(tenor), _part(bass)))


def _part(row: list[Any]) -> Part:
    pitch, struck, velocity, channel = row
    return Part(None if pitch is None else int(pitch), bool(struck), int(velocity), int(channel))


# Fields that are left out where they are None.
_MAY_MISS = {place.name for kind in KINDS.values() for place in fields(kind) if place.default is None}

# How each type of field is read.
_READERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": int,
    "str": str,
    "bool": bool,
    "float | None": _optional(float),
    "int | None": _optional(int),
    "str | None": _optional(str),
    "bool | None": _optional(bool),
    "tuple[int, ...]": _each(int),
    "tuple[int | None, ...]": _each(_optional(int)),
    "tuple[float, ...] | None": _optional(_each(float)),
    "tuple[int | float | str, ...]": _each(_argument),
    "tuple[SoundingFrame, ...]": _each(_sounding_frame),
}
