"""``transformer-absolute``: one decoder layer with learned positions for 128 notes (after a published notebook)."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers, ops

from companion.model.codes import NOTHING
from export.models.layers import ModelState, Tensor
from export.models.symbols import FAR, SPOKEN, SymbolModel, is_pause, midi_numbers

MIDI_PITCHES = 128
MASKED = -1e6  # added to the scores of pauses: they are seen where there is nothing else


class PlainAttention(layers.Layer):  # type: ignore[misc]
    """Heads that read notes ``[..., notes, width]`` for one query each ``[..., width]``: plain, biased, projected.

    A query is brought to the notes, not the notes to it: so that nothing need be kept of a note but what it is.
    """

    def __init__(self, width: int, heads: int, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.width, self.heads, self.size = width, heads, size

    def build(self, *_: Any) -> None:
        for name in ("query", "key", "value"):
            kernel = self.add_weight(name=f"{name}_kernel", shape=(self.width, self.heads, self.size))
            bias = self.add_weight(name=f"{name}_bias", shape=(self.heads, self.size), initializer="zeros")
            setattr(self, name, (kernel, bias))
        self.output_kernel = self.add_weight(name="output_kernel", shape=(self.heads, self.size, self.width))
        self.output_bias = self.add_weight(name="output_bias", shape=(self.width,), initializer="zeros")

    def call(self, x: Tensor, notes: Tensor, unseen: Tensor) -> Tensor:
        """Queries ``[batch, notes, width]`` and what they read, of the same shape; unseen: added to the scores."""
        query, key, value = (self._by_head(name, part) for name, part in zip(_PARTS, (x, notes, notes), strict=True))
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(self.size) + unseen
        mixed = ops.einsum("bhqk,bkhd->bqhd", ops.softmax(scores, axis=-1), value)
        return ops.einsum("bqhd,hdw->bqw", mixed, self.output_kernel) + self.output_bias

    def over_windows(self, x: Tensor, windows: Tensor, unseen: Tensor) -> Tensor:
        """Queries ``[batch, width]``, each with a window of its own ``[batch, notes, width]``.

        Weights stand on the right of plain products, so that an exported graph holds each of them once.
        """
        inner = self.heads * self.size
        query = ops.matmul(x, ops.reshape(self.query[0], (self.width, inner)))
        query = ops.transpose(ops.reshape(query, (-1, self.heads, self.size)) + self.query[1], (1, 0, 2))
        towards = ops.matmul(query, ops.transpose(self.key[0], (1, 2, 0)))  # [heads, batch, width]
        scores = ops.einsum("hbw,bkw->bhk", towards, windows)
        of_bias = ops.transpose(ops.sum(query * self.key[1][:, None], axis=-1))[..., None]
        scores = (scores + of_bias) / np.sqrt(self.size) + unseen
        seen = ops.einsum("bhk,bkw->hbw", ops.softmax(scores, axis=-1), windows)
        mixed = ops.matmul(seen, ops.transpose(self.value[0], (1, 0, 2))) + self.value[1][:, None]
        mixed = ops.reshape(ops.transpose(mixed, (1, 0, 2)), (-1, inner))
        return ops.matmul(mixed, ops.reshape(self.output_kernel, (inner, self.width))) + self.output_bias

    def _by_head(self, name: str, x: Tensor) -> Tensor:
        kernel, bias = getattr(self, name)
        return ops.einsum("bnw,whd->bnhd", x, kernel) + bias


_PARTS = ("query", "key", "value")


class TransformerAbsoluteModel(SymbolModel):
    """The last 128 notes are its whole memory: a note's place among them is all that it knows of time."""

    architecture = "transformer-absolute"
    at_once = 32  # steps: its window; to check more in one go would take a window for every note

    def __init__(self, units: int = 64, heads: int = 16, hidden: int = 1024, window: int = 128, dropout: float = 0.1):
        super().__init__()
        self.units, self.heads, self.window = units, heads, window
        self.embedding = layers.Embedding(MIDI_PITCHES, units, name="embedding")
        self.position = layers.Embedding(window, units, name="position")
        self.attentions = [PlainAttention(units, heads, 64, name=f"attention_{i}") for i in range(2)]
        self.up, self.down = layers.Dense(hidden, activation="relu", name="up"), layers.Dense(units, name="down")
        self.norms = [layers.LayerNormalization(epsilon=1e-6, name=f"norm_{i}") for i in range(3)]
        self.dropouts = [layers.Dropout(dropout) for _ in range(4)]
        self.last_hidden = layers.Dense(256, activation="relu", name="last_hidden")
        self.said = layers.Dense(SPOKEN, name="said")

    @property
    def states(self) -> list[ModelState]:
        # of each note its symbol, and how many there were
        return [ModelState("notes", (self.window - 1, 1), "int32", "append"), ModelState("heard", (1,), "int32")]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]`` → logits ``[batch, notes, vocabulary]``.

        What fits into the window is heard at once; every later note has a window of its own. A full window moves on
        by half of it, as the published windows did: its places have come to mean voices and the places of a beat.
        It begins as a piece does: nothing was before its first note.
        """
        symbols = self.reader.last(ids)
        x = self._heard_at_once(symbols[:, : self.window], training)
        if ids.shape[1] > self.window:
            x = ops.concatenate([x, self._heard_one_by_one(symbols)], axis=1)
        return self.reader.tokens(self.said(self.last_hidden(x)), self.reader.own(ids))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` and every state → logits ``[1, vocabulary]`` and the next states."""
        symbol = ops.reshape(self.reader.last(ids), (1, 1))
        kept = ops.concatenate([states["notes"], symbol], axis=0)[:, 0]  # the latest last
        heard = states["heard"][0]
        count = 1 + ops.where(heard < self.window, heard, self._place_of(heard))
        place = np.arange(self.window)  # … but the oldest is to come first: what is there not yet goes to the end
        symbols = ops.take(kept, (place + self.window - count) % self.window, axis=0)
        there = ops.less(place, count)
        notes, pauses = self._notes(symbols)
        unseen = ops.where(there, pauses, FAR)
        last = ops.take(notes, ops.reshape(count - 1, (1,)), axis=0)
        x = self._through(last, lambda attention, query: attention.over_windows(query, notes[None], unseen))
        after = {"notes": symbol, "heard": states["heard"] + 1}
        return self.reader.tokens(self.said(self.last_hidden(x)), self.reader.own(ids)), after

    def _place_of(self, note: Any) -> Any:
        """Where a note stands in its window, which is not the first; notes count from 0."""
        half = self.window // 2
        return half + note % half

    def _notes(self, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Windows of symbols ``[..., notes]`` as notes in their places ``[..., units]``, and what hides pauses."""
        place = np.arange(symbols.shape[-1])
        symbols = ops.where(place > 0, symbols, NOTHING)
        pitches = ops.take(ops.convert_to_tensor(midi_numbers()), symbols, axis=0)
        return self.embedding(pitches) + self.position(place), ops.where(is_pause(symbols), MASKED, 0.0)

    def _heard_at_once(self, symbols: Tensor, training: bool) -> Tensor:
        """symbols ``[batch, notes]``, as many as the window at most → ``[batch, notes, units]``."""
        count = symbols.shape[1]
        notes, pauses = self._notes(symbols)
        notes = self.dropouts[0](notes, training=training)
        later = np.triu(np.full((count, count), FAR, dtype=np.float32), 1)
        unseen = later + pauses[:, None, None, :]
        return self._through(notes, lambda attention, query: attention(query, notes, unseen), training)

    def _heard_one_by_one(self, symbols: Tensor) -> Tensor:
        """symbols ``[batch, notes]`` → of those behind the first window ``[batch, notes − window, units]``."""
        later = np.arange(self.window, symbols.shape[1])
        place = self._place_of(later)
        within = (later - place)[:, None] + np.arange(self.window)[None, :]  # [notes, window]
        still_to_come = np.where(np.arange(self.window) > place[:, None], FAR, 0.0).astype(np.float32)
        seen = ops.take(symbols, np.minimum(within, symbols.shape[1] - 1).reshape(-1), axis=1)
        seen = ops.reshape(seen, (-1, len(later), self.window))
        notes, pauses = self._notes(seen)
        last = ops.reshape(ops.take_along_axis(notes, place[None, :, None, None], axis=2), (-1, self.units))
        unseen = ops.reshape(pauses + still_to_come, (-1, 1, self.window))
        windows = ops.reshape(notes, (-1, self.window, self.units))
        x = self._through(last, lambda attention, query: attention.over_windows(query, windows, unseen))
        return ops.reshape(x, (-1, len(later), self.units))

    def _through(self, x: Tensor, look: Any, training: bool = False) -> Tensor:
        """One decoder layer: two looks back, the second at the notes themselves again, then a layer of each alone."""
        for attention, norm, dropout in zip(self.attentions, self.norms, self.dropouts[1:], strict=False):
            x = norm(x + dropout(look(attention, x), training=training))
        return self.norms[-1](x + self.dropouts[-1](self.down(self.up(x)), training=training))
