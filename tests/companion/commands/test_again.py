"""The words that make a file again, as they stand in it."""

from __future__ import annotations

import shlex
from pathlib import Path

import mido
import pytest
from support.fakes import MELODY, quarters, write_seed
from support.programs import Command

from companion.commands import again


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_seed(tmp_path / "a tune.mid", [quarters(MELODY)])
    return tmp_path


def text_of(path: Path | str) -> str:
    """What the first event after the name of the first track says, at tick 0."""
    (first, *_) = [event for event in mido.MidiFile(path, charset="utf-8").tracks[0] if event.type != "track_name"]
    assert (first.type, first.time) == ("text", 0)
    return str(first.text)


class TestFile:
    def test_makes_it_again(self, chorale: Command, folder: Path) -> None:
        """The line typed as it stands, in the folder of the tune, gives the same bytes."""
        (folder / "x").mkdir()
        options = ["--key", "e minor", "--voice-temperature", "bass=0.5", "--voice-temperature", "2=1", "-t", "0.9"]
        assert chorale("continue", "a tune.mid", "-o", "x/o.mid", "--bars", 3, *options, "--wav", "-q").code == 0
        command, *words = shlex.split(text_of("x/o.mid"))
        assert command == "chorale"
        assert chorale(*words).code == 0
        assert Path("a tune-continued.mid").read_bytes() == Path("x/o.mid").read_bytes()

    def test_names_everything_that_was_said(self, chorale: Command, folder: Path) -> None:
        chorale("harmonise", folder / "a tune.mid", "--seed", 3, "--style", "free", "--density", -0.5, "-o", "o.mid")
        assert text_of("o.mid") == 'chorale harmonise "a tune.mid" --seed 3 --model bach --style free --density -0.5'

    def test_no_path_of_the_machine(self, chorale: Command, folder: Path) -> None:
        """Of a model's file neither."""
        model = folder / "mine.onnx"
        shipped = Path(__file__).parents[3] / "models" / "gru.onnx"
        model.write_bytes(shipped.read_bytes())
        assert chorale("harmonise", folder / "a tune.mid", "--model", model, "--seed", 1, "-o", "o.mid").code == 0
        assert text_of("o.mid") == 'chorale harmonise "a tune.mid" --seed 1 --model mine.onnx --style bach'

    def test_the_dice_of_a_demo(self, chorale: Command) -> None:
        ran = chorale("demo", "--fast", "--plain", "--bars", 1)
        (line,) = [line for line in ran.out.splitlines() if line.startswith("again: ")]
        assert line == f"again: {text_of('demo.mid')}"
        words = shlex.split(text_of("demo.mid"))[1:]
        assert chorale(*words, "--fast", "--plain").code == 0
        assert Path("demo.mid").read_bytes() == Path("demo-2.mid").read_bytes()

    def test_quiet(self, chorale: Command) -> None:
        ran = chorale("harmonise", "a tune.mid", "-o", "o.mid", "--seed", 1, "--quiet")
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        assert "--seed 1" in text_of("o.mid")
        ran = chorale("demo", "--fast", "--plain", "--bars", 1, "-q")
        assert ran.code == 0
        assert not [line for line in ran.out.splitlines() if line.startswith(("again:", "wrote"))]


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("bach", "bach"),
        ("e minor", '"e minor"'),
        ("f#", "f#"),
        ("G | D7", '"G | D7"'),
        ('a "b"', "'a \"b\"'"),
        ("$HOME", "'$HOME'"),
        ("", '""'),
    ],
)
def test_quoted(word: str, quoted: str) -> None:
    assert again._quoted(word) == quoted
    assert shlex.split(quoted) == [word]
