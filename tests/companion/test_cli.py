"""The commands as a musician types them: what they write, and one line where something is wrong."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.fakes import CHORALE, MELODY, VOICE_NAMES, quarters, read_facts, write_seed
from support.programs import Command, Ran

from companion import __version__, cli
from companion.controls.table import DEFAULT_MODEL

COMMANDS = [command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback]

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chorale_mid(folder: Path) -> Path:
    write_seed(folder / "chorale.mid", CHORALE, names=VOICE_NAMES)
    return Path("chorale.mid")


@pytest.fixture
def melody_mid(folder: Path) -> Path:
    write_seed(folder / "melody.mid", [quarters(MELODY)])
    return Path("melody.mid")


def complaint(ran: Ran) -> str:
    """The one line that a refused command says."""
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("chorale: ")
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("\n")
    assert ran.err.rstrip("\n").isprintable()
    return ran.err.removeprefix("chorale: ").rstrip("\n")


def written(ran: Ran) -> Ran:
    """Without the summary that stands before the last line."""
    return ran._replace(out="".join(ran.out.splitlines(keepends=True)[-1:]))


class TestHelp:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_shows_an_example(self, chorale: Command, name: str) -> None:
        ran = chorale(name, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert f"Example: chorale {name}" in " ".join(ran.out.split())

    @pytest.mark.parametrize("name", COMMANDS)
    def test_examples_name_options_that_exist(self, chorale: Command, name: str) -> None:
        text = " ".join(chorale(name, "--help").out.split())
        example = text.partition("Example: ")[2]
        for option in re.findall(r"(?<!\S)--?[a-z-]+", example):
            assert option in text.partition("Example: ")[0], f"{option} is in the example only"

    def test_without_a_command(self, chorale: Command) -> None:
        ran = chorale()
        assert all(name in ran.out + ran.err for name in COMMANDS)

    def test_version(self, chorale: Command) -> None:
        assert chorale("--version") == Ran(0, f"chorale-companion {__version__}\n", "")

    @pytest.mark.parametrize(
        "words", [("contniue", "a.mid"), ("continue",), ("continue", "a.mid", "--barz", "3"), ("demo", "--bars", "x")]
    )
    def test_mistakes_of_usage_are_code_2(self, chorale: Command, words: tuple[str, ...]) -> None:
        ran = chorale(*words)
        assert ran.code == 2
        assert ran.out == ""
        assert "Traceback" not in ran.err

    def test_stopped_by_the_player(self, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("companion.commands.models.bundled_models", stop)
        ran = chorale("models")
        assert ran.code == 130
        assert "Traceback" not in ran.err


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
from companion.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows interrupts whole consoles")
def test_long_work_says_so_and_stops_at_once(folder: Path, fresh_python: list[str]) -> None:
    """On a pipe too; nothing is left of what was not finished."""
    write_seed(
        folder / "tune.mid", [[(beat, 1, 60 + beat % 12, 70) for beat in range(8_000)]]
    )  # fast machines too take long
    words = [*fresh_python, "-c", INTERRUPTIBLE, "harmonise", "tune.mid"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    assert re.fullmatch(r"about \d+ (seconds|minutes): 2,000 bars to harmonise\n", child.stderr.readline())
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=10)
    assert (child.returncode, out, "Traceback" in err) == (130, "", False)
    assert [path.name for path in folder.iterdir()] == ["tune.mid"]


class TestContinue:
    def test_beside_the_seed(self, chorale: Command, chorale_mid: Path) -> None:
        ran = chorale("continue", chorale_mid, "--bars", 2, "--seed", 3)
        assert written(ran) == Ran(0, "wrote chorale-continued.mid\n", "")
        facts = read_facts(Path("chorale-continued.mid"))
        assert facts.names == list(VOICE_NAMES)
        assert facts.markers == [(1920, "Chorale Companion")]
        assert {notes[-1].end for notes in facts.notes} == {3 * 1920}

    def test_everything_at_once(self, chorale: Command, melody_mid: Path) -> None:
        words = ("-o", "out.mid", "--bars", 1, "--seed", 1, "--wav", "--trace", "trace.json", "--velocity", "entropy")
        ran = chorale("continue", melody_mid, *words, "--style", "wild", "--temperature", 1.2, "--top-p", 0.9)
        assert written(ran) == Ran(0, "wrote out.mid, out.wav, trace.json\n", "")
        trace = json.loads(Path("trace.json").read_text())
        assert trace["model"]["name"] == DEFAULT_MODEL
        drawn = {note["temperature"] for frame in trace["frames"] for note in frame["notes"][1:]}
        assert drawn == {1.2, 1.0}  # the last chord is held, not drawn
        assert Path("out.wav").read_bytes()[:4] == b"RIFF"

    @pytest.mark.parametrize("name", ["demo", "continue", "harmonise", "rewrite"])
    def test_equal_seeds_give_equal_bytes(self, chorale: Command, melody_mid: Path, folder: Path, name: str) -> None:
        source = [] if name == "demo" else [melody_mid]
        options = ["--bars", 1] if name != "harmonise" else []
        options += ["--fast", "--plain"] if name == "demo" else ["-o", "demo.mid", "--wav"]

        def content(seed: int) -> tuple[bytes, bytes, bytes]:
            ran = chorale(name, *source, *options, "--seed", seed, "--force", "--trace", "t.json")
            assert (ran.code, ran.err) == (0, "")
            midi, wav, trace = ((folder / name).read_bytes() for name in ("demo.mid", "demo.wav", "t.json"))
            return midi, wav, trace

        one, again, other = content(1), content(1), content(2)
        assert one == again
        assert one[0] != other[0]
        assert one[2] != other[2]

    @pytest.mark.parametrize("name", ["demo", "continue", "harmonise"])
    def test_all_that_a_jam_can_be_told(self, chorale: Command, melody_mid: Path, name: str) -> None:
        """Density, a key and the temperatures of voices, by name or number."""
        source = ["--fast", "--plain"] if name == "demo" else [melody_mid]
        words = ("--density", -0.5, "--key", "e minor", "--voice-temperature", "Bass=0.5", "--voice-temperature", "2=3")
        ran = chorale(name, *source, *words, "--seed", 1, "--trace", "trace.json")
        assert (ran.code, ran.err) == (0, "")
        notes = [note for frame in json.loads(Path("trace.json").read_text())["frames"] for note in frame["notes"]]
        own = [{note["temperature"] for note in notes if note["voice"] == voice} for voice in ("alto", "tenor", "bass")]
        assert [temperatures - {1.0} for temperatures in own] == [{3.0}, {0.8}, {0.5}]  # 1: the last chord is held

    def test_long_seed_says_so(self, chorale: Command, folder: Path) -> None:
        lines = [[(0, 140, pitch, 70)] for pitch in (72, 67, 64, 48)]
        write_seed(folder / "long.mid", lines, names=VOICE_NAMES)
        ran = chorale("continue", "long.mid", "--bars", 1, "--seed", 1)
        assert written(ran) == Ran(
            0, "wrote long-continued.mid\n", "note: the seed is long: only its last 512 steps are heard\n"
        )


class TestHarmonise:
    def test_beside_the_melody(self, chorale: Command, melody_mid: Path) -> None:
        assert written(chorale("harmonise", melody_mid, "--seed", 1)) == Ran(0, "wrote melody-harmonised.mid\n", "")
        facts = read_facts(Path("melody-harmonised.mid"))
        assert facts.notes[0] == read_facts(melody_mid).notes[0]
        assert all(facts.notes)

    @pytest.mark.parametrize("voice", ["tenor", "3", "Tenor"])
    def test_voice(self, chorale: Command, melody_mid: Path, voice: str) -> None:
        ran = chorale("harmonise", melody_mid, "--voice", voice, "--seed", 1, "-o", "out.mid")
        assert ran.code == 0
        tenor = [note[:4] for note in read_facts(Path("out.mid")).notes[2]]
        assert tenor == [note[:4] for note in read_facts(melody_mid).notes[0]]

    def test_voice_there_is_not(self, chorale: Command, melody_mid: Path) -> None:
        says = complaint(chorale("harmonise", melody_mid, "--voice", "baritone"))
        assert says == "unknown voice 'baritone'; choose one of soprano, alto, tenor, bass or 1-4"

    def test_tune_by_its_track(self, chorale: Command, folder: Path) -> None:
        shutil.copy(GOLDEN / "mp.mid", folder)
        ran = chorale("harmonise", "mp.mid", "--voice", "soprano", "--seed", 1, "--program", "organ", "--quiet")
        assert ran == Ran(0, "", "note: heard: track 1 Melody; left out: 2 Piano; --track chooses others\n")
        facts = read_facts(Path("mp-harmonised.mid"))
        assert [note.pitch for note in facts.notes[0]] == [67, 69, 71, 72, 71, 69, 67, 67]
        assert b"\xc3\x13" in Path("mp-harmonised.mid").read_bytes()

    @pytest.mark.parametrize("command", ["continue", "harmonise"])
    def test_tracks_that_are_asked_for(self, chorale: Command, folder: Path, command: str) -> None:
        shutil.copy(GOLDEN / "mp.mid", folder)
        says = complaint(chorale(command, "mp.mid", "--track", "Flute"))
        assert says == ("no track is 'Flute'; there are 1 Melody (8 notes, G4 to C5), 2 Piano (12 notes, B3 to A4)")
        assert chorale(command, "mp.mid", "--track", "1", "--seed", 1).code == 0

    def test_program_there_is_not(self, chorale: Command, melody_mid: Path) -> None:
        says = complaint(chorale("harmonise", melody_mid, "--program", "kazoo"))
        assert says == "program must be a name of General MIDI, 1 to 128 or none, not 'kazoo'"

    def test_chords_in_some_bars(self, chorale: Command, melody_mid: Path) -> None:
        words = ("--bars", "2-2", "--chords", "G Am7 G/B D", "--cadence", "half", "--seed", 3, "--quiet")
        assert chorale("harmonise", melody_mid, *words) == Ran(0, "", "")
        soprano, *others = read_facts(Path("melody-harmonised.mid")).notes
        assert [note.pitch for note in soprano] == list(MELODY)
        assert {min(note.start for note in voice) for voice in others} == {1920}
        bass = {note.start: note.pitch % 12 for note in others[-1]}
        assert [bass[tick] for tick in (1920, 2400, 2880, 3360)] == [7, 9, 11, 2]

    def test_nothing_to_add(self, chorale: Command, chorale_mid: Path) -> None:
        says = complaint(chorale("harmonise", chorale_mid))
        assert says.startswith("chorale.mid holds all four voices; name the one to keep with --voice")


class TestDemo:
    def test_numbered_files_and_plain_lines(self, chorale: Command, folder: Path) -> None:
        for _ in range(2):
            ran = chorale("demo", "--fast", "--plain", "--bars", 1, "--seed", 1)
            assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines()[-1] == "wrote demo-2.mid, demo-2.wav"
        assert sorted(path.name for path in folder.iterdir()) == ["demo-2.mid", "demo-2.wav", "demo.mid", "demo.wav"]
        assert {notes[-1].end for notes in read_facts(Path("demo.mid")).notes} == {(20 + 4) * 480}

    def test_in_time(self, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without --fast the engine waits for the clock: here for one that takes no time."""
        from companion.commands import demo  # noqa: PLC0415

        waited: list[float] = []
        monkeypatch.setattr(demo.wall_clock, "__defaults__", (lambda: 0.0, waited.append))
        assert chorale("demo", "--plain", "--bars", 1, "--seed", 1).code == 0
        ticks = range((4 + 64 + 4 + 16) * demo.LOOKS_PER_STEP)
        assert waited == [pytest.approx(tick * demo.STEP_SECONDS / demo.LOOKS_PER_STEP) for tick in ticks]


class TestModels:
    def test_list(self, chorale: Command) -> None:
        ran = chorale("models")
        assert (ran.code, ran.err) == (0, "")
        assert any(line.startswith(f"* {DEFAULT_MODEL} ") for line in ran.out.splitlines())

    def test_json(self, chorale: Command) -> None:
        rows = json.loads(chorale("models", "--json").out)
        assert DEFAULT_MODEL in [row["name"] for row in rows]
        for row in rows:
            assert {"name", "architecture", "precision", "voice_order", "features", "parameters", "training"} <= set(
                row
            )
            assert not {"reference", "states"} & set(row)


def header(tracks: int = 1) -> bytes:
    return b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, tracks, 1, 224])


NOT_MUSIC = {
    "empty": b"",
    "random": random.Random(1).randbytes(2000),
    "header only": header(),
    "random track": header() + b"MTrk\0\0\0\x40" + random.Random(2).randbytes(64),
    "no notes": header() + b"MTrk\0\0\0\x04\0\xff\x2f\0",
    "text": b"C major, please",
}


class TestBadInput:
    @pytest.mark.parametrize("command", ["continue", "harmonise"])
    @pytest.mark.parametrize("content", NOT_MUSIC.values(), ids=NOT_MUSIC)
    def test_files_that_are_no_music(self, chorale: Command, folder: Path, command: str, content: bytes) -> None:
        (folder / "bad.mid").write_bytes(content)
        assert "bad.mid" in complaint(chorale(command, "bad.mid", "-o", "out.mid"))
        assert [path.name for path in folder.iterdir()] == ["bad.mid"]

    def test_every_way_to_cut_a_file_short(self, chorale: Command, chorale_mid: Path) -> None:
        content = chorale_mid.read_bytes()
        for size in range(0, len(content), 37):
            Path("cut.mid").write_bytes(content[:size])
            ran = chorale("continue", "cut.mid", "-o", "out.mid", "--bars", 1)
            assert Path("out.mid").exists() is (ran.code == 0)
            Path("out.mid").unlink(missing_ok=True)
            assert "note: mended: " in ran.err if ran.code == 0 else "cut.mid" in complaint(ran)

    @pytest.mark.parametrize(
        "name", ["none.mid", "", ".", "..", "/", "none/none.mid", "long" * 100 + ".mid", "line\nbreak.mid"]
    )
    def test_files_there_are_not(self, chorale: Command, name: str) -> None:
        for words in (("-o", "out.mid"), (), ("--wav",)):
            complaint(chorale("continue", name, *words))

    @pytest.mark.parametrize(
        ("place", "says"),
        [
            ("", "cannot write .: it is a folder; name a file"),
            ("/", "cannot write /: it is a folder; name a file"),
            ("song.txt", "what is written must end in .mid, .musicxml or .mxl, not .txt"),
            ("song.abc", "what is written must end in .mid, .musicxml or .mxl, not .abc"),
            ("song.wav", "what is written must end in .mid, .musicxml or .mxl, not .wav; add --wav for that beside it"),
            ("song.pdf", "what is written must end in .mid, .musicxml or .mxl, not .pdf; add --pdf for that beside it"),
        ],
    )
    @pytest.mark.parametrize("options", [(), ("--wav",)])
    def test_places_that_no_music_can_have(
        self, chorale: Command, melody_mid: Path, place: str, says: str, options: tuple[str, ...]
    ) -> None:
        for command in ("continue", "harmonise"):
            assert complaint(chorale(command, melody_mid, "-o", place, *options)) == says

    @pytest.mark.parametrize("place", ["song", "song.MID", "song.midi"])
    def test_places_that_it_can_have(self, chorale: Command, melody_mid: Path, place: str) -> None:
        assert written(chorale("harmonise", melody_mid, "-o", place, "--model", "gru")).out == f"wrote {place}\n"

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (["--model", "gruu"], "unknown model 'gruu' (did you mean gru?); known: "),
            (["--model", "none.onnx"], "cannot read none.onnx: No such file or directory"),
            (["--model", "seed.mid"], "seed.mid: not a usable ONNX model: "),
            (["--model", "m" * 400], "known: "),
            (["--style", "jazz"], "style must be one of bach, free, wild, not 'jazz'"),
            (["--temperature", "nan"], "temperature must be from 0 to 10 or auto, not nan"),
            (["--temperature", "-1"], "temperature must be from 0 to 10 or auto, not -1"),
            (["-t", "inf"], "temperature must be from 0 to 10 or auto, not inf"),
            (["--top-p", "0"], "top_p must be above 0 to 1 or auto, not 0"),
            (["--top-p", "nan"], "top_p must be above 0 to 1 or auto, not nan"),
            (["--threshold", "0"], "threshold must be above 0 to 1 or auto, not 0"),
            (["--threshold", "1.5"], "threshold must be above 0 to 1 or auto, not 1.5"),
            (["--threshold", "-0.1"], "threshold must be above 0 to 1 or auto, not -0.1"),
            (["--threshold", "0.5", "--model", "gru"], "threshold is for models that sing bass first"),
            (["--density", "5"], "density must be from -4 to 4, not 5"),
            (["--density", "nan"], "density must be from -4 to 4, not nan"),
            (["--follow", "1.5"], "follow must be from 0 to 1, not 1.5"),
            (["--follow", "-1"], "follow must be from 0 to 1, not -1"),
            (
                ["--key", "Q dur"],
                "key must be a key such as C major, f# minor, Em or D dorian, or auto, not 'Q dur'",
            ),
            (
                ["--chords", "G | Gx"],
                "bar 2: unknown chord 'Gx'; chords are written like G, Em, D7, F#m7b5, C/E or Asus4",
            ),
            (["--chords", "G | C | D", "--bars", "2"], "there are chords for 3 bars, and 2 bars for them"),
            (["--close-at", "9", "--bars", "8"], "there is no bar 9 to close in: there are 8 new bars"),
            (["--close-at", "9" * 5000], "close-at must be bars, as in 4,8 or 4:half,8:authentic, not "),
            (["--cadence", "sad"], "unknown cadence 'sad'; choose one of authentic, half, deceptive, plagal"),
            (["--voice-temperature", "0.5"], "voice-temperature must be written like bass=VALUE, not '0.5'"),
            (["--voice-temperature", "bas=1"], "voice must be 1 to 4 or soprano, alto, tenor, bass, not 'bas'"),
            (["--voice-temperature", "bass=x"], "temperature must be from 0 to 10 or auto, not 'x'"),
            (["--voice-temperature", "bass=11"], "temperature must be from 0 to 10 or auto, not 11"),
            (
                ["--voice-temperature", "bass=1", "--voice-temperature", "4=2"],
                "voice-temperature names one voice twice: '4=2'",
            ),
            (["--bars", "0"], "bars must be from 1 to 1000, not 0"),
            (["--bars", "-5"], "bars must be from 1 to 1000, not -5"),
            (["--bars", "1001"], "bars must be from 1 to 1000, not 1001"),
            (["--seed", "-1"], "seed must be a whole number from 0 to 2147483647, not -1"),
            (["--velocity", "200"], "velocity must be played, entropy or 1 to 127, not '200'"),
            (["-o", "none/out.mid"], "cannot write none/out.mid: there is no folder none"),
            (["-o", "."], "cannot write .: it is a folder; name a file"),
            (["-o", "none\x1b[2J\n/out.mid"], "cannot write none?[2J /out.mid: there is no folder none?[2J"),
            (["-o", "o" * 300], "File name too long"),
            (["-o", "x.mid", "--trace", "x.mid"], "two outputs have one name: x.mid"),
            (
                ["--trace", "x.txt"],
                "--trace must end in .json, .jsonl (a frame a line) or .csv (a note a row), not .txt",
            ),
            (["--trace", "seed.mid"], "seed.mid exists; choose another name, or --force to replace it"),
            (["-o", "seed.mid"], "seed.mid exists; choose another name, or --force to replace it"),
        ],
    )
    def test_settings(self, chorale: Command, folder: Path, options: list[str], says: str) -> None:
        seed = write_seed(folder / "seed.mid", CHORALE, names=VOICE_NAMES)
        kept = seed.read_bytes()
        assert says in complaint(chorale("continue", "seed.mid", *options))
        assert [path.name for path in folder.iterdir()] == ["seed.mid"]
        assert seed.read_bytes() == kept

    def test_bars_that_are_not_in_the_tune(self, chorale: Command, melody_mid: Path) -> None:
        says = complaint(chorale("harmonise", melody_mid, "--bars", "2-9"))
        assert says == "the piece has bars 1 to 2, not 2-9"

    @pytest.mark.parametrize("name", ["out.mid", "out.wav", "trace.json"])
    def test_nothing_is_overwritten_without_force(self, chorale: Command, chorale_mid: Path, name: str) -> None:
        Path(name).write_bytes(b"mine")
        words = ("continue", chorale_mid, "-o", "out.mid", "--wav", "--trace", "trace.json", "--bars", 1)
        says = complaint(chorale(*words))
        assert says == f"{name} exists; choose another name, or --force to replace it"
        assert Path(name).read_bytes() == b"mine"
        assert sorted(path.name for path in Path().iterdir()) == sorted(["chorale.mid", name])
        assert chorale(*words, "--force").code == 0
        assert Path(name).read_bytes() != b"mine"

    def test_full_disk(self, chorale: Command, chorale_mid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        Path("out.mid").write_bytes(b"mine")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            says = complaint(chorale("continue", chorale_mid, "-o", "out.mid", "--force", "--bars", 1))
        assert says == "cannot write out.mid: No space left on device"
        assert sorted(path.name for path in Path().iterdir()) == ["chorale.mid", "out.mid"]
        assert Path("out.mid").read_bytes() == b"mine"


class TestProcess:
    """The program as it really runs."""

    def run(self, python: list[str], *words: str, before: Callable[[], None] | None = None) -> Ran:
        code = "from companion.cli import main; main()"
        done = subprocess.run(
            [*python, "-c", code, *words], capture_output=True, check=False, text=True, preexec_fn=before
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def test_continues_as_in_this_process(self, fresh_python: list[str], chorale: Command, chorale_mid: Path) -> None:
        """Byte by byte, in another process."""
        words = ("continue", str(chorale_mid), "--bars", "2", "--seed", "5")
        assert written(self.run(fresh_python, *words)) == Ran(0, "wrote chorale-continued.mid\n", "")
        assert chorale(*words, "-o", "here.mid").code == 0
        assert Path("here.mid").read_bytes() == Path("chorale-continued.mid").read_bytes()

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits the size of files")
    def test_file_that_cannot_be_written_to_its_end(self, fresh_python: list[str], chorale_mid: Path) -> None:
        """A real write that fails half-way."""
        import resource  # noqa: PLC0415

        Path("out.mid").write_bytes(b"mine")

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        words = ("continue", str(chorale_mid), "-o", "out.mid", "--force", "--bars", "1")
        ran = self.run(fresh_python, *words, before=small)
        assert complaint(ran) == "cannot write out.mid: File too large"
        assert Path("out.mid").read_bytes() == b"mine"
        assert sorted(path.name for path in Path().iterdir()) == ["chorale.mid", "out.mid"]
