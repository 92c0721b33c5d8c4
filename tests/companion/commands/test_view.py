"""``chorale view``: what is written, opened, and refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from support.fakes import CHORALE, VOICE_NAMES, Babbler, write_seed
from support.programs import Command

from companion.commands import view as command
from companion.commands.view import open_page
from companion.workbench import jobs

PAGE = b"<!DOCTYPE html>"


@pytest.fixture
def folder(tmp_path: Path, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a song and the trace of its continuation, in which one works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())
    write_seed(Path("song.mid"), CHORALE, names=VOICE_NAMES)
    ran = chorale("continue", "song.mid", "--bars", 1, "--seed", 3, "--trace", "choices.json")
    assert ran.code == 0
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The pages that were opened."""
    pages: list[Path] = []
    monkeypatch.setattr(command, "open_page", lambda page: pages.append(page) or True)
    return pages


def shown(page: Path) -> dict[str, object]:
    text = page.read_text("utf-8").partition('id="shown">')[2].partition("</script>")[0]
    told: dict[str, object] = json.loads(text)
    return told


def test_a_trace_becomes_a_page_that_is_opened(folder: Path, chorale: Command, opened: list[Path]) -> None:
    ran = chorale("view", "choices.json")
    assert (ran.code, ran.out, ran.err) == (0, "wrote choices.html\n", "")
    assert opened == [Path("choices.html")]
    told = shown(folder / "choices.html")
    assert (told["title"], told["origin"]) == ("choices", "babbler · style bach · G major · seed 3")
    assert str(told["again"]).startswith("chorale continue song.mid --seed 3 ")


def test_a_song_becomes_one_too(folder: Path, chorale: Command, opened: list[Path]) -> None:
    ran = chorale("view", "song.mid", "-o", "page.html", "--no-open")
    assert (ran.code, ran.out, opened) == (0, "wrote page.html\n", [])
    assert shown(folder / "page.html")["frames"] == []


def test_pictures_stand_beside_it(folder: Path, chorale: Command) -> None:
    ran = chorale("view", "choices.json", "--png", "--svg", "--no-open")
    assert ran.out == "wrote choices.html, choices.png, choices.svg\n"
    assert (folder / "choices.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "choices.svg").read_bytes().startswith(b"<svg ")


@pytest.mark.parametrize("there", ["choices.html", "choices.png"])
def test_nothing_is_overwritten(folder: Path, chorale: Command, opened: list[Path], there: str) -> None:
    (folder / there).write_text("mine")
    before = sorted(folder.iterdir())
    ran = chorale("view", "choices.json", "--png")
    assert (ran.code, ran.err) == (1, f"chorale: {there} exists; choose another name, or --force to replace it\n")
    assert (sorted(folder.iterdir()), opened) == (before, [])
    assert chorale("view", "choices.json", "--png", "--force").code == 0
    assert (folder / "choices.html").read_bytes().startswith(PAGE)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["choices.json", "-o", "page.mid"], "a page must end in .html, not '.mid'"),
        (["."], "cannot read .: it is a folder"),
        (["none.json"], "cannot read none.json: No such file or directory"),
        (["broken.json"], "broken.json is not a trace that can be read: it is no JSON, or cut short"),
        (["broken.mid"], "broken.mid is no MIDI file"),
        (["choices.json", "-o", "nowhere/page.html"], "cannot write nowhere/page.html: there is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_one_line(folder: Path, chorale: Command, words: list[str], expected: str) -> None:
    for name in ("broken.json", "broken.mid"):
        (folder / name).write_bytes((folder / "choices.json").read_bytes()[:200])
    before = sorted(folder.iterdir())
    ran = chorale("view", *words, "--no-open")
    assert ran.code == 1
    assert ran.err.startswith(f"chorale: {expected}")
    assert ran.err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("folder")
def test_where_there_is_no_browser_the_place_is_told(chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_page", lambda page: False)
    ran = chorale("view", "choices.json")
    assert ran.code == 0
    assert ran.err == "note: there is no browser to open it in: open choices.html by hand\n"


def test_only_a_screen_has_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not open_page(tmp_path / "a b.html", lambda address: asked.append(address) or True)
    monkeypatch.setenv("DISPLAY", ":0")
    assert open_page(tmp_path / "a b.html", lambda address: asked.append(address) or True)
    assert asked == [(tmp_path / "a b.html").as_uri()]
