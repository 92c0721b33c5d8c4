"""Pedals, bends and programs: every message, and nothing left on."""

from __future__ import annotations

import pytest
from support.recording import RecordingOutput

from companion.io.events import PortBack, PortLost
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.channel_state import CENTRE, ProgramChange, Touch
from companion.player.messages import (
    Close,
    EchoKey,
    EchoTouch,
    Panic,
    PlayerCommand,
    PlayFrames,
    SetPrograms,
    SetTimebase,
    Silence,
)
from companion.player.player import Player

ON, OFF = bytes((0x92, 60, 90)), bytes((0x82, 60, 64))
PEDAL, PEDAL_UP = bytes((0xB2, 64, 100)), bytes((0xB2, 64, 0))
BENT, UNBENT = bytes((0xE2, 0, 80)), bytes((0xE2, 0, 64))
PLAYED = EchoKey(60, 90, 2, Touch(100, 80 << 7))
CHOIR = (bytes((0xB0, 0, 1)), bytes((0xB0, 32, 2)), bytes((0xC0, 52)))


class Stage:
    def __init__(self) -> None:
        self.output, self.now_s = RecordingOutput(), 0.0
        self.player = Player(self.output, lambda: self.now_s)

    def tell(self, *commands: PlayerCommand) -> list[bytes]:
        """Every message that these bring about."""
        self.output.messages.clear()
        for command in commands:
            self.player.receive(command)
        return list(self.output.messages)

    def keep_house(self) -> list[bytes]:
        self.output.messages.clear()
        self.player.keep_house(self.now_s)
        return list(self.output.messages)


def test_pedal_and_bend_come_before_the_key_that_they_belong_to() -> None:
    stage = Stage()
    assert stage.tell(PLAYED) == [PEDAL, BENT, ON]
    assert stage.tell(EchoKey(60, 0, 2)) == [OFF]


def test_what_a_channel_has_already_is_not_told_again() -> None:
    stage = Stage()
    stage.tell(PLAYED)
    assert stage.tell(EchoTouch(2, Touch(100, 80 << 7))) == []
    assert stage.tell(EchoTouch(2, Touch(100, CENTRE))) == [UNBENT]
    assert stage.tell(EchoTouch(2, Touch())) == [PEDAL_UP]
    assert stage.tell(EchoTouch(2, Touch())) == []


@pytest.mark.parametrize("end", [Silence(1), SetTimebase(None), Close()])
def test_every_silence_lets_go_of_pedals_and_bends_after_the_notes(end: PlayerCommand) -> None:
    stage = Stage()
    stage.tell(PLAYED)
    assert stage.tell(end) == [OFF, PEDAL_UP, UNBENT]
    assert stage.tell(end) == []


def test_panic_says_besides_that_no_note_is_on() -> None:
    stage = Stage()
    stage.tell(PLAYED)
    told = [OFF, PEDAL_UP, UNBENT, bytes((0xB2, 123, 0)), bytes((0xB2, 120, 0))]
    assert stage.tell(Panic(1)) == told


def test_what_another_player_may_have_left_is_let_go() -> None:
    assert Stage().tell(Panic(0, ((2, 60),), (2,))) == [
        *(OFF, PEDAL_UP, UNBENT),
        *(bytes((0xB2, 123, 0)), bytes((0xB2, 120, 0))),
    ]


def test_the_end_lets_go_of_them() -> None:
    stage = Stage()
    stage.tell(PLAYED)
    stage.output.messages.clear()
    stage.player.close()
    assert stage.output.messages == [OFF, PEDAL_UP, UNBENT]


def test_after_a_silence_the_next_key_brings_the_pedal_again() -> None:
    stage = Stage()
    stage.tell(PLAYED, Silence(1))
    assert stage.tell(PLAYED) == [PEDAL, BENT, ON]


def test_a_program_is_told_with_its_bank_before_it_and_only_when_it_changes() -> None:
    stage = Stage()
    choir = ProgramChange(0, (1 << 7) + 2, 52)
    assert stage.tell(SetPrograms((choir,))) == [*CHOIR]
    assert stage.tell(SetPrograms((choir, ProgramChange(3, None, 43)))) == [bytes((0xC3, 43))]
    assert stage.tell(SetPrograms((ProgramChange(3, None, 44),))) == [bytes((0xC3, 44))]
    assert stage.tell(SetPrograms((ProgramChange(1, 0, None),))) == [bytes((0xB1, 0, 0)), bytes((0xB1, 32, 0))]


def test_a_port_that_is_back_is_let_go_first_and_then_told_its_programs() -> None:
    stage = Stage()
    stage.tell(SetPrograms((ProgramChange(0, 130, 52),)), PLAYED)
    stage.output.broken = True
    stage.tell(EchoKey(62, 90, 2))
    assert [type(event) for event in stage.player.take_reports()] == [PortLost]
    assert stage.tell(EchoTouch(2, Touch())) == []
    stage.output.mend()
    assert stage.keep_house() == [OFF, PEDAL_UP, UNBENT, *CHOIR]
    assert PortBack("recorder") in stage.player.take_reports()


def test_programs_that_change_while_the_port_is_away_are_told_when_it_is_back() -> None:
    stage = Stage()
    stage.output.broken = True
    stage.tell(EchoKey(60, 90, 2))
    assert stage.tell(SetPrograms((ProgramChange(0, 130, 52),))) == []
    stage.output.mend()
    stage.keep_house()
    assert stage.output.messages[-3:] == [*CHOIR]


def test_a_voice_goes_on_under_a_pedal_that_moves() -> None:
    """Frames know nothing of it."""
    stage = Stage()
    stage.tell(SetTimebase(Timebase(0.0, 0.0, 0.1)), PLAYED)
    parts = (Part(72, True, 80, 0), *(Part(None, False, 64, channel) for channel in (1, 2, 3)))
    stage.tell(PlayFrames((SoundingFrame(0, parts),)))  # type: ignore[arg-type]
    stage.output.messages.clear()
    stage.player.due(0.0)
    assert stage.output.messages == [bytes((0x90, 72, 80))]
    assert stage.tell(EchoTouch(2, Touch())) == [PEDAL_UP, UNBENT]
