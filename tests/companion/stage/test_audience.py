from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from companion.music.timebase import Timebase
from companion.stage.audience import KEPT_STEPS, MOST_UNREAD, MOST_VIEWERS, Audience, Viewer
from companion.stage.news import Phase, StageKey, StageNews, StageScene, StageStep

LINE = Timebase(0.0, 10.0, 0.125)


def step(number: int, phase: Phase = Phase.FIXED, pitch: int = 60) -> StageStep:
    return StageStep(
        number, phase, (pitch, None, 55, 48), (True, False, False, True), (((60, 900), (62, 50)), (), (), ())
    )


def news(*steps: StageStep, gone: tuple[int, ...] = (), keys: tuple[StageKey, ...] = ()) -> StageNews:
    return StageNews(LINE, 0.0, StageScene("answering", "C", "C major"), steps, gone, keys)


def drained(viewer: Viewer) -> list[Any]:
    told = []
    while not viewer.waiting.empty():
        text = viewer.waiting.get_nowait()
        told.append(None if text is None else json.loads(text))
    return told


def welcomed(audience: Audience, drop: Callable[[], object] = lambda: None) -> Viewer:
    viewer = audience.welcome(drop)
    assert viewer is not None
    return viewer


def test_a_viewer_is_told_what_is_new_with_the_time_of_telling() -> None:
    audience = Audience(lambda: 11.0)
    viewer = welcomed(audience)
    drained(viewer)
    audience.tell(news(step(8), gone=(9,), keys=(StageKey(1, 67, 3.5), StageKey(2, 69, 1.0, 3.0))))
    (told,) = drained(viewer)
    assert told == {
        "now": 11000.0,
        "line": [10000.0, 0.0, 125.0],
        "position": 0.0,
        "scene": {"activity": "answering", "chord": "C", "key": "C major", "bars": [0, 16], "muted": [0, 0, 0, 0]},
        "steps": [[8, 2, [60, -1, 55, 48], [1, 0, 0, 1], [[60, 900, 62, 50], [], [], []]]],
        "gone": [9],
        "keys": [[1, 67, 3.5, None], [2, 69, 1.0, 3.0]],
    }


def test_who_comes_later_is_told_all_that_is_seen() -> None:
    audience = Audience(lambda: 11.0)
    audience.tell(news(step(8, Phase.PLANNED), step(9, Phase.PLANNED), keys=(StageKey(1, 67, 3.5),)))
    audience.tell(news(step(8), gone=(9,), keys=(StageKey(1, 67, 3.5, 5.0),)))
    (told,) = drained(welcomed(audience))
    assert told["all"] is True
    assert [row[:2] for row in told["steps"]] == [[8, 2]]
    assert told["keys"] == [[1, 67, 3.5, 5.0]]


def test_two_hours_later_no_more_is_kept_than_is_seen() -> None:
    time_s = 10.0
    audience = Audience(lambda: time_s)
    for number in range(2 * 60 * 60 * 8):
        time_s = LINE.time_of(number)
        audience.tell(news(step(number), keys=(StageKey(number, 60, number, number + 1.0),)))
    (told,) = drained(welcomed(audience))
    assert len(told["steps"]) <= KEPT_STEPS + 1
    assert len(told["keys"]) <= KEPT_STEPS + 2


def test_a_viewer_that_does_not_keep_up_is_dropped_and_costs_no_memory() -> None:
    audience = Audience(lambda: 11.0)
    dropped: list[str] = []
    slow = welcomed(audience, lambda: dropped.append("slow"))
    quick = welcomed(audience, lambda: dropped.append("quick"))
    for number in range(MOST_UNREAD + 3):
        audience.tell(news(step(number)))
        drained(quick)
    assert set(dropped) == {"slow"}
    assert len(drained(slow)) == MOST_UNREAD


def test_seats_are_few_and_are_given_again() -> None:
    audience = Audience(lambda: 11.0)
    viewers = [welcomed(audience) for _ in range(MOST_VIEWERS)]
    assert audience.welcome(lambda: None) is None
    audience.leave(viewers[0])
    audience.leave(viewers[0])
    welcomed(audience)


def test_the_end_is_told_to_all() -> None:
    audience = Audience(lambda: 11.0)
    viewers = [welcomed(audience) for _ in range(2)]
    audience.beat()
    audience.end()
    for viewer in viewers:
        _, beat, end = drained(viewer)
        assert beat == {"now": 11000.0}
        assert end is None
