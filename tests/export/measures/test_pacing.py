"""Frames that change, chords that stand too long, and the lengths of notes."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import frames_of_chords

from companion.music.vocabulary import REST
from export.measures import pacing
from export.measures.tally import Tally

FIRST, SECOND = (72, 67, 64, 48), (72, 69, 65, 53)


def test_frames_with_a_change_leave_the_first_out() -> None:
    assert pacing.changing_frames(frames_of_chords([FIRST, SECOND, SECOND, FIRST])) == Tally(2, 15)


def test_a_chord_is_still_from_the_ninth_frame_on() -> None:
    frames = np.concatenate([frames_of_chords([FIRST], 10), frames_of_chords([SECOND], 8), frames_of_chords([FIRST])])
    assert pacing.still_frames(frames) == Tally(2, 22)


@pytest.mark.parametrize(("steps", "found"), [(pacing.EIGHTH, 4), (pacing.QUARTER, 1), (pacing.HALF, 0)])
def test_lengths_of_notes(steps: int, found: int) -> None:
    frames = frames_of_chords([FIRST, SECOND], steps=2)
    frames[:, 3] = REST
    assert pacing.notes_of_length(frames, steps) == Tally(found, 5)  # the soprano's is one of four steps
