"""The Link clock on a session made by hand; two real ones meet in tests/integration/test_link.py."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from companion.clock.base import Clock, ClockEvent, Jumped, MetreSet, Started, Stopped
from companion.clock.link import LinkClock
from companion.errors import BadSetting, MissingExtra
from companion.music.timebase import Timebase

AHEAD_MICROS = 7_500_000  # of Link's clock against ours


@dataclass
class FakeState:
    """A session state: a timeline, and whether it plays. The names are the library's."""

    bpm: float
    alone: bool
    beat: float = 0.0  # at ``micros``
    micros: int = AHEAD_MICROS
    playing: bool = False
    playing_micros: int = 0

    def tempo(self) -> float:
        return self.bpm

    def setTempo(self, bpm: float, micros: int) -> None:  # noqa: N802
        self._anchor(self.beatAtTime(micros, 4), micros)
        self.bpm = bpm

    def beatAtTime(self, micros: int, _quantum: float) -> float:  # noqa: N802
        return self.beat + (micros - self.micros) * self.bpm / 60e6

    def timeAtBeat(self, beat: float, _quantum: float) -> int:  # noqa: N802
        return round(self.micros + (beat - self.beat) * 60e6 / self.bpm)

    def isPlaying(self) -> bool:  # noqa: N802
        return self.playing

    def setIsPlaying(self, playing: bool, micros: int) -> None:  # noqa: N802
        self.playing, self.playing_micros = playing, micros

    def requestBeatAtStartPlayingTime(self, beat: float, quantum: float) -> None:  # noqa: N802
        """Alone: there and then. With others: where their bars have the phase of the beat."""
        micros = self.playing_micros
        if not self.alone:
            now = self.beatAtTime(micros, quantum)
            micros = self.timeAtBeat(beat + math.ceil((now - beat) / quantum - 1e-9) * quantum, quantum)
        self._anchor(beat, micros)

    def _anchor(self, beat: float, micros: int) -> None:
        self.beat, self.micros = beat, micros


class FakeLink:
    """A peer, with a clock that both sides read."""

    def __init__(self, peers: int = 0) -> None:
        self.peers = peers
        self.now_s = 0.0
        self.drift = 0.0
        self.state = FakeState(0.0, peers == 0)
        self.enabled = False
        self.startStopSyncEnabled = False

    def open(self, bpm: float) -> FakeLink:
        self.state.bpm = bpm
        return self

    def clock(self) -> SimpleNamespace:
        return SimpleNamespace(micros=lambda: round(self.now_s * (1 + self.drift) * 1e6) + AHEAD_MICROS)

    def numPeers(self) -> int:  # noqa: N802
        return self.peers

    def captureSessionState(self) -> FakeState:  # noqa: N802
        return replace(self.state)

    def commitSessionState(self, state: FakeState) -> None:  # noqa: N802
        self.state = state


class Session:
    def __init__(self, bpm: float = 120, peers: int = 0) -> None:
        self.link = FakeLink(peers)
        self.clock = LinkClock(bpm, now=lambda: self.link.now_s, open_link=self.link.open)

    def poll(self, now_s: float) -> list[ClockEvent]:
        self.link.now_s = now_s
        return self.clock.poll(now_s)

    @property
    def line(self) -> Timebase:
        line = self.clock.timebase()
        assert line is not None
        return line


def near(events: list[ClockEvent]) -> list[ClockEvent]:
    """To the tenth of a millisecond: Link counts in microseconds."""
    return [
        replace(event, address=round(event.address, 4), time_s=round(event.time_s, 4))
        if isinstance(event, Started | Jumped)
        else event
        for event in events
    ]


def test_alone_it_starts_at_once_at_address_0() -> None:
    session = Session(90)
    assert (session.poll(1.0), session.clock.timebase()) == ([], None)
    session.clock.start(2.3)
    assert near(session.poll(2.31)) == [Started(0.0, 2.3)]
    assert session.line.bpm == pytest.approx(90)
    session.clock.start(2.4)  # plays already
    assert session.poll(2.5) == []
    assert session.line.step_at(2.3 + 4.0) == pytest.approx(24.0, abs=1e-4)


def test_with_others_it_starts_on_the_next_bar_line_and_tells_ahead() -> None:
    session = Session(120, peers=2)
    session.clock.start(2.3)  # beat 4.6: the next bar is beat 8 of the session, at 4.0 s
    assert near(session.poll(2.31)) == [Started(0.0, 4.0)]
    assert session.line.step_at(4.0) == pytest.approx(0.0, abs=1e-4)
    assert session.poll(4.5) == []
    assert session.clock.peers == 2


def test_a_peer_that_starts_is_followed_and_so_is_one_that_stops() -> None:
    session = Session(120, peers=1)
    session.link.state.setIsPlaying(True, round(2.9e6) + AHEAD_MICROS)
    assert near(session.poll(2.91)) == [Started(0.0, 4.0)]
    assert session.poll(5.0) == []
    session.link.state.setIsPlaying(False, round(5.9e6) + AHEAD_MICROS)
    assert session.poll(5.95) == [Stopped(5.95)]
    assert session.clock.timebase() is None
    assert session.poll(6.0) == []


def test_a_session_that_has_long_been_playing_is_joined_at_its_next_bar_line() -> None:
    session = Session(120, peers=1)
    session.link.state.setIsPlaying(True, round(0.5e6) + AHEAD_MICROS)  # beat 1; its bar line is beat 4, at 2.0 s
    assert near(session.poll(9.1)) == [Started(64.0, 10.0)]


def test_its_own_stop_is_told() -> None:
    session = Session()
    session.clock.start(0.0)
    session.poll(0.0)
    session.clock.stop(1.0)
    assert session.poll(1.01) == [Stopped(1.01)]
    assert not session.link.state.playing


def test_the_tempo_is_that_of_the_session_and_the_position_goes_on() -> None:
    session = Session(120)
    session.clock.start(0.0)
    session.poll(0.0)
    session.clock.set_bpm(60, 1.0)
    assert session.poll(1.0) == []
    assert session.clock.bpm == 60
    assert session.line.bpm == pytest.approx(60)
    assert session.line.step_at(1.0) == pytest.approx(8.0, abs=1e-4)
    session.link.state.setTempo(90, round(2e6) + AHEAD_MICROS)  # somebody else
    assert session.poll(2.0) == []
    assert session.clock.bpm == 90
    assert session.line.step_at(2.0) == pytest.approx(12.0, abs=1e-4)


def test_a_timeline_that_is_moved_is_a_jump_and_a_little_of_it_is_none() -> None:
    session = Session(120)
    session.clock.start(0.0)
    session.poll(0.0)
    session.link.state.beat += 0.05
    assert session.poll(1.0) == []
    assert session.line.step_at(1.0) == pytest.approx(8.2, abs=1e-4)
    session.link.state.beat += 1.0
    assert near(session.poll(2.0)) == [Jumped(20.2, 2.0)]


def test_the_drift_of_the_two_clocks_is_followed() -> None:
    session = Session(120)
    session.link.drift = drift = 2e-4
    session.clock.start(0.0)
    session.poll(0.0)
    for tick in range(1, 100):
        assert session.poll(tick * 1.0) == []
        assert session.line.step_at(tick * 1.0) == pytest.approx(tick * (1 + drift) * 8, abs=1e-3)


def test_it_takes_part_until_it_is_closed_and_may_be_closed_twice() -> None:
    session = Session()
    clock: Clock = session.clock
    assert (session.link.enabled, session.link.startStopSyncEnabled) == (True, True)
    session.clock.start(0.0)
    session.poll(0.0)
    clock.close()
    clock.close()
    assert not session.link.enabled
    assert (clock.poll(1.0), clock.timebase(), session.clock.peers) == ([], None, 0)
    session.clock.start(1.0)
    session.clock.stop(1.0)
    session.clock.set_bpm(100, 1.0)
    assert (clock.name, clock.poll(2.0)) == ("link", [])


def test_a_tempo_out_of_range_is_refused_before_the_session_hears_of_it() -> None:
    session = Session()
    with pytest.raises(BadSetting, match=r"^bpm must be from 20 to 400, not 10$"):
        session.clock.set_bpm(10, 0.0)
    assert session.link.state.bpm == 120
    with pytest.raises(BadSetting):
        Session(500)


@pytest.mark.parametrize("found", [None, SimpleNamespace()])
def test_without_the_package_or_with_another_of_its_name_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, found: SimpleNamespace | None
) -> None:
    def import_module(name: str) -> SimpleNamespace:
        assert name == "link"
        if found is None:
            raise ImportError(name)
        return found

    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(MissingExtra) as caught:
        LinkClock()
    assert str(caught.value) == "for Ableton Link: pip install 'chorale-companion[link]'"


def test_the_metre_that_is_wanted_is_told_and_starts_are_put_on_its_bars() -> None:
    session = Session(peers=1)
    session.clock.count(3, 4)
    assert session.poll(0.0) == [MetreSet(3, 4)]
    assert session.clock._bar_beats == 3
