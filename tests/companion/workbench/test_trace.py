"""The trace: every note, what it was chosen from, and the music as it was written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import CHORALE, MELODY, VOICE_NAMES, Babbler, quarters, random_source, read_facts, write_seed
from support.schema import breaches

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.composer import MODEL, SEED, Composed
from companion.generation.generator import Frame, Generator
from companion.generation.job import Job
from companion.model.echoes import Likest
from companion.model.known_tunes import NOTHING_RECALLED, Recall
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import Choice, Sampling
from companion.sampling.styles import style
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, harmonise_job, run
from companion.workbench.outputs import Outputs, all_notes, write_outputs
from companion.workbench.trace import frame_row, trace_ending, trace_file

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "trace.schema.json").read_text("utf-8"))
SETTINGS = Settings(model="babbler", seed=1)


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A bar of four voices, about to be continued."""
    return continue_job(write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES), 2, SETTINGS)


def scores_of(**shares: float) -> Any:
    """Of rest, hold and pitches named like p60."""
    probabilities = np.zeros(VOCABULARY_SIZE)
    for name, share in shares.items():
        probabilities[{"rest": REST, "hold": HOLD}[name] if name in ("rest", "hold") else strike(int(name[1:]))] = share
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def choice(token: int, held: int | None = None, **shares: float) -> Choice:
    scores = scores_of(**shares)
    return Choice(token, float(np.exp(scores[token])), 1.23456789, scores, held)


def written(job: Job, composed: Sequence[Composed]) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    trace = json.loads(trace_file(job, composed, all_notes(job, composed)), parse_constant=refuse)
    assert breaches(trace, SCHEMA) == []
    return trace


def note(voice: str, pitch: int | None, struck: bool, probability: float, distribution: Any) -> dict[str, Any]:
    return {
        "voice": voice,
        "origin": "seed" if voice == "soprano" else "model",
        "pitch": pitch,
        "struck": struck,
        "probability": probability,
        "entropy_bits": 1.2346,
        "temperature": 1.0,  # that of the note, not of all
        "distribution": distribution,
    }


def test_complete(job: Job) -> None:
    choices = (
        choice(strike(72), p72=0.5, p74=0.4995, p76=0.0005),
        choice(HOLD, 67, hold=0.25, p67=0.25, p69=0.5),
        choice(REST, rest=1.0)._replace(model_says=scores_of(rest=0.75, p60=0.2, p62=0.05)),
        choice(strike(48), 48, hold=0.1, p48=0.2, rest=0.7),
    )
    tokens = np.array([one.token for one in choices], dtype=np.int32)
    frame = Frame(4, tokens, (72, 67, None, 48), choices, 0.8, echo=Likest(8, 3), recalled=Recall(strike(74), 5))
    job = replace(job, phrase=replace(job.phrase, notes=job.phrase.notes[:1]), new_steps=0)
    assert written(job, [Composed(frame, SEED, (False, True, True, True))]) == {
        "format": "chorale-trace/2",
        "model": {"name": "babbler", "sha256": "0" * 64, "voice_order": "any"},
        "seed": 1,
        "style": "bach",
        "key": "G major",
        "steps_per_beat": 4,
        "voices": ["soprano", "alto", "tenor", "bass"],
        "music": {
            "ticks_per_beat": 480,
            "tempos": [],
            "bars": [[0, 1]],
            "notes": [[0, 0, 480, 67, 60], [3, 480, 600, 48, 92]],
        },
        "frames": [
            {
                "step": 4,
                "tick": 480,
                "echo": {"steps_back": 8, "chords": 3},
                "known_tune": {"pitch": 74, "moves": 5},
                "notes": [
                    note("soprano", 72, True, 0.5, [[72, 0.5], [74, 0.4995]]),
                    note("alto", 67, False, 0.25, [[67, 0.5], [69, 0.5]]),
                    {
                        **note("tenor", None, False, 1.0, [[None, 1.0]]),
                        "raw": [[None, 0.75], [60, 0.2], [62, 0.05]],
                        "taken": [[60, 0.2], [62, 0.05]],
                    },
                    note("bass", 48, True, 0.2, [[None, 0.7], [48, 0.3]]),
                ],
            }
        ],
    }


def test_a_known_tune_that_goes_on() -> None:
    """What it holds on is the pitch that sounds; where none is recalled nothing is said."""
    soprano = choice(HOLD, 72, hold=1.0)
    choices = (soprano, *(choice(HOLD, pitch, hold=1.0) for pitch in (67, 60, 48)))
    tokens = np.array([HOLD] * 4, dtype=np.int32)
    told = Frame(4, tokens, (72, 67, 60, 48), choices, 0.8, recalled=Recall(HOLD, 3))
    assert frame_row(told, (True,) * 4, {})["known_tune"] == {"pitch": 72, "moves": 3}
    assert "known_tune" not in frame_row(replace(told, recalled=NOTHING_RECALLED), (True,) * 4, {})


@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(0), Sampling(2.0, 0.5), style("bach")], ids=["plain", "greedy", "narrow", "ruled"]
)
def test_distributions(job: Job, sampling: Sampling) -> None:
    """Each sums to about 1, is sorted, and holds what sounds."""
    generator = Generator(Babbler(level=1.0), random_source())  # type: ignore[arg-type]
    state, frames = generator.start(), []
    for _ in range(12):
        frame, state = generator.frame(state, sampling)
        frames.append(Composed(frame, MODEL, (True,) * 4))
    trace = written(job, frames)
    assert [frame["step"] for frame in trace["frames"]] == list(range(12))
    rows = [note for frame in trace["frames"] for note in frame["notes"]]
    for row in rows:
        for name in ("distribution", "raw"):
            shares = [share for _, share in row.get(name, row["distribution"])]
            assert sum(shares) == pytest.approx(1, abs=0.03)
            assert shares == sorted(shares, reverse=True)
        pitches = [pitch for pitch, _ in row["distribution"]]
        assert len(set(pitches)) == len(pitches)
        assert row["pitch"] in pitches
        assert 0 < row["probability"] <= 1
        assert row["struck"] <= (row["pitch"] is not None)
    assert any("taken" in row for row in rows) == bool(sampling.rules)


def test_what_rules_took_is_what_they_left_less_likely(job: Job) -> None:
    generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
    frame, _ = generator.frame(generator.start(), replace(style("bach"), temperature=1.0, top_p=1.0))
    for row in written(job, [Composed(frame, MODEL, (True,) * 4)])["frames"][0]["notes"]:
        raw, ruled = dict(row["raw"]), dict(row["distribution"])  # json's pairs, as nothing else was done to them
        taken = {pitch: share for pitch, share in row["taken"] if share >= 0.003}
        assert taken == pytest.approx(
            {pitch: raw[pitch] - ruled.get(pitch, 0) for pitch in taken},
            abs=0.002,  # what is rarer is not told
        )
        assert taken


def test_an_origin_a_note(tmp_path: Path) -> None:
    tune = write_seed(tmp_path / "tune.mid", [quarters(MELODY)], names=["Melody"])
    job = harmonise_job(tune, None, SETTINGS)
    frames = written(job, run(job, lambda done: None))["frames"]
    assert [[one["origin"] for one in frame["notes"]] for frame in frames] == [
        ["seed", "model", "model", "model"] for _ in frames
    ]


def test_the_music_is_that_of_the_midi_file(job: Job, tmp_path: Path) -> None:
    composed = run(job, lambda done: None)
    outputs = Outputs(tmp_path / "out.mid", trace=tmp_path / "out.json")
    write_outputs(job, composed, outputs)
    music = json.loads((tmp_path / "out.json").read_text("utf-8"))["music"]
    facts = read_facts(outputs.midi)
    assert sorted([one.channel, one.start, one.end, one.pitch, one.velocity] for row in facts.notes for one in row) == (
        sorted(music["notes"])
    )
    assert music["bars"] == [[0, 1], [1920, 2], [3840, 3]]


def test_in_lines_it_is_the_same(job: Job, tmp_path: Path) -> None:
    composed = run(job, lambda done: None)
    for ending in ("json", "jsonl"):
        write_outputs(job, composed, Outputs(tmp_path / "out.mid", trace=tmp_path / f"out.{ending}", force=True))
    whole = json.loads((tmp_path / "out.json").read_text("utf-8"))
    head, *frames = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert {**head, "frames": frames} == {**whole, "lines": True}
    assert breaches(head, SCHEMA["$defs"]["head"], SCHEMA) == []


@pytest.mark.parametrize("name", ["t.txt", "t.json.gz", "t.JS"])
def test_a_trace_of_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as caught:
        Outputs(tmp_path / "out.mid", trace=tmp_path / name).check()
    assert str(caught.value) == (
        f"--trace must end in .json, .jsonl (a frame a line) or .csv (a note a row), not .{name.rpartition('.')[2]}"
    )


def test_a_name_without_an_ending_is_one_object() -> None:
    assert [trace_ending(Path(name)) for name in ("trace", "T.JSON", "t.jsonl", "t.CSV")] == [
        *(".json", ".json", ".jsonl", ".csv"),
    ]


def test_a_schema_that_is_broken_is_noticed(job: Job) -> None:
    trace = written(job, run(job, lambda done: None))
    trace["frames"][3]["notes"][1]["pitch"] = 128.5
    trace["model"]["sha256"] = "none"
    del trace["seed"]
    assert breaches(trace, SCHEMA) == [
        ": no seed",
        "/model/sha256: 'none' is not like ^[0-9a-f]{64}(\\+[0-9a-f]{64})?$",
        "/frames/3/notes/1/pitch: 128.5 is no integer or null",
        "/frames/3/notes/1/pitch: 128.5 is out of range",
    ]
