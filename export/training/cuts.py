"""What a crop of a piece may be told besides its music: given voices, what it is to come to, echoes and chords."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from companion.model.codes import NOTHING, UNDECIDED
from companion.model.echoes import echoes_of
from companion.model.told import LOOK_AHEAD, UNSAID, Ahead, Echo, SaidChords
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES, IntArray, excerpt, hide_onsets, transpose
from export.data.pieces import Piece
from export.harmony.hearing import said_chords
from export.training.habits import USUAL_HABITS, Habits

CHORDS_LATER = 0.3  # share of the crops whose chords are said which hear music of their own before
CHORDS_LEFT_OUT = 0.1  # share of the beats of which they do not say it
LONGEST_APART = 64  # steps between places of which the music knows that it is to come to them


class Cut(NamedTuple):
    """Where a crop is taken from its piece, and how it is read."""

    start: int
    steps: int
    semitones: int = 0
    onsets_known: bool = False

    @property
    def frames(self) -> slice:
        """Those of the piece."""
        return slice(self.start, self.start + self.steps)


def ahead_of(frames: IntArray, given: Sequence[int], steps: int, look: bool) -> Ahead:
    """``[steps, 4]``: what is known of the given voices, with or without what they do later."""
    known = np.full_like(frames, UNDECIDED)
    known[:, list(given)] = frames[:, list(given)]
    ahead = Ahead.of_frames(known)
    return Ahead(
        padded(ahead.now[:steps], steps, UNDECIDED),
        padded(ahead.later[:steps] * look, steps, NOTHING),
        padded(ahead.steps[:steps] * look, steps, 0),
    )


def before_joins(frames: IntArray, ahead: Ahead, given: Sequence[int], generator: np.random.Generator) -> Ahead:
    """``[steps, 4]``: what is known, and what each voice that is not given comes to at some places ahead of it.

    All voices begin a note there, as after bars that are made anew.
    """
    steps = len(ahead.now)
    later, until = ahead.later.copy(), ahead.steps.copy()
    free = [voice for voice in range(len(VOICES)) if voice not in given]
    join = int(generator.integers(1, LONGEST_APART + 1))
    while join < min(steps, len(frames)):
        since = max(join - LOOK_AHEAD, 0)
        known = np.full((join - since + LOOK_AHEAD, len(VOICES)), UNDECIDED, dtype=np.int32)
        coming = excerpt(frames, join, LOOK_AHEAD)
        known[join - since : join - since + len(coming)] = coming
        told = Ahead.of_frames(known)
        later[since:join, free] = told.later[: join - since, free]
        until[since:join, free] = told.steps[: join - since, free]
        join += int(generator.integers(LOOK_AHEAD, LONGEST_APART + 1))
    return Ahead(ahead.now, later, until)


def echo_in(piece: Piece, cut: Cut, habits: Habits = USUAL_HABITS) -> Echo:
    """What a crop recalls, ``[steps]``: also of the piece before it, and of tunes that the model knows."""
    frames = np.ascontiguousarray(piece.frames if cut.onsets_known else hide_onsets(piece.frames))
    echo = _echoes(frames.tobytes(), str(frames.dtype))
    known, moves = echo.known, echo.moves
    if habits.by_heart:
        known, moves = habits.by_heart.recalled(piece).transposed(cut.semitones)
    return Echo(
        padded(transpose(echo.tokens[cut.frames], cut.semitones), cut.steps, UNDECIDED),
        padded(echo.chords[cut.frames], cut.steps, 0),
        padded(transpose(echo.tune[cut.frames], cut.semitones), cut.steps, UNDECIDED),
        padded(echo.notes[cut.frames], cut.steps, 0),
        padded(known[cut.frames], cut.steps, UNDECIDED),
        padded(moves[cut.frames], cut.steps, 0),
    )


@lru_cache(maxsize=4096)  # the pieces of a run, with and without their onsets
def _echoes(frames: bytes, dtype: str) -> Echo:
    """Of a whole piece, from its frames as they lie in memory."""
    return echoes_of(np.frombuffer(frames, dtype=dtype).reshape(-1, len(VOICES)))


def draw_chords(piece: Piece, cut: Cut, generator: np.random.Generator) -> SaidChords:
    """``[steps]``: what beats of a crop are to be heard as; some are not said, and often none before one of them.

    Half of all crops are not told of the beat to come.
    """
    whole = said_chords(piece).transposed(cut.semitones)
    beat = (piece.first_step + cut.start + np.arange(cut.steps)) // STEPS_PER_BEAT
    beat -= beat[0]
    first = int(generator.integers(beat[-1] + 1)) if generator.random() < CHORDS_LATER else 0
    is_said = (generator.random(beat[-1] + 2) >= CHORDS_LEFT_OUT) & (np.arange(beat[-1] + 2) >= first)
    is_next_said = is_said & (generator.random() < 0.5)
    now, then = is_said[beat], (is_next_said[1:] & is_said[:-1])[beat]
    chords = chords_in(whole, cut)
    return SaidChords(chords.root * now, chords.kind * now, chords.then_root * then, chords.then_kind * then)


def chords_in(chords: SaidChords, cut: Cut) -> SaidChords:
    """``[steps]`` of those of a whole piece."""
    whole = (chords.root, chords.kind, chords.then_root, chords.then_kind)
    return SaidChords(*(padded(each[cut.frames], cut.steps, UNSAID) for each in whole))


def padded(rows: IntArray, steps: int, fill: int) -> IntArray:
    """Rows along the first axis, brought to a length."""
    wide = [(0, steps - len(rows)), *[(0, 0)] * (rows.ndim - 1)]
    return np.pad(rows, wide, constant_values=fill)
