"""Where in its phrase a tune is that is heard for the first time: by how long ago it began, and by the beats on
which it moves.

Phrases are as long as Bach's, one after another from the first tone on, and while a last chord is held the tune hardly
moves. What is known of a beat is a share for each place in a phrase.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.harmony.form import HELD_BEATS, PHRASE_BEATS
from companion.harmony.progressions import Likelihoods, PhrasePlace, tables

HELD_ON = len(PhrasePlace)  # the place of a beat on which a phrase's last chord is held on
# In what share of the beats at each place the soprano goes to another pitch, in the training chorales (INSIDE is one of
# the two before it); last, of those on which a chord is held on. Where notes are known apart, one that is repeated
# counts as a move too: a chord that is held strikes nothing.
MOVING = np.array([0.88, 0.54, 0.85, 0.86, 0.68, 0.85, 0.61, 0.75, 0.083])


@dataclass(frozen=True, eq=False)
class _Beats:
    """All beats of all phrases there are: of every length, and however long the last chord is held."""

    places: NDArray[np.intp]  # [beats]: of each, HELD_ON among them
    begins: Likelihoods  # [beats]: how likely a phrase begins as this one: 0 but of first beats
    last: NDArray[np.bool_]  # [beats]: after it the next phrase begins


@functools.cache
def _beats() -> _Beats:
    places, begins, last = [], [], []
    for length, by_held in zip(PHRASE_BEATS, tables().phrases[0].tolist(), strict=True):
        for held, count in zip(HELD_BEATS, by_held, strict=True):
            if held >= length:
                continue
            for beat in range(length):
                places.append(_place(length - held - beat, begins=beat == 0))
                begins.append(float(count) if beat == 0 else 0.0)
                last.append(beat == length - 1)
    likely = np.array(begins)
    return _Beats(np.array(places), likely / likely.sum(), np.array(last))


def _place(to_close: int, begins: bool) -> int:
    if to_close < 0:
        return HELD_ON
    if to_close <= PhrasePlace.LAST_BUT_TWO:
        return to_close
    if begins:
        return PhrasePlace.BEGIN
    return PhrasePlace.WEAK if to_close % 2 else PhrasePlace.STRONG


@dataclass(frozen=True, eq=False)
class Whereabouts:
    """On a beat."""

    likely: Likelihoods  # [beats], of sum 1

    @classmethod
    def at_the_beginning(cls) -> Whereabouts:
        """On the first beat of a tune."""
        return cls(_beats().begins)

    def next(self, moved: bool) -> Whereabouts:
        """A beat later, on which the tune moves or stands."""
        beats = _beats()
        likely = np.roll(self.likely, 1)
        likely[np.roll(beats.last, 1)] = 0.0
        likely += self.likely[beats.last].sum() * beats.begins
        moves = MOVING[beats.places]
        likely *= moves if moved else 1.0 - moves
        return Whereabouts(likely / likely.sum())

    @property
    def places(self) -> Likelihoods:
        """[places]: of sum 1, or less where a last chord may be held on."""
        shares: Likelihoods = np.bincount(_beats().places, self.likely, HELD_ON + 1)[:HELD_ON].astype(np.float64)
        return shares
