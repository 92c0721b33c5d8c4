"""What was heard so far, and where the music has been before: chorales repeat whole phrases, and their tunes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import UNDECIDED
from companion.model.features import Echo, History
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES, IntArray

LONGEST = 1024  # frames that are remembered: 64 bars of 4/4
SOPRANO = slice(0, 1)


@dataclass(frozen=True, eq=False)
class Past:
    """The frames so far, oldest first, and how much of what led to each was heard just now again."""

    tokens: NDArray[np.int8]  # [frames, 4]
    codes: NDArray[np.int8]  # [frames, 4] what they sound (see features.sounding_codes)
    chords: NDArray[np.int16]  # [frames] how many chords before each of them were as the last ones are
    tune: NDArray[np.int16]  # [frames] the same of the soprano alone, in notes

    @classmethod
    def empty(cls) -> Past:
        """Nothing heard yet."""
        nothing = np.zeros((0, len(VOICES)), dtype=np.int8)
        none = np.zeros(0, dtype=np.int16)
        return cls(nothing, nothing, none, none)

    def advance(self, tokens: IntArray, after: History) -> Past:
        """The past after one more frame of tokens ``[4]``, with the history after it."""
        now = after.now.astype(np.int8)
        return Past(
            np.concatenate([self.tokens, tokens[None].astype(np.int8)])[-LONGEST:],
            np.concatenate([self.codes, now[None]])[-LONGEST:],
            _shared(self.chords, self.codes, now),
            _shared(self.tune, self.codes[:, SOPRANO], now[SOPRANO]),
        )

    def echo(self) -> Echo:
        """What came where the music was most like this; and where its tune was."""
        back, chords = _likest(self.chords)
        tokens = self.tokens[-back].astype(np.int32) if chords else np.full(len(VOICES), UNDECIDED, dtype=np.int32)
        back, notes = _likest(self.tune)
        tune = int(self.tokens[-back, 0]) if notes else UNDECIDED
        return Echo(tokens, np.array(chords, np.int32), np.array(tune, np.int32), np.array(notes, np.int32))


def _shared(before: NDArray[np.int16], codes: NDArray[np.int8], now: NDArray[np.int8]) -> NDArray[np.int16]:
    """How much leads alike to each frame and to the next one, from how much led to each and to this one."""
    changed = len(codes) > 0 and bool((codes[-1] != now).any())
    alike = (codes == now).all(axis=1)
    # what followed a frame like this one is now a candidate; before the first frame there is nothing
    return np.concatenate([[0], np.where(alike, before + changed, 0)])[-LONGEST:].astype(np.int16)


def _likest(shared: NDArray[np.int16]) -> tuple[int, int]:
    """How many frames back most led alike, the latest such place at the same step of the beat; and how much."""
    on_this_step = shared[-STEPS_PER_BEAT::-STEPS_PER_BEAT]  # latest first
    if not len(on_this_step):
        return 0, 0
    beats = int(on_this_step.argmax())
    return STEPS_PER_BEAT * (beats + 1), int(on_this_step[beats])


def echoes_of(frames: IntArray) -> Echo:
    """The echo before each frame of ``[steps, 4]`` tokens, stacked along the steps."""
    past, history, echoes = Past.empty(), History.empty(), []
    for frame in frames:
        echoes.append(past.echo())
        history = history.advance(frame)
        past = past.advance(frame, history)
    return Echo.stack(echoes)
