"""The demo under a fake clock: every frame at its moment, every note ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.fakes import Babbler, random_source

from companion.commands import demo
from companion.commands.demo import (
    STEP_SECONDS,
    at_once,
    demo_phrase,
    demo_song,
    free_names,
    in_time,
    perform,
    picture_after,
)
from companion.generation.composer import MODEL, SEED, Composed, continue_phrase, harmonise
from companion.generation.generator import Frame, Generator
from companion.jam.picture import FrameView, Picture
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, strike, struck_pitch
from companion.sampling.draw import Choice, Sampling


class FakeClock:
    """Time that passes when someone works or sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Screen:
    """A view that keeps what it is shown."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.shown: list[Picture] = []
        self.fails_at = fails_at

    def show(self, picture: Picture) -> None:
        if len(self.shown) == self.fails_at:
            raise RuntimeError("the terminal is gone")
        self.shown.append(picture)


class Recorder:
    """A sounder that keeps complete events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, int]] = []
        self.sounding: Counter[tuple[int, int]] = Counter()

    def note_on(self, voice: int, pitch: int, velocity: int) -> None:
        assert 1 <= velocity <= 127
        self.events.append(("on", voice, pitch))
        self.sounding[voice, pitch] += 1

    def note_off(self, voice: int, pitch: int) -> None:
        self.events.append(("off", voice, pitch))
        self.sounding[voice, pitch] -= 1

    def silence(self) -> None:
        self.events.append(("silence", -1, -1))
        self.sounding.clear()


def composed(*columns: tuple[int, ...], first_step: int = 0, chosen: bool = True) -> list[Composed]:
    """Frames from the tokens of the soprano and the bass; the others rest."""
    now: list[int | None] = [None] * 4
    frames = []
    for step, (soprano, bass) in enumerate(columns):
        tokens = np.array([soprano, REST, REST, bass], dtype=np.int32)
        for voice, token in enumerate(tokens):
            now[voice] = now[voice] if token == HOLD else None if token == REST else struck_pitch(int(token))
        choices = tuple(Choice(int(token), 1.0, 0.5, np.zeros(48), None) for token in tokens)
        frame = Frame(first_step + step, tokens, tuple(now), choices, 1.0)
        frames.append(Composed(frame, MODEL if chosen else SEED, (chosen,) * 4))
    return frames


FRAMES = composed((strike(72), strike(48)), (HOLD, strike(48)), (strike(72), HOLD), (REST, HOLD), (REST, REST))


def working(clock: FakeClock, seconds: list[float]) -> Iterator[Composed]:
    """Frames that take so long to make."""
    for frame, work in zip(FRAMES, seconds, strict=True):
        clock.now += work
        yield frame


class TestTime:
    @pytest.mark.parametrize(
        "work",
        [
            [0.0] * 5,
            [0.05] * 5,  # made while the one before sounds
            [9.0, 0.01, 0.1, 0.01, 0.01],  # the first may take its time
        ],
    )
    def test_each_frame_at_its_absolute_deadline(self, work: list[float]) -> None:
        clock = FakeClock()
        began = clock.now + work[0]
        shown = [(one, clock.now, ms) for one, ms in in_time(working(clock, work), clock, clock.sleep)]
        assert [one for one, _, _ in shown] == FRAMES
        np.testing.assert_allclose([now - began for _, now, _ in shown], np.arange(5) * STEP_SECONDS)
        np.testing.assert_allclose([ms for _, _, ms in shown], np.array(work) * 1000, atol=1e-6)

    def test_a_late_frame_does_not_move_the_later_ones(self) -> None:
        clock = FakeClock()
        work = [0.0, 1.5 * STEP_SECONDS, 0.1 * STEP_SECONDS, 0.0, 0.0]
        moments = [clock.now - 1000.0 for _ in in_time(working(clock, work), clock, clock.sleep)]
        np.testing.assert_allclose(moments, np.array([0, 1.5, 2, 3, 4]) * STEP_SECONDS)
        assert min(clock.slept) == 0

    def test_at_once(self) -> None:
        clock = FakeClock()
        work = [0.5, 0.25, 0.0, 0.125, 1.0]
        assert [(one, ms) for one, ms in at_once(working(clock, work), clock)] == list(
            zip(FRAMES, [500, 250, 0, 125, 1000], strict=True)
        )
        assert clock.slept == []


class TestPlay:
    def timed(self) -> Iterator[tuple[Composed, float]]:
        return ((one, 1.0) for one in FRAMES)

    def test_events(self) -> None:
        recorder, screen = Recorder(), Screen()
        assert perform(self.timed(), Picture(), 16, screen, recorder) == FRAMES  # type: ignore[arg-type]
        assert recorder.events == [
            ("on", 0, 72),
            ("on", 3, 48),
            ("off", 3, 48),
            ("on", 3, 48),
            ("off", 0, 72),
            ("on", 0, 72),
            ("off", 0, 72),
            ("off", 3, 48),
            ("silence", -1, -1),
        ]
        assert [shown.frames[-1].pitches for shown in screen.shown] == [one.frame.pitches for one in FRAMES]

    def test_balanced_on_a_whole_piece(self) -> None:
        """At no moment does a voice hold two notes, and each note that was begun is ended."""
        phrase = demo_phrase()
        generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
        frames = list(continue_phrase(generator, phrase, 2, Sampling()))
        recorder = Recorder()
        perform(((one, 0.0) for one in frames), Picture(), 16, Screen(), recorder)  # type: ignore[arg-type]
        held: dict[int, int] = {}
        for kind, voice, pitch in recorder.events[:-1]:
            if kind == "on":
                assert voice not in held
                held[voice] = pitch
            else:
                assert held.pop(voice) == pitch
        assert recorder.events[-1] == ("silence", -1, -1)
        struck = Counter(("on", v, p) for v, p in _strikes(frames))
        assert Counter(event for event in recorder.events if event[0] == "on") == struck

    @pytest.mark.parametrize("fails_at", [0, 3])
    def test_silent_whatever_happens(self, fails_at: int) -> None:
        recorder = Recorder()
        with pytest.raises(RuntimeError, match="the terminal is gone"):
            perform(self.timed(), Picture(), 16, Screen(fails_at), recorder)  # type: ignore[arg-type]
        assert recorder.events[-1] == ("silence", -1, -1)

    def test_silent_when_the_model_fails_or_the_player_stops(self) -> None:
        def stopped() -> Iterator[tuple[Composed, float]]:
            yield FRAMES[0], 0.0
            raise KeyboardInterrupt

        recorder = Recorder()
        with pytest.raises(KeyboardInterrupt):
            perform(stopped(), Picture(), 16, Screen(), recorder)  # type: ignore[arg-type]
        assert recorder.events == [("on", 0, 72), ("on", 3, 48), ("silence", -1, -1)]

    def test_without_sound(self) -> None:
        screen = Screen()
        assert perform(self.timed(), Picture(), 16, screen, None) == FRAMES  # type: ignore[arg-type]
        assert len(screen.shown) == 5


def _strikes(frames: list[Composed]) -> Iterator[tuple[int, int]]:
    for one in frames:
        for voice, token in enumerate(one.frame.tokens):
            if token >= FIRST_STRIKE:
                yield voice, struck_pitch(int(token))


def test_a_frame_as_shown() -> None:
    one, upbeat = *composed((strike(72), strike(48)), first_step=27), *composed((strike(72), REST), first_step=12)
    shown = FrameView(27, bar=2, beat=1, pitches=(72, None, None, 48), struck=(True, False, False, True))
    picture = picture_after([one], Picture(), 12)
    assert (picture.frames, picture.activity, picture.entropies) == ((shown,), "answering", (0.5,) * 4)
    assert (picture_after([upbeat], Picture(), 16).bar, picture_after([upbeat], Picture(), 16).beat) == (0, 4)


class TestMelody:
    def test_song_and_phrase(self) -> None:
        """One beat of pickup, then four bars; nothing of it out of range."""
        song, phrase = demo_song(), demo_phrase()
        assert song.tempos[0].beat_us == round(60e6 / demo.DEMO_BPM)
        assert (phrase.given, phrase.notices) == ((True, False, False, False), ())
        assert (phrase.first_step, phrase.bar_steps, len(phrase.frames)) == (12, 16, 16 * 4)
        assert [note.pitch for note in phrase.notes] == [64, 69, 67, 65, 64, 62, 64, 71, 72, 72, 71, 69, 71, 69]

    def test_harmonised(self) -> None:
        generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
        frames = list(harmonise(generator, demo_phrase(), Sampling()))
        assert [one.frame.step for one in frames] == list(range(12, 76))


class TestNames:
    def test_numbered_when_any_of_them_exists(self, tmp_path: Path) -> None:
        def names() -> list[str]:
            return [path.name for path in free_names(tmp_path, "demo", (".mid", ".wav"))]

        assert names() == ["demo.mid", "demo.wav"]
        (tmp_path / "demo.wav").touch()
        assert names() == ["demo-2.mid", "demo-2.wav"]
        (tmp_path / "demo-2.mid").touch()
        (tmp_path / "demo-3.mid").mkdir()
        assert names() == ["demo-4.mid", "demo-4.wav"]
        (tmp_path / "demo.wav").unlink()
        assert names() == ["demo.mid", "demo.wav"]
