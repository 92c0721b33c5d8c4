"""A run's settings as a command, and read from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from companion.model.library import bundled_models
from companion.model.runtime import load_model
from export.release.command import command_line, settings_told
from export.training.crops import CropSettings
from export.training.fit import FitSettings

pytestmark = pytest.mark.train


def test_a_command_line_without_settings_of_the_model() -> None:
    settings = FitSettings("transformer", ("corpus", "jsb"), crops=CropSettings(steps=96, batch_size=8), seed=3)
    assert command_line(settings) == (
        "chorale-train fit transformer --sets corpus,jsb --epochs 100 --batches 50 --batch-size 8 --crop 96"
        " --learning-rate 0.002 --patience 15 --seed 3"
    )


def test_the_command_line_of_a_published_run_says_no_more_than_that() -> None:
    settings = FitSettings("conv-lstm", ("jsb",), {"units": 9}, published=True, epochs=15, seed=4)
    assert command_line(settings) == (
        "chorale-train fit conv-lstm --sets jsb --published --seed 4 --model '{\"units\": 9}'"
    )


def test_a_command_line_with_shares_of_its_own() -> None:
    crops = CropSettings(any_order=0.0, known_voices=0.4, short_every=2, melody=0.3)
    assert command_line(FitSettings("bach", ("jsb",), crops=crops, weight_decay=0.05)).endswith(
        """--seed 1 --weight-decay 0.05 --known-voices 0.4 --any-order 0 --short-every 2 --shares '{"melody": 0.3}'"""
    )


def test_a_command_line_with_teachers() -> None:
    settings = FitSettings("bach", ("jsb",), teachers=("runs/a", "runs/b"), start="runs/a")
    assert command_line(settings).endswith("--seed 1 --start runs/a --teachers runs/a,runs/b --taught 0.9")


@pytest.mark.parametrize(
    "settings",
    [
        FitSettings("gru", ("corpus",)),
        FitSettings(
            "bach", ("jsb", "corpus"), {"units": 9, "dropout": 0.1}, teachers=("runs/a", "runs/b"), start="runs/a"
        ),
        FitSettings(
            "bach", ("jsb",), crops=CropSettings(steps=9, any_order=0.0, melody=0.3), weight_decay=0.05, taught=0.9
        ),
        FitSettings(
            "gru",
            ("jsb",),
            crops=CropSettings(as_written=0.5, joins=0.2),
            teachers=("runs/a",),
            beginnings_taught=False,
        ),
        FitSettings("conv-lstm", ("jsb",), {"units": 9}, published=True, seed=4),
        FitSettings("biaxial-lstm", ("",), rolls="some/folder"),
    ],
    ids=lambda settings: settings.architecture,
)
def test_what_a_command_says_is_read_again(settings: FitSettings) -> None:
    assert settings_told(command_line(settings)) == settings


@pytest.mark.parametrize("name", bundled_models())
def test_the_commands_of_models_that_ship_are_read_as_they_were_meant(name: str) -> None:
    command = load_model(bundled_models()[name]).contract.training["command"]
    settings = settings_told(command)
    assert command_line(settings) == command
    assert command_line(replace(settings, seed=99)) != command


@pytest.mark.parametrize("words", ["chorale continue a.mid", "chorale-train fit", "chorale-train fit gru --surprise 3"])
def test_another_command_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"chorale-train fit|required|unrecognized"):
        settings_told(words)
