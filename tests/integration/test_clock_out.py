"""MIDI clock as Pure Data counts it: every note on the tick of its step.

Notes and clock go through one port, so that the order of what arrives says on which tick a note fell, whatever the
machine does meanwhile. The player's process writes into Pure Data's own MIDI device, where nothing is lost, and is
counted exactly; a whole jam goes through JACK, which without real-time rights loses a message now and then. A recorder
there sees the song positions, which Pure Data's ``midirealtimein`` does not tell.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from integration.jack import jack_server, wait_until
from integration.pd import RawMidi, Twin, free_port, need_raw_midi
from integration.scenario import Jam, connections
from integration.test_pd_midi import Band, at_ease, hung, taken
from pythonosc.osc_message_builder import build_msg
from support.recording import FileOutput

from companion.clock.addresses import Addresses
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase, step_seconds
from companion.player.clock_port import share_output
from companion.player.messages import PlayFrames, Ready, SetTimebase
from companion.player.process import PlayerHandle

pytestmark = pytest.mark.peers

TICK, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC
STEP = 6  # ticks
CLICK_CHANNEL = 10
MOST_LOST = 3  # ticks of a run, by JACK


@pytest.fixture(scope="module")
def whole_band(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Band]:
    need_raw_midi()
    with jack_server() as server:
        with ExitStack() as stack:
            yield Band(server, tmp_path_factory.mktemp("pd"), stack)
        at_ease(lambda: all(name.startswith("system:") for name in server.ports()), "all have left")
        time.sleep(1)


@pytest.fixture
def band(whole_band: Band) -> Band:
    whole_band.begin()
    return whole_band


class Mouth:
    """Speaks OSC to a jam."""

    def __init__(self) -> None:
        self.port = free_port()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def tell(self, address: str, *arguments: object) -> None:
        message = build_msg(f"/chorale/{address}", list(arguments))  # type: ignore[arg-type]
        self._socket.sendto(message.dgram, ("127.0.0.1", self.port))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def mouth() -> Iterator[Mouth]:
    with closing(Mouth()) as opened:
        yield opened


def jam_of(band: Band, mouth: Mouth, *options: str) -> Jam:
    """A jam that plays on by itself, and sends notes and clock to Pure Data."""
    ports = ("--in", RawMidi.KEYS, "--out", RawMidi.SYNTH, "--clock-out", "same")
    osc = ("--osc-in", str(mouth.port), "--osc-out", str(free_port()))
    return Jam(band.server, *ports, *osc, "--seed", "4", *options)


def record(band: Band) -> None:
    """The recorder hears what Pure Data hears."""
    [speaks] = at_ease(lambda: connections(band.server, band.server.port(RawMidi.SYNTH)), "the jam speaks")
    band.server.connect(speaks, band.server.port("Recorder"))


def heard(band: Band) -> list[int | None]:
    """What Pure Data has heard, in order: realtime bytes, and None for a note that begins."""
    return said_by(band.twin, band._since)


def said_by(twin: Twin, since: int) -> list[int | None]:
    """The same of a Pure Data from a place of its log on."""
    said = [one for one in twin.log[since:] if one.address in ("/twin/realtime", "/twin/key")]
    return [
        int(one.arguments[0]) if one.address == "/twin/realtime" else None
        for one in said
        if one.address == "/twin/realtime" or one.arguments[1]
    ]


def places(run: list[int | None]) -> list[int]:
    """On which tick of its run, from 0 on, each note fell."""
    ticks, found = -1, []
    for one in run:
        if one == TICK:
            ticks += 1
        elif one is None:
            found.append(ticks)
    return found


def runs(log: list[int | None]) -> list[tuple[int, list[int | None]]]:
    """From each start or continue to its stop, without the stop."""
    found: list[tuple[int, list[int | None]]] = []
    going = False
    for one in log:
        if one in (START, CONTINUE):
            assert not going, "told to go while it went"
            going = True
            found.append((one, []))
        elif one == STOP:
            assert going, "told to stop while it stood"
            going = False
        elif going:
            found[-1][1].append(one)
    assert not going, "left running"
    return found


def assert_on_steps(found: list[int]) -> None:
    """Notes fall on steps, but for ticks that JACK has lost; none comes too much."""
    lost = [-place % STEP for place in found]
    assert lost == sorted(lost)
    assert lost[-1] <= MOST_LOST, f"{lost[-1]} ticks lost of {found[-1]}"


class Device(RawMidi):
    """Pure Data's MIDI device without JACK: what is written to a pipe is what it hears."""

    def __init__(self, folder: Path) -> None:
        self._devices = folder / "dev"
        self._devices.mkdir()
        (self._devices / "null").touch()
        self.heard, said = self._devices / "midi", self._devices / "midi0"
        for pipe in (self.heard, said):
            os.mkfifo(pipe)
        # Open for both ways, so that neither end waits for the other or sees it go.
        self._held = [os.open(pipe, os.O_RDWR) for pipe in (self.heard, said)]

    def close(self) -> None:
        for held in self._held:
            os.close(held)


def test_the_player_is_counted_exactly_through_tempi_and_jumps_to_its_end(tmp_path: Path) -> None:
    need_raw_midi()
    with ExitStack() as stack:
        device = Device(tmp_path)
        stack.callback(device.close)
        twin = stack.enter_context(Twin(free_port(), free_port(), device.command, *RawMidi.FLAGS))
        twin.wait_for("online", 0)
        twin.tell("through", -1)
        player = stack.enter_context(PlayerHandle.in_process(functools.partial(FileOutput, device.heard), share_output))
        wait_until(lambda: any(isinstance(report, Ready) for report in player.reports()), "the player")
        rest = Part(None, False, 0, 0)
        player.send(
            PlayFrames(tuple(SoundingFrame(n, (Part(60 + n % 12, True, 80, 0), rest, rest, rest)) for n in range(200)))
        )
        line = Timebase(0, time.perf_counter() + 0.5, step_seconds(120))
        player.send(SetTimebase(line))
        for step, bpm, shift in ((32, 150, 0), (80, 90, 128), (112, 200, 128)):
            turn_s = line.time_of(step + 0.5)
            time.sleep(max(turn_s - time.perf_counter(), 0))
            line = Timebase(step + 0.5, turn_s, step_seconds(bpm))
            player.send(SetTimebase(line, Addresses(shift)))
        time.sleep(max(line.time_of(159.5) - time.perf_counter(), 0))
        player.close()
        log = lambda: said_by(twin, 0)  # noqa: E731
        wait_until(lambda: log()[-1:] == [STOP], "the stop")
    (first, before), (second, after) = runs(log())
    assert (first, second) == (START, CONTINUE)
    assert places(before) == [STEP * step for step in range(81)]
    assert places(after) == [STEP * step for step in range(159 - 80)]
    assert STEP * 80 + 4 <= before.count(TICK) <= STEP * 81  # the stop comes when the jump is heard of
    assert STEP * (159 - 81) <= after.count(TICK) <= STEP * (159 - 80)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_its_own_tempo_is_counted_exactly_and_a_tapped_one_followed(band: Band, mouth: Mouth, ending: int) -> None:
    with jam_of(band, mouth, "--mode", "duet", "--bpm", "120") as jam:
        wait_until(lambda: START in heard(band), "the start")
        wait_until(lambda: len(places(heard(band))) >= 12, "notes")
        for _ in range(4):
            mouth.tell("tap")
            time.sleep(0.4)  # 150 bpm
        tapped = len(band.twin.log)
        wait_until(lambda: len(places(heard(band))) >= 60, "more notes")
        jam.end(ending)
    wait_until(lambda: heard(band)[-1] == STOP, "the stop")
    [(begun, run)] = runs(heard(band))
    assert begun == START
    found = places(run)
    assert len(found) >= 60
    assert_on_steps(found)
    times = [one.time_s for one in band.twin.log[tapped:] if one.address == "/twin/realtime"][12:-1]
    assert 60 / 24 / ((times[-1] - times[0]) / (len(times) - 1)) == pytest.approx(150, rel=0.03)


def test_the_time_of_live_is_passed_on_with_its_jumps_and_its_stops(band: Band, mouth: Mouth) -> None:
    with jam_of(band, mouth, "--mode", "duet", "--clock", "osc"):
        record(band)
        play(mouth, 64.0, 3.0)
        play(mouth, 200.0, 2.0)
        mouth.tell("transport", 0, 220.0, 120.0, 4, 4)
        wait_until(lambda: heard(band)[-1:] == [STOP], "the stop")
        play(mouth, 0.0, 1.0)
        mouth.tell("transport", 0, 0.0, 120.0, 4, 4)
        wait_until(lambda: len([one for one in heard(band) if one == STOP]) == 3, "the last stop")
    found = runs(heard(band))
    assert [begun for begun, _ in found[:2]] == [CONTINUE, CONTINUE]
    assert len(found) == 3
    for _, run in found:
        assert_on_steps(places(run))
    positions = [low | high << 7 for status, low, high in (one for one in taken(band.to_pd) if one[0] == 0xF2)]
    assert positions[0] in (64, 65)
    assert positions[1] in (200, 201, 202)
    assert positions[2:] in ([], [1])
    counted = [run.count(TICK) for _, run in found]
    assert counted[0] == pytest.approx(3.0 / 0.125 * STEP, abs=3 * STEP)


def play(mouth: Mouth, step: float, seconds: float) -> None:
    """The transport runs from a step, at 120 bpm."""
    begun_s = time.perf_counter()
    while (gone_s := time.perf_counter() - begun_s) < seconds:
        mouth.tell("transport", 1, step + gone_s / 0.125, 120.0, 4, 4)
        time.sleep(0.05)


def test_a_bar_is_clicked_and_devices_start_with_the_answer_on_its_first_beat(band: Band, mouth: Mouth) -> None:
    with jam_of(band, mouth, "--mode", "listen", "--count-in", "1") as jam:
        wait_until(lambda: START in heard(band), "the start")
        time.sleep(1.1)
        mouth.tell("go", 1)
        wait_until(lambda: len(struck(band)) >= 12, "the answer")
        jam.end()
    wait_until(lambda: heard(band)[-1:] == [STOP], "the stop")
    assert [key for key in struck(band) if key[1] == CLICK_CHANNEL] == [(37, 10)] * 4
    (first, _), (second, run) = runs(heard(band))
    assert (first, second) == (START, START)
    found = places(run)
    assert found[0] == 0 and len(found) >= 8  # the answer, and no click
    assert_on_steps(found)
    assert hung(band.keys()) == set()


def struck(band: Band) -> list[tuple[int, int]]:
    """Pitch and channel of the notes that began."""
    said = band.keys()
    return [(pitch, channel) for pitch, velocity, channel in said if velocity]
