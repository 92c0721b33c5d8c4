"""The p5.js sketch of docs/visuals.md in a real browser: what it draws is what a trace tells."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from integration.chromium import BrowserTab
from integration.jack import HOME
from integration.p5 import KNOWN, need_p5
from support.fakes import quarters, write_seed
from support.programs import run

pytestmark = [pytest.mark.peers, pytest.mark.slow]

TUNE = [64, 67, 66, 64, 63, 64, 66, 66, 67, 69, 71, 71, 69, 67, 66, 66]
SKETCH = HOME / "docs" / "visuals"
DRAWN = """new Promise((done) => {
  const drawn = () => window.frameCount ?? 0; // p5 counts its pictures, the first of which may take a while
  const before = drawn();
  const look = () => (drawn() >= before + 2 ? done() : requestAnimationFrame(look));
  look();
})"""
COLOURS = {"#e8b040": (232, 176, 64), "#e06070": (224, 96, 112), "#50b890": (80, 184, 144), "#6090e8": (96, 144, 232)}


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sketch, and one music as an object and in lines."""
    folder = tmp_path_factory.mktemp("sketch")
    for name in ("sketch.html", "sketch.js"):
        shutil.copy(SKETCH / name, folder)
    seed = write_seed(folder / "tune.mid", [quarters(TUNE)])
    for ending in ("json", "jsonl"):
        words = ("--seed", 5, "--force", "-o", folder / "out.mid", "--trace", folder / f"out.{ending}")
        assert run("chorale", "harmonise", seed, *words).code == 0
    return folder


@pytest.fixture(params=KNOWN)
def folder(request: pytest.FixtureRequest, traces: Path) -> Path:
    """The same, with one version of p5."""
    kept = traces / f"p5-{request.param}.min.js"
    if not kept.exists():
        need_p5(request.param, kept)
    shutil.copy(kept, traces / "p5.min.js")
    return traces


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[BrowserTab]:
    """One that has nothing to complain of in the end, but that tests look at what it has drawn."""
    with BrowserTab(tmp_path / "profile") as opened:
        yield opened
        assert [fault for fault in opened.faults if "willReadFrequently" not in fault] == []


def choose(tab: BrowserTab, path: Path) -> None:
    """As a person does in the dialog."""
    found = tab.call("Runtime.evaluate", expression="document.getElementById('trace')")["result"]["objectId"]
    tab.call("DOM.setFileInputFiles", files=[str(path)], objectId=found)


def drawn(tab: BrowserTab, says: str) -> None:
    """It has read a trace, and drawn since."""
    tab.run(
        "new Promise((done) => { const look = () => document.getElementById('said').textContent.includes("
        f"{json.dumps(says)}) ? done() : setTimeout(look, 20); look(); }})"
    )
    tab.run(DRAWN)


def colours(tab: BrowserTab, places: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Of pitches in columns, as they are seen."""
    seen = tab.run(f"{json.dumps(places)}.map(([column, pitch]) => [...get(...placeOf(column, pitch))])")
    return [tuple(one[:3]) for one in seen]


def frames_of(path: Path) -> list[Any]:
    return list(json.loads(path.read_text("utf-8"))["frames"])


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_it_draws_what_the_trace_tells(tab: BrowserTab, folder: Path, ending: str) -> None:
    frames = frames_of(folder / "out.json")
    assert len(frames) <= tab_shows(tab, folder)
    choose(tab, folder / f"out.{ending}")
    drawn(tab, f"{len(frames)} steps")
    own = list(COLOURS.values())
    for voice in (1, 2, 3):  # the last that is drawn on a pitch is seen
        places = [
            (at, frame["notes"][voice]["pitch"])
            for at, frame in enumerate(frames)
            if frame["notes"][voice]["pitch"] not in [None, *(note["pitch"] for note in frame["notes"][voice + 1 :])]
        ]
        assert len(places) > 20
        assert set(colours(tab, places)) == {own[voice]}
    given = [(at, frame["notes"][0]["pitch"]) for at, frame in enumerate(frames)]
    assert (160, 160, 160) in colours(tab, given)


def tab_shows(tab: BrowserTab, folder: Path) -> int:
    """It is open, and empty; how many steps it shows."""
    tab.open(folder / "sketch.html")
    tab.run(DRAWN)
    assert set(colours(tab, [(0, pitch) for pitch in range(36, 82)])) == {(16, 16, 20)}
    return int(tab.run("STEPS_SHOWN"))


def test_the_likelier_a_pitch_was_the_brighter_it_is(tab: BrowserTab, folder: Path) -> None:
    frames = frames_of(folder / "out.json")
    tab_shows(tab, folder)
    choose(tab, folder / "out.json")
    drawn(tab, f"{len(frames)} steps")
    seen = 0
    for at, frame in enumerate(frames):
        sung = {note["pitch"] for note in frame["notes"]}
        shares: dict[int, list[float]] = {}
        for note in frame["notes"]:
            for pitch, share in note["distribution"]:
                if pitch is not None and pitch not in sung:
                    shares.setdefault(pitch, []).append(share)
        alone = sorted((own[0], pitch) for pitch, own in shares.items() if len(own) == 1)
        if len(alone) < 2 or alone[-1][0] < 4 * alone[0][0]:
            continue
        faint, bright = colours(tab, [(at, alone[0][1]), (at, alone[-1][1])])
        assert sum(bright) > sum(faint) > 52  # of the ground
        seen += 1
    assert seen > 5


def test_what_is_no_trace_is_said(tab: BrowserTab, folder: Path, tmp_path: Path) -> None:
    tab.open(folder / "sketch.html")
    for name, text, says in (
        ("a.json", "hello", "This is no trace that can be read: "),
        ("b.json", '{"format": "<img src=x onerror=alert(1)>"}', "the format is <img src=x onerror=alert(1)>, not"),
        ("c.jsonl", '{"format": "chorale-trace/2", "lines": true}\n{', "This is no trace that can be read: "),
    ):
        (tmp_path / name).write_text(text)
        choose(tab, tmp_path / name)
        drawn(tab, says)
    assert tab.run("document.images.length") == 0


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """As ``python3 -m http.server`` does."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_trace_that_grows_is_followed(tab: BrowserTab, folder: Path) -> None:
    """Also where its last line is being written."""
    head, *lines = (folder / "out.jsonl").read_bytes().splitlines(keepends=True)
    live = folder / "live.jsonl"
    live.write_bytes(head + b"".join(lines[:4]) + lines[4][:50])
    with served(folder) as address:
        tab.open(f"{address}/sketch.html?trace=live.jsonl&follow")
        drawn(tab, "bach, 4 steps")
        live.write_bytes(head + b"".join(lines[:9]) + json.dumps({"taken_back": 7}).encode() + b"\n")
        drawn(tab, "bach, 7 steps")
    tab.faults[:] = [fault for fault in tab.faults if address not in fault]  # what it asked of this server
