"""Speed of this machine: a frame of four notes with features and sampling, the start, the memory."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from companion.bench.parts import RESTART_FRAMES, WARM_FRAMES, after_opening, goes_on, time_parts
from companion.bench.processor import Processor, this_processor
from companion.frozen import run_module
from companion.generation.generator import Generator
from companion.model.leading import UNDER
from companion.model.library import find_files, open_model
from companion.model.runtime import Model
from companion.player.lateness import involuntary_switches
from companion.sampling.draw import Sampling
from companion.screen.terminal import Progress

PARTS_FRAMES = 1000
TURN_FRAMES = 25  # of one model, before the next has its turn: enough that its weights are at hand, as in a jam


@dataclass(frozen=True)
class Timing:
    """Of many frames, in milliseconds; those hit by an involuntary context switch counted and kept apart."""

    p50: float
    p99: float
    max: float
    frames: int
    interrupted: int  # frames during which the system gave the core to something else
    interrupted_max: float


def time_frames(model: Model, sampling: Sampling, frames: int, progress: Progress) -> Timing:
    """Time every frame by itself; progress is told how many are done."""
    (timed,) = time_in_turns([model], sampling, frames, progress)
    return timed


def time_in_turns(models: Sequence[Model], sampling: Sampling, frames: int, progress: Progress) -> list[Timing]:
    """The same of several models, some frames of each in turn: what else the machine does falls on all alike."""
    watches = [_Watch(model, sampling) for model in models]
    for first in range(-WARM_FRAMES, frames, TURN_FRAMES):
        turn = range(first, min(first + TURN_FRAMES, frames))
        for watch in watches:
            for index in turn:
                watch.frame(index)
        if turn.stop > 0:
            progress(turn.stop)
    return [timing(watch.quiet, watch.interrupted) for watch in watches]


class _Watch:
    """Times a model frame by frame; those before the first one only warm it."""

    def __init__(self, model: Model, sampling: Sampling) -> None:
        self.quiet: list[float] = []  # milliseconds
        self.interrupted: list[float] = []
        self._generator = Generator(model, np.random.Generator(np.random.PCG64(1)))
        self._sampling = sampling
        self._state = after_opening(self._generator)
        self._switches = involuntary_switches()

    def frame(self, index: int) -> None:
        """Play and time one."""
        if index % RESTART_FRAMES == 0:
            self._state = after_opening(self._generator)
        switched, begun = self._switches(), time.perf_counter()
        self._state = goes_on(self._generator, self._state, self._sampling)
        elapsed = (time.perf_counter() - begun) * 1000
        if index >= 0:
            (self.quiet if self._switches() == switched else self.interrupted).append(elapsed)


def timing(quiet: list[float], interrupted: list[float]) -> Timing:
    """Figures of the frames that were not interrupted, or of all where none was quiet."""
    counted = quiet or interrupted
    p50, p99 = np.percentile(counted, [50, 99])
    total = len(quiet) + len(interrupted)
    worst = max(interrupted, default=0.0)
    return Timing(float(p50), float(p99), max(counted), total, len(interrupted), worst)


def time_start(model: str, runs: int = 5) -> tuple[float, float | None]:
    """Median seconds from process start to the first generated frame, and that process's peak memory in MB."""
    path = UNDER.join(map(str, find_files(model)))
    seconds, megabytes = [], None
    for _ in range(runs):
        begun = time.perf_counter()
        done = run_module("companion.bench.first_frame", path)
        seconds.append(time.perf_counter() - begun)
        done.check_returncode()
        megabytes = json.loads(done.stdout)["rss_mb"]
    return float(np.median(seconds)), megabytes


def time_notebook() -> dict[str, float] | None:
    """Milliseconds a note of Keras' predict on a growing sequence, p50 and max; None without the train extra."""
    if not all(find_spec(name) for name in ("export", "tensorflow", "keras")):
        return None
    done = run_module("export.notebook_speed")
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def bench(model_name: str, sampling: Sampling, frames: int, notebook: bool, progress: Progress) -> dict[str, Any]:
    """Everything, as the JSON object of ``chorale bench --json``."""
    model = open_model(model_name)
    frame = time_frames(model, sampling, frames, progress)
    parts = time_parts(model, sampling, min(frames, PARTS_FRAMES))
    start_s, rss_mb = time_start(model_name)
    result: dict[str, Any] = {
        "processor": asdict(this_processor()),
        "model": model.contract.name,
        "precision": model.contract.precision,
        "frame_ms": {"p50": round(frame.p50, 3), "p99": round(frame.p99, 3), "max": round(frame.max, 3)},
        "parts_ms": {name: round(part, 3) for name, part in asdict(parts).items()},
        "frames": frame.frames,
        "interrupted": {"frames": frame.interrupted, "max_ms": round(frame.interrupted_max, 3)},
        "start_s": round(start_s, 3),
        "rss_mb": rss_mb,
    }
    speed = time_notebook() if notebook else None
    if speed is not None:
        result["keras_predict_note_ms"] = speed
    return result


def describe(result: dict[str, Any]) -> list[str]:
    """The same for people."""
    frame, cut, parts = result["frame_ms"], result["interrupted"], result["parts_ms"]
    lines = [
        f"processor             {Processor(**result['processor'])}",
        f"model {result['model']} ({result['precision']})",
        f"frame of four notes   p50 {frame['p50']:.3f}  p99 {frame['p99']:.3f}  max {frame['max']:.3f} ms"
        f"  ({result['frames']} frames; {cut['frames']} more interrupted by the system, up to {cut['max_ms']:.1f} ms)",
        f"  of which            model {parts['model']:.3f}  features {parts['features']:.3f}"
        f"  rules and draw {parts['rules_and_draw']:.3f} ms",
        f"start to first frame  {result['start_s']:.2f} s",
    ]
    if result["rss_mb"] is not None:
        lines.append(f"memory                {result['rss_mb']:.0f} MB")
    if "keras_predict_note_ms" in result:
        keras = result["keras_predict_note_ms"]
        ratio = 4 * keras["p50"] / frame["p50"]
        lines.append(
            f"for scale             Keras predict on a growing sequence: {keras['p50']:.0f} ms a note,"
            f" {ratio:,.0f} times as long a frame"
        )
    return lines
