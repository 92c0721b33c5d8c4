"""``biaxial-lstm``: LSTMs along time, the same for every key of the keyboard, then LSTMs along the keys, low to high.

After Johnson (Composing music with recurrent neural networks, 2015). It knows no voices: it says of each key
whether it is played, whether it is struck, and whether two voices share it. Voices come of it bass first. What
is decided below is its way along the keys; from there on each key is asked in turn, as if all were silent so
far, and the chance that a voice sings key n is that n is played and none between is: the chain rule of drawing
keys from low to high.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from companion.model.features import FEATURES, FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, HIGHEST_PITCH, LOWEST_PITCH, VOICES
from export.models.layers import ModelState, Tensor, lstm_step

PIANO_KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
_NUMBERS = np.arange(PIANO_KEYS, dtype=np.int32)
VICINITY = 12  # keys up and down that a key sees of the step before
DIGITS = 4  # of the place in a bar of sixteen steps
_ASKED = _PLAYED, _STRUCK, _SHARED = (0, 1, 2)  # what is asked of each key
ROLL_AXES = 4  # of a batch of rolls: pieces, frames, keys, and what is known of each key:
_PLACE = 2  # … played, struck, and the place in the bar
LEAST = -30.0  # nats: what cannot be, so that a logit is a number
_NEVER = -1e9
_JUST_STRUCK = 1  # in the feature "held": one step since the strike
_HELD = 2  # in the feature "motions": it goes on
_COMING_HOLD, _COMING_STRIKE = 2, 3  # in the feature "coming": unknown and a rest stand before
_RARELY = -4.0  # of a voice: how likely it rests or goes below another, before anything is learned


class BiaxialModel(keras.Model):  # type: ignore[misc]
    """Published: twice 300 units along time, 100 and 50 along the keys, dropout 0.5."""

    architecture = "biaxial-lstm"
    voice_order = "rising"
    reads_rolls = True  # it can learn from rolls of keys, too
    features = ("bar", "pitches", "held", "coming", "decided", "motions", "turn")

    def __init__(
        self,
        units: int = 48,
        key_units: int = 40,
        second_key_units: int = 24,
        dropout: float = 0.2,
    ):
        super().__init__()
        self.row = FeatureRow(self.features)
        self.columns = _columns(self.row)
        self.facts = _facts_of_keys()
        self.layers_of_time = [_lstm(units, f"time_{i}") for i in range(2)]
        self.layers_of_keys = [_lstm(key_units, "keys_0"), _lstm(second_key_units, "keys_1")]
        self.answers = layers.Dense(
            len(_ASKED), bias_initializer=keras.initializers.Constant([-2.5, 0.0, -3.0]), name="answers"
        )
        self.dealing = VoiceDealing(name="dealing")
        self.dealing.build(None)  # rolls have no voices to deal
        self.dropouts = [layers.Dropout(dropout) for _ in range(4)]
        self.scale = 1.0

    @property
    def states(self) -> list[ModelState]:
        """Of every key: what its LSTMs along time remember."""
        sizes = [layer.units for layer in self.layers_of_time]
        kinds = [(f"{what}_{i}", size) for i, size in enumerate(sizes) for what in ("hidden", "cell")]
        return [ModelState(name, (PIANO_KEYS, size)) for name, size in kinds]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]``, four notes a frame, bass first → logits ``[batch, notes, vocabulary]``.

        A batch of rolls (see export.training.rolls), which have no voices, gives the answers of their keys instead.
        In training the keys are walked once a frame, by way of all that is decided in it before its last note:
        the same as walking once a note, but where a voice goes below one that was decided.
        """
        if len(ids.shape) == ROLL_AXES:
            return self._of_rolls(ids, training)
        batch, notes = ops.shape(ids)[:2]
        told = self._along_time(self.inputs_of(ids[:, :: len(VOICES)]), training)
        if training:
            way = ids[:, len(VOICES) - 1 :: len(VOICES)]
            asked = ops.repeat(self._along_keys(told, self.way_of(way), training), len(VOICES), axis=1)
        else:
            told = ops.repeat(told, len(VOICES), axis=1)[:, :notes]
            asked = self._along_keys(told, self.way_of(ids), training)
        asked = ops.reshape(asked, (batch * notes, PIANO_KEYS, len(_ASKED)))
        logits = self.logits_of(asked, ops.reshape(ids, (batch * notes, self.row.width)))
        return ops.reshape(logits, (batch, notes, logits.shape[-1]))

    def _of_rolls(self, rolls: Tensor, training: bool) -> Tensor:
        """``[batch, frames, keys, 3]``: played, struck, place in the bar → answers, ``[batch, frames, keys, 3]``."""
        way = ops.cast(rolls[..., :_SHARED], "float32")
        before = ops.pad(way[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0)))
        played, nothing = before[..., _PLAYED], ops.zeros_like(before[..., _PLAYED])
        nobody = ops.zeros_like(nothing[..., : len(VOICES)])
        read = self.reading(played, before[..., _STRUCK], nothing, rolls[:, :, 0, _PLACE], nothing, nobody)
        way = ops.concatenate([way, nothing[..., None]], axis=-1)  # no key by two voices
        answers = self._along_keys(self._along_time(read, training), way, training)
        return answers + 0.0 * self.dealing.total()  # no gradient is missing: it is nothing

    def inputs_of(self, ids: Tensor) -> Tensor:
        """Rows of first notes ``[batch, frames, width]`` → what each key reads, ``[batch, frames, keys, numbers]``."""
        sounding = _on_keys(self._codes(ids, "pitches") - FIRST_STRIKE)
        struck = sounding * ops.cast(self._codes(ids, "held") == _JUST_STRUCK, "float32")[..., None]
        coming = self._codes(ids, "coming")
        held = ops.where(coming == _COMING_HOLD, self._codes(ids, "pitches") - FIRST_STRIKE, coming - _COMING_STRIKE)
        given = ops.max(_on_keys(held), axis=-2)
        voices = ops.sum(sounding, axis=-2)
        return self.reading(
            ops.minimum(voices, 1.0),
            ops.max(struck, axis=-2),
            ops.cast(voices > 1, "float32"),
            ops.cast(self._codes(ids, "bar")[..., 0], "int32"),
            given,
            ops.cast(coming > 0, "float32"),
        )

    def reading(
        self, played: Tensor, struck: Tensor, shared: Tensor, bar: Tensor, given: Tensor, given_voices: Tensor
    ) -> Tensor:
        """What each key reads, ``[batch, frames, keys, numbers]``.

        played, struck, shared: of the step before, and given: of this one, ``[batch, frames, keys]``, 0 or 1.
        bar: the step's place in its bar. given_voices: which voices are, ``[batch, frames, 4]``.
        """
        digits = ops.cast(ops.bitwise_and(bar[..., None] // (2 ** np.arange(DIGITS, dtype=np.int32)), 1), "float32")
        everywhere = ops.concatenate([digits, given_voices], axis=-1)[..., None, :]
        shape = ops.shape(played)
        own = [
            *(_vicinity(keys) for keys in (played, struck, given)),
            *(_classes(keys) for keys in (played, given)),
            shared[..., None],
            ops.broadcast_to(everywhere, (shape[0], shape[1], PIANO_KEYS, everywhere.shape[-1])),
            ops.broadcast_to(ops.convert_to_tensor(self.facts), (shape[0], shape[1], *self.facts.shape)),
        ]
        return ops.concatenate(own, axis=-1)

    def way_of(self, ids: Tensor) -> Tensor:
        """What is decided before each note, ``[batch, notes, keys, 3]``: keys played, struck, and by two voices."""
        voices = _on_keys(self._codes(ids, "decided") - FIRST_STRIKE)
        strikes = ops.cast(self._codes(ids, "motions") > _HELD, "float32")[..., None]
        counted = ops.sum(voices, axis=-2)
        way = [ops.minimum(counted, 1.0), ops.max(voices * strikes, axis=-2), ops.cast(counted > 1, "float32")]
        return ops.stack(way, axis=-1)

    def _codes(self, ids: Tensor, name: str) -> Tensor:
        """The ids of a feature as its own table counts them, ``[..., slots]``."""
        columns = self.columns[name]
        return ops.take(ids, columns, axis=-1) - self.row.offsets[columns]

    def _along_time(self, x: Tensor, training: bool) -> Tensor:
        """``[batch, frames, keys, numbers]`` → ``[batch, frames, keys, units]``: every key by itself."""
        batch, frames = ops.shape(x)[:2]
        x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch * PIANO_KEYS, frames, x.shape[-1]))
        for layer, dropout in zip(self.layers_of_time, self.dropouts[:2], strict=True):
            x = dropout(layer(x, training=training), training=training)
        return ops.transpose(ops.reshape(x, (batch, PIANO_KEYS, frames, x.shape[-1])), (0, 2, 1, 3))

    def _along_keys(self, told: Tensor, way: Tensor, training: bool) -> Tensor:
        """What time told each key, and the way to each, ``[batch, notes, keys, …]`` → answers ``[…, 3]``."""
        batch, notes = ops.shape(told)[:2]
        before = ops.pad(way[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))  # a key is told of the one below
        x = ops.concatenate([told, before], axis=-1)
        x = ops.reshape(x, (batch * notes, PIANO_KEYS, x.shape[-1]))
        for layer, dropout in zip(self.layers_of_keys, self.dropouts[2:], strict=True):
            x = dropout(layer(x, training=training), training=training)
        return ops.reshape(self.answers(x), (batch, notes, PIANO_KEYS, len(_ASKED)))

    def logits_of(self, asked: Tensor, ids: Tensor) -> Tensor:
        """Answers of the keys ``[notes, keys, 3]`` and rows ``[notes, width]`` → log-probabilities of tokens."""
        decided, before = self._codes(ids, "decided"), self._codes(ids, "pitches")
        voice = len(VOICES) - 1 - self._codes(ids, "turn")[:, 0]
        rest, keys = self.dealing(asked, decided, before, voice)
        own = _on_keys(ops.take_along_axis(before, voice[:, None], axis=-1)[:, 0] - FIRST_STRIKE)
        struck = asked[..., _STRUCK]
        going_on = ops.sum(own * (keys + ops.log_sigmoid(-struck)), axis=-1) + (1 - ops.sum(own, axis=-1)) * _NEVER
        strikes = keys + own * ops.log_sigmoid(struck)
        logits = ops.concatenate([rest[:, None], going_on[:, None], strikes], axis=-1)
        return ops.maximum(logits, LEAST) * self.scale

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.scale /= temperature

    def prepare_step(self) -> None:
        """Nothing is computed beforehand."""

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states.

        Time goes on with the first note of a frame alone: its branch becomes an ONNX ``If``.
        """
        before = [states[state.name] for state in self.states]
        begins = ops.equal(self._codes(ids, "turn")[0, 0], 0)
        after = ops.cond(begins, lambda: self._frame(ids, before), lambda: before)
        after = [ops.reshape(value, state.shape) for value, state in zip(after, self.states, strict=True)]
        told = after[-2][None, None]  # what the upper layer's cells show
        asked = self._along_keys(told, self.way_of(ids[None]), training=False)
        logits = self.logits_of(ops.reshape(asked, (1, PIANO_KEYS, len(_ASKED))), ids)
        return logits, {state.name: value for state, value in zip(self.states, after, strict=True)}

    def _frame(self, ids: Tensor, before: list[Tensor]) -> list[Tensor]:
        """The states after a step in time, from those before it."""
        read = self.inputs_of(ops.reshape(ids, (1, 1, self.row.width)))
        x = ops.reshape(read, (PIANO_KEYS, read.shape[-1]))
        after: list[Any] = []
        for layer, hidden, cell in zip(self.layers_of_time, before[::2], before[1::2], strict=True):
            shape = (PIANO_KEYS, layer.units)
            x, remembered = lstm_step(layer.cell, x, ops.reshape(hidden, shape), ops.reshape(cell, shape))
            after += [x, remembered]
        return after


@keras.saving.register_keras_serializable("chorale")
class VoiceDealing(layers.Layer):  # type: ignore[misc]
    """Deals the keys that are played to voices, and knows what a roll of keys does not: voices that rest or cross.

    A few numbers for each voice are learned: how likely it rests, or goes below a voice that stands above it,
    by what it did before; and how far below it then goes.
    """

    def build(self, _: Any) -> None:
        self.shares = self.add_weight(
            name="shares", shape=(len(VOICES), 3, 2), initializer=keras.initializers.Constant(_RARELY)
        )
        self.below = self.add_weight(name="below", shape=(PIANO_KEYS,), initializer="zeros")
        self.again = self.add_weight(name="again", shape=(), initializer="zeros")

    def total(self) -> Tensor:
        """Of all its numbers."""
        return ops.sum(self.shares) + ops.sum(self.below) + self.again

    def call(self, asked: Tensor, decided: Tensor, before: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities that a voice rests ``[notes]``, and that it sings each key ``[notes, keys]``.

        asked: ``[notes, keys, 3]``. decided, before: codes of the four voices, ``[notes, 4]``. voice: ``[notes]``.
        """
        top = ops.max(decided, axis=-1) - FIRST_STRIKE  # the highest key decided, below 0 where there is none
        keys, top = _NUMBERS, top[:, None]
        above, at = ops.cast(keys > top, "float32"), ops.cast(keys == top, "float32")
        silent = above * -ops.softplus(asked[..., _PLAYED])  # nats
        upward = ops.log_sigmoid(asked[..., _PLAYED]) + _sum_below(silent)
        nothing = ops.sum(silent, axis=-1)
        share = ops.sum(at * asked[..., _SHARED], axis=-1)
        some = ops.cast(top[:, 0] >= 0, "float32")  # a key to share
        alone = some * ops.log_sigmoid(-share)
        along, crosses, rests = self._kinds(before, voice, top[:, 0])
        left = along + alone + nothing - (rests + ops.softplus(crosses - rests))  # shared as those two are
        rest, cross = rests + ops.softplus(left), crosses + ops.softplus(left)
        own = _on_keys(ops.take_along_axis(before, voice[:, None], axis=-1)[:, 0] - FIRST_STRIKE)
        scores = ops.take(self.below, ops.maximum(top - keys, 0), axis=0) + self.again * own
        under = ops.log_softmax(ops.where(keys < top, scores, _NEVER), axis=-1)
        sung = ops.where(keys > top, (along + alone)[:, None] + upward, cross[:, None] + under)
        return rest, ops.where(keys == top, (along + ops.log_sigmoid(share))[:, None], sung)

    def _kinds(self, before: Tensor, voice: Tensor, top: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Nats of going along the keys, of crossing (not below the lowest key) and of resting, ``[notes]``."""
        own = ops.take_along_axis(before, voice[:, None], axis=-1)[:, 0]
        lower = ops.where(np.arange(len(VOICES), dtype=np.int32) > voice[:, None], before, 0)
        crossed = ops.cast(own < ops.max(lower, axis=-1), "int32")
        was = ops.where(own < FIRST_STRIKE, 0, 1 + crossed)
        logits = ops.take(ops.reshape(self.shares, (-1, 2)), voice * 3 + was, axis=0)
        cross = ops.where(top > 0, logits[:, 0], _NEVER)
        kinds = ops.log_softmax(ops.stack([ops.zeros_like(cross), cross, logits[:, 1]], axis=-1), axis=-1)
        return kinds[:, 0], kinds[:, 1], kinds[:, 2]


def _lstm(units: int, name: str) -> layers.LSTM:
    return layers.LSTM(units, return_sequences=True, name=name)


def _columns(row: FeatureRow) -> dict[str, list[int]]:
    """The slots of each feature."""
    return {name: [row.slot(name) + i for i in range(FEATURES[name].slots)] for name in row.names}


def _on_keys(numbers: Tensor) -> Tensor:
    """Numbers of keys ``[...]`` → ``[..., keys]``: 1 at that key; nowhere for what is none."""
    return ops.cast(numbers[..., None] == _NUMBERS, "float32")


def _sum_below(keys: Tensor) -> Tensor:
    """``[notes, keys]`` → at each key the sum of all below it."""
    return ops.matmul(keys, np.triu(np.ones((PIANO_KEYS, PIANO_KEYS), dtype=np.float32), 1))


def _vicinity(keys: Tensor) -> Tensor:
    """``[..., keys]`` → ``[..., keys, 25]``: at each key itself and an octave either way; nothing beyond the ends."""
    padded = ops.pad(keys, (*((0, 0),) * (len(keys.shape) - 1), (VICINITY, VICINITY)))
    places = _NUMBERS[:, None] + np.arange(2 * VICINITY + 1, dtype=np.int32)
    return ops.take(padded, places, axis=-1)


def _classes(keys: Tensor) -> Tensor:
    """``[..., keys]`` → ``[..., keys, 12]``: how many keys of each pitch class, counted from a key's own upwards."""
    classes = (_NUMBERS + LOWEST_PITCH) % 12
    counted = ops.matmul(keys, np.eye(12, dtype=np.float32)[classes])
    return ops.take(counted, (classes[:, None] + np.arange(12, dtype=np.int32)) % 12, axis=-1)


def _facts_of_keys() -> NDArray[np.float32]:
    """``[keys, 13]``: of each key its number, from 0 to 1, and its pitch class."""
    pitches = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)
    number = (pitches - LOWEST_PITCH) / (PIANO_KEYS - 1)
    return np.concatenate([number[:, None], np.eye(12)[pitches % 12]], axis=1).astype(np.float32)
