"""Frames as they became music, written down as notes; and an answer on its way."""

from __future__ import annotations

from companion.clips.music import ClipAnswer
from companion.clips.parcel import AGAIN_SECONDS, MOST_TIMES, Parcel
from companion.clips.tape import ClipTape
from companion.controls.settings import Settings
from companion.io.clip_messages import ClipNote, ClipVoiceNote
from companion.music.bars import Barlines
from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, REST
from companion.record.log import LoggedFrame

BARS = Barlines.of_metre(4, 4)


def strike(pitch: int) -> int:
    return pitch - LOWEST_PITCH + FIRST_STRIKE


def told(*lines: tuple[int, int, int | None], origin: str = "model") -> list[LoggedFrame]:
    """Frames whose soprano does this: step, token, what sounds; the others rest."""
    return [
        LoggedFrame(0.0, step, origin, (token, REST, REST, REST), (pitch, None, None, None))
        for step, token, pitch in lines
    ]


def notes(tape: ClipTape) -> list[tuple[int, float, float]]:
    answer = tape.answer(Settings(), BARS, "14:05")
    return [] if answer is None else [(one.note.pitch, one.note.start, one.note.duration) for one in answer.notes]


def test_strikes_holds_and_rests() -> None:
    tape = ClipTape()
    lines = (
        (16, strike(60), 60), (17, HOLD, 60), (18, REST, None), (19, REST, None),
        (20, strike(62), 62), (21, strike(62), 62), (22, strike(64), 64), (23, REST, None),
    )  # fmt: skip
    for frame in told(*lines):
        tape.hear(frame)
    assert notes(tape) == [(60, 0.0, 0.5), (62, 1.0, 0.25), (62, 1.25, 0.25), (64, 1.5, 0.25)]


def test_a_hold_of_what_began_before_the_answer_begins_there() -> None:
    tape = ClipTape()
    for frame in told((15, strike(60), 60), origin="heard") + told((16, HOLD, 60), (17, HOLD, 60)):
        tape.hear(frame)
    assert notes(tape) == [(60, 0.0, 0.5)]


def test_what_was_taken_back_is_forgotten_by_what_comes_in_its_place() -> None:
    tape = ClipTape()
    for frame in told(*((step, strike(60), 60) for step in range(16, 24))):
        tape.hear(frame)
    for frame in told((18, strike(67), 67)):
        tape.hear(frame)
    assert notes(tape) == [(60, 0.0, 0.25), (60, 0.25, 0.25), (67, 0.5, 0.25)]


def test_a_receipt_at_the_last_moment_counts() -> None:
    parcel = Parcel(1, ClipAnswer((ClipVoiceNote(0, ClipNote(60, 0.0, 1.0, 80)),), 4.0, "name"))
    now_s = 0.0
    for _ in range(MOST_TIMES + 1):
        assert [message[0].rpartition("/")[2] for message in parcel.due(now_s)] == ["answer", "notes"]
        now_s += AGAIN_SECONDS
    assert parcel.lost
    parcel.got(0)
    parcel.got(1)
    assert parcel.arrived and not parcel.lost
