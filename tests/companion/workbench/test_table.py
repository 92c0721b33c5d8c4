"""The table of a trace: every note of the file once, with what the trace says of its strike."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.fakes import CHORALE, MELODY, VOICE_NAMES, Babbler, quarters, read_facts, write_seed
from support.programs import Command

from companion.controls.settings import Settings
from companion.generation.job import Job
from companion.music.pitch import pitch_name
from companion.music.song import Tempo, seconds_of_ticks
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, harmonise_job, run
from companion.workbench.outputs import Outputs, write_outputs
from companion.workbench.table import OF_CHOICE, OF_NOTE, TABLE_COLUMNS

SETTINGS = Settings(model="babbler", seed=1)
SHARES = TABLE_COLUMNS[len(OF_NOTE) + len(OF_CHOICE) :]


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())


def written(job: Job, folder: Path) -> tuple[Outputs, list[dict[str, str]], Any]:
    """The files of a job, its table and its trace."""
    composed = run(job, lambda done: None)
    for ending in ("json", "csv"):
        outputs = Outputs(folder / "out.mid", trace=folder / f"out.{ending}", force=True)
        write_outputs(job, composed, outputs)
    return outputs, rows_of(folder / "out.csv"), json.loads((folder / "out.json").read_text("utf-8"))


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_the_columns_are_named() -> None:
    assert TABLE_COLUMNS[:15] == (
        *("note", "voice", "pitch", "name", "start_s", "end_s", "start_tick", "end_tick", "bar", "beat", "velocity"),
        *("origin", "probability", "entropy_bits", "sureness"),
    )
    assert ("p_rest", *(f"p_{pitch}" for pitch in range(36, 82))) == SHARES


def test_a_row_is_a_note_of_the_file(tmp_path: Path) -> None:
    seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES, tempos=[(0, 600_000), (2, 400_000)])
    outputs, rows, _ = written(continue_job(seed, 2, SETTINGS), tmp_path)
    facts = read_facts(outputs.midi)
    seconds = seconds_of_ticks([Tempo(*tempo) for tempo in facts.tempos], facts.ticks_per_beat)
    notes = [note for track in facts.notes for note in track]
    expected = sorted((note.start, note.channel, note.end, note.pitch, note.velocity) for note in notes)
    found = [
        (int(row["start_tick"]), int(row["voice"]) - 1, int(row["end_tick"]), int(row["pitch"]), int(row["velocity"]))
        for row in rows
    ]
    assert found == expected
    assert [row["note"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    for row in rows:
        assert row["name"] == pitch_name(int(row["pitch"]))
        start, end = (seconds(int(row[f"{name}_tick"])) for name in ("start", "end"))
        assert [float(row["start_s"]), float(row["end_s"])] == pytest.approx([start, end], abs=1e-6)
        bar, beat = divmod(int(row["start_tick"]), 4 * 480)
        assert (int(row["bar"]), float(row["beat"])) == (bar + 1, pytest.approx(1 + beat / 480, abs=1e-4))


def test_it_says_what_the_trace_says(tmp_path: Path) -> None:
    tune = write_seed(tmp_path / "tune.mid", [quarters(MELODY)], names=["Melody"])
    _, rows, trace = written(harmonise_job(tune, None, SETTINGS), tmp_path)
    struck = {
        (frame["tick"], voice + 1, note["pitch"]): note
        for frame in trace["frames"]
        for voice, note in enumerate(frame["notes"])
        if note["struck"]
    }
    assert {row["origin"] for row in rows} == {"seed", "model"}
    for row in rows:
        note = struck[int(row["start_tick"]), int(row["voice"]), int(row["pitch"])]
        assert row["origin"] == note["origin"]
        assert [float(row[name]) for name in ("probability", "entropy_bits")] == [
            note["probability"],
            note["entropy_bits"],
        ]
        sure = dict(note.get("raw", note["distribution"])).get(note["pitch"], 0)
        assert float(row["sureness"]) == pytest.approx(sure, abs=0.001)
        told = {None if name == "p_rest" else int(name[2:]): float(row[name]) for name in SHARES}
        known = dict(note["distribution"])  # of shares from 0.001 on, before they were rounded
        assert {pitch: share for pitch, share in told.items() if share > 0.001 or pitch in known} == known
        assert sum(told.values()) == pytest.approx(1, abs=0.005)


def test_of_what_stays_as_it_was_nothing_is_said(
    chorale: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_seed(tmp_path / "song.mid", CHORALE, names=VOICE_NAMES)
    assert chorale("continue", "song.mid", "--bars", 11, "--seed", 1, "-o", "whole.mid").code == 0
    words = ("--bars", "11", "--voices", "alto", "--seed", 2, "-o", "o.mid", "--trace", "t.csv")
    assert chorale("rewrite", "whole.mid", *words).code == 0
    rows = rows_of(Path("t.csv"))
    anew = [row for row in rows if row["origin"] == "model"]
    assert {row["bar"] for row in anew} >= {"11"} and {row["voice"] for row in anew} == {"2"}
    kept = [row for row in rows if not row["origin"]]
    assert kept and all(row[name] == "" for row in kept for name in (*OF_CHOICE, *SHARES))


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("name", ["demo", "continue", "harmonise"])
def test_every_command_writes_it(
    chorale: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ending: str
) -> None:
    monkeypatch.chdir(tmp_path)
    seed = write_seed(tmp_path / "seed.mid", [quarters(MELODY)], names=["Melody"])
    source = ["--fast", "--plain"] if name == "demo" else [seed]
    ran = chorale(name, *source, "--seed", 1, "--trace", f"t.{ending}")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1].endswith(f"t.{ending}")
    kept = Path(f"t.{ending}").read_bytes()
    assert kept.count(b"\n") > 25
    for made in Path().glob("seed-*"):
        made.unlink()
    again = chorale(name, *source, "--seed", 2, "--trace", f"t.{ending}")
    assert (again.code, again.err) == (
        1,
        f"chorale: t.{ending} exists; choose another name, or --force to replace it\n",
    )
    assert Path(f"t.{ending}").read_bytes() == kept
