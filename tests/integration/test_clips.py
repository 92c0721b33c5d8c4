"""Clips harmonised, continued and rewritten: the real companion and script, a wire that loses and repeats.

What Max's ``udpsend`` and ``udpreceive`` do, and the Hub's routing, is done here by two sockets.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.jack import wait_until
from integration.pd import LOOPBACK, Companion, free_port
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg
from support.clipscript import VOICES, ClipScript, choose, clip, live_set, note

from companion.controls.settings import Settings
from companion.files.midi import chorale_file
from companion.generation.composer import voice_notes
from companion.music.song import Metre, VoiceNote
from companion.workbench.jobs import harmonise_job, rewrite_job, run

pytestmark = [pytest.mark.peers, pytest.mark.slow]

TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 69, 67, 66, 67, 69, 67)
TICK_SECONDS, ALIVE_SECONDS = 0.25, 0.5


class Wire:
    """Carries messages between a script and a companion, until told otherwise, as the Hub does."""

    def __init__(self, script: ClipScript, hears: int, speaks: int, loss: float = 0.0, twice: float = 0.0) -> None:
        self.script, self.loss, self.twice = script, loss, twice
        self.log: list[tuple[str, tuple[Any, ...]]] = []  # from the companion
        self.largest = 0
        self._hears, self._dice = hears, random.Random(1)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, speaks))
        self._socket.settimeout(0.02)
        self._ticked_s = self._alive_s = 0.0

    def say(self, address: str, *arguments: Any) -> None:
        """To the companion, for sure."""
        self._socket.sendto(build_msg(address, arguments).dgram, (LOOPBACK, self._hears))

    def turn(self) -> None:
        """One look in each direction."""
        now_s = time.monotonic()
        if now_s >= self._alive_s:
            self._alive_s = now_s + ALIVE_SECONDS
            self.say("/chorale/alive", 4711)
        if now_s >= self._ticked_s:
            self._ticked_s = now_s + TICK_SECONDS
            self.script.tell("tick")
        for address, *arguments in self.script.take():
            for _ in range(self._times()):
                data = build_msg(address, arguments).dgram
                self.largest = max(self.largest, len(data))
                self._socket.sendto(data, (LOOPBACK, self._hears))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return
        message = OscMessage(data)
        self.log.append((message.address, tuple(message)))
        if message.address.startswith("/chorale/clip/"):
            self.largest = max(self.largest, len(data))
            for _ in range(self._times()):
                self.script.tell(message.address.rpartition("/")[2], *message)

    def _times(self) -> int:
        drawn = self._dice.random()
        return 0 if drawn < self.loss else 2 if drawn < self.loss + self.twice else 1

    def until(self, words: str, patience_s: float = 60.0) -> str:
        """Carries on until the script's line begins so."""

        def look() -> bool:
            self.turn()
            return bool(self.script.lines) and self.script.lines[-1].startswith(words)

        wait_until(look, words, patience_s)
        return self.script.lines[-1]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def companion() -> Iterator[tuple[Companion, int, int]]:
    ports = free_port(), free_port()
    process = Companion(*ports, "--model", "gru", "--seed", "3")
    yield process, *ports
    process.close()


@pytest.fixture
def playing() -> Iterator[tuple[Companion, int, int]]:
    """A companion that needs no Live to keep time."""
    ports = free_port(), free_port()
    process = Companion(*ports, "--model", "gru", "--seed", "3", "--clock", "internal", "--bpm", "240")
    yield process, *ports
    process.close()


@pytest.fixture
def script() -> Iterator[ClipScript]:
    given = live_set()
    notes = (note(pitch, float(beat), 0.9, velocity=70 + beat) for beat, pitch in enumerate(TUNE))
    given["tracks"][0]["slots"][0] = clip(*notes)
    with ClipScript(given, choose(0, 0)) as one:
        yield one


def connected(wire: Wire) -> Wire:
    def look() -> bool:
        wire.turn()
        return any(address == "/chorale/hello" for address, _ in wire.log)

    wait_until(look, "hello", 30)
    wire.script.tell("online", 1)
    return wire


def expected(folder: Path) -> dict[str, list[tuple[int, float, float, int]]]:
    """What ``chorale harmonise`` makes of the same notes."""
    path = folder / "tune.mid"
    tune = [VoiceNote(0, beat * 960, beat * 960 + 864, pitch, 70 + beat) for beat, pitch in enumerate(TUNE)]
    path.write_bytes(chorale_file(tune, ticks_per_beat=960, metres=[Metre(0, 4, 4)]))
    job = harmonise_job(path, None, Settings(model="gru", seed=3))
    every = [*job.phrase.notes, *voice_notes(list(job.frames), job.phrase, job.velocity, job.lead)]
    return {
        name: [
            (one.pitch, one.start_tick / 960, (one.end_tick - one.start_tick) / 960, one.velocity)
            for one in sorted(every, key=lambda one: one.start_tick)
            if one.voice == voice
        ]
        for voice, name in enumerate(VOICES)
    }


@pytest.mark.parametrize(("loss", "twice"), [(0.0, 0.0), (0.3, 0.2)], ids=["clean", "lossy"])
def test_a_clip_is_harmonised_as_the_command_does_it(
    loss: float, twice: float, companion: tuple[Companion, int, int], script: ClipScript, tmp_path: Path
) -> None:
    wire = connected(Wire(script, *companion[1:], loss, twice))
    script.tell("press", "harmonise")
    assert wire.until("Written").startswith("Written: G major seed 3 ")
    for name, notes in expected(tmp_path).items():
        made = script.slots(0)[name]
        assert made is not None and made["end"] == 16
        found = sorted((one["start_time"], one["pitch"], one["duration"], one["velocity"]) for one in made["notes"])
        wanted = sorted((start, pitch, duration, velocity) for pitch, start, duration, velocity in notes)
        assert [one[1::2] for one in found] == [one[1::2] for one in wanted]
        for one, other in zip(found, wanted, strict=True):
            assert one[::2] == pytest.approx(other[::2], abs=1e-5)  # OSC's floats
    assert wire.largest < 512
    assert len(script.calls) == 8
    wire.close()
    assert companion[0].end() == (0, "")


def test_continue_and_a_wish_that_is_replaced(companion: tuple[Companion, int, int], script: ClipScript) -> None:
    wire = connected(Wire(script, *companion[1:], 0.1, 0.1))
    script.tell("bars", 64)
    script.tell("press", "continue")
    wire.until("Working")
    script.tell("bars", 2)
    script.tell("press", "continue")
    wire.until("Written")
    assert {one["end"] for name, one in script.slots(0).items() if one and name in VOICES} == {24}
    assert len(script.calls) == 8
    wire.close()


PITCHES = (
    *((67, 62, 59, 43), (69, 62, 57, 42), (71, 62, 55, 43), (72, 64, 55, 48)),
    *((74, 62, 59, 47), (72, 64, 57, 45), (71, 62, 55, 50), (69, 62, 54, 50)),
)
SUNG = [[(PITCHES[beat % 8][voice], beat, 70 + beat) for beat in range(16)] for voice in range(4)]


def rewritten(folder: Path) -> list[set[tuple[int, int, int]]]:
    """What ``chorale rewrite`` makes of the third bar of the alto: in each voice, pitch, tick and velocity."""
    path = folder / "piece.mid"
    piece = [
        VoiceNote(voice, 960 * beat, 960 * beat + 864, pitch, velocity)
        for voice, line in enumerate(SUNG)
        for pitch, beat, velocity in line
    ]
    path.write_bytes(chorale_file(piece, ticks_per_beat=960, metres=[Metre(0, 4, 4)]))
    job = rewrite_job(path, "3", "alto", Settings(model="gru", seed=3))
    every = [*job.phrase.notes, *voice_notes(run(job, lambda done: None), job.phrase, job.velocity, job.lead)]
    return [{(one.pitch, one.start_tick, one.velocity) for one in every if one.voice == voice} for voice in range(4)]


def test_a_selection_is_rewritten_as_the_command_does_it(companion: tuple[Companion, int, int], tmp_path: Path) -> None:
    given = live_set()
    for place, line in enumerate(SUNG, start=1):
        notes = (note(pitch, float(beat), 0.9, velocity=velocity) for pitch, beat, velocity in line)
        given["tracks"][place]["slots"][0] = clip(*notes, selected=[8, 9, 10, 11] if place == 2 else [])
    with ClipScript(given, choose(2, 0)) as script:
        wire = connected(Wire(script, *companion[1:], 0.3, 0.2))
        script.tell("press", "rewrite")
        assert wire.until("Written").startswith("Written: bar 3, alto anew, seed 3 ")
        assert wire.largest < 512
        for name, expected_notes in zip(VOICES, rewritten(tmp_path), strict=True):
            made = script.slots(1)[name]
            assert made is not None and made["end"] == 16
            found = {(one["pitch"], round(one["start_time"] * 960), one["velocity"]) for one in made["notes"]}
            assert found == expected_notes
        assert script.slots(0)["Alto"] == given["tracks"][2]["slots"][0]
        wire.close()
    assert companion[0].end() == (0, "")


def test_a_companion_that_is_killed_in_the_middle_leaves_the_set_as_it_was(
    companion: tuple[Companion, int, int], script: ClipScript
) -> None:
    wire = connected(Wire(script, *companion[1:]))
    script.tell("bars", 64)
    script.tell("press", "continue")
    wire.until("Working")
    companion[0].kill()
    assert wire.until("The companion does not answer") == "The companion does not answer: nothing was written"
    assert script.calls == []
    wire.close()


def test_what_is_kept_of_a_jam_becomes_clips(playing: tuple[Companion, int, int], script: ClipScript) -> None:
    wire = connected(Wire(script, *playing[1:], 0.2, 0.2))
    for pitch in (67, 69, 71, 72):
        wire.say("/chorale/note", pitch, 90)
        wire.turn()
        time.sleep(0.2)
        wire.say("/chorale/note", pitch, 0)

    def frames() -> list[tuple[Any, ...]]:
        wire.turn()
        return [arguments for address, arguments in wire.log if address == "/chorale/frame"]

    wait_until(lambda: len(frames()) >= 48, "an answer of three bars", 60)
    wire.say("/chorale/keep")
    wire.until("Written")
    sent = {one[0]: one[1:5] for one in frames()}
    made = [script.slots(0)[name] for name in VOICES]
    strikes = [sum(frame[voice] > 0 for frame in sent.values()) for voice in range(4)]
    for clip_made, most in zip(made, strikes, strict=True):
        assert clip_made is not None and 0 < len(clip_made["notes"]) <= most
        assert {one["pitch"] for one in clip_made["notes"]} <= {abs(p) for frame in sent.values() for p in frame}
    assert len(script.calls) == 8
    wire.close()
    assert playing[0].end() == (0, "")
