"""``chorale serve`` as a process of its own, and those that ask it: curl, Python, a page, the script for REAPER."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mido
import pytest
from integration.chromium import BrowserTab
from integration.jack import HOME, need
from support.served import LATER, LONG, NOTES, Asking

pytestmark = [pytest.mark.peers, pytest.mark.slow]

EXAMPLES = HOME / "examples"
MUSIC = HOME / "tests" / "golden" / "eminor.mid"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Running:
    """A service that runs, and the home of whoever started it."""

    process: subprocess.Popen[str]
    asking: Asking
    home: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program of the same user's, with this service in the place of the usual port."""
        copied = [self._with_port(Path(word)) if Path(word).is_relative_to(EXAMPLES) else word for word in command]
        return subprocess.run(
            copied, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def _with_port(self, example: Path) -> str:
        copy = self.home / example.name
        text = example.read_text("utf-8")
        assert text.count("8730") == 1
        copy.write_text(text.replace("8730", str(self.asking.place[1])), "utf-8")
        return str(copy)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """By its own command; ended afterwards, if it is not over."""
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(HOME)}
    environment.pop("XDG_CONFIG_HOME", None)
    command = [sys.executable, "-m", "companion", "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert "#" not in address  # nobody but a terminal is shown the token
        token = (home / ".config" / "chorale" / "serve.token").read_text("ascii").strip()
        one = Running(process, Asking(address, token), home, environment)
        assert one.asking.ask("GET", "/v1/models").status == 200
        yield one
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("home")) as one:
        yield one


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_it_ends_whatever_it_does_and_no_process_is_left(number: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path) as service:
        place = service.asking.ask("POST", "/v1/continue", NOTES, LATER, **LONG).headers["location"]
        while service.asking.ask("GET", place).json["state"] != "working":
            time.sleep(0.01)
        children = service.children()
        assert children
        service.process.send_signal(number)
        assert service.process.wait(PATIENCE_S) == (0 if number == signal.SIGINT else -number)
        until_s = time.monotonic() + PATIENCE_S
        while any(map(is_there, children)):
            assert time.monotonic() < until_s
            time.sleep(0.01)


def test_the_shell_line(service: Running) -> None:
    need("curl")
    done = service.run("sh", str(EXAMPLES / "harmonise.sh"), str(MUSIC), "shell.mid")
    assert (done.returncode, done.stderr) == (0, "")
    came = service.asking.ask("POST", "/v1/harmonise", MUSIC.read_bytes(), seed=7)
    assert (service.home / "shell.mid").read_bytes() == came.body


def test_ten_lines_of_python(service: Running) -> None:
    done = service.run(sys.executable, str(EXAMPLES / "harmonise.py"), "python.mid")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(mido.MidiFile(service.home / "python.mid").tracks) == 4


# REAPER's script, against a stand-in


def in_reaper(service: Running, *words: str, **changed: str) -> list[list[str]]:
    """What the script has made, a row each."""
    need("lua5.4", "curl")
    script = EXAMPLES / "reaper" / "chorale_harmonise.lua"
    copy = service.home / "changed.lua"
    text = script.read_text("utf-8").replace("PORT = 8730", f"PORT = {service.asking.place[1]}")
    for name, value in changed.items():
        before, _, rest = text.partition(f"local {name} = ")
        assert rest
        text = f"{before}local {name} = {value}\n{rest.partition(chr(10))[2]}"
    copy.write_text(text, "utf-8")
    done = service.run("lua5.4", str(HOME / "tests" / "integration" / "reaper.lua"), str(copy), *words)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_reaper_gets_the_other_voices_on_tracks_of_their_own(service: Running) -> None:
    given = ((67, 0.0, 1.0), (69, 1.0, 1.0), (71, 2.0, 2.0), (67, 4.0, 4.0))
    item = ";".join(f"{pitch} {start} {length} 80" for pitch, start, length in given)
    made = in_reaper(service, "9", item, OPTIONS='"seed=7"')  # from the second beat of the third bar on
    sent = {
        "notes": [{"pitch": pitch, "start": start + 1, "duration": length} for pitch, start, length in given],
        "tempos": [{"start": 0, "bpm": 120}],
        "metres": [{"start": 0, "beats": 4, "unit": 4}],
    }
    came = service.asking.ask("POST", "/v1/harmonise", sent, seed=7).json["notes"]
    expected = {
        (note["voice"].capitalize(), note["pitch"], f"{note['start'] + 8:.3f}", f"{note['duration']:.3f}")
        for note in came
        if note["origin"] == "model"
    }
    notes = [(row[1], int(row[2]), row[3], row[4]) for row in made if row[0] == "note"]
    assert {note for note in notes if note[0] != "Tune"} == expected
    assert list(dict.fromkeys(track for track, *_ in notes)) == ["Tune", "Alto", "Tenor", "Bass"]
    assert ["undo", "Chorale Companion: harmonise"] in made


def test_what_goes_wrong_in_reaper_is_said_in_a_box(service: Running) -> None:
    assert in_reaper(service, "0") == [["box", "Select a MIDI item first."]]
    assert in_reaper(service, "0", " ") == [["box", "The item holds no notes."]]
    rows = in_reaper(service, "0", "60 0 4 80", OPTIONS='"style=jazz"')
    assert rows[0] == ["box", "style must be one of bach, free, wild, not 'jazz'"]
    assert in_reaper(service, "0", "60 0 4 80", PORT="1")[0][1].startswith("The service does not answer")
    assert in_reaper(service, "0", "60 0 4 80", TOKEN_FILE='"/nowhere"')[0][1].startswith(
        "There is no token at /nowhere"
    )


# The page


@pytest.fixture
def tab(service: Running, tmp_path: Path) -> Iterator[BrowserTab]:
    """One that has nothing to complain of in the end, with the page in it."""
    with BrowserTab(tmp_path / "profile", (service.asking.address, "data:")) as one:
        one.open(f"{service.asking.address}#{service.asking.token}")
        wait_in(one, "!byId('room').hidden")
        yield one
        assert one.faults == []


def wait_in(tab: BrowserTab, true: str) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not tab.run(f"Boolean({true})"):
        assert time.monotonic() < until_s, tab.run("document.body.innerText")
        time.sleep(0.02)


def test_notes_that_are_played_on_the_page_are_harmonised_and_heard(tab: BrowserTab, service: Running) -> None:
    assert tab.run("location.hash + location.search") == ""  # the token is not left where it can be seen
    for key in "aghkhga":
        tab.press(key)
    assert tab.run("played.map(({ pitch }) => pitch)") == [60, 67, 69, 72, 69, 67, 60]
    tab.run("byId('seed').value = '5'")
    tab.click("#ask")
    wait_in(tab, "!byId('save').hidden")
    sent = {"notes": tab.run("played")}
    query = {"seed": 5, "model": "bach", "style": "bach"}
    expected = service.asking.ask("POST", "/v1/harmonise", sent, **query).json["notes"]
    assert tab.run("NOTES.length") == len(expected)
    assert tab.run("document.querySelectorAll('#roll rect').length") == len(expected)
    tab.click("#save")
    saved = tab.downloaded()
    assert len(mido.MidiFile(saved).tracks) == 4
    tab.click("#play")
    wait_in(tab, "player.scheduled.length > 3 && player.now() > 0.2")
    assert tab.run("byId('play').textContent") == "Stop"
    tab.click("#play")
    assert tab.run("[player.playing, byId('play').textContent]") == [False, "Play"]


def test_a_file_that_is_dropped_is_continued_and_can_be_cancelled(tab: BrowserTab) -> None:
    data = list(MUSIC.read_bytes())
    tab.run(f"""(() => {{
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array({data})], "eminor.mid"));
      byId("drop").dispatchEvent(new DragEvent("drop", {{ bubbles: true, dataTransfer: data }}));
    }})()""")
    wait_in(tab, "file")
    tab.run("document.querySelector('[value=continue]').click(), byId('bars').value = 2")
    tab.click("#ask")
    wait_in(tab, "!byId('save').hidden")
    assert "chorale continue eminor.mid" in tab.run("byId('again').textContent")
    tab.run("byId('bars').value = 900")
    tab.click("#ask")
    wait_in(tab, "byId('progress').value > 2")
    tab.click("#cancel")
    wait_in(tab, "!byId('ask').disabled")
    assert tab.run("byId('said').textContent") == "it was cancelled"


def test_what_is_wrong_is_said_on_the_page(service: Running, tmp_path: Path) -> None:
    with BrowserTab(tmp_path / "profile", (service.asking.address, "data:")) as tab:
        tab.open(service.asking.address)
        wait_in(tab, "!byId('door').hidden")
        tab.run(f"byId('token').value = '{service.asking.token}', byId('door').requestSubmit()")
        wait_in(tab, "!byId('room').hidden")
        tab.click("#ask")
        assert tab.run("byId('said').textContent") == "drop a MIDI file, or play some notes"
        tab.run("takeFile(new File(['no music'], 'odd.mid'))")
        wait_in(tab, "file")
        tab.click("#ask")
        wait_in(tab, "byId('said').textContent.includes('is no MIDI file')")
