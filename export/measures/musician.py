"""What a musician hears, by name: function, form, register. Each is one figure of many pieces, with an interval.

Pieces are taken as one, so long ones weigh more. The interval is that of 95 in 100 sets of as many pieces,
drawn from these again and again (the bootstrap; always with the same dice).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.music.vocabulary import VOICES
from export.measures import form, function, harmony, register
from export.measures.copies import self_repetition
from export.measures.passage import Passage
from export.measures.tally import Floats, Tally

RESAMPLED, DICE = 1000, 14
INTERVAL = (2.5, 97.5)  # percent
SOPRANO, BASS = 0, len(VOICES) - 1
JENSEN_SHANNON = 1000  # distances are shown in thousandths

# What was counted of each piece, and [samples, pieces] how often a sample has it → [samples]; nan where nothing counts.
Figure = Callable[[Sequence[Floats], NDArray[np.int64]], Floats]


@dataclass(frozen=True)
class Estimate:
    """A figure, and how far chance may have moved it."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, counts: Sequence[Floats], figure: Figure, size: int | None = None) -> Estimate | None:
        """Of what was counted of each piece; None where nothing was. Sets are of so many pieces, else of as many."""
        if not counts:
            return None
        shares = np.full(len(counts), 1 / len(counts))
        drawn = np.random.default_rng(DICE).multinomial(size or len(counts), shares, RESAMPLED)
        value, *others = figure(counts, np.concatenate([np.ones((1, len(counts)), dtype=np.int64), drawn]))
        if np.isnan(value) or np.isnan(others).all():
            return None
        low, high = np.nanpercentile(others, INTERVAL)
        return cls(float(value), float(low), float(high))

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Trait:
    """One row: something that a musician hears."""

    name: str
    unit: str
    count: Callable[[Passage], Floats]
    figure: Figure
    fault: bool = False  # less of it than Bach has is as well

    def counts(self, passages: Sequence[Passage]) -> list[Floats]:
        """Of each passage."""
        return [self.count(passage) for passage in passages]

    def as_wanted(self, ours: Estimate, bach: Estimate) -> bool:
        """Whether ours lies within Bach's interval; of a fault, or under it."""
        return bach.holds(ours.value) or (self.fault and ours.value < bach.low)


def share_of(
    name: str, count: Callable[[Passage], Tally], unit: str = "%", scale: float = 100, fault: bool = False
) -> Trait:
    """What is found among what it could be found among."""

    def pair(passage: Passage) -> Floats:
        tally = count(passage)
        return np.array([tally.found, tally.among], dtype=np.float64)

    def figure(counts: Sequence[Floats], drawn: NDArray[np.int64]) -> Floats:
        found, among = (drawn @ np.stack(counts)).T
        rates: Floats = np.divide(found * scale, among, out=np.full(len(drawn), np.nan), where=among > 0)
        return rates

    return Trait(name, unit, pair, figure, fault)


def median(name: str, values: Callable[[Passage], Floats], unit: str) -> Trait:
    """The middle one of all values of all pieces."""
    return Trait(name, unit, values, _of_values(np.median))


def mean(name: str, values: Callable[[Passage], Floats], unit: str) -> Trait:
    """The mean of all values of all pieces."""
    return Trait(name, unit, values, _of_values(np.mean))


def _of_values(summary: Callable[[Floats], np.floating]) -> Figure:
    def figure(counts: Sequence[Floats], drawn: NDArray[np.int64]) -> Floats:
        together, lengths = np.concatenate(counts), [len(values) for values in counts]
        samples = (np.repeat(together, np.repeat(sample, lengths)) for sample in drawn)
        return np.array([summary(sample) if len(sample) else np.nan for sample in samples])

    return figure


def distance(name: str, histogram: Callable[[Passage], Floats], reference: Sequence[Passage]) -> Trait:
    """How far a distribution lies from that of reference pieces: Jensen and Shannon's divergence in nats × 1000."""
    expected = _shares(np.sum([histogram(passage) for passage in reference], axis=0, dtype=np.float64))

    def figure(counts: Sequence[Floats], drawn: NDArray[np.int64]) -> Floats:
        return JENSEN_SHANNON * jensen_shannon(_shares((drawn @ np.stack(counts)).astype(np.float64)), expected)

    return Trait(name, "JS × 1000", histogram, figure, fault=True)


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """[...] nats: between distributions along the last axis; nan where one is empty."""
    middle = (first + second) / 2
    halves = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    return np.where(first.sum(axis=-1) * second.sum(axis=-1) > 0, halves, np.nan)


def _relative_entropy(shares: Floats, among: Floats) -> Floats:
    both = (shares > 0) & (among > 0)
    ratio = np.divide(shares, among, out=np.ones(both.shape), where=both)
    terms: Floats = (shares * np.log(ratio)).sum(axis=-1)
    return terms


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    return shares


_PLACES = {"1st half": (0.0, 0.5), "2nd half": (0.5, 1.0)}


def _cadences(kind: form.Cadence, where: str, first: float, last: float) -> Trait:
    name = f"{kind} cadences, {where}"
    return share_of(name, lambda p: form.cadences_of(p, kind, first, last), "% of phrase ends")


ROOTS = "root motion from beat to beat, away from his training pieces"

_FUNCTION = (
    share_of("opens on a triad", function.opens_on_triad),
    share_of("opens on the tonic", function.opens_at_home),
    share_of("dominant to tonic", function.authentic_progressions, "per 100 changes of root"),
    share_of("leading tone doubled on the way", function.doubled_leading_tones, fault=True),
    share_of("fifth in the bass", function.six_fours, "% of beats"),
    share_of("seventh chords", function.seventh_chords, "% of beats"),
    share_of("minor and major seventh chords", function.soft_sevenths, "% of beats"),
    share_of("suspensions", function.suspensions, "per 100 beats"),
    share_of("dissonant beats led to a chord within a beat", function.dissonant_beats_led_on),
)
_ENDINGS = (
    share_of("ends on the tonic", lambda p: harmony.ends_on_tonic(p.frames, p.key)),
    share_of("ends with dominant to tonic", form.closes_home),
    mean("last chord's length", form.final_beats, "beats"),
    share_of("soprano leaps to its last note", form.leaps_into_last, fault=True),
)
_FORM = (
    share_of("phrase ends (chords still for 1½ beats)", form.standing_rate, "per 100 beats"),
    median("beats between phrase ends, median", form.phrase_beats, "beats"),
    share_of("phrase ends whole fours apart", form.whole_fours),
    share_of("phrase ends no even number of beats apart", form.uneven_beats, fault=True),
    *(_cadences(kind, where, *place) for kind in form.Cadence for where, place in _PLACES.items()),
    share_of("four-bar windows in key", lambda p: harmony.windows_in_key(p.frames, p.key)),
    share_of("four-bar windows in key, 1st half", lambda p: form.half_in_key(p, second=False)),
    share_of("four-bar windows in key, 2nd half", lambda p: form.half_in_key(p, second=True)),
    share_of("frames that repeat the piece", lambda p: self_repetition(p.piece)),
)
_REGISTER = (
    share_of("two-bar windows with the soprano away", lambda p: register.windows_away(p, SOPRANO), fault=True),
    share_of("two-bar windows with the bass away", lambda p: register.windows_away(p, BASS), fault=True),
    mean("soprano above its opening", lambda p: register.drift(p, SOPRANO), "semitones"),
    mean("bass above its opening", lambda p: register.drift(p, BASS), "semitones"),
    mean("lowest soprano", lambda p: register.lowest(p, SOPRANO), "MIDI note"),
)


def traits(training: Sequence[Passage]) -> tuple[Trait, ...]:
    """Every row; distances are from these pieces."""
    roots = distance(ROOTS, function.root_motions, training)
    return (*_FUNCTION, roots, *_FORM, *_ENDINGS, *_REGISTER)
