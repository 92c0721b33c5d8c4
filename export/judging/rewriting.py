"""Whether bars that are made anew join what is around them: two bars of held-out chorales and of a model's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from companion.controls.settings import Settings
from companion.generation.blanks import Blank
from companion.generation.composer import continue_phrase
from companion.generation.gap import AFTER_STEPS, ALL_MEANS, UNSEEING, Gap, Means
from companion.generation.rewriting import Rewriting, nats_of
from companion.harmony.keys import likeliest_key
from companion.model.features import Conditions
from companion.model.runtime import Model
from companion.music.partwriting import STEP
from companion.music.vocabulary import REST, VOICES, IntArray, excerpt, hide_onsets, sounding_pitches, sounding_tokens
from companion.sampling.draw import Sampling
from companion.sampling.joining import parallels_in
from companion.sampling.styles import sampling_of
from export.data.pieces import Piece
from export.judging.recital import BAR_STEPS, OPENING_STEPS, answer, generator_of, phrase_of
from export.measures.musician import DICE
from export.measures.partwriting import overlaps

_GAP_BARS = 2
_GAP_STEPS = _GAP_BARS * BAR_STEPS
OWN_BARS = 8  # of a composition of the model's own
_LEAP = 5  # semitones: upper voices seldom leap farther
_UPPER = 3  # voices
CHOSEN: Mapping[str, tuple[int, ...]] = {"four voices": (0, 1, 2, 3), "inner voices": (1, 2)}
TRIED = 1 + 2 * len(CHOSEN)  # in each piece: what goes on alone, and each gap filled with and without looking


@dataclass(frozen=True)
class Edge:
    """From the last step before a bar line to the first after it, of one piece or on the average."""

    parallels: float  # pairs of voices
    steps: float  # share of the upper voices that stay or go by step
    leaps: float  # share of them that leap farther than a fourth
    overlaps: float  # voices beyond where a neighbour just was
    silent: float  # voices that do not sing


_EDGE = tuple(field.name for field in fields(Edge))


@dataclass(frozen=True)
class Joint:
    """Two bars between others, of one piece or on the average."""

    before: Edge
    after: Edge
    nats: float  # of the four beats after them
    same: float  # share of what sounds in the voices concerned that is as it was
    seconds: float  # they took, as a multiple of as many bars that are added to the piece up to there


@dataclass(frozen=True)
class Joining:
    """What was found of some bars: each piece's, in one order."""

    name: str
    joints: tuple[Joint, ...]


@dataclass(frozen=True)
class Torn:
    """A piece of which two bars are to be made anew; what lasts over their edges is struck there again."""

    frames: IntArray
    first_step: int
    start: int

    @classmethod
    def at(cls, frames: IntArray, first_step: int, start: int) -> Torn:
        """From a piece, with the place of its first frame in its bar."""
        stop = start + _GAP_STEPS
        parts = [excerpt(frames, 0, start), excerpt(frames, start, _GAP_STEPS), excerpt(frames, stop, len(frames))]
        return cls(np.concatenate(parts), first_step, start)

    @property
    def stop(self) -> int:
        """The frame after the two bars."""
        return self.start + _GAP_STEPS

    def joint(self, made: IntArray, voices: Sequence[int], nats: float, seconds: float) -> Joint:
        """With other bars in it."""
        frames = self.frames.copy()
        frames[self.start : self.stop] = made
        gap = slice(self.start, self.stop)
        same = sounding_pitches(frames)[gap, voices] == sounding_pitches(self.frames)[gap, voices]
        return Joint(_edge(frames, self.start), _edge(frames, self.stop), nats, float(same.mean()), seconds)


def rewriting_of(
    model: Model,
    name: str,
    settings: Settings,
    pieces: Sequence[Piece],
    gaps: int,
    tell: Callable[[], None],
    clock: Callable[[], float] = time.perf_counter,
) -> list[Joining]:
    """Two bars of so many pieces, and of as many of the model's own, are made anew."""
    sampling = sampling_of(settings)
    found: list[Joining] = []
    for whose, torn in (
        ("Bach", list(of_pieces(pieces, gaps))),
        (f"{name}'s own", list(of_a_model(model, sampling, pieces, gaps, settings.seed))),
    ):
        found += _joined(model, sampling, whose, torn, tell, clock)
    return found


def of_pieces(pieces: Sequence[Piece], gaps: int) -> Iterator[Torn]:
    """Held-out pieces, torn at a bar line somewhere in their middle."""
    for number, piece in enumerate(pieces[:gaps]):
        frames = hide_onsets(piece.frames)
        lines = range(-piece.first_step % BAR_STEPS, len(frames) - _GAP_STEPS - AFTER_STEPS + 1, BAR_STEPS)
        inner = [line for line in lines if line >= OPENING_STEPS]
        if inner:
            yield Torn.at(frames, piece.first_step % BAR_STEPS, int(_dice(number).choice(inner)))


def of_a_model(model: Model, sampling: Sampling, pieces: Sequence[Piece], gaps: int, seed: int) -> Iterator[Torn]:
    """Openings with what a model adds to them, torn in the middle of that."""
    for number, piece in enumerate(pieces[:gaps]):
        opening = excerpt(piece.frames, 0, OPENING_STEPS)
        added = answer(model, opening, sampling, (seed, number), OWN_BARS)
        line = OPENING_STEPS + BAR_STEPS * int(_dice(number).integers(1, OWN_BARS - _GAP_BARS))
        yield Torn.at(hide_onsets(np.concatenate([opening, added])), 0, line)


def _dice(number: int) -> np.random.Generator:
    return np.random.default_rng((DICE, number))


def _joined(
    model: Model,
    sampling: Sampling,
    whose: str,
    pieces: Sequence[Torn],
    tell: Callable[[], None],
    clock: Callable[[], float],
) -> list[Joining]:
    columns: dict[str, list[Joint]] = {}
    for number, torn in enumerate(pieces):
        began = clock()
        _go_on(model, sampling, torn, number)
        usual = clock() - began
        tell()
        columns.setdefault(f"{whose} as it was", []).append(_as_it_was(model, torn))
        for label, voices in CHOSEN.items():
            for how, means in (("made anew", ALL_MEANS), ("not looking ahead", UNSEEING)):
                began = clock()
                made, nats = filled(model, sampling, torn, voices, number, means)
                joint = torn.joint(made, voices, nats, (clock() - began) / usual)
                columns.setdefault(f"{whose}, {label} {how}", []).append(joint)
                tell()
    return [Joining(name, tuple(joints)) for name, joints in columns.items()]


def filled(
    model: Model, sampling: Sampling, torn: Torn, voices: tuple[int, ...], number: int, means: Means
) -> tuple[IntArray, float]:
    """The frames that fill a gap of whose voices nothing is known, and the nats of the four beats after it."""
    blank = torn.frames.copy()
    blank[torn.start : torn.stop, list(voices)] = REST
    generator = generator_of(model, (DICE, number))
    phrase = replace(phrase_of(blank), start_step=torn.first_step, first_step=torn.first_step)
    gap = Gap(phrase, Blank(torn.start, torn.stop, voices), sampling, generator.random, means=means)
    rewriting = Rewriting(generator, gap, means)
    made = np.stack([one.frame.tokens for one in rewriting.frames()])
    return made, rewriting.best.nats


def _go_on(model: Model, sampling: Sampling, torn: Torn, number: int) -> None:
    """What is added where the gap is, by one who continues the piece up to there."""
    phrase = replace(phrase_of(excerpt(torn.frames, 0, torn.start)), first_step=torn.first_step)
    for _ in continue_phrase(generator_of(model, (DICE, number)), phrase, _GAP_BARS, sampling):
        pass


def _as_it_was(model: Model, torn: Torn) -> Joint:
    generator = generator_of(model, 0)
    asked = Conditions(key=likeliest_key(torn.frames, ended=True))
    state, nats = generator.start(torn.first_step), 0.0
    for at, tokens in enumerate(torn.frames[: torn.stop + AFTER_STEPS]):
        before = state.history
        frame, state = generator.hear(state, tokens, asked)
        nats += nats_of(frame, before, range(len(VOICES))) if at >= torn.stop else 0.0
    return torn.joint(torn.frames[torn.start : torn.stop], range(len(VOICES)), nats, 0.0)


def _edge(frames: IntArray, line: int) -> Edge:
    around = excerpt(frames, line - 1, 2)
    before, after = sounding_pitches(around)
    moves = np.abs(after - before)[:_UPPER][(before > 0)[:_UPPER] & (after > 0)[:_UPPER]]
    share = float(max(len(moves), 1))
    return Edge(
        parallels_in(sounding_tokens(around).tolist()),
        float((moves <= STEP).sum()) / share,
        float((moves > _LEAP).sum()) / share,
        overlaps(around).found,
        float((before == 0).sum() + (after == 0).sum()),
    )


def average(joints: Sequence[Joint]) -> Joint:
    """Of all figures."""
    plain = {name: float(np.mean([getattr(one, name) for one in joints])) for name in ("nats", "same", "seconds")}
    return Joint(_mean_edge([one.before for one in joints]), _mean_edge([one.after for one in joints]), **plain)


def _mean_edge(edges: Sequence[Edge]) -> Edge:
    return Edge(*(float(np.mean([getattr(edge, name) for edge in edges])) for name in _EDGE))


_HEAD = (
    *("two bars", "gaps", "parallels, of 100", "upper voices by step, %", "over a fourth, %", "overlaps, of 100"),
    *("silent voices, of 100", "nats of the four beats after", "as it was, %", "time, of as many bars added"),
)


def describe_rewriting(columns: Sequence[Joining]) -> list[str]:
    """As a table, in Markdown; of both bar lines, the one before the bars and the one after them."""
    lines = [[*_HEAD], ["---"] * len(_HEAD)]
    for one in columns:
        if one.joints:
            mean = average(one.joints)
            edges = (
                f"{100 * getattr(mean.before, name):.1f} / {100 * getattr(mean.after, name):.1f}" for name in _EDGE
            )
            taken = f"{mean.seconds:.1f}" if mean.seconds else "–"
            lines.append([one.name, str(len(one.joints)), *edges, _nats(one), f"{100 * mean.same:.0f}", taken])
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _nats(one: Joining) -> str:
    nats = np.array([joint.nats for joint in one.joints])
    return f"{nats.mean():.1f} ± {nats.std() / np.sqrt(len(nats)):.1f}"


def rewriting_as_dict(columns: Sequence[Joining]) -> dict[str, Any]:
    """What ``chorale-train judge --json`` says of them; without the time, which is another each time."""
    means = {one.name: average(one.joints) for one in columns if one.joints}
    return {
        name: {**_edges(mean), "nats": round(mean.nats, 4), "same": round(mean.same, 4)} for name, mean in means.items()
    }


def _edges(mean: Joint) -> dict[str, dict[str, float]]:
    edges = {"before": mean.before, "after": mean.after}
    return {where: {name: round(getattr(edge, name), 4) for name in _EDGE} for where, edge in edges.items()}
