"""Passages that stand elsewhere too: in a training piece, at any transposition, or earlier in the same piece.

Passages are measured in changes of chord: durations and repeated notes make no difference to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from companion.model.echoes import echoes_of
from companion.music.vocabulary import IntArray, hide_onsets, sounding_pitches
from export.measures.tally import Tally

ALARM_CHANGES = 12  # so long a passage is no coincidence: between unlike pieces the longest has 9
ECHO_CHORDS = 4  # so many chords were the same before a repetition counts as one

_SILENT = -1  # in the place of an interval
_HIGH = 1 << 16  # above every pitch


class CopyIndex:
    """Pieces, ready to be asked for the longest passage that another piece has in common with one of them."""

    def __init__(self, pieces: Iterable[IntArray]) -> None:
        places: dict[bytes, list[int]] = defaultdict(list)
        place = 0
        for frames in pieces:
            place += 1  # a place that belongs to no piece, so that no passage goes across
            for change in changes_of_chord(frames):
                places[change].append(place)
                place += 1
        self._places = {change: np.array(found) for change, found in places.items()}
        self._size = place + 1

    def longest_copy(self, frames: IntArray) -> int:
        """The changes of chord of the longest passage of frames ``[steps, 4]`` that stands in some piece too."""
        longest = 0
        lengths: NDArray[np.int64] = np.zeros(self._size, dtype=np.int64)  # of the common passage up to each place
        for change in changes_of_chord(frames):
            following = np.zeros_like(lengths)
            found = self._places.get(change)
            if found is not None:
                following[found] = lengths[found - 1] + 1
                longest = max(longest, int(following[found].max()))
            lengths = following
        return longest


def changes_of_chord(frames: IntArray) -> list[bytes]:
    """Each change of chord, the same wherever it is transposed to: two chords and the way from one to the other."""
    pitches = sounding_pitches(frames)
    begins = np.concatenate([[True], (pitches[1:] != pitches[:-1]).any(axis=1)])
    chords = pitches[begins & (pitches > 0).any(axis=1)]
    lowest = np.where(chords > 0, chords, _HIGH).min(axis=1, keepdims=True)
    shapes = np.where(chords > 0, chords - lowest, _SILENT)
    rows = np.concatenate([shapes[:-1], lowest[1:] - lowest[:-1], shapes[1:]], axis=1)
    return [row.tobytes() for row in rows]


def self_repetition(frames: IntArray) -> Tally:
    """Frames that go on as they did after the same four chords, at least, earlier in the piece."""
    hidden = hide_onsets(frames)
    echo = echoes_of(hidden)
    repeated = (echo.chords >= ECHO_CHORDS) & (echo.tokens == hidden).all(axis=1)
    return Tally(int(repeated.sum()), len(frames))
