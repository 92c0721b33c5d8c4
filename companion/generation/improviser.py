"""What comes next: heard steps with the voices they lack, answers, closes and repetitions, one frame at a time.

Everything here is a function of where the music stands and what is asked: the dice of a frame are
thrown afresh from the seed, the answer and the step, so that the same frame asked again comes out the
same, however often the plan was taken back in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from companion.generation.between import as_given, passed, told
from companion.generation.closes import AS_BEFORE, TRIES, Made, Request, Search, best_ending, best_opening
from companion.generation.following import NOT_FOLLOWING, Following, Lead
from companion.generation.forms import form_of, way_of
from companion.generation.generator import DecoderState, Frame, Generator
from companion.harmony.form import Form
from companion.harmony.leading import AskedBeat, Harmony
from companion.harmony.progressions import tables
from companion.harmony.whereabouts import Whereabouts
from companion.model.features import Conditions, sounding_code
from companion.model.runtime import Model
from companion.music.key import Key
from companion.music.pulse import QUARTERS, Pulse
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray, strike
from companion.phrase.character import Character
from companion.phrase.hands import LEGATO_STEPS, TAIL_STEPS, Hands
from companion.sampling.draw import Sampling

HEARD = "heard"  # the player's step; what it lacked is imagined, and not sounded
ANSWER = "model"
LOOP = "loop"

IMAGINED_TEMPERATURE = 0.4  # at most: what the player did not play is heard as the likeliest harmony

_TUNE = 0  # the voice of a tune that is played
KNOWN_AGAIN = 6  # notes of it, after which it is known to come back
SHORTEST_STEPS = 16  # of an answer, before the model may end it

ALL = frozenset(range(len(VOICES)))
_HELD: IntArray = np.full(len(VOICES), HOLD, dtype=np.int32)


@dataclass(frozen=True)
class Context:
    """A place from which the music can go on."""

    state: DecoderState
    hands: Hands
    where: Whereabouts | None = None  # in its phrase the player's tune was, where the answer sounds with it

    @property
    def step(self) -> int:
        """Of the frame to come."""
        return self.state.step


@dataclass(frozen=True)
class Planned:
    """One frame of the plan, and where it leads."""

    frame: Frame
    before: Context
    after: Context
    origin: str  # HEARD, ANSWER or LOOP
    own: frozenset[int]  # voices that are the player's
    last: bool = False  # the model ended the piece: the last chord is held through this frame

    @property
    def step(self) -> int:
        return self.frame.step

    @property
    def silent(self) -> bool:
        """Whether no voice sounds."""
        return all(pitch is None for pitch in self.frame.pitches)


@dataclass(frozen=True)
class Answer:
    """What the companion is about to play, or plays."""

    number: int  # counts answers: no two throw the same dice
    start: int  # step of its first frame
    close: int | None = None  # step on which its last chord is struck; None: until told to stop
    end: int | None = None  # the step after its last
    loop: tuple[IntArray, ...] = ()  # frames to repeat, in place of new ones
    with_player: bool = False  # it sounds only while the player does
    character: Character | None = None  # of the phrase that it answers
    drawn: tuple[int, int] | None = None  # its close and end when it began, for which its phrases were drawn
    open_end: bool = False  # the model may end it; an end that it has is then the model's

    @property
    def ending(self) -> tuple[int, int] | None:
        """Its close and end as they are now; None: until told to stop."""
        return None if self.close is None or self.end is None else (self.close, self.end)

    def ended_with(self, step: int) -> Answer:
        """The model ends it: this is its last step."""
        return replace(self, close=step, end=step + 1)

    def made_anew_from(self, step: int) -> Answer:
        """What was planned from a step on is to be made anew, and so is an end that was the model's."""
        return replace(self, close=None, end=None) if self.open_end and step < (self.end or 0) else self


@dataclass(frozen=True)
class Guidance:
    """How new frames are to be."""

    sampling: Sampling  # holding to the key already
    key: Key | None  # for the close
    seed: int
    locked: frozenset[int]  # voices that are the player's alone
    pulse: Pulse = QUARTERS
    follow: Following = NOT_FOLLOWING

    def lead(self, answer: Answer) -> Lead | None:
        """What an answer takes from its phrase; None: nothing."""
        return self.follow.lead(answer.character)

    def sampling_at(self, step: int, answer: Answer) -> Sampling:
        """How a step of an answer is drawn."""
        lead = self.lead(answer)
        return self.sampling if lead is None else lead.sampling(self.sampling, self.since(step, answer))

    def since(self, step: int, answer: Answer) -> int:
        """Steps from the beginning of an answer, as a model counts them."""
        return self.heard(step) - self.heard(answer.start)

    @property
    def conditions(self) -> Conditions:
        """What a model is told of all that comes."""
        return Conditions(key=self.key)

    @property
    def harmony(self) -> Harmony | None:
        """Of a beat where no phrases are planned."""
        return None if self.key is None else Harmony(self.key)

    def on_beat(self, state: DecoderState) -> DecoderState:
        """A state before a step that a model hears, as it counts steps: with beats on the multiples of four."""
        heard = self.heard(state.step)
        return state if heard == state.step else replace(state, step=heard)

    def heard(self, step: int) -> int:
        """A step as a model counts them, or the next one where it does not hear it."""
        heard = self.pulse.heard(self.pulse.first_heard(step))
        assert heard is not None
        return heard

    def form(self, answer: Answer, step: int) -> Form | None:
        """The phrases of an answer around a step; None where the player decides when they end."""
        if self.key is None or answer.loop or answer.with_player or self.locked or not self.sampling.harmony:
            return None
        drawn, now = (
            None if one is None else (self.heard(one[0]), self.heard(one[1])) for one in (answer.drawn, answer.ending)
        )
        return form_of((self.seed, answer.number), self.heard(answer.start), self.heard(step), drawn, now)


class Improviser:
    """Makes planned frames with one model."""

    def __init__(self, model: Model) -> None:
        self._generator = Generator(model, np.random.Generator(np.random.PCG64(0)))
        tables()  # read here, and not before the first note

    @property
    def model(self) -> Model:
        """The model that plays."""
        return self._generator.model

    def start(self, step: int) -> DecoderState:
        """Nothing heard yet."""
        return self._generator.start(step)

    def rehear(self, past: Sequence[Planned], guidance: Guidance) -> list[Planned]:
        """The same frames as this model hears them: how it catches up with what another one made."""
        renewed: list[Planned] = []
        state = self._generator.start()
        for planned in past:
            before = replace(state, step=planned.step)
            tokens = planned.frame.tokens if renewed else sounding_frame(planned.frame)
            state = self._hear(before, tokens, guidance).after
            state = replace(state, step=planned.step + 1, course=planned.after.state.course)
            points = replace(planned.before, state=before), replace(planned.after, state=state)
            renewed.append(replace(planned, before=points[0], after=points[1]))
        return renewed

    def heard(self, context: Context, hands: Hands, guidance: Guidance, number: int) -> Planned:
        """The player's step: voices not played are imagined."""
        given = hands.tokens(context.step, LEGATO_STEPS)
        request = Request(_calm(guidance.sampling), given, guidance.conditions, guidance.harmony)
        frame, after = self._draw(context.state, request, guidance, (guidance.seed, number, 0))
        made = Made(frame, after.hearing(frame.pitches))
        return _planned(made, context, hands, HEARD, frozenset(given))

    def next(self, context: Context, hands: Hands, answer: Answer, guidance: Guidance, attempt: int = 0) -> Planned:
        """The next frame of an answer."""
        if answer.loop:
            return self._repeated(context, hands, answer, guidance)
        own = _own_tokens(context.step, hands, answer, guidance)
        steps = None if answer.close is None else guidance.heard(answer.close) - guidance.heard(context.step)
        sampling = guidance.sampling_at(context.step, answer)
        request = Request(sampling, own, guidance.conditions, guidance.harmony)
        where = _whereabouts(context, own, guidance, _enters(context, answer)) if answer.with_player else None
        if where is not None and request.harmony is not None:
            request = replace(request, harmony=replace(request.harmony, beat=AskedBeat(places=where.places)))
            request = _as_remembered(request, context.state, guidance, answer)
        if form := guidance.form(answer, context.step):
            request = _in_form(request, guidance, form, guidance.on_beat(context.state))
        request = request.towards_close(steps, guidance.key)
        first = guidance.pulse.first_heard(answer.start)
        if context.step in (first, answer.close) or _enters(context, answer):
            request = request.struck_anew()
        elif context.step < first:
            request = request.silent()
        made = self._draw(context.state, request, guidance, (guidance.seed, answer.number, attempt))
        if answer.with_player:
            is_own = [voice in own for voice in range(len(VOICES))]
            made = Made(made.frame, made.after.beside(made.frame.pitches, is_own))
        if answer.open_end and not own and self._ends(made.frame, guidance.since(context.step, answer)):
            held = self._hear(context.state, _HELD, guidance)
            return replace(_planned(held, context, hands, ANSWER, frozenset()), last=True)
        return _planned(made, context, hands, ANSWER, frozenset(own), where)

    def _ends(self, frame: Frame, since: int) -> bool:
        """Whether the model ends the piece before a frame that was just drawn, by the dice of that frame."""
        return since >= SHORTEST_STEPS and bool(self._generator.random.random() < frame.ended)

    def ending(self, context: Context, hands: Hands, answer: Answer, guidance: Guidance) -> Search[Planned]:
        """The frames up to the close, the best of several tries; yields after each frame that was tried."""
        assert answer.close is not None
        close = answer.close

        def attempt(number: int) -> Iterator[Planned]:
            here = context
            while here.step <= close:
                planned = self.next(here, hands, answer, guidance, number)
                here = planned.after
                yield planned

        return best_ending(attempt, guidance.key)

    def _repeated(self, context: Context, hands: Hands, answer: Answer, guidance: Guidance) -> Planned:
        tokens = answer.loop[(context.step - answer.start) % len(answer.loop)]
        return _planned(self._hear(context.state, tokens, guidance), context, hands, LOOP, frozenset())

    def _hear(self, state: DecoderState, tokens: IntArray, guidance: Guidance) -> Made:
        """A step of which all is given."""
        given = dict(enumerate(tokens.tolist()))
        if guidance.pulse.heard(state.step) is None:
            return Made(*passed(state, given))
        heard = np.array([told(state, given)[voice] for voice in range(len(VOICES))], dtype=np.int32)
        return Made(*as_given(self._generator.hear(guidance.on_beat(state), heard), given))

    def _draw(self, state: DecoderState, request: Request, guidance: Guidance, dice: tuple[int, int, int]) -> Made:
        """A step of which some or nothing is given."""
        if guidance.pulse.heard(state.step) is None:
            return Made(*passed(state, request.given))
        if not state.waiting:
            return self._drawn(guidance.on_beat(state), request, dice)
        heard = replace(request, given=told(state, request.given))
        return Made(*as_given(self._drawn(guidance.on_beat(state), heard, dice), request.given))

    def _drawn(self, state: DecoderState, request: Request, dice: tuple[int, int, int]) -> Made:
        if any(state.history.reference):
            return self._throw(state, request, dice)
        seed, number, attempt = dice
        sampling = request.sampling
        if sampling.temperature:
            sampling = replace(sampling, temperature=max(sampling.temperature, 1.0))
        bold = replace(request, sampling=sampling)
        if request.harmony is None and sampling.harmony:
            bold = bold.in_some_key()
        throws = ((seed, number, attempt + TRIES * further) for further in range(TRIES))
        return best_opening(self._throw(state, bold, dice) for dice in throws)

    def _throw(self, state: DecoderState, request: Request, dice: tuple[int, int, int]) -> Made:
        self._generator.random = np.random.Generator(np.random.PCG64([*dice, state.step]))
        return request.made(self._generator, state)


def _planned(
    made: Made, context: Context, hands: Hands, origin: str, own: frozenset[int], where: Whereabouts | None = None
) -> Planned:
    """A frame that was made, with the steps of the music in place of those that the model counts."""
    frame, state = made
    if frame.step != context.step:
        frame, state = replace(frame, step=context.step), replace(state, step=context.step + 1)
    return Planned(frame, context, Context(state, hands, where), origin, own)


def sounding_frame(frame: Frame) -> IntArray:
    """A frame's tokens with every hold struck anew: for music that begins with it."""
    struck = [REST if pitch is None else strike(pitch) for pitch in frame.pitches]
    return np.array(struck, dtype=np.int32)


def _calm(sampling: Sampling) -> Sampling:
    """No voice bolder than what the player did not play is imagined."""
    own = sampling.voice_temperatures
    return replace(
        sampling,
        temperature=min(sampling.temperature, IMAGINED_TEMPERATURE),
        voice_temperatures=tuple(None if one is None else min(one, IMAGINED_TEMPERATURE) for one in own),
    )


def _in_form(request: Request, guidance: Guidance, form: Form, state: DecoderState) -> Request:
    """The same with the chords and the close of its phrase; the last close is asked for by itself."""
    assert guidance.key is not None
    place = state.step
    led = replace(request, harmony=way_of(guidance.key, form).harmony(place))
    span = form.at(place)
    if span is None or (form.ends and span == form.spans[-1]):
        return led
    return led.towards_close(span.close - place, None).again(state, span, place)


def _whereabouts(context: Context, own: Mapping[int, int], guidance: Guidance, enters: bool) -> Whereabouts | None:
    """Where in its phrase the player's tune is at the frame to come; None before its first beat."""
    if guidance.heard(context.step) % STEPS_PER_BEAT:
        return context.where
    if context.where is None or enters:
        return Whereabouts.at_the_beginning()
    return context.where.next(any(token >= FIRST_STRIKE for token in own.values()))


def _as_remembered(request: Request, state: DecoderState, guidance: Guidance, answer: Answer) -> Request:
    """As it was sung before, often, where the player's tune comes back; whether it is stands for each such place.

    What comes back for the second time is sung anew: a figure that goes round and round would be for ever.
    """
    if state.past is None or not guidance.sampling.harmony or set(request.given) != {_TUNE}:
        return request
    back, notes = state.past.tune_before()
    twice = state.past.notes_alike.get(2 * back // STEPS_PER_BEAT, 0) >= KNOWN_AGAIN
    if notes < KNOWN_AGAIN or twice or not _is_remembered(guidance.seed, answer.number, back):
        return request
    then = state.past.again(back, anew=True)
    if then is None or then[_TUNE] != sounding_code(request.given[_TUNE], state.history.now[_TUNE]):
        return request
    return request.as_then(guidance.on_beat(state), back)


@lru_cache(maxsize=256)  # it is asked at every step
def _is_remembered(*place: int) -> bool:
    return bool(np.random.default_rng(place).random() < AS_BEFORE)


def _own_tokens(step: int, hands: Hands, answer: Answer, guidance: Guidance) -> dict[int, int]:
    """The tokens of the voices that are the player's."""
    played = hands.tokens(step, TAIL_STEPS)
    if answer.with_player:
        return played if hands.sings(step, TAIL_STEPS) else dict.fromkeys(ALL, REST)
    return {voice: played.get(voice, REST) for voice in guidance.locked}


def _enters(context: Context, answer: Answer) -> bool:
    """Whether the voices come in after a silence, as the player does."""
    return answer.with_player and max(context.state.history.now) < FIRST_STRIKE
