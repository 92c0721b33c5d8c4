"""Scores in nats a note by two protocols, for anything that gives a distribution for each note.

*windowed*: windows of 33 frames, shifted by 16, what is left over dropped; each window without any
context from before it; all notes but the first are scored.
*whole piece*: every note of every piece, with all that came before it.

A distribution is over 47 symbols: rest, then the pitches 36..81. A model that tells a hold from a
strike is read as their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from companion.model.echoes import echoes_of
from companion.model.features import KNOWN_TUNE, UNKEYED, Place, histories_of, key_id
from companion.model.runtime import Model
from companion.music.key import find_key
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    REST,
    VOICES,
    IntArray,
    excerpt,
    hide_onsets,
    sounding_tokens,
    transpose,
)
from export.data.pieces import Piece, transpositions
from export.harmony.hearing import heard_chords

WINDOW_FRAMES = 33
WINDOW_SHIFT = 16
SYMBOLS = HIGHEST_PITCH - LOWEST_PITCH + 2  # rest and every pitch

SymbolLogProbs = NDArray[np.float64]

# Frames [steps, 4] and the step of the first → log-probabilities [steps, 4, SYMBOLS].
Scorer = Callable[[IntArray, int], SymbolLogProbs]

PLACE_EDGES = (0, 4, 16, 32, 64, 128)  # frames from the start of a piece where another stretch begins


@dataclass(frozen=True)
class Score:
    """Of many notes."""

    nll: float  # nats a note
    accuracy: float  # share of notes whose likeliest symbol is right
    notes: int

    def as_dict(self) -> dict[str, float | int]:
        return {"nll": round(self.nll, 4), "accuracy": round(self.accuracy, 4), "notes": self.notes}


def symbols_of(frames: IntArray) -> IntArray:
    """What each voice sounds, ``[steps, 4]``: 0 rest, then the pitches."""
    tokens = sounding_tokens(frames)
    return np.where(tokens == REST, 0, tokens - FIRST_STRIKE + 1).astype(np.int32)


def windows_of(frames: IntArray) -> Iterable[tuple[int, IntArray]]:
    """Start and frames of every full window."""
    for start in range(0, len(frames) - WINDOW_FRAMES + 1, WINDOW_SHIFT):
        yield start, excerpt(frames, start, WINDOW_FRAMES)


def windowed(pieces: Sequence[Piece], scorer: Scorer, add: Callable[[int], None] = lambda _: None) -> Score:
    """Score by windows; add is told each piece's frames."""
    totals = _Totals()
    for piece in pieces:
        for start, frames in windows_of(piece.frames):
            totals.add(scorer(frames, piece.first_step + start), frames, first_note=1)
        add(len(piece.frames))
    return totals.score()


def whole_piece(pieces: Sequence[Piece], scorer: Scorer, add: Callable[[int], None] = lambda _: None) -> Score:
    """Score whole pieces; add is told each piece's frames."""
    return whole_piece_by_place(pieces, scorer, add)[0]


def whole_piece_by_place(
    pieces: Sequence[Piece], scorer: Scorer, add: Callable[[int], None] = lambda _: None
) -> tuple[Score, dict[str, Score]]:
    """The same, and apart by how far from the start of its piece a frame lies: "1–4" and so on, in frames."""
    totals = _Totals()
    longest = max((len(piece.frames) for piece in pieces), default=0)
    edges = [*(edge for edge in PLACE_EDGES if edge < longest), longest]
    places = {(start, end): _Totals() for start, end in pairwise(edges)}
    for piece in pieces:
        scores = scorer(piece.frames, piece.first_step)
        totals.add(scores, piece.frames, first_note=0)
        for (start, end), of_place in places.items():
            of_place.add_symbols(scores[start:end], symbols_of(piece.frames)[start:end])
        add(len(piece.frames))
    return totals.score(), {f"{start + 1}–{end}": of_place.score() for (start, end), of_place in places.items()}


class _Totals:
    def __init__(self) -> None:
        self.nats, self.right, self.notes = 0.0, 0, 0

    def add(self, scores: SymbolLogProbs, frames: IntArray, first_note: int) -> None:
        symbols = symbols_of(frames).reshape(-1)[first_note:]
        self.add_symbols(scores.reshape(-1, SYMBOLS)[first_note:], symbols)

    def add_symbols(self, scores: SymbolLogProbs, symbols: IntArray) -> None:
        symbols, scores = symbols.reshape(-1), scores.reshape(-1, SYMBOLS)
        self.nats -= float(scores[np.arange(len(symbols)), symbols].sum())
        best = scores.argmax(axis=-1)
        sure = scores.max(axis=-1) > scores.min(axis=-1)  # a distribution that says nothing is right about nothing
        self.right += int(((best == symbols) & sure).sum())
        self.notes += len(symbols)

    def score(self) -> Score:
        if not self.notes:
            raise ValueError("there is nothing to score: no held-out piece is long enough")
        return Score(self.nats / self.notes, self.right / self.notes, self.notes)


def merge_holds(logits: NDArray[np.float32], now: IntArray) -> SymbolLogProbs:
    """Token logits ``[…, vocabulary]`` → log-probabilities of symbols ``[…, SYMBOLS]``.

    now: the code each voice sounds, ``[…]``: where a pitch sounds, its hold is added to its strike;
    elsewhere a hold means nothing and is left out.
    """
    scores = logits.astype(np.float64)
    holdable = now >= FIRST_STRIKE
    held = np.where(holdable, scores[..., HOLD], -np.inf)
    symbols: SymbolLogProbs = np.concatenate([scores[..., :1], scores[..., FIRST_STRIKE:]], axis=-1)
    place = np.maximum(now - FIRST_STRIKE + 1, 0)[..., None]
    own = np.take_along_axis(symbols, place, axis=-1)
    np.put_along_axis(symbols, place, np.logaddexp(own, held[..., None]), axis=-1)
    symbols -= symbols.max(axis=-1, keepdims=True)
    symbols -= np.log(np.exp(symbols).sum(axis=-1, keepdims=True))
    return symbols


def model_scorer(model: Model, chords_said: bool = False) -> Scorer:
    """Note by note through a model file, as the companion runs it; onsets hidden, closes unsaid.

    A model that needs the key is told the one that is heard in all of the frames.
    chords_said: it is told what each beat is heard as, and the next one, which tells of the very notes that are scored.
    """
    turns = model.contract.turns
    rank = np.argsort(turns).astype(np.int32)

    def score(frames: IntArray, first_step: int) -> SymbolLogProbs:
        hidden = hide_onsets(frames)
        key = np.full(len(frames), key_id(find_key(frames)) if model.contract.needs_key else UNKEYED)
        echo = echoes_of(hidden, model.known_tunes.start(first_step) if KNOWN_TUNE in model.row.names else None)
        chords = heard_chords(frames, first_step) if chords_said else None
        place = Place.of(first_step + np.arange(len(frames)), None, key, echo=echo, chords=chords)
        ids = model.row.of_pieces(hidden, place, np.broadcast_to(rank, hidden.shape))
        state = model.initial_state()
        logits = []
        for row in ids[:, turns].reshape(-1, model.row.width):
            note, state = model.step(row, state)
            logits.append(note)
        by_voice = np.stack(logits).reshape(*hidden.shape, -1)[:, rank]
        return merge_holds(by_voice, histories_of(hidden)[..., 0, :])

    return score


def transposing_scorer(scorer: Scorer, most: int) -> Scorer:
    """The mean of what a scorer expects of music as it stands and moved by up to ``most`` semitones either way.

    Only within the voices' ranges; what is told of the moved music is moved back.
    """

    def score(frames: IntArray, first_step: int) -> SymbolLogProbs:
        moves = [move for move in transpositions(frames) if abs(move) <= most]
        expected = [_moved_back(scorer(transpose(frames, move), first_step), move) for move in moves]
        mean: SymbolLogProbs = np.logaddexp.reduce(expected, axis=0) - np.log(len(moves))
        return mean

    return score


def _moved_back(scores: SymbolLogProbs, semitones: int) -> SymbolLogProbs:
    """Log-probabilities ``[..., SYMBOLS]`` of moved music, for the music as it was; what falls off the end is lost."""
    back = np.full_like(scores, -np.inf)
    back[..., 0] = scores[..., 0]
    pitches = scores[..., 1:]
    stay = slice(max(semitones, 0), pitches.shape[-1] + min(semitones, 0))
    back[..., 1:][..., stay.start - semitones : stay.stop - semitones] = pitches[..., stay]
    return back


def repeat_scorer(frames: IntArray, _: int) -> SymbolLogProbs:
    """The baseline that says: the same symbol again; about the first frame it says nothing."""
    symbols = symbols_of(frames)
    scores = np.full((*symbols.shape, SYMBOLS), -np.log(SYMBOLS))
    scores[1:] = -100.0
    np.put_along_axis(scores[1:], symbols[:-1, :, None], 0.0, axis=-1)
    return scores


def counting_scorer(train: Sequence[Piece]) -> Scorer:
    """The baseline that counts each voice's symbols in the training part, and one more of each."""
    counts = np.ones((len(VOICES), SYMBOLS))
    for piece in train:
        for voice, column in enumerate(symbols_of(piece.frames).T):
            counts[voice] += np.bincount(column, minlength=SYMBOLS)
    table = np.log(counts / counts.sum(axis=-1, keepdims=True))
    return lambda frames, _: np.broadcast_to(table, (len(frames), *table.shape))
