"""The way of a jam's answer: its phrases and, beat by beat, how its chords lead to their closes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from companion.harmony.form import ENDLESS_STEPS, Form, drawn_form, endless_form
from companion.harmony.way import Way, way_through
from companion.music.key import Key
from companion.music.vocabulary import STEPS_PER_BEAT

FORM_DICE = 1_000_003  # beside the seed and the answer's number: other dice than those of its frames


@lru_cache(maxsize=16)
def way_of(key: Key, form: Form) -> Way:
    """Chords through a form."""
    return way_through(key, form)


def form_of(
    dice: tuple[int, int], begin: int, at: int, drawn: tuple[int, int] | None, now: tuple[int, int] | None
) -> Form:
    """The phrases of an answer around a step; all steps as they are counted with beats on the multiples of four.

    dice: the seed and the answer's number.
    begin: the answer's first step.
    drawn, now: the close and the end that the answer had when it began, and those it has now; None: no end.
    """
    start = begin - begin % STEPS_PER_BEAT
    stretch = 0 if drawn is not None else max(at - start, 0) // ENDLESS_STEPS
    return _drawn(dice, start, stretch, drawn, now)


@lru_cache(maxsize=64)
def _drawn(
    dice: tuple[int, int], start: int, stretch: int, drawn: tuple[int, int] | None, now: tuple[int, int] | None
) -> Form:
    thrown = np.random.Generator(np.random.PCG64([*dice, FORM_DICE + stretch]))
    form = drawn_form(start, *drawn, thrown) if drawn else endless_form(start + stretch * ENDLESS_STEPS, thrown)
    return form if now is None or now == drawn else form.ending(*now)
