"""Some bars of some voices as a gap in a piece: what is known around it, and what each of its frames is asked to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from companion.generation.asked import NOTHING_ASKED, AskedHarmony, as_asked
from companion.generation.blanks import Blank, free_notes
from companion.generation.closes import Request, with_first, with_last
from companion.generation.composer import BAR_IN_THREES, LONGEST_HEARD, beats_of_song
from companion.harmony.form import PHRASE_BEATS, Form, Span, beats_apart, drawn_form
from companion.harmony.keys import likeliest_key
from companion.harmony.tunes import tune_form
from companion.harmony.way import AskedBeats, Way, way_through
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import Conditions
from companion.model.told import Ahead
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray, sounding_tokens
from companion.phrase.grid import Mask
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling, in_key
from companion.sampling.joining import anew, joins

IN_VIEW = 64  # steps of what comes after a gap that are looked at
AFTER_STEPS = 16  # four beats of it, by whose likelihood tries are ranked
_FORMS = 24  # that are drawn at most for bars without a tune
_EVERYONE = (True,) * len(VOICES)


@dataclass(frozen=True)
class Means:
    """By what a gap is made to join what comes after it."""

    tries: int = 4
    endings: int = 8  # tries of the end alone, each after the beginning of the best of those
    told: bool = True  # the model is told the next note of each voice
    toward: bool = True  # chords lead to those that come
    joined: bool = True  # in its last beat voices come near what they go on with, and not in parallel


ALL_MEANS, UNSEEING = Means(), Means(1, 0, told=False, toward=False, joined=False)


class Gap:
    """A gap as it is gone through, with what is heard before it and what is in view after it.

    Voices that the piece lacks are sung along silently, so that the model hears four.
    """

    def __init__(
        self,
        phrase: Phrase,
        blank: Blank,
        sampling: Sampling,
        dice: np.random.Generator,
        asked_key: Key | None = None,
        closes: Sequence[int] = (),
        means: Means = ALL_MEANS,
        asked: AskedHarmony = NOTHING_ASKED,
    ) -> None:
        """closes: frames of the phrase on which its phrases end, where that is known; asked: chords."""
        free = free_notes(phrase.frames, blank)
        changing = np.flatnonzero(free.any(axis=1))
        start, end = (int(changing[0]), int(changing[-1]) + 1) if len(changing) else (blank.first, blank.first)
        at = _heard_steps(phrase, start, end)
        self.first, self.stop = (int(np.searchsorted(at, step)) for step in (start, end))
        self.steps = (phrase.first_step + at).tolist()
        self.frames, self.sung = phrase.frames[at], sounding_tokens(phrase.frames)[at]
        self.anew = free[at]  # [steps, 4]
        self.free: Mask = self.anew | ~np.array(phrase.given)
        self.key = asked_key or likeliest_key(phrase.frames, ended=True)
        self._sampling = in_key(sampling, self.key, asked=asked_key is not None)
        self._joins = means.joined
        self.lead = self.steps[0] % STEPS_PER_BEAT  # of the frames, as the form counts
        self.chords = self._chords_here(asked.moved(beats_of_song(phrase, self.steps)).chords)
        form = self._phrases(phrase, dice, np.flatnonzero(np.isin(at, list(closes))) + self.lead)
        self.form = as_asked(form, self.chords)
        self._way, self._ahead = self._way_on(means), self._known_ahead(means)

    @property
    def after(self) -> int:
        """The frame after those by which tries are ranked."""
        return min(self.stop + AFTER_STEPS, len(self.frames))

    def request(self, at: int) -> Request:
        """What a frame is asked to be."""
        free = self.free[at]
        given = {voice: int(self.frames[at, voice]) for voice in np.flatnonzero(~free).tolist()}
        asked = Request(self._sampling, given, Conditions(key=self.key, ahead=self._ahead.at(at)))
        if not free.any():
            return asked
        if self._way is not None:
            asked = replace(asked, harmony=self._way.harmony(at + self.lead))
        begins = self._beginning(at)
        steps = self.form.steps_to_close(at + self.lead)
        if not (begins and steps is not None and steps < 0):
            asked = asked.towards_close(steps, self._closing_key(at))
        if begins:
            asked = replace(asked, sampling=with_first(asked.sampling, anew(begins)))
        if self._joins and self._goes_on_at_stop(at):
            following = np.where(self.free[self.stop], NOTHING, self.sung[self.stop])
            asked = replace(asked, sampling=with_last(asked.sampling, joins(tuple(following.tolist()))))
        return asked

    def closes(self) -> dict[int, Key | None]:
        """The frames of the gap on which phrases end, each with the key that it is to end in; None: any."""
        places = [span.close - self.lead for span in self.form.spans]
        return {at: self._closing_key(at) for at in places if self.first <= at < self.stop}

    def _beginning(self, at: int) -> frozenset[int]:
        """The voices of which the first note that is made anew begins here."""
        before = self.anew[at - 1] if at else np.zeros(len(VOICES), dtype=bool)
        return frozenset(np.flatnonzero(self.anew[at] & ~before).tolist())

    def _goes_on_at_stop(self, at: int) -> bool:
        """Whether what is struck here may sound on to what is known: in the last beat, or a close held until then."""
        if not self.first <= at < self.stop < len(self.frames):
            return False
        span = self.form.at(at + self.lead)
        held = span is not None and span.close == at + self.lead and self.stop + self.lead <= span.end
        return held or at >= self.stop - STEPS_PER_BEAT

    def _closing_key(self, at: int) -> Key | None:
        """That of the piece's last phrase, where no other chord is asked for."""
        place = at + self.lead
        return self.key if self._is_last(at) and place - place % STEPS_PER_BEAT not in self.chords else None

    def _chords_here(self, chords: AskedBeats) -> AskedBeats:
        """Those of beats on which anything is made anew."""
        first, stop = self.first + self.lead, self.stop + self.lead
        return {step: chord for step, chord in chords.items() if first - STEPS_PER_BEAT < step < stop}

    def _is_last(self, at: int) -> bool:
        return self.form.ends and self.form.at(at + self.lead) == self.form.spans[-1]

    def _way_on(self, means: Means) -> Way | None:
        known = np.where(self.free, REST, self.frames).astype(np.int32)
        if not means.toward:
            known[self.stop :] = REST
        if self.key is None:
            return None
        return way_through(self.key, self.form, self._from_a_beat(known), _EVERYONE, self.chords)

    def _known_ahead(self, means: Means) -> Ahead:
        ahead = Ahead.of_frames(np.where(self.free, UNDECIDED, self.frames).astype(np.int32))
        if means.told:
            return ahead
        later, steps = (np.where(self.anew, NOTHING, known).astype(np.int32) for known in (ahead.later, ahead.steps))
        return Ahead(ahead.now, later, steps)

    def _from_a_beat(self, tokens: IntArray) -> IntArray:
        lacking = np.full((self.lead, *tokens.shape[1:]), REST, dtype=np.int32)
        return np.concatenate([lacking, tokens])

    def _phrases(self, phrase: Phrase, dice: np.random.Generator, closes: IntArray) -> Form:
        """As closes or the tune tell; in bars without a tune they are drawn."""
        singer, in_threes = phrase.given.index(True), phrase.bar_steps == BAR_IN_THREES
        tune, gap = self._from_a_beat(self.frames[:, singer]), slice(self.first, self.stop)
        if len(closes):
            spans = _spans_to(_with_own(closes.tolist(), tune_form(tune, in_threes)), tune)
        elif self.anew[gap, singer].any() and (self.frames[gap, singer] == REST).all():
            spans = _around(tune, (self.first + self.lead, self.stop + self.lead), dice, in_threes)
        else:
            spans = list(tune_form(tune, in_threes).spans)
        ends = self.steps[-1] == phrase.first_step + len(phrase.frames) - 1
        kept = self._from_a_beat(np.where(self.free, HOLD, self.frames).astype(np.int32))
        struck = np.flatnonzero((kept >= FIRST_STRIKE).any(axis=1)).tolist()
        return Form(tuple(_until_others_move(spans, struck)), ends, beats_apart(in_threes))


def _heard_steps(phrase: Phrase, first: int, stop: int) -> NDArray[np.intp]:
    """The frames that are gone through: without long rests, but with all that is made anew."""
    sung = phrase.sung_steps
    before, after = sung[sung < first][-LONGEST_HEARD:], sung[sung >= stop][:IN_VIEW]
    return np.concatenate([before, np.arange(first, stop), after]).astype(np.intp)


def _with_own(closes: Sequence[int], form: Form) -> list[int]:
    """Closes that are known, and those of a tune's form where the known ones are too far apart for a phrase."""
    shortest, longest = PHRASE_BEATS[0] * STEPS_PER_BEAT, PHRASE_BEATS[-1] * STEPS_PER_BEAT
    edges = [0, *closes, form.spans[-1].end + longest]
    own = []
    for close in (span.close for span in form.spans):
        before, after = max(edge for edge in edges if edge <= close), min(edge for edge in edges if edge > close)
        if after - before > longest and min(abs(close - other) for other in closes) >= shortest:
            own.append(close)
    return sorted({*closes, *own})


def _spans_to(closes: Sequence[int], tune: IntArray) -> list[Span]:
    """Phrases that end on these steps of a tune; the last one on its last note."""
    struck = np.flatnonzero(tune >= FIRST_STRIKE).tolist()
    last = struck[-1] if struck else len(tune) - 1
    spans, start = [], 0
    for close in [close for close in closes if close < last] + [last]:
        if close < start:  # on a note that ends a phrase already, in a voice that comes later to its own
            continue
        end = next((step for step in struck if step > close), len(tune)) // STEPS_PER_BEAT * STEPS_PER_BEAT
        if close == last:
            end = len(tune)
        spans.append(Span(start, close, max(end, close + 1)))
        start = end
    return spans


def _until_others_move(spans: Sequence[Span], struck: Sequence[int]) -> list[Span]:
    """Phrases whose last chords are held no longer than until a beat on which a voice that is kept goes on."""
    freed: list[Span] = []
    start = spans[0].start
    for number, span in enumerate(spans):
        moves = [step for step in struck if span.close < step < span.end and step % STEPS_PER_BEAT == 0]
        if moves and number == len(spans) - 1:
            freed.append(replace(span, start=start, close=moves[-1]))
        else:
            freed.append(replace(span, start=start, end=moves[0] if moves else span.end))
        start = freed[-1].end
    return freed


def _around(tune: IntArray, gap: tuple[int, int], dice: np.random.Generator, in_threes: bool) -> list[Span]:
    """The phrases of a tune with a gap, in which such closes are drawn as the others leave room for."""
    first, stop = gap[0], gap[1] + -gap[1] % STEPS_PER_BEAT
    before = list(tune_form(tune[:first], in_threes).spans[:-1])  # where the last one goes on to is not known
    begin = before[-1].end if before else 0
    after = [Span(*(stop + step for step in one[:3])) for one in _places(tune[stop:], in_threes)]
    if not after:
        after = [Span(begin, (len(tune) - 1) // STEPS_PER_BEAT * STEPS_PER_BEAT, len(tune))]
    joined = Span(begin, after[0].close, after[0].end)
    lengths = [one.beats for one in (*before, *after[1:])]
    for _ in range(_FORMS):
        drawn = drawn_form(begin, joined.close, joined.end, dice, lengths, in_threes).spans
        if all(first <= one.close and one.end <= stop for one in drawn[:-1]) and drawn[-1].close == joined.close:
            return [*before, *drawn, *after[1:]]
    return [*before, joined, *after[1:]]


def _places(tune: IntArray, in_threes: bool) -> list[tuple[int, int, int]]:
    if not (tune >= FIRST_STRIKE).any():
        return []
    return [(one.start, one.close, one.end) for one in tune_form(tune, in_threes).spans]
