"""How the shipped ``bach`` and ``gru`` are made: runs one after another, each from those before it.

Of ``bach`` two kinds of model first learn from Bach alone: two with its clocks, and one that runs note by
note and learns in three rounds. What they expect together is then taught to a pupil, and to another, which begins
from it and is told less beforehand. All these know no tunes by heart. A third pupil of the second one does, and so does
one more with its clocks, which learns from Bach alone: together with the second and with ``gru`` they teach a fourth,
and a fifth is taught by the three and by ``gru``. A sixth goes on from it: half of what it learns is in the key it
is written in, nobody teaches it how music begins, and now and then it knows what it is to come to. One more learns from
Bach alone what to sing under chords that are said, and teaches that to a seventh, which goes on from the sixth, and to
``bach``, which goes on from that.

``gru`` learns from Bach alone, is then taught by the ``bach`` that ships, again when it knows tunes by heart, and once
more with half in the key in which it is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from companion.model.features import WITHOUT_CHORDS
from export.data.pieces import Piece, load_pieces
from export.models.gru import LIGHT_FEATURES
from export.training.crops import CropSettings
from export.training.fit import FitSettings, fit
from export.training.progress import show_progress
from export.training.run_folder import STATE_FILE

REAL = ("jsb", "corpus")
_LONG = CropSettings(steps=128, batch_size=16, known_voices=0.2, short_every=2)
_UNTOLD = replace(  # mostly as music is heard by someone who is told nothing of it
    _LONG,
    known_voices=0.15,
    any_order=0.15,
    closes_dropped=0.7,
    keys_dropped=0.7,
    hidden_onsets=0.6,
    echoes_dropped=0.4,
)
_AS_WRITTEN = replace(_UNTOLD, as_written=0.5, joins=0.25)
_CHORDS_UNSAID = {"features": list(WITHOUT_CHORDS)}
_OF_KNOWN_TUNES = {"known_tune", "known_notes"}
_TUNES_UNKNOWN = [name for name in WITHOUT_CHORDS if name not in _OF_KNOWN_TUNES]
_OF_CLOCKS = FitSettings(
    "bach",
    REAL,
    {"dropout": 0.4, "slot_dropout": 0.1, "weight_dropout": 0.5, "features": _TUNES_UNKNOWN},
    _LONG,
    epochs=48,
    patience=48,
)
_HARDLY_HELD_BACK = {"dropout": 0.15, "slot_dropout": 0.05, "weight_dropout": 0.15}
_OF_NOTES = FitSettings(
    "teacher",
    REAL,
    {"dropout": 0.3, "slot_dropout": 0.15, "weight_dropout": 0.0, "features": _TUNES_UNKNOWN},
    replace(_LONG, steps=96, any_order=0.5, short_every=0),
    epochs=36,
    patience=6,
    seed=2,
)


@dataclass(frozen=True)
class Fit:
    """A training run; teachers and start are names of runs before it."""

    run: str
    settings: FitSettings


@dataclass(frozen=True)
class Unpacked:
    """A model that ships, as a run."""

    run: str
    model: str


Recipe = tuple[Fit | Unpacked, ...]


def _like(settings: FitSettings, run: str, **changes: Any) -> Fit:
    """A run of these settings but for some."""
    return Fit(run, replace(settings, **changes))


BACH_RUNS: Recipe = (
    Fit("clocks", _OF_CLOCKS),
    Fit(
        "clocks-2",
        replace(_OF_CLOCKS, model={**_OF_CLOCKS.model, "slot_dropout": 0.15}, epochs=72, patience=8, seed=5),
    ),
    Fit("notes-1", _OF_NOTES),
    Fit("notes-2", replace(_OF_NOTES, learning_rate=1.6e-3, seed=4, start="notes-1")),
    _like(
        _OF_NOTES,
        "notes-3",
        model={**_OF_NOTES.model, "dropout": 0.35, "weight_dropout": 0.3},
        crops=replace(_LONG, steps=96),
        epochs=32,
        learning_rate=1.2e-3,
        patience=32,
        seed=6,
        start="notes-2",
    ),
    _like(
        _OF_CLOCKS,
        "pupil",
        model={**_OF_CLOCKS.model, "dropout": 0.3, "weight_dropout": 0.3},
        epochs=36,
        learning_rate=1.2e-3,
        seed=22,
        teachers=("clocks-2", "clocks", "notes-3"),
        start="clocks-2",
    ),
    _like(
        _OF_CLOCKS,
        "pupil-2",
        model={**_OF_CLOCKS.model, "dropout": 0.2, "slot_dropout": 0.05, "weight_dropout": 0.2},
        crops=_UNTOLD,
        epochs=32,
        learning_rate=1.2e-3,
        seed=31,
        teachers=("clocks-2", "notes-3"),
        start="pupil",
    ),
    # from here on tunes are known by heart
    _like(
        _OF_CLOCKS,
        "pupil-3",
        model={"dropout": 0.25, "slot_dropout": 0.08, "weight_dropout": 0.25, **_CHORDS_UNSAID},
        crops=_UNTOLD,
        epochs=24,
        learning_rate=1e-3,
        patience=8,
        seed=41,
        teachers=("pupil-2",),
        start="pupil-2",
    ),
    _like(
        _OF_CLOCKS,
        "clocks-3",
        model={"dropout": 0.4, "slot_dropout": 0.15, "weight_dropout": 0.5, **_CHORDS_UNSAID},
        crops=replace(_LONG, any_order=0.3),
        epochs=72,
        patience=8,
        seed=51,
    ),
    Unpacked("gru", "gru"),
    _like(
        _OF_CLOCKS,
        "pupil-4",
        model={"dropout": 0.2, "slot_dropout": 0.05, "weight_dropout": 0.2, **_CHORDS_UNSAID},
        crops=_UNTOLD,
        epochs=32,
        learning_rate=1.2e-3,
        patience=10,
        seed=61,
        teachers=("pupil-2", "pupil-3", "clocks-3", "gru"),
        start="pupil-3",
    ),
    _like(
        _OF_CLOCKS,
        "pupil-5",
        model={**_HARDLY_HELD_BACK, **_CHORDS_UNSAID},
        crops=_UNTOLD,
        epochs=16,
        learning_rate=1e-3,
        patience=10,
        seed=71,
        teachers=("pupil-4", "pupil-3", "pupil-2", "gru"),
        start="pupil-4",
    ),
    # from here on keys are learned, too
    _like(
        _OF_CLOCKS,
        "pupil-6",
        model={**_HARDLY_HELD_BACK, **_CHORDS_UNSAID},
        crops=_AS_WRITTEN,
        epochs=18,
        learning_rate=1e-3,
        patience=18,
        seed=91,
        teachers=("pupil-5", "gru"),
        beginnings_taught=False,
        start="pupil-5",
    ),
    # from here on chords are said
    _like(
        _OF_CLOCKS,
        "chords",
        model={"dropout": 0.35, "slot_dropout": 0.1, "weight_dropout": 0.4},
        crops=replace(
            _LONG,
            any_order=0.2,
            as_written=0.3,
            chords=1.0,
            closes_dropped=0.6,
            keys_dropped=0.6,
            hidden_onsets=0.5,
            echoes_dropped=0.3,
        ),
        epochs=24,
        learning_rate=1.2e-3,
        patience=24,
        seed=111,
        start="pupil-6",
    ),
    _like(
        _OF_CLOCKS,
        "pupil-7",
        model=_HARDLY_HELD_BACK,
        crops=replace(_AS_WRITTEN, chords=0.4),
        epochs=20,
        learning_rate=1e-3,
        patience=20,
        seed=121,
        teachers=("pupil-6", "gru", "chords"),
        beginnings_taught=False,
        start="pupil-6",
    ),
    _like(
        _OF_CLOCKS,
        "bach",
        model={"dropout": 0.1, "slot_dropout": 0.04, "weight_dropout": 0.1},
        crops=replace(_AS_WRITTEN, chords=0.3),
        epochs=11,
        learning_rate=6e-4,
        patience=11,
        seed=131,
        teachers=("pupil-6", "gru", "chords"),
        beginnings_taught=False,
        start="pupil-7",
    ),
)


_LIGHT_WITHOUT_TUNES = [name for name in LIGHT_FEATURES if name not in _OF_KNOWN_TUNES]
_OF_THE_LIGHT_ONE = FitSettings(
    "gru",
    REAL,
    {"dropout": 0.35, "slot_dropout": 0.15, "weight_dropout": 0.3, "features": _LIGHT_WITHOUT_TUNES},
    CropSettings(steps=96, batch_size=16, known_voices=0.2, any_order=0.3),
    epochs=60,
    patience=12,
)

_KNOWING_TUNES = replace(
    _OF_THE_LIGHT_ONE,
    model={"dropout": 0.15, "slot_dropout": 0.05, "weight_dropout": 0.1},
    crops=replace(
        _OF_THE_LIGHT_ONE.crops,
        any_order=0.25,
        short_every=3,
        closes_dropped=0.6,
        keys_dropped=0.6,
        hidden_onsets=0.5,
        echoes_dropped=0.3,
    ),
    epochs=30,
    learning_rate=1.2e-3,
    patience=10,
    seed=81,
    teachers=("bach",),
    start="gru-told",
)

GRU_RUNS: Recipe = (
    Unpacked("bach", "bach"),
    Fit("gru-alone", _OF_THE_LIGHT_ONE),
    _like(
        _OF_THE_LIGHT_ONE,
        "gru-told",
        model={**_OF_THE_LIGHT_ONE.model, "dropout": 0.15, "slot_dropout": 0.05, "weight_dropout": 0.1},
        epochs=40,
        learning_rate=1.5e-3,
        seed=2,
        teachers=("bach",),
        start="gru-alone",
    ),
    Fit("gru-known", _KNOWING_TUNES),
    _like(
        _KNOWING_TUNES,
        "gru",
        crops=replace(_KNOWING_TUNES.crops, short_every=2, as_written=0.5),
        epochs=14,
        learning_rate=1e-3,
        patience=14,
        seed=101,
        beginnings_taught=False,
        start="gru-known",
    ),
)

RECIPES = {"bach": BACH_RUNS, "gru": GRU_RUNS}  # the last run of each is what ships


@dataclass(frozen=True)
class Workshop:
    """Where a recipe is followed, and how its runs are done."""

    runs: Path
    fit: Callable[[FitSettings, Path], object]  # settings, and the run's folder: resumes what was begun
    unpack: Callable[[str, Path], object]  # a model that ships, and the run's folder: leaves a run that is there
    tell: Callable[[str], object] = print


def follow(recipe: Recipe, workshop: Workshop) -> None:
    """Do every run that is not done yet; a stopped one goes on where it was."""
    for number, step in enumerate(recipe, start=1):
        place = f"{number} of {len(recipe)}: {step.run}"
        if isinstance(step, Unpacked):
            workshop.tell(f"{place}, the shipped {step.model}")
            workshop.unpack(step.model, workshop.runs / step.run)
            continue
        taught = f", taught by {' and '.join(step.settings.teachers)}" if step.settings.teachers else ""
        workshop.tell(f"{place}, a run of {step.settings.architecture}{taught}")
        workshop.fit(_in_folders(step.settings, workshop.runs), workshop.runs / step.run)


def _in_folders(settings: FitSettings, runs: Path) -> FitSettings:
    """The same with folders in place of the names of runs."""
    return replace(
        settings,
        teachers=tuple(str(runs / name) for name in settings.teachers),
        start=str(runs / settings.start) if settings.start else "",
    )


def workshop_of(
    runs: Path, data: Path, valid: Sequence[Piece], unpack: Callable[[str, Path], object] | None = None
) -> Workshop:
    """A workshop with its sets in ``data``, whose runs are checked with ``valid``; unpacked is what is no run yet."""

    def run(settings: FitSettings, folder: Path) -> None:
        sets = [load_pieces(data / f"{name}.npz") for name in settings.data]
        train = [piece for pieces in sets for piece in pieces if piece.split == "train"]
        with show_progress(settings.epochs, folder) as callbacks:
            state = fit(settings, train, valid, folder, resume=True, callbacks=callbacks)
        _say(f"best validation {state['best']:.4f} nats a note, after epoch {state['best_epoch']}")

    def unpacked(model: str, folder: Path) -> None:
        if unpack is not None and not (folder / STATE_FILE).exists():
            unpack(model, folder)

    return Workshop(runs, run, unpacked, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
