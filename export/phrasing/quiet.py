"""Nothing in place of the music: whose turn it is does not depend on what a model sings, and this takes no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from companion.generation.generator import Frame
from companion.generation.improviser import ANSWER, HEARD, Answer, Context, Guidance, Improviser, Planned
from companion.music.vocabulary import REST, VOICES
from companion.phrase.hands import LEGATO_STEPS, Hands
from companion.sampling.draw import Choice

_NO_CHOICE = Choice(REST, 0.0, 0.0, np.zeros(0, dtype=np.float32), None)


class Quiet(Improviser):
    """Hears what is given, imagines no voice to it, and answers with silence."""

    def heard(self, context: Context, hands: Hands, guidance: Guidance, number: int) -> Planned:
        del guidance, number
        return _frame(context, hands, HEARD, hands.tokens(context.step, LEGATO_STEPS))

    def next(self, context: Context, hands: Hands, answer: Answer, guidance: Guidance, attempt: int = 0) -> Planned:
        del answer, guidance, attempt
        return _frame(context, hands, ANSWER, {})


def _frame(context: Context, hands: Hands, origin: str, given: Mapping[int, int]) -> Planned:
    tokens = np.array([given.get(voice, REST) for voice in range(len(VOICES))], dtype=np.int32)
    frame = Frame(context.step, tokens, (None,) * len(VOICES), (_NO_CHOICE,) * len(VOICES), 0.0)
    after = Context(replace(context.state, step=context.step + 1), hands)
    return Planned(frame, context, after, origin, frozenset(given))
