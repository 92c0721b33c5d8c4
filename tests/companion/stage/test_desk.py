"""The jam's end, and the process behind it, killed and held up."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig
from websockets.sync.client import connect

from companion.errors import NoPort
from companion.stage.desk import StageDesk
from companion.stage.place import StagePlace

PATIENCE_S = 20.0


class Said(list[str]):
    """Lines for the player."""


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def desk(said: Said) -> Iterator[StageDesk]:
    one = StageDesk(StagePlace(opens=False), said.append)
    yield one
    one.close()
    one.close()


def watched(desk: StageDesk) -> Rig:
    return Rig(Babbler(), babbling(seed=5), stage=desk)


def pid(desk: StageDesk) -> int:
    assert desk._process.pid is not None
    return desk._process.pid


def look(address: str) -> connect:
    host = address.split("/")[2]
    return connect(f"{address.replace('http', 'ws')}socket", origin=f"http://{host}", compression=None, proxy=None)


def test_what_is_played_is_seen(desk: StageDesk, said: Said) -> None:
    address = desk.open()
    assert said == [f"the stage is at {address}"]
    rig = watched(desk)
    with look(address) as page:
        assert desk.await_viewer(PATIENCE_S)
        rig.press(67)
        rig.run_to(4)
        end_s = time.monotonic() + PATIENCE_S
        while '"keys":[[1,67' not in page.recv(PATIENCE_S):
            assert time.monotonic() < end_s
            rig.run_to(rig.now_s / rig.step_s + 0.5)


def test_nobody_need_look_on(desk: StageDesk) -> None:
    desk.open()
    assert not desk.await_viewer(0.05)


def test_a_place_that_is_taken_is_a_fault() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk = StageDesk(StagePlace(port=taken.getsockname()[1], opens=False), lambda _: None)
        with pytest.raises(NoPort, match="is taken by another program"):
            desk.open()
    assert not desk._process.is_alive()


def test_a_stage_that_is_killed_is_one_line_and_the_jam_goes_on(desk: StageDesk, said: Said) -> None:
    desk.open()
    rig = watched(desk)
    desk._process.kill()
    desk._process.join()
    rig.play(67, 69)
    rig.run_to(30)
    assert said[1:] == ["the stage has ended by itself; the jam goes on without it"]
    assert rig.session.activity == "answering"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not stopped there")
def test_a_stage_that_hangs_holds_nothing_up(desk: StageDesk) -> None:
    desk.open()
    rig = watched(desk)
    os.kill(pid(desk), signal.SIGSTOP)
    try:
        rig.play(*(60 + note % 12 for note in range(40)), steps=1)
        rig.run_to(400)  # it would never come here if anything waited for the process
    finally:
        os.kill(pid(desk), signal.SIGCONT)
    assert rig.session.position >= 400
