"""What is told of a composition, to people, in the trace and in the file."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.fakes import CHORALE, MELODY, VOICE_NAMES, Babbler, quarters, write_seed

from companion import __version__
from companion.controls.settings import Settings
from companion.generation.job import Fact, Job
from companion.music.key import Key
from companion.workbench import anew, jobs
from companion.workbench.anew import rewrite_job
from companion.workbench.jobs import continue_job, harmonise_job, run
from companion.workbench.outputs import Outputs, write_outputs
from companion.workbench.summary import Summary

SETTINGS = Settings(model="babbler", seed=1)
AGAIN = "chorale harmonise tune.mid --seed 1"


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (anew, jobs):
        monkeypatch.setattr(place, "open_model", lambda name: Babbler())


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    return write_seed(tmp_path / "tune.mid", [quarters(MELODY)], names=["Melody"], metres=[(0, 3, 4)])


def summary_of(job: Job) -> Summary:
    return Summary.of(job, run(job, lambda done: None), AGAIN)


class TestLines:
    def test_harmonised(self, tune: Path) -> None:
        heard, made, again = summary_of(harmonise_job(tune, None, SETTINGS)).lines()
        assert heard == 'heard: G major; 3/4; 3 bars; soprano from track 1 "Melody"'
        assert made.startswith("made: alto, tenor and bass, ")
        assert "; closes: bar " in made
        assert again == f"again: {AGAIN}"

    def test_continued(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        heard, made, _ = summary_of(continue_job(seed, 2, replace(SETTINGS, key="e minor"))).lines()
        assert heard == "heard: E minor, as asked; 4/4; 1 bar; 4 voices, as their tracks are named"
        assert made.startswith("made: 2 new bars, ")

    def test_a_church_mode_that_a_score_names_is_its_key(self, tmp_path: Path) -> None:
        """As if it had been asked for; what is asked for is stronger."""
        tune, plain = tmp_path / "mode.abc", tmp_path / "plain.abc"
        for path, key in ((tune, "Ddor"), (plain, "Am")):
            path.write_text(f"X:1\nM:4/4\nL:1/4\nK:{key}\nDEFG|AGFE|DFED|\n")
        jobs = (
            lambda path, settings: harmonise_job(path, None, settings),
            lambda path, settings: continue_job(path, 2, settings),
            lambda path, settings: rewrite_job(path, "2", None, settings),
        )
        for job in jobs:
            written, asked = job(tune, SETTINGS), job(plain, replace(SETTINGS, key="D dorian"))
            assert written.key == asked.key == Key(2, minor=True, church_mode="dorian")
            composed = run(written, lambda done: None)
            assert [one.frame.pitches for one in composed] == [
                one.frame.pitches for one in run(asked, lambda done: None)
            ]
            summary = Summary.of(written, composed, AGAIN)
            assert summary.lines()[0].startswith("heard: D dorian, as written; ")
            assert summary.fields()["heard"]["key"] == {"name": "D dorian", "asked": False}
            assert job(tune, replace(SETTINGS, key="C major")).key == Key(0, minor=False)

    def test_bars_made_anew_add_no_voice(self, tmp_path: Path) -> None:
        """Voices that the piece lacks are sung along, and are not there."""
        seed = write_seed(tmp_path / "seed.mid", [quarters(MELODY)], metres=[(0, 3, 4)])
        summary = summary_of(rewrite_job(seed, "2", None, SETTINGS))
        made = summary.lines()[1]
        assert re.match(r"made: bar 2 anew in soprano; \d+ notes?(;|$)", made)
        assert summary.fields()["made"]["voices"] == []

    def test_pickup(self, tmp_path: Path) -> None:
        tune = write_seed(tmp_path / "tune.mid", [quarters(MELODY, start=3)])
        heard, made, _ = summary_of(harmonise_job(tune, None, SETTINGS)).lines()
        assert heard == "heard: G major; 4/4; 2 bars after a pickup; soprano from track 1"
        assert "bar 2 " in made

    def test_a_pickup_alone_is_no_bar(self, tmp_path: Path) -> None:
        tune = write_seed(tmp_path / "tune.mid", [quarters(MELODY, start=3)])
        heard, *_ = summary_of(harmonise_job(tune, None, SETTINGS, bars="0")).lines()
        assert heard == "heard: G major; 4/4; the pickup; soprano from track 1"

    def test_four_voices_are_no_voice_to_add(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        job = replace(continue_job(seed, 1, SETTINGS), new_steps=0)
        assert re.match(r"made: \d+ notes; ", summary_of(job).lines()[1])

    def test_a_job_without_its_settings_is_not_told_of(self, tune: Path) -> None:
        """Rather than with a seed that it was not drawn with."""
        job = replace(harmonise_job(tune, None, SETTINGS), settings=None)
        with pytest.raises(ValueError, match="says its settings"):
            summary_of(job)

    def test_voices_of_one_track(self, tmp_path: Path) -> None:
        chords = sorted(note for line in CHORALE for note in line)
        heard, *_ = summary_of(continue_job(write_seed(tmp_path / "seed.mid", [chords]), 1, SETTINGS)).lines()
        assert heard.endswith("; 4 voices from track 1")

    def test_voices_of_other_tracks(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", [CHORALE[0], CHORALE[3]], names=["Vox", "Cello"])
        heard, *_ = summary_of(harmonise_job(seed, None, SETTINGS)).lines()
        assert heard.endswith('; soprano from track 1 "Vox", bass from track 2 "Cello"')

    def test_many_closes_are_counted(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        _, made, _ = summary_of(continue_job(seed, 10, SETTINGS, "8,8,8,8,8")).lines()
        assert "; 5 phrases, which close " in made

    def test_a_job_adds_facts_of_its_own(self, tune: Path) -> None:
        job = harmonise_job(tune, None, SETTINGS)
        told = summary_of(replace(job, facts=(Fact("chords", ["G", "D"], "2 chords as asked"), Fact("quietly", 3))))
        assert told.lines()[1].startswith("made: 2 chords as asked; ")
        assert told.fields()["made"]["chords"] == ["G", "D"]
        assert told.fields()["made"]["quietly"] == 3


class TestTrace:
    def test_header(self, tune: Path, tmp_path: Path) -> None:
        job = harmonise_job(tune, None, SETTINGS)
        composed = run(job, lambda done: None)
        summary = Summary.of(job, composed, AGAIN)
        write_outputs(job, composed, Outputs(tmp_path / "o.mid", trace=tmp_path / "o.json"), summary)
        trace = json.loads((tmp_path / "o.json").read_text("utf-8"))
        made_by = ["model", "seed", "style", "key"]
        assert list(trace) == ["format", *made_by, "steps_per_beat", "voices", "summary", "music", "frames"]
        told = trace["summary"]
        assert told["heard"]["key"] == {"name": "G major", "asked": False}
        assert (told["heard"]["metre"], told["heard"]["bars"]) == (["3/4"], 3)
        assert told["heard"]["voices"] == [
            {"voice": "soprano", "from": 'track 1 "Melody"', "tracks": [1], "notes": len(MELODY)}
        ]
        assert told["made"]["voices"] == ["alto", "tenor", "bass"]
        assert told["made"]["notes"] > 3
        assert {"bar", "kind"} == set(told["made"]["closes"][-1])
        assert (told["seed"], told["again"], told["version"]) == (1, AGAIN, __version__)

    def test_notices(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "low.mid", [quarters([20, 60, 62, 60])])
        job = harmonise_job(seed, None, SETTINGS)
        assert summary_of(job).fields()["notices"] == list(job.notices) != []
