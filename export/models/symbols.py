"""What models share that read one symbol after another: the note before, whichever voice sang it, and no more.

The chorale is one line of notes: soprano, alto, tenor, bass of the first step, then of the second. A *symbol* says
what a voice sounds there: nothing yet (between pieces), silence, or a pitch. Such a model knows pitches only: where
it says what its voice sounds already, that is a hold. So it is decided here, in the graph, and not in the player.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from companion.model.codes import NOTHING
from companion.model.features import KEYS, UNKEYED, FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, HIGHEST_PITCH, LOWEST_PITCH, VOICES
from export.models.layers import ModelState, Tensor

SYMBOL_FEATURES = ("voice", "pitches", "decided")
LINE_SYMBOLS = 1 + FIRST_STRIKE - 1 + HIGHEST_PITCH - LOWEST_PITCH + 1  # as companion.model.codes counts them
SPOKEN = LINE_SYMBOLS - 1  # all but nothing yet
FAR = -1e9  # added to the scores of what may not be seen
NEVER = -1000.0  # in place of the logit of what does not happen

FARTHEST_DOWN, FARTHEST_UP = -6, 5  # semitones to the common key
_TO_A_OR_C = np.array(
    [0, *((-tonic - FARTHEST_DOWN) % 12 + FARTHEST_DOWN for tonic in range(12))]
    + [(9 - tonic - FARTHEST_DOWN) % 12 + FARTHEST_DOWN for tonic in range(12)],
    dtype=np.int32,
)  # [key id] → semitones to C major or A minor
assert len(_TO_A_OR_C) == KEYS
assert _TO_A_OR_C[UNKEYED] == 0


class SymbolReader:
    """Reads feature rows ``[..., width]`` as symbols, and writes logits of symbols as logits of tokens."""

    def __init__(self, features: tuple[str, ...]) -> None:
        self.row = FeatureRow(features)
        self.slots = {name: self.row.slot(name) for name in features}

    def last(self, ids: Tensor) -> Tensor:
        """[...]: the symbol before this note: of the voice above, or of the bass one step ago."""
        before = ops.concatenate([self.sounding(ids)[..., -1:], self.decided(ids)[..., :-1]], axis=-1)
        return ops.sum(before * self._is_own(ids), axis=-1)

    def own(self, ids: Tensor) -> Tensor:
        """[...]: the symbol that this note's voice sounds before it."""
        return ops.sum(self.sounding(ids) * self._is_own(ids), axis=-1)

    def sounding(self, ids: Tensor) -> Tensor:
        """[..., 4]: the symbol that each voice sounds before this step."""
        return self._ids(ids, "pitches", len(VOICES))

    def decided(self, ids: Tensor) -> Tensor:
        """[..., 4]: the symbol that each voice sounds in this step, as far as it is decided; else nothing yet."""
        return self._ids(ids, "decided", len(VOICES))

    def voice(self, ids: Tensor) -> Tensor:
        """[...]: 0 soprano … 3 bass."""
        return self._ids(ids, "voice", 1)[..., 0]

    def move(self, ids: Tensor) -> Tensor:
        """[...]: semitones from the key that is told to C major or A minor; 0 where none is."""
        return ops.take(ops.convert_to_tensor(_TO_A_OR_C), self._ids(ids, "key", 1)[..., 0], axis=0)

    def tokens(self, logits: Tensor, own: Tensor) -> Tensor:
        """Logits of silence and of every pitch, ``[..., SPOKEN]``, as logits of tokens ``[..., vocabulary]``.

        What the voice sounds already is held, never struck anew.
        """
        places = np.arange(1, LINE_SYMBOLS)
        is_own = ops.equal(ops.expand_dims(own, -1), places) & (places >= FIRST_STRIKE)
        struck = ops.where(is_own, NEVER, logits)
        held = ops.max(ops.where(is_own, logits, NEVER), axis=-1, keepdims=True)
        return ops.concatenate([struck[..., :1], held, struck[..., 1:]], axis=-1)

    def _ids(self, ids: Tensor, name: str, count: int) -> Tensor:
        """[..., count]: of one feature, counted from 0."""
        places = slice(self.slots[name], self.slots[name] + count)
        return ids[..., places] - self.row.offsets[places]

    def _is_own(self, ids: Tensor) -> Tensor:
        """[..., 4]: 1 in the place of this note's voice, 0 elsewhere."""
        return ops.cast(ops.equal(ops.expand_dims(self.voice(ids), -1), np.arange(len(VOICES))), "int32")


class SymbolModel(keras.Model):  # type: ignore[misc]
    """A model of one line of symbols. A class of its own says what comes between reading and writing."""

    voice_order = "fixed"
    pitches_only = True
    features: tuple[str, ...] = SYMBOL_FEATURES

    def __init__(self) -> None:
        super().__init__()
        self.reader = SymbolReader(self.features)
        self.said: Any = None  # the layer that gives the logits of symbols

    @property
    def states(self) -> list[ModelState]:
        raise NotImplementedError

    def divide(self, temperature: float) -> None:
        """Divide all logits by a number from now on: above 1, less sure of everything."""
        self.said.kernel.assign(self.said.kernel / temperature)
        self.said.bias.assign(self.said.bias / temperature)

    def prepare_step(self) -> None:
        """Nothing is to be computed before the step graph is traced."""


def is_pause(symbol: Tensor) -> Tensor:
    """[...]: whether a symbol is no pitch."""
    return ops.less(symbol, FIRST_STRIKE)


def midi_numbers() -> Any:
    """[LINE_SYMBOLS]: each symbol as a MIDI note number, 0 for what is no pitch."""
    pitches = np.arange(LINE_SYMBOLS) + LOWEST_PITCH - FIRST_STRIKE
    pitches[:FIRST_STRIKE] = NOTHING
    return pitches.astype(np.int32)
