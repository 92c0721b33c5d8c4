from __future__ import annotations

from support.fakes import Babbler
from support.jamrig import PlayerTape

from companion.clock.base import Clock, ClockEvent, Jumped, LoopSet, MetreSet, Started, Stopped
from companion.controls.settings import Settings
from companion.controls.table import Choices
from companion.jam.conductor import Conductor
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
        settings = Settings(model="babbler")
        self.session = Session(Babbler(), settings, Choices(), outlets)  # type: ignore[arg-type]
        self.conductor = Conductor(self.clock, self.session, outlets, self.player, self.entries.append, self.notices)


LINE = Timebase(64.0, 0.0, 0.125)


def test_a_start_a_metre_a_jump_a_loop_and_a_stop_are_followed_and_logged() -> None:
    podium = Podium()
    podium.clock.tell(LINE, Started(64.0, 0.0))
    podium.conductor.tick(0.0)
    assert (podium.session.running, podium.session.position) == (True, 0.0)
    podium.conductor.tick(0.25)
    assert podium.session.position == 2.0
    there = Timebase(128.0, 0.25, 0.125)
    podium.clock.tell(there, MetreSet(3, 4), Jumped(128.0, 0.25), LoopSet(True, 128.0, 144.0))
    podium.conductor.tick(0.5)
    assert podium.session.position == 4.0
    podium.clock.tell(None, Stopped(0.5, "it fell silent"))
    podium.conductor.tick(0.5)
    assert not podium.session.running
    assert list(podium.notices.take()) == [Notice("it fell silent")]
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
    assert podium.player.of(SetTimebase) == [SetTimebase(Timebase(0.0, 0.0, 0.125)), SetTimebase(None)]
