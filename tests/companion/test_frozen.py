"""A fresh process that runs one of our modules, by an interpreter and in an app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from companion import frozen


def test_a_module_runs_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "said.py").write_text("import sys; print(sys.argv[1:])")
    monkeypatch.syspath_prepend(tmp_path)
    done = frozen.run_module("said", "a b", "ü")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "['a b', 'ü']", "")


def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow.py").write_text("import time; time.sleep(600)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        frozen.run_module("slow", timeout_seconds=0.5)


def test_an_app_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(frozen.subprocess, "run", run)
    frozen.run_module("companion.bench.first_frame", "bach.onnx")
    assert commands == [[sys.executable, "--run-module", "companion.bench.first_frame", "bach.onnx"]]


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (False, "pip install 'chorale-companion[link]'"),
        (True, "the app is without it, and docs/install.md says what has it"),
    ],
)
def test_how_to_get_an_extra(app: bool, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", app, raising=False)
    assert frozen.ways_to_get("link") == words
