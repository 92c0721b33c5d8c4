"""Many files at once, and several variations of one: what is written where, and what is said of what cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.fakes import MELODY, quarters, write_seed
from support.programs import Command, Ran

from companion.files import midi
from companion.workbench import jobs


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("companion.screen.terminal.LONG_SECONDS", 1e9)  # a busy machine says no more than another
    for name, lowest in (("a", 0), ("b", 2), ("c", -2)):
        write_seed(tmp_path / f"{name}.mid", [quarters([pitch + lowest for pitch in MELODY])])
    (tmp_path / "bad.mid").write_bytes(b"C major, please")
    return tmp_path


def names(folder: Path | str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def complaint(ran: Ran) -> str:
    """The one line of what is refused before any work."""
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    return ran.err.removeprefix("chorale: ").rstrip("\n")


class TestMany:
    @pytest.mark.parametrize("command", ["harmonise", "continue"])
    def test_each_is_what_it_is_alone(self, chorale: Command, command: str) -> None:
        options = ["--seed", 3, *(["--bars", 2] if command == "continue" else [])]
        ran = chorale(command, "a.mid", "b.mid", "c.mid", "--out-dir", "all", *options)
        assert (ran.code, ran.err) == (0, "")
        word = {"harmonise": "harmonised", "continue": "continued"}[command]
        assert names("all") == [f"{name}-{word}.mid" for name in "abc"]
        assert ran.out.splitlines()[-1] == f"3 files {word}"
        for name in "abc":
            assert chorale(command, f"{name}.mid", "-o", "alone.mid", "--force", *options).code == 0
            alone = Path("alone.mid").read_bytes()
            assert alone == Path(f"all/{name}-{word}.mid").read_bytes()

    def test_beside_them(self, chorale: Command, folder: Path) -> None:
        assert chorale("harmonise", "a.mid", "b.mid", "--seed", 1).code == 0
        assert {"a-harmonised.mid", "b-harmonised.mid"} <= set(names(folder))

    def test_a_bad_one_stops_no_other(self, chorale: Command) -> None:
        ran = chorale("harmonise", "a.mid", "bad.mid", "none.mid", "b.mid", "--out-dir", "all", "--seed", 1)
        assert ran.code == 1
        assert ran.err.splitlines() == [
            "chorale: bad.mid is no MIDI file (it has no header MThd); save or export it again as format 0 or 1",
            "chorale: cannot read none.mid: No such file or directory",
            "chorale: 2 of 4 files harmonised; 2 could not be",
        ]
        assert ran.out.splitlines() == [f"wrote {Path('all') / name}-harmonised.mid" for name in "ab"]
        assert names("all") == ["a-harmonised.mid", "b-harmonised.mid"]

    def test_nothing_is_overwritten(self, chorale: Command, folder: Path) -> None:
        (folder / "all").mkdir()
        (folder / "all" / "a-harmonised.mid").write_bytes(b"mine")
        ran = chorale("harmonise", "a.mid", "b.mid", "--out-dir", "all", "--seed", 1)
        assert ran.code == 1
        assert f"{Path('all', 'a-harmonised.mid')} exists; choose another name, or --force" in ran.err
        assert Path("all/a-harmonised.mid").read_bytes() == b"mine"
        assert Path("all/b-harmonised.mid").exists()
        assert chorale("harmonise", "a.mid", "b.mid", "--out-dir", "all", "--force", "--seed", 1).code == 0
        assert Path("all/a-harmonised.mid").read_bytes() != b"mine"

    def test_equal_names(self, chorale: Command, folder: Path) -> None:
        """Also where only capitals differ, and with --force; what is read is never written over."""
        for place, name in (("x", "a.mid"), ("y", "A.mid"), ("z", "a.midi")):
            (folder / place).mkdir()
            (folder / place / name).write_bytes((folder / "a.mid").read_bytes())
        words = ("x/a.mid", "y/A.mid", "z/a.midi", "--out-dir", "all", "--seed", 1, "--force")
        assert chorale("harmonise", *words).code == 0
        assert names("all") == ["A-harmonised-2.mid", "a-harmonised-3.mid", "a-harmonised.mid"]

    def test_what_is_read_is_not_written_over(self, chorale: Command, folder: Path) -> None:
        (folder / "a-harmonised.mid").write_bytes((folder / "b.mid").read_bytes())
        before = (folder / "a-harmonised.mid").read_bytes()
        assert chorale("harmonise", "a.mid", "a-harmonised.mid", "--force", "--seed", 1).code == 0
        assert (folder / "a-harmonised.mid").read_bytes() == before
        assert {"a-harmonised-2.mid", "a-harmonised-harmonised.mid"} <= set(names(folder))

    def test_variations_do_not_write_over_what_is_read(self, chorale: Command, folder: Path) -> None:
        (folder / "a-harmonised-2.mid").write_bytes((folder / "b.mid").read_bytes())
        before = (folder / "a-harmonised-2.mid").read_bytes()
        words = ("a.mid", "a-harmonised-2.mid", "--variations", 2, "--force", "--seed", 1)
        assert chorale("harmonise", *words).code == 0
        assert (folder / "a-harmonised-2.mid").read_bytes() == before
        assert {"a-harmonised-2-1.mid", "a-harmonised-2-2.mid", "a-harmonised-2-harmonised-1.mid"} <= set(names(folder))

    @pytest.mark.parametrize("name", ["", ".", "/", ".."])
    def test_folders_among_them(self, chorale: Command, name: str) -> None:
        ran = chorale("harmonise", name, "a.mid", "--out-dir", "all", "--seed", 1)
        assert (ran.code, ran.err.count("\n"), names("all")) == (1, 2, ["a-harmonised.mid"])
        assert ran.err.startswith("chorale: ") and "is a folder" in ran.err

    def test_the_model_is_loaded_once(self, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        from companion.model import library  # noqa: PLC0415

        opened: list[str] = []
        real = library.open_model
        library._kept.cache_clear()
        monkeypatch.setattr(library, "open_model", lambda name: opened.append(name) or real(name))
        assert chorale("harmonise", "a.mid", "b.mid", "c.mid", "--out-dir", "all", "--variations", 2).code == 0
        assert opened == ["bach"]

    def test_notices_name_their_file(self, chorale: Command, folder: Path) -> None:
        write_seed(folder / "low.mid", [quarters([20, 60, 62, 60])])
        ran = chorale("harmonise", "a.mid", "low.mid", "--out-dir", "all", "--seed", 1)
        assert (ran.code, ran.err.startswith("note: low.mid: ")) == (0, True)

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("-o", "x.mid"), "-o names one file, and there are 2; give --out-dir, a folder for all"),
            (("--trace", "x.json"), "--trace names one file, and there are 2; give --out-dir, a folder for all"),
            (("-",), "standard input (-) is a file by itself; give it alone"),
            (("--out-dir", "a.mid"), "cannot write into a.mid: it is not a folder"),
            (("--model", "gruu"), "unknown model 'gruu' (did you mean gru?); known: "),
            (("--temperature", "-1"), "temperature must be from 0 to 10 or auto, not -1"),
            (("--variations", 0), "variations must be from 1 to 50, not 0"),
            (("--soundfont", "none.sf2"), ""),
            (("-o", "x.mid", "--out-dir", "all"), "-o names a file and --out-dir a folder for it; give one of them"),
        ],
    )
    def test_what_is_wrong_with_all_is_said_once(
        self, chorale: Command, folder: Path, options: tuple[str, ...], says: str
    ) -> None:
        before = names(folder)
        assert complaint(chorale("harmonise", "a.mid", "b.mid", *options)).startswith(says)
        assert names(folder) == before


class TestOutDir:
    def test_one_file(self, chorale: Command) -> None:
        assert chorale("harmonise", "a.mid", "--out-dir", "new/deep", "--seed", 1, "--wav").code == 0
        assert names("new/deep") == ["a-harmonised.mid", "a-harmonised.wav"]

    def test_not_with_a_name(self, chorale: Command) -> None:
        says = complaint(chorale("harmonise", "a.mid", "--out-dir", "new", "-o", "x.mid"))
        assert says == "-o names a file and --out-dir a folder for it; give one of them"


class TestVariations:
    def made(self, chorale: Command, *options: object) -> tuple[Ran, list[tuple[int, float]]]:
        """What was said, and seed and strain of each row."""
        ran = chorale("harmonise", "a.mid", *options)
        rows = [re.match(r" *(\d+) +(\d+) +(-?[\d.]+) ", line) for line in ran.out.splitlines()]
        return ran, [(int(row[2]), float(row[3])) for row in rows if row]

    def test_each_is_what_its_seed_makes_alone(self, chorale: Command) -> None:
        """Byte by byte: song, sound and trace."""
        ran, rows = self.made(chorale, "--variations", 4, "--seed", 5, "--wav", "--trace", "t.json", "--key", "g major")
        assert (ran.code, ran.err, len(rows)) == (0, "", 4)
        assert 5 in [seed for seed, _ in rows]
        for number, (seed, _) in enumerate(rows, start=1):
            words = ("--seed", seed, "-o", "x.mid", "--trace", "x.json", "--wav", "--force", "--key", "g major")
            assert chorale("harmonise", "a.mid", *words).code == 0
            for alone, one in (("x.mid", "a-harmonised"), ("x.wav", "a-harmonised"), ("x.json", "t")):
                suffix = Path(alone).suffix
                assert Path(alone).read_bytes() == Path(f"{one}-{number}{suffix}").read_bytes()

    def test_the_best_first(self, chorale: Command) -> None:
        _, rows = self.made(chorale, "--variations", 6, "--seed", 2)
        strains = [strain for _, strain in rows]
        assert strains == sorted(strains)
        assert len(set(strains)) > 1

    def test_always_the_same(self, chorale: Command) -> None:
        def made() -> tuple[str, list[bytes]]:
            ran, _ = self.made(chorale, "--variations", 3, "--seed", 2, "--force")
            return ran.out, [Path(f"a-harmonised-{number}.mid").read_bytes() for number in (1, 2, 3)]

        assert made() == made()

    def test_of_many(self, chorale: Command) -> None:
        assert chorale("harmonise", "a.mid", "b.mid", "--variations", 2, "--out-dir", "all", "--seed", 1).code == 0
        assert names("all") == [f"{name}-harmonised-{number}.mid" for name in "ab" for number in (1, 2)]

    def test_named(self, chorale: Command) -> None:
        assert chorale("harmonise", "a.mid", "--variations", 2, "-o", "x.mid", "--seed", 1).code == 0
        assert Path("x-1.mid").exists() and Path("x-2.mid").exists()

    def test_continued(self, chorale: Command) -> None:
        ran = chorale("continue", "a.mid", "--variations", 2, "--bars", 2, "--seed", 1)
        assert (ran.code, ran.err) == (0, "")
        heard, head, *_, by, wrote = ran.out.splitlines()
        assert heard.startswith("heard: G major")
        assert head.split() == [
            "seed",
            "strain",
            "chords",
            "faults",
            "V–I",
            "notes/beat",
            "bits/note",
            "range",
            "closes",
        ]
        assert by.startswith("ranked by strain: ")
        assert wrote == "wrote a-continued-1.mid, a-continued-2.mid"

    def test_what_exists_is_refused_before_any_work(
        self, chorale: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "a-harmonised-2.mid").write_bytes(b"mine")
        monkeypatch.setattr(jobs, "open_model", lambda name: pytest.fail("no model is needed"))
        assert "a-harmonised-2.mid exists" in complaint(chorale("harmonise", "a.mid", "--variations", 2))
        assert (folder / "a-harmonised-2.mid").read_bytes() == b"mine"

    def test_all_or_none(self, chorale: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A fault in one leaves none of the others."""
        real, done = midi.chorale_file, []

        def second_fails(*notes: object, **said: object) -> bytes:
            done.append(1)
            if len(done) == 2:
                raise midi.BadMidiFile("no more")
            return real(*notes, **said)  # type: ignore[arg-type]

        monkeypatch.setattr("companion.workbench.outputs.chorale_file", second_fails)
        before = names(folder)
        assert complaint(chorale("harmonise", "a.mid", "--variations", 3)) == "no more"
        assert names(folder) == before

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("--variations", 0), "variations must be from 1 to 50, not 0"),
            (("--variations", 51), "variations must be from 1 to 50, not 51"),
            (("--variations", 2, "-o", "-"), "variations are several files; name them: -o song.mid makes song-1.mid"),
        ],
    )
    def test_what_cannot_be(self, chorale: Command, options: tuple[object, ...], says: str) -> None:
        assert complaint(chorale("harmonise", "a.mid", *options)).startswith(says)

    def test_traces(self, chorale: Command) -> None:
        _, rows = self.made(chorale, "--variations", 2, "--seed", 5, "--trace", "t.json")
        seeds = [json.loads(Path(f"t-{number}.json").read_text("utf-8"))["summary"]["seed"] for number in (1, 2)]
        assert seeds == [seed for seed, _ in rows]
