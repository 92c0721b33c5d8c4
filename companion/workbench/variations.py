"""Several compositions from one file: their seeds, their order, and what differs between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.errors import BadSetting
from companion.music.pitch import pitch_name
from companion.workbench.traits import Traits, kinds_of

MOST_VARIATIONS = 50
DERIVED = 1_000_000  # seeds that are derived are below this, to be typed again with ease

# Mean and standard deviation, by piece, of what variations are ranked by, in the 76 validation chorales: nats of a
# chord, and for each change of chord parallels, hidden motions, overlaps, crossings and wide spacings (see Faults).
BACH_CHORD_NATS = (3.63, 0.58)
BACH_FAULTS = ((0.0035, 0.008), (0.0056, 0.010), (0.072, 0.062), (0.083, 0.126), (0.029, 0.045))

RANKED_BY = "ranked by strain: how far chords and part-writing are from Bach's, in his standard deviations; 0 is as his"
_HEAD = ("", "seed", "strain", "chords", "faults", "V–I", "notes/beat", "bits/note", "range", "closes")


@dataclass(frozen=True)
class Variation:
    """One of several."""

    seed: int
    traits: Traits

    @property
    def chords_strain(self) -> float:
        """How much less usual its chords follow one another than Bach's, in his standard deviations."""
        mean, deviation = BACH_CHORD_NATS
        return (self.traits.chord_nats - mean) / deviation

    @property
    def faults_strain(self) -> float:
        """How much more faults of each kind there are than Bach has, likewise; that one is fewer makes up for none.

        The roots are added up, so that much of one kind does not outweigh all else.
        """
        rates = [count / max(self.traits.changes, 1) for count in self.traits.faults]
        pairs = zip(rates, BACH_FAULTS, strict=True)
        return sum(math.sqrt(max(0.0, (rate - mean) / deviation)) for rate, (mean, deviation) in pairs)

    @property
    def strain(self) -> float:
        """What variations are ranked by, the least first."""
        return self.chords_strain + self.faults_strain


def seeds_of(seed: int, count: int) -> list[int]:
    """The seed itself, then seeds derived from it, no two alike; of more, the first are those of fewer.

    Raises:
        BadSetting: so many are not made at once.
    """
    if not 1 <= count <= MOST_VARIATIONS:
        raise BadSetting(f"variations must be from 1 to {MOST_VARIATIONS}, not {count}")
    dice = np.random.Generator(np.random.PCG64(seed))
    seeds = [seed]
    while len(seeds) < count:
        derived = int(dice.integers(DERIVED))
        if derived not in seeds:
            seeds.append(derived)
    return seeds


def ranking(variations: Sequence[Variation]) -> list[int]:
    """Which of them comes first, and so on; of equal ones the earlier."""
    return sorted(range(len(variations)), key=lambda at: round(variations[at].strain, 6))


def comparison(ranked: Sequence[Variation]) -> list[str]:
    """What differs between them, a line each, and by what they are ranked."""
    rows = [_HEAD, *(_cells(number, one) for number, one in enumerate(ranked, start=1))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ("  ".join(f"{cell:>{width}}" for cell, width in zip(row[:-1], widths, strict=False)) for row in rows)
    return [*(f"{line}  {row[-1]}".rstrip() for line, row in zip(padded, rows, strict=True)), RANKED_BY]


def _cells(number: int, one: Variation) -> tuple[str, ...]:
    traits = one.traits
    return (
        str(number),
        str(one.seed),
        f"{one.strain:.1f}",
        f"{one.chords_strain:+.1f}",
        f"{one.faults_strain:+.1f}",
        str(traits.dominants),
        f"{traits.density:.2f}",
        f"{traits.surprise_bits:.2f}",
        f"{pitch_name(traits.lowest)}–{pitch_name(traits.highest)}" if traits.notes else "-",
        kinds_of(traits.closes),
    )
