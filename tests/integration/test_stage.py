"""The stage in a real browser, beside a real jam."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.chromium import BrowserTab
from integration.staged import PAGE_ALONE, Staged, staged, wait_in

from companion.stage.news import Phase

pytestmark = [pytest.mark.peers, pytest.mark.slow]

PICTURE = "[...jam.steps.values()].map(({step, phase, pitches}) => [step, phase, pitches])"
BRIGHT = """(() => {
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let bright = 0;
  for (let at = 0; at < data.length; at += 4) if (Math.max(data[at], data[at + 1], data[at + 2]) > 120) bright += 1;
  return bright;
})()"""


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[BrowserTab]:
    """One that has nothing to complain of in the end."""
    with BrowserTab(tmp_path / "profile", PAGE_ALONE) as one:
        yield one
        # it asks again for a jam that is over, which Chromium writes down
        assert [fault for fault in one.faults if "ERR_CONNECTION_REFUSED" not in fault] == []


def sent_frames(folder: Path) -> dict[int, list[int]]:
    """What the player process was told of each step, the last word counting, with -1 for silence."""
    (log,) = (folder / "takes").glob("*.jsonl")
    entries = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return {
        step: [-1 if part[0] is None else part[0] for part in parts]
        for entry in entries
        if entry.get("kind") == "send"
        for step, *parts in entry["frames"]
    }


def end(jam: Staged) -> None:
    jam.process.send_signal(signal.SIGINT)
    assert jam.process.wait(20) == 0


def test_the_page_shows_what_sounds_what_comes_and_what_is_played(tab: BrowserTab, tmp_path: Path) -> None:
    with staged(tmp_path, "--seed", "4", "--bpm", "200", "--record", "takes") as jam:
        tab.open(jam.address)
        jam.find("listening")
        for pitch in (67, 69, 71, 72):
            jam.send("note", pitch, 90)
            time.sleep(0.25)
            jam.send("note", pitch, 0)
        wait_in(tab, "jam.scene.activity === 'answering' && positionAt(jamTime()) > 40")
        before = time.perf_counter()
        here = tab.run("jamTime()") / 1000
        assert before - 0.02 <= here <= time.perf_counter() + 0.02  # two programs' clocks are one
        keys = tab.run("[...jam.keys.values()].map(({ pitch, end }) => [pitch, end !== null])")
        picture = tab.run(PICTURE)
        assert tab.run(BRIGHT) > 1000
        assert wait_in(tab, "byId('chord').textContent")
        end(jam)
        assert wait_in(tab, "!byId('over').hidden")
    assert keys == [[67, True], [69, True], [71, True], [72, True]]
    sounding = {step: pitches for step, phase, pitches in picture if phase == Phase.FIXED}
    sent = sent_frames(tmp_path)
    assert len(sounding) > 8
    assert {step: sent[step] for step in sounding} == sounding
    assert any(phase == Phase.PLANNED and step > max(sounding) for step, phase, _ in picture)


def test_words_beside_now_do_not_lie_on_one_another(tab: BrowserTab, tmp_path: Path) -> None:
    """The player's key on the pitch of two voices, a third one a tone below, the fourth by itself."""
    with staged(tmp_path, "--seed", "4") as jam:
        tab.open(jam.address)
        wait_in(tab, "jam.scene !== null && jam.line !== null")
        chord = (
            "socket.close(), hear({ now: 0, line: null, position: 8.5, scene: jam.scene, gone: [],"
            " steps: [[8, 2, [67, 67, 65, 48], [1, 1, 1, 1], [[], [], [], []]]], keys: [[900, 67, 7, null]] })"
        )
        words = tab.run(f"{chord}, draw(0), view.words")
        end(jam)
    assert sorted(each["word"] for each in words) == ["A", "B", "S", "T", "player"]
    rows = [[each for each in words if abs(each["y"] - one["y"]) < 1] for one in words]
    assert max(map(len, rows)) == 3
    for one in words:
        for other in words:
            if one is not other and abs(one["y"] - other["y"]) < tab.run("WORD_TALL * view.semitone"):
                assert one["right"] < other["left"] or other["right"] < one["left"]


def test_two_keys_are_all_that_it_has(tab: BrowserTab, tmp_path: Path) -> None:
    with staged(tmp_path) as jam:
        tab.open(jam.address)
        assert not tab.run("byId('legend').classList.contains('away')")
        tab.press("h")
        assert tab.run("byId('legend').classList.contains('away')")
        tab.press("h")
        assert not tab.run("byId('legend').classList.contains('away')")
        tab.press("f")
        assert wait_in(tab, "document.fullscreenElement !== null")
        tab.press("f")
        assert wait_in(tab, "document.fullscreenElement === null")
        end(jam)


def test_no_other_page_may_look_on(tmp_path: Path) -> None:
    page = tmp_path / "other.html"
    page.write_text("<!DOCTYPE html><title>Another page</title>", "utf-8")
    with staged(tmp_path) as jam, BrowserTab(tmp_path / "profile") as tab:
        tab.open(page)
        socket = jam.address.replace("http", "ws") + "socket"
        tried = tab.run(
            f"new Promise((done) => {{ const it = new WebSocket({json.dumps(socket)});"
            " it.onopen = () => done('open'); it.onerror = () => done('refused'); })"
        )
        assert tried == "refused"
        end(jam)


def test_the_demo_is_seen_from_its_first_note(tab: BrowserTab, tmp_path: Path) -> None:
    with staged(tmp_path, "--bars", "1", "--seed", "3", command="demo") as jam:
        tab.open(jam.address)
        assert wait_in(tab, "jam.keys.size > 0 && positionAt(jamTime()) < 30")
        assert wait_in(tab, "[...jam.keys.values()].filter(({ end }) => end !== null).length >= 6")
        played = tab.run("[...jam.keys.values()].slice(0, 6).map(({ pitch }) => pitch)")
        assert played == [64, 69, 67, 65, 64, 62]  # "O Haupt voll Blut und Wunden"
        assert wait_in(tab, "!byId('over').hidden")
        assert jam.process.wait(30) == 0


def test_a_browser_that_is_killed_costs_the_jam_nothing(tmp_path: Path) -> None:
    with staged(tmp_path, "--mode", "duet", "--seed", "4", "--bpm", "200") as jam:
        tab = BrowserTab(tmp_path / "profile", PAGE_ALONE)
        tab.open(jam.address)
        wait_in(tab, "jam.heard > 3")
        tab._process.kill()
        tab._process.wait()
        tab.close()
        so_far = len(jam.lines)
        jam.find("answering")
        time.sleep(1.0)
        assert len(jam.lines) > so_far
        end(jam)
