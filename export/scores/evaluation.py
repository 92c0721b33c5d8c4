"""Scores of model files by both protocols, and the table that puts them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.model.runtime import Model
from companion.screen.terminal import Progress, adding, unseen
from export.data.likeness import ALIKE_SHARE
from export.data.pieces import Piece
from export.data.prepare import find_leaks
from export.scores.scoring import (
    Scorer,
    counting_scorer,
    model_scorer,
    repeat_scorer,
    transposing_scorer,
    whole_piece_by_place,
    windowed,
)

HELD_OUT = ("valid", "test")
BY_PLACE = "whole_test_by_frame"  # how well the test part is told at the start of pieces, and further in

# Published notebook figures, windowed test part; see docs/training.md for their sources.
PUBLISHED = (("Conv1D + LSTM notebook", 0.668, 0.8154), ("Transformer notebook", 0.6197, 0.8122))


def of_split(pieces: Sequence[Piece], split: str) -> list[Piece]:
    """The pieces of one part."""
    return [piece for piece in pieces if piece.split == split]


def score_model(
    model: Model,
    pieces: Sequence[Piece],
    progress: Progress = unseen,
    transpositions: int = 0,
    chords_said: bool = False,
) -> dict[str, Any]:
    """The object that ``chorale-train evaluate --json`` prints for a model file.

    transpositions: expect the mean over the music moved by up to so many semitones either way.
    chords_said: tell the model what each beat is heard as.
    """
    scorer = model_scorer(model, chords_said)
    scorer = transposing_scorer(scorer, transpositions) if transpositions else scorer
    return {"model": model.contract.name, **score(scorer, pieces, progress)}


def score(scorer: Scorer, pieces: Sequence[Piece], progress: Progress = unseen) -> dict[str, Any]:
    """Both protocols on the validation and the test part; whole pieces' test also by the place in the piece."""
    add = adding(progress)
    parts = {split: of_split(pieces, split) for split in HELD_OUT}
    found = {"windowed": {split: windowed(part, scorer, add).as_dict() for split, part in parts.items()}}
    whole = {split: whole_piece_by_place(part, scorer, add) for split, part in parts.items()}
    found["whole_piece"] = {split: score.as_dict() for split, (score, _) in whole.items()}
    return {**found, BY_PLACE: {place: score.as_dict() for place, score in whole["test"][1].items()}}


def frames_to_score(pieces: Sequence[Piece]) -> int:
    """How many frames its progress will come to."""
    return 2 * sum(len(piece.frames) for piece in pieces if piece.split in HELD_OUT)


def score_baselines(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Repeating the last note (only its accuracy means anything) and counting."""
    repeat = score(repeat_scorer, pieces)
    for part in (*repeat["windowed"].values(), *repeat["whole_piece"].values()):
        part["nll"] = None
    counting = score(counting_scorer(of_split(pieces, "train")), pieces)
    del repeat[BY_PLACE], counting[BY_PLACE]  # of interest beside models that remember
    return [{"model": "repeat the last note", **repeat}, {"model": "count each voice's notes", **counting}]


def published_rows() -> list[dict[str, Any]]:
    """The figures of others."""
    rows = []
    for name, nll, accuracy in PUBLISHED:
        part = {"nll": nll, "accuracy": accuracy}
        rows.append({"model": name, "quoted": True, "windowed": {"test": part}, "whole_piece": {}})
    return rows


def leak_lines(pieces: Sequence[Piece]) -> list[str]:
    """The held-out pieces that share long passages with training pieces of the same set."""
    leaks = find_leaks(pieces)
    if not leaks:
        return []
    named = [f"{leak.held} ~ {leak.train} ({leak.share:.2f})" for leak in leaks]
    return [f"leaks inside the set (share of common progressions {ALIKE_SHARE:g} or more): {', '.join(named)}"]


def describe_scores(row: dict[str, Any]) -> list[str]:
    """One model's scores for people."""
    lines = [f"{row['model']}"]
    for protocol in ("windowed", "whole_piece"):
        for split, part in row[protocol].items():
            name = f"{protocol.replace('_', ' ')} {split}"
            figures = f"{part['nll']:.4f} nats a note, accuracy {part['accuracy']:.4f}"
            lines.append(f"  {name:<18} {figures}, {part['notes']:,} notes")
    for place, part in row.get(BY_PLACE, {}).items():
        lines.append(f"    frames {place:<11} {part['nll']:.4f} nats a note, accuracy {part['accuracy']:.4f}")
    return lines


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Rows side by side, in Markdown."""
    lines = [
        "| model | parameters | windowed test nats / accuracy | whole valid nats | whole test nats / accuracy |",
        "|---|---:|---|---|---|",
    ]
    for row in rows:
        cells = [row["model"], f"{row['parameters']:,}" if row.get("parameters") else "", *score_cells(row)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def score_cells(row: dict[str, Any]) -> list[str]:
    """Of a table: windowed test, whole pieces' validation without accuracy, and their test."""
    whole = row["whole_piece"]
    return [_cell(row["windowed"].get("test")), _cell(whole.get("valid"), accuracy=False), _cell(whole.get("test"))]


def _cell(part: dict[str, Any] | None, accuracy: bool = True) -> str:
    if part is None:
        return "–"
    nll = "–" if part["nll"] is None else f"{part['nll']:.4f}"
    return f"{nll} / {part['accuracy']:.4f}" if accuracy else nll
