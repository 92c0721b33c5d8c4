"""What sounds and what is too late: one rule for the player, for takes and for the tests' listener."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.jamfakes import Listener
from support.recording import RecordingOutput

from companion.music.sounding import Change, ChannelNote, Part, Sounding, SoundingFrame
from companion.music.timebase import Timebase, step_seconds
from companion.player.messages import HeldOver, PlayFrames, SetTimebase
from companion.player.player import Player
from companion.record.log import Header, LoggedSend, LoggedTransport, LogWriter
from companion.record.take import read_take

REST = Part(None, False, 0, 0)
STEP_S = step_seconds(60)


def frame(step: int, *pitches: int, struck: bool = True) -> SoundingFrame:
    """Voices on channel 0, rests below them."""
    first, second, third, fourth = (*(Part(pitch, struck, 80, 0) for pitch in pitches), *[REST] * 4)[:4]
    return SoundingFrame(step, (first, second, third, fourth))


class Choir:
    """Carries the changes out, and keeps those in which something happens."""

    def __init__(self) -> None:
        self.notes: dict[int, ChannelNote] = {}
        self.sounding = Sounding(self.notes.get)
        self.sounding.run(0.0)

    def obey(self, change: Change) -> Change:
        for voice in change.released:
            self.notes.pop(voice, None)
        self.notes.update((voice, note) for voice, note, _ in change.struck)
        return change

    def play(self, position: float, *frames: SoundingFrame) -> Change:
        self.sounding.receive(frames)
        return self.obey(self.sounding.play(position, STEP_S))


def test_strikes_and_goes_on() -> None:
    choir = Choir()
    assert choir.play(0, frame(0, 60, 55)) == Change((2, 3), ((0, (0, 60), 80), (1, (0, 55), 80)), 0)
    assert choir.play(1, frame(1, 60, struck=False)) == Change((1, 2, 3), (), 1)
    assert choir.play(2, frame(2, 62, 55, struck=False)) == Change((2, 3), ((0, (0, 62), 80), (1, (0, 55), 80)), 2)


@pytest.mark.parametrize(("late_steps", "seconds"), [(0.09, STEP_S), (0.24, 0.05)])
def test_a_hiccup_costs_no_note(late_steps: float, seconds: float) -> None:
    choir = Choir()
    choir.sounding.receive([frame(0, 60)])
    assert choir.sounding.play(late_steps, seconds).step == 0


@pytest.mark.parametrize(("late_steps", "seconds"), [(0.11, STEP_S), (0.26, 0.05)])
def test_what_is_too_late_is_held_over(late_steps: float, seconds: float) -> None:
    choir = Choir()
    choir.sounding.receive([frame(0, 60)])
    assert choir.sounding.play(late_steps, seconds) == Change((1, 2, 3), held_over=(0,))
    assert choir.sounding.receive([frame(0, 60)]) == Change()  # told once


def test_of_several_only_the_newest_counts() -> None:
    choir = Choir()
    choir.play(0, frame(0, 60))
    assert choir.play(3, frame(1, 61), frame(3, 63)) == Change((1, 2, 3), ((0, (0, 63), 80),), 3, (1, 2))


def test_a_voice_past_the_frames_waits_for_none() -> None:
    choir = Choir()
    choir.play(0, frame(0, 60, 55))
    choir.obey(choir.sounding.now(1, Part(57, True, 70, 0)))
    assert choir.sounding.starves_at(STEP_S) == 1 + 8
    assert choir.sounding.starve() == Change((0,))
    assert choir.sounding.starves_at(STEP_S) is None


def test_a_stopped_clock_keeps_what_is_still_to_come() -> None:
    choir = Choir()
    choir.sounding.receive([frame(1, 60), frame(4, 62)])
    choir.sounding.stop()
    assert choir.sounding.next_step() is None
    choir.sounding.run(3.5)
    assert choir.sounding.next_step() == 4


def test_silence_forgets_what_was_to_come() -> None:
    choir = Choir()
    choir.sounding.receive([frame(1, 60)])
    choir.sounding.silence()
    assert choir.play(1) == Change()


CHORD = frame(0, 72, 67, 64, 48)
LATE_SECONDS = 0.05


class TestFiftyMillisecondsLate:
    """At 60 beats a minute that is a fifth of a step, and more than anyone takes for a hiccup."""

    def test_in_the_jam(self) -> None:
        output = RecordingOutput()
        player = Player(output, lambda: LATE_SECONDS)
        player.receive(SetTimebase(Timebase(0, 0, STEP_S)))
        player.receive(PlayFrames((CHORD,)))
        player.due(LATE_SECONDS)
        assert (output.messages, player.take_reports()) == ([], [HeldOver(0)])

    def test_in_its_take(self, tmp_path: Path) -> None:
        log = tmp_path / "a.jsonl"
        writer = LogWriter(log, Header("1", "bach", "", 1, {}, ""))
        late_step = LATE_SECONDS / STEP_S
        writer.write(LoggedTransport(0.0, "start", 0.0, bpm=60.0, beats=4, unit=4, bar_step=0))
        writer.write(LoggedSend(late_step, (CHORD,)))
        writer.write(LoggedTransport(1.0, "stop"))
        writer.close()
        assert read_take(log).is_empty

    def test_in_a_test(self) -> None:
        listener = Listener(STEP_S)
        listener.play_to(LATE_SECONDS / STEP_S)
        listener.frames([CHORD])
        listener.play_to(0.9)
        listener.silence()
        assert (listener.sounds, listener.late) == ([], [0])
