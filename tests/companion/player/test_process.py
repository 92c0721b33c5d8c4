"""Players started and ended for real, in a thread and in a process; music and signals are tested in integration."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from support.recording import RecordingOutput, sounding

from companion.player.messages import Close, PlayerReport, PlayNow, Ready, Silence, Silenced
from companion.player.port import Nowhere
from companion.player.process import PlayerHandle

PATIENCE_S = 60.0
Told = TypeVar("Told", bound=PlayerReport)


def wait_for(player: PlayerHandle, kind: type[Told]) -> Told:
    """The next report of a kind."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        found = next((report for report in player.reports() if isinstance(report, kind)), None)
        if found is not None:
            return found
        time.sleep(0.001)
    raise AssertionError(f"no {kind.__name__}")


@pytest.fixture(params=[PlayerHandle.in_thread, PlayerHandle.in_process], ids=["thread", "process"])
def start(request: pytest.FixtureRequest) -> Iterator[Callable[..., PlayerHandle]]:
    started: list[PlayerHandle] = []

    def begin(open_output: Callable[[], Nowhere]) -> PlayerHandle:
        started.append(request.param(open_output))
        return started[-1]

    yield begin
    for player in started:
        player.close()


def test_obeys_and_ends(start: Callable[..., PlayerHandle]) -> None:
    player = start(Nowhere)
    assert wait_for(player, Ready).port == ""
    before_s = time.perf_counter()
    assert player.send(Silence(5))
    told = wait_for(player, Silenced)
    assert told.token == 5
    assert before_s <= told.at_s <= time.perf_counter()  # one clock for all processes
    assert player.alive
    player.close()
    player.close()
    assert (player.alive, player.send(Silence(6)), player.reports()[:0]) == (False, False, [])


def test_closing_at_once(start: Callable[..., PlayerHandle]) -> None:
    with start(Nowhere) as player:
        pass
    assert not player.alive


def test_a_player_that_has_ended(start: Callable[..., PlayerHandle]) -> None:
    player = start(Nowhere)
    wait_for(player, Ready)
    player.send(Close())
    player._runner.join(PATIENCE_S)
    assert not player.alive
    assert not player.send(Silence(1))
    player.close()


def test_the_thread_is_silent_in_the_end() -> None:
    output = RecordingOutput()
    player = PlayerHandle.in_thread(lambda: output)
    player.send(PlayNow(0, 60))
    player.close()
    assert output.take() == [("on", 0, 60), ("off", 0, 60)]
    assert sounding(output.messages) == []
    assert player.pid is None


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="Windows has no sessions of this kind")
def test_without_precedence_it_has_a_session_to_itself() -> None:
    """So that it gets its share of a processor, however many other processes its terminal has."""
    with PlayerHandle.in_process(Nowhere) as player:
        ready = wait_for(player, Ready)
        assert player.pid is not None
        assert (os.getsid(player.pid) == player.pid) is not ready.realtime
