"""What each frame of an answer is asked to be, and coming to rest: of several endings, the one that closes best.

Files and jams ask for their frames by the same ``Request`` and look for their endings by the same search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Generator as Coroutine
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

from companion.generation.generator import NO_CONDITIONS, DecoderState, Frame, Generator
from companion.harmony.form import Span
from companion.harmony.keeping import LEADING_TONE
from companion.harmony.keys import opening_in_some_key
from companion.harmony.leading import Harmony
from companion.model.features import Conditions, sounding_code
from companion.model.leading import LEADER
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import HOLD, REST, STEPS_PER_BEAT, VOICES
from companion.sampling.draw import Sampling
from companion.sampling.harmony import MAJOR, MINOR, close_on_triad
from companion.sampling.rules import Rule, parallel_pairs, strikes_anew

CLOSE_IN_SIGHT = 16  # steps; a close farther off is not said: in Bach there would be another one before it

TRIES = 8  # endings made at most; the first that could not be better is taken
INNER_TRIES = 3  # likewise of phrases that others follow
AS_BEFORE = 0.7  # so often what comes back of a tune is sung by all voices as before
BEST = 7
WHOLE_TONE = 2  # by a step at most the highest voice comes to rest; by a leap a phrase begins

# Of an ending: of its chord, whether the highest voice comes there by step, and whether a dominant leads to it.
Quality = tuple[int, bool, bool]
PERFECT_ENDING: Quality = (BEST, True, True)


class Made(NamedTuple):
    """A frame that was made."""

    frame: Frame
    after: DecoderState  # from which the next one goes on


class HasFrame(Protocol):
    """A frame, and whatever else belongs to it."""

    @property
    def frame(self) -> Frame: ...


M = TypeVar("M", bound=HasFrame)
Walk = Iterator[Made]  # frames one after another
Search = Coroutine[None, None, list[M]]  # goes on by a frame each time, and ends with what it found


@dataclass(frozen=True)
class Request:
    """What the next frame is asked to be."""

    sampling: Sampling
    given: Mapping[int, int] = field(default_factory=dict)  # voice → token, of those that are not chosen
    conditions: Conditions = NO_CONDITIONS
    harmony: Harmony | None = None  # of its beat

    def made(self, generator: Generator, state: DecoderState) -> Made:
        """The frame, drawn; its notes keep to the chord of its beat, which is chosen where the beat begins."""
        sampling, conditions, led = self.sampling, self.conditions, None
        if self.harmony is not None and (sampling.harmony or self.harmony.beat.options):
            within, chord = state.step % STEPS_PER_BEAT, state.chord
            if LEADER not in self.given and not self.harmony.beat.options:
                led = generator.lead(state, sampling)  # before its chord, which then goes with the tune
            known = dict(self.given) if led is None else {LEADER: led.token, **self.given}
            now = {voice: sounding_code(token, state.history.now[voice]) for voice, token in known.items()}
            if within == 0 or chord is None:
                chord = self.harmony.chord(state.sounds, now, generator.random)
                state = replace(state, chord=chord)
            opens = not any(state.history.reference)
            harmony = replace(self.harmony, suspends=generator.knows_beats, is_said=generator.hears_chords)
            first, last = harmony.rules(chord, within, sampling.harmony, now, opens)
            sampling = with_last(with_first(sampling, *first) if first else sampling, *last)
            if harmony.is_said:
                conditions = replace(conditions, chords=harmony.said(chord))
        return Made(*generator.frame(state, sampling, self.given, conditions, led))

    def towards_close(self, steps: int | None, key: Key | None) -> Request:
        """The same so many steps before a close: its chord is a triad, and held after it. None: there is none."""
        if steps is None:
            return self
        if steps < 0:
            return replace(self, given={voice: self.given.get(voice, HOLD) for voice in range(len(VOICES))})
        closing = self if steps else self._first(closing_rules(key))
        return replace(closing, conditions=before_close(steps, self.conditions))

    def again(self, state: DecoderState, span: Span, step: int) -> Request:
        """What was before, where a phrase comes back and it is remembered."""
        if span.repeats is None or state.past is None or (span.fresh is not None and step >= span.fresh):
            return self
        since, back = step - span.start, span.start - span.repeats
        tokens = state.past.again(back, anew=since == 0)
        if tokens is None:
            return self
        before, first = state.past.again(since + 1, anew=True), state.past.again(since + back, anew=True)
        if before is not None and first is not None and parallel_pairs(before, first):
            return replace(self, given={0: tokens[0], **self.given})  # the tune alone comes back, in other harmony
        return replace(self, given={**dict(enumerate(tokens)), **self.given}, harmony=None)

    def as_then(self, state: DecoderState, back: int) -> Request:
        """What other voices did so many steps ago: from a beat on, or where all went up to here as they did there.

        A voice that sounds already what sounded there goes on with it.
        """
        if state.past is None:
            return self
        there, then, before = (state.past.again(*at) for at in ((back,), (back, True), (back + 1, True)))
        if there is None or then is None or before is None:
            return self
        now = state.history.now
        others = [voice for voice in range(len(VOICES)) if voice not in self.given]
        if any(before[voice] != now[voice] for voice in others):
            if state.step % STEPS_PER_BEAT or parallel_pairs(now, then):
                return self
            there = [HOLD if code == sounding else code for code, sounding in zip(then, now, strict=True)]
        return replace(self, given={**{voice: there[voice] for voice in others}, **self.given}, harmony=None)

    def struck_anew(self) -> Request:
        """The same with a note begun by every voice."""
        return self._first((strikes_anew,))

    def in_some_key(self) -> Request:
        """The same as the first chord of what has no key yet."""
        return self._first((opening_in_some_key(self.given),))

    def silent(self) -> Request:
        """The same with rests of what is not given."""
        return replace(self, given={voice: self.given.get(voice, REST) for voice in range(len(VOICES))})

    def _first(self, rules: tuple[Rule, ...]) -> Request:
        """With rules before all others, so that they are not passed over."""
        return replace(self, sampling=with_first(self.sampling, *rules))


@lru_cache(maxsize=512)  # the same few rules come again with every beat
def with_first(sampling: Sampling, *rules: Rule) -> Sampling:
    """The same sampling with rules before all others."""
    return replace(sampling, rules=(*rules, *sampling.rules))


@lru_cache(maxsize=2048)
def with_last(sampling: Sampling, *rules: Rule) -> Sampling:
    """The same sampling with rules after all others."""
    return replace(sampling, rules=(*sampling.rules, *rules))


def before_close(steps: int, conditions: Conditions = NO_CONDITIONS) -> Conditions:
    """What a model is told of a close so many steps ahead, besides what it is told anyway."""
    return replace(conditions, steps_to_close=steps) if 0 <= steps <= CLOSE_IN_SIGHT else conditions


def closing_rules(key: Key | None) -> tuple[Rule, ...]:
    """What holds for the chord of the close, before everything else."""
    return () if key is None else (close_on_triad(key),)


def towards_close(
    walk: Callable[[DecoderState, int, int], Walk],
    state: DecoderState,
    stretch: tuple[int, int],
    key: Key | None,
    tries: int = TRIES,
) -> Walk:
    """The frames of a walk, which goes from one frame to another, from the first to the close of a stretch.

    The ending is the best of several.
    """
    first, close = stretch
    in_sight = max(close - CLOSE_IN_SIGHT, first)
    for made in walk(state, first, in_sight - 1):
        state = made.after
        yield made
    start = state
    yield from finished(best_ending(lambda _: walk(start, in_sight, close), key, tries))


def best_ending(attempt: Callable[[int], Iterator[M]], key: Key | None, tries: int = TRIES) -> Search[M]:
    """The best of some endings, by the chord of the last frame and how it is come to.

    attempt: the frames up to the close, by the number of the try.
    """
    best: list[M] = []
    reached: Quality = (-1, False, False)
    for number in range(tries):
        ending: list[M] = []
        for made in attempt(number):
            ending.append(made)
            yield
        quality = ending_quality([made.frame.pitches for made in ending[-2:]], key)
        if quality > reached:
            best, reached = ending, quality
        if reached == PERFECT_ENDING:
            break
    return best


def finished(search: Search[M]) -> list[M]:
    """What a search finds, all at once."""
    while True:
        try:
            next(search)
        except StopIteration as found:
            ending: list[M] = found.value
            return ending


def best_opening(openings: Iterable[Made]) -> Made:
    """The first of some opening chords that could not be better, else the best: after nothing, any chord may come."""
    best = None
    reached = -1
    for made in openings:
        quality = closing_quality(made.frame.pitches, None)
        if quality > reached:
            best, reached = made, quality
        if reached == BEST:
            break
    assert best is not None
    return best


def ending_quality(chords: Sequence[Sequence[int | None]], key: Key | None) -> Quality:
    """How well the last of some frames' pitches closes: of equal chords that which is come to by step, by a dominant.

    key: in which it ends; None: in any, and led to by anything.
    """
    highest = [max((pitch for pitch in chord if pitch is not None), default=None) for chord in chords[-2:]]
    before, last = highest[0], highest[-1]
    leaps = before is not None and last is not None and abs(last - before) > WHOLE_TONE
    is_led = key is None or len(chords) < 2 or _leads(chords[-2], key)  # what is first is led to by nothing
    return closing_quality(chords[-1], key), not leaps, is_led


def _leads(chord: Sequence[int | None], key: Key) -> bool:
    """Whether a chord has the leading tone of a key."""
    leading = (key.tonic + LEADING_TONE) % OCTAVE
    return any(pitch is not None and pitch % OCTAVE == leading for pitch in chord)


def closing_quality(pitches: Sequence[int | None], key: Key | None) -> int:
    """How well a chord closes, 0..BEST.

    A triad counts 1, complete 2 more, on its root 2 more, on the tonic 2 more or in the scale 1 more.
    """
    sounding = [pitch for pitch in pitches if pitch is not None]
    found = _triad({pitch % 12 for pitch in sounding})
    if found is None:
        return 0
    root, complete = found
    points = 1 + 2 * complete + 2 * (min(sounding) % 12 == root)
    if key is None or root == key.tonic:
        return points + 2
    return points + (root in key.scale)


def _triad(classes: set[int]) -> tuple[int, bool] | None:
    """The root of the triad that some pitch classes make, its third among them, and whether it is complete."""
    for root in sorted(classes):
        for triad in (MAJOR, MINOR):
            tones = {(root + interval) % 12 for interval in triad}
            if classes <= tones and (root + triad[1]) % 12 in classes:
                return root, classes == tones
    return None
