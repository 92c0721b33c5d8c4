"""Phrase ends, cadences and endings, each by an example that would tell if it were counted otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.made_up import frames_of_chords

from export.measures import form
from export.measures.form import Cadence
from export.measures.passage import Passage
from export.measures.tally import Tally

ONE, IV, V, VI, II, V_OF_V, I6 = (
    (72, 67, 64, 48),
    (72, 69, 65, 53),
    (71, 67, 62, 55),
    (72, 69, 64, 57),
    (74, 69, 65, 50),
    (74, 69, 66, 50),
    (72, 67, 60, 52),
)
HOME = [ONE, IV, V, I6] * 3  # in C major, nothing standing still


def piece(*stretches: tuple[Sequence[Sequence[int]], int]) -> Passage:
    """Chords that each sound for so many steps."""
    return Passage("x", np.concatenate([frames_of_chords(chords, steps) for chords, steps in stretches]))


def test_a_chord_that_stands_for_a_beat_and_a_half_is_a_phrase_end() -> None:
    found = form.standing_chords(piece((HOME, 4), ([V], 6), (HOME, 4), ([VI], 5), ([ONE], 8)))
    assert [(one.start, one.steps, one.last) for one in found] == [(48, 6, False), (107, 8, True)]
    assert found[0].place == pytest.approx(48 / 115)


def test_beats_between_phrase_ends_and_which_are_whole_fours_or_not_even() -> None:
    passage = piece((HOME, 4), ([VI], 8), ([ONE, IV], 4), ([V], 8), ([ONE, IV, V], 4), ([ONE], 8))
    assert form.phrase_beats(passage).tolist() == [4, 5]
    assert form.whole_fours(passage) == form.uneven_beats(passage) == Tally(1, 2)
    assert form.standing_rate(passage) == Tally(3, 23)


@pytest.mark.parametrize(
    ("before", "standing", "kind"),
    [
        (V, ONE, Cadence.HOME),
        ((71, 65, 62, 50), ONE, Cadence.HOME),  # from the diminished chord on the leading tone
        (V_OF_V, V, Cadence.AWAY),
        (II, V, Cadence.HALF),
        (ONE, V, Cadence.HALF),
        (V, VI, Cadence.DECEPTIVE),
        (IV, ONE, Cadence.OTHER),
        (V, (72, 67, 61, 48), Cadence.OTHER),
    ],
)
def test_a_phrase_closes_by_what_leads_to_it(before: tuple[int, ...], standing: tuple[int, ...], kind: Cadence) -> None:
    passage = piece((HOME, 4), ([before], 4), ([standing], 8), (HOME, 4))
    assert dict(form.cadence_counts(passage)) == {kind: 1}


def test_cadences_are_told_by_their_place_and_the_last_chord_is_none_of_them() -> None:
    passage = piece((HOME, 4), ([ONE], 8), (HOME * 2, 4), ([II], 4), ([V], 8), ([V], 4), ([ONE], 8))
    assert dict(form.cadence_counts(passage, 0.0, 0.5)) == {
        Cadence.HOME: 1
    }  # from the dominant, over the tonic on its third
    assert form.cadences_of(passage, Cadence.HALF, 0.5, 1.0) == Tally(1, 1)
    assert form.closes_home(passage) == Tally(1, 1)
    assert form.final_beats(passage).tolist() == [2]


def test_a_leap_to_the_last_note_is_the_sopranos() -> None:
    assert form.leaps_into_last(piece((HOME, 4), ([V, ONE], 4))) == Tally(0, 1)
    assert form.leaps_into_last(piece((HOME, 4), ([(67, 62, 59, 55), ONE], 4))) == Tally(1, 1)
    assert form.leaps_into_last(piece(([(67, 62, 59, 55), ONE], 4), ([(72, 69, 65, 53)], 4))) == Tally(1, 1)
    assert form.leaps_into_last(piece(([ONE], 4))).rate is None


def test_windows_in_key_are_counted_in_halves() -> None:
    sharp = [tuple(pitch + 1 for pitch in chord) for chord in [*HOME, ONE, IV, V, I6]]
    passage = piece(([*HOME, ONE, IV, V, I6] * 2, 4), (sharp, 4), (HOME, 4), ([ONE, IV, V, I6], 4))
    assert (passage.key.tonic, len(passage.frames)) == (0, 256)
    assert form.half_in_key(passage, second=False) == Tally(2, 2)
    assert form.half_in_key(passage, second=True) == Tally(1, 2)
