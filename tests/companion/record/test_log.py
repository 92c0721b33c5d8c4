"""The log of a jam: what is written is read again, also after a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.errors import BadLog, ChoraleError
from companion.music.sounding import Part, SoundingFrame
from companion.record import log
from companion.record.log import (
    KINDS,
    LONGEST_GAP_STEPS,
    Entry,
    Header,
    LoggedClear,
    LoggedCommand,
    LoggedFrame,
    LoggedLift,
    LoggedNote,
    LoggedNow,
    LoggedSend,
    LoggedSilence,
    LoggedTransport,
    LogWriter,
    is_in_use,
    read_entries,
    read_header,
)
from companion.record.rows import READERS

HEADER = Header(
    "1.2", "gru", "ab" * 32, 7, {"mode": "continue", "voices": [{"channel": 1}]}, "2026-11-22T20:15:00+01:00"
)

in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def frame(step: int, *pitches: int | None) -> SoundingFrame:
    soprano, alto, tenor, bass = (Part(pitch, True, 80, voice) for voice, pitch in enumerate(pitches))
    return SoundingFrame(step, (soprano, alto, tenor, bass))


ENTRIES: tuple[Entry, ...] = (
    LoggedTransport(0.0, "start", 64.5, bpm=120.5, beats=3, unit=4, bar_step=4),
    LoggedTransport(0.1, "loop", 0.0, 64.0, on=False),
    LoggedNote(0.30000000000000004, 0.25, 60, 0, 15),
    LoggedLift(0.5, 0.5, 62, 15),
    LoggedCommand(1.5, "temperature", (0.9, "alto"), 4),
    LoggedCommand(1.5, "model", ("né\n\"'",)),
    LoggedSend(2.0, (frame(4, 72, 67, None, 48), frame(5, 72, 67, 60, 0))),
    LoggedFrame(2.0, 4, "model", (38, 33, 0, 14), (72, 67, None, 48), (0.5, 1.25, 2.0, 0.06)),
    LoggedFrame(2.0, 5, "heard", (1, 1, 0, 1), (72, 67, None, 48)),
    LoggedNow(2.25, 3, None, 64, 3),
    LoggedClear(2.5, 4, 20),
    LoggedSilence(2.5, True),
    LoggedSilence(2.5),
    LoggedTransport(3.0, "stop", reason="the MIDI clock fell silent"),
)


def written(path: Path, *entries: Entry) -> Path:
    log = LogWriter(path, HEADER)
    for entry in entries:
        log.write(entry)
    log.close()
    log.close()
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", *ENTRIES)
    assert read_header(path) == HEADER
    assert tuple(read_entries(path)) == ENTRIES


def test_every_kind_is_here() -> None:
    assert {type(entry) for entry in ENTRIES} == set(KINDS.values())
    assert set(KINDS.values()) == set(Entry.__args__)
    types = {str(place.type) for kind in KINDS.values() for place in fields(kind)}
    assert types | {str(place.type) for place in fields(Header)} == set(READERS)


def test_the_lines(tmp_path: Path) -> None:
    lines = written(tmp_path / "a.jsonl", *ENTRIES[:3], *ENTRIES[5:9]).read_text("ascii").splitlines()
    assert json.loads(lines[0]) == {
        "format": "chorale-jam/1",
        "version": "1.2",
        "model": "gru",
        "model_sha256": "ab" * 32,
        "seed": 7,
        "settings": {"mode": "continue", "voices": [{"channel": 1}]},
        "started": "2026-11-22T20:15:00+01:00",
        "by_channel": False,
    }
    assert lines[1:] == [
        '{"now":0.0,"kind":"transport","event":"start","address":64.5,"bpm":120.5,"beats":3,"unit":4,"bar_step":4}',
        '{"now":0.1,"kind":"transport","event":"loop","address":0.0,"end":64.0,"on":false}',
        '{"now":0.30000000000000004,"kind":"note","at":0.25,"pitch":60,"velocity":0,"channel":15}',
        '{"now":1.5,"kind":"command","name":"model","arguments":["n\\u00e9\\n\\"\'"]}',
        '{"now":2.0,"kind":"send","frames":[[4,[72,1,80,0],[67,1,80,1],[null,1,80,2],[48,1,80,3]],'
        "[5,[72,1,80,0],[67,1,80,1],[60,1,80,2],[0,1,80,3]]]}",
        '{"now":2.0,"kind":"frame","step":4,"origin":"model","tokens":[38,33,0,14],"pitches":[72,67,null,48],'
        '"entropies_bits":[0.5,1.25,2.0,0.06]}',
        '{"now":2.0,"kind":"frame","step":5,"origin":"heard","tokens":[1,1,0,1],"pitches":[72,67,null,48]}',
    ]


def test_numbers_of_numpy(tmp_path: Path) -> None:
    tokens: Any = tuple(np.array([38, 1, 0, 14], dtype=np.int32))
    bits: Any = tuple(np.array([0.5, 1, 2, 4], dtype=np.float32))
    path = written(tmp_path / "a.jsonl", LoggedFrame(float(np.float64(0.1)), 4, "model", tokens, (72,) * 4, bits))
    assert list(read_entries(path)) == [LoggedFrame(0.1, 4, "model", (38, 1, 0, 14), (72,) * 4, (0.5, 1.0, 2.0, 4.0))]


def test_each_line_is_on_its_way_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    log = LogWriter(path, HEADER)
    for number, entry in enumerate(ENTRIES, start=1):
        log.write(entry)
        assert len(list(read_entries(path))) == number
    log.close()


def test_no_log_is_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", *ENTRIES)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        LogWriter(path, HEADER)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "left_over", ["", "{", '{"now":3.0,"kind":"note","at":2.9,"pitch":6', "\0\0\0\0", "null\n", "[]"]
)
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, left_over: str) -> None:
    path = written(tmp_path / "a.jsonl", *ENTRIES)
    with path.open("a") as file:
        file.write(left_over)
    assert tuple(read_entries(path)) == ENTRIES


@given(st.integers(0, 2000))
@in_a_folder
def test_cut_off_anywhere(tmp_path: Path, size: int) -> None:
    whole = tmp_path / "whole.jsonl"
    if not whole.exists():
        written(whole, *ENTRIES)
    data = whole.read_bytes()[:size]
    torn = tmp_path / "torn.jsonl"
    torn.write_bytes(data)
    if size < whole.read_bytes().index(b"\n"):
        with pytest.raises(BadLog):
            list(read_entries(torn))
        return
    found = tuple(read_entries(torn))
    assert found == ENTRIES[: len(found)]
    assert len(found) in (max(data.count(b"\n") - 1, 0), data.count(b"\n"))  # the line's end alone may be missing


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"now":1.0}',
        '{"now":1.0,"kind":"dance"}',
        '{"now":1.0,"kind":"note"}',
        '{"now":"x","kind":"silence"}',
        '{"now":null,"kind":"silence"}',
        '{"now":1.0,"kind":"silence","colour":1}',
        '{"now":1.0,"kind":"send","frames":[[1,2,3]]}',
        '{"now":1.0,"kind":"frame","step":1,"origin":"model","tokens":3,"pitches":[]}',
        '{"now":1.0,"kind":"command","name":"go","arguments":[[]]}',
        "\udce9",
        '{"now":1e999,"kind":"silence"}',
        '{"now":Infinity,"kind":"silence"}',
        '{"now":-Infinity,"kind":"silence"}',
        '{"now":NaN,"kind":"silence"}',
        '{"now":1e300,"kind":"silence"}',
        '{"now":1.0,"kind":"note","at":-Infinity,"pitch":60,"velocity":1,"channel":0}',
        '{"now":1.0,"kind":"note","at":1.0,"pitch":128,"velocity":1,"channel":0}',
        '{"now":1.0,"kind":"note","at":1.0,"pitch":60,"velocity":-1,"channel":0}',
        '{"now":1.0,"kind":"note","at":1.0,"pitch":60,"velocity":1,"channel":16}',
        '{"now":1.0,"kind":"now","voice":4,"pitch":null,"velocity":1,"channel":0}',
        '{"now":1.0,"kind":"send","frames":[[1,[128,1,80,0],[67,1,80,1],[60,1,80,2],[48,1,80,3]]]}',
        '{"now":1.0,"kind":"send","frames":[[1e999,[60,1,80,0],[67,1,80,1],[60,1,80,2],[48,1,80,3]]]}',
        '{"now":1.0,"kind":"transport","event":"tempo","bpm":-1}',
        '{"now":1.0,"kind":"transport","event":"metre","beats":0,"unit":4}',
        f'{{"now":{"9" * 5000},"kind":"silence"}}',
        '{"now":1.0,"kind":"command","name":"go","arguments":' + "[" * 100_000,
        '{"now":1.0,"kind":"silence","a":' * 100_000,
        f'{{"now":1.0,"kind":"command","name":"{"x" * 1_000_000}"}}',
    ],
    ids=lambda line: line[:60],
)
def test_damage_in_the_middle_is_told(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "a.jsonl", *ENTRIES[:2])
    place = path.stat().st_size
    with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f'{line}\n{{"now":9.0,"kind":"silence"}}\n')
    entries = read_entries(path)
    assert (next(entries), next(entries)) == ENTRIES[:2]
    with pytest.raises(BadLog, match=rf"^{re.escape(str(path))} is damaged at byte {place}$"):
        next(entries)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no log of a jam; expected one in the format chorale-jam/1"),
        (b"MThd\0\0\0\6", "is no log of a jam; expected one in the format chorale-jam/1"),
        (b"[1]\n", "is no log of a jam; expected one in the format chorale-jam/1"),
        (b'{"a":1}\n', "is no log of a jam; expected one in the format chorale-jam/1"),
        (b'{"format":"chorale-jam/2"}\n', "is in the format 'chorale-jam/2'; expected chorale-jam/1"),
        (b'{"format":["\\u001b[2J"]}\n', r"is in the format ['\x1b[2J']; expected chorale-jam/1"),
        (b'{"format":"chorale-jam/1"}\n', "is damaged in line 1"),
        (b'{"format":"chorale-jam/1","seed":1e999}\n', "is damaged in line 1"),
        (b'{"format":"chorale-jam/1","settings":7}\n', "is damaged in line 1"),
        (b"[" * 100_000, "is no log of a jam; expected one in the format chorale-jam/1"),
    ],
)
def test_what_is_no_log(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    for read in (read_header, lambda path: list(read_entries(path))):
        with pytest.raises(BadLog) as fault:
            read(path)
        assert str(fault.value) == f"{path} {message}"
        assert isinstance(fault.value, ChoraleError)


def test_a_refused_command_may_have_said_anything(tmp_path: Path) -> None:
    entry = LoggedCommand(1.0, "go", (float("inf"), 10**30), None)
    assert list(read_entries(written(tmp_path / "a.jsonl", entry))) == [entry]


def test_a_jump_that_no_jam_makes(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", LoggedSilence(5.0), LoggedSilence(LONGEST_GAP_STEPS + 6.0))
    with pytest.raises(BadLog, match=r"a\.jsonl jumps at byte \d+ over more than 1000000 steps$"):
        list(read_entries(path))


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/zero"), os.mkfifo, Path.mkdir])
def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "a.jsonl")
    with pytest.raises(BadLog, match=r"^cannot read .*a\.jsonl: it is (not a regular file|a folder)$"):
        read_header(tmp_path / "a.jsonl")


def test_a_log_larger_than_any(tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.truncate(log.MOST_LOG_BYTES + 1)  # sparse: takes no room
    with pytest.raises(BadLog, match=r"a\.jsonl is larger than 250 MB$"):
        read_header(tmp_path / "a.jsonl")


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match=r"cannot read .*a\.jsonl: No such file or directory"):
        read_header(tmp_path / "a.jsonl")


class TestSince:
    """The end of a long log, without reading all that was before."""

    def entries(self) -> list[Entry]:
        """Long enough that a part of it is searched, with the transport here and there."""
        entries: list[Entry] = []
        for step in range(3000):
            if step % 700 == 5:
                entries.append(LoggedTransport(float(step), "tempo", bpm=100.0 + step))
            entries.append(LoggedCommand(float(step), '"kind":"transport"', (step,), step))
        return entries

    @pytest.mark.parametrize("since", [-5.0, 0.0, 0.5, 5.0, 1499.5, 2200.0, 2999.0, 2999.5, 1e9])
    @pytest.mark.parametrize("torn", [b"", b'{"now":3000.0,"kind":"transport","even'])
    def test_part(self, tmp_path: Path, since: float, torn: bytes) -> None:
        entries = self.entries()
        path = written(tmp_path / "a.jsonl", *entries)
        assert path.stat().st_size > 3 * log.BLOCK_BYTES
        with path.open("ab") as file:
            file.write(torn)
        expected = [entry for entry in entries if entry.now >= since or isinstance(entry, LoggedTransport)]
        assert list(read_entries(path, since)) == expected

    def test_damage_is_told_where_it_is_met(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.jsonl", *self.entries())
        data = path.read_bytes()
        place = data.rindex(b"\n", 0, -200) + 1
        path.write_bytes(data[:place] + b"!" + data[place:])
        with pytest.raises(BadLog, match=f"damaged at byte {place}"):
            list(read_entries(path, 2000.0))


FULL_DISK = Path("/dev/full")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_a_fault_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogWriter(tmp_path / "a.jsonl", HEADER)
    with FULL_DISK.open("wb", buffering=0) as full, monkeypatch.context() as patch:
        patch.setattr(log, "_file", full)
        with pytest.raises(OSError, match="No space left"):
            log.write(ENTRIES[0])
    log.close()


WRITING = """
import sys, pathlib
from companion.record.log import *
log = LogWriter(pathlib.Path(sys.argv[1]), Header("1", "gru", "", 0, {}, ""))
for step in range(100):
    log.write(LoggedSilence(float(step)))
print("written", flush=True)
sys.stdin.read()
"""


def test_a_kill_loses_nothing_and_frees_the_log(tmp_path: Path, fresh_python: list[str]) -> None:
    path = tmp_path / "a.jsonl"
    child = subprocess.Popen([*fresh_python, "-c", WRITING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"written\n"
    assert is_in_use(path)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert not is_in_use(path)
    assert list(read_entries(path)) == [LoggedSilence(float(step)) for step in range(100)]


def test_windows_tells_what_is_in_use_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.jsonl")
    monkeypatch.setitem(__import__("sys").modules, "fcntl", None)
    assert not is_in_use(path)
    log = LogWriter(tmp_path / "b.jsonl", HEADER)
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError()))
    assert is_in_use(path)
    log.close()
