"""The objects and the table that evaluate and compare print."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, ScriptedModel
from support.made_up import chorale, piece_of

from companion.music.vocabulary import REST, VOCABULARY_SIZE
from export.scores.evaluation import (
    BY_PLACE,
    PUBLISHED,
    describe_scores,
    frames_to_score,
    leak_lines,
    of_split,
    published_rows,
    score,
    score_baselines,
    score_model,
    table,
)
from export.scores.scoring import SYMBOLS, repeat_scorer

PIECES = [
    piece_of("jsb-train-000", "train", chorale(0, chords=12)),
    piece_of("jsb-valid-000", "valid", chorale(1, chords=12)),
    piece_of("jsb-valid-001", "valid", chorale(2, chords=16)),
    piece_of("jsb-test-000", "test", chorale(3, chords=12)),
]
PARTS = {("windowed", "valid"): 4 * 33 * 3 - 3, ("windowed", "test"): 4 * 33 - 1}
PARTS |= {("whole_piece", "valid"): 4 * (48 + 64), ("whole_piece", "test"): 4 * 48}


def test_a_models_scores_have_the_shape_that_is_promised() -> None:
    row = score_model(Babbler(), PIECES)  # type: ignore[arg-type]
    assert list(row) == ["model", "windowed", "whole_piece", BY_PLACE]
    assert {place: part["notes"] for place, part in row[BY_PLACE].items()} == {
        "1–4": 16,
        "5–16": 48,
        "17–32": 64,
        "33–48": 64,
    }
    assert row["model"] == "babbler"
    for (protocol, split), notes in PARTS.items():
        part = row[protocol][split]
        assert list(part) == ["nll", "accuracy", "notes"]
        assert part["notes"] == notes
        assert 0 < part["nll"] < 20
        assert 0 <= part["accuracy"] <= 1
    assert json.loads(json.dumps(row)) == row


def test_a_model_that_says_nothing_scores_what_guessing_scores() -> None:
    silent = [piece_of("v", "valid", np.full((33, 4), REST, np.int32)), piece_of("t", "test", chorale(1, chords=12))]
    row = score_model(ScriptedModel(lambda frame, voice: np.zeros(VOCABULARY_SIZE, np.float32)), silent)  # type: ignore[arg-type]
    assert row["whole_piece"]["valid"]["nll"] == pytest.approx(math.log(SYMBOLS), abs=1e-4)


def test_every_frame_that_is_scored_is_told() -> None:
    told: list[int] = []
    score(repeat_scorer, PIECES, told.append)
    assert told == sorted(told)
    assert told[-1] == frames_to_score(PIECES) == 2 * (48 + 64 + 48)


def test_a_part_is_its_pieces_in_order() -> None:
    assert [piece.name for piece in of_split(PIECES, "valid")] == ["jsb-valid-000", "jsb-valid-001"]


def test_baselines_repeat_and_count() -> None:
    repeat, counting = score_baselines(PIECES)
    assert [repeat["model"], counting["model"]] == ["repeat the last note", "count each voice's notes"]
    assert {repeat[protocol][split]["nll"] for protocol, split in PARTS} == {None}
    assert repeat["whole_piece"]["test"]["accuracy"] > 0.7  # a chord lasts four steps
    for protocol, split in PARTS:
        assert 0 < counting[protocol][split]["nll"] < math.log(SYMBOLS)


def test_the_published_figures_are_rows_of_the_same_table() -> None:
    rows = published_rows()
    assert [(row["model"], *row["windowed"]["test"].values()) for row in rows] == list(PUBLISHED)
    assert table(rows)[2:] == [
        "| Conv1D + LSTM notebook |  | 0.6680 / 0.8154 | – | – |",
        "| Transformer notebook |  | 0.6197 / 0.8122 | – | – |",
    ]


def part(nll: float | None, accuracy: float, notes: int = 1000) -> dict[str, Any]:
    return {"nll": nll, "accuracy": accuracy, "notes": notes}


def test_a_table_has_a_line_for_each_row_and_a_dash_for_what_is_unknown() -> None:
    full = {
        "model": "gru",
        "parameters": 12345,
        "windowed": {"valid": part(0.5, 0.8), "test": part(0.51, 0.81)},
        "whole_piece": {"valid": part(0.4, 0.9), "test": part(0.41, 0.91)},
    }
    repeat = {
        "model": "repeat",
        "windowed": {"test": part(None, 0.7)},
        "whole_piece": {"valid": part(None, 0.6), "test": part(None, 0.5)},
    }
    assert table([full, repeat]) == [
        "| model | parameters | windowed test nats / accuracy | whole valid nats | whole test nats / accuracy |",
        "|---|---:|---|---|---|",
        "| gru | 12,345 | 0.5100 / 0.8100 | 0.4000 | 0.4100 / 0.9100 |",
        "| repeat |  | – / 0.7000 | – | – / 0.5000 |",
    ]


def test_one_models_scores_in_words() -> None:
    row = {"model": "gru", "windowed": {"test": part(0.51234, 0.81, 43210)}, "whole_piece": {"valid": part(0.4, 0.9)}}
    assert describe_scores(row) == [
        "gru",
        "  windowed test      0.5123 nats a note, accuracy 0.8100, 43,210 notes",
        "  whole piece valid  0.4000 nats a note, accuracy 0.9000, 1,000 notes",
    ]


def test_leaks_are_named_with_the_share() -> None:
    assert leak_lines(PIECES) == []
    twin = piece_of("jsb-test-001", "test", chorale(0, chords=12))
    assert leak_lines([*PIECES, twin]) == [
        "leaks inside the set (share of common progressions 0.2 or more): jsb-test-001 ~ jsb-train-000 (1.00)"
    ]
