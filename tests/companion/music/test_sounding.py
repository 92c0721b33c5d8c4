"""What sounds and what is too late: one rule for the player, for takes and for the tests' listener.

The player's tests go through all of it; here stands what they cannot see, and that all three keep to it.
"""

from __future__ import annotations

from pathlib import Path

from support.jamfakes import Listener
from support.recording import RecordingOutput

from companion.music.sounding import STARVED_STEPS, Change, ChannelNote, Part, Sounding, SoundingFrame
from companion.music.timebase import Timebase, step_seconds
from companion.player.messages import HeldOver, PlayFrames, SetTimebase
from companion.player.player import Player
from companion.record.log import Header, LoggedSend, LoggedTransport, LogWriter
from companion.record.take import read_take

REST = Part(None, False, 0, 0)
STEP_S = step_seconds(60)


def frame(step: int, *pitches: int) -> SoundingFrame:
    """Voices on channel 0, rests below them."""
    first, second, third, fourth = (*(Part(pitch, True, 80, 0) for pitch in pitches), *[REST] * 4)[:4]
    return SoundingFrame(step, (first, second, third, fourth))


def test_a_voice_past_the_frames_waits_for_none() -> None:
    notes: dict[int, ChannelNote] = {0: (0, 60), 1: (0, 57)}
    sounding = Sounding(notes.get)
    sounding.run(0.0)
    sounding.receive([frame(0, 60, 55)])
    assert sounding.play(0, STEP_S) == Change((2, 3), ((0, (0, 60), 80), (1, (0, 55), 80)), 0)
    sounding.now(1, Part(57, True, 70, 0))
    assert sounding.starves_at(STEP_S) == 1 + 8
    assert sounding.starves_at(1.0) == 1 + STARVED_STEPS  # which last longer at so slow a tempo
    assert sounding.starve() == Change((0,))
    assert sounding.starves_at(STEP_S) is None


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
