"""What waits for the engine stays small, and nothing that counts is lost."""

from __future__ import annotations

import threading
import time

from companion.io.inbox import MOST_WAITING, Inbox
from companion.io.osc_messages import verdict
from companion.io.osc_port import Arrival, Unreadable, read_packet


def filled(*items: object) -> Inbox:
    inbox = Inbox()
    for item in items:
        inbox.put(item)
    return inbox


def arrival(address: str, *arguments: object) -> Arrival:
    return Arrival(0.0, f"/chorale/{address}", arguments)


def test_of_what_sets_the_same_the_last_counts_in_its_place() -> None:
    inbox = filled(
        arrival("temperature", 0.5),
        arrival("temperature", 0.6, 1),
        arrival("voice/lock", 1, 1),
        arrival("voice/lock", 2, 1),
        arrival("transport", 1, 4.0, 120),
        arrival("temperature", 0.7),
        arrival("voice/lock", 1, 0),
    )
    assert inbox.take(99) == [
        arrival("temperature", 0.6, 1),
        arrival("voice/lock", 2, 1),
        arrival("transport", 1, 4.0, 120),
        arrival("temperature", 0.7),
        arrival("voice/lock", 1, 0),
    ]
    assert inbox.take(99) == []


def test_notes_and_actions_all_count() -> None:
    told = [arrival("note", 60, 80), arrival("note", 60, 80), arrival("undo"), arrival("undo"), arrival("go", 2)]
    inbox = filled(*told)
    assert inbox.take(2) == told[:2]
    assert inbox.take(9) == told[2:]


def test_what_means_nothing_is_one_item_with_a_count() -> None:
    inbox = filled(Unreadable(0.0, "junk"), arrival("undo"), *[Unreadable(1.0, "more junk")] * 3)
    assert inbox.take(9) == [arrival("undo"), Unreadable(1.0, "more junk", times=4)]


def test_where_too_much_waits_the_oldest_is_lost_and_counted() -> None:
    notes = [arrival("note", number % 128, 1 + number // 128) for number in range(MOST_WAITING + 3)]
    inbox = filled(*notes)
    assert inbox.take_lost() == 3
    assert inbox.take_lost() == 0
    assert inbox.take(2 * MOST_WAITING) == notes[3:]


def test_a_wait_ends_with_what_comes_and_when_it_is_woken() -> None:
    inbox = Inbox()
    for act in (lambda: inbox.put(1), inbox.wake):
        threading.Timer(0.01, act).start()
        begun_s = time.monotonic()
        inbox.wait(20.0)
        assert time.monotonic() - begun_s < 10.0


def packet(address: str) -> bytes:
    return address.encode() + b"\0" * (4 - len(address) % 4) + b",\0\0\0"


def test_what_a_companion_says_itself_is_passed_over_and_what_nobody_says_is_not_read() -> None:
    assert list(read_packet(packet("/chorale/error"), verdict)) == []
    assert list(read_packet(packet("/chorale/status"), verdict)) == []
    assert list(read_packet(packet("/chorale/undo"), verdict)) == [("/chorale/undo", ())]
    (said,) = read_packet(packet("/chorale/und"), verdict)
    assert said == "unknown address /chorale/und; did you mean /chorale/undo?"
