"""What showing a jam costs the process that shows it: one picture a 20th of a second, while the music moves on."""

from __future__ import annotations

import io
import itertools
import pickle
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from companion.controls.keymap import key_help
from companion.jam.picture import FrameView, Picture
from companion.screen.full import FullView

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

CHORDS = ((67, 64, 60, 48), (67, 65, 60, 50), (69, 65, 62, 45), (71, 62, 55, 43), (72, 64, 55, 48))


def frame(step: int) -> FrameView:
    """Something new in every step."""
    struck = (step % 4 == 0, step % 2 == 0, True, step % 8 == 0)
    return FrameView(step, step // 16 + 1, step // 4 % 4 + 1, CHORDS[step // 2 % len(CHORDS)], struck)


def picture(now: int) -> Picture:
    return Picture(
        now_step=now,
        playing=True,
        frames=tuple(map(frame, range(now - 40, now + 1))),
        planned=tuple(map(frame, range(now + 1, now + 17))),
        committed_steps=2,
        entropies=(0.5, 1.2, 2.0, now % 5),
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
def test_show(benchmark: BenchmarkFixture, width: int, height: int) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    console = Console(
        file=stream, force_terminal=True, color_system="truecolor", width=width, height=height, _environ={}
    )
    steps = itertools.count(100)
    with FullView(console, key_help()) as view:
        benchmark.pedantic(view.show, setup=lambda: ((picture(next(steps)),), {}), rounds=300, warmup_rounds=50)


def test_pipe(benchmark: BenchmarkFixture) -> None:
    shown = picture(100)
    benchmark.pedantic(lambda: pickle.loads(pickle.dumps(shown)), rounds=300, warmup_rounds=50)
