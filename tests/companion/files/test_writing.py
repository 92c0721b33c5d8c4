"""Outputs: whole or not there, all or none, and nothing left of what was not finished."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.fakes import CHORALE, VOICE_NAMES, write_seed

from companion.errors import OutputExists, OutputFailed
from companion.files import writing


class TestOneFile:
    def test_existing_file_is_kept_without_force(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mid"
        path.write_bytes(b"old")
        with pytest.raises(OutputExists) as caught:
            writing.write_output(path, b"new")
        assert str(caught.value) == f"{path} exists; choose another name, or --force to replace it"
        assert path.read_bytes() == b"old"
        writing.write_output(path, b"new", force=True)
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_folders(self, tmp_path: Path) -> None:
        with pytest.raises(OutputFailed, match="it is a folder"):
            writing.write_output(tmp_path, b"")
        with pytest.raises(OutputFailed, match="there is no folder"):
            writing.write_output(tmp_path / "none" / "a.mid", b"")

    def test_full_disk_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        path = tmp_path / "a.mid"
        path.write_bytes(b"old")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputFailed) as caught:
            writing.write_output(path, b"new", force=True)
        assert str(caught.value) == f"cannot write {path}: No space left on device"
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_file_that_appears_meanwhile_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a.mid"
        monkeypatch.setattr(os, "fsync", lambda _: path.write_bytes(b"other"))
        with pytest.raises(OutputExists):
            writing.write_output(path, b"new")
        assert path.read_bytes() == b"other"
        assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def places(tmp_path: Path) -> list[Path]:
    """Two files, the first of which is there."""
    (tmp_path / "a.mid").write_bytes(b"old")
    return [tmp_path / "a.mid", tmp_path / "b.wav"]


class TestSeveralFiles:
    def write(self, places: list[Path], force: bool = True) -> None:
        writing.write_all(dict.fromkeys(places, b"new"), force=force)

    def test_all(self, places: list[Path]) -> None:
        self.write(places)
        assert sorted(places[0].parent.iterdir()) == places
        assert [place.read_bytes() for place in places] == [b"new", b"new"]

    @pytest.mark.parametrize("at", [0, 1])
    def test_full_disk(self, places: list[Path], at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whichever of them it fills, all is as it was."""
        written: list[int] = []

        def full(file: int) -> None:
            written.append(file)
            if len(written) > at:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputFailed, match=rf"cannot write .*{places[at].name}: No space left on device"):
            self.write(places)
        assert [path.read_bytes() for path in places[0].parent.iterdir()] == [b"old"]

    @pytest.mark.parametrize("links", [True, False], ids=["", "a disk without hard links"])
    @pytest.mark.parametrize("at", [0, 1])
    def test_a_file_that_cannot_be_replaced(
        self, places: list[Path], at: int, links: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another program has it open, on Windows; those that were replaced before come back."""
        places.reverse()
        really = Path.replace

        def held(part: Path, path: Path) -> Path:
            if path == places[at] and b"new" in part.read_bytes():
                raise PermissionError(13, "Permission denied")
            return really(part, path)

        def no_links(old: Path, _: Path) -> None:
            raise FileNotFoundError if not old.exists() else PermissionError

        monkeypatch.setattr(Path, "replace", held)
        if not links:
            monkeypatch.setattr(os, "link", no_links)
        with pytest.raises(OutputFailed, match=rf"cannot write .*{places[at].name}: Permission denied"):
            self.write(places)
        assert [path.read_bytes() for path in places[0].parent.iterdir()] == [b"old"]

    def test_one_that_exists_keeps_all_from_being_written(self, places: list[Path]) -> None:
        with pytest.raises(OutputExists, match=r"a\.mid exists"):
            self.write(places[::-1], force=False)
        assert [path.read_bytes() for path in places[0].parent.iterdir()] == [b"old"]


class TestLeftOverParts:
    def left(self, folder: Path, name: str, hours: float) -> Path:
        part = folder / name
        part.write_bytes(b"half")
        then = part.stat().st_mtime - 3600 * hours
        os.utime(part, (then, then))
        return part

    def test_those_of_killed_programs_are_swept(self, tmp_path: Path) -> None:
        old = self.left(tmp_path, ".a.mid.0123abcd.part", 1.1)
        new = self.left(tmp_path, ".a.mid.0123abce.part", 0.9)  # of a program that runs, it may be
        others = self.left(tmp_path, ".film.mkv.part", 100)
        writing.write_output(tmp_path / "b.mid", b"whole")
        assert (old.exists(), new.exists(), others.exists()) == (False, True, True)

    def test_a_killed_program_leaves_what_is_swept(self, tmp_path: Path) -> None:
        code = "import os, signal; from companion.files import writing; " + (
            "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL); writing.write_output('a.mid', b'half')"
        )
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
        (part,) = tmp_path.iterdir()
        assert writing.PART.fullmatch(part.name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limit to a file's size")
def test_a_disk_with_room_for_the_midi_file_alone(tmp_path: Path) -> None:
    """The whole command, at a real limit of the system's."""
    write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000,) * 2); "
    code = (
        f"{limit}import sys; sys.argv[1:] = {['continue', 'seed.mid', '--bars', '1', '--wav', '--trace', 't.json']}; "
    )
    code += "from companion.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "chorale: cannot write seed-continued.wav: File too large\n"
    assert [path.name for path in tmp_path.iterdir()] == ["seed.mid"]
