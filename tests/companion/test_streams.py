"""Every command on every kind of stream: no traceback, the same files, names that anyone can read."""

from __future__ import annotations

import ast
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.fakes import CHORALE, MELODY, VOICE_NAMES, quarters, write_seed
from support.logs import beginning, made_now, write
from support.programs import free_port

from companion import cli

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names that are no text, /dev/full")

ODD = os.fsdecode("合奏 é\n\x1b[2J".encode() + b"\xe9")  # foreign, of two lines, hostile, and not UTF-8
SHOWN = r"合奏 é ?[2J\xe9"
ENDS = {"PYTHONIOENCODING": "utf-8:strict"}


class Tried(NamedTuple):
    """A command, what it writes, and what it ends with where its output is full."""

    words: tuple[str, ...]
    writes: tuple[str, ...] = ()
    full: int = 0
    code: int = 0


COMMANDS = [
    Tried(("--help",), full=1),
    Tried(("jam", "--help"), full=1),
    Tried(("--version",), full=1),
    Tried(("models",), full=1),
    Tried(("models", "--json"), full=1),
    Tried(("ports",), full=1),
    Tried(("latency",), code=1),
    Tried(("doctor",), full=1),
    Tried(("devices",), full=1),
    Tried(("devices", "--install", f"{ODD}-folder"), (f"{ODD}-folder/Chorale Hub.amxd",)),
    Tried(("continue", f"{ODD}.mid", "--bars", "1"), (f"{ODD}-continued.mid",)),
    Tried(("harmonise", f"{ODD}-tune.mid", "--wav"), (f"{ODD}-tune-harmonised.mid", f"{ODD}-tune-harmonised.wav")),
    Tried(("rewrite", f"{ODD}.mid", "--bars", "1", "--voices", "alto"), (f"{ODD}-rewritten.mid",)),
    Tried(("view", f"{ODD}.mid", "--no-open"), (f"{ODD}.html",)),
    Tried(("demo", "--fast", "--bars", "1"), ("demo.mid", "demo.wav")),
    Tried(("replay", f"{ODD}.jsonl")),
    Tried(("bench", "--frames", "100", "--no-notebook"), full=1),
    Tried(("continue", f"{ODD}-none.mid"), code=1),
    Tried(("continue", f"{ODD}.mid", f"--{ODD}"), code=2),
    Tried((ODD,), code=2),
]
TRIED = [pytest.param(tried, id=" ".join(tried.words[:2]).encode("ascii", "replace").decode()) for tried in COMMANDS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(f"{ODD}-folder").mkdir()
    write_seed(Path(f"{ODD}.mid"), CHORALE, names=VOICE_NAMES)
    write_seed(Path(f"{ODD}-tune.mid"), [quarters(MELODY[:4])])
    write(Path(f"{ODD}.jsonl"), made_now(beginning("jam-2.jsonl", 4), tmp_path / "made.jsonl"))
    Path("made.jsonl").unlink()
    return tmp_path


def shell(fresh_python: list[str], words: tuple[str, ...], streams: str) -> subprocess.CompletedProcess[bytes]:
    """A fresh interpreter with its streams as a shell makes them."""
    line = f"exec {shlex.join([*fresh_python, '-m', 'companion', *words])} {streams}"
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, env={**os.environ, **ENDS})


def test_every_command_is_here() -> None:
    names = {command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    assert names == {tried.words[0] for tried in COMMANDS if tried.words[0].isidentifier()} | {"serve"}


def test_one_place_prints() -> None:
    printing = {"print", "typer.echo", "click.echo", *(f"sys.{name}.write" for name in ("stdout", "stderr"))}
    found = [
        f"{path.name}:{node.lineno}"
        for path in Path(cli.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in printing
    ]
    assert found == []


@pytest.mark.parametrize("tried", TRIED)
def test_closed(folder: Path, fresh_python: list[str], tried: Tried) -> None:
    """As a service is started, or by a program without a console."""
    ran = shell(fresh_python, tried.words, "<&- >&- 2>&-")
    assert (ran.returncode, ran.stdout, ran.stderr) == (tried.code, b"", b"")
    assert all((folder / name).stat().st_size > 100 for name in tried.writes)


@pytest.mark.parametrize("tried", TRIED)
def test_full(folder: Path, fresh_python: list[str], tried: Tried) -> None:
    """News that cannot be said undo nothing; what was asked for and cannot be printed is a fault in one line."""
    ran = shell(fresh_python, tried.words, "> /dev/full")
    assert ran.returncode == tried.code or tried.full
    complaint = b"chorale: cannot write the output: No space left on device\n"
    assert (ran.stderr == complaint) == bool(tried.full)
    assert b"Traceback" not in ran.stderr
    assert all((folder / name).stat().st_size > 100 for name in tried.writes)


@pytest.mark.parametrize("tried", [tried for tried in TRIED if tried.values[0].code])
def test_a_full_error_stream(folder: Path, fresh_python: list[str], tried: Tried) -> None:  # noqa: ARG001
    ran = shell(fresh_python, tried.words, "2> /dev/full")
    assert (ran.returncode, ran.stdout) == (tried.code, b"")


def test_a_reader_that_has_gone_is_no_fault(folder: Path, fresh_python: list[str]) -> None:  # noqa: ARG001
    ran = shell(fresh_python, ("models",), "| head -0")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


ALL = """
import json, sys
from companion.cli import main
print("begin", flush=True)
for words in json.loads(sys.argv[1]):
    sys.argv = ["chorale", *words]
    try:
        main()
    except SystemExit as left:
        print("code", left.code or 0, flush=True)
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8:strict"])
def test_encodings(folder: Path, fresh_python: list[str], monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """One interpreter for all commands: nothing is left of one for the next."""
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    tried = [one for one in COMMANDS if one.words[0] != "bench"]  # whose lines are figures
    words = json.dumps([one.words for one in tried])
    ran = subprocess.run([*fresh_python, "-c", ALL, words], capture_output=True, check=False)
    codec = encoding.partition(":")[0]
    out, err = ran.stdout.decode(codec), ran.stderr.decode(codec)
    assert "Traceback" not in err
    assert [line for line in out.splitlines() if line.startswith("code ")] == [f"code {one.code}" for one in tried]
    name = SHOWN.encode(codec, "replace").decode(codec)
    assert f"wrote {name}-continued.mid\n" in out
    assert f"installed: {name}-folder/Chorale Hub.amxd\n" in out
    assert f"chorale: cannot read {name}-none.mid: No such file or directory\n" in err
    assert "No such command '" in err
    assert all(line.isprintable() for line in (out + err).split("\n"))
    assert all((folder / name).stat().st_size > 100 for one in tried for name in one.writes)


GAPS = """
import os
from companion.screen.say import safe_streams
with safe_streams(), open(sys_path, "w") as file:
    os.write(2, b"what libraries say")
    file.write(str(file.fileno()))
"""


def test_what_libraries_say_is_not_written_into_files(tmp_path: Path, fresh_python: list[str]) -> None:
    """Without an error stream, the next file that is opened would be one by its number."""
    place = tmp_path / "out"
    line = shlex.join([*fresh_python, "-c", GAPS.replace("sys_path", repr(str(place)))])
    subprocess.run(["bash", "-c", f"exec {line} <&- >&- 2>&-"], check=True)
    assert int(place.read_text()) > 2


@pytest.mark.parametrize("words", [("demo", "--fast"), ("continue", "a.mid"), ("doctor",), ("jam", "--no-midi")])
def test_a_folder_that_is_gone_is_one_line(tmp_path: Path, fresh_python: list[str], words: tuple[str, ...]) -> None:
    (tmp_path / "gone").mkdir()
    line = f"cd {shlex.quote(str(tmp_path))}/gone && rmdir ../gone && "
    line += shlex.join([*fresh_python, "-m", "companion", *words])
    ran = subprocess.run(["bash", "-c", line], capture_output=True, check=False, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "chorale: the folder that you are in is gone; change to another\n"


NOBODY = """
import sys
answers = sys.stdout
sys.stdin = sys.stdout = sys.stderr = None
"""


def test_without_streams(folder: Path, fresh_python: list[str]) -> None:
    """As Python starts on Windows without a console."""
    words = json.dumps([one.words for one in COMMANDS])
    code = NOBODY + ALL.replace("flush=True", "flush=True, file=answers")
    ran = subprocess.run([*fresh_python, "-c", code, words], capture_output=True, check=False, text=True)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["begin", *(f"code {one.code}" for one in COMMANDS)]
    assert all((folder / name).stat().st_size > 100 for one in COMMANDS for name in one.writes)


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "> /dev/full 2> /dev/full", "2>&-"])
def test_a_jam(folder: Path, fresh_python: list[str], streams: str) -> None:
    """It plays until it is told to end, and its log is what it would be."""
    words = [*fresh_python, "-m", "companion", "jam", "--no-midi", "--plain", "--record", f"{ODD}-folder"]
    words += [f"--osc-{way}={free_port()}" for way in ("in", "out")]
    jam = subprocess.Popen(
        ["bash", "-c", f"exec {shlex.join(words)} {streams}"], stderr=subprocess.PIPE, env=os.environ
    )
    log = next(_written(folder / f"{ODD}-folder", jam))
    jam.send_signal(signal.SIGTERM)
    _, err = jam.communicate(timeout=20)
    assert (jam.returncode, err) == (0, b"")
    assert [json.loads(line) for line in log.read_text().splitlines()]


def _written(folder: Path, jam: subprocess.Popen[bytes]) -> Iterator[Path]:
    """A log that has begun."""
    while jam.poll() is None:
        yield from (path for path in folder.glob("*.jsonl") if path.stat().st_size)
        time.sleep(0.02)
