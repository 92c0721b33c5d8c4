"""The musician's report: every trait of real held-out Bach, with its interval, and of what is put beside him."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.errors import BadSetting
from export.judging.report import BACH, Repertoire
from export.measures.musician import Estimate, Trait

MET, NEAR, OUT = "ok", "near", "out"
Before = Mapping[str, Mapping[str, Mapping[str, float]]]  # trait → column → figures, as as_dict writes them


@dataclass(frozen=True)
class TraitRow:
    """One trait of Bach and of every column; None where there is nothing to count."""

    trait: Trait
    bach: Estimate
    ours: tuple[Estimate | None, ...]

    def mark(self, ours: Estimate) -> str:
        """Within Bach's interval, out of it by what chance may do, or out."""
        if self.trait.met(ours, self.bach):
            return MET
        return NEAR if self.trait.near(ours, self.bach) else OUT


@dataclass(frozen=True)
class TraitReport:
    """All that was measured."""

    bach: Repertoire
    columns: tuple[Repertoire, ...]
    rows: tuple[TraitRow, ...]

    @property
    def marks(self) -> list[str]:
        """Of every cell."""
        return [row.mark(ours) for row in self.rows for ours in row.ours if ours is not None]


def make_trait_report(traits: Sequence[Trait], bach: Repertoire, columns: Sequence[Repertoire]) -> TraitReport:
    """Measure everything; what Bach's pieces have nothing of is left out."""
    rows = []
    for trait in traits:
        real = Estimate.of(trait, bach.passages)
        if real is not None:
            rows.append(TraitRow(trait, real, tuple(Estimate.of(trait, column.passages) for column in columns)))
    return TraitReport(bach, tuple(columns), tuple(rows))


def traits_as_dict(report: TraitReport) -> dict[str, Any]:
    """What ``chorale-train judge --json`` says of traits, in their own units."""
    return {
        row.trait.name: {
            BACH: _figures(row.bach),
            **{
                column.name: {**_figures(ours), "mark": row.mark(ours)}
                for column, ours in zip(report.columns, row.ours, strict=True)
                if ours is not None
            },
        }
        for row in report.rows
    }


def read_before(path: Path) -> Before:
    """The traits of an earlier report.

    Raises:
        BadSetting: The file is no object that ``chorale-train judge --json`` printed with these rows.
    """
    try:
        found = json.loads(path.read_text("utf-8"))["musician"]
        return {
            trait: {name: {"value": float(one["value"])} for name, one in row.items()} for trait, row in found.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSetting(f"{path} holds no musician's rows; write them with: judge … --json > {path.name}") from None


def describe_traits(report: TraitReport, before: Before | None = None) -> list[str]:
    """The report as a table, in Markdown; with what an earlier one said before each figure."""
    then = before or {}
    head = ["a musician hears", f"{BACH} (95 % of such sets)", *(column.name for column in report.columns)]
    pieces = ["pieces", *(str(len(column.passages)) for column in (report.bach, *report.columns))]
    counts = ", ".join(f"{report.marks.count(mark)} {mark}" for mark in (MET, NEAR, OUT))
    return [
        _line(head),
        _line(["---"] * len(head)),
        _line(pieces),
        *(_line(_cells(report, row, then.get(row.trait.name, {}))) for row in report.rows),
        "",
        f"{counts}: {MET} lies in Bach's interval, {NEAR} is out of it by what chance may do to so few pieces",
    ]


def _cells(report: TraitReport, row: TraitRow, before: Mapping[str, Mapping[str, float]]) -> list[str]:
    cells = [f"{row.trait.name}, {row.trait.unit}", f"{_number(row.bach.value)} ({_interval(row.bach)})"]
    for column, ours in zip(report.columns, row.ours, strict=True):
        then = f"{_number(before[column.name]['value'])} → " if column.name in before else ""
        cells.append("–" if ours is None else f"{then}{_number(ours.value)} ({_interval(ours)}) {row.mark(ours)}")
    return cells


def _interval(estimate: Estimate) -> str:
    return f"{_number(estimate.low)}…{_number(estimate.high)}"


def _number(value: float) -> str:
    return f"{value:.1f}"


def _figures(estimate: Estimate) -> dict[str, float]:
    return {name: round(getattr(estimate, name), 4) for name in ("value", "low", "high")}


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
