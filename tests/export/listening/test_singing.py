"""Melodies from a primer on: what is drawn, what is written, and what cannot be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import contract_of, random_source, read_facts, sure
from typer.testing import CliRunner

from companion.errors import BadSetting, OutputExists
from companion.model import library
from companion.model.features import FeatureRow
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, IntArray, strike
from companion.sampling.draw import Sampling
from export.cli import app
from export.listening.singing import check_singer, sing

FEATURES = ("own_pitch", "pitches")


class Singer:
    """Goes up by whole tones, each held for a step; where it would be too high, it rests."""

    def __init__(self, kind: str = "melody") -> None:
        self.contract = replace(contract_of(FEATURES, name="singer"), kind=kind)
        self.row = FeatureRow(FEATURES)

    def initial_state(self) -> Mapping[str, Any]:
        return {"step": 0}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del options
        slot = self.row.slot("own_pitch")
        last = int(ids[slot] - self.row.offsets[slot])
        step = state["step"]
        higher = last + 2 if last and last + 2 < VOCABULARY_SIZE else REST
        return sure(HOLD if step % 2 else higher), {"step": step + 1}


def test_it_begins_with_the_primer_and_goes_on_as_the_model_says() -> None:
    frames = sing(Singer(), 60, 5, Sampling(), random_source())  # type: ignore[arg-type]
    assert frames[:, 0].tolist() == [strike(60), HOLD, strike(62), HOLD, strike(64)]
    assert (frames[:, 1:] == REST).all()


@pytest.mark.parametrize("primer", [47, 82])
def test_a_primer_out_of_range(primer: int) -> None:
    with pytest.raises(BadSetting, match=rf"^the primer must be a pitch from 48 to 81, not {primer}$"):
        check_singer(Singer(), primer)  # type: ignore[arg-type]


def test_a_model_of_chorales_sings_no_melody() -> None:
    with pytest.raises(BadSetting, match="singer sings in four voices: chorale continue plays it; name a melody model"):
        check_singer(Singer("chorale"), 60)  # type: ignore[arg-type]


def test_the_command_writes_a_folder_and_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_model", Path)
    monkeypatch.setattr(library, "open_file", lambda path: Singer())
    folder = tmp_path / "tunes"
    command = ["sing", "singer", "--count", "2", "--steps", "6", "--primer", "72", "-o", str(folder)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    said, counted = result.stdout.splitlines()[-2:]
    assert said == f"2 melodies of 6 steps in {folder}"
    assert counted.startswith("  singer           notes on the beat 67%, motions by step 100%, by a fourth")
    assert sorted(path.name for path in folder.iterdir()) == ["singer-01.mid", "singer-02.mid"]
    facts = read_facts(folder / "singer-02.mid")
    quarter = facts.ticks_per_beat
    notes = [(4 * note.start / quarter, 4 * (note.end - note.start) / quarter, note.pitch) for note in facts.notes[0]]
    assert notes == [(0.0, 2.0, 72), (2.0, 2.0, 74), (4.0, 2.0, 76)]
    assert facts.notes[1:] == [[], [], []]
    before = (folder / "singer-01.mid").read_bytes()
    again = CliRunner().invoke(app, [*command, "--primer", "60"])
    assert isinstance(again.exception, OutputExists)
    assert (folder / "singer-01.mid").read_bytes() == before
    assert CliRunner().invoke(app, [*command, "--force"]).exit_code == 0


def test_each_melody_has_dice_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Wanderer(Singer):
        def step(
            self, ids: IntArray, state: Mapping[str, Any], options: object = None
        ) -> tuple[Any, Mapping[str, Any]]:
            del ids, options
            return np.zeros(VOCABULARY_SIZE, np.float32), state

    monkeypatch.setattr(library, "find_model", Path)
    monkeypatch.setattr(library, "open_file", lambda path: Wanderer())
    written = []
    for folder, count in (("a", "2"), ("b", "1")):
        CliRunner().invoke(app, ["sing", "x", "--count", count, "--steps", "16", "-o", str(tmp_path / folder)])
        written.append([path.read_bytes() for path in sorted((tmp_path / folder).iterdir())])
    assert written[0][0] == written[1][0] != written[0][1]
