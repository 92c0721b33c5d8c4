"""``chorale latency`` over a real JACK server, with another program that sends back what it hears, or does not."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from integration.jack import JackServer, Peer, jack_server, need, visiting
from support.programs import Command

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    need(packages=["rtmidi"])
    with jack_server() as server:
        yield server


@contextmanager
def echoing(peer: Peer) -> Iterator[list[list[int]]]:
    """While it lasts, what the peer hears it sends back; all of it is kept."""
    heard: list[list[int]] = []
    ended = threading.Event()

    def echo() -> None:
        while not ended.is_set():
            messages = [message for message, _ in peer.take()]
            heard.extend(messages)
            if messages:
                peer.send(*messages)

    thread = threading.Thread(target=echo)
    thread.start()
    try:
        yield heard
    finally:
        ended.set()
        thread.join()


def left_sounding(messages: list[list[int]]) -> set[tuple[int, int]]:
    left: set[tuple[int, int]] = set()
    for status, key, _ in messages:
        (left.add if status & 0xF0 == 0x90 else left.discard)((status & 0x0F, key))
    return left


def test_a_note_there_and_back(jack: JackServer, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(jack) as synth, visiting(jack, monkeypatch):
        synth.virtual_input("Synth In")
        synth.virtual_output("Synth Thru")
        with echoing(synth) as heard:
            ran = chorale("latency", "--out", "synth in", "--in", "synth thru", "--notes", "40")
        assert (ran.code, ran.err) == (0, "")
        lines = ran.out.splitlines()
        found = re.fullmatch(
            r"40 notes from '.*Synth In' to 'Synth Thru:Synth Thru': median ([\d.]+) ms, p99 ([\d.]+) ms, "
            r"from ([\d.]+) to ([\d.]+) ms",
            lines[0],
        )
        assert found is not None, lines
        median_ms, p99_ms, least_ms, most_ms = map(float, found.groups())
        assert 0 < least_ms <= median_ms <= p99_ms <= most_ms
        assert f"--offset-ms -{median_ms:.1f} " in ran.out
        assert len(heard) >= 2 * 41
        assert left_sounding(heard) == set()


def test_nobody_sends_back(jack: JackServer, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(jack) as synth, visiting(jack, monkeypatch):
        synth.virtual_input("Synth In")
        synth.virtual_output("Synth Thru")
        ran = chorale("latency", "--out", "synth in", "--in", "synth thru")
        assert (ran.code, ran.out) == (1, "")
        assert re.fullmatch(
            r"chorale: what is sent to '.*Synth In' is not heard on 'Synth Thru:Synth Thru' within a second; "
            r"join them by a cable, a virtual port or a synth's thru\n",
            ran.err,
        )
        assert left_sounding(synth.wait_for(10)) == set()


def test_two_ports_that_might_be_meant(jack: JackServer, chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(jack) as first, Peer(jack) as second, visiting(jack, monkeypatch):
        first.virtual_output("Keys A")
        second.virtual_output("Keys B")
        for words in (("latency", "--out", "Keys", "--in", "keys"), ("jam", "--in", "keys", "--plain")):
            ran = chorale(*words)
            assert ran.code == 1
            assert ran.err.endswith(
                "'keys' could be any of these MIDI inputs: 'Keys A:Keys A', 'Keys B:Keys B'; say more of the name\n"
            )
            assert ran.err.count("\n") == 1
