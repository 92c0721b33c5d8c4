"""The trace of a jam: a line a frame, as the schema has them, and shown as any other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig
from support.schema import breaches

from companion.clock.transport import TransportClock
from companion.controls.settings import Command, Settings
from companion.errors import BadSetting
from companion.generation.improviser import HEARD
from companion.jam.engine import Loaded
from companion.streams.lines import GrowingFile
from companion.streams.trace import TraceStream, check_jam_trace
from companion.visuals.reading import JAM_NOTICE, read_trace
from companion.visuals.shown import shown_trace
from companion.visuals.traced import TracedModel

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "trace.schema.json").read_text("utf-8"))
DUET = babbling(mode="duet", seed=3)


class Traced:
    """A jam and its trace."""

    def __init__(self, place: Path, settings: Settings = DUET, clock: Any = None) -> None:
        self.said: list[str] = []
        self.file = GrowingFile(place, self.said.append)
        self.rig: Rig

        def begun(now: Any) -> list[TraceStream]:
            self.trace = TraceStream(self.file, Babbler(), settings, now, lambda: self.rig.clock.bpm)  # type: ignore[arg-type]
            return [self.trace]

        self.rig = Rig(Babbler(), settings, clock, streams=begun)

    def lines(self) -> list[dict[str, Any]]:
        """All that was written, as the schema wants it."""
        assert self.trace.finish() == f"wrote {self.file.path}"
        rows = [json.loads(line) for line in self.file.path.read_bytes().splitlines()]
        for at, row in enumerate(rows):
            kind = "head" if at == 0 else "taken_back" if "taken_back" in row else "frame"
            assert breaches(row, SCHEMA["$defs"][kind], SCHEMA) == []
        return rows


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path / "t.jsonl")


def test_a_line_a_frame_behind_what_made_them(traced: Traced) -> None:
    traced.rig.run_to(30)
    head, *frames = traced.lines()
    assert head == {
        "format": "chorale-trace/2",
        "model": {"name": "babbler", "sha256": "0" * 64, "voice_order": "any"},
        "seed": 3,
        "style": "bach",
        "key": None,
        "steps_per_beat": 4,
        "voices": ["soprano", "alto", "tenor", "bass"],
        "lines": True,
        "started": head["started"],
    }
    steps = [frame["step"] for frame in frames]
    assert steps == list(range(steps[0], steps[0] + len(steps))) and len(steps) > 25
    logged = {entry.step: entry for entry in traced.rig.entries if entry.kind == "frame"}
    for frame in frames:
        step = frame["step"]
        assert [frame[name] for name in ("tick", "address", "bar", "step_of_bar", "bpm", "origin")] == [
            *(120 * step, step, step // 16 + 1, step % 16, 120, "model"),
        ]
        assert tuple(note["pitch"] for note in frame["notes"]) == logged[step].pitches
        assert step - 3 < frame["time_s"] / traced.rig.step_s < step + 1


def test_what_is_taken_back_is_told(traced: Traced) -> None:
    traced.rig.run_to(20.5)
    traced.rig.engine.command(Command("stop"))
    traced.rig.run_to(60)
    rows = traced.lines()
    (at,) = [at for at, row in enumerate(rows) if row.get("taken_back") == 21]
    assert [row["step"] for row in rows[at - 2 : at]] == [21, 22]
    assert max(frame.step for frame in read_trace(traced.file.path).frames if frame.step < 30) == 20


def test_frames_say_which_model_they_are_of(traced: Traced) -> None:
    """Until it is switched back; what had been fixed before stays the old one's."""
    traced.rig.run_to(10)
    for name, beats in (("gru", 20), ("babbler", 30)):
        model = Babbler()
        model.contract = replace(model.contract, name=name)
        model.digest = name[0].encode().hex() * 32 if name == "gru" else model.digest
        traced.rig.engine.loaded(Loaded(name, model))  # type: ignore[arg-type]
        traced.rig.run_to(beats)
    _, *rows = traced.lines()
    told = {row["step"]: row["model"]["name"] if "model" in row else None for row in rows}
    changes = [step for step, name in told.items() if name != told.get(step - 1)]  # of the first one none
    assert [told[step] for step in changes] == ["gru", None]
    assert 10 <= changes[0] <= 13 and 20 <= changes[1] <= 23
    trace = read_trace(traced.file.path)
    assert {frame.model for frame in trace.frames} == {None, TracedModel("gru", "67" * 32, "any")}
    assert "babbler, gru · " in shown_trace("jam", trace).origin


def test_its_music_is_that_of_its_frames(tmp_path: Path) -> None:
    """Of the player's phrase what was played; of the answer all."""
    traced = Traced(tmp_path / "t.jsonl", babbling(seed=3, key="G major"))
    traced.rig.play(67, 69, 71)
    traced.rig.run_to(60)
    _, *rows = traced.lines()
    trace = read_trace(traced.file.path)
    assert (trace.model.name, trace.seed, trace.notices) == ("babbler", 3, (JAM_NOTICE,))
    assert {HEARD, "model"} == {row["origin"] for row in rows}
    phrase = [note for note in trace.music.notes if note.start_tick < 12]
    assert [(note.pitch, note.start_tick) for note in phrase] == [(67, 0), (69, 4), (71, 8)]
    assert {note.voice for note in trace.music.notes if note.start_tick >= 16} == {0, 1, 2, 3}
    assert [tempo.beat_us for tempo in trace.music.tempos] == [500_000]
    assert [(bar.tick, bar.number) for bar in trace.music.bars] == [(0, 1), (16, 2), (32, 3), (48, 4)]
    shown = shown_trace("jam", trace)
    assert sum(one is not None for one in shown.drawn) > 10


def test_where_it_was_in_the_song_is_told(tmp_path: Path) -> None:
    traced = Traced(tmp_path / "t.jsonl", clock=TransportClock())
    for tick in range(60):
        traced.rig.osc("transport", 1, 64 + tick * 0.4, 120.0, 3, 4)
        traced.rig.run_until(traced.rig.now_s + 0.05)
    _, *frames = traced.lines()
    assert {frame["address"] - frame["step"] for frame in frames} == {frames[0]["address"] - frames[0]["step"]}
    assert frames[0]["address"] >= 64
    assert [(frame["bar"], frame["step_of_bar"]) for frame in frames] == [
        (frame["address"] // 12 + 1, frame["address"] % 12) for frame in frames
    ]


@pytest.mark.parametrize(
    ("name", "given"), [("t.json", "'.json'"), ("t.csv", "'.csv'"), ("t", "a name without an ending")]
)
def test_a_jam_is_traced_in_lines_alone(name: str, given: str) -> None:
    with pytest.raises(BadSetting) as caught:
        check_jam_trace(Path(name))
    assert str(caught.value) == f"--trace of a jam must end in .jsonl, a frame a line as it is played, not {given}"
    check_jam_trace(Path("T.JSONL"))
