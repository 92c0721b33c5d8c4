"""Who looks on, and what each has still to be told.

A viewer who comes later is told all that is seen; one who does not keep up is let go, and told all when it comes again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from companion.music.timebase import Timebase
from companion.stage.news import StageKey, StageNews, StageScene, StageStep

KEPT_STEPS = 80  # of the past
MOST_VIEWERS = 16
MOST_UNREAD = 120  # messages that a viewer has not taken: some seconds of a jam

_MILLI = 1000.0


class Viewer:
    """One page that is open somewhere."""

    def __init__(self, drop: Callable[[], object]) -> None:
        """drop: ends its connection at once, whatever it waits for."""
        self.waiting: asyncio.Queue[str | None] = asyncio.Queue(MOST_UNREAD)
        self._drop = drop

    def tell(self, text: str | None) -> None:
        """A message; None: there will be no more."""
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._drop()  # it reads nothing: there is nobody to say good-bye to


class Audience:
    """All viewers, and what a new one must be told."""

    def __init__(self, now: Callable[[], float]) -> None:
        """now: the time in seconds, of the clock that timebases are told in."""
        self._now = now
        self.viewers: set[Viewer] = set()
        self._news = StageNews(None, 0.0, StageScene())
        self._steps: dict[int, StageStep] = {}
        self._keys: dict[int, StageKey] = {}

    def welcome(self, drop: Callable[[], object]) -> Viewer | None:
        """A viewer who is told all so far; None where there is no seat left."""
        if len(self.viewers) >= MOST_VIEWERS:
            return None
        viewer = Viewer(drop)
        self.viewers.add(viewer)
        steps, keys = tuple(self._steps[step] for step in sorted(self._steps)), tuple(self._keys.values())
        whole = StageNews(self._news.line, self._news.position, self._news.scene, steps, (), keys)
        viewer.tell(self._message({**_as_json(whole), "all": True}))
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """It looks on no more; can be said twice."""
        self.viewers.discard(viewer)

    def tell(self, news: StageNews) -> None:
        """News for all."""
        self._news = news
        self._steps = {step: seen for step, seen in self._steps.items() if step not in news.gone}
        self._steps.update((step.step, step) for step in news.steps)
        self._keys.update((key.number, key) for key in news.keys)
        self._forget(news.position if news.line is None else news.line.step_at(self._now()))
        self._tell_all(self._message(_as_json(news)))

    def beat(self) -> None:
        """A sign of life, by which a page knows what time it is here."""
        self._tell_all(self._message({}))

    def end(self) -> None:
        """The jam is over."""
        self._tell_all(None)

    def _tell_all(self, text: str | None) -> None:
        for viewer in self.viewers:
            viewer.tell(text)

    def _forget(self, position: float) -> None:
        first = position - KEPT_STEPS
        self._steps = {step: seen for step, seen in self._steps.items() if step >= first}
        self._keys = {number: key for number, key in self._keys.items() if key.end is None or key.end >= first}

    def _message(self, told: dict[str, Any]) -> str:
        return json.dumps({"now": round(self._now() * _MILLI, 3), **told}, separators=(",", ":"))


def _as_json(news: StageNews) -> dict[str, Any]:
    """As ``feed.js`` reads it; times are in milliseconds."""
    scene = news.scene
    return {
        "line": None if news.line is None else _line(news.line),
        "position": news.position,
        "scene": {
            "activity": scene.activity,
            "chord": scene.chord,
            "key": scene.key,
            "bars": [scene.bar_origin, scene.bar_steps],
            "muted": [int(muted) for muted in scene.muted],
        },
        "steps": [_step(step) for step in news.steps],
        "gone": list(news.gone),
        "keys": [[key.number, key.pitch, key.start, key.end] for key in news.keys],
    }


def _line(line: Timebase) -> list[float]:
    """[time, step at that time, length of a step]."""
    return [line.time_s * _MILLI, line.step, line.step_seconds * _MILLI]


def _step(step: StageStep) -> list[Any]:
    """[step, phase, pitches (-1: silence), struck, clouds as pitch and thousandths by turns]."""
    pitches = [-1 if pitch is None else pitch for pitch in step.pitches]
    clouds = [[number for share in cloud for number in share] for cloud in step.clouds]
    return [step.step, int(step.phase), pitches, [int(struck) for struck in step.struck], clouds]
