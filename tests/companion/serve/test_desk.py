"""The queue, with a worker that does what the test says."""

from __future__ import annotations

import asyncio
import queue
import threading
from http import HTTPStatus
from typing import Any

import pytest

from companion.serve import desk as desks
from companion.serve.desk import SERVICE_ENDED, Desk, JobState, QueueFull, ServiceJob
from companion.serve.wish import Outcome, ServiceWish, WishFailed, WishMade
from companion.serve.worker import CANCELLED, TellSteps

WISH = ServiceWish("continue", b"", "audio/midi")
MADE = WishMade(b"midi", b"notes")


class ScriptedWorker:
    """Ends a wish with what the test puts into ``outcomes``, or when it is stopped."""

    def __init__(self) -> None:
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.begun = 0
        self.closed = threading.Event()

    def models(self) -> list[dict[str, Any]]:
        return [{"name": "bach"}]

    def make(self, wish: ServiceWish, stopped: threading.Event, tell: TellSteps) -> Outcome:
        assert wish == WISH
        self.begun += 1
        tell(1, 2)
        while not stopped.is_set() and not self.closed.is_set():
            try:
                return self.outcomes.get(timeout=0.01)
            except queue.Empty:
                continue
        return CANCELLED

    def close(self) -> None:
        self.closed.set()


def run(check: Any) -> None:
    async def whole() -> None:
        worker = ScriptedWorker()
        desk = Desk(worker, 2)
        try:
            await asyncio.wait_for(check(desk, worker), 30)
        finally:
            desk.close()

    asyncio.run(whole())


async def until(job: ServiceJob, state: JobState) -> None:
    while job.state != state:
        await job.changed.wait()


def test_jobs_are_carried_out_one_after_the_other() -> None:
    async def check(desk: Desk, worker: ScriptedWorker) -> None:
        assert await desk.models == [{"name": "bach"}]
        first, second = desk.ask(WISH, kept=True), desk.ask(WISH, kept=True)
        await until(first, JobState.WORKING)
        assert first.as_json() == {"job": first.number, "what": "continue", "state": "working", "done": 1, "total": 2}
        assert (second.state, desk.waiting) == (JobState.WAITING, 1)
        worker.outcomes.put(MADE)
        assert await first.ended() == MADE
        worker.outcomes.put(WishFailed(HTTPStatus.UNPROCESSABLE_ENTITY, "no"))
        await second.ended()
        assert (second.state, second.as_json()["error"]) == (JobState.FAILED, "no")
        assert desk.find(first.number) is first

    run(check)


def test_a_full_queue_takes_no_more_and_loses_none() -> None:
    async def check(desk: Desk, worker: ScriptedWorker) -> None:
        first = desk.ask(WISH, kept=True)
        await until(first, JobState.WORKING)
        waiting = [desk.ask(WISH, kept=True) for _ in range(2)]
        with pytest.raises(QueueFull) as caught:
            desk.ask(WISH, kept=True)
        assert caught.value.retry_seconds >= 1
        for _ in range(3):
            worker.outcomes.put(MADE)
        assert [await job.ended() for job in (first, *waiting)] == [MADE] * 3

    run(check)


def test_cancelled_jobs_end_at_once_and_what_waits_is_never_begun() -> None:
    async def check(desk: Desk, worker: ScriptedWorker) -> None:
        first = desk.ask(WISH, kept=True)
        await until(first, JobState.WORKING)
        second, third = desk.ask(WISH, kept=True), desk.ask(WISH, kept=True)
        desk.cancel(second)
        desk.cancel(first)
        assert (first.state, second.state) == (JobState.CANCELLED, JobState.CANCELLED)
        await until(third, JobState.WORKING)
        assert worker.begun == 2
        worker.outcomes.put(MADE)
        assert await third.ended() == MADE
        desk.cancel(third)
        assert third.state == JobState.DONE

    run(check)


def test_what_nobody_comes_for_is_not_kept_and_the_oldest_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "MOST_KEPT_RESULT_BYTES", 2 * MADE.size)

    async def check(desk: Desk, worker: ScriptedWorker) -> None:
        async def done(kept: bool) -> ServiceJob:
            job = desk.ask(WISH, kept)
            worker.outcomes.put(MADE)
            await job.ended()
            return job

        assert desk.find((await done(kept=False)).number) is None
        jobs = [await done(kept=True) for _ in range(3)]
        assert [desk.find(job.number) for job in jobs] == [None, *jobs[1:]]

    run(check)


def test_when_it_closes_all_who_wait_are_told() -> None:
    async def check(desk: Desk, worker: ScriptedWorker) -> None:
        jobs = [desk.ask(WISH, kept=True) for _ in range(2)]
        await until(jobs[0], JobState.WORKING)
        desk.close()
        desk.close()
        assert [await job.ended() for job in jobs] == [SERVICE_ENDED] * 2
        assert desk.ask(WISH, kept=True).outcome == SERVICE_ENDED
        assert worker.closed.is_set()

    run(check)
