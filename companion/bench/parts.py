"""Where the time of a frame goes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from companion.commands.demo import demo_phrase
from companion.generation.generator import DecoderState, Generator
from companion.model.binding import Logits
from companion.model.runtime import Model
from companion.model.state import State
from companion.music.vocabulary import IntArray
from companion.sampling.draw import Choice, Sampling
from companion.sampling.rules import NoteContext

WARM_FRAMES = 100
RESTART_FRAMES = 512  # a fresh piece after so many frames, as in practice


@dataclass(frozen=True)
class Parts:
    """In milliseconds a frame, medians of many; together they may miss the median of whole frames a little."""

    model: float
    features: float  # what the model reads, and what is kept of the music for it
    rules_and_draw: float


class TimedGenerator(Generator):
    """Adds up what the model and the choices take."""

    model_ms = choices_ms = 0.0

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

    def parts(self, state: DecoderState, sampling: Sampling) -> tuple[tuple[float, float, float], DecoderState]:
        """The parts of one frame, and the state after it."""
        self.model_ms = self.choices_ms = 0.0
        begun = time.perf_counter()
        _, following = self.frame(state, sampling)
        whole_ms = (time.perf_counter() - begun) * 1000
        return (self.model_ms, whole_ms - self.model_ms - self.choices_ms, self.choices_ms), following


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
