"""The card of a model, word for word."""

from __future__ import annotations

from dataclasses import replace

from support.fakes import contract_of

from companion.model.known_tunes import KnownTune
from export.release.card import LICENCE, card

TRAINED = replace(
    contract_of(features=("voice", "own_pitch"), name="small"),
    architecture="gru",
    precision="int8",
    parameters=1234567,
    training={"data": ["corpus", "jsb"], "seed": 1, "validation_nll": 0.4321, "versions": {"keras": "3.15.1"}},
)


def test_a_card_without_scores() -> None:
    assert (
        card(TRAINED, 2_249_999, "0a" * 32)
        == f"""\
# small

A note-by-note model of four-voice chorales: architecture `gru`, 1,234,567 parameters, int8, 2.2 MB.

| | |
|---|---|
| data | corpus, jsb |
| seed | 1 |
| validation nll | 0.4321 |
| versions | keras 3.15.1 |
| order of voices | any |
| features | voice, own_pitch |
| sha256 | {"0a" * 32} |
| licence | {LICENCE} |
"""
    )


def test_what_is_known_by_heart_is_said() -> None:
    tunes = (KnownTune(0, (0, 2), (4, 4)), KnownTune(2, (0, -1, 3), (2, 2, 8)))
    text = card(replace(TRAINED, known_tunes=tunes), 1, "")
    assert "| known by heart | 2 tunes of 5 notes: the sopranos that it learned from, as semitones" in text


def test_scores_and_remarks_end_a_card() -> None:
    scores = {
        "windowed": {"test": {"nll": 0.4, "accuracy": 0.9, "notes": 10}},
        "whole_piece": {"test": {"nll": 0.35, "accuracy": 0.91, "notes": 12}},
        "remarks": ["leaks inside the set: a ~ b (0.50)"],
    }
    text = card(replace(TRAINED, scores=scores), 1, "")
    assert text.endswith("""\
Scores of this very file (protocols in docs/training.md):

| model | parameters | windowed test nats / accuracy | whole valid nats | whole test nats / accuracy |
|---|---:|---|---|---|
| small | 1,234,567 | 0.4000 / 0.9000 | – | 0.3500 / 0.9100 |

Leaks inside the set: a ~ b (0.50).
""")


def test_the_licence_of_the_data_is_told() -> None:
    assert "MIT" in LICENCE
    assert "music21" in LICENCE
    assert "JSB chorales" in LICENCE
