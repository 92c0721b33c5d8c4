"""``chorale-train judge``: targets are played or read, measured beside real held-out Bach, drawn and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.model.runtime import Model
from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, sounding_pitches
from companion.screen.terminal import Progress, adding
from export.data.folksongs import DOTTED_METRES, PLAIN_METRES, Tune, read_tunes
from export.data.pieces import Piece
from export.data.prepare import read_map
from export.judging.following import Listening, bachs_own, following_of, phrases_to_play
from export.judging.judgement import Judgement
from export.judging.listener import opinions_on
from export.judging.metre import MetreKept, keep_metre
from export.judging.musician import make_trait_report
from export.judging.recital import Programme, play
from export.judging.report import BACH, Repertoire, columns_of, live_columns_of, make_report
from export.judging.rewriting import TRIED, Joining, rewriting_of
from export.judging.targets import Judged
from export.measures.copies import CopyIndex
from export.measures.grade import Grader
from export.measures.musician import Trait, traits
from export.measures.passage import Passage, whole_pieces
from export.measures.table import Measure, all_measures
from export.measures.tally import Tally
from export.scores.evaluation import HELD_OUT, of_split

COUNTED, MUSICIAN, FOLLOWING, METRE, REWRITING, LISTENER = ROW_NAMES = (
    "counted",
    "musician",
    "following",
    "metre",
    "rewriting",
    "listener",
)
EVERY = "all"
TEST = "test"  # the part that music is held against; what is chosen is chosen by the other one
TWIN_STEPS = 24  # for so long a tune and its twin go alike at least, where notes are taken to be repeated as there


def rows_named(names: str) -> frozenset[str]:
    """The rows that are wanted, from names with commas between; BadSetting lists the choices."""
    wanted = frozenset(name.strip() for name in names.split(","))
    if wanted == {EVERY}:
        return frozenset(ROW_NAMES)
    if not wanted <= set(ROW_NAMES):
        raise BadSetting(f"--rows are some of {', '.join(ROW_NAMES)}, or {EVERY}, not {names!r}")
    return wanted


def needs_songs(rows: Collection[str]) -> bool:
    """Whether folk songs have to be read for them."""
    return FOLLOWING in rows or METRE in rows


def programme_for(rows: Collection[str], programme: Programme) -> Programme:
    """What has to be played for some rows, and nothing else."""
    music = not {COUNTED, MUSICIAN, LISTENER}.isdisjoint(rows)
    return replace(
        programme,
        continuations=programme.continuations * music,
        melodies=programme.melodies * music,
        cadences=programme.cadences * (COUNTED in rows),
        live=programme.melodies * (not {MUSICIAN, LISTENER}.isdisjoint(rows)),
        phrases=programme.phrases * (FOLLOWING in rows),
        tunes=programme.tunes * (METRE in rows),
        gaps=programme.gaps * (REWRITING in rows),
    )


@dataclass(frozen=True)
class Material:
    """What targets are judged with."""

    held_out: tuple[Piece, ...]  # real Bach, and where openings come from
    sung: tuple[Piece, ...]  # the same, as far as can be with the notes that are repeated: where melodies come from
    training: tuple[Passage, ...]
    measures: tuple[Measure, ...]
    traits: tuple[Trait, ...]
    sets: tuple[str, ...]  # in whose training pieces copies are looked for
    phrases: tuple[Tune, ...] = ()  # of folk songs, for a jam to answer
    tunes: tuple[Tune, ...] = ()  # of dotted beats


def material_of(jsb: Sequence[Piece], corpus: Sequence[Piece], programme: Programme, part: str = TEST) -> Material:
    """From the JSB set and, where it is prepared, the corpus: its training pieces too may have been copied.

    Folk songs are read where the programme has some. BadSetting where there is no such part, or nothing in it.
    """
    if part not in HELD_OUT:
        raise BadSetting(f"--part is {' or '.join(HELD_OUT)}, not {part!r:.40}")
    held_out = tuple(of_split(jsb, part))
    if not held_out:
        raise BadSetting(f"the JSB set holds no {part} pieces")
    training = {"jsb": of_split(jsb, "train"), "corpus": of_split(corpus, "train")}
    copies = CopyIndex(piece.frames for pieces in training.values() for piece in pieces)
    known = whole_pieces(training["jsb"])
    return Material(
        held_out,
        as_sung(held_out, corpus),
        known,
        all_measures(copies, Grader(known)),
        traits(known),
        tuple(name for name, pieces in training.items() if pieces),
        tuple(read_tunes(PLAIN_METRES, programme.phrases) if programme.phrases else ()),
        tuple(read_tunes(DOTTED_METRES, programme.tunes) if programme.tunes else ()),
    )


def as_sung(pieces: Sequence[Piece], corpus: Sequence[Piece]) -> tuple[Piece, ...]:
    """Pieces of the CSV set with the notes that their tunes repeat, as a player's do, as far as the corpus tells."""
    known, of_csv = {piece.name: piece for piece in corpus}, read_map()
    twins = [(piece, known.get(of_csv.get(piece.name, ""))) for piece in pieces]
    return tuple(piece if twin is None else _struck_as(piece, twin) for piece, twin in twins)


def _struck_as(piece: Piece, twin: Piece) -> Piece:
    """A piece whose soprano strikes again what its twin does, wherever the two go alike, at any distance in any key."""
    frames = piece.frames.copy()
    tune, other = (sounding_pitches(one.frames)[:, 0] for one in (piece, twin))
    struck = twin.frames[:, 0] >= FIRST_STRIKE
    for shift in range(-len(other), len(tune)):
        here = slice(max(shift, 0), min(len(tune), len(other) + shift))
        there = slice(here.start - shift, here.stop - shift)
        rises = tune[here] - other[there]
        edges = [0, *(np.flatnonzero(np.diff(rises)) + 1).tolist(), len(rises)]
        for first, stop in pairwise(edges):
            if stop - first >= TWIN_STEPS:
                alike = slice(here.start + first, here.start + stop)
                again = struck[there][first:stop] & (frames[alike, 0] == HOLD) & (tune[alike] > 0)
                frames[alike, 0] = np.where(again, tune[alike] - LOWEST_PITCH + FIRST_STRIKE, frames[alike, 0])
    return replace(piece, frames=frames)


def pieces_to_play(targets: Sequence[Judged], material: Material, programme: Programme) -> int:
    """How many its progress will come to."""
    torn = 2 * min(programme.gaps, len(material.held_out))
    each = programme.total + phrases_to_play(material.phrases) + 2 * len(material.tunes) + TRIED * torn
    return each * sum(target.model is not None for target in targets)


@dataclass
class Performance:
    """What is put beside Bach."""

    columns: list[Repertoire] = field(default_factory=list)
    live: list[Repertoire] = field(default_factory=list)  # harmonised as it came
    cadences: dict[str, Tally] = field(default_factory=dict)  # by the model's name
    following: list[Listening] = field(default_factory=list)
    metres: list[MetreKept] = field(default_factory=list)
    rewriting: list[Joining] = field(default_factory=list)


def perform(
    targets: Sequence[Judged], material: Material, settings: Settings, programme: Programme, progress: Progress
) -> Performance:
    """Read what is there, and let models play the rest."""
    add = adding(progress)
    found = Performance()
    for target in targets:
        if target.column is not None:
            found.columns.append(target.column)
        if target.model is not None:
            _play(target.model, target.name, material, settings, programme, found, lambda: add(1))
    return found


def _play(
    model: Model,
    name: str,
    material: Material,
    settings: Settings,
    programme: Programme,
    found: Performance,
    tell: Callable[[], None],
) -> None:
    recital = play(model, settings, material.held_out, programme, tell, material.sung)
    found.columns += columns_of(name, recital)
    found.live += live_columns_of(name, recital)
    found.cadences[name] = recital.cadences
    if material.phrases:
        found.following.append(following_of(model, name, settings, material.phrases, tell))
    if material.tunes:
        found.metres += keep_metre(model, name, settings, material.tunes, tell)
    if programme.gaps:
        found.rewriting += rewriting_of(model, name, settings, material.held_out, programme.gaps, tell)


def judge(performance: Performance, material: Material, rows: Collection[str]) -> Judgement:
    """Measure everything beside Bach, by the rows that are wanted."""
    bach = Repertoire(BACH, whole_pieces(material.held_out), {})
    columns, all_columns = performance.columns, [*performance.columns, *performance.live]
    counted = musician = None
    if COUNTED in rows:
        counted = make_report(material.measures, bach, columns, performance.cadences, material.sets)
    if MUSICIAN in rows:
        musician = make_trait_report(material.traits, bach, all_columns)
    listens = (bachs_own(bach.passages), *performance.following) if FOLLOWING in rows else ()
    opinions = opinions_on(bach.passages, material.training, all_columns) if LISTENER in rows else None
    return Judgement(
        (bach, *all_columns),
        counted,
        musician,
        listens,
        tuple(performance.metres),
        None if opinions is None else tuple(opinions),
        tuple(performance.rewriting),
    )
