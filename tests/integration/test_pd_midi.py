"""Pure Data and ``chorale jam`` by MIDI alone: its clock is the master, its keys are heard, the answer comes back.

Pure Data's raw MIDI passes a small bridge to JACK; there the companion's own ports take it up. What the companion
sends, and what Pure Data sends, is also heard by a recorder on the same JACK ports: the lists must be the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from integration.jack import JackServer, Peer, jack_server, wait_until
from integration.pd import RawMidi, Said, Twin, free_port, need_raw_midi
from integration.scenario import Jam, connections

pytestmark = pytest.mark.peers

BPM = 120
STEP_S = 60 / BPM / 4
PHRASE = ((4, 67), (8, 69), (12, 71), (16, 72))  # step and pitch, three steps long
ON, OFF = 0x90, 0x80


def notes(messages: list[list[int]]) -> list[tuple[int, int, int]]:
    """Pitch, velocity and channel as Pure Data has them; a note-off has no velocity."""
    found = [message for message in messages if message[0] & 0xF0 in (ON, OFF)]
    return [(pitch, velocity if status & 0xF0 == ON else 0, (status & 0x0F) + 1) for status, pitch, velocity in found]


def taken(peer: Peer) -> list[list[int]]:
    """What has come since the last time."""
    return [message for message, _ in peer.take()]


def at_ease(true: Callable[[], Any], what: str) -> Any:
    """As wait_until; jackd is asked seldom, for questions while clients come and go can stall it."""

    def look() -> Any:
        time.sleep(0.5)
        return true()

    return wait_until(look, what)


class Band:
    """Pure Data, the bridge, and a recorder on each side of it."""

    def __init__(self, server: JackServer, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.raw = stack.enter_context(RawMidi(server, folder))
        self.of_pd, self.to_pd = stack.enter_context(Peer(server)), stack.enter_context(Peer(server))
        self.of_pd.open_input(RawMidi.KEYS)
        self.to_pd.virtual_input("Recorder")
        self.twin = stack.enter_context(Twin(free_port(), free_port(), self.raw.command, *RawMidi.FLAGS))
        self.twin.wait_for("online", 0)
        self.twin.tell("through", -1)  # or all that is heard would be sent again
        self.twin.tell("tempo", BPM)
        self.twin.tell("clock", 1)

        self._since = 0

    def begin(self) -> None:
        """As at the start; what has been is forgotten."""
        self.twin.tell("locate", 0)
        self.of_pd.take()
        self.to_pd.take()
        self._since = len(self.twin.log)

    def reports(self, word: str) -> list[Said]:
        """The reports of one kind."""
        return self.twin.reports(word, self._since)

    def wait_for_tick(self, step: int) -> None:
        self.twin.wait_for("tick", step, since=self._since)

    def keys(self) -> list[tuple[int, ...]]:
        """The notes that Pure Data has heard, as pitch, velocity and channel."""
        return [tuple(int(value) for value in said.arguments) for said in self.reports("key")]

    def wait_for_keys(self, count: int) -> None:
        wait_until(lambda: len(self.keys()) >= count, f"{count} notes")

    def play_phrase(self) -> None:
        """In Pure Data's time, as its own notes."""
        for step, pitch in PHRASE:
            self.wait_for_tick(step)
            self.twin.tell("noteout", pitch, 80, 1)
            self.wait_for_tick(step + 3)
            self.twin.tell("noteout", pitch, 0, 1)

    def steps_of(self, said: list[Said]) -> list[float]:
        """Where in Pure Data's time these reports came."""
        start_s = self.reports("tick")[0].time_s
        return [(one.time_s - start_s) / STEP_S for one in said]


@pytest.fixture(scope="module")
def whole_band(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Band]:
    need_raw_midi()
    with jack_server() as server:
        with ExitStack() as stack:
            yield Band(server, tmp_path_factory.mktemp("pd"), stack)
        # Ended while it still misses a client, jackd dies of SIGPIPE and keeps one of the eight places for servers.
        at_ease(lambda: all(name.startswith("system:") for name in server.ports()), "all have left")
        time.sleep(1)


@pytest.fixture
def band(whole_band: Band) -> Band:
    whole_band.begin()
    return whole_band


def test_every_byte_gets_through(band: Band) -> None:
    with Peer(band.server) as sender:
        sender.open_output(RawMidi.SYNTH)
        sent = [[ON | count % 4, 30 + count % 70, count % 128] for count in range(200)]
        for first in range(0, 200, 20):
            sender.send(*sent[first : first + 20])
            band.wait_for_keys(first + 20)
        assert band.keys() == notes(sent)
        sender.send([0xFA], [0xF8], [0xF8], [0xFC])
        wait_until(lambda: len(band.reports("realtime")) >= 4, "the clock")
        assert [said.arguments[0] for said in band.reports("realtime")] == [0xFA, 0xF8, 0xF8, 0xFC]
        for count in range(50):
            band.twin.tell("noteout", 40 + count, 1 + count, 1 + count % 4)
        assert notes(band.of_pd.wait_for(50)) == [(40 + count, 1 + count, 1 + count % 4) for count in range(50)]


def test_its_clock_and_its_keys_are_followed_and_the_answer_comes_back(band: Band) -> None:
    ports = ("--in", RawMidi.KEYS, "--out", RawMidi.SYNTH, "--osc-in", str(free_port()), "--osc-out", str(free_port()))
    server = band.server
    by_rest = ("--phrase-end", "rest", "--rest", "1")
    with Jam(server, "--clock", "midi", "--seed", "4", *by_rest, *ports) as jam:
        at_ease(lambda: len(connections(server, server.port(RawMidi.KEYS))) == 2, "the jam listens")
        [speaks] = at_ease(lambda: connections(server, server.port(RawMidi.SYNTH)), "the jam speaks")
        server.connect(speaks, server.port("Recorder"))
        band.twin.tell("play", 1)
        band.play_phrase()
        band.wait_for_keys(24)
        band.twin.tell("play", 0)
        wait_until(lambda: hung(band.keys()) == set(), "silence")
        code, _, complaints = jam.end()
        assert (code, complaints) == (0, "")
        # What the jam sent is what Pure Data heard …
        answer = notes(taken(band.to_pd))
        assert band.keys() == answer
        assert {channel for _, _, channel in answer} == {1, 2, 3, 4}
        assert hung(answer) == set()
        # … on the first beat after the rest, and in Pure Data's time …
        struck = [said for said in band.reports("key") if said.arguments[1]]
        places = band.steps_of(struck)
        assert places[0] == pytest.approx(PHRASE[-1][0] + 3 + 5, abs=0.5)
        assert places == pytest.approx([round(place) for place in places], abs=0.45)
        # … and what Pure Data played and its clock are what was on the wire.
        said = taken(band.of_pd)
        assert notes(said) == [(pitch, velocity, 1) for _, pitch in PHRASE for velocity in (80, 0)]
        clock = [message[0] for message in said if message[0] >= 0xF0]
        assert clock == [0xFA, *[0xF8] * (len(clock) - 2), 0xFC]
        assert len(clock) - 2 == pytest.approx(6 * len(band.reports("tick")), abs=12)


def test_it_goes_on_from_where_it_stopped(band: Band) -> None:
    band.twin.tell("locate", 200)
    band.twin.tell("play", 1)
    band.wait_for_tick(202)
    band.twin.tell("locate", 5)
    band.wait_for_tick(6)
    band.twin.tell("play", 0)
    wait_until(lambda: len(band.reports("play")) == 2, "the end")
    said = band.of_pd.wait_for(2 + 13 + 2 + 7 + 1)
    clocks = [message for message in said if message != [0xF8]]
    assert clocks == [[0xF2, 200 & 127, 200 >> 7], [0xFB], [0xF2, 5, 0], [0xFB], [0xFC]]


def hung(heard: Sequence[tuple[int, ...]]) -> set[tuple[int, int]]:
    """(channel, pitch) of what was not let go."""
    sounding: set[tuple[int, int]] = set()
    for pitch, velocity, channel in heard:
        (sounding.add if velocity else sounding.discard)((channel, pitch))
    return sounding
