"""``chorale jam`` as a program: how it begins, how it ends, and what comes through JACK."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mido
import pytest
from integration.jack import HOME, JackServer, Peer, jack_server, need, wait_until
from integration.scenario import (
    TICKS_PER_BEAT,
    Jam,
    connections,
    jam_through_jack,
    roll,
    transport,
)
from support.programs import free_port

from companion.music.vocabulary import RANGES

OFFBEAT_TICKS = 3  # how far from a 16th a note may come back: JACK's period, and a busy machine


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    need("jackd", "jack_lsp", "jack_connect", "jack_midi_clock", "jack_transport")
    with jack_server() as server:
        yield server


@contextmanager
def jam(*options: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A jam without MIDI, on OSC ports of its own; killed where a test has not ended it."""
    ports = ("--no-midi", "--osc-in", str(free_port()), "--osc-out", str(free_port()))
    command = [sys.executable, "-m", "companion", "jam", "--plain", *ports, *options]
    environment = {**os.environ, "PYTHONPATH": str(HOME), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_chord(process: subprocess.Popen[str]) -> str:
    """The first line that shows four voices."""
    assert process.stdout is not None
    for line in process.stdout:
        if "answering" in line:
            return line
    pytest.fail("nothing was played")


def children(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry.name), *children(int(entry.name))]
    return found


def engine_of(pid: int) -> int:
    """The engine of a jam: the process that it starts first."""
    return next(child for child in children(pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes())


def entries(folder: Path) -> list[dict[str, Any]]:
    (log,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_jam_ends_when_it_is_asked_to_and_is_saved(tmp_path: Path, how: signal.Signals) -> None:
    with jam("--mode", "duet", "--seed", "4", "--bpm", "200", "--record", "takes", cwd=tmp_path) as process:
        first_chord(process)
        time.sleep(1.0)
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    (file,) = (tmp_path / "takes").glob("*.mid")
    assert str(file.name) in out
    names = [track.name for track in mido.MidiFile(file).tracks]
    assert names == ["Player", "Soprano", "Alto", "Tenor", "Bass"]
    assert entries(tmp_path / "takes")[-1]["kind"] == "silence"
    replayed = subprocess.run(
        [sys.executable, "-m", "companion", "replay", str(next((tmp_path / "takes").glob("*.jsonl")))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "all the same" in replayed.stdout, replayed.stderr


def test_it_says_what_to_do_next_where_it_is_asked_to(tmp_path: Path) -> None:
    with jam("--welcome", "--record", "takes", cwd=tmp_path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert all(
        words in line for words, line in zip(("Chorale Hub", "devices --install", "in takes."), said, strict=True)
    )
    assert all(line.startswith("* ") for line in said)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_an_engine_that_is_killed_is_one_line_and_its_take_is_saved(tmp_path: Path) -> None:
    with jam("--mode", "duet", "--seed", "4", "--bpm", "200", "--record", "takes", cwd=tmp_path) as process:
        first_chord(process)
        time.sleep(0.5)
        os.kill(engine_of(process.pid), signal.SIGKILL)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err.count("\n") == 1 and "the engine has ended by itself" in err
    assert list((tmp_path / "takes").glob("*.mid"))


def test_a_taken_osc_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "companion", "jam", "--plain", "--no-midi", "--osc-in", str(port)]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(HOME)},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.returncode == 1
    assert (
        done.stderr == f"chorale: OSC port {port} is taken by another program, or another companion; "
        "choose another with --osc-in\n"
    )


@pytest.mark.peers
def test_a_chorale_phrase_is_answered_in_time_on_four_channels(jack: JackServer, tmp_path: Path) -> None:
    take = jam_through_jack(jack, "--seed", "1", "--record", str(tmp_path / "takes"), beats=24, cwd=tmp_path)
    assert take.hung() == set()
    ons = take.ons()
    played_until = max(one.tick for one in take.sent)
    assert {one.message[0] & 0x0F for one in ons} == {0, 1, 2, 3}
    assert min(one.tick for one in ons) > played_until
    for tick, (status, pitch, _) in ons:
        lowest, highest = RANGES[status & 0x0F]
        assert lowest <= pitch <= highest
        sixteenth = TICKS_PER_BEAT / 4
        assert abs(tick - sixteenth * round(tick / sixteenth)) <= OFFBEAT_TICKS
    logged = entries(tmp_path / "takes")
    notes = [entry for entry in logged if entry.get("kind") == "note"]
    assert [(entry["pitch"], entry["velocity"]) for entry in notes] == [
        (one.message[1], one.message[2]) for one in take.sent
    ]
    for entry, one in zip(notes, take.sent, strict=True):
        assert entry["at"] == pytest.approx(one.tick * 4 / TICKS_PER_BEAT, abs=0.6)


class Choir:
    """What sounds by all that has come to a synthesizer."""

    def __init__(self, synth: Peer) -> None:
        self.synth = synth
        self.sounding: set[tuple[int, int]] = set()

    def count(self) -> int:
        for (status, pitch, velocity), _ in self.synth.take():
            if status & 0xF0 == 0x90 and velocity:
                self.sounding.add((status & 0x0F, pitch))
            elif status & 0xF0 in (0x80, 0x90):
                self.sounding.discard((status & 0x0F, pitch))
        return len(self.sounding)

    def is_full(self) -> bool:
        return self.count() == 4

    def is_silent(self) -> bool:
        return self.count() == 0


@pytest.mark.peers
def test_the_master_stops_and_goes_on(jack: JackServer, tmp_path: Path) -> None:
    with transport(jack), Peer(jack) as synth:
        synth.virtual_input("Synth")
        options = ("--out", "Synth", "--clock", "midi", "--clock-port", "jack_midi_clock", "--mode", "duet")
        with Jam(jack, *options, cwd=tmp_path) as companion:
            wait_until(lambda: connections(jack, jack.port("Synth")), "the jam speaks")
            wait_until(lambda: connections(jack, "jack_midi_clock:mclk_out"), "the jam hears the clock")
            assert synth.take() == []
            roll(jack, "locate 0")
            roll(jack, "play")
            choir = Choir(synth)
            wait_until(choir.is_full, "four voices sound")
            roll(jack, "stop")
            wait_until(choir.is_silent, "everything is silent", 3.0)
            roll(jack, "play")
            wait_until(choir.is_full, "four voices sound again")
            code, _, err = companion.end(signal.SIGTERM)
            assert (code, err) == (0, "")
            wait_until(choir.is_silent, "everything is silent at the end", 3.0)


@pytest.mark.peers
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_no_note_stays_when_the_engine_is_killed(jack: JackServer, tmp_path: Path) -> None:
    with Peer(jack) as synth:
        synth.virtual_input("Synth")
        options = ("--out", "Synth", "--mode", "duet", "--bpm", "180")
        choir = Choir(synth)
        with Jam(jack, *options, cwd=tmp_path) as companion:
            wait_until(choir.is_full, "four voices sound")
            os.kill(engine_of(companion.process.pid), signal.SIGKILL)
            wait_until(choir.is_silent, "everything is silent", 5.0)
            _, err = companion.process.communicate(timeout=20)
            assert companion.process.returncode == 1
            assert err.count("\n") == 1
