"""The book of the notes that sound: who holds what, and when a note-off is due."""

from __future__ import annotations

import pytest
from support.recording import RecordingOutput, sounding

from companion.player.held_notes import HeldNotes, note_off, note_on

SOPRANO, ALTO = 0, 1
C, D = (0, 60), (0, 62)


@pytest.fixture
def port() -> RecordingOutput:
    return RecordingOutput()


@pytest.fixture
def held(port: RecordingOutput) -> HeldNotes:
    return HeldNotes(port.send)


def test_bytes() -> None:
    assert note_on((3, 60), 100) == bytes((0x93, 60, 100))
    assert note_off((15, 127)) == bytes((0x8F, 127, 64))


@pytest.mark.parametrize(("key", "velocity"), [((16, 60), 64), ((-1, 60), 64), ((0, 128), 64), ((0, -1), 64), (C, 0)])
def test_no_such_note(held: HeldNotes, port: RecordingOutput, key: tuple[int, int], velocity: int) -> None:
    held.move(struck=[(SOPRANO, C, 64)])
    with pytest.raises(ValueError, match="no such note"):
        held.move(released=[SOPRANO], struck=[(ALTO, key, velocity)])
    assert (port.take(), held.of(SOPRANO)) == ([("on", 0, 60)], C)


def test_note_offs_go_first(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64), (ALTO, D, 64)])
    port.take()
    held.move(struck=[(SOPRANO, (0, 64), 64), (ALTO, (0, 65), 64)])
    assert port.take() == [("off", 0, 60), ("off", 0, 62), ("on", 0, 64), ("on", 0, 65)]


def test_the_same_note_again(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64)])
    held.move(struck=[(SOPRANO, C, 64)])
    held.move(released=[SOPRANO])
    assert port.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 60), ("off", 0, 60)]


def test_a_unison_sounds_until_the_last_lets_go(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64)])
    held.move(struck=[(ALTO, C, 64)])
    assert port.take() == [("on", 0, 60), ("off", 0, 60), ("on", 0, 60)]
    held.move(released=[SOPRANO])
    assert port.take() == []
    held.move(released=[ALTO])
    assert port.take() == [("off", 0, 60)]


def test_a_unison_struck_at_once_is_one_note(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64), (ALTO, C, 90)])
    assert port.messages == [note_on(C, 90)]
    held.move(released=[SOPRANO, ALTO])
    assert port.take() == [("on", 0, 60), ("off", 0, 60)]


def test_voices_change_places(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64), (ALTO, D, 64)])
    held.move(struck=[(SOPRANO, D, 64), (ALTO, C, 64)])
    held.release_all()
    assert sounding(port.messages) == []
    assert len(port.messages) == 8


def test_an_owner_holds_one_note(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64), (SOPRANO, D, 64)])
    assert (port.take(), held.of(SOPRANO), held.sounding) == ([("on", 0, 62)], D, (D,))


def test_releasing_nothing_says_nothing(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(released=[SOPRANO, ALTO])
    held.release_all()
    assert port.take() == []


def test_a_note_that_could_not_be_sent_may_sound(held: HeldNotes, port: RecordingOutput) -> None:
    held.move(struck=[(SOPRANO, C, 64)])
    port.broken = True
    with pytest.raises(OSError, match="cable"):
        held.move(struck=[(ALTO, D, 64)])
    with pytest.raises(OSError, match="cable"):
        held.move(released=[SOPRANO])
    assert held.forget() == (C, D)
    assert (held.sounding, held.of(SOPRANO)) == ((), None)
