"""What a model may be told of a frame besides the music so far: what is known of it, what it echoes, and its chord.

Pure: standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from companion.model.codes import NOTHING, SILENCE, UNDECIDED
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, VOICES, IntArray

LOOK_AHEAD = 16  # steps: how far ahead a given voice's next strike is told
UNSAID = 0  # in the place of a chord's root and kind: it is not said


@dataclass(frozen=True, eq=False)
class Ahead:
    """What is known of a frame before it is chosen, as of voices that are given; every array has shape ``[..., 4]``."""

    now: IntArray  # token in this frame, UNDECIDED where it is not known
    later: IntArray  # code of the pitch struck next after this frame, SILENCE where none is in sight, NOTHING unknown
    steps: IntArray  # steps until then, 0 where none is known

    @classmethod
    def unknown(cls, *leading: int) -> Ahead:
        """Nothing is known, with any leading axes."""
        nothing = np.zeros((*leading, len(VOICES)), dtype=np.int32)
        return cls(nothing + UNDECIDED, nothing, nothing)

    @classmethod
    def of_frames(cls, known: IntArray) -> Ahead:
        """What each frame of ``[..., steps, 4]`` may know: tokens, UNDECIDED where they are not known."""
        last = known.shape[-2]
        at = np.arange(last)[:, None]
        strikes = np.where(known >= FIRST_STRIKE, at, last + LOOK_AHEAD)
        following = np.flip(np.minimum.accumulate(np.flip(strikes, -2), axis=-2), -2)[
            ..., 1:, :
        ]  # after each but the last
        following = np.concatenate([following, np.full_like(known[..., :1, :], last + LOOK_AHEAD)], axis=-2)
        seen = following - at <= LOOK_AHEAD
        codes = np.take_along_axis(known, np.minimum(following, last - 1), axis=-2)
        is_known = np.zeros(known.shape, dtype=bool)
        is_known[..., :-1, :] = known[..., 1:, :] != UNDECIDED
        later = np.where(seen, codes, np.where(is_known, SILENCE, NOTHING))
        return cls(known.astype(np.int32), later.astype(np.int32), np.where(seen, following - at, 0).astype(np.int32))

    def at(self, step: int) -> Ahead:
        """What one frame of ``[..., steps, 4]`` may know."""
        return Ahead(self.now[..., step, :], self.later[..., step, :], self.steps[..., step, :])


@dataclass(frozen=True, eq=False)
class Echo:
    """What came where the music was most like what was just heard; see companion.model.echoes and known_tunes."""

    tokens: IntArray  # [..., 4] the frame that came there, UNDECIDED where there is none
    chords: IntArray  # [...] how many chords up to there were as those up to now, 0 where there is none
    tune: IntArray  # [...] the soprano's token where its tune was most like this one, UNDECIDED where there is none
    notes: IntArray  # [...] how many notes of the tune were alike
    known: IntArray  # [...] the soprano's token in a known tune that was most like this one, UNDECIDED where none was
    moves: IntArray  # [...] how many moves of it were alike

    @classmethod
    def none(cls, *leading: int) -> Echo:
        """The music was never so before, with any leading axes."""
        nowhere, nothing = (
            np.full((*leading, len(VOICES)), UNDECIDED, dtype=np.int32),
            np.zeros(leading, dtype=np.int32),
        )
        return cls(nowhere, nothing, nothing + UNDECIDED, nothing, nothing + UNDECIDED, nothing)


@dataclass(frozen=True, eq=False)
class SaidChords:
    """The chord that a beat is to be heard as, and the next beat's; every array has shape ``[...]``."""

    root: IntArray  # UNSAID, then pitch classes
    kind: IntArray  # UNSAID, then inversions of qualities (see companion.harmony.chords)
    then_root: IntArray  # of the next beat
    then_kind: IntArray

    @classmethod
    def unsaid(cls, *leading: int) -> SaidChords:
        """Nothing is said, with any leading axes."""
        nothing = np.zeros(leading, dtype=np.int32)
        return cls(nothing, nothing, nothing, nothing)

    def transposed(self, semitones: int) -> SaidChords:
        """The same so many semitones higher."""
        return SaidChords(_moved(self.root, semitones), self.kind, _moved(self.then_root, semitones), self.then_kind)


Told = TypeVar("Told", Ahead, Echo, SaidChords)


def stacked(each: Sequence[Told]) -> Told:
    """Many as one, along a new first axis."""
    kind = type(each[0])
    return kind(*(np.stack([getattr(one, part.name) for one in each]) for part in fields(kind)))


def _moved(root: IntArray, semitones: int) -> IntArray:
    moved: IntArray = np.where(root == UNSAID, UNSAID, 1 + (root - 1 + semitones) % OCTAVE).astype(np.int32)
    return moved
