"""Coming to rest: of several endings, the one that closes best; and a first chord that stands as firmly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from companion.generation.generator import NO_CONDITIONS, Frame, Standing
from companion.model.features import Conditions
from companion.music.key import Key
from companion.sampling.harmony import MAJOR, MINOR, close_on_triad
from companion.sampling.rules import Rule

CLOSE_IN_SIGHT = 16  # steps; a close farther off is not said: in Bach there would be another one before it

TRIES = 8  # endings made at most; the first that could not be better is taken
BEST = 7
WHOLE_TONE = 2  # by a step at most the highest voice comes to rest; by a leap a phrase begins

Quality = tuple[int, bool]  # of an ending: of its chord, and whether the highest voice comes there by step
PERFECT: Quality = (BEST, True)

Walk = Iterator[tuple[Frame, Standing]]  # frames one after another, each with the standing after it
Ending = list[tuple[Frame, Standing]]  # those up to the closing one


def before_close(steps: int, conditions: Conditions = NO_CONDITIONS) -> Conditions:
    """What a model is told of a close so many steps ahead, besides what it is told anyway."""
    return replace(conditions, steps_to_close=steps) if 0 <= steps <= CLOSE_IN_SIGHT else conditions


def closing_rules(key: Key | None) -> tuple[Rule, ...]:
    """What holds for the chord of the close, before everything else."""
    return () if key is None else (close_on_triad(key),)


def towards_close(walk: Callable[[Standing, int, int], Walk], standing: Standing, close: int, key: Key | None) -> Walk:
    """The frames 0..close of a walk, which goes from one frame to another; its ending is the best of several."""
    in_sight = max(close - CLOSE_IN_SIGHT, 0)
    for frame, after in walk(standing, 0, in_sight - 1):
        standing = after
        yield frame, standing
    start = standing
    yield from best_ending(lambda: list(walk(start, in_sight, close)), key)


def best_ending(make: Callable[[], Ending], key: Key | None) -> Ending:
    """The best of up to TRIES endings, by the chord of the last frame and how it is come to."""
    best: Ending = []
    reached: Quality = (-1, False)
    for _ in range(TRIES):
        ending = make()
        quality = ending_quality([frame.pitches for frame, _ in ending[-2:]], key)
        if quality > reached:
            best, reached = ending, quality
        if reached == PERFECT:
            break
    return best


def best_opening(openings: Iterable[tuple[Frame, Standing]]) -> tuple[Frame, Standing]:
    """The first of some opening chords that could not be better, else the best: after nothing, any chord may come."""
    best = None
    reached = -1
    for frame, after in openings:
        quality = closing_quality(frame.pitches, None)
        if quality > reached:
            best, reached = (frame, after), quality
        if reached == BEST:
            break
    assert best is not None
    return best


def ending_quality(chords: Sequence[Sequence[int | None]], key: Key | None) -> Quality:
    """How well the last of some frames' pitches closes: of equal chords that which is come to by step."""
    highest = [max((pitch for pitch in chord if pitch is not None), default=None) for chord in chords[-2:]]
    before, last = highest[0], highest[-1]
    leaps = before is not None and last is not None and abs(last - before) > WHOLE_TONE
    return closing_quality(chords[-1], key), not leaps


def closing_quality(pitches: Sequence[int | None], key: Key | None) -> int:
    """How well a chord closes, 0..BEST.

    A triad counts 1, complete 2 more, on its root 2 more, on the tonic 2 more or in the scale 1 more.
    """
    sounding = [pitch for pitch in pitches if pitch is not None]
    found = _triad({pitch % 12 for pitch in sounding})
    if found is None:
        return 0
    root, complete = found
    points = 1 + 2 * complete + 2 * (min(sounding) % 12 == root)
    if key is None or root == key.tonic:
        return points + 2
    return points + (root in key.scale)


def _triad(classes: set[int]) -> tuple[int, bool] | None:
    """The root of the triad that some pitch classes make, its third among them, and whether it is complete."""
    for root in sorted(classes):
        for triad in (MAJOR, MINOR):
            tones = {(root + interval) % 12 for interval in triad}
            if classes <= tones and (root + triad[1]) % 12 in classes:
                return root, classes == tones
    return None
