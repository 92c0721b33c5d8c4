"""``-`` for standard input and output, between real processes."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import mido
import pytest
from support.fakes import MELODY, quarters, write_seed

EXAMPLES = Path(__file__).parents[2] / "docs" / "composing"
CODE = "from companion.cli import main; main()"


@pytest.fixture(autouse=True)
def tune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(tmp_path)
    return write_seed(tmp_path / "a.mid", [quarters(MELODY)]).read_bytes()


def run(python: list[str], *words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    stdin = {} if given is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run([*python, "-c", CODE, *words], input=given, capture_output=True, check=False, **stdin)  # type: ignore[call-overload,no-any-return]


class TestPipe:
    def test_from_one_to_another(self, fresh_python: list[str], tune: bytes) -> None:
        ran = run(fresh_python, "harmonise", "-", "-o", "-", "--seed", "1", given=tune)
        assert ran.returncode == 0
        file = mido.MidiFile(file=io.BytesIO(ran.stdout))
        assert len(file.tracks) == 4
        heard, made, again, wrote = ran.stderr.decode().splitlines()
        assert (heard.startswith("heard: G major"), made.startswith("made: alto")) == (True, True)
        assert again == "again: chorale harmonise - --seed 1 --model bach --style bach"
        assert wrote == "wrote standard output"
        assert os.listdir() == ["a.mid"]  # noqa: PTH208

    def test_the_same_as_from_files(self, fresh_python: list[str], tune: bytes) -> None:
        """But for the name of the file."""
        piped = run(fresh_python, "continue", "-", "--seed", "1", "--bars", "2", given=tune).stdout
        assert run(fresh_python, "continue", "a.mid", "--seed", "1", "--bars", "2").returncode == 0
        one, other = mido.MidiFile(file=io.BytesIO(piped)), mido.MidiFile("a-continued.mid")
        assert [[event for event in track if event.type != "text"] for track in one.tracks] == [
            [event for event in track if event.type != "text"] for track in other.tracks
        ]

    def test_what_follows_reads_it(self, fresh_python: list[str], tune: bytes) -> None:
        """Harmonised, and then continued, without a file between."""
        first = run(fresh_python, "harmonise", "-", "--seed", "1", "-q", given=tune)
        second = run(fresh_python, "continue", "-", "-o", "b.mid", "--bars", "1", "--seed", "1", given=first.stdout)
        assert (first.stderr, second.returncode, second.stderr) == (b"", 0, b"")
        assert Path("b.mid").exists()
        assert "soprano" in second.stdout.decode().splitlines()[0] or "voices" in second.stdout.decode()

    def test_from_a_file_to_a_pipe(self, fresh_python: list[str]) -> None:
        ran = run(fresh_python, "harmonise", "a.mid", "-o", "-", "--trace", "t.json", "--seed", "1")
        assert ran.stdout[:4] == b"MThd"
        assert ran.stderr.decode().splitlines()[-1] == "wrote standard output, t.json"

    def test_from_a_pipe_to_files(self, fresh_python: list[str], tune: bytes) -> None:
        ran = run(fresh_python, "harmonise", "-", "--out-dir", "d", "--variations", "2", "--seed", "1", given=tune)
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert sorted(os.listdir("d")) == ["stdin-harmonised-1.mid", "stdin-harmonised-2.mid"]  # noqa: PTH208

    @pytest.mark.parametrize(
        "asked", ["old-hundredth.musicxml", "auld-lang-syne.abc", None], ids=["MusicXML", "ABC", "compressed"]
    )
    def test_scores_are_known_by_what_they_begin_with(self, fresh_python: list[str], asked: str | None) -> None:
        """Each is heard as it is from a file; what is piped out is MIDI."""
        if asked is None:
            packed = run(fresh_python, "harmonise", "a.mid", "-o", "b.mxl", "--seed", "1", "-q")
            assert packed.returncode == 0
        source = Path("b.mxl") if asked is None else EXAMPLES / asked
        words = ("--voice", "soprano", "--seed", "1", "-o")
        piped = run(fresh_python, "harmonise", "-", *words, "-", given=source.read_bytes())
        named = run(fresh_python, "harmonise", str(source), *words, "c.mid")
        assert (piped.returncode, named.returncode) == (0, 0)
        assert piped.stdout.startswith(b"MThd")
        told = [line for line in piped.stderr.decode().splitlines() if line.startswith(("heard: ", "made: "))]
        assert told == named.stdout.decode().splitlines()[:2]

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            (b"", "standard input is no MIDI file (it has no header MThd); save or export it again as format 0 or 1"),
            (b"C major", "standard input is no MIDI file (it has no header MThd); save or export it again as"),
            (b"MThd" + bytes(4_000_001), "standard input is larger than 4 MB"),
        ],
        ids=["nothing", "text", "too much"],
    )
    def test_no_music(self, fresh_python: list[str], given: bytes, says: str) -> None:
        ran = run(fresh_python, "harmonise", "-", given=given)
        assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (1, b"", 1)
        assert ran.stderr.decode().startswith(f"chorale: {says}")

    def test_a_sound_has_no_place(self, fresh_python: list[str]) -> None:
        ran = run(fresh_python, "harmonise", "a.mid", "-o", "-", "--wav")
        assert (ran.returncode, ran.stdout) == (1, b"")
        says = "the sound stands beside the music, and standard output has no place; leave out --wav"
        assert ran.stderr.decode() == f"chorale: {says}\n"

    @pytest.mark.parametrize("words", [["-o", "-"], [], ["--variations", "2"]], ids=" ".join)
    def test_a_trace_is_a_file(self, fresh_python: list[str], words: list[str]) -> None:
        """It would stand in the music's place, or between lines for people."""
        ran = run(fresh_python, "harmonise", "a.mid", "--trace", "-", *words)
        assert (ran.returncode, ran.stdout) == (1, b"")
        assert ran.stderr.decode() == "chorale: standard output (-) takes the music alone; name a file for --trace\n"
        assert os.listdir() == ["a.mid"]  # noqa: PTH208

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
    def test_full(self, fresh_python: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            words = [*fresh_python, "-c", CODE, "harmonise", "a.mid", "-o", "-", "--seed", "1"]
            ran = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
        assert ran.returncode == 1
        assert ran.stderr.decode() == "chorale: cannot write standard output: No space left on device\n"

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
    def test_nobody_reads(self, fresh_python: list[str]) -> None:
        there, here = os.pipe()
        os.close(there)
        words = [*fresh_python, "-c", CODE, "harmonise", "a.mid", "-o", "-", "--seed", "1"]
        ran = subprocess.run(words, stdout=here, stderr=subprocess.PIPE, check=False)
        os.close(here)
        assert (ran.returncode, ran.stderr.decode()) == (1, "chorale: cannot write standard output: Broken pipe\n")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
class TestTerminal:
    """A person is not left with a program that waits, or with bytes on the screen."""

    def on_terminal(self, python: list[str], *words: str) -> tuple[int, str]:
        import pty  # noqa: PLC0415

        ours, theirs = pty.openpty()
        try:
            command = [*python, "-c", CODE, *words]
            ran = subprocess.run(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
        finally:
            os.close(theirs)
            os.close(ours)
        return ran.returncode, ran.stderr.decode()

    def test_what_is_said_goes_where_it_should(self, fresh_python: list[str]) -> None:
        """Also while a bar moves on the terminal: a list of what was written can be kept."""
        import pty  # noqa: PLC0415

        ours, theirs = pty.openpty()
        words = [*fresh_python, "-c", CODE, "harmonise", "a.mid", "none.mid", "--seed", "1"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs) as child:
            os.close(theirs)
            seen = b""
            with contextlib.suppress(OSError):  # how a terminal ends
                while piece := os.read(ours, 65_536):
                    seen += piece
            out = child.communicate()[0]
        os.close(ours)
        assert (child.returncode, out) == (1, b"wrote a-harmonised.mid\n")
        assert b"2 files" in seen
        assert b"chorale: cannot read none.mid: No such file or directory" in seen

    def test_output(self, fresh_python: list[str]) -> None:
        says = "chorale: a MIDI file is not written on a terminal; name a file: -o song.mid, or > song.mid\n"
        assert self.on_terminal(fresh_python, "harmonise", "a.mid", "-o", "-") == (1, says)

    def test_input(self, fresh_python: list[str]) -> None:
        says = "chorale: a file is expected on standard input: chorale … - < song.mid, or name the file\n"
        assert self.on_terminal(fresh_python, "harmonise", "-", "-o", "x.mid") == (1, says)
