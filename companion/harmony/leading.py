"""The chord of a beat, as it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from companion.harmony.chords import Chord, heard_chord
from companion.harmony.keeping import (
    AT_SIGHT,
    AWARE,
    LEADING_TONE,
    OFF_BEAT,
    ON_BEAT,
    UNAWARE,
    Manner,
    keep_to_chord,
)
from companion.harmony.progressions import ChordChain, Likelihoods, PhrasePlace, tables
from companion.harmony.symbols import AskedChord
from companion.harmony.voicings import sings
from companion.model.told import UNSAID, SaidChords
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE
from companion.sampling.harmony import whole_chord
from companion.sampling.rules import Rule

BEFORE_A_CLOSE = 1.8  # times as strong on the beat before a phrase's last chord, by which the close is one
MOVING_ON = 0.6  # of what standing costs, where a chord is asked for that may go on
UNKNOWING = 1.5  # the power of likelihoods where nothing is known of what comes: what is usual is chosen oftener
STILL_UNKNOWN, LIVELY_UNKNOWN = 0.15, 0.45  # of both, where nobody knows where phrases end
_HARDLY = 1e-6  # how likely what opens or closes no phrase is nevertheless, where nothing else goes with what is given

_NOT_SAID = (UNSAID, UNSAID)
Sounds = tuple[tuple[int, ...], ...]  # codes of the four voices, step by step


@dataclass(frozen=True, eq=False)
class AskedBeat:
    """What a beat is asked to be."""

    place: PhrasePlace = PhrasePlace.INSIDE
    toward: Likelihoods | None = None  # [chords] how well each leads to what is to come; None: nothing is known of it
    places: Likelihoods | None = None  # [places] shares: where a tune may be that is heard for the first time
    options: tuple[AskedChord, ...] = ()  # the chord is one of these, where it is asked for
    then: AskedChord | None = None  # that of the next beat, where one alone is asked for


PLAIN = AskedBeat()


@dataclass(frozen=True)
class Harmony:
    """A beat in a key."""

    key: Key
    beat: AskedBeat = PLAIN
    suspends: bool = True  # the model knows beats: what it holds over them is meant
    is_said: bool = False  # the model is told its chord

    @property
    def is_known(self) -> bool:
        """Whether anything is known of what it is to lead to."""
        return self.beat.toward is not None

    @property
    def manner(self) -> Manner:
        """By which its notes keep to its chord."""
        if not self.is_said:
            return UNAWARE
        return AWARE if self.is_known else AT_SIGHT

    @property
    def progressions(self) -> ChordChain:
        """The chords of the key's mode."""
        return tables().of_key(self.key)

    def chord(self, before: Sounds, given: Mapping[int, int], dice: np.random.Generator) -> int:
        """The state drawn for a beat, or the number of an option where chords are asked for.

        before: what sounded in the beat before, () at the beginning.
        given: voice → code, of those whose note on this beat is known.
        """
        likely = self._likely(before, given)
        if self.beat.options:
            likely = self._of_options(likely)
        reached = likely.cumsum()
        return min(int(reached.searchsorted(dice.random() * reached[-1], side="right")), len(likely) - 1)

    def _likely(self, before: Sounds, given: Mapping[int, int]) -> Likelihoods:
        """[chords]."""
        chain = self.progressions
        heard = heard_chord(before)
        last = chain.of_chord(None if heard is None else heard.transposed(-self.key.tonic))
        likely = chain.openings.copy() if last is None else self._following(chain, last)
        sung = {
            voice: (CODE_PITCH_CLASS[code] - self.key.tonic) % OCTAVE
            for voice, code in given.items()
            if code >= FIRST_STRIKE
        }
        likely *= chain.going_with(sung, ON_BEAT)
        if self.beat.toward is not None:
            likely *= self.beat.toward
        else:
            likely **= UNKNOWING
        if last is None:
            likely *= np.where(chain.triads & chain.having(sung.values()) & self.of_the_key, 1.0, _HARDLY)
        elif self.beat.place == PhrasePlace.CLOSE:
            likely *= np.where(chain.triads & chain.having(sung.values()), 1.0, _HARDLY)
        return likely

    def _following(self, chain: ChordChain, last: int) -> Likelihoods:
        """[chords] after one."""
        if self.beat.places is None:
            return np.array(chain.after(self.beat.place)[last])
        return np.asarray(self.beat.places @ chain.following[:, last])

    def _of_options(self, likely: Likelihoods) -> Likelihoods:
        """[options] from how likely the chords of the mode are; what is none of them may come too."""
        states = [self.state_of(chord) for chord in self.beat.options]
        return np.array([_HARDLY * likely.max() + (0.0 if state is None else likely[state]) for state in states])

    def state_of(self, chord: AskedChord) -> int | None:
        """What a chord that is asked for is among those of the key's mode; None where it is none of them."""
        counted = chord.counted
        return None if counted is None else self.progressions.of_chord(counted.transposed(-self.key.tonic))

    @property
    def of_the_key(self) -> NDArray[np.bool_]:
        """[chords]: those that have tones of the key alone."""
        scale = replace(self.key, tonic=0).scale
        return np.array([scale.issuperset(chord.tones) for chord in self.progressions.chords])

    def rule(self, state: int, step: int, strength: float) -> Rule:
        """What keeps the notes of a step within the beat to a chord, so strongly; 1 is as Bach does."""
        if self.is_known and self.beat.place == PhrasePlace.LAST:
            strength *= BEFORE_A_CLOSE
        if step:
            moving = 1.0 if self.is_known else LIVELY_UNKNOWN
            return keep_to_chord(self.manner, self.key, state, OFF_BEAT, strength, moving)
        suspends = self.suspends and not (self.is_known and self.beat.place <= PhrasePlace.LAST)
        moving = 1.0 if self.is_known else STILL_UNKNOWN
        return keep_to_chord(self.manner, self.key, state, ON_BEAT, strength, moving, suspends)

    def rules(
        self, number: int, step: int, strength: float, given: Mapping[int, int], opens: bool
    ) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
        """What a step within the beat keeps to before all other rules, and after them.

        number: of the chord, as it was drawn.
        given: voice → code.
        opens: nothing sounded before.
        """
        if self.beat.options:
            return (), self._asked_rules(self.beat.options[number], step, max(strength, 1.0), given, opens)
        rule = self.rule(number, step, strength)
        if opens:
            return (triad_of(self.named(number)),), (rule,)
        if step == 0 and self.beat.place == PhrasePlace.CLOSE:
            return (), (rule, triad_of(self.named(number)))  # last: rather no whole triad than parallels
        return (), (rule,)

    def _asked_rules(
        self, chord: AskedChord, step: int, strength: float, given: Mapping[int, int], opens: bool
    ) -> tuple[Rule, ...]:
        state = self.state_of(chord)
        when, moving = (OFF_BEAT, 0.0) if step else (ON_BEAT, MOVING_ON)
        leaning = () if state is None else (keep_to_chord(self.manner, self.key, state, when, strength, moving),)
        if step and not opens:
            return leaning
        leads = {(self.key.tonic + LEADING_TONE) % OCTAVE} - {chord.root}
        if {4, 10} <= set(chord.above):
            leads.add((chord.root + 4) % OCTAVE)
        return (*leaning, sings(chord, frozenset(leads), tuple(sorted(given.items()))))

    def said(self, number: int) -> SaidChords:
        """The chord, as a model is told it; number: as it was drawn."""
        options = self.beat.options
        then = self.beat.then and self.beat.then.counted
        return _said(options[number].counted if options else self.named(number), then)

    def named(self, state: int) -> Chord:
        """The chord that a state stands for, in this key."""
        return self.progressions.chords[state].transposed(self.key.tonic)


@lru_cache(maxsize=1024)
def _said(chord: Chord | None, then: Chord | None) -> SaidChords:
    said = (*(chord.said if chord else _NOT_SAID), *(then.said if chord and then else _NOT_SAID))
    return SaidChords(*np.array(said, dtype=np.int32))


def triad_of(chord: Chord) -> Rule:
    """A rule that forbids whatever cannot become this triad, whole, with the voices still to come."""
    return whole_chord(frozenset(chord.tones[:3]))
