"""What was heard so far, and where the music has been before: chorales repeat whole phrases, and their tunes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from companion.model.codes import CODES, LONGEST_PAST, UNDECIDED
from companion.model.features import History
from companion.model.known_tunes import NOTHING_RECALLED, Recall, Recollection
from companion.model.told import Echo, stacked
from companion.music.vocabulary import HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray


class Likest(NamedTuple):
    """Where the music was most like what leads up to now."""

    steps_back: int  # 0: nowhere
    alike: int  # how many chords, or notes of the tune, led up to there as they lead up to now


Alike = Mapping[int, int]  # beats back → how much before there was as the last of the music is; ascending, none of 0


NOWHERE = Likest(0, 0)


@dataclass(frozen=True)
class Past:
    """The frames so far, oldest first, and how much of what led to some of them was heard just now again.

    Only what stands whole beats back is compared: the same place in the beat.
    """

    tokens: bytes = b""  # four a frame
    chords: tuple[int, ...] = ()  # what the four voices of each frame sound, as one number
    tune: bytes = b""  # what the soprano sounds
    chords_alike: Alike = field(default_factory=dict)
    notes_alike: Alike = field(default_factory=dict)  # of the soprano alone
    hearing: Recollection | None = None  # of the tune, by a model that knows some by heart

    def advance(self, tokens: Sequence[int], after: History) -> Past:
        """The past after one more frame of four tokens, with the history after it."""
        chord = 0
        for code in after.now:
            chord = chord * CODES + code
        return Past(
            (self.tokens + bytes(tokens))[-LONGEST_PAST * len(VOICES) :],
            (*self.chords, chord)[-LONGEST_PAST:],
            (self.tune + bytes(after.now[:1]))[-LONGEST_PAST:],
            _going_on(self.chords_alike, self.chords, chord),
            _going_on(self.notes_alike, self.tune, after.now[0]),
            self.hearing and self.hearing.advance(after.now[0]),
        )

    def again(self, steps: int, anew: bool = False) -> list[int] | None:
        """The frame so many steps before the one to come; None where that is not remembered.

        anew: notes that were sounding there begin with it.
        """
        at = len(self.tokens) - steps * len(VOICES)
        if at < 0:
            return None
        frame = list(self.tokens[at : at + len(VOICES)])
        return [self._struck(at + voice) if anew else token for voice, token in enumerate(frame)]

    def _struck(self, at: int) -> int:
        """What one voice sounds at a place among the tokens, as a strike; a rest where that was struck too long ago."""
        own = self.tokens[at % len(VOICES) : at + 1 : len(VOICES)]
        return next((token for token in reversed(own) if token != HOLD), REST)

    def likest(self) -> Likest:
        """Where most chords led alike, the latest such place."""
        return _most_alike(self.chords_alike)

    def tune_before(self) -> Likest:
        """Where most notes of the soprano led alike, the latest such place."""
        return _most_alike(self.notes_alike)

    def recall(self) -> Recall:
        """How a tune goes on that the model knows by heart."""
        return NOTHING_RECALLED if self.hearing is None else self.hearing.recall()

    def echo(self, likest: Likest | None = None, recalled: Recall | None = None) -> Echo:
        """What came where the music was most like this, the latest such place; and where its tune was.

        likest, recalled: what these methods say, if that is known already.
        """
        place, tune_place = likest or self.likest(), self.tune_before()
        tokens, (tune, *_) = self._came(place), self._came(tune_place)
        told = (tokens, place.alike, tune, tune_place.alike, *(recalled or self.recall()))
        return Echo(*(np.array(what, dtype=np.int32) for what in told))

    def _came(self, place: Likest) -> list[int]:
        """The frame that came there."""
        if not place.steps_back:
            return [UNDECIDED] * len(VOICES)
        there = len(self.tokens) - place.steps_back * len(VOICES)
        return list(self.tokens[there : there + len(VOICES)])


def _most_alike(alike: Alike) -> Likest:
    if not alike:
        return NOWHERE
    beats, most = max(alike.items(), key=itemgetter(1))
    return Likest(beats * STEPS_PER_BEAT, most)


def _going_on(alike: Alike, heard: Sequence[int], now: int) -> Alike:
    """How much leads alike with one more thing that is heard, from how much did; it counts where it is a new one.

    No more than what is remembered, though the same may go round for hours.
    """
    if heard and heard[-1] == now:
        return {beats: most for beats, most in alike.items() if heard[-beats * STEPS_PER_BEAT] == now}
    on_this_step = heard[-STEPS_PER_BEAT::-STEPS_PER_BEAT]
    return {
        beats: min(alike.get(beats, 0) + 1, LONGEST_PAST)
        for beats, then in enumerate(on_this_step, start=1)
        if then == now
    }


def echoes_of(frames: IntArray, hearing: Recollection | None = None) -> Echo:
    """The echo before each frame of ``[steps, 4]`` tokens, stacked along the steps.

    hearing: of one that knows tunes, before the first frame.
    """
    past, history, echoes = Past(hearing=hearing), History(), []
    for frame in frames.tolist():
        echoes.append(past.echo())
        history = history.advance(frame)
        past = past.advance(frame, history)
    return stacked(echoes)
