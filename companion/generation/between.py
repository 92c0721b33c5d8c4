"""Steps between those that a model hears: what is given sounds there, and all else goes on.

A model hears four steps of a beat, and a dotted quarter has six (companion.music.pulse). A note that is given on
one of the others is told to it on the next one that it hears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from companion.generation.generator import DecoderState, Frame
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, VOICES, struck_pitch
from companion.sampling.draw import Choice

_UNASKED = np.where(np.arange(VOCABULARY_SIZE) == HOLD, 0.0, -np.inf)


def passed(state: DecoderState, given: Mapping[int, int]) -> tuple[Frame, DecoderState]:
    """A frame that no model is asked for, and the state after it."""
    tokens, sounding = [], []
    waiting = dict(state.waiting)
    for voice in range(len(VOICES)):
        token = given.get(voice, HOLD)
        now = waiting.get(voice, state.history.now[voice])
        if token == HOLD and now < FIRST_STRIKE:
            token = REST
        if token >= FIRST_STRIKE:
            waiting[voice] = token
        elif token == REST:
            waiting.pop(voice, None)
        tokens.append(token)
        sounding.append(now if token == HOLD else token)
    pitches = tuple(struck_pitch(code) if code >= FIRST_STRIKE else None for code in sounding)
    choices = tuple(
        Choice(token, 1.0, 0.0, _UNASKED, pitch if token == HOLD else None)
        for token, pitch in zip(tokens, pitches, strict=True)
    )
    frame = Frame(state.step, np.array(tokens, dtype=np.int32), pitches, choices, 0.0)
    return frame, replace(state, step=state.step + 1, waiting=tuple(waiting.items()))


def told(state: DecoderState, given: Mapping[int, int]) -> Mapping[int, int]:
    """What is given, with the notes that were given since a model was asked last and go on."""
    late = {voice: token for voice, token in state.waiting if given.get(voice) == HOLD}
    return {**given, **late} if late else given


def as_given(made: tuple[Frame, DecoderState], given: Mapping[int, int]) -> tuple[Frame, DecoderState]:
    """The frame with what is given as it was, and the state with nothing waiting."""
    frame, after = made
    tokens = frame.tokens.copy()
    for voice, token in given.items():
        if token == HOLD and tokens[voice] >= FIRST_STRIKE:
            tokens[voice] = HOLD
    return replace(frame, tokens=tokens), replace(after, waiting=())
