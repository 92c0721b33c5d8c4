"""What takes long is said before."""

from __future__ import annotations

import pytest

from companion.screen.terminal import Forecast, progress_bar, span


def lines(frame_seconds: float, total: int | None, told: int | None = None, frames: int = 500) -> list[tuple[int, str]]:
    """What is said, and at which frame, when each takes so long."""
    said: list[tuple[int, str]] = []
    done = 0
    forecast = Forecast(
        "80 bars to harmonise", total, lambda line: said.append((done, line)), lambda: done * frame_seconds
    )
    for done in range(1, frames + 1):
        forecast(done, told)
    return said


@pytest.mark.parametrize(
    ("frame_seconds", "total", "told", "said"),
    [
        (0.002, 5001, None, [(151, "about 10 seconds: 80 bars to harmonise")]),
        (0.002, 5000, None, []),
        (0.002, 60_000, None, [(151, "about 2 minutes: 80 bars to harmonise")]),
        (1.0, 20, None, [(2, "about 20 seconds: 80 bars to harmonise")]),
        (0.1, None, None, []),
        (0.1, None, 400, [(4, "about 40 seconds: 80 bars to harmonise")]),
    ],
)
def test_once_and_before(
    frame_seconds: float, total: int | None, told: int | None, said: list[tuple[int, str]]
) -> None:
    assert lines(frame_seconds, total, told) == said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "10 seconds"),
        (24, "20 seconds"),
        (89, "90 seconds"),
        (91, "2 minutes"),
        (1500, "25 minutes"),
        (5399, "90 minutes"),
        (5400, "2 hours"),
        (4.3e6, "1,194 hours"),
    ],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_on_a_pipe_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.0, 1.0])
    monkeypatch.setattr(Forecast.__init__, "__defaults__", (lambda: next(times),))
    with progress_bar("80 bars to harmonise", 100) as tell:
        tell(1)
        tell(2)
    assert capsys.readouterr().err == "about 2 minutes: 80 bars to harmonise\n"


def test_not_where_it_is_hidden(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Forecast.__init__, "__defaults__", (lambda: 1 / 0,))
    with progress_bar("80 bars to harmonise", 100, hidden=True) as tell:
        tell(1)
    assert capsys.readouterr().err == ""
