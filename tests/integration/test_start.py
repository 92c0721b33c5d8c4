"""Chorale Start's script in real Node, with a stand-in for Max's module; the companion it runs is the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from integration.jack import HOME, need, wait_until
from integration.pd import LOOPBACK, free_port

from companion.io.osc_port import OscIn

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SCRIPT = HOME / "max_patches" / "scripts" / "chorale-start.js"
MODULES = HOME / "tests" / "max_patches" / "js" / "modules"
MARK = "CHORALE_START_TEST"


class Node:
    """node.script with this home folder, running the script with two ports."""

    def __init__(self, home: Path, ports: tuple[int, int]) -> None:
        need("node")
        self._log, self._mark, self.ports = home / "said.jsonl", uuid.uuid4().hex, ports
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "NODE_PATH": str(MODULES),
            "MAX_ENV": "maxforlive",
            "MAX_API_LOG": str(self._log),
            MARK: self._mark,
        }
        self.process = subprocess.Popen(
            ["node", str(SCRIPT), *map(str, ports)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def lines(self) -> list[str]:
        """What was shown, without the word that shows it."""
        text = self._log.read_text("utf-8") if self._log.is_file() else ""
        said = [json.loads(line) for line in text.splitlines()]
        assert all(line[0] == "set" for line in said)
        return [" ".join(map(str, line[1:])) for line in said]

    def wait_for(self, words: str) -> str:
        def look() -> str | None:
            return next((line for line in self.lines() if words in line), None)

        return str(wait_until(look, words, 60))

    def left(self) -> list[int]:
        """The processes that it or its children started."""
        found = []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdecimal() and f"{MARK}={self._mark}".encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def hears(self) -> bool:
        """Whether the companion has its port; looked up, since a socket of ours would take it away."""
        rows = Path("/proc/net/udp").read_text().splitlines()[1:]
        return any(row.split()[1].endswith(f":{self.ports[0]:04X}") for row in rows)

    def close(self) -> None:
        for pid in self.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()


def installed(home: Path) -> None:
    """The companion where uv and pipx put a program."""
    program = home / ".local" / "bin" / "chorale"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{HOME}" exec "{sys.executable}" -m companion "$@"\n')
    program.chmod(0o755)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[[], Node]]:
    started: list[Node] = []

    def start() -> Node:
        started.append(Node(tmp_path, (free_port(), free_port())))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_the_companion_runs_and_ends_with_the_script(
    ending: signal.Signals, node: Callable[[], Node], tmp_path: Path
) -> None:
    installed(tmp_path)
    script = node()
    script.wait_for("Starting")
    wait_until(script.hears, "the companion's port", 60)
    wait_until(lambda: len(script.lines()) > 1, "a line of the companion's", 60)
    assert len(script.left()) >= 4  # the script, the view, the engine, the player
    script.process.send_signal(ending)
    wait_until(lambda: not script.left(), "no process left", 30)
    assert not script.hears()
    if ending == signal.SIGTERM:
        assert script.process.wait() == 0


def test_a_companion_that_is_not_installed_is_one_line(node: Callable[[], Node]) -> None:
    script = node()
    assert script.process.wait(30) == 0
    assert script.lines() == ["chorale is not installed: see docs/live-setup.md"]


def test_a_companion_that_ends_at_once_says_why(node: Callable[[], Node], tmp_path: Path) -> None:
    installed(tmp_path)
    script = node()
    with _taken(script.ports[0]):
        line = script.wait_for("Ended")
    assert f"OSC port {script.ports[0]} is taken" in line


def _taken(port: int) -> OscIn:
    return OscIn(port, LOOPBACK, sink=lambda _: None)


def places(platform: str, home: str, environment: dict[str, Any]) -> list[str]:
    """Where the script looks."""
    need("node")
    code = f"console.log(JSON.stringify(require({json.dumps(str(SCRIPT))}).places(...JSON.parse(process.argv[1]))))"
    done = subprocess.run(
        ["node", "-e", code, json.dumps([platform, home, environment])],
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("platform", "home", "environment", "wanted"),
    [
        ("darwin", "/Users/ada", {"PATH": "/opt/x"}, ["/opt/x/chorale", "/Users/ada/.local/bin/chorale",
         "/Users/ada/.local/share/uv/tools/chorale-companion/bin/chorale", "/opt/homebrew/bin/chorale",
         "/Applications/Chorale Companion.app/Contents/MacOS/chorale"]),
        ("win32", "C:\\Users\\ada", {"Path": "C:\\x;C:\\y"}, ["C:\\x\\chorale.exe", "C:\\y\\chorale.exe",
         "C:\\Users\\ada\\.local\\bin\\chorale.exe",
         "C:\\Users\\ada\\AppData\\Roaming\\uv\\tools\\chorale-companion\\Scripts\\chorale.exe"]),
        ("linux", "/home/ada", {}, ["/home/ada/.local/bin/chorale",
         "/home/ada/.local/share/pipx/venvs/chorale-companion/bin/chorale", "/usr/local/bin/chorale"]),
    ],
)  # fmt: skip
def test_where_installers_put_it(platform: str, home: str, environment: dict[str, Any], wanted: list[str]) -> None:
    found = places(platform, home, environment)
    assert [place for place in found if place in wanted] == wanted
