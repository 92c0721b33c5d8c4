"""Where a song's steps lie in time: four to each beat, whatever its beats are.

Beats are those of the metre (companion.music.beats). In a beat of three parts, be it a dotted quarter or one of
triplets or of swung eighths, steps lie as its parts do.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.music.beats import LONG, Beat, beats_of
from companion.music.song import Metre
from companion.music.vocabulary import STEPS_PER_BEAT

Positions = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDING = 1e-6  # ticks or quarters
EVENLY = tuple(step / STEPS_PER_BEAT for step in range(STEPS_PER_BEAT))  # where steps lie in other beats
LEAST_BEAT = 0.5  # quarters; what is left over of a bar that another metre cuts is a beat, or lengthens the one before
_STEPS = np.arange(STEPS_PER_BEAT + 1)


@dataclass(frozen=True)
class Stretch:
    """Bars of one metre, or what is left over of one."""

    tick: float  # where it begins
    step: int  # likewise; a multiple of four
    beats: tuple[Beat, ...]  # again and again
    bar_beats: int  # of a bar, which begins with it

    @property
    def length(self) -> float:
        """Of all its beats once, in quarters."""
        return sum(beat.quarters for beat in self.beats)

    @property
    def in_three(self) -> Mask:
        """Which of its beats have three parts."""
        return np.array([beat.in_three for beat in self.beats])

    @property
    def quarters(self) -> Mask:
        """Which of its beats are quarters, which triplets and swing may divide in three."""
        return np.array([beat.quarters == 1 and not beat.in_three for beat in self.beats])


@dataclass(frozen=True)
class Grid:
    """The steps of a song; step 0 is the beginning of its first bar."""

    ticks_per_beat: int  # of a quarter
    stretches: tuple[Stretch, ...]
    triplets: bool = False  # quarters are in three, by triplets or swing …
    otherwise: frozenset[int] = frozenset()  # … or are not, but for these: which beats, counted from step 0
    long: float = LONG  # the share of such a quarter before its last part

    @classmethod
    def of_metres(cls, metres: Sequence[Metre], ticks_per_beat: int, onsets: Sequence[int] = ()) -> Grid:
        """From a song's metres; 4/4 until the first. The last of several at one tick counts.

        onsets: rising ticks of notes, which tell how unequal beats follow one another.
        """
        by_tick = {0: (4, 4)} | {metre[0]: (metre[1], metre[2]) for metre in sorted(metres, key=lambda one: one[0])}
        starts = sorted(by_tick)
        spans = [
            _Span(_beats(by_tick[start], start, _between(onsets, start, end), ticks_per_beat), start, end)
            for start, end in zip(starts, [*starts[1:], None], strict=True)
        ]
        stretches: list[Stretch] = []
        step = 0
        for beats, start, end in _with_whole_pickup(spans, ticks_per_beat):
            stretches += _stretches(beats, start, end, step, ticks_per_beat)
            step = 0 if end is None else _end_step(stretches[-1], end, ticks_per_beat)
        return cls(ticks_per_beat, tuple(stretches))

    def felt(self, triplets: bool, otherwise: frozenset[int], long: float) -> Grid:
        """The same with quarters in three (see companion.phrase.quantise.feel)."""
        return replace(self, triplets=triplets, otherwise=otherwise, long=long)

    def positions(self, ticks: Sequence[int] | NDArray[np.integer]) -> Positions:
        """Where ticks lie, in steps: whole numbers on the steps themselves."""
        given = np.asarray(ticks, dtype=np.float64)
        found = np.empty_like(given)
        for stretch, own in self._by_stretch([stretch.tick for stretch in self.stretches], given):
            found[own] = self._positions_in(stretch, given[own])
        return found

    def are_quarters(self, positions: Positions) -> Mask:
        """Which positions lie in quarters that triplets or swing may divide in three."""
        found = np.zeros(len(positions), dtype=bool)
        for stretch, own in self._by_stretch([float(stretch.step) for stretch in self.stretches], positions):
            beats = np.floor((positions[own] - stretch.step) / STEPS_PER_BEAT).astype(np.int64)
            found[own] = stretch.quarters[beats % len(stretch.beats)]
        return found

    def tick(self, step: int) -> int:
        """The nearest tick to a step; the later one where a step lies halfway."""
        stretch = self._stretch_of_step(step)
        beat, place = divmod(step - stretch.step, STEPS_PER_BEAT)
        times, at = divmod(beat, len(stretch.beats))
        before = times * stretch.length + sum(one.quarters for one in stretch.beats[:at])
        share = self._shares(stretch.beats[at], beat + stretch.step // STEPS_PER_BEAT)[place]
        quarters = before + stretch.beats[at].quarters * share
        return math.floor(stretch.tick + quarters * self.ticks_per_beat + 0.5)

    def place(self, step: int) -> int:
        """The steps between the beginning of the bar and this step."""
        stretch = self._stretch_of_step(step)
        return (step - stretch.step) % (STEPS_PER_BEAT * stretch.bar_beats)

    def bar(self, step: int) -> int:
        """The number of the bar around a step, from 1 on; a pickup has one too, as it has in sequencers."""
        number = 1
        for stretch, following in pairwise(self.stretches):
            if following.step > step:
                break
            number += math.ceil((following.step - stretch.step) / (STEPS_PER_BEAT * stretch.bar_beats))
        stretch = self._stretch_of_step(step)
        return number + (step - stretch.step) // (STEPS_PER_BEAT * stretch.bar_beats)

    def bar_steps(self, step: int) -> int:
        """The length of the bar around a step."""
        return STEPS_PER_BEAT * self._stretch_of_step(step).bar_beats

    def _positions_in(self, stretch: Stretch, ticks: Positions) -> Positions:
        lengths = np.array([beat.quarters for beat in stretch.beats]) * self.ticks_per_beat
        starts = np.concatenate([[0.0], np.cumsum(lengths)])
        times, within = np.divmod(ticks - stretch.tick + ROUNDING, starts[-1])
        at = np.minimum(np.searchsorted(starts, within, side="right") - 1, len(lengths) - 1)
        shares = np.clip((within - ROUNDING - starts[at]) / lengths[at], 0.0, 1.0)
        beats = stretch.step // STEPS_PER_BEAT + times.astype(np.int64) * len(lengths) + at
        felt = stretch.quarters[at] & (np.isin(beats, list(self.otherwise)) != self.triplets)
        steps = STEPS_PER_BEAT * shares
        for in_three, long in ((felt, self.long), (stretch.in_three[at], LONG)):
            steps = np.where(in_three, np.interp(shares, _parts(long), _STEPS), steps)
        found: Positions = STEPS_PER_BEAT * beats + steps
        return found

    def _shares(self, beat: Beat, number: int) -> Sequence[float]:
        """Where the four steps of a beat lie in it."""
        if beat.in_three:
            return _parts(LONG)
        if beat.quarters == 1 and (number in self.otherwise) != self.triplets:
            return _parts(self.long)
        return EVENLY

    def _by_stretch(self, starts: Sequence[float], places: Positions) -> Iterator[tuple[Stretch, NDArray[np.int64]]]:
        """Each stretch in which there are any of some places, and which those are."""
        which = np.searchsorted(starts[1:], places, side="right")
        order = np.argsort(which, kind="stable")
        for own in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
            if len(own):
                yield self.stretches[int(which[own[0]])], own

    def _stretch_of_step(self, step: int) -> Stretch:
        return self.stretches[max(bisect_right(self.stretches, step, key=lambda stretch: stretch.step) - 1, 0)]


def _parts(long: float) -> tuple[float, ...]:
    """Where steps lie in a beat of three parts, the last of which begins after a share of it; and its end."""
    return (0.0, long / 2, long, (1 + long) / 2, 1.0)


class _Span(NamedTuple):
    """From one metre to the next, in ticks."""

    beats: tuple[Beat, ...]
    start: float
    end: float | None  # None: the last

    def bar_ticks(self, ticks_per_beat: int) -> float:
        return sum(beat.quarters for beat in self.beats) * ticks_per_beat


def _between(ticks: Sequence[int], start: int, end: int | None) -> list[int]:
    return list(ticks[bisect_left(ticks, start) : len(ticks) if end is None else bisect_left(ticks, end)])


def _beats(metre: tuple[int, int], start: int, onsets: Sequence[int], ticks_per_beat: int) -> tuple[Beat, ...]:
    """The beats of the bars of a metre, unequal ones as the notes have them."""
    numerator, denominator = metre
    bar = 4 * ticks_per_beat * numerator / denominator
    places = [round((onset - start) % bar / (ticks_per_beat / 2)) for onset in onsets]
    return beats_of(numerator, denominator, places.count)


def _with_whole_pickup(spans: Sequence[_Span], ticks_per_beat: int) -> Sequence[_Span]:
    """A first metre that is over before a bar of the next one would be is a pickup: the end of such a bar."""
    first_end = spans[0].end
    if first_end is None or first_end >= spans[1].bar_ticks(ticks_per_beat):
        return spans
    return [spans[1]._replace(start=first_end - spans[1].bar_ticks(ticks_per_beat)), *spans[2:]]


def _stretches(
    beats: tuple[Beat, ...], start: float, end: float | None, step: int, ticks_per_beat: int
) -> Iterator[Stretch]:
    """Whole bars of a metre from a tick to another, and what is left of one before the next metre begins."""
    if end is None:
        yield Stretch(start, step, beats, len(beats))
        return
    length = sum(beat.quarters for beat in beats)
    bars = math.floor((end - start) / ticks_per_beat / length + ROUNDING)
    rest = (end - start) / ticks_per_beat - bars * length
    if bars and ROUNDING < rest < LEAST_BEAT:
        bars, rest = bars - 1, rest + length
    if bars:
        yield Stretch(start, step, beats, len(beats))
    if rest > ROUNDING:
        at = start + bars * length * ticks_per_beat
        yield Stretch(at, step + STEPS_PER_BEAT * len(beats) * bars, _cut(beats, rest), len(beats))


def _cut(beats: Sequence[Beat], quarters: float) -> tuple[Beat, ...]:
    """The beats of a bar that is over after so many quarters."""
    ends = list(accumulate(beat.quarters for beat in beats))
    whole = bisect_right(ends, quarters + ROUNDING)
    left = quarters - (ends[whole - 1] if whole else 0.0)
    if left <= ROUNDING:
        return tuple(beats[:whole])
    if left >= LEAST_BEAT or not whole:
        return (*beats[:whole], Beat(left))
    return (*beats[: whole - 1], Beat(beats[whole - 1].quarters + left))


def _end_step(stretch: Stretch, end: float, ticks_per_beat: int) -> int:
    """The step to which a stretch has come that ends at a tick."""
    times = round((end - stretch.tick) / (stretch.length * ticks_per_beat))
    return stretch.step + STEPS_PER_BEAT * len(stretch.beats) * times
