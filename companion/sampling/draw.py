"""From logits to one note: rules, temperature, top-p, and the draw.

A rule (companion.sampling.rules) that would leave nothing is passed over, so that a note is always found.

Temperature and top-p shape *which* note comes, not *whether* one comes: the probability of a hold is
kept as the model gives it. Repeating is the likeliest choice at every step, so tempering it too
would freeze the rhythm. At temperature 0 the likeliest token of all is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.errors import BadModel, BadSetting
from companion.music.key import Key
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    VOCABULARY_SIZE,
    VOICES,
    struck_pitch,
)
from companion.sampling.rules import LogProbs, NoteContext, Rule, discourage_hold, favour
from companion.sampling.threshold import first_reaching

HIGHEST_TEMPERATURE = 10.0
ASKED_KEY_PENALTY = 1.5  # nats, at least, where the player names the key: it then holds in every style
_LEAST_TEMPERATURE = 1e-100  # above 0; below this a quotient could leave float64
_NOTHING: LogProbs = np.full(VOCABULARY_SIZE, -math.inf)  # no token may come


@dataclass(frozen=True)
class Sampling:
    """How notes are drawn; checked once."""

    temperature: float = 1.0  # flattens (>1) or sharpens (<1) the choice among notes; 0 takes the likeliest
    top_p: float = 1.0  # keeps the likeliest notes that together hold this share
    rules: tuple[Rule, ...] = ()
    key_penalty: float = 0.0  # nats off every note outside the key, where a key is heard; 0 lets them be
    harmony: float = 0.0  # how strongly notes keep to the chord chosen for their beat; 1 as Bach's do, 0 not at all
    voice_temperatures: tuple[float | None, ...] = (None,) * len(VOICES)  # in place of temperature, voice by voice
    threshold: float | None = None  # in place of dice: of the lowest key that comes; for models that sing bass first

    def __post_init__(self) -> None:
        for temperature in (self.temperature, *self.voice_temperatures):
            if temperature is not None and not 0 <= temperature <= HIGHEST_TEMPERATURE:  # true for NaN too
                raise BadSetting(f"temperature must be from 0 to {HIGHEST_TEMPERATURE:g}, not {temperature:g}")
        if not 0 < self.top_p <= 1:
            raise BadSetting(f"top-p must be above 0 and at most 1, not {self.top_p:g}")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise BadSetting(f"threshold must be above 0 and at most 1, not {self.threshold:g}")

    def temperature_of(self, voice: int) -> float:
        """The temperature of one voice."""
        own = self.voice_temperatures[voice]
        return self.temperature if own is None else own


class Choice(NamedTuple):
    """One chosen token and what it was chosen from."""

    token: int
    probability: float  # of the token, in the distribution it was drawn from
    entropy_bits: float  # of the model's own distribution: how sure it was
    scores: LogProbs  # [vocabulary] log-probabilities after the rules
    held_pitch: int | None  # what a hold would go on with
    temperature: float = 1.0
    top_p: float = 1.0
    model_says: LogProbs | None = None  # [vocabulary] before the rules; None: as the scores

    @property
    def distribution(self) -> LogProbs:
        """``[vocabulary]`` log-probabilities it was drawn from; worked out when asked for."""
        return temper(self.scores, self.temperature, self.top_p)


def choose(
    logits: NDArray[np.float32], context: NoteContext, sampling: Sampling, generator: np.random.Generator
) -> Choice:
    """Draw one token: first whether the note goes on, and only where it does not, which one comes.

    With a threshold nothing is drawn, and temperatures and top-p do not count.
    """
    model_says = grammatical(logits, context)
    shaped = normalise(_ruled(model_says, context, sampling.rules))
    entropy, held = entropy_bits(model_says), _held_pitch(context)
    temperature = sampling.temperature_of(context.voice)
    if sampling.threshold is not None:
        token = first_reaching(shaped, context.history.now[context.voice], sampling.threshold)
        return Choice(token, math.exp(shaped[token]), entropy, shaped, held, model_says=model_says)
    going_on = math.exp(shaped[HOLD])
    if temperature > 0 and generator.random() < going_on:
        return Choice(HOLD, going_on, entropy, shaped, held, temperature, sampling.top_p, model_says)
    distribution = temper(shaped, temperature, sampling.top_p)
    token = int(distribution.argmax()) if temperature == 0 else draw(distribution, generator, barred=HOLD)
    probability = math.exp(distribution[token])
    return Choice(token, probability, entropy, shaped, held, temperature, sampling.top_p, model_says)


def _ruled(scores: LogProbs, context: NoteContext, rules: Sequence[Rule]) -> LogProbs:
    """The scores after all rules; a rule that would leave nothing is passed over.

    No rule brings back what an earlier one forbade, so where something is left at the end, none left nothing.
    """
    ruled = scores.copy()
    for rule in rules:
        rule(ruled, context)
    if _most(ruled) > -math.inf:
        return ruled
    for rule in rules:
        narrowed = scores.copy()
        rule(narrowed, context)
        scores = narrowed if _most(narrowed) > -math.inf else scores
    return scores


def given_choice(token: int, logits: NDArray[np.float32], context: NoteContext) -> Choice:
    """A token that was not chosen but heard, with how the model would have seen it."""
    model_says = grammatical(logits, context)
    return Choice(token, math.exp(model_says[token]), entropy_bits(model_says), model_says, _held_pitch(context))


def _held_pitch(context: NoteContext) -> int | None:
    code = context.history.now[context.voice]
    return struck_pitch(code) if code >= FIRST_STRIKE else None


def _most(scores: LogProbs) -> float:
    """The highest of some scores, NaN where one is NaN; ``max`` takes three times as long for so few."""
    return scores.item(scores.argmax())


_sum = np.add.reduce  # what ``sum`` comes to, which takes twice as long for so few


def normalise(scores: LogProbs) -> LogProbs:
    """Log-probabilities from scores of any level.

    Raises:
        BadModel: they are no numbers, as the logits of a damaged model or state.
    """
    top = _most(scores)
    if not math.isfinite(top):
        raise BadModel("the model gives logits that are no numbers; choose another model")
    return scores - (top + math.log(_sum(np.exp(scores - top))))


def grammatical(logits: NDArray[np.float32], context: NoteContext) -> LogProbs:
    """Log-probabilities of the tokens that mean something: only a sounding note can be held."""
    scores = logits.astype(np.float64)
    if context.history.now[context.voice] < FIRST_STRIKE:
        scores[HOLD] = -math.inf
    return normalise(scores)


def temper(scores: LogProbs, temperature: float, top_p: float) -> LogProbs:
    """Shape the choice among strikes and rest; the probability of a hold stays (see the module)."""
    if temperature == 0:
        best = _NOTHING.copy()
        best[scores.argmax()] = 0.0
        return best
    if (temperature == 1 and top_p == 1) or scores[HOLD] >= 0:
        return scores
    held = scores[HOLD]
    others = scores.copy()
    others[HOLD] = -math.inf
    others -= _most(others)
    others /= max(temperature, _LEAST_TEMPERATURE)
    others -= math.log(_sum(np.exp(others)))
    if top_p < 1:
        others = keep_top(others, top_p)
    others += math.log(max(-math.expm1(held), 1e-300))
    others[HOLD] = held
    return others


def keep_top(scores: LogProbs, top_p: float) -> LogProbs:
    """Keep the likeliest tokens of normalised ``scores`` that together reach ``top_p``; at least one."""
    order = (-scores).argsort(kind="stable")
    reached = np.exp(scores[order]).cumsum()
    kept = order[: reached.searchsorted(top_p) + 1]
    narrowed = _NOTHING.copy()
    narrowed[kept] = scores[kept] - math.log(reached[len(kept) - 1])
    return narrowed


def draw(scores: LogProbs, generator: np.random.Generator, barred: int | None = None) -> int:
    """One token by its probability, or one of those that are left when one is barred."""
    probabilities = np.exp(scores)
    if barred is not None:
        probabilities[barred] = 0.0
    cumulative = probabilities.cumsum()
    return int(cumulative.searchsorted(generator.random() * cumulative[-1], side="right"))


def entropy_bits(scores: LogProbs) -> float:
    """Of log-probabilities, in bits."""
    probabilities = np.exp(scores)
    return float(-_sum(probabilities * np.maximum(scores, -1e9)) / math.log(2))


def in_key(sampling: Sampling, key: Key | None, asked: bool = False) -> Sampling:
    """The same sampling, holding to a key: as its ``key_penalty`` says, or more firmly where the key was asked for."""
    penalty = max(sampling.key_penalty, ASKED_KEY_PENALTY) if asked else sampling.key_penalty
    if key is None or penalty == 0:
        return sampling
    return replace(sampling, rules=(*sampling.rules, favour(key.scale, penalty)))


def denser(sampling: Sampling, nats: float) -> Sampling:
    """The same sampling with more notes (or fewer, below 0): so many nats off holding on."""
    if nats == 0:
        return sampling
    return replace(sampling, rules=(*sampling.rules, discourage_hold(nats)))
