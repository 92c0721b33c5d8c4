"""A phrase continued or harmonised: frames one after another, and the notes of a finished piece."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.generation.asked import NOTHING_ASKED, AskedClose, AskedHarmony, as_asked, with_closes
from companion.generation.closes import AS_BEFORE, INNER_TRIES, TRIES, Made, Request, Walk, towards_close
from companion.generation.following import Lead
from companion.generation.generator import DecoderState, Frame, Generator
from companion.generation.velocity import VelocityRule
from companion.harmony.form import Form, Wish, asked_form, closing_form, drawn_form
from companion.harmony.keys import likeliest_key
from companion.harmony.tunes import led_on, tune_form
from companion.harmony.way import AskedBeats, way_through
from companion.model.codes import UNDECIDED
from companion.model.features import Conditions
from companion.model.told import Ahead
from companion.music.bars import closing_steps
from companion.music.key import Key
from companion.music.song import VoiceNote
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray, excerpt
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling, in_key

BAR_IN_THREES = 12  # steps
WHOLE_BARS = 0.3  # so many of the chorales end on a chord of a whole bar, others on one of half a bar
FEWEST_BARS = 4  # of new music that may end so
LONGEST_HEARD = 512  # frames: 32 bars of 4/4; of a longer seed only the tail is heard
SEED = "seed"
MODEL = "model"


@dataclass(frozen=True)
class Composed:
    """A frame of a composition."""

    frame: Frame
    origin: str  # SEED or MODEL
    chosen: tuple[bool, ...]  # which voices the model chose
    phrase: int | None = None  # the number of its phrase, from 0 on, in what is added or in what is new
    to_close: int | None = None  # steps until that phrase's last chord is struck; below 0 while it is held


def continue_phrase(
    generator: Generator,
    phrase: Phrase,
    bars: int,
    sampling: Sampling,
    asked_key: Key | None = None,
    lead: Lead | None = None,
    wishes: Sequence[Wish] = (),
    asked: AskedHarmony = NOTHING_ASKED,
) -> Iterator[Composed]:
    """The seed, its missing voices added, then ``bars`` new bars in phrases, the last of which ends the piece.

    Where the seed ends inside a bar, that bar is completed first. The key is the one that is asked for, else
    the one that is heard.

    lead: what the new bars take from the phrase.
    wishes: the phrases of the new bars, which they fill; else they are drawn.
    asked: chords and closes, of the seed and of what is new.
    """
    heard = _Heard(generator, phrase, sampling, asked_key, LONGEST_HEARD, asked=asked)
    state = generator.start()
    for frame, after in heard.walk(state, 0, len(heard.frames) - 1):
        state = after
        yield Composed(frame, SEED, heard.added)
    first = heard.first_step + len(heard.frames)
    new = asked.moved(_beats_to_come(phrase, bars), first)
    form = as_asked(_planned(generator, phrase, heard, bars, wishes, new.closes), new.chords)
    yield from _answer(generator, state, form, first, heard, lead, new.chords)


def continue_to_its_end(
    generator: Generator, phrase: Phrase, bars: int, sampling: Sampling, asked_key: Key | None = None
) -> Iterator[Composed]:
    """The seed, its missing voices added, then new frames until the model ends the piece, or so many bars are full.

    Nothing is planned: where phrases close and the piece ends is the model's own.
    """
    heard = _Heard(generator, phrase, sampling, asked_key, LONGEST_HEARD)
    state = generator.start()
    for frame, after in heard.walk(state, 0, len(heard.frames) - 1):
        state = after
        yield Composed(frame, SEED, heard.added)
    request = Request(heard.sampling, conditions=Conditions(key=heard.key))
    for _ in range(_steps_to_come(phrase, bars)):
        frame, state = request.made(generator, state)
        if generator.random.random() < frame.ended:
            return
        yield Composed(frame, MODEL, (True,) * len(VOICES))


def harmonise(
    generator: Generator,
    phrase: Phrase,
    sampling: Sampling,
    asked_key: Key | None = None,
    asked: AskedHarmony = NOTHING_ASKED,
) -> Iterator[Composed]:
    """The seed's frames with the voices it lacks, phrase by phrase; each last chord is held until its tune goes on.

    The key is the one that is asked for, else the one that is heard.

    asked: chords and closes.
    """
    heard = _Heard(generator, phrase, sampling, asked_key, ended=True, asked=asked)
    struck = np.flatnonzero((heard.frames >= FIRST_STRIKE).any(axis=1))
    heard.close = int(struck[-1]) if len(struck) else len(heard.frames) - 1
    if heard.chords:  # the last one may come after the tune's last note
        heard.close = max(heard.close, heard.form.spans[-1].close - heard.first_step)
    state, place = generator.start(), heard.first_step
    for frame, after in heard.to_the_close(state):
        state = after
        yield Composed(frame, SEED, heard.added, *_in_phrase(heard.form, place))
        place += 1
    for frame, _ in heard.walk(state, heard.close + 1, len(heard.frames) - 1):
        yield Composed(frame, SEED, heard.added, *_in_phrase(heard.form, place))
        place += 1


class _Heard:
    """A phrase as it is gone through: without its long rests, and of its end so many steps at most.

    Its own phrases are those of its tune.
    """

    def __init__(
        self,
        generator: Generator,
        phrase: Phrase,
        sampling: Sampling,
        asked_key: Key | None,
        most: int | None = None,
        ended: bool = False,
        asked: AskedHarmony = NOTHING_ASKED,
    ) -> None:
        sung = phrase.sung_steps
        skipped = 0 if most is None else max(len(sung) - most, 0)
        self.frames = excerpt(phrase.frames[sung], skipped, len(sung))
        self.key = asked_key or asked.key or likeliest_key(phrase.frames, ended=ended)
        self.sampling = in_key(sampling, self.key, asked=asked_key is not None)
        self.added = tuple(not given for given in phrase.given)
        self.close: int | None = None  # the frame of the last chord, where there is to be one
        self._generator, self._given, self._ahead = generator, phrase.given, _ahead(self.frames, phrase.given)
        self._steps = (phrase.first_step + sung[skipped:]).tolist()
        self.first_step = self._steps[0] % STEPS_PER_BEAT  # of the frames, as the form of the tune counts
        lacking = np.full((self.first_step, len(VOICES)), REST, dtype=np.int32)
        self._from_a_beat = np.concatenate([lacking, self.frames])
        here = asked.moved(beats_of_song(phrase, self._steps))
        self.chords = here.chords
        closes = [close.step for close in here.closes]
        tune = self._from_a_beat[:, phrase.given.index(True)]
        form = tune_form(tune, phrase.bar_steps == BAR_IN_THREES, closes)
        self.form = as_asked(led_on(form, generator.random) if ended and not closes else form, self.chords)
        self._alike = {
            span for span in self.form.spans if span.repeats is not None and generator.random.random() < AS_BEFORE
        }
        self._way = None
        if self.key is not None and any(self.added):
            self._way = way_through(self.key, self.form, self._from_a_beat, phrase.given, self.chords)

    def closing_key(self, place: int) -> Key | None:
        """That of a last chord, which is of the key where no other one is asked for."""
        return None if place - place % STEPS_PER_BEAT in self.chords else self.key

    def walk(self, state: DecoderState, first: int, last: int) -> Walk:
        """The frames from one to another, their missing voices added."""
        for at in range(first, last + 1):
            here = replace(state, step=self._steps[at])  # after a rest in another place
            frame, after = self._request(at, here).made(self._generator, here)
            state = after.beside(frame.pitches, self._given)
            yield Made(frame, state)

    def to_the_close(self, state: DecoderState) -> Walk:
        """All frames up to the last chord; of each phrase, and of the last more carefully, the ending that is best."""
        assert self.close is not None
        at = 0
        for span in self.form.spans:
            close = min(span.close - self.first_step, self.close)
            final = span == self.form.spans[-1]
            stop = self.close if final else close
            if stop < at:
                continue
            key, tries = (self.closing_key(span.close), TRIES) if final else (None, INNER_TRIES)
            for made in towards_close(self.walk, state, (at, stop), key, tries):
                state = made.after
                yield made
            at = stop + 1

    def _request(self, at: int, state: DecoderState) -> Request:
        """What a frame is asked to be: after a rest all voices begin anew."""
        known = _known(self.frames[at], self._given)
        asked = Request(self.sampling, known, Conditions(key=self.key, ahead=self._ahead.at(at)))
        place = at + self.first_step
        if self._way is not None:
            asked = replace(asked, harmony=self._way.harmony(place))
        if self.close is not None and place >= self.form.spans[-1].start:
            asked = asked.towards_close(self.close - at, self.closing_key(place))
        elif self.close is not None:
            asked = asked.towards_close(self.form.steps_to_close(place), None)
            if (span := self.form.at(place)) in self._alike:
                asked = asked.again(state, span, place)
        return asked.struck_anew() if at and self._steps[at] > self._steps[at - 1] + 1 else asked


def beats_of_song(phrase: Phrase, steps: Sequence[int]) -> list[int]:
    """The steps of the song where the beats begin of some frames, from that around the first on.

    steps: of the frames, from the beginning of the phrase's first bar.
    """
    bar, first = phrase.start_step - phrase.first_step, steps[0]
    return [bar + step for step in [*range(first - first % STEPS_PER_BEAT, first), *steps][::STEPS_PER_BEAT]]


def seed_frames(phrase: Phrase) -> int:
    """How many frames of the seed continue_phrase yields."""
    return min(len(phrase.sung_steps), LONGEST_HEARD)


def total_frames(phrase: Phrase, bars: int) -> int:
    """How many frames continue_phrase yields."""
    return seed_frames(phrase) + _steps_to_come(phrase, bars)


def notices(phrase: Phrase) -> list[str]:
    """What the player should know of how the seed is heard."""
    lines = list(phrase.notices)
    if seed_frames(phrase) < len(phrase.sung_steps):
        added = "" if all(phrase.given) else ", and have their missing voices added"
        lines.append(f"the seed is long: only its last {LONGEST_HEARD} steps are heard{added}")
    return lines


def _steps_to_come(phrase: Phrase, bars: int) -> int:
    return -phrase.end_place % phrase.bar_steps + bars * phrase.bar_steps


def _ahead(frames: IntArray, given: Sequence[bool]) -> Ahead:
    """What each frame may know of the given voices: a file knows its future."""
    return Ahead.of_frames(np.where(given, frames, UNDECIDED).astype(np.int32))


def _known(tokens: IntArray, given: Sequence[bool]) -> dict[int, int]:
    """The tokens of the given voices, by voice."""
    return {voice: int(tokens[voice]) for voice in range(len(VOICES)) if given[voice]}


def _beats_to_come(phrase: Phrase, bars: int) -> list[int]:
    """The steps of the song where the beats of the new music begin, and its end."""
    first = phrase.start_step + len(phrase.frames)
    return list(range(first, first + _steps_to_come(phrase, bars) + 1, STEPS_PER_BEAT))


def _planned(
    generator: Generator,
    phrase: Phrase,
    heard: _Heard,
    bars: int,
    wishes: Sequence[Wish],
    closes: Sequence[AskedClose],
) -> Form:
    """The phrases of an answer, as asked for, as long as those heard or as Bach's, in steps of the frames."""
    start = heard.first_step + len(heard.frames)
    end = start + _steps_to_come(phrase, bars)
    close = end - closing_steps(phrase.bar_steps)
    if wishes:
        return with_closes(asked_form(start, (close, end), wishes, generator.random), closes)
    if bars >= FEWEST_BARS and not closes and generator.random.random() < WHOLE_BARS:
        close = end - phrase.bar_steps
    lengths = [span.beats for span in heard.form.spans[:-1]]
    in_threes = phrase.bar_steps == BAR_IN_THREES
    if closes:
        asked = [(one.step, one.end) for one in closes]
        last = [(close, end)] if asked[-1][1] < end else []
        return closing_form(start, [*asked, *last], generator.random, lengths, in_threes)
    return drawn_form(start, close, end, generator.random, lengths, in_threes)


def _answer(
    generator: Generator,
    state: DecoderState,
    form: Form,
    first: int,
    heard: _Heard,
    lead: Lead | None,
    chords: AskedBeats,
) -> Iterator[Composed]:
    """New frames that begin afresh, phrase by phrase; each last chord is struck on its beat and held."""
    key = heard.key
    way = None if key is None else way_through(key, form, asked=chords)
    plain = Request(heard.sampling, conditions=Conditions(key=key))
    final = form.spans[-1]
    last_key = None if final.close in chords else key

    def walk(state: DecoderState, begin: int, last: int) -> Walk:
        for step in range(begin, last + 1):
            span = form.at(step)
            request = plain if way is None else replace(plain, harmony=way.harmony(step))
            if lead is not None:
                request = replace(request, sampling=lead.sampling(heard.sampling, step - first))
            request = request.towards_close(form.steps_to_close(step), last_key if span == final else None)
            request = request if span is None else request.again(state, span, step)
            made = (request.struck_anew() if step in (first, final.close) else request).made(generator, state)
            state = made.after
            yield made

    everyone, made = (True,) * len(VOICES), 0
    for span in form.spans:
        asked_key, tries = (last_key, TRIES) if span == final else (None, INNER_TRIES)
        for frame, after in towards_close(walk, state, (span.start, span.close), asked_key, tries):
            state = after
            yield Composed(frame, MODEL, everyone, *_in_phrase(form, first + made))
            made += 1
        for frame, after in walk(state, span.close + 1, span.end - 1):
            state = after
            yield Composed(frame, MODEL, everyone, *_in_phrase(form, first + made))
            made += 1


def _in_phrase(form: Form, step: int) -> tuple[int | None, int | None]:
    """The number of the phrase that a step belongs to, and the steps to its close."""
    return form.number(step), form.steps_to_close(step)


def voice_notes(
    composed: Iterable[Composed], phrase: Phrase, velocity: VelocityRule, lead: Lead | None = None
) -> list[VoiceNote]:
    """The notes that the model added, in the seed's ticks; the seed's own are phrase.notes.

    A held note begins with its strike and takes its velocity there. Where the player let go of the
    same key a little late, it begins when the player is done: a played note keeps its own end. Where
    the next played note of its voice begins a little early, it ends there.
    """
    played = _Played(phrase.notes)
    notes: list[VoiceNote] = []
    sounding: dict[int, VoiceNote] = {}
    start = phrase.first_step
    end_tick = 0
    for one in composed:
        tick = phrase.tick_of_step(one.frame.step - start)
        if tick > end_tick:  # after a rest: what sounded before it has ended there
            notes.extend(note._replace(end_tick=end_tick) for note in sounding.values())
            sounding.clear()
        end_tick = phrase.tick_of_step(one.frame.step - start + 1)
        for voice, token in enumerate(one.frame.tokens):
            if token != HOLD and voice in sounding:
                notes.append(sounding.pop(voice)._replace(end_tick=tick))
            pitch = one.frame.pitches[voice]
            if token >= FIRST_STRIKE and one.chosen[voice] and pitch is not None:
                since = one.frame.step - start - (len(phrase.frames) if one.origin == MODEL else 0)
                strength = velocity(voice, one.frame.choices[voice].entropy_bits, since)
                begin = max(tick, min(played.let_go(voice, pitch, tick), end_tick - 1))
                sounding[voice] = VoiceNote(voice, begin, end_tick, pitch, strength)
    if lead is not None:
        notes = list(lead.touched(notes, phrase.tick_of_step(len(phrase.frames)), phrase.ticks_per_beat))
    notes.extend(note._replace(end_tick=end_tick) for note in sounding.values())
    return sorted(map(played.make_way, notes), key=lambda note: (note.start_tick, note.voice))


class _Played:
    """The player's notes, asked by where one of the model's begins."""

    def __init__(self, notes: Iterable[VoiceNote]) -> None:
        self._of_keys: dict[tuple[int, int], list[VoiceNote]] = {}
        self._begins: dict[int, list[int]] = {}
        for note in sorted(notes, key=lambda note: note.start_tick):
            self._of_keys.setdefault((note.voice, note.pitch), []).append(note)
            self._begins.setdefault(note.voice, []).append(note.start_tick)

    def let_go(self, voice: int, pitch: int, tick: int) -> int:
        """When the last note of a key that began before a tick ends; 0 where there is none."""
        own = self._of_keys.get((voice, pitch), [])
        before = bisect_left(own, tick, key=lambda note: note.start_tick)
        return own[before - 1].end_tick if before else 0

    def make_way(self, note: VoiceNote) -> VoiceNote:
        """A note that ends where the next one played in its voice begins."""
        begins = self._begins.get(note.voice, [])
        coming = bisect_right(begins, note.start_tick)
        return note if coming == len(begins) else note._replace(end_tick=min(note.end_tick, begins[coming]))
