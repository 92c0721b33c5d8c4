"""How the shipped ``bach`` is made: runs one after another, each from those before it.

Two kinds of model first learn from Bach alone: one with the clocks of ``bach``, and one that runs note by
note, which is better and dearer. The first invents pieces; on these and on Bach's own a pupil then learns
what the two expect together, and at last on Bach's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from export.batches import CropSettings
from export.training import FitSettings

REAL, IMAGINED = ("jsb", "corpus"), "imagined"
_LONG = CropSettings(steps=128, batch_size=16, known_voices=0.2, any_order=0.5)
_SHORT = replace(_LONG, steps=96)


@dataclass(frozen=True)
class Fit:
    """A training run; teachers and start are names of runs before it."""

    run: str
    settings: FitSettings


@dataclass(frozen=True)
class Imagine:
    """A set of pieces that a run's model invents."""

    run: str
    pieces: int
    steps: int
    seed: int


Step = Fit | Imagine

BACH: tuple[Step, ...] = (
    Fit(
        "clocks",
        FitSettings("bach", REAL, {"dropout": 0.3, "slot_dropout": 0.1}, _LONG, epochs=40, patience=6),
    ),
    Fit(
        "notes-1",
        FitSettings("teacher", REAL, {"dropout": 0.3, "slot_dropout": 0.15}, _SHORT, epochs=36, patience=6, seed=2),
    ),
    Fit(
        "notes-2",
        FitSettings(
            "teacher",
            REAL,
            {"dropout": 0.3, "slot_dropout": 0.15},
            _SHORT,
            epochs=36,
            learning_rate=1.6e-3,
            patience=6,
            seed=4,
            start="notes-1",
        ),
    ),
    Imagine("clocks", pieces=1500, steps=192, seed=1),
    Fit(
        "pupil",
        FitSettings(
            "bach",
            (*REAL, IMAGINED),
            {"dropout": 0.1, "slot_dropout": 0.05},
            _LONG,
            epochs=24,
            learning_rate=1e-3,
            seed=11,
            teachers=("clocks", "notes-1"),
            start="clocks",
        ),
    ),
    Fit(
        "bach",
        FitSettings(
            "bach",
            REAL,
            {"dropout": 0.2, "slot_dropout": 0.1},
            _LONG,
            epochs=28,
            learning_rate=8e-4,
            seed=22,
            teachers=("clocks", "notes-2"),
            start="pupil",
        ),
    ),
)


@dataclass(frozen=True)
class Workshop:
    """Where a recipe is followed, and how its steps are done."""

    runs: Path
    data: Path
    fit: Callable[[FitSettings, Path], object]  # settings, and the run's folder: resumes what was begun
    imagine: Callable[[Imagine, Path, Path], object]  # the step, the run's folder and the set to write
    tell: Callable[[str], object] = print


def follow(recipe: tuple[Step, ...], workshop: Workshop) -> None:
    """Do every step that is not done yet; a stopped one goes on where it was."""
    for number, step in enumerate(recipe, start=1):
        workshop.tell(f"{number} of {len(recipe)}: {_named(step)}")
        folder = workshop.runs / step.run
        if isinstance(step, Fit):
            workshop.fit(_in_folders(step.settings, workshop.runs), folder)
        elif not (workshop.data / f"{IMAGINED}.npz").exists():
            workshop.imagine(step, folder, workshop.data / f"{IMAGINED}.npz")


def _named(step: Step) -> str:
    if isinstance(step, Imagine):
        return f"{step.pieces} pieces imagined by {step.run}"
    taught = f", taught by {' and '.join(step.settings.teachers)}" if step.settings.teachers else ""
    return f"{step.run}, a run of {step.settings.architecture}{taught}"


def _in_folders(settings: FitSettings, runs: Path) -> FitSettings:
    """The same with folders in place of the names of runs."""
    return replace(
        settings,
        teachers=tuple(str(runs / name) for name in settings.teachers),
        start=str(runs / settings.start) if settings.start else "",
    )
