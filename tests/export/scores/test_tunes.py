"""Nats an event and accuracy of scripted models, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import contract_of
from support.made_up import piece_of

from companion.model.contract import REPEATS, AsideContract
from companion.model.features import FeatureRow
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, IntArray, strike
from export.data.pieces import Piece
from export.scores.tunes import describe_tune_scores, events_of, score_tunes, tune_parts

FEATURES = ("bar", "own_pitch", "pitches")


class Sayer:
    """Twice as likely as all other tokens together it says that the tune goes on; repeats as a script says."""

    def __init__(self, repeats: Mapping[int, tuple[float, float]] | None = None) -> None:
        asides = () if repeats is None else (AsideContract(REPEATS, 2),)
        self.contract = replace(contract_of(FEATURES, name="sayer"), kind="melody", parameters=7, asides=asides)
        self.row = FeatureRow(FEATURES)
        self.repeats = repeats or {}

    def initial_state(self) -> Mapping[str, Any]:
        return {"step": 0}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del ids, options
        logits = np.zeros(VOCABULARY_SIZE, np.float32)
        logits[HOLD] = math.log(2 * (VOCABULARY_SIZE - 1))
        said = np.array([self.repeats.get(state["step"], (0.0, 0.0))], np.float32)
        return logits, {"step": state["step"] + 1, **({REPEATS: said} if self.contract.asides else {})}


def tune(tokens: list[int], name: str = "bwv1", split: str = "test") -> Piece:
    frames = np.full((len(tokens), 4), REST, dtype=np.int32)
    frames[:, 0] = tokens
    return piece_of(name, split, frames)


def test_events_are_no_tokens_of_silence() -> None:
    frames = tune([REST, strike(60), HOLD, REST, REST, strike(60)]).frames
    assert events_of(frames).tolist() == [HOLD, strike(60), HOLD, REST, HOLD, strike(60)]


def test_nats_accuracy_and_what_goes_on() -> None:
    tunes = [tune([strike(60), HOLD, HOLD, REST], split=split) for split in ("valid", "test")]
    row = score_tunes(Sayer(), [*tunes, tune([strike(60)], "erk1-1")])  # type: ignore[arg-type]
    other = math.log(3 * (VOCABULARY_SIZE - 1))
    figures = {
        "nll": round((2 * math.log(1.5) + 2 * other) / 4, 4),
        "accuracy": 0.5,
        "events": 4,
        "goes_on": 0.5,
    }
    song = {"nll": round(other, 4), "accuracy": 0.0, "events": 1, "goes_on": 0.0}
    assert row == {
        "model": "sayer", "parameters": 7, "valid": figures, "test sopranos": figures, "test songs": song,
    }  # fmt: skip


def test_how_often_repeats_are_right() -> None:
    """Said at four steps: as a bar ago rightly and wrongly, as two bars ago rightly, and where nothing was before."""
    tokens = [strike(60), strike(62), *[HOLD] * 14, strike(60), strike(64), *[HOLD] * 14, strike(60)]
    said = {3: (0.6, 0.1), 16: (0.9, 0.0), 17: (0.8, 0.1), 32: (0.1, 0.7), 20: (0.4, 0.4)}
    tunes = [tune(tokens, split=split) for split in ("valid", "test")]
    row = score_tunes(Sayer(said), [*tunes, tune(tokens, "erk1-1")])  # type: ignore[arg-type]  # fmt: skip
    part = row["test sopranos"]
    assert (part["repeats"], part["repeats_right"]) == (round(4 / 33, 4), 0.75)
    assert describe_tune_scores(row)[0] == "sayer"
    assert describe_tune_scores(row)[2].endswith("33 events; says a repeat at 12.1%, right at 75.0% of these")


def test_one_of_five_songs_is_scored() -> None:
    songs = [tune([REST], f"erk1-{number}") for number in range(11)]
    parts = tune_parts([*songs, tune([REST]), tune([REST], "bwv2", "valid"), tune([REST], "bwv3", "train")])
    names = {name: [piece.name for piece in part] for name, part in parts.items()}
    assert names == {"valid": ["bwv2"], "test sopranos": ["bwv1"], "test songs": ["erk1-0", "erk1-5", "erk1-10"]}


def test_nothing_to_score_is_told() -> None:
    with pytest.raises(ValueError, match="no tune is held out; run: chorale-train prepare tunes"):
        score_tunes(Sayer(), [])  # type: ignore[arg-type]
