"""From played time to steps: how beats are divided, notes moved to the nearest step, none lost if possible.

Positions are float steps (a 16th note is 1.0) until they are whole. Where a phrase has triplets or swings, its
steps lie on the thirds of the beat (companion.phrase.grid); whether it does is told by what the whole phrase does,
see ``feel``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.music.vocabulary import STEPS_PER_BEAT

Steps = NDArray[np.float64]
Ints = NDArray[np.int64]

SWUNG = STEPS_PER_BEAT * 2 / 3  # where in its beat a swung eighth falls
THIRDS = (STEPS_PER_BEAT / 3, SWUNG)  # where the notes of a triplet fall
EXACT = 0.06  # steps; a note so near to a third is on it
NEARLY = 0.3  # steps; likewise where both thirds have one
FIRST_HALF = 1.5  # steps of a beat; later notes are off-beats
LIGHTEST, HEAVIEST = SWUNG - 0.3, SWUNG + 0.2  # steps; off-beats are swung if their mean lies between these …
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


class Feel(NamedTuple):
    """Which beats are in three, though by their metre they are not."""

    in_three: bool  # beats of which nothing else is known
    otherwise: frozenset[int]  # beats that are the other way
    long: float  # the share of a beat before its last part


def feel(starts: Steps) -> Feel:
    """How the beats of a phrase are divided: by triplets and swung eighths in three, else evenly.

    Eighths are swung where the off-beats of the phrase keep to two thirds of the beat: dotted
    rhythms lie a third of a step later, straight ones two thirds earlier, and neither is as even.
    Beats with another note in them are triplets or sixteenths and never swing. Most beats tell of those
    that are not divided.

    Args:
        starts: of all notes, in steps of evenly divided beats.
    """
    beats, offsets = _beats(starts)
    off = offsets > EARLY
    divided: dict[int, list[float]] = {}
    for beat, offset in zip(beats[off].tolist(), offsets[off].tolist(), strict=True):
        divided.setdefault(beat, []).append(offset)
    swing = _swing({beat: own for beat, own in divided.items() if min(own) > FIRST_HALF})
    in_three = {beat for beat, own in divided.items() if _is_triplet(own)} | swing.keys()
    usual = 2 * len(in_three) > len(divided)
    long = float(np.mean(list(swing.values()))) if swing else SWUNG
    return Feel(usual, frozenset(set(divided) - in_three if usual else in_three), long / STEPS_PER_BEAT)


def _beats(positions: Steps) -> tuple[Ints, Steps]:
    """The beat of each position, and the steps since that beat."""
    beats = np.floor((positions + EARLY) / STEPS_PER_BEAT)
    return beats.astype(np.int64), positions - beats * STEPS_PER_BEAT


def _is_triplet(offsets: Sequence[float]) -> bool:
    """Whether the notes in a beat lie on its thirds: nearly where there are both, exactly where there is one."""
    near = [min((abs(offset - third), third) for third in THIRDS) for offset in offsets]
    farthest = max(distance for distance, _ in near)
    return farthest < EXACT or (farthest < NEARLY and {third for _, third in near} == set(THIRDS))


def _swing(offsets: Mapping[int, Sequence[float]]) -> dict[int, float]:
    """Beat → where its off-beat is, of those that swing; none where off-beats do not. The voices of a beat are one."""
    means = {beat: float(np.mean(own)) for beat, own in offsets.items()}
    found = np.array(list(means.values()))
    if len(found) < SWING_BEATS or not LIGHTEST <= found.mean() <= HEAVIEST or found.std() > SWING_SPREAD:
        return {}
    return {beat: mean for beat, mean in means.items() if abs(mean - SWUNG) < 3 * SWING_SPREAD}


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
