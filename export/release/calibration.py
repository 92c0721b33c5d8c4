"""How sure a model may be: one number that its logits are divided by, chosen on the validation part.

A model that has seen its pieces often is surer than it is right. Dividing all logits by one number
changes no ranking (Guo et al., "On calibration of modern neural networks", ICML 2017); at export it
goes into the last layers' weights, so that nothing else knows of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from export.data.pieces import Piece
from export.training.fit import checks_of
from export.training.losses import note_nll

CANDIDATES = np.arange(80, 161) / 100


@dataclass(frozen=True)
class Calibration:
    """The best divisor, and nats a note of the validation part without and with it."""

    temperature: float
    before: float
    after: float


def find_calibration(model: keras.Model, valid: Sequence[Piece]) -> Calibration:
    """Try every candidate on all notes of some pieces."""
    crops = checks_of(model, valid)
    batches = [crops[index] for index in range(len(crops))]
    logits = np.concatenate([ops.convert_to_numpy(model(ids)) for ids, _ in batches])
    targets = np.concatenate([targets for _, targets in batches])
    scores = [float(note_nll(targets, logits / np.float32(candidate))) for candidate in CANDIDATES]
    best = int(np.argmin(scores))
    unchanged = int(np.flatnonzero(CANDIDATES == 1)[0])
    return Calibration(float(CANDIDATES[best]), scores[unchanged], scores[best])


def calibrate(model: keras.Model, valid: Sequence[Piece]) -> Calibration:
    """Divide a model's logits, in its weights, by the best candidate."""
    found = find_calibration(model, valid)
    model.divide(found.temperature)
    return found
