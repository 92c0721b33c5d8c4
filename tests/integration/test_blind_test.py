"""The listening test is taken in a real browser: heard, answered, saved and scored, by keys and by the mouse."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.chromium import BrowserTab
from support.blind import sealed_test
from support.programs import chorale_train

from companion.audio.organ import CEILING, SAMPLE_RATE, SampleArray, Sound, render
from companion.music.vocabulary import STEPS_PER_BEAT
from export.judging.keeping import VELOCITY
from export.turing.answers import Question, read_answers
from export.turing.making import BlindTestFolder
from export.turing.page import EXCERPT_LOUDNESS
from export.turing.results import read_result

pytestmark = [pytest.mark.peers, pytest.mark.slow]

TRIALS = sealed_test().heard["trials"]
STEP_SECONDS, STEPS = 60 / 80 / 4, 16
SINGLES, PAIRS = 4, 2

# Sound as text: what a call gives back is JSON.
HEARD = """(async () => {
  const buffer = await %s;
  return [0, 1].map((side) => {
    const bytes = new Uint8Array(buffer.getChannelData(side).buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
    return btoa(text);
  });
})()"""

SOUNDED_A_WHILE = """new Promise((done) => {
  const look = () => (players[0].position > 0.2 ? done(ear.state) : setTimeout(look, 10));
  look();
})"""
ENDED = """new Promise((done) => {
  const look = () => (players[0].source ? setTimeout(look, 10) : done());
  look();
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> BlindTestFolder:
    """A test of made-up music."""
    made = BlindTestFolder(tmp_path_factory.mktemp("blind"))
    made.write(sealed_test())
    return made


@pytest.fixture
def tab(tmp_path: Path, folder: BlindTestFolder) -> Iterator[BrowserTab]:
    """A browser that shows it, and has nothing to complain of in the end."""
    with BrowserTab(tmp_path / "profile") as browser:
        browser.open(folder.page)
        yield browser
        assert browser.faults == []


def sound(tab: BrowserTab, promise: str) -> SampleArray:
    """[samples, 2] of a promised AudioBuffer."""
    sides = [np.frombuffer(base64.b64decode(text), np.float32) for text in tab.run(HEARD % promise)]
    return np.stack(sides, axis=1)


def question_on(tab: BrowserTab) -> Question:
    """What is asked at the moment, by the answers' side."""
    name = tab.run("trialsFor(listener.seed)[listener.answers.length].id")
    return sealed_test().answers.by_id[name]


def hear(tab: BrowserTab) -> None:
    """Plays each excerpt of the question, by its button."""
    tab.run("Promise.all(players.map((player) => player.ready))")
    for number in range(1, tab.run("players.length") + 1):
        tab.click(f".player:nth-child({number}) .play")


def said_first(question: Question) -> str:
    return question.choices[0]


def test_every_excerpt_sounds_at_one_loudness_and_none_is_clipped(tab: BrowserTab) -> None:
    for trial in TRIALS:
        for excerpt in trial["excerpts"]:
            heard = sound(tab, f"rendered({json.dumps(excerpt['notes'])})")
            assert heard.shape == (round(STEPS * STEP_SECONDS * SAMPLE_RATE), 2)
            assert float(np.abs(heard).max()) <= CEILING
            assert float(np.sqrt(np.mean(heard.astype(float) ** 2))) == pytest.approx(EXCERPT_LOUDNESS, rel=1e-3)
            assert np.abs(heard[-3:]).max() < 1e-6  # the last beat has faded
            beats = np.abs(heard).reshape(STEPS // STEPS_PER_BEAT, -1).max(axis=1)
            assert beats.min() > 0.1  # the first is heard, and the last one too


def test_the_pages_organ_is_the_companions(tab: BrowserTab) -> None:
    """Sample by sample, but for the last echoes and the level."""
    notes = TRIALS[0]["excerpts"][0]["notes"]
    sounds = [
        Sound(start * STEP_SECONDS, (start + steps) * STEP_SECONDS, pitch, VELOCITY, voice)
        for start, steps, pitch, voice in zip(*[iter(notes)] * 4, strict=True)
    ]
    with_room = """(async () => {
      const buffer = await played(%s);
      addRoom(buffer.getChannelData(0), buffer.getChannelData(1));
      return buffer;
    })()"""
    heard = sound(tab, with_room % json.dumps(notes))
    expected = render(sounds)[: len(heard)]
    level = float((heard * expected).sum() / (expected * expected).sum())
    assert np.abs(heard - level * expected).max() < 0.002 * np.abs(heard).max()


def test_a_whole_test_is_taken_by_keys_and_scored(tab: BrowserTab, folder: BlindTestFolder) -> None:
    """Right about all continuations, wrong about all pairs, and one piece is known."""
    tab.click("#name")
    for letter in "Anna":
        tab.press(letter)
    tab.click("#years")
    tab.press("7")
    tab.click("#start")
    seen = []
    for number in range(SINGLES + PAIRS):
        question = question_on(tab)
        seen.append(question)
        is_pair = number >= SINGLES
        tab.run("Promise.all(players.map((player) => player.ready))")
        assert tab.run("byId('next').disabled")
        for key in "ab" if is_pair else "p":
            tab.press(key)
        shown = tab.run("[...document.querySelectorAll('input[name=said]')].map((one) => one.value)")
        right = shown.index(question.right)
        tab.press("12"[1 - right if is_pair else right])
        tab.press("c")
        if number == 0:
            tab.press("k")
        tab.press("Enter")
    tab.click("#save")
    result = read_result(tab.downloaded(), sealed_test().answers)
    assert (result.name, result.years) == ("Anna", 7)
    assert [reply.question for reply in result.replies] == seen
    assert [len(question.choices[0]) > 10 for question in seen] == [False] * SINGLES + [True] * PAIRS
    assert [(reply.right, reply.known) for reply in result.replies] == (
        [(True, True)] + [(True, False)] * (SINGLES - 1) + [(False, False)] * PAIRS
    )
    assert {reply.sure for reply in result.replies} == {3}
    saved = next(tab.downloads.iterdir())
    assert saved.read_text() == tab.run("byId('result').value")
    ran = chorale_train("turing", "--read", saved, "-o", folder.folder, "--json")
    together = json.loads(ran.out)["together"]
    assert {what: (share["right"], share["answers"]) for what, share in together.items()} == {
        "babbler continues": (2, 2),
        "babbler harmonises": (0, 2),
        "everything": (2, 4),
    }


def test_it_sounds_pauses_goes_on_and_begins_again(tab: BrowserTab) -> None:
    def state() -> Any:
        return tab.run("[players[0].source !== null, document.querySelector('.play').textContent, players[0].plays]")

    tab.click("#start")
    assert tab.run("byId('said').textContent") == ""
    hear(tab)
    assert state() == [True, "Pause", 1]
    assert tab.run("byId('said').textContent") == "The excerpt is playing"
    assert tab.run(SOUNDED_A_WHILE) == "running"  # the sound card's own clock goes on
    tab.click(".play")
    assert state() == [False, "Play", 1]
    paused = tab.run("players[0].position")
    assert paused > 0.2
    tab.click(".play")
    assert tab.run("players[0].offset") == paused
    assert state() == [True, "Pause", 1]
    tab.click(".replay")
    assert state() == [True, "Pause", 2]
    tab.run(ENDED)
    assert state() == [False, "Play", 2]
    assert tab.run("byId('said').textContent") == "The excerpt has ended"


def test_of_two_excerpts_one_sounds_at_a_time(tab: BrowserTab) -> None:
    tab.click("#start")
    tab.run(
        f"listener.answers = trialsFor(listener.seed).slice(0, {SINGLES}).map(({{ id }}) => ({{ id }})); showTrial()"
    )
    hear(tab)
    assert tab.run("players.map((player) => player.source !== null)") == [False, True]
    assert tab.run("[...document.querySelectorAll('.play')].map((one) => one.getAttribute('aria-label'))") == [
        "Play Excerpt A",
        "Pause Excerpt B",
    ]


def test_it_goes_on_where_it_was_left_when_it_is_opened_again(tab: BrowserTab, folder: BlindTestFolder) -> None:
    tab.click("#start")
    hear(tab)
    for selector in ("input[name=said]", "input[name=sure]", "#next"):
        tab.click(selector)
    seed, second = tab.run("listener.seed"), question_on(tab)
    tab.open(folder.page)
    assert tab.run("byId('start').textContent") == "Go on where you were"
    tab.click("#start")
    assert (tab.run("listener.seed"), question_on(tab)) == (seed, second)
    assert tab.run("byId('where').textContent") == f"Question 2 of {SINGLES + PAIRS}"
    tab.click("#stop")
    tab.click("#save")
    assert len(read_result(tab.downloaded(), sealed_test().answers).replies) == 1
    tab.run("window.confirm = () => true")
    tab.click("#anew")
    assert tab.run("[byId('start').textContent, localStorage.length]") == ["Start", 0]


def test_a_browser_that_remembers_nothing_is_no_hindrance(tab: BrowserTab, folder: BlindTestFolder) -> None:
    closed = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('closed'); } });"
    tab.open(folder.page, closed)
    tab.click("#start")
    assert "does not remember" in tab.run("byId('said').textContent")
    hear(tab)
    for selector in ("input[name=said]", "input[name=sure]", "#next"):
        tab.click(selector)
    assert tab.run("byId('where').textContent") == f"Question 2 of {SINGLES + PAIRS}"


def test_each_listener_has_an_order_of_their_own(tab: BrowserTab) -> None:
    def order(seed: int) -> list[list[str]]:
        found: list[list[str]] = tab.run(f"trialsFor({seed}).map((one) => one.excerpts.map((each) => each.id))")
        return found

    orders = [order(seed) for seed in range(40)]
    assert orders[7] == order(7)
    everything = sorted(sorted(one["id"] for one in trial["excerpts"]) for trial in TRIALS)
    for one in orders:
        assert sorted(sorted(names) for names in one) == everything
        assert [len(names) for names in one] == [1] * SINGLES + [2] * PAIRS
    assert len({one[0][0] for one in orders}) == SINGLES  # each comes first to someone
    assert {one[-1] == sorted(one[-1]) for one in orders} == {True, False}  # A is either


def test_it_can_be_heard_by_name_seen_in_the_dark_and_is_not_printed(tab: BrowserTab) -> None:
    tab.click("#start")
    named = tab.run(
        "[...document.querySelectorAll('#trial button, #trial input, #trial progress:not([aria-hidden])')]"
        ".map((one) => one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim() || one.textContent)"
    )
    assert [one for one in named if not one] == []
    assert {"Play The excerpt", "Bach", "The program", "Certain", "I know this piece", "Next"} <= set(named)
    assert tab.run("document.activeElement.id") == "question"
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(paper)
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.run(paper) != light
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.run("getComputedStyle(byId('trial')).display") == "none"


def test_the_answers_are_those_of_the_page(folder: BlindTestFolder, tab: BrowserTab) -> None:
    assert tab.run("TEST.test") == read_answers(folder.answers).test
