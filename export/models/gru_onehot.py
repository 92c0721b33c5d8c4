"""``gru-onehot``: three small GRUs over one-hot notes, which end a piece by themselves (after a published notebook)."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers, ops

from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH
from export.models.layers import ModelState, Tensor, TimeGRU, gru_step
from export.models.symbols import SPOKEN, SymbolModel

LOWEST_KNOWN, HIGHEST_KNOWN = 31, 87  # MIDI: the chorales, moved by −5..+6 semitones
PIECE_END = 0  # the symbol between pieces; then silence, then the pitches
ALPHABET = FIRST_STRIKE + HIGHEST_KNOWN - LOWEST_KNOWN + 1  # 59
OPENING = 16  # end symbols before a piece
_ABOVE = LOWEST_PITCH - LOWEST_KNOWN  # its table begins so many pitches lower than ours


class GruOnehotModel(SymbolModel):
    """Before every piece it hears sixteen ends, after its last note it says one.

    A state is how far the memory has come from what the ends left there: zeros are a beginning.
    """

    architecture = "gru-onehot"
    ends = True

    def __init__(self, units: int = 118, dropout: float = 0.3, last_dropout: float = 0.2):
        super().__init__()
        self.units = units
        self.layers_of_time = [TimeGRU(units, name=f"gru_{i}") for i in range(3)]
        self.dropouts = [layers.Dropout(rate) for rate in (dropout, dropout, last_dropout)]
        self.said = layers.Dense(ALPHABET, name="said")

    @property
    def states(self) -> list[ModelState]:
        return [ModelState(f"hidden_{i}", (1, self.units)) for i in range(3)]

    @property
    def asides(self) -> dict[str, int]:
        """What is said beside the logits, and of how many numbers."""
        return {"end": 1}

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary + 1]``, the last of them of the end.

        What comes first is taken for a beginning: its note before is nothing, which is the last of sixteen ends.
        """
        symbols = _known(self.reader.last(ids))
        opening = ops.zeros((ops.shape(symbols)[0], OPENING - 1), dtype=symbols.dtype) + PIECE_END
        x = ops.one_hot(ops.concatenate([opening, symbols], axis=1), ALPHABET)
        for layer, dropout in zip(self.layers_of_time, self.dropouts, strict=True):
            x = dropout(layer(x, training=training), training=training)
        logits = self.said(x[:, OPENING - 1 :])
        return ops.concatenate([self._tokens(logits, ids), logits[..., PIECE_END : PIECE_END + 1]], axis=-1)

    def prepare_step(self) -> None:
        """Hear the ends before a piece, once for all: what is remembered of them becomes constants."""
        x = ops.one_hot(np.full((1, OPENING - 1), PIECE_END), ALPHABET)
        self.opening = []
        for layer in self.layers_of_time:
            x = layer(x)
            self.opening.append(ops.convert_to_numpy(x[:, -1]))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]``, the next states, and the end."""
        following: dict[str, Any] = {}
        x = ops.one_hot(_known(self.reader.last(ids)), ALPHABET)
        for i, layer in enumerate(self.layers_of_time):
            x = gru_step(layer.cell, x, states[f"hidden_{i}"] + self.opening[i])
            following[f"hidden_{i}"] = x - self.opening[i]
        logits = self.said(x)
        following["end"] = ops.softmax(logits, axis=-1)[:, PIECE_END : PIECE_END + 1]
        return self._tokens(logits, ids), following

    def _tokens(self, logits: Tensor, ids: Tensor) -> Tensor:
        """Of its own symbols → of tokens."""
        ours = ops.concatenate([logits[..., 1:2], logits[..., FIRST_STRIKE + _ABOVE :][..., : SPOKEN - 1]], axis=-1)
        return self.reader.tokens(ours, self.reader.own(ids))


def _known(symbol: Tensor) -> Tensor:
    """Our symbols in its table."""
    return ops.where(ops.less(symbol, FIRST_STRIKE), symbol, symbol + _ABOVE)
