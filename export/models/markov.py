"""``markov``: a chain of chords that were counted, not learned; the honest lower line of every table.

What came after a chord in the training chorales, in whatever key, is what may come after it here. Where a chord is
rare, or what is decided of the next one never came, what each voice does by itself fills in (Witten and Bell, 1991).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
ELSEWHERE = FARTHEST_APART + 2  # likewise: what no row of a table says
MOVES = 2 * FARTHEST_APART + 2  # semitones, or silence
MOST_AFTER = 256  # different chords after one
FEW = 0.5  # added to every count of one voice


class MarkovModel(SymbolModel):
    """Every chord that was counted, and behind one another the chords that came after each.

    Both in semitones above the bass of the first, which sounds.
    """

    architecture = "markov"

    def __init__(self, chords: int = 2048, rows: int = 12_288, doubt: int = 8):
        super().__init__()
        self.room = chords, rows
        self.doubt = doubt  # so many times must a chord have come for its counts to be half believed

    @property
    def states(self) -> list[ModelState]:
        return []

    def build(self, shape: Any) -> None:
        del shape
        chords, rows = self.room
        empty, whole = {"initializer": "zeros", "trainable": False}, {"dtype": "int32"}
        self.chords = self.add_weight(name="chords", shape=(len(VOICES) - 1, chords), **empty, **whole)
        self.begins = self.add_weight(name="begins", shape=(chords + 1,), **empty, **whole)  # at which row
        self.following = self.add_weight(name="following", shape=(len(VOICES), rows), **empty, **whole)
        self.counts = self.add_weight(name="counts", shape=(rows,), **empty)
        self.moves = self.add_weight(name="moves", shape=(len(VOICES), MOVES), **empty)
        self.usual = self.add_weight(name="usual", shape=(len(VOICES), SPOKEN), **empty)

    def count(self, pieces: Sequence[IntArray]) -> None:
        """Fill the tables from frames ``[steps, 4]``; ValueError where they have no room for all of it."""
        after: dict[tuple[int, ...], Counter[tuple[int, ...]]] = {}
        moves, usual = np.full((len(VOICES), MOVES), FEW), np.full((len(VOICES), SPOKEN), FEW)
        for frames in pieces:
            symbols = symbols_in(frames)
            for pair in map(tuple, _pairs(symbols).tolist()):
                after.setdefault(pair[: len(VOICES) - 1], Counter())[pair[len(VOICES) - 1 :]] += 1
            for voice, column in enumerate(symbols.T):
                usual[voice] += np.bincount(column - 1, minlength=SPOKEN)
                moves[voice] += np.bincount(_moves(column), minlength=MOVES)
        self._fill(after)
        self.moves.assign(moves / moves.sum(axis=1, keepdims=True))
        self.usual.assign(usual / usual.sum(axis=1, keepdims=True))

    def _fill(self, after: Mapping[tuple[int, ...], Counter[tuple[int, ...]]]) -> None:
        ways = [len(each) for each in after.values()]
        for what, found, room in zip(("chords", "rows"), (len(ways), sum(ways)), self.room, strict=True):
            if found > room:
                raise ValueError(f"{found} {what} were counted; {what} must be at least that, not {room}")
        if max(ways, default=0) > MOST_AFTER:
            raise ValueError(f"{max(ways)} different chords came after one; at most {MOST_AFTER} can")
        chords, rows = self.room
        begins = np.cumsum([0, *ways])
        self.chords.assign(_table(after, len(VOICES) - 1, chords))
        self.begins.assign(np.pad(begins, (0, chords + 1 - len(begins)), mode="edge"))
        self.following.assign(_table([chord for each in after.values() for chord in each], len(VOICES), rows))
        counts = np.array([count for each in after.values() for count in each.values()], np.float32)
        self.counts.assign(np.pad(counts, (0, rows - len(counts))))

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
        own, bass = self.reader.own(ids), self.reader.sounding(ids)[:, -1:]
        rows, fitting = self._fitting(ids)
        goes = ops.take(_of(self.following, voice), rows, axis=0) + FARTHEST_APART  # [notes, MOST_AFTER]
        weights = ops.cast(fitting, "float32") * ops.take(self.counts, rows, axis=0)
        places = np.arange(1, LINE_SYMBOLS)
        to = ops.where(places < FIRST_STRIKE, MOVES - 1, places - bass + FARTHEST_APART)
        here = ops.cast(ops.equal(goes[:, :, None], to[:, None, :]), "float32")
        shares = ops.sum(weights[:, :, None] * here, axis=1) + self.doubt * self._alone(own, voice)
        return self.reader.tokens(ops.log(shares / ops.sum(shares, axis=-1, keepdims=True)), own)

    def _alone(self, own: Tensor, voice: Tensor | int) -> Tensor:
        """[notes, SPOKEN]: what a voice does by itself: mostly as it moves, now and then anything that it sings."""
        places, before = np.arange(1, LINE_SYMBOLS), ops.expand_dims(own, -1)
        move = ops.where(places < FIRST_STRIKE, MOVES - 1, places - before + FARTHEST_APART)
        moving = ops.take(_of(self.moves, voice), move, axis=0)
        usual = _of(self.usual, voice)
        moving = ops.where(ops.less(before, FIRST_STRIKE), usual, moving)
        return 0.95 * moving / ops.sum(moving, axis=-1, keepdims=True) + 0.05 * usual

    def _fitting(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """[notes, MOST_AFTER], twice: rows after this chord, and which of them go on as far as is decided."""
        now, decided = self.reader.sounding(ids), self.reader.decided(ids)
        bass = now[:, -1:]
        before, after = _above(now, bass), _above(decided, bass)
        is_it = ops.equal(before[:, :1], self.chords[0])
        for voice in range(1, len(VOICES) - 1):
            is_it = is_it & ops.equal(before[:, voice : voice + 1], self.chords[voice])
        is_it = is_it & ops.greater_equal(bass, FIRST_STRIKE)
        chord = ops.argmax(ops.cast(is_it, "int32"), axis=-1)
        known = ops.any(is_it, axis=-1)[:, None]
        begin, end = ops.take(self.begins, chord, axis=0)[:, None], ops.take(self.begins, chord + 1, axis=0)[:, None]
        rows = begin + np.arange(MOST_AFTER, dtype=np.int32)
        fits = known & ops.less(rows, end)
        rows = ops.minimum(rows, self.room[1] - 1)
        for voice in range(len(VOICES) - 1):  # the bass is decided last
            here = slice(voice, voice + 1)
            goes = ops.equal(after[:, here], ops.take(self.following[voice], rows, axis=0))
            fits = fits & (goes | ops.equal(decided[:, here], NOTHING))
        return rows, fits


def symbols_in(frames: IntArray) -> NDArray[np.int64]:
    """``[steps, 4]``: silence (1) and the pitches."""
    return np.maximum(sounding_tokens(frames), 1).astype(np.int64)


def _table(rows: Collection[tuple[int, ...]], width: int, room: int) -> IntArray:
    """``[width, room]``: a column for each, and what is nowhere behind them."""
    table = np.full((room, width), ELSEWHERE, dtype=np.int32)
    table[: len(rows)] = list(rows)
    return np.ascontiguousarray(table.T)


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
