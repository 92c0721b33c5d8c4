"""How far int8 may lie from fp32, measured by hand and on files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from support.fakes import ScriptedModel
from support.tiny import chorale, piece_of

from companion.model.runtime import load_model
from companion.music.vocabulary import REST, VOCABULARY_SIZE, IntArray, strike
from export.models.registry import ARCHITECTURES
from export.release.precision import MOST_NLL_CHANGE, MOST_VARIATION, Drift, measure_drift

if TYPE_CHECKING:
    from conftest import Exported

pytestmark = pytest.mark.train

SILENT = piece_of("rests", "valid", np.full((5, 4), REST, dtype=np.int32))


def saying(token: int, logit: float) -> ScriptedModel:
    """A model to which all tokens are alike but one."""
    logits: IntArray = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
    logits[token] = logit
    return ScriptedModel(lambda frame, voice: logits)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_model_does_not_drift_from_itself(exported: Callable[[str], Exported], architecture: str) -> None:
    model = load_model(exported(architecture).path)
    drift = measure_drift(model, model, [piece_of("v", "valid", chorale(2))])
    notes = 96 if model.contract.kind == "melody" else 384
    assert drift == Drift(notes, variation=0.0, nll_change=0.0, same_choice=1.0)
    assert drift.acceptable


def test_drift_by_hand() -> None:
    """47 symbols alike, against half of all for the rest that comes: nothing sounds, so a hold means nothing."""
    drift = measure_drift(saying(REST, 0.0), saying(REST, math.log(46)), [SILENT, SILENT])
    assert drift.notes == 40
    assert drift.variation == pytest.approx(1 / 2 - 1 / 47, abs=1e-6)
    assert drift.nll_change == pytest.approx(math.log(2) - math.log(47), abs=1e-6)
    assert drift.same_choice == 1.0  # the first of equals


def test_worse_is_positive_and_another_choice_is_counted() -> None:
    drift = measure_drift(saying(REST, math.log(46)), saying(strike(60), math.log(46)), [SILENT])
    assert drift.nll_change == pytest.approx(math.log(92) - math.log(2), abs=1e-6)
    assert drift.variation == pytest.approx(1 / 2 - 1 / 92, abs=1e-6)
    assert drift.same_choice == 0.0


def test_the_limits() -> None:
    at_the_limit = Drift(100, MOST_VARIATION, MOST_NLL_CHANGE, 0.5)
    assert at_the_limit.acceptable
    assert replace(at_the_limit, nll_change=-1.0).acceptable  # better is no harm
    assert not replace(at_the_limit, variation=MOST_VARIATION * 1.01).acceptable
    assert not replace(at_the_limit, nll_change=MOST_NLL_CHANGE * 1.01).acceptable
    assert not replace(at_the_limit, variation=math.nan).acceptable
    assert not replace(at_the_limit, nll_change=math.nan).acceptable


def test_drift_is_told_with_five_places() -> None:
    drift = Drift(12, 0.00123456, -0.00000123, 0.999999)
    assert drift.as_dict() == {"notes": 12, "variation": 0.00123, "nll_change": -0.0, "same_choice": 1.0}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_int8_drifts_a_little(
    exported: Callable[[str], Exported], quantised: Callable[[str], Path], architecture: str
) -> None:
    """These weights are drawn at random, so the limits are not for them."""
    fp32, int8 = load_model(exported(architecture).path), load_model(quantised(architecture))
    drift = measure_drift(fp32, int8, [piece_of("v", "valid", chorale(2))])
    assert 0 < drift.variation < 0.1
    assert drift.same_choice > 0.9
