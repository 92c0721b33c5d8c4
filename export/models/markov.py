"""``markov``: a chain of chords that were counted, not learned; the honest lower line of every table.

What came after a chord in the training chorales, in whatever key, is what may come after it here. Where a chord is
rare, or what is decided of the next one never came, what each voice does by itself fills in (Witten and Bell, 1991).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from companion.model.codes import NOTHING
from companion.music.vocabulary import FIRST_STRIKE, VOICES, IntArray, sounding_tokens
from export.models.layers import ModelState, Tensor
from export.models.symbols import LINE_SYMBOLS, SPOKEN, SymbolModel

FARTHEST_APART = 47  # semitones: farther than any two symbols lie apart
SILENT = FARTHEST_APART + 1  # in place of semitones above the bass: no pitch
ELSEWHERE = FARTHEST_APART + 2  # likewise: what no row of the table says
MOVES = 2 * FARTHEST_APART + 2  # semitones, or silence
FEW = 0.5  # added to every count of one voice


class MarkovModel(SymbolModel):
    """A row of its table is a chord, the chord after it, both in semitones above the first one's bass, and a count."""

    architecture = "markov"

    def __init__(self, rows: int = 16_384, doubt: int = 8):
        super().__init__()
        self.rows, self.doubt = rows, doubt  # so many times must a chord have come for its counts to be half believed

    @property
    def states(self) -> list[ModelState]:
        return []

    def build(self, shape: Any) -> None:
        del shape
        empty, whole = {"initializer": "zeros", "trainable": False}, {"dtype": "int32"}
        self.chords = self.add_weight(name="chords", shape=(len(VOICES) - 1, self.rows), **empty, **whole)
        self.following = self.add_weight(name="following", shape=(len(VOICES), self.rows), **empty, **whole)
        self.counts = self.add_weight(name="counts", shape=(self.rows,), **empty)
        self.moves = self.add_weight(name="moves", shape=(len(VOICES), MOVES), **empty)
        self.usual = self.add_weight(name="usual", shape=(len(VOICES), SPOKEN), **empty)

    def count(self, pieces: Sequence[IntArray]) -> None:
        """Fill the tables from frames ``[steps, 4]``; ValueError where there are more rows than it has room for."""
        pairs: Counter[tuple[int, ...]] = Counter()
        moves, usual = np.full((len(VOICES), MOVES), FEW), np.full((len(VOICES), SPOKEN), FEW)
        for frames in pieces:
            symbols = symbols_in(frames)
            pairs.update(map(tuple, _pairs(symbols).tolist()))
            for voice, column in enumerate(symbols.T):
                usual[voice] += np.bincount(column - 1, minlength=SPOKEN)
                moves[voice] += np.bincount(_moves(column), minlength=MOVES)
        if len(pairs) > self.rows:
            raise ValueError(f"{len(pairs)} different steps were counted; rows must be at least that, not {self.rows}")
        table = np.full((self.rows, 2 * len(VOICES) - 1), ELSEWHERE, dtype=np.int32)
        table[: len(pairs)] = list(pairs)
        self.chords.assign(table[:, : len(VOICES) - 1].T)
        self.following.assign(table[:, len(VOICES) - 1 :].T)
        self.counts.assign(np.pad(np.array(list(pairs.values()), np.float32), (0, self.rows - len(pairs))))
        self.moves.assign(moves / moves.sum(axis=1, keepdims=True))
        self.usual.assign(usual / usual.sum(axis=1, keepdims=True))

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, notes, width]``, four notes a frame in their turns → logits ``[batch, notes, vocabulary]``."""
        del training
        width = self.reader.row.width
        frames = ops.reshape(ids, (-1, len(VOICES), width))
        voices = [self._said(frames[:, voice], voice) for voice in range(len(VOICES))]
        return ops.reshape(ops.stack(voices, axis=1), (-1, ids.shape[1], voices[0].shape[-1]))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One note: ids ``[1, width]`` → logits ``[1, vocabulary]``; nothing is remembered."""
        del states
        return self._said(ids, self.reader.voice(ids)[0]), {}

    def divide(self, temperature: float) -> None:
        """Counts are as sure as they are."""
        del temperature

    def _said(self, ids: Tensor, voice: Tensor | int) -> Tensor:
        """ids ``[notes, width]``, all of one voice → logits ``[notes, vocabulary]``."""
        own, alone = self.reader.own(ids), self._alone(self.reader.own(ids), voice)
        goes = ops.one_hot(_of(self.following, voice) + FARTHEST_APART, MOVES, dtype="float32")  # [rows, MOVES]
        counted = ops.matmul(ops.cast(self._fitting(ids), "float32") * self.counts, goes)
        places, bass = np.arange(1, LINE_SYMBOLS), self.reader.sounding(ids)[:, -1:]
        to = ops.where(places < FIRST_STRIKE, MOVES - 1, places - bass + FARTHEST_APART)
        counted = ops.take_along_axis(counted, to, axis=-1)
        counted = ops.where(ops.less(bass, FIRST_STRIKE), 0.0, counted)
        shares = counted + self.doubt * alone
        return self.reader.tokens(ops.log(shares / ops.sum(shares, axis=-1, keepdims=True)), own)

    def _alone(self, own: Tensor, voice: Tensor | int) -> Tensor:
        """[notes, SPOKEN]: what a voice does by itself: mostly as it moves, now and then anything that it sings."""
        places, before = np.arange(1, LINE_SYMBOLS), ops.expand_dims(own, -1)
        move = ops.where(places < FIRST_STRIKE, MOVES - 1, places - before + FARTHEST_APART)
        moving = ops.take(_of(self.moves, voice), move, axis=0)
        usual = _of(self.usual, voice)
        moving = ops.where(ops.less(before, FIRST_STRIKE), usual, moving)
        return 0.95 * moving / ops.sum(moving, axis=-1, keepdims=True) + 0.05 * usual

    def _fitting(self, ids: Tensor) -> Tensor:
        """[notes, rows]: whether a row begins with this chord and goes on as far as is decided."""
        now, decided = self.reader.sounding(ids), self.reader.decided(ids)
        bass = now[:, -1:]
        before, after = _above(now, bass), _above(decided, bass)
        fits = ops.equal(before[:, :1], self.chords[0])
        for voice in range(1, len(VOICES) - 1):
            fits = fits & ops.equal(before[:, voice : voice + 1], self.chords[voice])
        for voice in range(len(VOICES) - 1):  # the bass is decided last
            goes = ops.equal(after[:, voice : voice + 1], self.following[voice])
            fits = fits & (goes | ops.equal(decided[:, voice : voice + 1], NOTHING))
        return fits


def symbols_in(frames: IntArray) -> NDArray[np.int64]:
    """``[steps, 4]``: silence (1) and the pitches."""
    return np.maximum(sounding_tokens(frames), 1).astype(np.int64)


def _of(table: Any, voice: Tensor | int) -> Tensor:
    """The row of a voice."""
    return ops.take(ops.convert_to_tensor(table), voice, axis=0)


def _above(symbol: Tensor, bass: Tensor) -> Tensor:
    return ops.where(symbol < FIRST_STRIKE, SILENT, symbol - bass)


def _pairs(symbols: NDArray[np.int64]) -> NDArray[np.int64]:
    """``[steps, 7]``: three voices and then four of the step after, in semitones above the first bass, which sounds."""
    before, after = symbols[:-1], symbols[1:]
    both = np.concatenate([before[:, :-1], after], axis=1)
    above = np.where(both < FIRST_STRIKE, SILENT, both - before[:, -1:])
    return above[before[:, -1] >= FIRST_STRIKE]


def _moves(column: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of one voice, after each pitch: how far it moves, or that it falls silent."""
    before, after = column[:-1], column[1:]
    return np.where(after < FIRST_STRIKE, MOVES - 1, after - before + FARTHEST_APART)[before >= FIRST_STRIKE]
