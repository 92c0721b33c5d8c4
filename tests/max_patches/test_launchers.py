"""The files that a musician double-clicks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from companion.cli import app

LAUNCHERS = Path(__file__).parents[2] / "max_patches" / "launchers"
COMMAND = LAUNCHERS / "Chorale Companion.command"
BATCH = LAUNCHERS / "Chorale Companion.bat"


@pytest.mark.parametrize("path", [COMMAND, BATCH], ids=["macos", "windows"])
def test_the_command_line_exists(path: Path) -> None:
    (line,) = re.findall(r"chorale jam (.*)", path.read_text())
    known = {
        name for option in get_command(app).commands["jam"].params for name in (*option.opts, *option.secondary_opts)
    }  # type: ignore[attr-defined]
    assert set(re.findall(r"--[a-z-]+", line)) <= known


def test_windows_reads_its_own_line_ends() -> None:
    assert b"\r\n" in BATCH.read_bytes() and b"\n" not in BATCH.read_bytes().replace(b"\r\n", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_script_starts_what_it_finds(tmp_path: Path) -> None:
    program = tmp_path / ".local" / "bin" / "chorale"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([COMMAND, "--mode", "duet"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"jam --no-midi --clock osc --record {tmp_path}/Music/Chorale Companion --mode duet\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_script_says_what_is_missing(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", COMMAND], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not installed" in done.stdout
