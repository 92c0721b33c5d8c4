"""Register, counted: whether voices stay where they began. Means are over all that a voice sounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.music.vocabulary import STEPS_PER_BEAT, sounding_pitches
from export.measures.passage import Passage
from export.measures.tally import Tally

TWO_BARS = 2 * 4 * STEPS_PER_BEAT  # two bars of 4/4
AWAY_SEMITONES = 5  # semitones


def window_means(passage: Passage, voice: int) -> NDArray[np.float64]:
    """[windows]: the mean pitch of a voice in whole windows of two bars, the piece's own first one leading.

    Windows in which the voice rests are left out.
    """
    line = sounding_pitches(passage.heard)[:, voice]
    starts = range(0, len(line) - TWO_BARS + 1, TWO_BARS)
    windows = [line[start : start + TWO_BARS] for start in starts if not 0 < start < passage.start]
    return np.array([window[window > 0].mean() for window in windows if window.any()])


def windows_away(passage: Passage, voice: int) -> Tally:
    """Windows in which a voice lies further than a fourth from where it began, on the average."""
    means = window_means(passage, voice)
    return Tally(int((np.abs(means[1:] - means[:1]) > AWAY_SEMITONES).sum()), max(len(means) - 1, 0))


def drift(passage: Passage, voice: int) -> NDArray[np.float64]:
    """[windows − 1]: by how many semitones a voice lies above where it began."""
    means = window_means(passage, voice)
    return means[1:] - means[:1]


def lowest(passage: Passage, voice: int) -> NDArray[np.float64]:
    """[1]: the lowest judged pitch of a voice; none where it rests."""
    line = sounding_pitches(passage.frames)[:, voice]
    return line[line > 0].astype(np.float64)[line[line > 0].argsort()[:1]]
