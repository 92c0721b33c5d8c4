"""Runs in one picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from support.programs import chorale_train

pytest.importorskip("keras")
pytest.importorskip("matplotlib")

from matplotlib.image import imread

from export.training.fit import FitSettings
from export.training.run_folder import note_epoch, write_json


def run_of(folder: Path, architecture: str, valid: tuple[float, ...]) -> str:
    """What a run leaves behind, with these validations."""
    folder.mkdir()
    settings = asdict(FitSettings(architecture, ("jsb",)))
    write_json(folder / "settings.json", {"settings": settings, "date": "2026-01-01", "versions": {}})
    for epoch, nats in enumerate(valid, start=1):
        note_epoch(folder, (epoch, nats - 0.1, nats, 60))
    best = min(range(len(valid)), key=valid.__getitem__)
    write_json(folder / "state.json", {"epoch": len(valid), "best": valid[best], "best_epoch": best + 1, "seconds": 9})
    return str(folder)


def colours_in(path: Path) -> set[tuple[int, ...]]:
    """Those that fill at least fifty pixels, greys left out."""
    pixels = np.round(imread(path)[..., :3] * 255).astype(int).reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return {
        tuple(colour) for colour, count in zip(found.tolist(), counts, strict=True) if count >= 50 and np.ptp(colour)
    }


def test_each_run_has_a_colour(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / f"run{number}", "conv-lstm", (3.0, 0.6, 0.5 + number / 50)) for number in range(2)]
    for count in (1, 2):
        picture = tmp_path / f"{count}.png"
        assert chorale_train("curves", *runs[:count], "-o", str(picture)).out == f"wrote {picture}\n"
    first, second = (31, 119, 180), (255, 127, 14)
    assert first in colours_in(tmp_path / "1.png") and second not in colours_in(tmp_path / "1.png")
    assert {first, second} <= colours_in(tmp_path / "2.png")


def test_what_cannot_be_drawn_is_one_line(tmp_path: Path) -> None:
    notes, events = run_of(tmp_path / "a", "gru", (1.0,)), run_of(tmp_path / "b", "melody-basic", (1.0,))
    out = tmp_path / "c.png"
    for runs, said in (
        ((notes, events), f"these runs cannot stand in one picture: {notes} in nats a note, {events} in nats an event"),
        ((str(tmp_path),), f"{tmp_path} holds no run that has come through an epoch: there is no history.csv"),
    ):
        ran = chorale_train("curves", *runs, "-o", str(out))
        assert (ran.code, ran.out, ran.err) == (1, "", f"chorale-train: {said}\n")
        assert not out.exists()
    out.write_text("mine")
    assert chorale_train("curves", notes, "-o", str(out)).code == 1
    assert out.read_text() == "mine"
