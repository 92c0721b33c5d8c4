"""The musical report: every measure of real held-out Bach and of what is put beside him, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from export.judging.recital import Recital
from export.measures.passage import Passage
from export.measures.table import CADENCE_GOAL, HARMONISED_GOALS, Goal, Measure, Spread
from export.measures.tally import Tally

BACH = "Bach"
CADENCES = "closes asked for that come well"
_OK, _OUT = "ok", "out"


@dataclass(frozen=True)
class Repertoire:
    """Music that is judged together."""

    name: str
    passages: tuple[Passage, ...]
    goals: Mapping[str, Goal]  # by the measure's name, in place of the measure's own


@dataclass(frozen=True)
class Cell:
    """One measure of one column."""

    spread: Spread
    met: bool


@dataclass(frozen=True)
class MeasureRow:
    """One measure of Bach and of every column; None where there is nothing to count."""

    measure: Measure
    bach: Spread
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class MusicReport:
    """All that was measured."""

    bach: Repertoire
    columns: tuple[Repertoire, ...]
    rows: tuple[MeasureRow, ...]
    cadences: Mapping[str, Tally]  # by the model's name
    sets: tuple[str, ...]  # whose training pieces copies are looked for in

    @property
    def goals(self) -> list[bool]:
        """Whether each goal is met."""
        cells = [cell.met for row in self.rows for cell in row.cells if cell is not None]
        return cells + [_closes_well(tally) for tally in self.cadences.values()]


def continuing(name: str) -> str:
    """What the column of a model's continuations is called."""
    return f"{name} continues"


def harmonising(name: str) -> str:
    """What the column of its harmonisations is called."""
    return f"{name} harmonises"


def harmonising_live(name: str) -> str:
    """What the column of what it sings to melodies as they come is called."""
    return f"{name} harmonises live"


def columns_of(name: str, recital: Recital) -> list[Repertoire]:
    """What a model played."""
    continued = Repertoire(continuing(name), recital.continuations, {})
    harmonised = Repertoire(harmonising(name), recital.harmonisations, HARMONISED_GOALS)
    return [column for column in (continued, harmonised) if column.passages]


def live_columns_of(name: str, recital: Recital) -> list[Repertoire]:
    """What a model sang to melodies as they came; only a musician is asked of it."""
    return [Repertoire(harmonising_live(name), recital.live, {})] if recital.live else []


def make_report(
    measures: Sequence[Measure],
    bach: Repertoire,
    columns: Sequence[Repertoire],
    cadences: Mapping[str, Tally],
    sets: Sequence[str],
) -> MusicReport:
    """Measure everything.

    Raises:
        ValueError: Bach's pieces hold nothing that a measure could count.
    """
    rows = tuple(_row(measure, bach, columns) for measure in measures)
    asked = {name: tally for name, tally in cadences.items() if tally.among}
    return MusicReport(bach, tuple(columns), rows, asked, tuple(sets))


def _row(measure: Measure, bach: Repertoire, columns: Sequence[Repertoire]) -> MeasureRow:
    real = measure.of(bach.passages)
    if real is None:
        raise ValueError(f"the held-out pieces are too short for {measure.name}")
    cells = []
    for column in columns:
        goal, ours = column.goals.get(measure.name, measure.goal), measure.of(column.passages)
        cells.append(None if ours is None else Cell(ours, goal(ours, real)))
    return MeasureRow(measure, real, tuple(cells))


def _closes_well(tally: Tally) -> bool:
    return tally.found >= CADENCE_GOAL * tally.among


def as_dict(report: MusicReport) -> dict[str, Any]:
    """The object that ``chorale-train judge --json`` prints: rates, not percent."""
    return {
        "pieces": {column.name: len(column.passages) for column in (report.bach, *report.columns)},
        "copies_looked_for_in": list(report.sets),
        "measures": {
            row.measure.name: {
                BACH: _figures(row.bach),
                **{
                    column.name: {**_figures(cell.spread), "met": cell.met}
                    for column, cell in zip(report.columns, row.cells, strict=True)
                    if cell is not None
                },
            }
            for row in report.rows
        },
        "cadences": {
            name: {"good": int(tally.found), "asked": int(tally.among), "met": _closes_well(tally)}
            for name, tally in report.cadences.items()
        },
        "goals": {"met": sum(report.goals), "of": len(report.goals)},
    }


def _figures(spread: Spread) -> dict[str, float]:
    names = ("mean", "low", "median", "high", "greatest", "deviation", "pooled")
    return {name: round(getattr(spread, name), 5) for name in names}


def describe_report(report: MusicReport) -> list[str]:
    """The same as a table, in Markdown."""
    head = ["measure", f"{BACH}: mean (5–95 %)", *(column.name for column in report.columns)]
    pieces = ["pieces", *(str(len(column.passages)) for column in (report.bach, *report.columns))]
    closes = [
        f"{CADENCES}, {name}: {tally.found:g} of {tally.among:g} {_mark(_closes_well(tally))}"
        for name, tally in report.cadences.items()
    ]
    return [
        _line(head),
        _line(["---"] * len(head)),
        _line(pieces),
        *(_line(_cells(row)) for row in report.rows),
        "",
        *closes,
        f"copies were looked for in the training pieces of {' and '.join(report.sets)}",
        f"{sum(report.goals)} of {len(report.goals)} goals are met",
    ]


def _cells(row: MeasureRow) -> list[str]:
    measure = row.measure
    of_bach = f"{_shown(row.bach, measure)} ({row.bach.low * measure.scale:.2f}–{row.bach.high * measure.scale:.2f})"
    ours = ["–" if cell is None else f"{_shown(cell.spread, measure)} {_mark(cell.met)}" for cell in row.cells]
    return [f"{measure.name}, {measure.unit}", of_bach, *ours]


def _shown(spread: Spread, measure: Measure) -> str:
    if measure.shows_greatest:
        return f"median {spread.median:g}, most {spread.greatest:g}"
    return f"{spread.mean * measure.scale:.2f}"


def _mark(met: bool) -> str:
    return _OK if met else _OUT


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
