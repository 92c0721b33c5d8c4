"""``chorale-train judge``: targets are played or read, measured beside real held-out Bach, drawn and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.screen.terminal import Progress, adding
from export.data.pieces import Piece
from export.judging.judgement import Judgement
from export.judging.musician import make_trait_report
from export.judging.recital import Programme, play
from export.judging.report import BACH, Repertoire, columns_of, live_columns_of, make_report
from export.judging.targets import Judged
from export.measures.copies import CopyIndex
from export.measures.grade import Grader
from export.measures.musician import Trait, traits
from export.measures.passage import Passage
from export.measures.table import Measure, all_measures
from export.measures.tally import Tally
from export.scores.evaluation import of_split

COUNTED, MUSICIAN, ALL = "counted", "musician", "all"
ROWS = (COUNTED, MUSICIAN, ALL)


def rows_named(name: str) -> str:
    """Which rows are wanted; BadSetting lists the choices."""
    if name not in ROWS:
        raise BadSetting(f"--rows must be {', '.join(ROWS[:-1])} or {ROWS[-1]}, not {name!r}")
    return name


def programme_for(rows: str, programme: Programme) -> Programme:
    """What has to be played for some rows: closes are only counted, live harmony is only heard."""
    if rows == COUNTED:
        return programme
    return replace(programme, cadences=0 if rows == MUSICIAN else programme.cadences, live=programme.melodies)


@dataclass(frozen=True)
class Material:
    """What targets are judged with."""

    held_out: tuple[Piece, ...]  # real Bach, and where openings and melodies come from
    measures: tuple[Measure, ...]
    traits: tuple[Trait, ...]
    sets: tuple[str, ...]  # in whose training pieces copies are looked for


def material_of(jsb: Sequence[Piece], corpus: Sequence[Piece]) -> Material:
    """From the JSB set and, where it is prepared, the corpus: its training pieces too may have been copied."""
    training = {"jsb": of_split(jsb, "train"), "corpus": of_split(corpus, "train")}
    copies = CopyIndex(piece.frames for pieces in training.values() for piece in pieces)
    known = _whole(training["jsb"])
    sets = tuple(name for name, pieces in training.items() if pieces)
    return Material(tuple(of_split(jsb, "test")), all_measures(copies, Grader(known)), traits(known), sets)


def pieces_to_play(targets: Sequence[Judged], programme: Programme) -> int:
    """How many its progress will come to."""
    return programme.total * sum(target.model is not None for target in targets)


@dataclass(frozen=True)
class Performance:
    """What is put beside Bach."""

    columns: tuple[Repertoire, ...]
    live: tuple[Repertoire, ...]  # harmonised as it came
    cadences: Mapping[str, Tally]  # by the model's name


def perform(
    targets: Sequence[Judged], material: Material, settings: Settings, programme: Programme, progress: Progress
) -> Performance:
    """Read what is there, and let models play the rest."""
    add = adding(progress)
    columns: list[Repertoire] = []
    live: list[Repertoire] = []
    cadences: dict[str, Tally] = {}
    for target in targets:
        if target.column is not None:
            columns.append(target.column)
        if target.model is not None:
            recital = play(target.model, settings, material.held_out, programme, lambda: add(1))
            columns += columns_of(target.name, recital)
            live += live_columns_of(target.name, recital)
            cadences[target.name] = recital.cadences
    return Performance(tuple(columns), tuple(live), cadences)


def judge(performance: Performance, material: Material, rows: str = ALL) -> Judgement:
    """Measure everything beside Bach, by the rows that are wanted."""
    bach = Repertoire(BACH, _whole(material.held_out), {})
    counted = musician = None
    if rows in (COUNTED, ALL):
        counted = make_report(material.measures, bach, performance.columns, performance.cadences, material.sets)
    if rows in (MUSICIAN, ALL):
        musician = make_trait_report(material.traits, bach, (*performance.columns, *performance.live))
    return Judgement(counted, musician)


def _whole(pieces: Sequence[Piece]) -> tuple[Passage, ...]:
    return tuple(Passage(piece.name, piece.frames, first_step=piece.first_step) for piece in pieces)
