from __future__ import annotations

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import PlayerTape

from companion.clock.addresses import Addresses, Loop
from companion.clock.base import Clock, ClockEvent, Jumped, LoopSet, MetreSet, Started, Stopped
from companion.controls.table import Choices
from companion.jam.conductor import MOST_BEHIND_STEPS, Conductor
from companion.jam.notices import Notice, Notices
from companion.jam.outlets import Outlets
from companion.music.timebase import Timebase
from companion.player.messages import SetTimebase
from companion.record.log import Entry, LoggedTransport
from companion.session.session import Session


class Scripted(Clock):
    """Tells what it is given, at 8 steps a second."""

    name = "scripted"

    def __init__(self) -> None:
        super().__init__()
        self.line: Timebase | None = None

    def tell(self, line: Timebase | None, *events: ClockEvent) -> None:
        self.line = line
        self._events += events

    def timebase(self) -> Timebase | None:
        return self.line


class Podium:
    """A conductor, and lists for what it tells."""

    def __init__(self) -> None:
        self.clock, self.player, self.notices = Scripted(), PlayerTape(), Notices()
        self.entries: list[Entry] = []
        outlets = Outlets(self.player, lambda: 0.0, self.notices)
        settings = babbling()
        self.session = Session(Babbler(), settings, Choices(), outlets)  # type: ignore[arg-type]
        self.conductor = Conductor(self.clock, self.session, outlets, self.player, self.entries.append, self.notices)

    def run(self, until_s: float) -> None:
        for _ in range(MOST_BEHIND_STEPS):
            self.conductor.tick(until_s)


LINE = Timebase(64.0, 0.0, 0.125)


def test_a_start_a_metre_a_jump_a_loop_and_a_stop_are_followed_and_logged() -> None:
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    assert (podium.session.running, podium.session.position) == (True, 0.0)
    podium.run(0.25)
    assert podium.session.position == 2.0
    there = Timebase(128.0, 0.25, 0.125)
    podium.clock.tell(there, MetreSet(3, 4), Jumped(128.0, 0.25), LoopSet(True, 128.0, 144.0))
    podium.run(0.5)
    assert podium.session.position == 4.0
    podium.clock.tell(None, Stopped(0.5, "it fell silent"))
    podium.conductor.tick(0.5)
    assert not podium.session.running
    assert list(podium.notices.take(0.5)) == [Notice("it fell silent")]
    transport = [entry for entry in podium.entries if isinstance(entry, LoggedTransport)]
    assert [(one.event, one.now, one.address, one.beats, one.unit) for one in transport] == [
        ("start", 0.0, 64.0, 4, 4),
        ("tempo", 0.0, None, None, None),
        ("metre", 2.0, None, 3, 4),
        ("jump", 2.0, 128.0, 3, 4),
        ("loop", 2.0, 128.0, None, None),
        ("stop", 4.0, None, None, None),
    ]


def test_the_player_is_told_each_new_line_once_in_steps_of_the_music() -> None:
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    podium.conductor.tick(0.1)
    podium.clock.tell(None, Stopped(0.2))
    podium.conductor.tick(0.2)
    told = [SetTimebase(Timebase(0.0, 0.0, 0.125), Addresses(64)), SetTimebase(None, Addresses(64))]
    assert podium.player.of(SetTimebase) == told


def test_the_player_is_told_where_in_the_song_the_music_is_also_where_its_line_stays() -> None:
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    podium.clock.tell(LINE, LoopSet(True, 64.0, 80.0))
    podium.conductor.tick(0.1)
    assert podium.player.of(SetTimebase)[-1] == SetTimebase(
        Timebase(0.0, 0.0, 0.125), Addresses(64, loop=Loop(64.0, 80.0))
    )


def test_what_was_missed_is_made_up_for_step_by_step_while_it_is_little() -> None:
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    positions = []
    for _ in range(4):
        podium.conductor.tick(0.4)
        positions.append(podium.session.position)
    assert positions == [1.0, 2.0, 3.0, pytest.approx(3.2)]
    assert list(podium.notices.take(0.4)) == []


def test_what_was_missed_is_left_out_where_it_is_much_and_that_is_said_once() -> None:
    """A lid that was closed for an hour, and then a machine that is too slow: deaf for no more than a frame."""
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    addresses = []
    for wake in range(1, 40):
        now_s = 3600.0 + 2.0 * wake
        before = podium.session.position
        podium.conductor.tick(now_s)
        assert podium.session.position < before + 2
        line = podium.conductor.line()
        assert line is not None
        assert line.step_at(now_s) == pytest.approx(podium.session.position, abs=1e-6)
        addresses.append((podium.session.barlines.origin - podium.session.position) % 16)
    assert addresses == [
        pytest.approx(-(now_s / 0.125) % 16, abs=1e-5) for now_s in (3600.0 + 2.0 * n for n in range(1, 40))
    ]
    (said,) = podium.notices.take(3700.0)
    assert said.text == "this machine is too slow, or was away: 28816 steps were left out"
    assert sum(isinstance(one, LoggedTransport) and one.event == "jump" for one in podium.entries) == 39
