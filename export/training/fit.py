"""Training: crops in, the best weights out, with progress, early stopping and resumption.

A run lives in one folder: ``settings.json`` (what was asked), ``last.weights.h5`` with ``state.json``
(where to resume), ``best.weights.h5`` (averaged weights of the best epoch), ``history.csv``,
``curves.png`` and ``tensorboard/``.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from companion.errors import BadSetting
from companion.files.writing import write_output
from companion.model.features import KNOWN_TUNE, FeatureRow
from companion.model.known_tunes import KnownTune
from companion.music.vocabulary import IntArray
from export.data.by_heart import ByHeart
from export.data.pieces import Piece
from export.data.rolls import KeyRoll
from export.models.layers import NoteEmbedding
from export.models.registry import build, model_class
from export.training.crops import CropBatches, CropSettings, WholeCrops
from export.training.distribution import dealt
from export.training.habits import Habits
from export.training.losses import note_nll, taught_nll
from export.training.progress import DrawnRun, plot_curves
from export.training.published import PUBLISHED_WAYS, Windows, batches_in, optimizer_of
from export.training.rolls import RollBatches, WholeRolls, roll_nll
from export.training.run_folder import (
    HISTORY_FILE,
    SETTINGS_FILE,
    STATE_FILE,
    damaged,
    held,
    load_weights,
    note_epoch,
    read_json,
    read_state,
    save_weights,
    write_json,
)
from export.training.teaching import TaughtBatches, Teachers

VALIDATION_STEPS = 256  # of a crop that validation looks at, at most
BEST_FILE, LAST_FILE = "best.weights.h5", "last.weights.h5"
TUNES_FILE = "tunes.json"  # what a model knows by heart besides


@dataclass(frozen=True)
class FitSettings:
    """What a run does; written beside its weights."""

    architecture: str
    data: tuple[str, ...]  # names of the prepared sets whose train parts are used
    model: dict[str, Any] = field(default_factory=dict)  # arguments of the architecture
    crops: CropSettings = field(default_factory=CropSettings)
    epochs: int = 100
    batches_per_epoch: int = 50
    learning_rate: float = 2e-3  # at its peak; warmed up over the first epoch, then down a cosine to 1 %
    weight_decay: float = 0.01
    average: float = 0.998  # of the weights, a batch: half of the average lies within 350 batches
    patience: int = 15  # epochs without a better validation before the run stops
    seed: int = 1
    teachers: tuple[str, ...] = ()  # folders of runs whose best weights teach this one
    taught: float = 0.9  # what the teachers expect counts so much, the note that came the rest
    beginnings_taught: bool = True  # how a crop begins, too; else it is learned from the notes that came alone
    published: bool = False  # with the data, optimiser and schedule of the architecture's authors; see published
    keep_last: bool = False  # the last weights count, be they better or not: no early stopping
    start: str = ""  # folder of a run of the same architecture, whose best weights this one begins from
    rolls: str = ""  # folder of MIDI files that it learns from as rolls of keys, in place of chorales


class AveragingAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW whose average of the weights begins short, over a tenth of the steps so far, and so forgets the first.

    With one length from the start, a run of 2,000 batches would end with 2 % of its random beginning.
    """

    @property
    def ema_momentum(self) -> Any:
        """What the average keeps of itself at this step (as TensorFlow's ``ExponentialMovingAverage``, num_updates)."""
        steps = ops.cast(self.iterations, "float32")
        return ops.minimum(self._longest, (1.0 + steps) / (10.0 + steps))

    @ema_momentum.setter
    def ema_momentum(self, longest: float) -> None:
        self._longest = longest


def compile_model(model: keras.Model, settings: FitSettings) -> None:
    """Give a model its optimiser and loss."""
    if settings.published:
        optimizer = optimizer_of(PUBLISHED_WAYS[settings.architecture], settings.batches_per_epoch)
        model.compile(optimizer=optimizer, loss=note_nll, jit_compile=keras.config.backend() == "jax")
        return
    steps = settings.epochs * settings.batches_per_epoch
    warm = min(settings.batches_per_epoch, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 20, steps - warm, alpha=0.01, warmup_target=settings.learning_rate, warmup_steps=warm
    )
    optimizer = AveragingAdamW(
        rate, weight_decay=settings.weight_decay, clipnorm=1.0, use_ema=True, ema_momentum=settings.average
    )
    model.compile(
        optimizer=optimizer,
        loss=_loss(settings),
        jit_compile=keras.config.backend() == "jax",
    )


def _loss(settings: FitSettings) -> Callable[..., Any]:
    if settings.rolls:
        return roll_nll
    return taught_nll(settings.taught) if settings.teachers else note_nll


def is_over(state: dict[str, Any], settings: FitSettings) -> bool:
    """Whether a run has had all its epochs, or has lost its patience."""
    tired = state["epoch"] - state["best_epoch"] >= settings.patience
    return tired or bool(state["epoch"] >= settings.epochs)


class AveragedWeights(keras.callbacks.SwapEMAWeights):  # type: ignore[misc]
    """Puts the averaged weights in place between epochs; a resumed run begins with them in place."""

    def __init__(self, in_place: bool):
        super().__init__(swap_on_epoch=True)
        self._ema_weights_in_model = in_place


class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the run's folder after every epoch; stops when validation has not improved for long."""

    def __init__(self, folder: Path, settings: FitSettings, resumed: dict[str, Any] | None):
        super().__init__()
        self.folder, self.settings = folder, settings
        self.state = resumed or {"epoch": 0, "best": float("inf"), "best_epoch": 0, "seconds": 0.0}
        self.started = time.perf_counter()
        self.seconds_before = self.state["seconds"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        valid = float(logs["val_loss"])
        self.state["epoch"] = epoch + 1
        self.state["seconds"] = self.seconds_before + time.perf_counter() - self.started
        if valid < self.state["best"] or self.settings.keep_last:
            self.state.update(best=valid, best_epoch=epoch + 1)
            save_weights(self.model, self.folder / BEST_FILE)
        save_weights(self.model, self.folder / LAST_FILE)
        note_epoch(self.folder, (epoch + 1, float(logs["loss"]), valid, self.state["seconds"]))
        write_json(self.folder / STATE_FILE, self.state)
        if is_over(self.state, self.settings):
            self.model.stop_training = True


def fit(
    settings: FitSettings,
    train: Sequence[Piece] | Sequence[KeyRoll],
    valid: Sequence[Piece] | Sequence[KeyRoll],
    folder: Path,
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, Any]:
    """Run or resume a training, of rolls where the settings say so; returns the run's state (epoch, best, …).

    FileExistsError where the folder holds a run and ``resume`` is off; BadSetting where another process trains in it;
    ValueError where the run to resume was asked for with other settings, or a file of it is damaged.
    """
    with held(folder):
        state = _claim(folder, settings, resume)
        return state if state and is_over(state, settings) else _run(settings, train, valid, folder, state, callbacks)


def _run(
    settings: FitSettings,
    train: Sequence[Any],  # pieces, or rolls where it learns from them
    valid: Sequence[Any],
    folder: Path,
    state: dict[str, Any] | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, Any]:
    keras.utils.set_random_seed(settings.seed)
    model = build(settings.architecture, **settings.model)
    compile_model(model, settings)
    first_epoch = state["epoch"] if state else 0
    if KNOWN_TUNE in model.features:
        model.by_heart = ByHeart.learned(train)
        save_tunes(model.by_heart.all.tunes, folder)
    batches = _batches(settings, train, model, first_epoch)
    checks = dealt(WholeRolls(valid, VALIDATION_STEPS) if settings.rolls else checks_of(model, valid, settings))
    model(batches[0][0][:1])
    if settings.start and not state:
        begin_from(model, load_best(Path(settings.start))[1])
    if state:
        model.optimizer.build(model.trainable_variables)
        load_weights(model, folder / LAST_FILE)
    if hasattr(model, "count"):
        state = _counted(model, [piece.frames for piece in train], checks, folder)
        plot_curves(folder, unit_of(settings))
        return state
    averaging = [] if settings.published else [AveragedWeights(in_place=state is not None)]
    keeper = Keeper(folder, settings, state)
    model.fit(
        dealt(batches),
        validation_data=checks,
        epochs=settings.epochs,
        initial_epoch=first_epoch,
        shuffle=False,  # batches are drawn; in another order a resumed run would go another way
        verbose=0,
        callbacks=[*averaging, keeper, *callbacks],
    )
    plot_curves(folder, unit_of(settings))
    return dict(keeper.state)


def _counted(model: Any, pieces: Sequence[IntArray], checks: Any, folder: Path) -> dict[str, Any]:
    """The run of a model that counts: all is done in one go, and looked at once."""
    started = time.perf_counter()
    model.count(pieces)
    valid = float(model.evaluate(checks, verbose=0))
    seconds = time.perf_counter() - started
    state = {"epoch": 1, "best": valid, "best_epoch": 1, "seconds": seconds}
    save_weights(model, folder / BEST_FILE)
    note_epoch(folder, (1, valid, valid, seconds))
    write_json(folder / STATE_FILE, state)
    return state


def _batches(settings: FitSettings, train: Sequence[Any], model: keras.Model, first_epoch: int) -> Any:
    crops, batches, seed = settings.crops, settings.batches_per_epoch, settings.seed
    if settings.rolls:
        return RollBatches(train, crops, batches, seed, first_epoch)
    row, habits = FeatureRow(model.features), Habits.of(model)
    if settings.published:
        return Windows(train, row, PUBLISHED_WAYS[settings.architecture], seed, first_epoch, habits)
    if not settings.teachers:
        return CropBatches(train, row, crops, batches, seed, first_epoch, habits)
    models = [load_best(Path(run))[1] for run in settings.teachers]
    teachers = Teachers(models, model.features, settings.beginnings_taught)
    drawn = CropBatches(train, teachers.row, crops, batches, seed, first_epoch, habits)
    return TaughtBatches(drawn, teachers, model.features)


def checks_of(model: keras.Model, valid: Sequence[Piece], settings: FitSettings | None = None) -> WholeCrops:
    """All notes of some pieces, as a model is checked on them: their chords are said where they always were."""
    habits = Habits.of(model)
    steps = min(VALIDATION_STEPS, habits.at_once)
    said = settings is not None and settings.crops.chords == 1
    return WholeCrops(valid, FeatureRow(model.features), steps, batch_size=16, habits=habits, chords_said=said)


def as_published(settings: FitSettings, train: Sequence[Piece]) -> FitSettings:
    """The same run as the architecture's authors did it; ValueError where none has published it."""
    if settings.architecture not in PUBLISHED_WAYS:
        raise ValueError(f"{settings.architecture} was not published by others; {', '.join(PUBLISHED_WAYS)} were")
    way = PUBLISHED_WAYS[settings.architecture]
    batches = batches_in(train, way)
    patience = way.epochs if way.patience is None else way.patience
    settings = replace(settings, published=True, keep_last=way.patience is None)
    return replace(settings, epochs=way.epochs, batches_per_epoch=batches, patience=patience)


def load_best(folder: Path) -> tuple[FitSettings, keras.Model]:
    """The settings of a run and its model with the best weights; FileNotFoundError where there is none."""
    settings = read_settings(folder)
    model = build(settings.architecture, **settings.model)
    row = FeatureRow(model.features)
    model(np.zeros((1, 4, row.width), dtype=np.int32) + row.offsets)
    if not (folder / BEST_FILE).is_file():
        raise FileNotFoundError(f"{folder} holds no finished epoch; run: chorale-train fit")
    compile_model(model, settings)
    model.optimizer.build(model.trainable_variables)
    load_weights(model, folder / BEST_FILE)
    if (folder / TUNES_FILE).is_file():
        tunes = read_json(folder / TUNES_FILE, {"tunes"})["tunes"]
        model.by_heart = ByHeart.told([KnownTune(begins, tuple(moves), tuple(steps)) for begins, moves, steps in tunes])
    return settings, model


def save_tunes(tunes: Sequence[KnownTune], folder: Path) -> None:
    """Write down what the model of a run knows by heart."""
    write_output(folder / TUNES_FILE, json.dumps({"tunes": tunes}).encode(), force=True)


def begin_from(model: keras.Model, other: keras.Model) -> None:
    """Give a model the weights of another; what the other is not told it does not heed yet.

    ValueError where the other is told more, or is of other sizes.
    """
    if tuple(model.features) == tuple(other.features):
        model.set_weights(other.get_weights())
        return
    for layer, begun in zip(model._flatten_layers(), other._flatten_layers(), strict=True):
        if isinstance(layer, NoteEmbedding):
            layer.begin_from(begun)
        elif layer.weights and not layer._layers:
            layer.set_weights(begun.get_weights())


def read_settings(folder: Path) -> FitSettings:
    """What a run was asked to do."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        raise FileNotFoundError(f"no training run in {folder}; run: chorale-train fit")
    values = read_json(path, {"settings"})["settings"]
    try:
        crops = CropSettings(**values.pop("crops"))
        data, teachers = tuple(values.pop("data")), tuple(values.pop("teachers", ()))
        return FitSettings(crops=crops, data=data, teachers=teachers, **values)
    except (TypeError, KeyError, AttributeError) as error:
        raise damaged(path, error) from None


def drawn_run(folder: Path) -> DrawnRun:
    """A run as a picture of several names it; BadSetting where the folder holds none."""
    if not (folder / HISTORY_FILE).is_file():
        raise BadSetting(f"{folder} holds no run that has come through an epoch: there is no {HISTORY_FILE}")
    settings = read_settings(folder)
    how = "as published" if settings.published else "ours"
    return DrawnRun(folder, f"{settings.architecture}, {how}", unit_of(settings))


def unit_of(settings: FitSettings) -> str:
    """What losses of a run are counted in."""
    if settings.rolls:
        return "nats a frame"
    return "nats an event" if Habits.of(model_class(settings.architecture)).is_tune else "nats a note"


def _claim(folder: Path, settings: FitSettings, resume: bool) -> dict[str, Any] | None:
    """The state to resume from, or None for a fresh run, whose settings are written."""
    state_path = folder / STATE_FILE
    if state_path.is_file() and not resume:
        raise FileExistsError(f"{folder} holds a run; go on with --resume or choose another --run")
    if state_path.is_file():
        if read_settings(folder) != settings:
            raise ValueError(f"the run in {folder} has other settings; resume with the same, or choose another --run")
        return read_state(folder)
    header = {
        "settings": asdict(settings),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version(), "keras": version("keras"), "backend": keras.config.backend()},
    }
    write_json(folder / SETTINGS_FILE, header)
    return None
