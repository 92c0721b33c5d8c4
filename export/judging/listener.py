"""A listener that is not us: learns to tell real excerpts of eight bars from others, and says by what.

Logistic regression on standardised features, both kinds weighing alike, with weights held small. Whatever it is
asked about it has not heard: all excerpts of a piece, and all that was made from it, are left out while it learns.
Half right is guessing. Height, compass and the like are features too, so that of music in other keys it hears that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.judging.features import excerpts, heard_features
from export.judging.report import Repertoire
from export.measures.musician import DICE, INTERVAL, RESAMPLED
from export.measures.passage import Passage
from export.measures.tally import Floats

SHRINKAGE = 10.0  # of weights: the precision of their prior, in excerpts
NEWTON_STEPS = 12
TRAINING_PIECES = "Bach (his training pieces)"
TELLING = 8  # features that are named


@dataclass(frozen=True)
class Excerpts:
    """Excerpts of one kind of music."""

    rows: Floats  # [excerpts, features]
    names: tuple[str, ...]  # of the features
    pieces: tuple[str, ...]  # of which piece each is, or was made


@dataclass(frozen=True)
class Telling:
    """A feature by which a kind of music is told."""

    name: str
    weight: float  # for each standard deviation, in nats
    real: float  # mean
    ours: float


@dataclass(frozen=True)
class Opinion:
    """How well one kind of music is told from real Bach."""

    name: str
    excerpts: int
    accuracy: float  # mean of both kinds' shares that are told right
    low: float  # 95 % interval of the bootstrap over pieces
    high: float
    telling: tuple[Telling, ...]  # those that tell most first


def opinions_on(real: Sequence[Passage], training: Sequence[Passage], columns: Sequence[Repertoire]) -> list[Opinion]:
    """Bach's training pieces told from his held-out ones, which is guessing; then each column."""
    whole = heard(real)
    guessed = tell_apart(TRAINING_PIECES, *paired(whole, heard(training)))
    found = [] if guessed is None else [guessed]
    for column in columns:
        start = min((passage.start for passage in column.passages), default=0)
        beside = heard([replace(piece, start=start) for piece in real if len(piece.piece) > start]) if start else whole
        opinion = tell_apart(column.name, beside, heard(column.passages))
        found += [] if opinion is None else [opinion]
    return found


def heard(passages: Sequence[Passage]) -> Excerpts:
    """What the listener hears of some music; pieces shorter than an excerpt are left out."""
    found = [(_piece(passage.name), heard_features(one)) for passage in passages for one in excerpts(passage)]
    names = tuple(found[0][1]) if found else ()
    rows = np.array([[features[name] for name in names] for _, features in found], dtype=np.float64)
    return Excerpts(rows, names, tuple(piece for piece, _ in found))


def tell_apart(name: str, real: Excerpts, ours: Excerpts) -> Opinion | None:
    """Learn and ask, leaving a piece out in turn; None where one kind has none, or all are of one piece."""
    pieces = sorted({*real.pieces, *ours.pieces})
    if not real.pieces or not ours.pieces or len(pieces) < 2:
        return None
    rows = np.concatenate([real.rows, ours.rows])
    is_ours = np.concatenate([np.zeros(len(real.pieces), dtype=bool), np.ones(len(ours.pieces), dtype=bool)])
    of = np.array([*real.pieces, *ours.pieces])
    told = np.zeros(len(of), dtype=bool)
    for piece in pieces:
        asked = of == piece
        if is_ours[~asked].all() or not is_ours[~asked].any():
            return None
        told[asked] = _Listener(rows[~asked], is_ours[~asked]).takes_for_ours(rows[asked])
    right = told == is_ours
    low, high = _interval(right, is_ours, of)
    return Opinion(
        name, len(ours.pieces), _balanced(right, is_ours), low, high, _most_telling(rows, is_ours, real.names)
    )


def paired(first: Excerpts, second: Excerpts) -> tuple[Excerpts, Excerpts]:
    """Two kinds of as many pieces, each left out together with one of the other kind, as a piece and its copy are.

    What is learned from unlike numbers of both would be wrong more often than not about the piece left out.
    """
    theirs, others = list(dict.fromkeys(first.pieces)), list(dict.fromkeys(second.pieces))
    number = min(len(theirs), len(others))
    places = {piece: str(at) for some in (theirs, others) for at, piece in enumerate(some[:number])}
    return _renamed(first, places), _renamed(second, places)


def _renamed(some: Excerpts, places: dict[str, str]) -> Excerpts:
    kept = [at for at, piece in enumerate(some.pieces) if piece in places]
    return Excerpts(some.rows[kept], some.names, tuple(places[some.pieces[at]] for at in kept))


class _Listener:
    """Has learned to tell two kinds apart."""

    def __init__(self, rows: Floats, is_ours: NDArray[np.bool_]) -> None:
        self._middle, deviation = rows.mean(axis=0), rows.std(axis=0)
        self._scale = np.where(deviation > 0, deviation, 1.0)
        inputs = self._inputs(rows)
        shares = np.where(is_ours, 0.5 / is_ours.mean(), 0.5 / (1 - is_ours.mean()))
        shrinkage = np.full(inputs.shape[1], SHRINKAGE)
        shrinkage[-1] = 0.0
        self.weights = np.zeros(inputs.shape[1])
        for _ in range(NEWTON_STEPS):
            likely = 1 / (1 + np.exp(-np.clip(inputs @ self.weights, -30, 30)))
            gradient = inputs.T @ (shares * (is_ours - likely)) - shrinkage * self.weights
            curvature = (inputs * (shares * likely * (1 - likely))[:, None]).T @ inputs + np.diag(shrinkage)
            self.weights += np.linalg.solve(curvature + 1e-9 * np.eye(len(curvature)), gradient)

    def takes_for_ours(self, rows: Floats) -> NDArray[np.bool_]:
        """[excerpts]: whether each is more likely not real."""
        likely: NDArray[np.bool_] = self._inputs(rows) @ self.weights > 0
        return likely

    def _inputs(self, rows: Floats) -> Floats:
        return np.column_stack([(rows - self._middle) / self._scale, np.ones(len(rows))])


def _most_telling(rows: Floats, is_ours: NDArray[np.bool_], names: Sequence[str]) -> tuple[Telling, ...]:
    weights = _Listener(rows, is_ours).weights[:-1]
    real, ours = rows[~is_ours].mean(axis=0), rows[is_ours].mean(axis=0)
    order = np.argsort(-np.abs(weights))[:TELLING]
    return tuple(Telling(names[at], float(weights[at]), float(real[at]), float(ours[at])) for at in order)


def _balanced(right: NDArray[np.bool_], is_ours: NDArray[np.bool_]) -> float:
    return float(right[is_ours].mean() + right[~is_ours].mean()) / 2


def _interval(right: NDArray[np.bool_], is_ours: NDArray[np.bool_], of: NDArray[np.str_]) -> tuple[float, float]:
    """Of the accuracy, by drawing pieces again and again."""
    pieces = [np.flatnonzero(of == piece) for piece in np.unique(of)]
    dice = np.random.default_rng(DICE)
    found = []
    for _ in range(RESAMPLED):
        drawn = np.concatenate([pieces[at] for at in dice.integers(len(pieces), size=len(pieces))])
        if is_ours[drawn].any() and not is_ours[drawn].all():
            found.append(_balanced(right[drawn], is_ours[drawn]))
    low, high = np.percentile(found, INTERVAL)
    return float(low), float(high)


def _piece(name: str) -> str:
    """The held-out piece that a passage is or was made from: recitals add the number of the round."""
    head, _, tail = name.rpartition("-")
    return head if tail.isdecimal() and head.count("-") == 2 else name


def describe_opinions(opinions: Sequence[Opinion]) -> list[str]:
    """As a table, in Markdown, and by what each is told."""
    if not opinions:
        return ["there is nothing of eight bars to listen to"]
    lines = ["| a listener tells from Bach | excerpts | right, % |", "| --- | --- | --- |"]
    for one in opinions:
        right = f"{100 * one.accuracy:.0f} ({100 * one.low:.0f}…{100 * one.high:.0f})"
        lines.append(f"| {one.name} | {one.excerpts} | {right} |")
    for one in opinions:
        if one.name == TRAINING_PIECES:
            continue
        told = (f"{t.name} ({t.ours:.3g}, Bach {t.real:.3g})" for t in one.telling)
        lines.append(f"{one.name} is told by {'; '.join(told)}")
    return lines


def opinions_as_dict(opinions: Sequence[Opinion]) -> dict[str, Any]:
    """What ``chorale-train judge --json`` says of them."""
    return {
        one.name: {
            "excerpts": one.excerpts,
            "accuracy": round(one.accuracy, 4),
            "low": round(one.low, 4),
            "high": round(one.high, 4),
            "told_by": {told.name: {"Bach": round(told.real, 4), "ours": round(told.ours, 4)} for told in one.telling},
        }
        for one in opinions
    }
