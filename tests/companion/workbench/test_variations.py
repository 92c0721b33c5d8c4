"""Seeds that are derived, what variations are ranked by, and the table that a composer reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from companion.errors import BadSetting
from companion.workbench.traits import Faults, PhraseClose, Traits
from companion.workbench.variations import (
    BACH_CHORD_NATS,
    DERIVED,
    RANKED_BY,
    Variation,
    comparison,
    ranking,
    seeds_of,
)

CLEAN = Faults(0, 0, 0, 0, 0)
TRAITS = Traits(
    closes=(PhraseClose(4, "half"), PhraseClose(8, "authentic"), PhraseClose(12, "authentic")),
    notes=60,
    density=2.5,
    surprise_bits=0.75,
    dominants=3,
    chord_nats=BACH_CHORD_NATS[0],
    changes=50,
    faults=CLEAN,
    lowest=43,
    highest=72,
)


class TestSeeds:
    def test_the_first_is_the_seed_itself(self) -> None:
        assert seeds_of(7, 1) == [7]
        assert seeds_of(7, 5)[0] == 7

    def test_fewer_are_the_first_of_more(self) -> None:
        """So that what was liked among five is there among eight."""
        assert seeds_of(7, 8)[:5] == seeds_of(7, 5)

    def test_another_seed_gives_others(self) -> None:
        assert set(seeds_of(7, 50)).isdisjoint(seeds_of(8, 50))

    @pytest.mark.parametrize("seed", [0, 1, 123_456, 2**31 - 1])
    def test_all_differ_and_can_be_typed(self, seed: int) -> None:
        seeds = seeds_of(seed, 50)
        assert len(set(seeds)) == 50
        assert all(0 <= one < DERIVED for one in seeds[1:])

    def test_always_the_same(self) -> None:
        assert seeds_of(3, 4) == [3, 811504, 85649, 179440]

    @pytest.mark.parametrize("count", [0, -1, 51])
    def test_too_many(self, count: int) -> None:
        with pytest.raises(BadSetting, match=f"variations must be from 1 to 50, not {count}"):
            seeds_of(1, count)


class TestStrain:
    def test_as_bach_is_none(self) -> None:
        assert Variation(1, TRAITS).strain == 0

    @pytest.mark.parametrize("fault", Faults._fields)
    def test_every_fault_counts(self, fault: str) -> None:
        """Where there are more of it than Bach has."""
        many = Variation(1, replace(TRAITS, faults=CLEAN._replace(**{fault: 25})))
        assert many.faults_strain > 1
        assert many.strain == many.faults_strain

    def test_much_of_one_kind_does_not_hide_the_rest(self) -> None:
        """Two kinds, each a little too often, are worse than one of them twice as much too often."""
        one, both = CLEAN._replace(wide=6), CLEAN._replace(wide=4, overlaps=7)
        strains = [Variation(1, replace(TRAITS, faults=faults)).strain for faults in (one, both)]
        assert strains[0] < strains[1]

    def test_as_many_faults_as_bach_has_are_none(self) -> None:
        assert Variation(1, replace(TRAITS, faults=Faults(0, 0, 3, 4, 1))).strain == 0

    def test_faults_are_counted_among_the_changes_of_chord(self) -> None:
        few, many = (replace(TRAITS, faults=CLEAN._replace(hidden=2), changes=changes) for changes in (20, 400))
        assert Variation(1, few).strain > 0 == Variation(1, many).strain

    def test_unusual_chords_count(self) -> None:
        usual, unusual = (replace(TRAITS, chord_nats=nats) for nats in (3.0, 5.0))
        assert Variation(1, usual).strain < 0 < Variation(1, unusual).strain

    def test_nothing_changes(self) -> None:
        """A piece of one chord is no division by nothing."""
        assert Variation(1, replace(TRAITS, changes=0)).strain == 0


class TestRanking:
    def test_the_least_strain_comes_first(self) -> None:
        nats = (4.0, 3.0, 5.0)
        assert ranking([Variation(1, replace(TRAITS, chord_nats=one)) for one in nats]) == [1, 0, 2]

    def test_equal_ones_stay(self) -> None:
        assert ranking([Variation(seed, TRAITS) for seed in (5, 3, 4)]) == [0, 1, 2]


def test_table() -> None:
    strained = replace(TRAITS, chord_nats=4.21, faults=CLEAN._replace(wide=10), closes=(), notes=0, lowest=0, highest=0)
    assert comparison([Variation(7, TRAITS), Variation(123456, strained)]) == [
        "     seed  strain  chords  faults  V–I  notes/beat  bits/note  range  closes",
        "1       7     0.0    +0.0    +0.0    3        2.50       0.75  G2–C5  2 authentic, half",
        "2  123456     2.9    +1.0    +1.9    3        2.50       0.75      -",
        RANKED_BY,
    ]
