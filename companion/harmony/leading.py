"""The chord of a beat, and the rule by which its notes keep to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from companion.harmony.chords import QUALITIES, TONE_OF, Chord, heard_chord
from companion.harmony.doubling import DEALT_NUMBER, TONES, UPPER
from companion.harmony.progressions import ChordChain, Likelihoods, PhrasePlace, tables
from companion.harmony.symbols import AskedChord
from companion.harmony.voicings import sings
from companion.model.codes import UNDECIDED
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOCABULARY_SIZE
from companion.sampling.harmony import SOFT_SEVENTHS, dissonant_with, is_dissonant, soft_seventh_with, whole_chord
from companion.sampling.rules import LogProbs, NoteContext, Rule

ON_BEAT, OFF_BEAT = 0, 1
AS_BACH = 1.75  # how much what leans to a chord counts beside the model, so that progressions are as planned
BEFORE_A_CLOSE = 1.8  # times as much on the beat before a phrase's last chord, by which the close is one
OFF_BEAT_SHARE = 0.03  # of what leans to the chord on the beat: off it, what sounds tells the notes already
DOUBLED_LEADING_TONE = 4.0  # nats off
LEADING_TONE = 11  # semitones above the tonic
SUSPENDING = 0.75  # nats for holding over a beat what can go down to its chord, above what the model says …
RESOLVING = 1.5  # … and off holding it on within the beat
# What leans to a chord leans to all of its tones; the near ones are meant: nats off for each semitone beyond a step,
# on the beat and off it, and off a leap of a third besides, which is what leaning brings too many of.
LEAP_NATS, NO_LEAP, WIDEST_LEAP = (0.2, 0.6), 2, 9
THIRD_NATS, _THIRDS = (0.7, 0.5), (3, 4)
TURNING = 0.22  # nats off going back to the pitch before the last
ON_THE_BEAT = 0.18  # nats off holding on there: where chords change several voices go
LIVELY = 0.37  # nats off holding on off the beat: what rules take from moving there is given back, and steps pass by
SIXTEENTHS = 0.4  # so much of it between the eighths
# What fits no chord on the second eighth: nats off where it follows one that does, and where it goes on from the beat.
PASSING, LASTING = 0.85, 1.35
DOTTED = 2.0  # nats off moving there where a voice was held over the beat and is no suspension
SIX_FOUR = 0.6  # nats off the fifth in the bass
SOFT = 0.7  # nats off a minor or major seventh chord, where it is none
ALL_MOVE = 0.3  # nats off holding on there, for each of the other voices if all of those that are decided go on
STANDING = (0.3, 0.5, 1.0, 5.0)  # nats off, by how many voices hold on already: within phrases chords seldom stand
MOVING_ON = 0.6  # of these, where a chord is asked for that may go on
UNKNOWING = 1.5  # the power of likelihoods where nothing is known of what comes: what is usual is chosen oftener
STILL_UNKNOWN, LIVELY_UNKNOWN = 0.15, 0.45  # of both, where nobody knows where phrases end
_HARDLY = 1e-6  # how likely what opens or closes no phrase is nevertheless, where nothing else goes with what is given
_SECOND_EIGHTH = 2  # its step within the beat
_MAJOR = 0
_SOFT = {QUALITIES.index(shape) for shape in SOFT_SEVENTHS}
_DOMINANT_SEVENTH = 3  # a quality: its third leads, in whatever key

_CLASSES = np.array(CODE_PITCH_CLASS)
Sounds = tuple[tuple[int, ...], ...]  # codes of the four voices, step by step


@dataclass(frozen=True, eq=False)
class AskedBeat:
    """What a beat is asked to be."""

    place: PhrasePlace = PhrasePlace.INSIDE
    toward: Likelihoods | None = None  # [chords] how well each leads to what is to come; None: nothing is known of it
    places: Likelihoods | None = None  # [places] shares: where a tune may be that is heard for the first time
    options: tuple[AskedChord, ...] = ()  # the chord is one of these, where it is asked for


PLAIN = AskedBeat()


@dataclass(frozen=True)
class Harmony:
    """A beat in a key."""

    key: Key
    beat: AskedBeat = PLAIN
    suspends: bool = True  # the model knows beats: what it holds over them is meant

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
            return np.array(chain.following[self.beat.place, last])
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
        is_known = self.beat.toward is not None
        if is_known and self.beat.place == PhrasePlace.LAST:
            strength *= BEFORE_A_CLOSE
        if step:
            return keep_to_chord(self.key, state, OFF_BEAT, strength, 1.0 if is_known else LIVELY_UNKNOWN)
        suspends = self.suspends and not (is_known and self.beat.place <= PhrasePlace.LAST)
        return keep_to_chord(self.key, state, ON_BEAT, strength, 1.0 if is_known else STILL_UNKNOWN, suspends)

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
        leaning = () if state is None else (keep_to_chord(self.key, state, when, strength, moving),)
        if step and not opens:
            return leaning
        leads = {(self.key.tonic + LEADING_TONE) % OCTAVE} - {chord.root}
        if {4, 10} <= set(chord.above):
            leads.add((chord.root + 4) % OCTAVE)
        return (*leaning, sings(chord, frozenset(leads), tuple(sorted(given.items()))))

    def named(self, state: int) -> Chord:
        """The chord that a state stands for, in this key."""
        return self.progressions.chords[state].transposed(self.key.tonic)


def _leap_costs(nats: float, of_thirds: float) -> Likelihoods:
    """[2 · codes] nats off, by how far a token lies above the pitch before it: steps cost nothing."""
    apart = np.abs(np.arange(2 * VOCABULARY_SIZE) - VOCABULARY_SIZE)
    costs: Likelihoods = np.clip(apart - NO_LEAP, 0, WIDEST_LEAP - NO_LEAP) * nats
    return costs + of_thirds * np.isin(apart, _THIRDS)


_NOT_DEALT = np.zeros(TONES)
_LEAPS = [_leap_costs(*nats) for nats in zip(LEAP_NATS, THIRD_NATS, strict=True)]  # on the beat, off it
_DOUBLED = DOUBLED_LEADING_TONE * (_CLASSES[:, None] == _CLASSES)  # [code that sounds, token] nats off


@lru_cache(maxsize=512)
def keep_to_chord(
    key: Key, state: int, when: int, strength: float, moving: float = 0.0, suspends: bool = False
) -> Rule:
    """A rule that leans to the tones of a chord, completes it on the beat, and doubles no leading tone.

    suspends: whether an upper voice holds a tone over the beat that lies a step above one of the chord is left to the
    model, which knows how suspensions are prepared.
    """
    if when == OFF_BEAT:
        return _OffBeat(key, state, strength, moving)
    return _OnBeat(key, state, strength, moving, suspends)


class _Leaning:
    """What both rules have in common."""

    def __init__(self, key: Key, state: int, when: int, strength: float) -> None:
        self.chain = tables().of_key(key)
        self.chord = self.chain.chords[state].transposed(key.tonic)
        self.strength = strength * AS_BACH
        self.leaning = np.roll(self.chain.leaning[:, when, state], key.tonic, axis=-1)[:, _CLASSES]  # [voices, codes]
        self.leaps = self.strength * _LEAPS[when]
        third = self.chord.tones[1]
        self.leads = {(key.tonic + LEADING_TONE) % OCTAVE}
        if self.chord.quality == _DOMINANT_SEVENTH or (self.chord.quality == _MAJOR and third not in key.scale):
            self.leads.add(third)

    def steps_above(self) -> list[bool]:
        """[codes]: which are no tones of the chord and lie a step above one."""
        above = {(tone + step) % OCTAVE for tone in self.chord.tones for step in (1, 2)} - {*self.chord.tones}
        return [tone in above for tone in _CLASSES.tolist()]

    def doubled(self, codes: tuple[int, ...]) -> Likelihoods:
        """[codes] nats off what doubles a leading tone among those that sound."""
        off = np.zeros(VOCABULARY_SIZE)
        for code in codes:
            if code >= FIRST_STRIKE and CODE_PITCH_CLASS[code] in self.leads:
                off += self.strength * _DOUBLED[code]
        return off

    def strike(self, scores: LogProbs, won: Likelihoods, context: NoteContext) -> None:
        """Let strikes win what they win, less what leaps and turning back lose."""
        scores[FIRST_STRIKE:] += won[FIRST_STRIKE:]
        before = context.history.reference[context.voice]
        if before >= FIRST_STRIKE:
            rises = slice(VOCABULARY_SIZE + FIRST_STRIKE - before, 2 * VOCABULARY_SIZE - before)
            scores[FIRST_STRIKE:] -= self.leaps[rises]
        if (turned := context.history.before[context.voice]) >= FIRST_STRIKE:
            scores[turned] -= self.strength * TURNING


class _OffBeat(_Leaning):
    def __init__(self, key: Key, state: int, strength: float, moving: float) -> None:
        super().__init__(key, state, OFF_BEAT, strength)
        self.leaning *= self.strength * OFF_BEAT_SHARE
        self.moving = self.strength * LIVELY * moving
        self.dissonant = strength * PASSING, strength * LASTING
        self.dotted = strength * DOTTED
        self.suspended = self.steps_above()

    def __call__(self, scores: LogProbs, context: NoteContext) -> None:
        voice = context.voice
        won = self.leaning[voice] - self.doubled(context.codes)
        if context.beat == _SECOND_EIGHTH:
            scores -= self.dissonant[is_dissonant(context.history.now)] * dissonant_with(context)
        self.strike(scores, won, context)
        held = context.history.now[voice]
        if held >= FIRST_STRIKE:
            kept = won[held] - (self.moving if context.beat == _SECOND_EIGHTH else SIXTEENTHS * self.moving)
            if context.history.held[voice] > STEPS_PER_BEAT:
                is_suspended = self.suspended[held] and voice < UPPER
                kept += -self.strength * RESOLVING if is_suspended else self.dotted
            scores[HOLD] += kept


class _OnBeat(_Leaning):
    def __init__(self, key: Key, state: int, strength: float, moving: float, suspends: bool) -> None:
        super().__init__(key, state, ON_BEAT, strength)
        self.leaning *= self.strength
        self.holding = self.strength * np.roll(self.chain.holding[:, state], key.tonic, axis=-1)[:, _CLASSES]
        chord = self.chord
        self.leaning[UPPER] -= strength * SIX_FOUR * (chord.tones[2] == _CLASSES)
        self.together = strength * ALL_MOVE
        self.soft = 0.0 if chord.quality in _SOFT else strength * SOFT
        self.completing = tables().completing[chord.quality, chord.inversion] * self.strength  # [dealt, tones]
        self.tone_of = TONE_OF[chord.quality, (_CLASSES - chord.root) % OCTAVE]  # [codes]
        self.tones = self.tone_of.tolist()
        self.suspended = self.steps_above() if suspends else [False] * VOCABULARY_SIZE
        self.moving = moving

    def __call__(self, scores: LogProbs, context: NoteContext) -> None:
        voice, held = context.voice, context.history.now[context.voice]
        doubled, dealt = self.doubled(context.codes), self._dealt(context)
        before = _together(scores) if self.suspended[held] and voice < UPPER else -math.inf
        self.strike(scores, self.leaning[voice] + dealt.take(self.tone_of) - doubled, context)
        if self.soft:
            scores -= self.soft * soft_seventh_with(context)
        if held < FIRST_STRIKE:
            return
        if math.isfinite(before):
            kept = _together(scores) - before + SUSPENDING
        else:
            kept = self.holding[voice, held] + dealt[self.tones[held]] - self.strength * ON_THE_BEAT
        standing = self.moving * _standing(context)
        scores[HOLD] += kept - doubled[held] - standing - self.together * _moving(context)
        scores[held] -= standing

    def _dealt(self, context: NoteContext) -> Likelihoods:
        """[tones] what each wins by completing what the upper voices have of the chord."""
        if context.voice >= UPPER:
            return _NOT_DEALT
        own = [self.tones[code] for code in context.codes[:UPPER] if code >= FIRST_STRIKE]
        dealt: Likelihoods = self.completing[DEALT_NUMBER[tuple(sorted(own))]]
        return dealt


def _together(scores: LogProbs) -> float:
    """How likely any strike is, in nats."""
    strikes = scores[FIRST_STRIKE:]
    most = float(strikes.max())
    return most + math.log(float(np.exp(strikes - most).sum())) if math.isfinite(most) else most


def triad_of(chord: Chord) -> Rule:
    """A rule that forbids whatever cannot become this triad, whole, with the voices still to come."""
    return whole_chord(frozenset(chord.tones[:3]))


def _standing(context: NoteContext) -> float:
    """Nats off what sounds, where all voices have stood still for a beat and so far all go on, struck again or not."""
    decided = [voice for voice, token in enumerate(context.tokens) if token != UNDECIDED]
    now = context.history.now
    if min(context.history.held) < STEPS_PER_BEAT or any(context.codes[voice] != now[voice] for voice in decided):
        return 0.0
    return STANDING[len(decided)]


def _moving(context: NoteContext) -> int:
    """How many voices are decided, where all of them begin a note."""
    decided = [token for token in context.tokens if token != UNDECIDED]
    return 0 if HOLD in decided else len(decided)


assert len(_CLASSES) == VOCABULARY_SIZE
