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

MET, NEAR_BY, OUT = "ok", "near", "out"
Before = Mapping[str, Mapping[str, Mapping[str, float]]]  # trait → column → figures, as as_dict writes them


@dataclass(frozen=True)
class TraitCell:
    """One trait of one column."""

    estimate: Estimate
    mark: str  # MET, NEAR_BY or OUT


@dataclass(frozen=True)
class TraitRow:
    """One trait of Bach and of every column; None where there is nothing to count."""

    trait: Trait
    bach: Estimate
    cells: tuple[TraitCell | None, ...]


@dataclass(frozen=True)
class TraitReport:
    """All that was measured."""

    bach: Repertoire
    columns: tuple[Repertoire, ...]
    rows: tuple[TraitRow, ...]

    @property
    def marks(self) -> list[str]:
        """Of every cell."""
        return [cell.mark for row in self.rows for cell in row.cells if cell is not None]


def make_trait_report(traits: Sequence[Trait], bach: Repertoire, columns: Sequence[Repertoire]) -> TraitReport:
    """Measure everything; what Bach's pieces have nothing of is left out."""
    rows = (_row(trait, bach, columns) for trait in traits)
    return TraitReport(bach, tuple(columns), tuple(row for row in rows if row is not None))


def _row(trait: Trait, bach: Repertoire, columns: Sequence[Repertoire]) -> TraitRow | None:
    real = trait.counts(bach.passages)
    whole = Estimate.of(real, trait.figure)
    if whole is None:
        return None
    cells: list[TraitCell | None] = []
    for column in columns:
        ours = Estimate.of(trait.counts(column.passages), trait.figure)
        few = Estimate.of(real, trait.figure, len(column.passages))
        cells.append(None if ours is None else TraitCell(ours, _mark(trait, ours, whole, few)))
    return TraitRow(trait, whole, tuple(cells))


def _mark(trait: Trait, ours: Estimate, whole: Estimate, few: Estimate | None) -> str:
    """As Bach's set, as a set of as few pieces of his may be, or neither."""
    if trait.as_wanted(ours, whole):
        return MET
    return NEAR_BY if few is not None and trait.as_wanted(ours, few) else OUT


def traits_as_dict(report: TraitReport) -> dict[str, Any]:
    """What ``chorale-train judge --json`` says of traits, in their own units."""
    return {
        row.trait.name: {
            BACH: _figures(row.bach),
            **{
                column.name: {**_figures(cell.estimate), "mark": cell.mark}
                for column, cell in zip(report.columns, row.cells, strict=True)
                if cell is not None
            },
        }
        for row in report.rows
    }


def read_before(path: Path, part: str) -> Before:
    """The traits of an earlier report on a part of the held-out pieces.

    Raises:
        BadSetting: The file is no object that ``chorale-train judge --json`` printed with these rows, or is of the
            other part.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
        before = {
            trait: {name: {"value": float(one["value"])} for name, one in row.items()}
            for trait, row in report["musician"].items()
        }
        its_part = report["asked"].get("part", "test")  # before there was a choice it was this one
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSetting(f"{path} holds no musician's rows; write them with: judge … --json > {path.name}") from None
    if its_part != part:
        raise BadSetting(f"{path} is of the part {its_part!r:.20}, this one of {part!r:.20}; give both the same --part")
    return before


def describe_traits(report: TraitReport, before: Before | None = None) -> list[str]:
    """The report as a table, in Markdown; with what an earlier one said before each figure."""
    then = before or {}
    head = ["a musician hears", f"{BACH} (95 % of such sets)", *(column.name for column in report.columns)]
    pieces = ["pieces", *(str(len(column.passages)) for column in (report.bach, *report.columns))]
    counts = ", ".join(f"{report.marks.count(mark)} {mark}" for mark in (MET, NEAR_BY, OUT))
    return [
        _line(head),
        _line(["---"] * len(head)),
        _line(pieces),
        *(_line(_cells(report, row, then.get(row.trait.name, {}))) for row in report.rows),
        "",
        f"{counts}: {MET} lies in Bach's interval, {NEAR_BY} in that of as few pieces of his",
    ]


def _cells(report: TraitReport, row: TraitRow, before: Mapping[str, Mapping[str, float]]) -> list[str]:
    cells = [f"{row.trait.name}, {row.trait.unit}", _shown(row.bach)]
    for column, cell in zip(report.columns, row.cells, strict=True):
        then = f"{_number(before[column.name]['value'])} → " if column.name in before else ""
        cells.append("–" if cell is None else f"{then}{_shown(cell.estimate)} {cell.mark}")
    return cells


def _shown(estimate: Estimate) -> str:
    return f"{_number(estimate.value)} ({_interval(estimate)})"


def _interval(estimate: Estimate) -> str:
    return f"{_number(estimate.low)}…{_number(estimate.high)}"


def _number(value: float) -> str:
    return f"{value:.1f}"


def _figures(estimate: Estimate) -> dict[str, float]:
    return {name: round(getattr(estimate, name), 4) for name in ("value", "low", "high")}


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
