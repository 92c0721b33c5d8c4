"""What the bench reports; how fast anything is stands in tests/benchmarks."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from support.fakes import Babbler
from support.programs import Command

from companion.bench import frames
from companion.generation.generator import DecoderState, Generator
from companion.sampling.draw import Sampling

RESULT: dict[str, Any] = {
    "processor": {"name": "Some Processor", "features": ("AVX2", "AVX512-VNNI")},
    "model": "gru",
    "precision": "int8",
    "frame_ms": {"p50": 0.5, "p99": 0.75, "max": 1.25},
    "parts_ms": {"model": 0.25, "features": 0.125, "rules_and_draw": 0.12},
    "frames": 5000,
    "interrupted": {"frames": 3, "max_ms": 12.5},
    "start_s": 0.4,
    "rss_mb": 77.7,
}


def test_figures_leave_interrupted_frames_out() -> None:
    quiet = [float(number) for number in range(101)]
    assert frames.timing(quiet, [500.0, 700.0]) == frames.Timing(50.0, 99.0, 100.0, 103, 2, 700.0)


def test_figures_of_a_machine_that_was_never_quiet() -> None:
    assert frames.timing([], [3.0, 1.0]) == frames.Timing(2.0, pytest.approx(2.98), 3.0, 2, 2, 3.0)


def test_every_frame_is_timed_and_told() -> None:
    told: list[int] = []
    figures = frames.time_frames(Babbler(), Sampling(), 30, told.append)  # type: ignore[arg-type]
    assert figures.frames == 30
    assert told[-1] == 30 and told == sorted(told)


def test_several_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whatever else the machine does falls on all of them."""
    turns: list[object] = []

    def played(generator: Generator, state: DecoderState, _: Sampling) -> DecoderState:
        turns.append(generator.model)
        return state

    monkeypatch.setattr(frames, "goes_on", played)
    models, told = [Babbler(), Babbler()], list[int]()
    timed = frames.time_in_turns(models, Sampling(), 30, told.append)  # type: ignore[arg-type]
    rounds = [frames.TURN_FRAMES] * (len(turns) // 2 // frames.TURN_FRAMES) + [len(turns) // 2 % frames.TURN_FRAMES]
    assert len(turns) == 2 * (frames.WARM_FRAMES + 30)
    assert turns == [model for length in rounds for model in models for _ in range(length)]
    assert [one.frames for one in timed] == [30, 30]
    assert told[-1] == 30 and told == sorted(told)


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        (
            {},
            [
                "processor             Some Processor (AVX2, AVX512-VNNI)",
                "model gru (int8)",
                "frame of four notes   p50 0.500  p99 0.750  max 1.250 ms"
                "  (5000 frames; 3 more interrupted by the system, up to 12.5 ms)",
                "  of which            model 0.250  features 0.125  rules and draw 0.120 ms",
                "start to first frame  0.40 s",
                "memory                78 MB",
            ],
        ),
        (
            {"rss_mb": None, "keras_predict_note_ms": {"p50": 150.0, "max": 300.0}},
            [
                "processor             Some Processor (AVX2, AVX512-VNNI)",
                "model gru (int8)",
                "frame of four notes   p50 0.500  p99 0.750  max 1.250 ms"
                "  (5000 frames; 3 more interrupted by the system, up to 12.5 ms)",
                "  of which            model 0.250  features 0.125  rules and draw 0.120 ms",
                "start to first frame  0.40 s",
                "for scale             Keras predict on a growing sequence: 150 ms a note, 1,200 times as long a frame",
            ],
        ),
    ],
)
def test_in_words(more: dict[str, Any], lines: list[str]) -> None:
    assert frames.describe({**RESULT, **more}) == lines


def test_command(chorale: Command, fresh_python: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    del fresh_python  # the start is timed in one
    monkeypatch.setattr(frames, "time_start", partial(frames.time_start, runs=1))
    ran = chorale("bench", "--frames", 100, "--no-notebook", "--json")
    assert (ran.code, ran.err) == (0, "")
    result = json.loads(ran.out)
    assert list(result) == list(RESULT)
    assert (result["model"], result["frames"]) == ("bach", 100)
    assert list(result["frame_ms"]) == ["p50", "p99", "max"]
    assert 0 < result["frame_ms"]["p50"] <= result["frame_ms"]["p99"] <= result["frame_ms"]["max"]
    assert result["start_s"] > 0
    assert result["rss_mb"] is None or result["rss_mb"] > 20


def test_too_few_frames_are_a_mistake_of_usage(chorale: Command) -> None:
    ran = chorale("bench", "--frames", 99)
    assert ran.code == 2
    assert "'--frames'" in ran.err
