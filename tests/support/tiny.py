"""Chorales and models small enough to train and export inside a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from companion.model.features import FeatureRow
from companion.music.vocabulary import IntArray
from export.data.pieces import Piece
from export.models.registry import build, settings_of_model
from export.training import fit
from support.made_up import chorale, piece_of

# What an architecture takes of these makes a tiny model of it; a new one is tested without a line here.
SIZES = {"units": 16, "depth": 2, "heads": 2, "hidden": 24, "window": 16, "embedding": 4, "chords": 64, "rows": 512}
SIZES |= {"dropout": 0.0, "slot_dropout": 0.0, "weight_dropout": 0.0, "last_dropout": 0.0}


def settings_of(architecture: str, **changes: Any) -> dict[str, Any]:
    """Arguments for a tiny model, without any dropout."""
    known = settings_of_model(architecture)
    return {**{name: size for name, size in SIZES.items() if name in known}, **changes}


def tiny_model(architecture: str, seed: int = 1, **changes: Any) -> keras.Model:
    """A built model with random numbers in every weight, so that none is hidden by being 0 or 1."""
    model = build(architecture, **settings_of(architecture, **changes))
    model(random_rows(model.features, 4)[None])
    generator = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(generator.normal(0, 0.3, weight.shape))
    if hasattr(model, "count"):
        model.count([chorale(seed)])
    return model


@contextmanager
def uncompiled() -> Iterator[None]:
    """Training without a compiled graph, validated in crops as short as the tiny pieces: some batches take less so."""
    compile_model = fit.compile_model

    def left_eager(model: keras.Model, settings: fit.FitSettings) -> None:
        compile_model(model, settings)
        model.run_eagerly = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "compile_model", left_eager)
        patch.setattr(fit, "VALIDATION_STEPS", 8)
        yield


def random_rows(features: tuple[str, ...], notes: int, seed: int = 1) -> IntArray:
    """``[notes, width]``: any ids that the features can have; four notes a frame, in turn, or a tune's."""
    row = FeatureRow(features)
    sizes = np.diff([*row.offsets, row.rows])
    ids = np.random.default_rng(seed).integers(0, sizes, (notes, row.width))
    for name in {"turn", "voice"} & {*features}:
        ids[:, row.slot(name)] = np.arange(notes) % 4
    if features[-2:] == ("own_held", "pitches"):  # of a tune: it strikes or ends at every step, so no rows are alike
        ids[:, row.slot("own_held")] = 1
    return (row.offsets + ids).astype(np.int32)


def stepped_in_keras(model: keras.Model, ids: IntArray) -> np.ndarray[Any, Any]:
    """``[notes, vocabulary]``: the logits of rows fed to the model's step, its states carried on as described."""
    import tensorflow as tf  # noqa: PLC0415 - seconds, and training on JAX does without

    model.prepare_step()
    step = tf.function(model.step)  # compiled: many notes take less so
    states = {state.name: np.zeros(state.shape, state.dtype) for state in model.states}
    logits = []
    for note in ids:
        found, following = step(note[None], states)
        logits.append(ops.convert_to_numpy(found)[0])
        for state in model.states:
            new = ops.convert_to_numpy(following[state.name])
            states[state.name] = np.concatenate([states[state.name][1:], new]) if state.update == "append" else new
    return np.stack(logits)


def tiny_set() -> list[Piece]:
    """Two pieces to train on, one to check with, one for the test; the last shares half of it with the first."""
    return [
        piece_of("jsb-train-000", "train", chorale(0)),
        piece_of("jsb-train-001", "train", chorale(1)),
        piece_of("jsb-valid-000", "valid", chorale(2, chords=32)),
        piece_of("jsb-test-000", "test", np.concatenate([chorale(0)[:48], chorale(3)[:48]])),
    ]
