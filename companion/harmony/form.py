"""Form: the phrases of an answer before it is drawn, each with its close, and what comes back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from companion.harmony.progressions import Closing, PhrasePlace, tables
from companion.music.vocabulary import STEPS_PER_BEAT

PHRASE_BEATS = range(3, 17)  # the shortest and the longest phrase
HELD_BEATS = range(1, 4)  # how long the last chord of a phrase is held
SHORTEST_LAST = 2  # beats before the last chord, at least, when an end is asked for
ENDLESS_STEPS = 512  # 32 bars of 4/4: so far ahead the phrases of music without an end are drawn at a time
LIKE_HEARD = 4.0  # so much likelier is a phrase as long as one that was heard
RETURNS = 0.5  # so many forms come back to their first phrases at once, as those of verse do: AB AB …
RETURNING = (2, 2, 2, 3)  # how many phrases come back
OTHERWISE = 2  # beats before its last chord, where the last phrase of a piece is not as before any more
# In so many of the forms that begin on a strong beat phrases begin on the one before it; in bars of four and of three.
WITH_PICKUPS = (0.95, 0.5)
WEAK = 0.04  # so much less likely does a phrase close on a weak beat
STICKS = 0.4  # so much likelier than by chance is a phrase as long, and as long held, as the one before
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """A phrase of an answer, in steps of the music."""

    start: int
    close: int  # its last chord is struck
    end: int  # and held up to here, where the next phrase begins
    repeats: int | None = None  # the start of the music that comes back …
    fresh: int | None = None  # … up to here, where it goes on otherwise

    @property
    def beats(self) -> int:
        """How long it is."""
        return (self.end - self.start) // STEPS_PER_BEAT

    @property
    def held(self) -> int:
        """For how many beats its last chord is held."""
        return (self.end - self.close) // STEPS_PER_BEAT


@dataclass(frozen=True, eq=False)
class Form:
    """Phrases one after another, without a gap; the last one ends on the final close where there is one."""

    spans: tuple[Span, ...]
    ends: bool = True  # the last close is that of the piece
    apart: int = 2  # beats from a strong one to the next; closes come on strong ones

    def number(self, step: int) -> int | None:
        """Which phrase a step belongs to, from 0 on."""
        number = bisect_right(self._starts, step) - 1
        return number if number >= 0 and step < self.spans[number].end else None

    def at(self, step: int) -> Span | None:
        """The phrase that a step belongs to."""
        number = self.number(step)
        return None if number is None else self.spans[number]

    @cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self.spans]

    def place(self, step: int) -> PhrasePlace | None:
        """Where in its phrase the beat of a step lies; None while its last chord is held, or outside."""
        span = self.at(step)
        if span is None:
            return None
        beats = span.close // STEPS_PER_BEAT - step // STEPS_PER_BEAT
        if beats < 0:
            return None
        if beats <= PhrasePlace.LAST_BUT_TWO:
            return PhrasePlace(beats)
        if step - span.start < STEPS_PER_BEAT and span != self.spans[0]:
            return PhrasePlace.BEGIN
        return PhrasePlace.WEAK if beats % self.apart else PhrasePlace.STRONG

    def steps_to_close(self, step: int) -> int | None:
        """Until the phrase's last chord is struck; below 0 while it is held."""
        span = self.at(step)
        return None if span is None else span.close - step

    def ending(self, close: int, end: int) -> Form:
        """The same with its last chord on another step: what would come later, or just before, falls away."""
        kept = tuple(span for span in self.spans if span.end + SHORTEST_LAST * STEPS_PER_BEAT <= close)
        start = kept[-1].end if kept else self.spans[0].start
        return replace(self, spans=(*kept, Span(start, close, end)), ends=True)

    def closing(self, span: Span) -> Closing:
        """Which close of the piece a phrase ends on."""
        if self.ends and span == self.spans[-1]:
            return Closing.FINAL
        if span == self.spans[0]:
            return Closing.FIRST
        if not self.ends:
            return Closing.INNER
        if span == self.spans[-2]:
            return Closing.LAST_BUT_ONE
        is_early = 2 * span.close < self.spans[0].start + self.spans[-1].end
        return Closing.EARLY if is_early else Closing.LATE


def beats_apart(in_threes: bool) -> int:
    """How many beats lie between strong ones, in bars of three beats and in others."""
    return 3 if in_threes else 2


def drawn_form(
    start: int, close: int, end: int, dice: np.random.Generator, heard: Sequence[int] = (), in_threes: bool = False
) -> Form:
    """Phrases as Bach's are distributed, that together end on a close.

    start, close, end: steps; the last chord is struck on ``close``, which is a strong beat, as the others are.
    heard: the lengths in beats of phrases that were heard.
    in_threes: the bar has three beats.
    """
    apart = beats_apart(in_threes)
    weights = _weights(heard, in_threes)
    returning = RETURNING[int(dice.integers(len(RETURNING)))] if dice.random() < RETURNS else 0
    beats = (close - start) // STEPS_PER_BEAT
    with_pickups = beats % apart == 1 or bool(dice.random() < WITH_PICKUPS[in_threes])
    lacking = int(with_pickups and beats % apart == 0 and beats > PHRASE_BEATS[0])  # its own, to the first phrase
    beats += apart - with_pickups  # as long as the last chord would be held if others followed
    reach = _reach(beats + lacking, weights.sum(axis=1))
    spans: list[Span] = []
    at = start
    while beats > 0 or not spans:
        again = spans[len(spans) - returning] if returning <= len(spans) < 2 * returning else None
        short = lacking if again in spans[:1] else 0
        if again is not None and _comes_back(again, spans[-1], beats, short, apart):
            spans[-1] = replace(spans[-1], end=spans[-1].end + short * STEPS_PER_BEAT)
            at, beats = spans[-1].end, beats - short
            length, held = again.beats, again.held
        else:
            again, short = None, 0 if spans else lacking
            likely = _like(spans[-1], weights) if spans else weights
            likely = likely * _on_strong_beats((close - at) // STEPS_PER_BEAT + short, apart)
            length = _length(beats + short, likely.sum(axis=1), reach, dice)
            held = _held(length, likely, dice)
            length -= short
        beats -= length
        stop = at + length * STEPS_PER_BEAT if beats else end
        repeats = None if again is None else again.start
        spans.append(Span(at, stop - held * STEPS_PER_BEAT if beats else close, stop, repeats))
        at = stop
    form = Form(tuple(spans), apart=apart)
    return form if close >= spans[-1].start else form.ending(close, end)  # a last chord longer than a short phrase


def _comes_back(again: Span, before: Span, beats: int, late: int, apart: int) -> bool:
    """Whether a phrase can come again after another one, on beats as strong as it came first.

    beats: that are left.
    late: for how many of them the chord before it is held longer, since it has no pickup.
    """
    fits = beats - late - again.beats >= PHRASE_BEATS[0] and before.held + late in HELD_BEATS
    return fits and ((before.end - again.start) // STEPS_PER_BEAT + late) % apart == 0


def closing_form(
    start: int,
    closes: Sequence[tuple[int, int]],
    dice: np.random.Generator,
    heard: Sequence[int] = (),
    in_threes: bool = False,
) -> Form:
    """Phrases that end on closes that are asked for, each a step and the end of its phrase, rising; the last is final.

    Between two closes there are others only where a phrase would be too long.
    """
    spans: list[Span] = []
    for close, end in closes:
        if (end - start) // STEPS_PER_BEAT <= PHRASE_BEATS[-1]:
            spans.append(Span(start, close, end))
        else:
            spans += drawn_form(start, close, end, dice, heard, in_threes).spans
        start = end
    return Form(tuple(spans), apart=beats_apart(in_threes))


def _length(beats: int, by_length: Weights, reach: Weights, dice: np.random.Generator) -> int:
    """Of the next phrase, so that others can fill what is left of so many beats; all of them where none fits."""
    likely = np.array(
        [weight * reach[beats - n] if n <= beats else 0.0 for n, weight in zip(PHRASE_BEATS, by_length, strict=True)]
    )
    if likely.sum() == 0 or beats <= PHRASE_BEATS[0]:
        return beats
    return PHRASE_BEATS[int(dice.choice(len(likely), p=likely / likely.sum()))]


@dataclass(frozen=True)
class Wish:
    """A phrase that is asked for: how long it is, and which earlier ones, by their letters, it is like."""

    beats: int
    letter: str = ""


def asked_form(start: int, ending: tuple[int, int], wishes: Sequence[Wish], dice: np.random.Generator) -> Form:
    """The phrases that are asked for; what lies before them belongs to the first one.

    ending: the steps of the last close and of the end, where the last phrase ends.
    """
    close, end = ending
    weights = _weights((), in_threes=False)
    spans: list[Span] = []
    places: dict[str, int] = {}
    at = end - sum(wish.beats for wish in wishes) * STEPS_PER_BEAT
    for number, wish in enumerate(wishes):
        last = number == len(wishes) - 1
        stop = at + wish.beats * STEPS_PER_BEAT
        repeats = places.get(wish.letter)
        if last:
            span = Span(at, close, end, repeats, close - OTHERWISE * STEPS_PER_BEAT)
        else:
            here = weights * _on_strong_beats((close - at) // STEPS_PER_BEAT, 2)
            span = Span(at, stop - _held_in(wish.beats, here, dice) * STEPS_PER_BEAT, stop, repeats)
        if wish.letter:
            places.setdefault(wish.letter, at)
        spans.append(span)
        at = stop
    first = spans[0]
    return Form((Span(start, first.close, first.end), *spans[1:]))


def _held_in(beats: int, weights: Weights, dice: np.random.Generator) -> int:
    return min(_held(beats, weights, dice), beats - 1)


def endless_form(start: int, dice: np.random.Generator) -> Form:
    """So many steps of phrases, the last of which ends nothing; for music that goes on until it is told to stop.

    start: on a beat; every other beat from step 0 on is a strong one.
    """
    end = start + ENDLESS_STEPS
    close = end - STEPS_PER_BEAT
    form = drawn_form(start, close - close % (2 * STEPS_PER_BEAT), end, dice)
    return replace(form, ends=False)


def _reach(beats: int, weights: Weights) -> Weights:
    """[beats + 1]: how likely phrases fill so many beats exactly."""
    shares = weights / weights.sum()
    reach = np.zeros(beats + 1)
    reach[0] = 1.0
    for filled in range(1, beats + 1):
        for share, length in zip(shares, PHRASE_BEATS, strict=True):
            if length <= filled:
                reach[filled] += share * reach[filled - length]
    return reach


def _weights(heard: Sequence[int], in_threes: bool) -> Weights:
    """[lengths, held]: how likely phrases of so many beats end on a chord of so many."""
    weights: Weights = tables().phrases[int(in_threes)].astype(np.float64) + 0.01
    for length in heard:
        if length in PHRASE_BEATS:
            weights[length - PHRASE_BEATS[0]] *= LIKE_HEARD
    return weights


def _like(before: Span, weights: Weights) -> Weights:
    """A phrase is often like the one before it."""
    length, held = before.beats, before.held
    if length not in PHRASE_BEATS or held not in HELD_BEATS:
        return weights
    stuck = weights.copy()
    stuck[length - PHRASE_BEATS[0], held - HELD_BEATS[0]] += STICKS * weights.sum()
    return stuck


def _on_strong_beats(strong: int, apart: int) -> Weights:
    """[lengths, held]: how much less likely a phrase is for where it closes.

    strong: beats from its beginning to a strong one; apart: from that to the next.
    """
    closes = np.subtract.outer(np.array(PHRASE_BEATS), np.array(HELD_BEATS))
    return np.where((closes - strong) % apart == 0, 1.0, WEAK)


def _held(length: int, weights: Weights, dice: np.random.Generator) -> int:
    likely = weights[length - PHRASE_BEATS[0]] if length in PHRASE_BEATS else weights.sum(axis=0)
    return HELD_BEATS[int(dice.choice(len(likely), p=likely / likely.sum()))]
