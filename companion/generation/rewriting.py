"""Some bars of some voices made anew, so that they join what comes before and after: several tries, the best kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.generation.closes import BEST, Made, Request, Walk, closing_quality, with_last
from companion.generation.composer import BAR_IN_THREES, LONGEST_HEARD, Composed
from companion.generation.generator import DecoderState, Frame, Generator
from companion.harmony.form import Form, Span, drawn_form
from companion.harmony.keys import likeliest_key
from companion.harmony.tunes import tune_form
from companion.harmony.way import way_through
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import Ahead, Conditions, History
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray, sounding_tokens
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling, in_key
from companion.sampling.joining import anew, joins, parallels_between

REWRITTEN = "rewritten"  # the origin of a frame
TRIES = 8
AFTER_STEPS = 16  # four beats of what comes after, by whose likelihood tries are ranked
IN_VIEW = 64  # steps of it that are looked at
FORMS = 24  # drawn at most for bars that hold no tune
CLOSE_NATS = 1.0  # what a point of a close within the bars is worth

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What is made anew: voices from a frame of a phrase up to another."""

    first: int
    stop: int
    voices: tuple[int, ...]


@dataclass(frozen=True)
class Means:
    """By what bars are made to join those after them."""

    tries: int = TRIES
    told: bool = True  # the model is told what each voice strikes next
    toward: bool = True  # chords lead to those that come
    joined: bool = True  # the last beat keeps to what voices may come from


ALL_MEANS, UNSEEING = Means(), Means(1, told=False, toward=False, joined=False)


@dataclass(frozen=True)
class Candidate:
    """A try."""

    frames: tuple[Composed, ...]  # of the window
    faults: int  # parallels in it and at both of its edges, and voices that are silent
    nats: float  # of the beats after it: how unlikely they are
    missing: int  # points that closes within lack
    changed: float  # the share of steps at which a voice that is made anew sings something else than before


def merit(candidate: Candidate) -> tuple[bool, int, float]:
    """What candidates are ranked by; the least is the best. What was there before is none."""
    return candidate.changed == 0, candidate.faults, candidate.nats + CLOSE_NATS * candidate.missing


def free_notes(frames: IntArray, window: Window) -> Mask:
    """``[steps, 4]``: what is made anew.

    A note belongs to where it begins: one that lasts into the window is kept to its end, and one that lasts out of it
    is made anew to its own.
    """
    free = np.zeros(frames.shape, dtype=bool)
    for voice in window.voices:
        start, stop = window.first, window.stop
        while start < stop and frames[start, voice] == HOLD:
            start += 1
        while start < stop < len(frames) and frames[stop, voice] == HOLD:
            stop += 1
        free[start:stop, voice] = True
    return free


class Rewriting:
    """The search for bars that join what is around them."""

    def __init__(
        self,
        generator: Generator,
        phrase: Phrase,
        window: Window,
        sampling: Sampling,
        asked_key: Key | None = None,
        means: Means = ALL_MEANS,
    ) -> None:
        self.candidates: list[Candidate] = []
        self._generator, self._means = generator, means
        free = free_notes(phrase.frames, window)
        changing = np.flatnonzero(free.any(axis=1))
        first, stop = (int(changing[0]), int(changing[-1]) + 1) if len(changing) else (window.first, window.first)
        self._at = _heard_steps(phrase, first, stop)
        self._first, self._stop = (int(np.searchsorted(self._at, step)) for step in (first, stop))
        self._anew = free[self._at]
        self._free = self._anew | ~np.array(phrase.given)
        self._steps = (phrase.first_step + self._at).tolist()
        self._before = sounding_tokens(phrase.frames)[self._at]
        self._frames = phrase.frames[self._at]
        self.key = asked_key or likeliest_key(phrase.frames, ended=True)
        self._sampling = in_key(sampling, self.key, asked=asked_key is not None)
        self._known = np.where(self._free, UNDECIDED, self._frames).astype(np.int32)
        ends = self._at[-1] == len(phrase.frames) - 1
        self._plan(phrase, bool(ends))
        self._search = self._try()

    @property
    def work(self) -> int:
        """How many frames are made before the first one is there."""
        return self._first + self._means.tries * (self._after - self._first)

    @property
    def made(self) -> int:
        """How many frames there will be."""
        return self._stop - self._first

    @property
    def _after(self) -> int:
        """The frame after those by which tries are ranked."""
        return min(self._stop + AFTER_STEPS, len(self._frames))

    def search(self) -> Iterator[None]:
        """Goes on by a frame each time, until all candidates are there."""
        yield from self._search

    def frames(self) -> Iterator[Composed]:
        """Those of the best candidate."""
        for _ in self._search:
            pass
        yield from min(self.candidates, key=merit).frames

    def _plan(self, phrase: Phrase, ends: bool) -> None:
        """The phrases, the way through them, and what frames may know of what is to come."""
        lead = self._steps[0] % STEPS_PER_BEAT
        self._lead = lead
        self._form = self._phrases(phrase, ends)
        known = np.where(self._free, REST, self._frames).astype(np.int32)
        if not self._means.toward:
            known[self._stop :] = REST
        padded = np.concatenate([np.full((lead, len(VOICES)), REST, dtype=np.int32), known])
        self._way = None if self.key is None else way_through(self.key, self._form, padded, (True,) * len(VOICES))
        ahead = Ahead.of_frames(self._known)
        if not self._means.told:
            ahead = Ahead(ahead.now, np.where(self._anew, NOTHING, ahead.later), np.where(self._anew, 0, ahead.steps))
        self._ahead = ahead

    def _phrases(self, phrase: Phrase, ends: bool) -> Form:
        """As the tune has them; bars in which it is silent have some that are drawn."""
        in_threes = phrase.bar_steps == BAR_IN_THREES
        singer = phrase.given.index(True)
        tune = self._frames[:, singer]
        inside = slice(self._first, self._stop)
        if (tune[inside] != REST).any() or not self._anew[inside, singer].any():
            padded = np.concatenate([np.full(self._lead, REST, dtype=np.int32), tune])
            return Form(tune_form(padded, in_threes).spans, ends)
        return self._drawn_phrases(tune, in_threes, ends)

    def _drawn_phrases(self, tune: IntArray, in_threes: bool, ends: bool) -> Form:
        """Those around bars without a tune, with closes between that fit."""
        first, stop = self._first + self._lead, self._stop + self._lead
        end = len(tune) + self._lead
        padded = np.concatenate([np.full(self._lead, REST, dtype=np.int32), tune])
        stop += -stop % STEPS_PER_BEAT
        before = list(tune_form(padded[:first], in_threes).spans[:-1])  # where the last one ends is not known
        begin = before[-1].end if before else 0
        if stop >= end:
            close, ending, later = (end - 1) // STEPS_PER_BEAT * STEPS_PER_BEAT, end, []
        else:
            moved = [
                Span(one.start + stop, one.close + stop, one.end + stop)
                for one in tune_form(padded[stop:], in_threes).spans
            ]
            close, ending, later = moved[0].close, moved[0].end, moved[1:]
        between: Sequence[Span] = (Span(begin, close, ending),)
        lengths = [one.beats for one in (*before, *later)]
        for _ in range(FORMS):
            spans = drawn_form(begin, close, ending, self._generator.random, lengths, in_threes).spans
            if all(first <= one.close and one.end <= stop for one in spans[:-1]) and spans[-1].close == close:
                between = spans
                break
        return Form((*before, *between, *later), ends)

    def _try(self) -> Iterator[None]:
        state = self._generator.start()
        for _, after in self._walk(state, 0, self._first):
            state = after
            yield
        for _ in range(self._means.tries):
            tokens: list[Made] = []
            here = state
            for made in self._walk(state, self._first, self._stop):
                tokens.append(made)
                here = made.after
                yield
            nats, following = 0.0, []
            for at in range(self._stop, self._after):
                made, unlikely = self._judged(at, here)
                here, nats = made.after, nats + unlikely
                following.append(made)
                yield
            self.candidates.append(self._candidate(state.history, tokens, following, nats))

    def _walk(self, state: DecoderState, first: int, stop: int) -> Walk:
        """The frames from one up to another; what is not known of them is made."""
        for at in range(first, stop):
            here = replace(state, step=self._steps[at])
            made = self._request(at, here).made(self._generator, here)
            state = made.after.hearing(made.frame.pitches) if at < self._first else made.after
            yield Made(made.frame, state)

    def _judged(self, at: int, state: DecoderState) -> tuple[Made, float]:
        """A frame after the window, and how unlikely those of its notes are that were there before, in nats."""
        here = replace(state, step=self._steps[at])
        tokens = self._frames[at].copy()
        unknown = self._free[at]
        if unknown.any():
            made = self._request(at, here).made(self._generator, here)
            tokens[unknown] = made.frame.tokens[unknown]
        heard = Made(*self._generator.hear(here, tokens, Conditions(key=self.key)))
        return heard, nats_of(heard.frame, here.history, np.flatnonzero(~unknown).tolist())

    def _request(self, at: int, state: DecoderState) -> Request:
        """What a frame is asked to be."""
        free, place = self._free[at], at + self._lead
        given = {voice: int(self._frames[at, voice]) for voice in range(len(VOICES)) if not free[voice]}
        asked = Request(self._sampling, given, Conditions(key=self.key, ahead=self._ahead.at(at)))
        if not free.any():
            return asked
        begins = self._anew[at] & ~(self._anew[at - 1] if at else np.zeros(len(VOICES), dtype=bool))
        if self._way is not None:
            asked = replace(asked, harmony=self._way.harmony(place))
        steps, span = self._form.steps_to_close(place), self._form.at(place)
        if not (begins.any() and steps is not None and steps < 0):
            final = self._form.ends and span == self._form.spans[-1]
            asked = asked.towards_close(steps, self.key if final else None)
        if begins.any():
            asked = replace(asked, sampling=with_first_rules(asked.sampling, begins))
        if self._means.joined and self._stop - STEPS_PER_BEAT <= at < self._stop < len(self._frames):
            coming = np.where(self._known[self._stop] == UNDECIDED, NOTHING, self._sounding_after)
            asked = replace(asked, sampling=with_last(asked.sampling, joins(tuple(coming.tolist()))))
        return asked

    @property
    def _sounding_after(self) -> IntArray:
        """What the voices sing in the first frame after the window, as codes."""
        return self._before[self._stop]

    def _candidate(self, before: History, made: list[Made], following: list[Made], nats: float) -> Candidate:
        chords = [before.now, *(one.after.history.now for one in (*made, *following[:1]))]
        added = self._anew[self._first : self._stop]
        composed = tuple(
            Composed(
                one.frame,
                REWRITTEN,
                tuple(row),
                self._form.number(at + self._lead),
                self._form.steps_to_close(at + self._lead),
            )
            for at, (one, row) in enumerate(zip(made, added.tolist(), strict=True), start=self._first)
        )
        sung = np.array([one.after.history.now for one in made]).reshape(-1, len(VOICES))
        was = self._before[self._first : self._stop]
        silent = int(((sung < FIRST_STRIKE) & added).sum())
        changed = float((sung != was)[added].mean()) if added.any() else 0.0
        return Candidate(composed, parallels_between(chords) + silent, nats, self._missing(made), changed)

    def _missing(self, made: list[Made]) -> int:
        lacking = 0
        for span in self._form.spans:
            at = span.close - self._lead
            if self._first <= at < self._stop:
                final = self._form.ends and span == self._form.spans[-1]
                lacking += BEST - closing_quality(made[at - self._first].frame.pitches, self.key if final else None)
        return lacking


def with_first_rules(sampling: Sampling, begins: Mask) -> Sampling:
    """With a note begun by some voices, before all other rules."""
    voices = frozenset(np.flatnonzero(begins).tolist())
    return replace(sampling, rules=(anew(voices), *sampling.rules))


def nats_of(frame: Frame, before: History, voices: Sequence[int]) -> float:
    """How unlikely the notes of some voices were; a pitch that goes on and one that is struck again are one."""
    total = 0.0
    for voice in voices:
        choice, held = frame.choices[voice], before.now[voice]
        likely = choice.scores[choice.token]
        if held >= FIRST_STRIKE and choice.token in (HOLD, held):
            likely = np.logaddexp(choice.scores[HOLD], choice.scores[held])
        total -= float(likely)
    return total


def _heard_steps(phrase: Phrase, first: int, stop: int) -> NDArray[np.intp]:
    """The frames that are gone through: long rests are left out, but for what is made anew."""
    sung = phrase.sung_steps
    before, after = sung[sung < first][-LONGEST_HEARD:], sung[sung >= stop][:IN_VIEW]
    return np.concatenate([before, np.arange(first, stop), after]).astype(np.intp)
