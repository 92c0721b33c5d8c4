"""The divisor of the logits: found where it is known, and kept in the weights."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import chorale, piece_of, random_rows, stepped_in_keras, tiny_model

from companion.music.vocabulary import VOCABULARY_SIZE
from export.models.registry import ARCHITECTURES
from export.models.symbols import NEVER
from export.release.calibration import CANDIDATES, Calibration, calibrate, find_calibration

pytestmark = pytest.mark.train

VALID = [piece_of("v", "valid", chorale(seed)) for seed in (2, 3)]


def test_candidates_are_around_one() -> None:
    assert (CANDIDATES[0], CANDIDATES[-1]) == (0.8, 1.6)
    assert 1.0 in CANDIDATES


@pytest.mark.parametrize("architecture", sorted({*ARCHITECTURES} - {"markov"}))  # its counts are as sure as they are
def test_a_head_that_divides_its_logits(architecture: str) -> None:
    model = tiny_model(architecture)
    ids = random_rows(model.features, 12)
    before = np.asarray(model(ids[None]))[0]
    model.divide(1.25)
    expected = np.where(before == NEVER, NEVER, before / 1.25)
    np.testing.assert_allclose(np.asarray(model(ids[None]))[0], expected, atol=1e-4)
    np.testing.assert_allclose(stepped_in_keras(model, ids), expected[:, :VOCABULARY_SIZE], atol=1e-4)


@pytest.mark.usefixtures("uncompiled")
def test_a_model_is_divided_by_what_makes_it_best() -> None:
    """Random weights know nothing: the flattest candidate wins, and the validation gets better by it."""
    model = tiny_model("gru", depth=1)
    found = calibrate(model, VALID)
    assert found.temperature == CANDIDATES[-1]
    assert found.after < found.before
    again = find_calibration(model, VALID)
    assert again.before == pytest.approx(found.after, abs=1e-5)


@pytest.mark.usefixtures("uncompiled")
def test_too_sure_by_a_known_factor() -> None:
    """Found again of a model that is as sure as it is right: it knows how often each token comes, and no more."""
    model = tiny_model("gru", depth=1)
    for layer in (model.head.absolute, model.head.relative):
        layer.set_weights([np.zeros(weight.shape) for weight in layer.weights])
    tokens = np.concatenate([piece.frames.ravel() for piece in VALID])
    model.head.absolute.bias.assign(np.log(1 + np.bincount(tokens, minlength=VOCABULARY_SIZE)))
    for _ in range(3):
        if calibrate(model, VALID).temperature == 1.0:
            break
    model.head.divide(0.8)
    found = find_calibration(model, VALID)
    assert isinstance(found, Calibration)
    assert found.temperature == pytest.approx(1.25, abs=0.011)
