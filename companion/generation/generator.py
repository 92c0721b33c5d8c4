"""Frame after frame from a model: what was heard and what was chosen, as a value that can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.errors import BadSetting
from companion.harmony.leading import Sounds
from companion.model.binding import Logits
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.contract import ATTENTION, END, RISING_ORDER
from companion.model.echoes import NOWHERE, Likest, Past
from companion.model.features import (
    ECHO_FEATURES,
    KNOWN_TUNE,
    SAID_CHORD,
    Conditions,
    History,
    Place,
    decide,
    key_id,
    known_before,
    sounding_code,
)
from companion.model.known_tunes import NOTHING_RECALLED, Recall
from companion.model.leading import LEADER, LedModel
from companion.model.runtime import Model
from companion.model.state import Array, State, aside
from companion.model.told import Ahead
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, IntArray, struck_pitch
from companion.sampling.course import AT_HOME, Course
from companion.sampling.draw import Choice, Sampling, choose, given_choice
from companion.sampling.rules import NoteContext

NO_CONDITIONS = Conditions()


@dataclass(frozen=True)
class DecoderState:
    """Everything the next frame depends on. Keep one, and the music can be taken back to it."""

    step: int  # of the frame to come; 0 lies on a downbeat where bars are known
    history: History
    memory: State
    past: Past | None = None  # where the model reads what came before
    sounds: Sounds = ()  # of the beat that the last frame belongs to, up to there
    chord: int | None = None  # that was chosen for that beat (see companion.harmony.leading)
    course: Course = AT_HOME
    waiting: tuple[tuple[int, int], ...] = ()  # voice, token: what was given since (companion.generation.between)

    def knowing_no_tunes(self) -> DecoderState:
        """The same of a model that knows none by heart: what is to be another tune is not told the one that was."""
        return replace(self, past=self.past and replace(self.past, hearing=None))

    def hearing(self, pitches: Sequence[int | None]) -> DecoderState:
        """After a frame that was heard, not answered."""
        return replace(self, course=self.course.hearing(pitches))

    def beside(self, pitches: Sequence[int | None], given: Sequence[bool]) -> DecoderState:
        """After a frame of which some voices were given."""
        return replace(self, course=self.course.beside(pitches, given))


@dataclass(frozen=True)
class Frame:
    """One frame and how each of its notes came about, soprano first."""

    step: int
    tokens: IntArray  # [4]
    pitches: tuple[int | None, ...]  # what sounds, None for silence
    choices: tuple[Choice, ...]
    temperature: float
    attention: tuple[Array, ...] = ()  # of each voice's note, where a model says what it looked back at; empty: nothing
    ended: float = 0.0  # how likely the piece was over before it, where the model says
    echo: Likest = NOWHERE  # where the music was like this before, if the model is told
    recalled: Recall = NOTHING_RECALLED  # how a tune goes on that the model knows by heart, if this one is like it


class Generator:
    """Draws frames from a model. It keeps no music of its own."""

    def __init__(self, model: Model, random: np.random.Generator) -> None:
        self.model = model
        self.random = random

    @property
    def knows_beats(self) -> bool:
        """Whether the model is told where in its beat a frame stands."""
        return not {"beat", "bar"}.isdisjoint(self.model.row.names)

    @property
    def hears_chords(self) -> bool:
        """Whether the model is told the chord of a beat."""
        return SAID_CHORD in self.model.row.names

    def start(self, step: int = 0) -> DecoderState:
        """Before the first frame, which will stand at ``step``."""
        reads = ECHO_FEATURES.intersection(self.model.row.names)
        hearing = self.model.known_tunes.start(step) if KNOWN_TUNE in reads else None
        past = Past(hearing=hearing) if reads else None
        return DecoderState(step, History(), self.model.initial_state(), past)

    def frame(
        self,
        state: DecoderState,
        sampling: Sampling,
        given: Mapping[int, int] | None = None,
        conditions: Conditions = NO_CONDITIONS,
        led: Choice | None = None,
    ) -> tuple[Frame, DecoderState]:
        """The next frame and the state after it.

        given: voice → token for the voices that are not to be chosen. They are decided first where
        the model allows any order of voices, and known beforehand to the others and to all rules.
        led: what the voice that leads was found to do (see lead): to the others it is given too.
        """
        given = {**({} if led is None else {LEADER: led.token}), **(given or {})}
        history, memory = state.history, state.memory
        likest, recalled = NOWHERE, NOTHING_RECALLED
        if state.past is not None:
            likest, recalled = state.past.likest(), state.past.recall()
        known = known_before(history, _place(state, given, conditions, likest, recalled))
        tokens, codes = _given_first(given, history)
        choices: dict[int, Choice] = {}
        attention: dict[int, Array] = {}
        ended = 0.0
        for voice in self._turns(given):
            context = NoteContext(
                voice, tuple(tokens), tuple(codes), history, state.step % STEPS_PER_BEAT, state.course
            )
            logits, memory = self._predict(self.model.row.ids(known, voice), memory)
            if self.model.contract.asides:
                attention |= {voice: aside(memory, ATTENTION)[0]} if ATTENTION in memory else {}
                ended = ended if choices or END not in memory else float(aside(memory, END)[0, 0])
            if led is not None and voice == LEADER:
                choices[voice] = led
            elif voice in given:
                choices[voice] = given_choice(_sayable(given[voice], history, voice), logits, context)
            else:
                choices[voice] = self._choose(logits, context, sampling)
            tokens[voice] = choices[voice].token
            codes[voice] = sounding_code(tokens[voice], history.now[voice])
            decide(known, voice, tokens[voice], codes[voice])
        after = history.advance(tokens)
        past = None if state.past is None else state.past.advance(tokens, after)
        sounds = (*(state.sounds if state.step % STEPS_PER_BEAT else ()), after.now)
        pitches = _pitches(after)
        course = state.course.advance(tokens, pitches)
        following = DecoderState(state.step + 1, after, memory, past, sounds, state.chord, course)
        ordered = tuple(choices[voice] for voice in range(len(VOICES)))
        looked = tuple(attention.get(voice, _LOOKED_NOWHERE) for voice in range(len(VOICES))) if attention else ()
        chosen, temperature = np.array(tokens, dtype=np.int32), sampling.temperature
        frame = Frame(state.step, chosen, pitches, ordered, temperature, looked, ended, likest, recalled)
        return frame, following

    def lead(self, state: DecoderState, sampling: Sampling) -> Choice | None:
        """What the voice that leads does in the next frame, before anything else is known of it; None: none leads."""
        if not isinstance(self.model, LedModel):
            return None
        ids = self.model.row.ids(known_before(state.history, _place(state, {}, NO_CONDITIONS)), LEADER)
        undecided, silent = (UNDECIDED,) * len(VOICES), (NOTHING,) * len(VOICES)
        context = NoteContext(LEADER, undecided, silent, state.history, state.step % STEPS_PER_BEAT, state.course)
        return self._choose(self.model.lead(ids, state.memory), context, sampling)

    def hear(
        self, state: DecoderState, tokens: IntArray, conditions: Conditions = NO_CONDITIONS
    ) -> tuple[Frame, DecoderState]:
        """A frame whose four voices are given."""
        return self.frame(state, _HEARD, dict(enumerate(int(token) for token in tokens)), conditions)

    def _predict(self, ids: IntArray, memory: State) -> tuple[Logits, State]:
        """What the model says of the next note; with _choose all that is not reading and writing down."""
        return self.model.step(ids, memory)

    def _choose(self, logits: Logits, context: NoteContext, sampling: Sampling) -> Choice:
        return choose(logits, context, sampling, self.random)

    def _turns(self, given: Mapping[int, int]) -> Sequence[int]:
        if not given or self.model.contract.voice_order != "any":
            return self.model.contract.turns
        return sorted(range(len(VOICES)), key=lambda voice: voice not in given)


_HEARD = Sampling()
_LOOKED_NOWHERE: Array = np.zeros(0, dtype=np.float32)


def _place(
    state: DecoderState,
    given: Mapping[int, int],
    conditions: Conditions,
    likest: Likest | None = None,
    recalled: Recall | None = None,
) -> Place:
    """Where the next frame stands, and what is known of it: given voices, unless all are, which is but hearing."""
    ahead = None
    if len(given) < len(VOICES) and (given or conditions.ahead is not None):
        now = [_sayable(given[v], state.history, v) if v in given else UNDECIDED for v in range(len(VOICES))]
        ahead = replace(conditions.ahead or Ahead.unknown(), now=np.array(now, dtype=np.int32))
    echo = None if state.past is None else state.past.echo(likest, recalled)
    return Place.of(state.step, conditions.steps_to_close, key_id(conditions.key), ahead, echo, conditions.chords)


def _given_first(given: Mapping[int, int], history: History) -> tuple[list[int], list[int]]:
    """What rules know of a frame before its first note: the tokens that are given, and what they sound."""
    tokens, codes = [UNDECIDED] * len(VOICES), [NOTHING] * len(VOICES)
    for voice, token in given.items():
        tokens[voice] = _sayable(token, history, voice)
        codes[voice] = sounding_code(tokens[voice], history.now[voice])
    return tokens, codes


def refuse_threshold(model: Model, threshold: float | None) -> None:
    """BadSetting where there is a threshold, and the model does not decide from low to high."""
    if threshold is not None and model.contract.voice_order != RISING_ORDER:
        raise BadSetting(
            f"threshold is for models that sing bass first, as biaxial-lstm; {model.contract.name} does not"
        )


def _sayable(token: int, history: History, voice: int) -> int:
    """A hold of nothing is a rest."""
    return REST if token == HOLD and history.now[voice] < FIRST_STRIKE else token


def _pitches(history: History) -> tuple[int | None, ...]:
    return tuple(None if code < FIRST_STRIKE else struck_pitch(code) for code in history.now)
