"""What was heard so far, and where the music has been before: chorales repeat whole phrases, and their tunes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import CODES, LONGEST_PAST, UNDECIDED
from companion.model.features import Echo, History
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES, IntArray

# What the voices sound is one number, the soprano's code in its highest bits.
_CODE_BITS = (CODES - 1).bit_length()
_CHORD_AND_TUNE: IntArray = np.array([[-1], [-1 << 3 * _CODE_BITS]], dtype=np.int32)  # the bits that must be alike


@dataclass(frozen=True, eq=False)
class Past:
    """The frames so far, oldest first, and how much of what led to some of them was heard just now again.

    Only what stands whole beats back is compared: the same place in the beat.
    """

    tokens: bytes  # four a frame
    chords: IntArray  # [frames] what they sound, as one number
    alike: NDArray[
        np.int16
    ]  # [2, beats back] how many chords, and notes of the soprano, before it were as the last are

    @classmethod
    def empty(cls) -> Past:
        """Nothing heard yet."""
        return cls(b"", np.zeros(0, dtype=np.int32), np.zeros((2, 0), dtype=np.int16))

    def advance(self, tokens: Sequence[int], after: History) -> Past:
        """The past after one more frame of four tokens, with the history after it."""
        now = 0
        for code in after.now:
            now = now << _CODE_BITS | code
        again = (self.chords[-STEPS_PER_BEAT::-STEPS_PER_BEAT] ^ now) & _CHORD_AND_TUNE == 0
        alike = self.alike
        if alike.shape[1] < again.shape[1]:
            alike = np.concatenate([alike, _NOTHING], axis=1)
        if len(self.chords) and self.chords[-1] != now:
            alike = alike + ((self.chords[-1] ^ now) & _CHORD_AND_TUNE != 0)
        return Past(
            (self.tokens + bytes(tokens))[-LONGEST_PAST * len(VOICES) :],
            np.concatenate([self.chords, np.array([now], dtype=np.int32)])[-LONGEST_PAST:],
            alike * again,
        )

    def echo(self) -> Echo:
        """What came where the music was most like this, the latest such place; and where its tune was."""
        if not self.alike.shape[1]:
            return Echo.none()
        there, tune_there = self.alike.argmax(axis=1).tolist()
        chords, notes = self.alike[0, there], self.alike[1, tune_there]
        tokens = self._came(there) if chords else [UNDECIDED] * len(VOICES)
        tune = self._came(tune_there)[0] if notes else UNDECIDED
        return Echo(*(np.array(what, dtype=np.int32) for what in (tokens, chords, tune, notes)))

    def _came(self, place: int) -> list[int]:
        """The frame that came so many beats ago, and one."""
        start = len(self.tokens) - (place + 1) * STEPS_PER_BEAT * len(VOICES)
        return list(self.tokens[start : start + len(VOICES)])


_NOTHING = np.zeros((2, 1), dtype=np.int16)


def echoes_of(frames: IntArray) -> Echo:
    """The echo before each frame of ``[steps, 4]`` tokens, stacked along the steps."""
    past, history, echoes = Past.empty(), History(), []
    for frame in frames.tolist():
        echoes.append(past.echo())
        history = history.advance(frame)
        past = past.advance(frame, history)
    return Echo.stack(echoes)
