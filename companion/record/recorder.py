"""What is kept of a jam: its log while it goes on, and MIDI files made from that log.

    Recorder   the log of one jam, under a name of its own; never raises in the middle of one
    save_jam   the whole jam as a MIDI file beside its log
    save_take  the same of some steps, numbered
    recover    MIDI files for logs that a crash left without

A file holds five tracks: the player's notes exactly as they were played, and the four voices as they
sounded. Nothing is ever written over. Memory does not grow with the jam: only saving reads the log back,
and it may do so in any process.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from companion.errors import ChoraleError, OutputExists, one_line
from companion.files.writing import write_output
from companion.record.log import LOG_SUFFIX, Entry, Header, LogWriter, is_in_use
from companion.record.take import read_take, take_file

NOTHING_PLAYED = "nothing was played: no MIDI file"


@dataclass(frozen=True)
class Saved:
    """What came of saving."""

    path: Path | None  # None: nothing was written
    text: str  # one line for the player


class Recorder:
    """The log of one jam, in a folder, under the next free name: jam-2026-11-22-1.jsonl.

    A fault ends the recording, never the jam: ``take_fault`` gives its line, once.
    """

    def __init__(self, folder: Path, header: Header, date: datetime.date) -> None:
        self.log: Path | None = None  # None where the jam cannot be recorded
        self._writer: LogWriter | None = None
        self._fault: str | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.log, self._writer = _begin_log(folder, header, date)
        except OSError as fault:
            self._fault = f"this jam is not recorded: cannot write in {one_line(folder)}: {_why(fault)}"

    @property
    def name(self) -> str | None:
        """Of the jam; None where it is not recorded."""
        return None if self.log is None else self.log.stem

    def write(self, entry: Entry) -> None:
        """Appends to the log."""
        if self._writer is None:
            return
        try:
            self._writer.write(entry)
        except OSError as fault:
            self._fault = f"recording has stopped: cannot write {one_line(self.log)}: {_why(fault)}"
            self._shut()

    def take_fault(self) -> str | None:
        """What went wrong since this was last asked."""
        fault, self._fault = self._fault, None
        return fault

    def _shut(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(OSError):  # it has told already that it cannot be written
                writer.close()

    def close(self) -> None:
        """Ends the log; can be called twice. ``save_jam`` makes the MIDI file."""
        self._shut()


def _why(fault: OSError) -> str:
    return fault.strerror or str(fault)


def _begin_log(folder: Path, header: Header, date: datetime.date) -> tuple[Path, LogWriter]:
    """The log with the number after all that the day has, whatever was made of them."""
    stem = f"jam-{date.isoformat()}"
    found = (re.match(rf"{stem}-(\d+)(?!\d)", path.name) for path in folder.iterdir())
    first = max((int(match[1]) for match in found if match), default=0) + 1
    for number in itertools.count(first):
        path = folder / f"{stem}-{number}{LOG_SUFFIX}"
        try:
            return path, LogWriter(path, header)
        except FileExistsError:  # another jam began in this moment
            continue
    raise AssertionError("unreachable")


def save_jam(log: Path) -> Saved:
    """The whole jam, beside its log and named as it is."""
    names = (f"{log.stem}{again}.mid" for again in itertools.chain([""], (f"-copy-{n}" for n in itertools.count(1))))
    return _save(log, names, None, None)


def save_take(log: Path, first: int, last: int) -> Saved:
    """Steps ``first`` to ``last`` of a jam that may still go on: jam-2026-11-22-1-take-1.mid."""
    return _save(log, (f"{log.stem}-take-{number}.mid" for number in itertools.count(1)), first, last)


def recover(folder: Path) -> list[Saved]:
    """MIDI files for logs that have none, and that no process is writing; says nothing of empty ones.

    All logs that cannot be read have one line together, as each jam begins with it.
    """
    try:
        logs = sorted(folder.glob(f"jam-*{LOG_SUFFIX}"))
        left = [log for log in logs if not log.with_suffix(".mid").exists() and not _is_of_no_use(log)]
    except OSError:  # a folder that may not be read: recording will tell
        return []
    done = [saved for log in left if (saved := save_jam(log)).text != NOTHING_PLAYED]
    bad = [saved for saved in done if saved.path is None]
    if len(bad) > 1:
        more = Saved(None, f"{bad[0].text}; nor can {len(bad) - 1} more of the logs there be read")
        return [*(saved for saved in done if saved.path is not None), more]
    return done


def _is_of_no_use(log: Path) -> bool:
    """It is empty, or still being written."""
    return log.is_file() and (not log.stat().st_size or is_in_use(log))


def _save(log: Path, names: Iterable[str], first: int | None, last: int | None) -> Saved:
    try:
        take = read_take(log, first, last)
        if take.is_empty:
            return Saved(None, take.damage or NOTHING_PLAYED)
        path = _write_free(log.parent, names, take_file(take))
    except ChoraleError as fault:
        return Saved(None, str(fault))
    except ValueError as fault:
        return Saved(None, f"no MIDI file can hold {one_line(log)}: {fault}")
    return Saved(path, f"saved {one_line(path)}" + (f"; {take.damage}, so the rest is missing" if take.damage else ""))


def _holds(path: Path, data: bytes) -> bool:
    """What is saved already is saved once."""
    with suppress(OSError):
        return path.read_bytes() == data
    return False


def _write_free(folder: Path, names: Iterable[str], data: bytes) -> Path:
    """Writes under the first name that is free; a file that holds the same stands for it."""
    for name in names:
        path = folder / name
        try:
            write_output(path, data)
        except OutputExists:
            if not _holds(path, data):
                continue
        return path
    raise AssertionError("there is always another name")
