from __future__ import annotations

from collections.abc import Sequence

from support.jamrig import PlayerTape

from companion.clock.addresses import Addresses, Loop
from companion.io.osc_messages import Message
from companion.jam.notices import Notice, Notices
from companion.jam.outlets import Outlets
from companion.music.sounding import Part, SoundingFrame
from companion.player.messages import ClearSteps, Panic, PlayFrames, PlayNow, Silence
from companion.record.log import Entry, LoggedClear, LoggedNow, LoggedSend, LoggedSilence

REST = Part(None, False, 80, 0)


def frame(step: int) -> SoundingFrame:
    return SoundingFrame(step, (Part(60, True, 80, 0), REST, REST, REST))


class Tapes:
    """Outlets, and lists for what leaves them."""

    def __init__(self) -> None:
        self.player, self.notices = PlayerTape(), Notices()
        self.sent: list[Message] = []
        self.entries: list[Entry] = []
        self.outlets = Outlets(self.player, lambda: 0.0, self.notices, self.sent.append, self.entries.append)

    def take(self) -> list[tuple[str, int, int]]:
        """What the device was told, by what it is about: its first two numbers."""
        sent = [(address.removeprefix("/chorale/"), *_two(arguments)) for address, arguments in self.sent]
        self.sent.clear()
        return sent


def _two(arguments: Sequence[object]) -> tuple[int, int]:
    first, second = arguments[:2]
    assert isinstance(first, int) and isinstance(second, int)
    return first, second


def test_what_a_session_says_goes_to_player_device_and_log() -> None:
    tapes = Tapes()
    tapes.outlets.reach(3.5)
    tapes.outlets.frames([frame(4), frame(5), frame(6), frame(8)])
    tapes.outlets.now(1, Part(55, True, 70, 2))
    tapes.outlets.clear(5, 8)
    tapes.outlets.silence()
    tapes.outlets.panic()
    frames = (frame(4), frame(5), frame(6), frame(8))
    assert tapes.player.commands == [
        PlayFrames(frames),
        PlayNow(1, 55, 70, 2),
        ClearSteps(5, 8),
        Silence(1),
        Panic(2),
    ]
    quiet = [("now", voice, 0) for voice in (1, 2, 3, 4)]
    told = [("frame", step, 60) for step in (4, 5, 6, 8)]
    assert tapes.take() == [*told, ("now", 2, 55), ("clear", 5, 6), ("clear", 8, 8), ("clear", 4, 4), *quiet, *quiet]
    assert tapes.entries == [
        LoggedSend(3.5, frames),
        LoggedNow(3.5, 1, 55, 70, 2),
        LoggedClear(3.5, 5, 8),
        LoggedSilence(3.5, False),
        LoggedSilence(3.5, True),
    ]


def test_what_is_ahead_moves_with_the_song_and_is_told_again_on_request() -> None:
    tapes = Tapes()
    tapes.outlets.reach(4.5)
    tapes.outlets.frames([frame(3), frame(4), frame(5)])
    tapes.take()
    tapes.outlets.moved(Addresses(shift=60), 4.5, sure=False)
    assert tapes.take() == [("clear", 3, 5), ("frame", 64, 60), ("frame", 65, 60)]
    tapes.outlets.resend()
    assert tapes.take() == [("frame", 64, 60), ("frame", 65, 60)]


def test_a_later_round_of_a_loop_waits_until_its_place_is_free() -> None:
    tapes = Tapes()
    tapes.outlets.moved(Addresses(loop=Loop(0, 4)), 0.0, sure=True)
    tapes.outlets.frames([frame(3), frame(4)])
    assert tapes.take() == [("frame", 3, 60)]
    tapes.outlets.reach(1.0)
    tapes.outlets.forget_past()
    assert tapes.take() == [("frame", 0, 60)]


def test_a_hint_is_told_once_until_all_is_silenced() -> None:
    tapes = Tapes()
    for text in ("a", "a", "b", "a"):
        tapes.outlets.message(text)
        tapes.notices.complain(text)
    told = [notice.text for notice in tapes.notices.take(0.0) if not notice.fault]
    assert told == ["a", "b"]
    assert tapes.notices.count == 4  # equal faults are one
    tapes.outlets.silence()
    tapes.outlets.message("a")
    assert list(tapes.notices.take(0.0)) == [Notice("a")]


def test_equal_faults_are_one_line_with_a_count_and_lines_are_few_however_many_there_are() -> None:
    notices = Notices()
    for _ in range(3):
        notices.complain("no such address", 2)
    assert [notice.line for notice in notices.take(0.0)] == ["no such address (6 times)"]
    told = 0
    for tick in range(1000):
        for number in range(20):
            notices.complain(f"fault {number}")
        told += len(list(notices.take(tick / 100)))
    assert 40 <= told <= 60  # in ten seconds
