"""The app as a musician has it: in a folder with an odd name, in an empty environment, with no Python to be found.

``python -m app --archive`` makes it; CHORALE_APP is the folder that it names.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import mido
import pytest
from integration.jack import HOME, wait_until
from support.programs import free_port

from app.archive import bytes_of, files_of, oldest_glibc
from companion.io.osc_port import Arrival, OscIn, OscOut, Unreadable
from companion.music.vocabulary import VOICES

MOST_BYTES, MOST_PACKED = 120_000_000, 45_000_000
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NOT_IN_IT = {"tensorflow", "keras", "music21", "matplotlib", "scipy", "pydantic", "pygments", "export", "tkinter"}

pytestmark = pytest.mark.slow


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


class App:
    """A copy of the app."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        inside = {"darwin": "Contents/MacOS/chorale", "win32": "chorale.exe"}
        self.program = folder / inside.get(sys.platform, "chorale")
        self.environment = {"HOME": str(home)}

    def run(self, *words: object, cwd: Path, code: int = 0) -> Ran:
        done = subprocess.run(
            [self.program, *map(str, words)],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder that was built."""
    place = os.environ.get("CHORALE_APP")
    if not place:
        pytest.skip("run python -m app --archive, which takes some minutes, and set CHORALE_APP to the folder it names")
    return Path(place)


@pytest.fixture(scope="module")
def app(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A copy in a folder with spaces and umlauts, in which nothing may be written."""
    folder = tmp_path_factory.mktemp("app") / "Bächlein & Söhne" / built.name
    shutil.copytree(built, folder, symlinks=True)
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    before = contents(folder)
    yield App(folder, tmp_path_factory.mktemp("home"))
    assert contents(folder) == before  # root may write where it says that nobody may


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file with its size and the time of its last change."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def tracks(path: Path) -> list[str]:
    return [track.name for track in mido.MidiFile(path).tracks]


def packages_within(built: Path) -> set[str]:
    """The packages that lie packed in the program, as PyInstaller has written down beside what it built."""
    (contents_file,) = (built.parent.parent / "work").rglob("PYZ-00.toc")
    return {name.partition(".")[0] for name in re.findall(r"\('([\w.]+)',", contents_file.read_text("utf-8"))}


def test_sizes(built: Path) -> None:
    assert bytes_of(built) <= MOST_BYTES
    archive = built.with_name("Chorale Companion.tar.xz")
    if not archive.is_file():
        pytest.skip("python -m app was run without --archive")
    assert archive.stat().st_size <= MOST_PACKED


def test_nothing_of_the_training_is_in_it(built: Path) -> None:
    names = {part for path in files_of(built) for part in path.relative_to(built).parts} | packages_within(built)
    assert {"numpy", "onnxruntime", "companion", "mido", "uvicorn"} <= names
    assert not {name for name in names if name.split("-")[0] in NOT_IN_IT}
    models = sorted(path.name for path in (HOME / "models").iterdir() if path.suffix in (".onnx", ".md"))
    assert sorted(path.name for path in files_of(built) if path.parent.name == "models") == models


@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that has a C library of its own")
def test_the_oldest_c_library_is_told(built: Path) -> None:
    assert re.fullmatch(r"2\.\d\d", oldest_glibc(built))


def test_demo(app: App, tmp_path: Path) -> None:
    app.run("demo", "--fast", "--seed", 1, "--trace", "demo.json", cwd=tmp_path)
    assert tracks(tmp_path / "demo.mid") == [voice.capitalize() for voice in VOICES]
    assert (tmp_path / "demo.wav").stat().st_size > 1_000_000
    app.run("view", "demo.json", "--no-open", cwd=tmp_path)
    assert "function choirOf(" in (tmp_path / "demo.html").read_text("utf-8")


def test_continue_and_scores(app: App, tmp_path: Path) -> None:
    seed = tmp_path / "Übung 1.mid"
    shutil.copy(HOME / "tests" / "golden" / "eminor.mid", seed)
    app.run("continue", seed, "--bars", 4, "-o", tmp_path / "longer.musicxml", cwd=tmp_path)
    app.run("harmonise", "longer.musicxml", "--voice", "soprano", "-o", "again.mid", cwd=tmp_path)
    assert mido.MidiFile(tmp_path / "again.mid").length > mido.MidiFile(seed).length


def test_a_file_that_is_not_there_is_one_line(app: App, tmp_path: Path) -> None:
    ran = app.run("continue", "none.mid", cwd=tmp_path, code=1)
    assert ran.err.startswith("chorale: ") and ran.err.count("\n") == 1


def test_devices(app: App, tmp_path: Path) -> None:
    library = tmp_path / "Ableton" / "User Library"
    library.mkdir(parents=True)
    app.run("devices", "--install", library, cwd=tmp_path)
    copied = {path.name: path.read_bytes() for path in library.rglob("*.amxd")}
    assert copied == {path.name: path.read_bytes() for path in (HOME / "max_patches" / "devices").glob("*.amxd")}


def test_doctor_finds_no_fault(app: App, tmp_path: Path) -> None:
    lines = app.run("doctor", cwd=tmp_path).out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    assert sum(line.startswith("ok") for line in lines) >= 5
    assert any("in an app of its own" in line for line in lines)
    assert not any("pip install" in line for line in lines)


def test_bench_starts_itself_anew(app: App, tmp_path: Path) -> None:
    assert "start to first frame" in app.run("bench", "--frames", 100, cwd=tmp_path).out


def test_a_strange_model_is_tried_in_another_process(app: App, tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no model")
    ran = app.run("demo", "--fast", "--model", "no.onnx", cwd=tmp_path, code=1)
    assert ran.err.count("\n") == 1 and "no.onnx" in ran.err


def test_it_runs_its_own_modules_alone(app: App, tmp_path: Path) -> None:
    ran = app.run("--run-module", "this", cwd=tmp_path, code=1)
    assert ran.err == "chorale: --run-module is for the app itself\n"


def test_a_jam_answers_over_osc(app: App, tmp_path: Path) -> None:
    """The processes of a jam begin, it hears, and its frames come; its take is kept where it was told to be."""
    heard: list[Arrival | Unreadable] = []
    with OscIn(0, sink=heard.append) as device:
        ports = ("--osc-in", free_port(), "--osc-out", device.port)
        command = [app.program, "jam", "--plain", "--no-midi", "--seed", 1, "--bpm", 200, "--record", "takes", *ports]
        environment = {**app.environment, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            list(map(str, command)), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                wait_until(lambda: told(heard, "hello"), "hello", 60)
                with OscOut(port=int(ports[1])) as out:
                    for pitch in (67, 69, 71, 72):
                        out.send(("/chorale/note", (pitch, 96)))
                        time.sleep(0.3)
                        out.send(("/chorale/note", (pitch, 0)))
                    wait_until(lambda: len(answers(heard)) > 16, "a bar of four voices", 60)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=30)
            finally:
                process.kill()
    assert (process.returncode, err) == (0, b"")
    (take,) = (tmp_path / "takes").glob("*.mid")
    assert tracks(take) == ["Player", "Soprano", "Alto", "Tenor", "Bass"]


def told(heard: list[Arrival | Unreadable], name: str) -> list[Arrival]:
    return [one for one in list(heard) if isinstance(one, Arrival) and one.address == f"/chorale/{name}"]


def answers(heard: list[Arrival | Unreadable]) -> list[Arrival]:
    """Frames in which all four voices sound."""
    return [one for one in told(heard, "frame") if all(one.arguments[1:5])]


@contextmanager
def terminal(app: App, cwd: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program in a terminal of 80 by 24, and the terminal's other end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**app.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [app.program, *words], cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def await_words(end: int, *words: str, patience_s: float = 60.0) -> None:
    """Until the terminal was sent all of these."""
    sent, until_s = b"", time.monotonic() + patience_s
    while missing := [word for word in words if word not in ESCAPES.sub("", sent.decode("utf-8", "replace"))]:
        assert time.monotonic() < until_s, (missing, sent)
        if select.select([end], [], [], 0.2)[0]:
            sent += os.read(end, 65536)


def test_a_double_click_is_a_jam_that_says_what_to_do(app: App) -> None:
    """From the root of the file system, as macOS starts it; what it keeps is in the home folder."""
    before = set(Path("/").iterdir())
    with terminal(app, Path("/")) as (process, end):
        await_words(end, "Chorale Hub on the track where you play", "devices --install", "demo --play", "clock osc")
        os.write(end, b"qq")
        drain(process, end)
    assert process.returncode == 0
    assert list((app.home / "Music" / "Chorale Companion").glob("jam-*.jsonl"))
    assert set(Path("/").iterdir()) == before


def drain(process: subprocess.Popen[bytes], end: int) -> None:
    """Reads on until the program has ended, which a full terminal would keep from it."""
    until_s = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until_s:
        if select.select([end], [], [], 0.1)[0]:
            try:
                os.read(end, 65536)
            except OSError:  # Linux says so where the other end is closed
                break
    process.wait(30)


def test_without_a_word_in_a_pipe_it_says_its_help(app: App, tmp_path: Path) -> None:
    ran = subprocess.run(
        [app.program],
        cwd=tmp_path,
        env=app.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Usage: " in ran.stdout + ran.stderr
    assert list(tmp_path.iterdir()) == []
