"""How the app begins, without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app import opened, start
from app.archive import bytes_of, oldest_glibc, packed
from companion.cli import app as chorale

SCRIPT = Path(__file__).resolve().parents[2] / "max_patches" / "scripts" / "chorale-start.js"
HOME = "C:\\Users\\ada" if sys.platform == "win32" else "/home/ada"


class Stream:
    """A standard stream."""

    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_to(*terminals: bool) -> None:
        for name, terminal in zip(("stdin", "stdout", "stderr"), terminals, strict=True):
            monkeypatch.setattr(sys, name, Stream(terminal))

    return set_to


def test_its_jam_is_that_of_the_devices() -> None:
    words = opened.jam_of_devices(HOME)
    known = {
        name
        for option in get_command(chorale).commands["jam"].params
        for name in (*option.opts, *option.secondary_opts)
    }  # type: ignore[attr-defined]
    assert {word for word in words if word.startswith("--")} <= known
    script = SCRIPT.read_text("utf-8")
    for word in ("--no-midi", "--clock", "osc", "--record", "Music", "Chorale Companion"):
        assert f'"{word}"' in script
        assert any(word in one for one in words)


def test_a_user_without_a_home_keeps_nothing() -> None:
    assert opened.jam_of_devices("~") == ["jam", "--no-midi", "--clock", "osc", "--welcome"]


def test_in_a_terminal_it_is_a_jam(streams: Any) -> None:
    streams(True, True, True)
    assert opened.words_of_double_click()[0] == "jam"


@pytest.mark.parametrize("terminals", [(False, True, True), (True, False, True), (False, False, True)])
def test_in_a_pipe_it_is_as_typed(streams: Any, terminals: tuple[bool, bool, bool]) -> None:
    streams(*terminals)
    assert opened.words_of_double_click() == []


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal of Linux, as a shell script")
def test_without_a_terminal_it_opens_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tmp_path / "said"
    (tmp_path / "xdg-terminal-exec").write_text(f'#!/bin/sh\necho "$@" > "{said}.new"\nmv "{said}.new" "{said}"\n')
    (tmp_path / "xdg-terminal-exec").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(opened.subprocess, "Popen", lambda *args, **more: started.append(popen(*args, **more)))
    assert not opened.opened_in_terminal("linux", {})
    assert opened.opened_in_terminal("linux", {"DISPLAY": ":0"})
    assert started[0].wait(30) == 0
    assert said.read_text() == f"{sys.executable}\n"


def test_programs_of_the_system_find_its_libraries() -> None:
    environment = {"LD_LIBRARY_PATH": "/app/_internal", "LD_LIBRARY_PATH_ORIG": "/opt/lib", "DYLD_LIBRARY_PATH": "/app"}
    start.give_back_search_path(environment)
    assert environment == {"LD_LIBRARY_PATH": "/opt/lib"}


def test_only_modules_of_the_companion_run_alone() -> None:
    with pytest.raises(SystemExit, match="for the app itself"):
        start.run_alone(["http.server"])
    with pytest.raises(SystemExit, match="for the app itself"):
        start.run_alone([])


def test_what_is_counted(tmp_path: Path) -> None:
    folder = tmp_path / "An app"
    folder.mkdir()
    (folder / "program").write_bytes(b"\x7fELF GLIBC_2.9\0 GLIBC_2.28\0 GLIBC_2.4\0")
    (folder / "words").write_bytes(b"GLIBC_2.99\0")
    (folder / "link").symlink_to("program")
    assert bytes_of(folder) == len(b"\x7fELF GLIBC_2.9\0 GLIBC_2.28\0 GLIBC_2.4\0GLIBC_2.99\0")
    assert oldest_glibc(folder) == "2.28"
    archive = packed(folder)
    assert archive.parent == tmp_path and archive.name.startswith("An app.")
