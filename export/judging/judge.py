"""``chorale-train judge``: targets are played or read, measured beside real held-out Bach, drawn and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.files.writing import refuse_existing
from companion.sampling.draw import Sampling
from companion.screen.terminal import Progress, adding
from export.data.pieces import Piece
from export.judging.distributions import plot_distributions
from export.judging.keeping import keep, refuse_kept
from export.judging.recital import Programme, play
from export.judging.report import BACH, MusicReport, Repertoire, columns_of, make_report
from export.judging.targets import Judged
from export.measures.copies import CopyIndex
from export.measures.grade import Grader
from export.measures.passage import Passage
from export.measures.table import Measure, all_measures
from export.measures.tally import Tally
from export.scores.evaluation import of_split

PICTURE = "distributions.png"


@dataclass(frozen=True)
class Material:
    """What targets are judged with."""

    held_out: tuple[Piece, ...]  # real Bach, and where openings and melodies come from
    measures: tuple[Measure, ...]
    sets: tuple[str, ...]  # in whose training pieces copies are looked for


def material_of(jsb: Sequence[Piece], corpus: Sequence[Piece]) -> Material:
    """From the JSB set and, where it is prepared, the corpus: its training pieces too may have been copied."""
    training = {"jsb": of_split(jsb, "train"), "corpus": of_split(corpus, "train")}
    copies = CopyIndex(piece.frames for pieces in training.values() for piece in pieces)
    grader = Grader(_whole(training["jsb"]))
    sets = tuple(name for name, pieces in training.items() if pieces)
    return Material(tuple(of_split(jsb, "test")), all_measures(copies, grader), sets)


def pieces_to_play(targets: Sequence[Judged], programme: Programme) -> int:
    """How many its progress will come to."""
    return programme.total * sum(target.model is not None for target in targets)


def judge(
    targets: Sequence[Judged], material: Material, sampling: Sampling, programme: Programme, progress: Progress
) -> MusicReport:
    """Let models play, and measure everything beside Bach."""
    add = adding(progress)
    columns: list[Repertoire] = []
    cadences: dict[str, Tally] = {}
    for target in targets:
        if target.column is not None:
            columns.append(target.column)
        if target.model is not None:
            recital = play(target.model, sampling, material.held_out, programme, lambda: add(1))
            columns += columns_of(target.name, recital)
            cadences[target.name] = recital.cadences
    bach = Repertoire(BACH, _whole(material.held_out), {})
    return make_report(material.measures, bach, columns, cadences, material.sets)


def _whole(pieces: Sequence[Piece]) -> tuple[Passage, ...]:
    return tuple(Passage(piece.name, piece.frames, first_step=piece.first_step) for piece in pieces)


@dataclass(frozen=True)
class ReportFiles:
    """What is written besides the table."""

    plots: Path | None = None  # a folder
    music: Path | None = None  # a folder
    force: bool = False

    def check(self, targets: Sequence[Judged]) -> None:
        """Before any work: OutputExists for what may not be replaced. A folder of plots is made."""
        if self.plots is not None:
            self.plots.mkdir(parents=True, exist_ok=True)
            refuse_existing(self.plots / PICTURE, force=self.force)
        if self.music is not None:
            refuse_kept(self.music, [BACH, *(name for target in targets for name in target.columns)], force=self.force)

    def write(self, report: MusicReport) -> list[str]:
        """Write everything that is wanted; returns a line for each."""
        lines = []
        if self.plots is not None:
            plot_distributions(report, self.plots / PICTURE)
            lines.append(f"wrote {self.plots / PICTURE}")
        if self.music is not None:
            written = keep(self.music, (report.bach, *report.columns), force=self.force)
            lines.append(f"wrote {written} MIDI files into {self.music}")
        return lines
