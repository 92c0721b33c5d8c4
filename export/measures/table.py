"""Everything that is counted of music in a report, by name, and what is wanted of each count.

The counting itself stands in partwriting, melody, pacing, harmony, copies and grade.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from companion.music.partwriting import FIFTHS, OCTAVES
from export.measures import harmony, melody, pacing
from export.measures import partwriting as voices
from export.measures.copies import ALARM_CHANGES, CopyIndex, self_repetition
from export.measures.grade import Grader
from export.measures.passage import Passage
from export.measures.tally import Tally, together


@dataclass(frozen=True)
class Spread:
    """One measure over many pieces; values of single pieces weigh alike, except in ``pooled``."""

    mean: float
    low: float  # 5th percentile
    median: float
    high: float  # 95th percentile
    greatest: float
    deviation: float
    pooled: float  # all pieces as if they were one
    values: tuple[float, ...]

    @classmethod
    def of(cls, tallies: Sequence[Tally]) -> Spread | None:
        """Of each piece's tally; None where none has anything to count among."""
        values = [tally.rate for tally in tallies if tally.rate is not None]
        pooled = together(tallies).rate
        if pooled is None:
            return None
        low, median, high = np.percentile(values, [5, 50, 95])
        return cls(
            mean=float(np.mean(values)),
            low=float(low),
            median=float(median),
            high=float(high),
            greatest=max(values),
            deviation=float(np.std(values)),
            pooled=pooled,
            values=tuple(values),
        )


Goal = Callable[[Spread, Spread], bool]  # ours and Bach's → whether ours is as wanted


def like_bach(ours: Spread, bach: Spread) -> bool:
    """Among Bach's single pieces, or closer to his mean than half a standard deviation."""
    return bach.low <= ours.mean <= bach.high or abs(ours.mean - bach.mean) < bach.deviation / 2


def no_more_than_bach(ours: Spread, bach: Spread) -> bool:
    """At most as many."""
    return ours.mean <= bach.mean


def nothing_copied(ours: Spread, bach: Spread) -> bool:
    """No passage so long that it is no coincidence."""
    del bach
    return ours.greatest < ALARM_CHANGES


def at_least(share: float) -> Goal:
    """A goal that Bach has no part in."""
    return lambda ours, bach: ours.mean >= share


@dataclass(frozen=True)
class Measure:
    """One row of a report."""

    name: str
    count: Callable[[Passage], Tally]
    goal: Goal = like_bach
    scale: float = 100  # from a rate to what is shown
    unit: str = "%"
    shows_greatest: bool = False  # the median and the greatest, in place of the mean

    def of(self, passages: Sequence[Passage]) -> Spread | None:
        """Counted in each passage."""
        return Spread.of([self.count(passage) for passage in passages])


BEATS = "beats on a triad or seventh chord"
A_HUNDRED = "per 100 changes of chord"

SIMPLE = (
    Measure("parallel fifths", lambda p: voices.parallels(p.frames, FIFTHS), no_more_than_bach, unit=A_HUNDRED),
    Measure("parallel octaves", lambda p: voices.parallels(p.frames, OCTAVES), no_more_than_bach, unit=A_HUNDRED),
    Measure("hidden fifths and octaves", lambda p: voices.direct_motions(p.frames), unit=A_HUNDRED),
    Measure("overlaps", lambda p: voices.overlaps(p.frames), unit=A_HUNDRED),
    Measure("crossed neighbours", lambda p: voices.crossings(p.frames)),
    Measure("upper neighbours over an octave apart", lambda p: voices.wide_spacings(p.frames)),
    Measure("notes out of range", lambda p: voices.out_of_range(p.frames), no_more_than_bach),
    Measure("motions by step", lambda p: melody.steps(p.frames)),
    Measure("leaps of a fourth or more", lambda p: melody.leaps(p.frames)),
    Measure("leaps over a minor sixth", lambda p: melody.wide_leaps(p.frames)),
    Measure(BEATS, lambda p: harmony.consonant_beats(p.frames, p.first_beat)),
    Measure("dissonances over within a beat", lambda p: harmony.resolved_dissonances(p.frames)),
    Measure("notes in key", lambda p: harmony.notes_in_key(p.frames, p.key)),
    Measure("four-bar windows in key", lambda p: harmony.windows_in_key(p.frames, p.key)),
    Measure("frames with a change", lambda p: pacing.changing_frames(p.frames)),
    Measure("frames still for over two beats", lambda p: pacing.still_frames(p.frames)),
    Measure("eighth notes", lambda p: pacing.notes_of_length(p.frames, pacing.EIGHTH)),
    Measure("quarter notes", lambda p: pacing.notes_of_length(p.frames, pacing.QUARTER)),
    Measure("half notes", lambda p: pacing.notes_of_length(p.frames, pacing.HALF)),
    Measure("ends on a triad", lambda p: harmony.ends_on_triad(p.frames)),
    Measure("ends on the tonic", lambda p: harmony.ends_on_tonic(p.frames, p.key)),
    Measure("frames that repeat the piece itself", lambda p: self_repetition(p.piece)),
)

# Real Bach has 88 %; a baseline that was forced to the melody, without looking ahead, 78 %.
HARMONISED_GOALS = {BEATS: at_least(0.86)}
CADENCE_GOAL = 0.95


def all_measures(copies: CopyIndex, grader: Grader) -> tuple[Measure, ...]:
    """Every row, those among them that look into other pieces."""
    return (
        *SIMPLE,
        Measure(
            "longest passage of a training piece",
            lambda p: Tally(copies.longest_copy(p.frames), 1),
            nothing_copied,
            scale=1,
            unit="changes of chord",
            shows_greatest=True,
        ),
        Measure('grade of "Bach or Mock"', lambda p: Tally(grader.grade(p), 1), scale=1, unit="less is better"),
    )
