"""The process in which clips are made: one wish at a time, and nothing left of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from companion.clips.maker import ClipMade, ClipMaker, ClipNews, ClipProgress
from companion.clips.making import ClipWish
from companion.controls.settings import Settings
from companion.io.clip_messages import CONTINUE, ClipAsk, ClipNote

PATIENCE_S = 60.0
NOTES = tuple(ClipNote(60 + place % 5, float(place), 1.0, 80) for place in range(8))

pytestmark = pytest.mark.slow


def wish(request: int, bars: int = 1, model: str = "gru") -> ClipWish:
    return ClipWish(ClipAsk(request, CONTINUE, 8, 8.0, 4, 4, bars, 0), NOTES, Settings(model=model), "14:05")


@pytest.fixture
def maker() -> Iterator[ClipMaker]:
    one = ClipMaker()
    yield one
    one.close()


def told(maker: ClipMaker, until: Callable[[ClipNews], bool]) -> list[ClipNews]:
    """Everything up to the first such word."""
    heard: list[ClipNews] = []
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        for news in maker.news():
            heard.append(news)
            if until(news):
                return heard
        time.sleep(0.01)
    raise AssertionError(f"not told: {heard}")


def is_made(news: ClipNews) -> bool:
    return isinstance(news, ClipMade)


def test_a_wish_is_made_and_the_next_by_the_same_process(maker: ClipMaker) -> None:
    maker.ask(wish(1))
    *progress, made = told(maker, is_made)
    assert isinstance(made, ClipMade) and made.answer is not None and made.request == 1
    assert progress and all(isinstance(one, ClipProgress) and one.total == 48 for one in progress)
    process = maker._process
    maker.ask(wish(2))
    assert told(maker, is_made)[-1].request == 2
    assert maker._process is process


def test_another_wish_ends_the_first_between_two_steps(maker: ClipMaker) -> None:
    maker.ask(wish(1, bars=64))
    told(maker, lambda news: isinstance(news, ClipProgress))
    maker.ask(wish(2))
    assert {news.request for news in told(maker, is_made)} == {2}


def test_what_is_cancelled_is_heard_of_no_more(maker: ClipMaker) -> None:
    maker.ask(wish(1, bars=64))
    told(maker, lambda news: isinstance(news, ClipProgress))
    maker.cancel()
    maker.ask(wish(3))
    assert {news.request for news in told(maker, is_made)} == {3}


def test_a_fault_is_one_line_and_the_process_goes_on(maker: ClipMaker) -> None:
    maker.ask(wish(1, model="nobody"))
    (made,) = told(maker, is_made)
    assert isinstance(made, ClipMade) and made.answer is None and "unknown model" in made.fault
    maker.ask(wish(2))
    assert told(maker, is_made)[-1].request == 2


def test_a_process_that_is_killed_is_a_fault_and_the_next_wish_has_another(maker: ClipMaker) -> None:
    maker.ask(wish(1, bars=64))
    told(maker, lambda news: isinstance(news, ClipProgress))
    assert maker._process is not None
    maker._process.kill()
    made = told(maker, is_made)[-1]
    assert isinstance(made, ClipMade) and (made.request, made.answer) == (1, None)
    maker.ask(wish(2))
    assert told(maker, is_made)[-1].request == 2
    maker.close()
    maker.close()
