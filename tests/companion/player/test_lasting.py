"""A player that is killed is followed by another, which lets go of what that one may have left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from companion.errors import ChoraleError
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.channel_state import ProgramChange, Touch
from companion.player.lasting import DEATHS_SECONDS, MOST_DEATHS, LastingPlayer
from companion.player.messages import (
    EchoKey,
    EchoTouch,
    Panic,
    PlayFrames,
    PlayNow,
    SetClick,
    SetOffset,
    SetPrograms,
    SetTimebase,
)

REST = Part(None, False, 64, 3)


class Handle:
    def __init__(self) -> None:
        self.alive, self.closed, self.told = True, False, []  # type: tuple[bool, bool, list[Any]]

    def send(self, command: Any) -> bool:
        self.told.append(command)
        return self.alive

    def close(self, _: float) -> None:
        self.closed = True


def made() -> tuple[LastingPlayer, list[Handle]]:
    handles: list[Handle] = []

    def start() -> Any:
        handles.append(Handle())
        return handles[-1]

    return LastingPlayer(start, 0.02), handles


def test_another_player_follows_and_lets_go_of_what_may_sound() -> None:
    player, handles = made()
    line = SetTimebase(Timebase(0.0, 0.0, 0.1))
    player.send(line)
    player.send(PlayFrames((SoundingFrame(0, (Part(72, True, 80, 0), Part(67, False, 80, 1), REST, REST)),)))
    player.send(PlayNow(3, 48, 70, 9))
    player.send(PlayNow(3, 0, 70, 9))
    player.send(EchoKey(50, 90, 4))
    player.send(EchoKey(51, 0, 4))
    assert not player.revived(1.0)
    handles[0].alive = False
    assert player.revived(2.0)
    assert handles[0].closed
    anew = replace(line, anew=True)  # devices that follow our clock may have been left running
    assert handles[1].told == [SetOffset(0.02), Panic(0, ((0, 72), (1, 67), (4, 50), (9, 48))), anew]
    assert not player.revived(3.0)


def test_the_click_goes_on_and_the_one_that_may_hang_is_let_go() -> None:
    player, handles = made()
    player.send(SetClick(on=True, channel=9, counted_in=32))
    handles[0].alive = False
    assert player.revived(2.0)
    assert handles[1].told == [
        SetOffset(0.02),
        Panic(0, ((9, 37),)),
        SetTimebase(None, anew=True),
        SetClick(on=True, channel=9, counted_in=32),
    ]


def test_one_that_ends_again_and_again_is_given_up() -> None:
    player, handles = made()
    for death in range(MOST_DEATHS - 1):
        handles[-1].alive = False
        assert player.revived(death * 1.0)
    handles[-1].alive = False
    with pytest.raises(ChoraleError, match="ends again and again"):
        player.revived(DEATHS_SECONDS - 1)


def test_one_that_ends_now_and_then_is_not() -> None:
    player, handles = made()
    for death in range(9):
        handles[-1].alive = False
        assert player.revived(death * DEATHS_SECONDS)


def test_another_player_lets_go_of_pedals_and_bends_and_tells_the_programs_again() -> None:
    player, handles = made()
    programs = SetPrograms((ProgramChange(2, 0, 52),))
    player.send(programs)
    player.send(EchoKey(60, 90, 4))
    player.send(EchoTouch(4, Touch(pedal=127)))
    handles[0].alive = False
    assert player.revived(2.0)
    assert handles[1].told == [SetOffset(0.02), Panic(0, ((4, 60),), (4,)), programs, SetTimebase(None, anew=True)]
