"""Models side by side by what they play: the same held-out openings, a row a model, the measures that tell most."""

from __future__ import annotations

from collections.abc import Mapping

from companion.model.runtime import Model
from companion.sampling.draw import Sampling
from companion.screen.terminal import Progress, adding
from export.judging.judge import Material
from export.judging.recital import Programme, continuations
from export.judging.report import BACH, Cell, MusicReport, Repertoire, make_report
from export.measures.passage import whole_pieces
from export.measures.table import Measure, Spread

BRIEF = {  # of the columns, by the measures' names
    "parallel fifths": "parallel fifths in 100 changes",
    "parallel octaves": "octaves",
    "beats on a triad or seventh chord": "beats on a chord %",
    "notes in key": "notes in key %",
    "motions by step": "steps %",
    "frames with a change": "frames that change %",
    "ends on the tonic": "ends on the tonic %",
    "frames that repeat the piece itself": "repeats itself %",
    'grade of "Bach or Mock"': "Bach or Mock",
    "longest passage of a training piece": "longest copy, changes",
}


def brief_report(
    models: Mapping[str, Model],
    material: Material,
    sampling: Sampling,
    programme: Programme,
    progress: Progress,
) -> MusicReport:
    """Every model continues the programme's openings, and what it adds is measured beside Bach's whole pieces."""
    add = adding(progress)
    columns = []
    for name, model in models.items():
        passages = []
        for passage in continuations(model, sampling, material.held_out, programme):
            passages.append(passage)
            add(1)
        columns.append(Repertoire(name, tuple(passages), {}))
    bach = Repertoire(BACH, whole_pieces(material.held_out), {})
    measures = sorted(
        (measure for measure in material.measures if measure.name in BRIEF),
        key=lambda measure: [*BRIEF].index(measure.name),
    )
    return make_report(measures, bach, columns, {}, material.sets)


def describe_brief(report: MusicReport) -> list[str]:
    """A table in Markdown, Bach first; of copies the longest of all, of the rest the mean of the pieces."""
    heads = ["model", *(BRIEF[row.measure.name] for row in report.rows)]
    lines = [heads, ["---", *["---:"] * len(report.rows)]]
    lines.append([BACH, *(_shown(row.measure, row.bach) for row in report.rows)])
    for at, column in enumerate(report.columns):
        lines.append([column.name, *(_shown(row.measure, _spread(row.cells[at])) for row in report.rows)])
    return [f"| {' | '.join(line)} |" for line in lines]


def _spread(cell: Cell | None) -> Spread | None:
    return None if cell is None else cell.spread


def brief_as_dict(report: MusicReport) -> dict[str, dict[str, float]]:
    """By model and measure: the mean of the pieces, or the longest copy of all; rates, not percent."""
    return {
        column.name: {
            row.measure.name: round(_figure(row.measure, cell.spread), 5)
            for row, cell in ((row, row.cells[at]) for row in report.rows)
            if cell is not None
        }
        for at, column in enumerate(report.columns)
    }


def _figure(measure: Measure, spread: Spread) -> float:
    return spread.greatest if measure.shows_greatest else spread.mean


def _shown(measure: Measure, spread: Spread | None) -> str:
    if spread is None:
        return "–"
    return f"{_figure(measure, spread) * measure.scale:.{0 if measure.shows_greatest else 1}f}"
