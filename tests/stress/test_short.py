"""A short form of what ``python -m tests.stress`` tries a thousand times."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from companion.errors import BadSetting
from tests.stress import __main__ as stress
from tests.stress import files

SHORT = 30


NEED_ONNX = {"models"}  # each is tried in a process of its own, which takes time


@pytest.mark.parametrize("name", files.KINDS)
def test_damaged_files(name: str) -> None:
    count = SHORT
    if name in NEED_ONNX:
        pytest.importorskip("onnx", reason="builds models with onnx (extra: train)")
        count = SHORT // 3
    outcome = files.tried(name, 0, count)
    assert (outcome.trials, outcome.faults) == (count, [])
    assert outcome.slowest_s < files.MOST_SECONDS
    assert 0 < outcome.peak_mb < files.MOST_MEGABYTES


def test_equal_dice_do_equal_damage() -> None:
    for name, kind in files.KINDS.items():
        if name in NEED_ONNX and not find_spec("onnx"):
            continue
        made = [files.damaged(files.random.Random(number), kind.samples(), kind.ways) for number in (1, 1, 2)]
        assert made[0] == made[1] != made[2]


@pytest.mark.train
def test_models_that_are_not_damaged_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what refuses the others is their damage."""
    pytest.importorskip("onnx", reason="builds models with onnx (extra: train)")
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # which the work sets
    kind = files.KINDS["models"]
    for number, content in enumerate(kind.samples()):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(content)
        kind.work(path)
    assert len(list(tmp_path.glob("*.cache"))) == len(list(tmp_path.glob("*.onnx"))) > 1


def breaks(path: Path) -> None:
    raise LookupError(path.suffix)


def refuses(path: Path) -> None:
    raise BadSetting(path.name)


@pytest.mark.parametrize(
    ("work", "fault"), [(breaks, "LookupError: '.x' in test_short.py:"), (refuses, ""), (Path.read_bytes, "")]
)
def test_what_a_trial_tells(tmp_path: Path, work: files.Callable[[Path], object], fault: str) -> None:
    row = files._trial(files.Kind(list, [files.OF_BYTES[0]], work, ".x"), [b"a"], 7, tmp_path)
    assert row["number"] == 7
    assert row.get("fault", "").startswith(fault)
    assert (bool(row.get("fault")), row.get("refused", False)) == (bool(fault), work is refuses)


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        ({"number": 3, "seconds": 5.1}, ["midi 3: 5.1 s"]),
        ({"number": 3, "seconds": 0.1, "fault": "LookupError"}, ["midi 3: LookupError"]),
        ({"number": 3, "seconds": 4.9, "refused": True}, []),
    ],
)
def test_what_is_a_fault(row: dict[str, object], faults: list[str]) -> None:
    outcome = files.Outcome()
    files._add(outcome, row, "midi")
    assert (outcome.faults, outcome.trials, outcome.is_good) == (faults, 1, not faults)
    files._add(outcome, {"peak_mb": 301.0}, "midi")
    assert (outcome.trials, outcome.is_good) == (1, False)


def test_one_that_never_ends_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SILENT_SECONDS", 0.0)  # as if the first line took too long, every time
    assert files.tried("osc", 0, 2).faults == ["osc 0: never ended", "osc 1: never ended"]


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert stress.main(["rain"]) == 2
    assert capsys.readouterr().err.startswith("python -m tests.stress files")
