"""The time from an output to an input: what is sent, what is counted, and that nothing is left sounding."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest
from support.programs import Command

from companion.errors import BadSetting, NoPort
from companion.io.midi_driver import Receive
from companion.io.midi_ports import InputPort, OutputPort
from companion.io.round_trip import NoteLoop, RoundTrip, measure_ports

Heard = Callable[[bytes], list[list[int]]]


def cable(message: bytes) -> list[list[int]]:
    return [list(message)]


class Cable:
    """A driver whose outputs end in its inputs."""

    name = "cable"

    def __init__(self, heard: Heard = cable, *names: str, virtual: bool = True) -> None:
        self.names = list(names) or ["Cable"]
        self.virtual = virtual
        self.sent: list[bytes] = []
        self.opened: list[str] = []
        self._heard = heard
        self._receive: Receive | None = None

    def inputs(self) -> list[str]:
        return list(self.names)

    outputs = inputs

    def open_input(self, name: str, receive: Receive, virtual: bool = False) -> Cable:
        assert not virtual
        self.opened.append(name)
        self._receive = receive
        return self

    def open_output(self, name: str, virtual: bool = False) -> Cable:
        assert not virtual
        self.opened.append(name)
        return self

    def send(self, message: bytes) -> None:
        self.sent.append(message)
        for each in self._heard(message):
            if self._receive is not None:
                self._receive(each, time.perf_counter())

    def close(self) -> None:
        pass

    def sounding(self) -> set[bytes]:
        """Channel and key of every note that was begun and not ended."""
        left: set[bytes] = set()
        for status, key, _ in self.sent:
            place = bytes((status & 0x0F, key))
            (left.add if status & 0xF0 == 0x90 else left.discard)(place)
        return left


def measured(driver: Cable, notes: int) -> RoundTrip:
    arrived = threading.Event()
    loop = NoteLoop(OutputPort("Cable", driver), InputPort("Cable", driver, arrived=arrived.set), arrived)
    return loop.measure(notes, random.Random(1), pause=lambda seconds: None, patience_s=0.001)


class SomeLost:
    """A cable that does not pass on the notes of these numbers, counted from 0."""

    def __init__(self, *lost: int) -> None:
        self._lost, self._count = lost, -1

    def __call__(self, message: bytes) -> list[list[int]]:
        self._count += message[0] & 0xF0 == 0x90
        return [] if self._count in self._lost else [list(message)]


def test_every_note_is_heard_and_let_go() -> None:
    driver = Cable()
    found = measured(driver, 30)
    assert (len(found.times_ms), found.lost) == (30, 0)
    assert all(taken_ms > 0 for taken_ms in found.times_ms)
    ons = [message for message in driver.sent if message[0] == 0x9F]
    assert driver.sent == [each for on in ons for each in (on, bytes((0x8F, on[1], 0)))]
    assert {on[2] for on in ons} == {1}  # as soft as can be
    assert len({on[1] for on in ons}) == 12


def test_what_is_not_ours_is_not_counted() -> None:
    noise = [[0xF8], [0x90, 99, 64], [0x9F, 24, 0], [0xB0, 24, 1]]
    driver = Cable(lambda message: noise)
    with pytest.raises(NoPort):
        measured(driver, 3)
    elsewhere = Cable(lambda message: [[0x90, message[1], 64]] if message[2] else [])  # a thru on another channel
    assert len(measured(elsewhere, 3).times_ms) == 3


def test_some_are_lost() -> None:
    driver = Cable(SomeLost(0, 2, 4, 5, 7))
    found = measured(driver, 10)
    assert (len(found.times_ms), found.lost) == (6, 4)
    assert driver.sounding() == set()


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (
            range(99),
            "what is sent to 'Cable' is not heard on 'Cable' within a second; "
            "join them by a cable, a virtual port or a synth's thru",
        ),
        (range(9, 99), "what is sent to 'Cable' is not heard on 'Cable' any more, after 8 of 50 notes"),
    ],
)
def test_nothing_comes_back(lost: range, message: str) -> None:
    driver = Cable(SomeLost(*lost))
    with pytest.raises(NoPort) as caught:
        measured(driver, 50)
    assert str(caught.value) == message
    assert driver.sounding() == set()


def test_an_interruption_leaves_nothing_sounding() -> None:
    def interrupted(message: bytes) -> list[list[int]]:
        if message[0] == 0x9F:
            raise KeyboardInterrupt
        return []

    driver = Cable(interrupted)
    with pytest.raises(KeyboardInterrupt):
        measured(driver, 3)
    assert driver.sounding() == set()


def test_an_output_that_goes_away() -> None:
    def unplugged(_: bytes) -> list[list[int]]:
        raise OSError("unplugged")

    with pytest.raises(NoPort, match=r"^the MIDI output 'Cable' is gone \(unplugged\)$"):
        measured(Cable(unplugged), 3)


def test_what_it_says() -> None:
    found = RoundTrip((8.0, 9.0, 8.2, 12.0), 1)
    assert (found.percentile(0.5), found.percentile(0.99), round(found.jitter_ms, 6)) == (8.2, 12.0, 3.8)
    assert found.lines("Out", "In") == [
        "4 notes from 'Out' to 'In': median 8.2 ms, p99 12.0 ms, from 8.0 to 12.0 ms",
        "1 more was not heard within a second",
        "chorale jam --offset-ms -8.2 sends so much earlier; where the clock comes over such a port too "
        "(--clock midi), it is as late itself: --offset-ms -16.4",
        "what the sound card adds is not in it: go on by ear",
    ]
    assert RoundTrip((3.0,), 2).lines("Out", "In")[1] == "2 more were not heard within a second"


def test_ports_by_name() -> None:
    driver = Cable(cable, "IAC Bus 1")
    assert measure_ports("iac", "bus", 1, driver)[0].startswith("1 notes from 'IAC Bus 1' to 'IAC Bus 1': median ")
    assert driver.sounding() == set()


def test_both_ends_of_windows_own_loopback() -> None:
    driver = Cable(cable, "Default App Loopback (A) 0", "Default App Loopback (B) 1", virtual=False)
    measure_ports(None, None, 1, driver)
    assert driver.opened == ["Default App Loopback (B) 1", "Default App Loopback (A) 0"]


@pytest.mark.parametrize(
    ("output", "heard", "notes", "message"),
    [
        (None, "Cable", 9, "say by --out which port; chorale ports lists them; the input must hear the output"),
        ("Cable", None, 9, "say by --in which port; chorale ports lists them; the input must hear the output"),
        ("Cable", "Cable", 0, "notes must be from 1 to 10000, not 0"),
        ("Cable", "Cable", 10_001, "notes must be from 1 to 10000, not 10001"),
    ],
)
def test_bad_input(output: str | None, heard: str | None, notes: int, message: str) -> None:
    with pytest.raises(BadSetting) as caught:
        measure_ports(output, heard, notes, Cable())
    assert str(caught.value) == message


def test_the_command_says_one_line_where_there_is_no_such_port(
    chorale: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.io.round_trip.find_driver", Cable)
    ran = chorale("latency", "--out", "Piano", "--in", "Cable")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "chorale: no MIDI output is called 'Piano'; there are: 'Cable'\n"
