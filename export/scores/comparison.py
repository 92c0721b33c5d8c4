"""Models side by side: what each scores, weighs and takes, with the baselines and what others have published."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from companion.bench.frames import time_in_turns, time_start
from companion.model.library import find_model
from companion.model.runtime import Model
from companion.sampling.draw import Sampling
from companion.screen.terminal import Progress, unseen
from export.scores.evaluation import score_cells

PROTOCOLS = ("windowed", "whole_piece")
COMPARED = (
    "model",
    "parameters",
    "MB",
    "windowed test nats / accuracy",
    "whole valid nats",
    "whole test nats / accuracy",
    "frame p50 / p99 ms",
    "memory MB",
)


def said_scores(model: Model) -> dict[str, Any] | None:
    """The scores that a file says of itself, by both protocols; None where it does not."""
    scores = model.contract.scores
    if not all(protocol in scores for protocol in PROTOCOLS):
        return None
    return {"model": model.contract.name, **{protocol: scores[protocol] for protocol in PROTOCOLS}}


def said_of_tunes(model: Model) -> dict[str, Any]:
    """What the file of a melody model says of its scores, which are of events and no notes."""
    contract = model.contract
    return {"model": contract.name, "parameters": contract.parameters, "kind": contract.kind, **contract.scores}


def facts_of(model: Model, name: str) -> dict[str, Any]:
    """What a model file weighs."""
    size = find_model(name).stat().st_size
    return {"parameters": model.contract.parameters, "file_mb": round(size / 1e6, 2), "kind": model.contract.kind}


def speeds_of(
    models: Mapping[str, Model], sampling: Sampling, frames: int, progress: Progress = unseen
) -> list[dict[str, Any]]:
    """How long a frame of four notes takes of each in turn on this machine, and the memory of a program that plays it.

    A file that is unknown to the companion is timed as if it shipped: to be stopped at any moment takes longer.
    models: by name or file.
    """
    strangers = [model for model in models.values() if model.is_stranger]
    for model in strangers:
        model.is_stranger = False
    try:
        timed = time_in_turns(list(models.values()), sampling, frames, progress)
    finally:
        for model in strangers:
            model.is_stranger = True
    return [
        {"frame_ms": {"p50": round(one.p50, 3), "p99": round(one.p99, 3)}, "memory_mb": time_start(name, runs=1)[1]}
        for name, one in zip(models, timed, strict=True)
    ]


def side_by_side(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Rows side by side, in Markdown; what a row does not say is a dash."""
    lines = [f"| {' | '.join(COMPARED)} |", "|---|---:|---:|---|---|---|---|---:|"]
    return [*lines, *(f"| {' | '.join(_cells(row))} |" for row in rows)]


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["model"] + (" (quoted)" if row.get("quoted") else ""),
        _said(row.get("parameters"), lambda count: f"{count:,}"),
        _said(row.get("file_mb"), lambda size: f"{size:.1f}"),
        *score_cells(row),
        _said(row.get("frame_ms"), lambda frame: f"{frame['p50']:.2f} / {frame['p99']:.2f}"),
        _said(row.get("memory_mb"), lambda size: f"{size:.0f}"),
    ]


def _said(value: Any, how: Callable[[Any], str]) -> str:
    return "–" if value is None else how(value)


def nats_against_time(rows: Sequence[dict[str, Any]]) -> bytes:
    """Nats against the time of a frame, as a PNG: the lower and the farther to the left, the better."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    shown = [row for row in rows if "frame_ms" in row and row["windowed"]["test"]["nll"] is not None]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for row in shown:
        place = (row["frame_ms"]["p50"], row["windowed"]["test"]["nll"])
        axes.plot(*place, "o", color="C0")
        axes.annotate(row["model"], place, textcoords="offset points", xytext=(6, 4))
    for row in rows:
        if row.get("quoted"):
            nll = row["windowed"]["test"]["nll"]
            axes.axhline(nll, color="0.6", linestyle="--", linewidth=1)
            axes.annotate(
                f"{row['model']} (quoted)", (1, nll), xycoords=("axes fraction", "data"), ha="right", va="bottom"
            )
    axes.set(xscale="log", xlabel="a frame of four notes, median ms", ylabel="nats a note, windowed test part")
    axes.grid(alpha=0.3, which="both")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    return drawn.getvalue()
