"""The page of ``chorale view`` in a real browser: seen, pointed at, played, and tried with hostile names."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.chromium import BrowserTab
from support.fakes import quarters, read_facts, write_seed
from support.programs import run
from support.traced import HOSTILE, small_trace

from companion.model.library import bundled_models, open_model
from companion.music.song import Tempo, VoiceNote, seconds_of_ticks
from companion.visuals.page import page_of
from companion.visuals.shown import shown_trace
from companion.visuals.traced import BarLine, TracedModel

pytestmark = [pytest.mark.peers, pytest.mark.slow]

TUNE = [64, 67, 66, 64, 63, 64, 66, 66, 67, 69, 71, 71, 69, 67, 66, 66, 64, 64, 64, 64]
MODELS = list(bundled_models())

PLACE = """(() => {
  const box = document.querySelector('rect.sung[data-note="%d"]');
  box.scrollIntoView({ block: "center" });
  const place = box.getBoundingClientRect();
  return [place.x + place.width / 2, place.y + place.height * 0.3];
})()"""


PLAYED_A_WHILE = """new Promise((done) => {
  const look = () => (player.now() > 0.4 ? done(player.now()) : setTimeout(look, 10));
  look();
})"""


class Viewed:
    """A tune continued by a model, in its folder: MIDI, trace and page."""

    def __init__(self, folder: Path, model: str) -> None:
        seed = write_seed(folder / "tune.mid", [quarters(TUNE)], tempos=[(0, 600_000), (4, 500_000)])
        self.midi, self.trace, self.page = (folder / f"out.{kind}" for kind in ("mid", "json", "html"))
        words = ("--bars", 2, "--seed", 5, "--model", model, "-o", self.midi, "--trace", self.trace)
        assert run("chorale", "continue", seed, *words).code == 0
        assert run("chorale", "view", self.trace, "-o", self.page, "--no-open").code == 0

    @property
    def told(self) -> Any:
        """The trace."""
        return json.loads(self.trace.read_text("utf-8"))


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> Viewed:
    return Viewed(tmp_path_factory.mktemp("view"), "bach")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[BrowserTab]:
    """One that has nothing to complain of in the end."""
    with BrowserTab(tmp_path / "profile") as tab:
        yield tab
        assert tab.faults == []


@pytest.fixture
def tab(browser: BrowserTab, viewed: Viewed) -> BrowserTab:
    """It shows the page."""
    browser.open(viewed.page)
    return browser


def point_at(tab: BrowserTab, note: int) -> None:
    """The mouse goes there; the browser has drawn once more then."""
    x, y = tab.run(PLACE % note)
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def read_table(tab: BrowserTab) -> dict[str, tuple[float, float]]:
    """What the page says of a note: how likely each was, and what the rules took of it, in percent."""
    cells = tab.run("[...byId('shares').tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))")
    return {name: (percent(left), percent(took or "0 %")) for name, left, took in cells}


def percent(text: str) -> float:
    return float(text.removesuffix(" %").removeprefix("−"))


def expected_table(tab: BrowserTab, note: Any) -> dict[str, tuple[float, float]]:
    """Of a note of the trace."""
    names = [*tab.run("SHOWN.names")]
    rows: dict[int | None, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for at, part in enumerate(("distribution", "taken")):
        for pitch, share in note.get(part, [])[:12]:
            rows[pitch][at] = 100 * share
    return {
        "silence" if pitch is None else f"{names[pitch % 12]}{pitch // 12 - 1}": (left, took)
        for pitch, (left, took) in rows.items()
    }


def drawn_notes(tab: BrowserTab, viewed: Viewed) -> dict[int, Any]:
    """The page's notes after the tenth beat, by their numbers, as the trace tells of them."""
    struck = {
        (frame["tick"], voice, note["pitch"]): note
        for frame in viewed.told["frames"]
        for voice, note in enumerate(frame["notes"])
        if note["struck"] and frame["tick"] > 10 * 480
    }
    places = tab.run("NOTES.map(({ start, voice, pitch }) => [start, voice, pitch])")
    return {at: struck[tuple(place)] for at, place in enumerate(places) if tuple(place) in struck}


def assert_shown(tab: BrowserTab, note: Any) -> None:
    """The page says of it what the trace does."""
    rows, expected = read_table(tab), expected_table(tab, note)
    assert len(rows) == min(len(expected), 9)
    for name, numbers in rows.items():
        assert numbers == pytest.approx(expected[name], abs=0.51), name
    how = tab.run("byId('how').textContent")
    if note["origin"] == "seed":
        assert how == "Given: it was there before, and the model heard it."
        return
    sure = dict(note.get("raw", note["distribution"])).get(note["pitch"], 0)
    assert how.startswith("The model's: it was ")
    assert percent(how.split(" ")[4] + " %") == pytest.approx(100 * sure, abs=0.51)


@pytest.mark.parametrize("model", MODELS)
def test_the_page_of_each_models_trace_opens_without_a_word(browser: BrowserTab, tmp_path: Path, model: str) -> None:
    viewed = Viewed(tmp_path, model)
    browser.open(viewed.page)
    seen = browser.run("new Set([...document.querySelectorAll('.sung[data-note]')].map((b) => b.dataset.note)).size")
    assert seen == len(viewed.told["music"]["notes"])
    assert browser.run("[document.title, byId('origin').textContent.split(' · ')[0]]") == [
        "out · Chorale Companion",
        open_model(model).contract.name,  # of a melody model, and who sings under it
    ]
    looks = any("echo" in frame or "attention" in frame["notes"][3] for frame in viewed.told["frames"])
    assert looks or browser.run("byId('before').hidden")


def test_the_note_under_the_pointer_shows_what_it_was_drawn_from(tab: BrowserTab, viewed: Viewed) -> None:
    notes = drawn_notes(tab, viewed)
    for at, note in notes.items():
        point_at(tab, at)
        assert_shown(tab, note)
    assert len(notes) > 30


def test_so_does_the_one_that_is_come_to_by_keys(tab: BrowserTab, viewed: Viewed) -> None:
    notes = drawn_notes(tab, viewed)
    tab.run("byId('roll').focus()")
    seen = set()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", *["ArrowRight"] * 40):
        tab.press(key)
        at = tab.run("state.chosen.at")
        if at in notes:
            assert_shown(tab, notes[at])
            assert tab.run("byId('said').textContent").startswith("Bass ")
            seen.add(at)
    assert len(seen) > 5


def test_what_is_handed_to_the_sound_card_is_the_midi_file(tab: BrowserTab, viewed: Viewed) -> None:
    """Every note, by its voice, pitch, begin and end, through two tempos; at half the tempo at twice the time."""
    facts = read_facts(viewed.midi)
    seconds = seconds_of_ticks([Tempo(*tempo) for tempo in facts.tempos], facts.ticks_per_beat)
    assert len(facts.tempos) == 2
    expected = sorted(
        (note.channel, note.pitch, seconds(note.start), seconds(note.end)) for track in facts.notes for note in track
    )
    # each press of a key: what the browser is asked to sound, and when
    tab.run(
        "pressed = []; press = (context, pipes, start, end, voice) =>"
        " pressed.push([start - player.began, end - player.began, player.choir.indexOf(voice)]); 0"
    )
    for speed in (1, 0.5):
        tab.run(f"pressed.length = 0; player.move(0, {speed}); player.play(); player.schedule(Infinity); 0")
        handed = tab.run("player.scheduled.map((one) => [one.voice, one.pitch, one.startSeconds, one.endSeconds])")
        np.testing.assert_allclose(sorted(handed), expected)
        begun = sorted((voice, start * speed) for start, _, voice in tab.run("pressed"))
        np.testing.assert_allclose(begun, sorted((voice, start) for voice, _, start, _ in expected), atol=1e-6)
        tab.run("player.stop(0)")


def test_it_plays_pauses_and_goes_on_and_voices_are_muted(tab: BrowserTab) -> None:
    cursor = "document.querySelector('.cursor.here')?.getAttribute('x1') ?? ''"
    tab.click("#play")
    assert tab.run("[player.playing, byId('play').textContent, player.context.state]") == [True, "Pause", "running"]
    assert tab.run(PLAYED_A_WHILE) > 0.4
    assert float(tab.run(cursor)) > 46
    assert tab.run("document.querySelectorAll('.sounding').length") == 4
    tab.click("#play")
    stood = tab.run("player.now()")
    assert tab.run("[player.playing, player.now()]") == [False, stood]
    tab.run("byId('roll').focus()")
    tab.press(" ")
    assert tab.run("[player.playing, player.position]") == [True, stood]
    tab.press("2")
    assert tab.run("[0, 1, 2, 3].map((voice) => player.sings(voice))") == [True, False, True, True]
    tab.click("[aria-label='Solo bass']")
    assert tab.run("[0, 1, 2, 3].map((voice) => player.sings(voice))") == [False, False, False, True]
    assert tab.run("document.querySelector(\"[aria-label='Solo bass']\").getAttribute('aria-pressed')") == "true"
    tab.click("#restart")
    assert tab.run("player.playing && player.now() < 0.3")


def test_hostile_names_are_words_and_nothing_runs(browser: BrowserTab, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    trace = small_trace(model=TracedModel(HOSTILE), style=HOSTILE, key=HOSTILE, again=HOSTILE)
    page.write_text(page_of(shown_trace(HOSTILE, trace)), "utf-8")
    browser.open(page)
    assert browser.run("[window.ran ?? null, document.images.length, document.scripts.length]") == [None, 0, 3]
    assert browser.run("byId('title').textContent") == HOSTILE
    browser.run("choose(NOTES[5], true)")
    assert browser.run("byId('note').textContent") == "Alto D4 · bar 1, beat 2"


@pytest.mark.parametrize("what", ["nothing", "one long note", "ten thousand bars"])
def test_music_that_no_one_writes_is_shown(browser: BrowserTab, tmp_path: Path, what: str) -> None:
    notes = {"nothing": [], "one long note": [VoiceNote(3, 2**31 - 2, 2**31, 127, 1)]}
    bars = {"ten thousand bars": tuple(BarLine(number, -number) for number in range(10_000))}
    music = replace(
        small_trace().music, notes=tuple(notes.get(what, small_trace().music.notes)), bars=bars.get(what, ())
    )
    page = tmp_path / "page.html"
    page.write_text(page_of(shown_trace(what, replace(small_trace(), music=music, frames=()))), "utf-8")
    browser.open(page)
    browser.run("player.play(); player.schedule(Infinity); showPosition(); player.stop()")
    assert browser.run("byId('title').textContent") == what


def test_a_script_from_elsewhere_would_not_run(browser: BrowserTab, tmp_path: Path) -> None:
    """The policy holds even if something got into the page."""
    page = tmp_path / "page.html"
    text = page_of(shown_trace("x", small_trace()))
    page.write_text(text.replace("</body>", "<script>window.ran = 1</script></body>"), "utf-8")
    browser.open(page)
    assert browser.run("window.ran ?? null") is None
    assert [fault for fault in browser.faults if "Content Security Policy" not in fault] == []
    browser.faults.clear()


def test_it_is_heard_by_name_seen_in_the_dark_and_printed(tab: BrowserTab) -> None:
    named = tab.run(
        "[...document.querySelectorAll('button, input')]"
        ".map((one) => one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent)"
    )
    assert {"Play", "From the beginning", "Tempo", "Mute soprano", "Solo bass"} <= set(named)
    assert "" not in named
    tab.run("byId('roll').focus()")
    for key in ("ArrowRight", "ArrowDown"):
        tab.press(key)
    assert tab.run("byId('said').textContent").startswith("Alto ")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(paper)
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.run(paper) != light
    tab.call("Emulation.setEmulatedMedia", media="print")
    shown = [tab.run(f"getComputedStyle(document.querySelector('{what}')).display") for what in ("#controls", ".row")]
    assert shown == ["none", "block"]
