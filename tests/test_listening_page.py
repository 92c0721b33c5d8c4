"""The listening page: the files that it names are those that are there, and the model is one that ships."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from companion.files.midi import read_song
from companion.model.library import bundled_models
from companion.music.vocabulary import VOICES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "listen"
MOST_BYTES = 3_000_000  # of everything, so that a clone stays small
SEEDS = range(1, 11)


@pytest.fixture(scope="module")
def page() -> str:
    return FOLDER.with_suffix(".md").read_text()


def test_the_page_names_exactly_the_files_that_are_there(page: str) -> None:
    named = re.findall(r"\]\(listen/([^)]+)\)", page)
    assert sorted(named) == sorted(path.name for path in FOLDER.iterdir())
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


def test_no_seed_is_left_out(page: str) -> None:
    assert [int(seed) for seed in re.findall(r"^## Seed (\d+)", page, re.MULTILINE)] == list(SEEDS)


def test_it_is_the_model_that_ships(page: str) -> None:
    (name,) = re.findall(r"^chorale-train listen (\S+)", page, re.MULTILINE)
    assert hashlib.sha256(bundled_models()[name].read_bytes()).hexdigest() in page


@pytest.mark.parametrize("seed", SEEDS)
def test_files_hold_what_they_are_named_for(seed: int) -> None:
    for part in ("continued", "harmonised", "bach"):
        song = read_song(FOLDER / f"seed-{seed:02}-{part}.mid")
        assert song.track_names == tuple(name.capitalize() for name in VOICES)
    for part in ("continued", "harmonised"):
        trace = json.loads(gzip.decompress((FOLDER / f"seed-{seed:02}-{part}.json.gz").read_bytes()))
        assert trace["format"] == "chorale-trace/2"
    assert (FOLDER / f"seed-{seed:02}.png").read_bytes().startswith(b"\x89PNG")
