"""The demo under a clock that takes no time: a jam, its keys pressed in time and every note ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, random_source

from companion.commands.demo import (
    DEMO_BPM,
    LOOKS_PER_STEP,
    STEP_SECONDS,
    DemoJam,
    demo_phrase,
    demo_settings,
    demo_song,
    free_names,
    wall_clock,
)
from companion.controls.settings import Settings
from companion.generation.composer import MODEL, SEED, Composed
from companion.generation.generator import Generator
from companion.generation.job import Job
from companion.generation.velocity import velocity_rule
from companion.jam.picture import Picture
from companion.music.vocabulary import FIRST_STRIKE

BARS = 2
MELODY = [64, 69, 67, 65, 64, 62, 64, 71, 72, 72, 71, 69, 71, 69]
FIRST, SEAM, END = 12, 80, 80 + 16 * BARS


class Watcher:
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

    def note_on(self, voice: int, pitch: int, velocity: int) -> None:
        assert 1 <= velocity <= 127
        self.events.append(("on", voice, pitch))

    def note_off(self, voice: int, pitch: int) -> None:
        self.events.append(("off", voice, pitch))

    def silence(self) -> None:
        self.events.append(("silence", -1, -1))

    def held(self) -> set[tuple[int, int]]:
        """What still sounds; at no moment does a voice sound two notes."""
        held: set[tuple[int, int]] = set()
        for kind, voice, pitch in self.events:
            if kind == "on":
                assert voice not in {other for other, _ in held}
                held.add((voice, pitch))
            elif kind == "off":
                held.remove((voice, pitch))
        return held


def played(view: Any, sounder: Recorder | None = None, wait: Any = lambda _: None, seed: int = 1) -> list[Composed]:
    job = Job(
        demo_song(), demo_phrase(), Generator(Babbler(), random_source()), iter(()), 0, (), velocity_rule("played")
    )  # type: ignore[arg-type]
    return DemoJam(job, demo_settings(Settings(seed=seed)), BARS, sounder).play(view, wait)


class TestJam:
    def test_the_melody_is_sung_along_with_and_then_answered(self) -> None:
        made = played(Watcher())
        assert [one.frame.step for one in made] == [*range(FIRST, SEAM - 1), *range(SEAM, END)]
        assert [one.origin for one in made] == [SEED] * (SEAM - 1 - FIRST) + [MODEL] * (END - SEAM)
        phrase = demo_phrase()
        for one, tokens in zip(made, phrase.frames, strict=False):
            assert (one.frame.tokens[0], one.chosen) == (tokens[0], (False, True, True, True))
        assert all(all(one.chosen) for one in made[SEAM - 1 - FIRST :])

    def test_the_view_shows_the_engine_step_by_step(self) -> None:
        view = Watcher()
        played(view)
        assert [round(picture.now_step, 6) for picture in view.shown] == list(range(FIRST - 4, END))
        told = [(picture.mode, picture.activity, picture.bars_left, picture.bpm) for picture in view.shown]
        bpm = pytest.approx(DEMO_BPM)
        assert told[0] == ("harmonise", "listening", None, bpm)
        assert told[FIRST - 4 + 20] == ("harmonise", "answering", None, bpm)
        assert told[SEAM - FIRST + 4] == ("harmonise", "answering", BARS, bpm)

    def test_what_is_waited_for_never_shows_in_the_music(self) -> None:
        waited: list[float] = []
        one, again = played(Watcher()), played(Watcher(), Recorder(), waited.append)
        assert [made.frame.pitches for made in one] == [made.frame.pitches for made in again]
        np.testing.assert_allclose(
            waited, np.arange((END - FIRST + 4) * LOOKS_PER_STEP) * STEP_SECONDS / LOOKS_PER_STEP
        )
        assert [made.frame.pitches for made in one] != [made.frame.pitches for made in played(Watcher(), seed=2)]

    def test_every_note_is_sounded_and_ended(self) -> None:
        recorder = Recorder()
        made = played(Watcher(), recorder)
        assert recorder.held() == set()
        assert recorder.events[-1] == ("silence", -1, -1)
        sung = [pitch for kind, voice, pitch in recorder.events if (kind, voice) == ("on", 0)]
        assert sung[: len(MELODY)] == MELODY
        for voice in (1, 2, 3):
            pitches = [one.frame.pitches[voice] for one in made if one.frame.tokens[voice] >= FIRST_STRIKE]
            assert [pitch for kind, own, pitch in recorder.events if (kind, own) == ("on", voice)] == pitches

    @pytest.mark.parametrize("fails_at", [0, 40, 90])
    def test_silent_whatever_happens(self, fails_at: int) -> None:
        recorder = Recorder()
        with pytest.raises(RuntimeError, match="the terminal is gone"):
            played(Watcher(fails_at), recorder)
        assert recorder.held() == set()
        assert recorder.events[-1] == ("silence", -1, -1)


def test_what_is_late_does_not_move_what_comes_later() -> None:
    now, slept = [1000.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    wait = wall_clock(lambda: now[0], sleep)
    for seconds, work in ((0.0, 0.0), (1.0, 1.5), (2.0, 0.25), (3.0, 0.0)):
        wait(seconds)
        now[0] += work
    assert slept == [0.0, 1.0, 0.0, 0.25]


def test_song_and_phrase() -> None:
    """One beat of pickup, then four bars; nothing of it out of range."""
    song, phrase = demo_song(), demo_phrase()
    assert song.tempos[0].beat_us == round(60e6 / DEMO_BPM)
    assert (phrase.given, phrase.notices) == ((True, False, False, False), ())
    assert (phrase.first_step, phrase.bar_steps, len(phrase.frames)) == (12, 16, 16 * 4)
    assert [note.pitch for note in phrase.notes] == MELODY


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
