"""Where the time of a frame goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from companion.commands.demo import demo_phrase
from companion.generation.closes import Request
from companion.generation.generator import DecoderState, Frame, Generator
from companion.harmony.leading import Harmony
from companion.model.binding import Logits
from companion.model.features import Conditions
from companion.model.runtime import Model
from companion.model.state import State
from companion.music.key import Key
from companion.music.vocabulary import IntArray
from companion.sampling.draw import Choice, Sampling
from companion.sampling.rules import NoteContext

WARM_FRAMES = 100
DEMO_KEY = Key(9, minor=True)  # of the demo's tune
RESTART_FRAMES = 512  # a fresh piece after so many frames, as in practice


@dataclass(frozen=True)
class Parts:
    """In milliseconds a frame, medians of many; together they may miss the median of whole frames a little."""

    model: float
    features: float  # what the model reads, and what is kept of the music for it
    rules_and_draw: float  # with the chord of the beat


class TimedGenerator(Generator):
    """Adds up what the model and the choices take."""

    model_ms = choices_ms = frame_ms = 0.0

    def _predict(self, ids: IntArray, memory: State) -> tuple[Logits, State]:
        begun = time.perf_counter()
        predicted = super()._predict(ids, memory)
        self.model_ms += (time.perf_counter() - begun) * 1000
        return predicted

    def _choose(self, logits: Logits, context: NoteContext, sampling: Sampling) -> Choice:
        begun = time.perf_counter()
        choice = super()._choose(logits, context, sampling)
        self.choices_ms += (time.perf_counter() - begun) * 1000
        return choice

    def frame(self, *asked: Any, **how: Any) -> tuple[Frame, DecoderState]:
        begun = time.perf_counter()
        made = super().frame(*asked, **how)
        self.frame_ms = (time.perf_counter() - begun) * 1000
        return made

    def parts(self, state: DecoderState, sampling: Sampling) -> tuple[tuple[float, float, float], DecoderState]:
        """The parts of one frame, and the state after it."""
        self.model_ms = self.choices_ms = 0.0
        begun = time.perf_counter()
        following = goes_on(self, state, sampling)
        whole_ms = (time.perf_counter() - begun) * 1000
        features_ms = self.frame_ms - self.model_ms - self.choices_ms
        return (self.model_ms, features_ms, whole_ms - self.model_ms - features_ms), following


def goes_on(generator: Generator, state: DecoderState, sampling: Sampling) -> DecoderState:
    """The state after a frame as an answer has them: led by a chord for each beat, with no voice given."""
    return (
        Request(sampling, conditions=Conditions(key=DEMO_KEY), harmony=Harmony(DEMO_KEY)).made(generator, state).after
    )


def time_parts(model: Model, sampling: Sampling, frames: int) -> Parts:
    """Each frame in parts."""
    generator = TimedGenerator(model, np.random.Generator(np.random.PCG64(1)))
    state = after_opening(generator)
    rows = []
    for index in range(-WARM_FRAMES, frames):
        if index % RESTART_FRAMES == 0:
            state = after_opening(generator)
        parts, state = generator.parts(state, sampling)
        rows.append(parts)
    return Parts(*np.median(rows[WARM_FRAMES:], axis=0).tolist())


def after_opening(generator: Generator) -> DecoderState:
    """Where a piece goes on after its first bar."""
    phrase = demo_phrase()
    state = generator.start(phrase.first_step)
    for tokens in phrase.frames[:16]:
        _, state = generator.hear(state, tokens)
    return state
