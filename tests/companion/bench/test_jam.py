"""The bench of the player: its figures for machines and people, and one short run of the real thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.bench import jam
from companion.bench.jam import bench_jam, describe_jam, total_steps
from companion.bench.load import CLOCK, LOAD_BPM, PLACES, PROCESS, THREAD, THREAD_BESIDE_VIEW
from companion.controls.table import DEFAULT_MODEL
from companion.errors import ChoraleError
from companion.model.library import find_model
from companion.player.port import Nowhere

FACTS = {
    "lateness_ms": {"p50": 0.18, "p99": 0.26, "max": 0.293},
    "messages": 2128,
    "interrupted": {"messages": 3, "max_ms": 1.5},
    "held_over": 0,
    "panic_ms": {"p50": 1.0, "max": 4.8},
    "realtime": True,
    "port": "",
}


def test_for_people() -> None:
    late = {"p50": 0.28, "p99": 5.7, "max": 6.354}
    lines = describe_jam({"jam": {**FACTS, "thread": {**FACTS, "lateness_ms": late, "held_over": 4}}})
    assert lines == [
        f"jam at {LOAD_BPM} BPM, four voices in every step, to no port, with real-time rights",
        "in a process          late p50 0.180  p99 0.260  max 0.293 ms  (2128 messages, 3 of them interrupted, up to"
        " 1.5 ms; 0 steps held over)  panic p50 1.00  max 4.80 ms",
        "thread by the model   late p50 0.280  p99 5.700  max 6.354 ms  (2128 messages, 3 of them interrupted, up to"
        " 1.5 ms; 4 steps held over)  panic p50 1.00  max 4.80 ms",
    ]


def test_ticks_for_people() -> None:
    ticks = {"sent": 1600, "lateness_ms": FACTS["lateness_ms"], "deviation_ms": {"p50": 0.03, "p99": 0.2, "max": 0.41}}
    assert describe_jam({"jam": {**FACTS, CLOCK: {**FACTS, "ticks": ticks}}})[-1] == (
        "ticks of MIDI clock   late p50 0.180  p99 0.260  max 0.293 ms  (1600 ticks);"
        " from one to the next off p50 0.030  p99 0.200  max 0.410 ms"
    )


def test_steps_of_all_places() -> None:
    assert total_steps(20.0) == 4 * 267


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise jam.NoPort("no MIDI driver answers")

    monkeypatch.setattr(jam, "find_driver", none)
    assert isinstance(jam.output(), Nowhere)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_short_run(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(jam, "PANICS", 2)
    told: list[int] = []
    model = str(find_model(DEFAULT_MODEL))  # as a file: found in the other process wherever that looks for names
    result = bench_jam(model, 1.0, (place,), lambda done, total=None: told.append(done), Nowhere)
    figures = result["jam"]
    assert set(figures) == {*FACTS, *(["ticks"] if place == CLOCK else [])}
    assert figures["messages"] > 0
    assert 0 < figures["lateness_ms"]["p50"] <= figures["lateness_ms"]["p99"] <= figures["lateness_ms"]["max"]
    assert figures["panic_ms"]["max"] > 0
    assert told == sorted(told)
    assert len(describe_jam(result)) == (3 if place == CLOCK else 2)


def test_all_places() -> None:
    assert PLACES == (PROCESS, CLOCK, THREAD, THREAD_BESIDE_VIEW)


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ChoraleError, match="the process that generates for the bench has ended"):
        bench_jam(str(tmp_path / "none.onnx"), 1.0, (PROCESS,), open_output=Nowhere)
    capfd.readouterr()  # the traceback of the process that could not load it
