"""The rules by which the notes of a beat keep to its chord."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from companion.harmony.chords import DOMINANT_SEVENTH, QUALITIES, TONE_OF
from companion.harmony.doubling import DEALT_NUMBER, TONES, UPPER
from companion.harmony.progressions import Likelihoods, tables
from companion.model.codes import UNDECIDED
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOCABULARY_SIZE
from companion.sampling.harmony import SOFT_SEVENTHS, dissonant_with, is_dissonant, soft_seventh_with
from companion.sampling.rules import LogProbs, NoteContext, Rule

ON_BEAT, OFF_BEAT = 0, 1
NO_LEAP, WIDEST_LEAP = 2, 9
LEADING_TONE = 11  # semitones above the tonic
_THIRDS = (3, 4)
_SECOND_EIGHTH = 2  # its step within the beat
_MAJOR = 0
_SOFT = {QUALITIES.index(shape) for shape in SOFT_SEVENTHS}

_CLASSES = np.array(CODE_PITCH_CLASS)


@dataclass(frozen=True, eq=False)
class Manner:
    """How notes keep to a chord: all but shares and powers in nats."""

    leaning: float  # how much what leans to a chord counts beside the model; it multiplies most of the others
    off_beat: float  # so much of it off the beat, where what sounds tells the notes already
    suspending: float  # for holding over a beat what can go down to its chord, above what the model says …
    resolving: float  # … and off holding it on within the beat
    # What leans to a chord leans to all of its tones; the near ones are meant: off each semitone beyond a step, on the
    # beat and off it, and off a leap of a third besides, which is what leaning brings too many of.
    leaps: tuple[float, float]
    thirds: tuple[float, float]
    doubled: float  # off a leading tone that sounds already
    turning: float  # off going back to the pitch before the last
    on_the_beat: float  # off holding on there: where chords change several voices go
    lively: float  # off holding on off the beat: what rules take from moving there is given back, and steps pass by
    sixteenths: float  # so much of it between the eighths
    # What fits no chord on the second eighth: off where it follows one that does, and where it goes on from the beat.
    passing: float
    lasting: float
    dotted: float  # off moving there where a voice was held over the beat and is no suspension
    six_four: float  # off the fifth in the bass
    soft: float  # off a minor or major seventh chord, where it is none
    all_move: float  # off holding on on the beat, for each of the other voices if all of those decided go on
    standing: tuple[float, float, float, float]  # off, by how many hold on already: in phrases chords seldom stand


# Of models that are not told the chord, so that progressions are as planned.
UNAWARE = Manner(
    leaning=1.75,
    off_beat=0.03,
    suspending=0.75,
    resolving=1.5,
    leaps=(0.2, 0.6),
    thirds=(0.7, 0.5),
    doubled=7.0,
    turning=0.22,
    on_the_beat=0.18,
    lively=0.37,
    sixteenths=0.4,
    passing=0.85,
    lasting=1.35,
    dotted=2.0,
    six_four=0.6,
    soft=0.7,
    all_move=0.3,
    standing=(0.3, 0.5, 1.0, 5.0),
)
# Of those that are: they sing under it as Bach does, so that less leans to it, and more moves on by step.
AWARE = replace(
    UNAWARE,
    leaning=1.0,
    off_beat=0.06,
    suspending=1.3,
    resolving=2.2,
    doubled=12.0,
    turning=0.4,
    on_the_beat=0.3,
    lively=0.8,
    passing=0.6,
    lasting=1.0,
    six_four=1.0,
    standing=(0.2, 0.4, 0.7, 4.0),
)
# Of those, too, where nobody knows what comes: what fits no chord is led on less surely then.
AT_SIGHT = replace(AWARE, passing=UNAWARE.passing, lasting=UNAWARE.lasting)


@lru_cache(maxsize=16)
def _leap_costs(nats: float, of_thirds: float) -> Likelihoods:
    """[2 · codes] nats off, by how far a token lies above the pitch before it: steps cost nothing."""
    apart = np.abs(np.arange(2 * VOCABULARY_SIZE) - VOCABULARY_SIZE)
    costs: Likelihoods = np.clip(apart - NO_LEAP, 0, WIDEST_LEAP - NO_LEAP) * nats
    return costs + of_thirds * np.isin(apart, _THIRDS)


_NOT_DEALT = np.zeros(TONES)
_DOUBLED = (_CLASSES[:, None] == _CLASSES).astype(float)  # [code that sounds, token]


@lru_cache(maxsize=512)
def keep_to_chord(
    manner: Manner, key: Key, state: int, when: int, strength: float, moving: float = 0.0, suspends: bool = False
) -> Rule:
    """A rule that leans to the tones of a chord, completes it on the beat, and doubles no leading tone.

    suspends: whether an upper voice holds a tone over the beat that lies a step above one of the chord is left to the
    model, which knows how suspensions are prepared.
    """
    if when == OFF_BEAT:
        return _OffBeat(manner, key, state, strength, moving)
    return _OnBeat(manner, key, state, strength, moving, suspends)


class _Leaning:
    """What both rules have in common."""

    def __init__(self, manner: Manner, key: Key, state: int, when: int, strength: float) -> None:
        self.chain = tables().of_key(key)
        self.chord = self.chain.chords[state].transposed(key.tonic)
        self.manner, self.strength, self.doubling = manner, strength * manner.leaning, strength * manner.doubled
        self.leaning = np.roll(self.chain.leaning[:, when, state], key.tonic, axis=-1)[:, _CLASSES]  # [voices, codes]
        self.leaps = self.strength * _leap_costs(manner.leaps[when], manner.thirds[when])
        self.turning = self.strength * manner.turning
        third = self.chord.tones[1]
        self.leads = {(key.tonic + LEADING_TONE) % OCTAVE}
        if self.chord.quality == DOMINANT_SEVENTH or (self.chord.quality == _MAJOR and third not in key.scale):
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
                off += self.doubling * _DOUBLED[code]
        return off

    def strike(self, scores: LogProbs, won: Likelihoods, context: NoteContext) -> None:
        """Let strikes win what they win, less what leaps and turning back lose."""
        scores[FIRST_STRIKE:] += won[FIRST_STRIKE:]
        before = context.history.reference[context.voice]
        if before >= FIRST_STRIKE:
            rises = slice(VOCABULARY_SIZE + FIRST_STRIKE - before, 2 * VOCABULARY_SIZE - before)
            scores[FIRST_STRIKE:] -= self.leaps[rises]
        if (turned := context.history.before[context.voice]) >= FIRST_STRIKE:
            scores[turned] -= self.turning


class _OffBeat(_Leaning):
    def __init__(self, manner: Manner, key: Key, state: int, strength: float, moving: float) -> None:
        super().__init__(manner, key, state, OFF_BEAT, strength)
        self.leaning *= self.strength * manner.off_beat
        self.moving = self.strength * manner.lively * moving
        self.dissonant = strength * manner.passing, strength * manner.lasting
        self.dotted = strength * manner.dotted
        self.suspended = self.steps_above()

    def __call__(self, scores: LogProbs, context: NoteContext) -> None:
        voice = context.voice
        won = self.leaning[voice] - self.doubled(context.codes)
        if context.beat == _SECOND_EIGHTH:
            scores -= self.dissonant[is_dissonant(context.history.now)] * dissonant_with(context)
        self.strike(scores, won, context)
        held = context.history.now[voice]
        if held >= FIRST_STRIKE:
            kept = won[held] - (self.moving if context.beat == _SECOND_EIGHTH else self.manner.sixteenths * self.moving)
            if context.history.held[voice] > STEPS_PER_BEAT:
                is_suspended = self.suspended[held] and voice < UPPER
                kept += -self.strength * self.manner.resolving if is_suspended else self.dotted
            scores[HOLD] += kept


class _OnBeat(_Leaning):
    def __init__(self, manner: Manner, key: Key, state: int, strength: float, moving: float, suspends: bool) -> None:
        super().__init__(manner, key, state, ON_BEAT, strength)
        self.leaning *= self.strength
        self.holding = self.strength * np.roll(self.chain.holding[:, state], key.tonic, axis=-1)[:, _CLASSES]
        chord = self.chord
        self.leaning[UPPER] -= strength * manner.six_four * (chord.tones[2] == _CLASSES)
        self.together = strength * manner.all_move
        self.soft = 0.0 if chord.quality in _SOFT else strength * manner.soft
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
            kept = _together(scores) - before + self.manner.suspending
        else:
            kept = self.holding[voice, held] + dealt[self.tones[held]] - self.strength * self.manner.on_the_beat
        standing = self.moving * self._standing(context)
        scores[HOLD] += kept - doubled[held] - standing - self.together * _moving(context)
        scores[held] -= standing

    def _dealt(self, context: NoteContext) -> Likelihoods:
        """[tones] what each wins by completing what the upper voices have of the chord."""
        if context.voice >= UPPER:
            return _NOT_DEALT
        own = [self.tones[code] for code in context.codes[:UPPER] if code >= FIRST_STRIKE]
        dealt: Likelihoods = self.completing[DEALT_NUMBER[tuple(sorted(own))]]
        return dealt

    def _standing(self, context: NoteContext) -> float:
        """Nats off what sounds, where all voices have stood for a beat and so far all go on, struck again or not."""
        decided = [voice for voice, token in enumerate(context.tokens) if token != UNDECIDED]
        now = context.history.now
        if min(context.history.held) < STEPS_PER_BEAT or any(context.codes[voice] != now[voice] for voice in decided):
            return 0.0
        return self.manner.standing[len(decided)]


def _together(scores: LogProbs) -> float:
    """How likely any strike is, in nats."""
    strikes = scores[FIRST_STRIKE:]
    most = float(strikes.max())
    return most + math.log(float(np.exp(strikes - most).sum())) if math.isfinite(most) else most


def _moving(context: NoteContext) -> int:
    """How many voices are decided, where all of them begin a note."""
    decided = [token for token in context.tokens if token != UNDECIDED]
    return 0 if HOLD in decided else len(decided)


assert len(_CLASSES) == VOCABULARY_SIZE
