"""The script that reads and writes clips, run in Node on a Live Set of the test's own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Self

from integration.jack import HOME, need

RUNNER = HOME / "tests" / "max_patches" / "js" / "run_clips.js"
SCRIPT = HOME / "max_patches" / "scripts" / "chorale-clips.js"
VOICES = ("Soprano", "Alto", "Tenor", "Bass")

Data = dict[str, Any]


def note(pitch: int, start: float, duration: float = 1.0, **more: Any) -> Data:
    return {"pitch": pitch, "start_time": start, "duration": duration, **more}


def clip(*notes: Data, end: float = 16.0, **more: Any) -> Data:
    """begin and end: its loop; start and stop: its markers, where those lie elsewhere; selected: places of notes."""
    usual = {"name": "mine", "midi": True, "begin": 0, "end": end, "loops": True, "beats": 4, "unit": 4}
    return {**usual, "notes": list(notes), **more}


def track(name: str, *devices: Data, scenes: int = 4, **more: Any) -> Data:
    return {"name": name, "midi": True, "frozen": False, "slots": [None] * scenes, "devices": list(devices), **more}


def voice_device(voice: int, group: int = 0, labels: tuple[str, ...] = VOICES) -> Data:
    return {
        "name": "Chorale Voice",
        "parameters": [_menu("Group", tuple("ABCD"), group), _menu("Voice", labels, voice)],
    }


def clip_device(group: int = 0) -> Data:
    return {"name": "Chorale Clip", "parameters": [_menu("Group", tuple("ABCD"), group)]}


def _menu(name: str, labels: tuple[str, ...], value: int) -> Data:
    return {"name": name, "labels": labels, "value": value}


def live_set(*tracks: Data, scenes: int = 4, **more: Any) -> Data:
    """The player's track and four voices', or these tracks."""
    found = list(tracks) or [track("Piano"), *(track(name) for name in VOICES)]
    return {"tracks": found, "scenes": scenes, "detail": None, **more}


def choose(place: int = 0, scene: int = 0) -> str:
    """What the player does to choose a clip."""
    return f"set.detail = set.tracks[{place}].slots[{scene}];"


class ClipScript:
    """One js object."""

    def __init__(self, given: Data, choosing: str = "", **habits: bool) -> None:
        need("node")
        self._node = subprocess.Popen(
            ["node", str(RUNNER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(RUNNER).parent
        )
        self.lines: list[str] = []
        self.sent: list[list[Any]] = []  # to the companion, not yet taken
        self.set: Data = {}
        self.calls: list[list[Any]] = []
        self.console: list[str] = []
        self._tell({"set": given, "habits": habits})
        if choosing:
            self.change(choosing)

    def _tell(self, order: Data) -> None:
        assert self._node.stdin is not None and self._node.stdout is not None
        self._node.stdin.write(json.dumps(order) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline())
        self.set, self.calls, self.console = answer["set"], answer["calls"], answer["console"]
        for number, *atoms in answer["said"]:
            if number == 0:
                self.sent.append(atoms)
            else:
                assert atoms[0] == "set"
                self.lines.append(" ".join(map(str, atoms[1:])))
        assert not answer["fault"], answer["fault"]

    def tell(self, *message: Any) -> None:
        """A message into the object."""
        self._tell({"message": message})

    def tell_at_once(self, *message: Any) -> None:
        """The same in Max's high-priority thread, where no js object ever runs."""
        self._tell({"message": message, "high": True})

    def change(self, code: str) -> None:
        """Something happens in Live."""
        self._tell({"change": code})

    def take(self) -> list[list[Any]]:
        """What was sent since this was last asked."""
        sent, self.sent = self.sent, []
        return sent

    def take_words(self, word: str) -> list[list[Any]]:
        """Of that the arguments of one address."""
        return [atoms for address, *atoms in self.take() if address == f"/chorale/clip/{word}"]

    def slots(self, scene: int) -> dict[str, Data | None]:
        """What lies in a scene, by track."""
        return {one["name"]: one["slots"][scene] for one in self.set["tracks"]}

    def close(self) -> None:
        self._node.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
