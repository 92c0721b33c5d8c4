"""From played time to steps: swing made straight, notes moved to the nearest step, none lost if possible.

Positions are float steps (a 16th note is 1.0) until they are whole. The nearest step keeps eighth
triplets apart and in order: 0, 1/3 and 2/3 of a beat become steps 0, 1 and 3, each a third of a step
away at most. Swung eighths lie where the last note of a triplet lies; they are told apart by what
the whole phrase does, see ``straighten``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.music.vocabulary import STEPS_PER_BEAT

Steps = NDArray[np.float64]
Ints = NDArray[np.int64]

SWUNG = STEPS_PER_BEAT * 2 / 3  # where in its beat a swung eighth falls
STRAIGHT = STEPS_PER_BEAT / 2  # and where it is written
FIRST_HALF = 1.5  # steps of a beat; later notes are off-beats
SWING_MEAN = 0.2  # steps; off-beats are swung if their mean is this near to SWUNG …
SWING_SPREAD = 0.15  # steps; … and their standard deviation is no more than this
SWING_BEATS = 3  # and there are this many of them
EARLY = 0.4  # steps; a note no earlier than this before a beat belongs to it

CHORD = 0.25  # steps; overlapping notes of one voice nearer than this are a chord, not a figure
FARTHEST = 1.0  # steps; a note is not moved farther than this to make room

RELEASED = 0.9  # the share of notes let go early in a performance that separates every note
LEAST_REST = 0.95  # steps; a rest of a step may be a tick shorter where a step is no whole number of ticks
RELEASED_NOTES = 3


def nearest(positions: Steps) -> Ints:
    """The nearest whole step; the later one from halfway."""
    return np.floor(positions + 0.5).astype(np.int64)


def straighten(starts: Steps, ends: Steps, origin: float) -> tuple[Steps, Steps]:
    """Swung eighths moved to where they are written; anything else stays.

    Eighths are swung where the off-beats of the phrase keep to two thirds of the beat: dotted
    rhythms lie a third of a step later, straight ones two thirds earlier, and neither is as even.
    Beats with a note in their first half are triplets or sixteenths and never swing.

    Args:
        starts: of all notes, in steps.
        ends: likewise.
        origin: the step of some beat, not after any of them.
    """
    beats, offsets = _beats(starts, origin)
    off_beat = offsets > FIRST_HALF
    end_beats, end_offsets = _beats(ends, origin)
    busy = np.zeros(int(end_beats.max()) + 1, dtype=bool)
    busy[beats[~off_beat & (offsets > EARLY)]] = True
    candidates = off_beat & ~busy[beats]
    if not _is_swing(beats[candidates], offsets[candidates]):
        return starts, ends
    swung = candidates & (np.abs(offsets - SWUNG) < 3 * SWING_SPREAD)
    released = ~busy[end_beats] & (np.abs(end_offsets - SWUNG) < 2 * SWING_SPREAD)
    late = SWUNG - STRAIGHT
    return np.where(swung, starts - late, starts), np.where(released, ends - late, ends)


def _beats(positions: Steps, origin: float) -> tuple[Ints, Steps]:
    """The beat of each position, and the steps since that beat."""
    beats = np.floor((positions - origin + EARLY) / STEPS_PER_BEAT)
    return beats.astype(np.int64), positions - origin - beats * STEPS_PER_BEAT


def _is_swing(beats: Ints, offsets: Steps) -> bool:
    """Whether off-beats swing: the voices of one beat count as one."""
    if len(np.unique(beats)) < SWING_BEATS:
        return False
    _, index, counts = np.unique(beats, return_inverse=True, return_counts=True)
    means = np.bincount(index, weights=offsets) / counts
    return bool(abs(means.mean() - SWUNG) <= SWING_MEAN and means.std() <= SWING_SPREAD)


def is_released_early(voices: Sequence[tuple[Steps, Steps]]) -> bool:
    """Whether a performance lets go of nearly every note a little before the next one.

    Many programs export 95 % of the written length; without this, a whole note would be followed
    by a rest of a step that nobody wrote. ``voices`` are (starts, ends), in order of the starts.
    """
    gaps = np.concatenate([starts[1:] - ends[:-1] for starts, ends in voices] or [np.zeros(0)])
    gaps = gaps[np.abs(gaps) < LEAST_REST]
    return len(gaps) >= RELEASED_NOTES and float(np.mean(gaps > 1e-6)) >= RELEASED


@dataclass(frozen=True)
class Settled:
    """The notes of one voice on steps of their own."""

    index: Ints  # which notes these are, of those given; the others had no room
    starts: Ints  # rising
    ends: Ints  # after their start, not after the next start


def settle(starts: Steps, ends: Steps, end_step: int, released_early: bool = False) -> Settled:
    """Puts the notes of one voice, at least one, on steps, one a step.

    Of two notes on one step, one moves to a free step beside it, the shorter one rather than the
    longer; where there is no room, or where they are a chord, the longer one stays.

    Args:
        starts: rising; of notes that begin together, the one to prefer comes first.
        ends: likewise.
        end_step: where the phrase ends.
        released_early: a note that ends less than a step before the next one lasts until then.
    """
    index, steps = _own_steps(starts, ends, nearest(starts))
    next_steps = np.append(steps[1:], max(end_step, int(steps[-1]) + 1))
    next_starts = np.append(starts[index[1:]], float(end_step))
    stops = np.clip(nearest(ends[index]), steps + 1, next_steps)
    if released_early:
        stops = np.where(next_starts - ends[index] < LEAST_REST, next_steps, stops)
    return Settled(index, steps, stops)


def _own_steps(starts: Steps, ends: Steps, steps: Ints) -> tuple[Ints, Ints]:
    """Which notes have a step of their own, and which."""
    if bool(np.all(np.diff(steps) > 0)):
        return np.arange(len(steps)), steps
    kept: list[int] = []
    own: list[int] = []
    for note, step in enumerate(steps.tolist()):
        following = int(steps[note + 1]) if note + 1 < len(steps) else step + 2
        if not own or step > own[-1]:
            kept.append(note)
            own.append(step)
        elif not _make_room(kept, own, note, following, starts, ends):
            before = kept[-1]
            if ends[note] - starts[note] > ends[before] - starts[before]:
                kept[-1] = note
    return np.array(kept, dtype=np.int64), np.array(own, dtype=np.int64)


def _make_room(kept: list[int], own: list[int], note: int, following: int, starts: Steps, ends: Steps) -> bool:
    """Finds a step for a note beside the last one kept; False where neither can move."""
    before = kept[-1]
    if starts[note] - starts[before] < CHORD and ends[before] - starts[note] > CHORD:
        return False
    earlier, later = own[-1] - 1, own[-1] + 1
    costs = []
    if earlier >= 0 and (len(own) == 1 or own[-2] < earlier):
        costs.append((starts[before] - earlier, ends[before] - starts[before], "earlier"))
    if following > later:
        costs.append((later - starts[note], ends[note] - starts[note], "later"))
    costs = [cost for cost in costs if cost[0] <= FARTHEST]
    if not costs:
        return False
    if min(costs, key=lambda cost: cost[0] * cost[1])[2] == "earlier":
        own[-1:] = [earlier, own[-1]]
    else:
        own.append(later)
    kept.append(note)
    return True
