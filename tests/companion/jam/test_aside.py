"""Of what is asked for in a hurry the last is done."""

from __future__ import annotations

import queue
import threading
from typing import Any

from companion.jam.aside import Aside


def test_one_thing_at_a_time_and_of_those_that_wait_the_last() -> None:
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    begun, free, running = threading.Event(), threading.Event(), []
    aside = Aside("test", done.put)

    def slow() -> str:
        running.append(threading.active_count())
        begun.set()
        free.wait(20)
        return "slow"

    aside.ask(slow)
    assert begun.wait(20)
    for number in range(200):
        aside.ask(lambda number=number: number)  # type: ignore[misc]
    assert threading.active_count() == running[0]
    free.set()
    assert [done.get(timeout=20), done.get(timeout=20)] == ["slow", 199]
    assert done.empty()


def test_a_wish_can_be_taken_back() -> None:
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    aside = Aside("test", done.put)
    aside.ask(lambda: "never")
    aside.ask(None)
    aside.ask(lambda: "this")
    assert done.get(timeout=20) == "this"
