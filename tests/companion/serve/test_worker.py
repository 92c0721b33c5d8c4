"""The process, as it is: what ends it, and what it outlasts."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import pytest
from support.served import NOTES

from companion.serve.wish import NOTES_TYPE, ServiceWish, WishFailed, WishMade
from companion.serve.worker import CANCELLED, FAILED, Worker

BODY = json.dumps(NOTES).encode()
SHORT = ServiceWish("continue", BODY, NOTES_TYPE, (("bars", "1"), ("seed", "1")))
LONG = ServiceWish("continue", BODY, NOTES_TYPE, (("bars", "900"),))


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker(seconds=60)
    try:
        assert "bach" in {row["name"] for row in one.models()}
        yield one
    finally:
        one.close()


def never(_done: int, _total: int) -> None:
    """Told how far it is."""


def test_what_is_stopped_ends_between_two_steps(worker: Worker) -> None:
    stopped, told = threading.Event(), []

    def tell(done: int, _total: int) -> None:
        told.append(done)
        if done:
            stopped.set()

    before = worker.pid
    assert worker.make(LONG, stopped, tell) == CANCELLED
    assert told[-1] < 900 * 16
    assert isinstance(worker.make(SHORT, threading.Event(), never), WishMade)
    assert worker.pid == before


def test_a_process_that_was_killed_is_one_fault_and_another_process(worker: Worker) -> None:
    def kill(_done: int, _total: int) -> None:
        worker.end()

    assert worker.make(LONG, threading.Event(), kill) == FAILED
    assert isinstance(worker.make(SHORT, threading.Event(), never), WishMade)


def test_what_is_stopped_while_the_process_begins_anew_leaves_nothing_for_the_next_wish(worker: Worker) -> None:
    worker.end()
    gone = threading.Event()
    gone.set()
    assert worker.make(LONG, gone, never) == CANCELLED
    wishes = [replace(SHORT, said=(("bars", "1"), ("seed", seed))) for seed in "123"]
    made, again = ([worker.make(wish, threading.Event(), never) for wish in wishes] for _ in range(2))
    assert all(isinstance(one, WishMade) for one in made)
    assert made == again


@pytest.mark.skipif(os.name != "posix", reason="a process cannot be held up there")
def test_what_hears_of_no_end_is_ended(worker: Worker) -> None:
    stopped, before = threading.Event(), worker.pid
    assert before is not None

    def hold_up(_done: int, _total: int) -> None:
        os.kill(before, signal.SIGSTOP)
        stopped.set()

    assert worker.make(LONG, stopped, hold_up) == CANCELLED
    assert worker.pid != before
    made = worker.make(SHORT, threading.Event(), never)
    assert made == worker.make(SHORT, threading.Event(), never)


def test_a_fault_is_told_in_a_line(worker: Worker) -> None:
    bad = ServiceWish("continue", b"RIFF", "audio/midi")
    failed = worker.make(bad, threading.Event(), never)
    assert isinstance(failed, WishFailed)
    assert failed.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "the music is no MIDI file" in failed.error
