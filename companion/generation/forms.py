"""The way of a jam's answer: its phrases and, beat by beat, how its chords lead to their closes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from companion.harmony.form import Form, drawn_form, endless_form
from companion.harmony.way import Way, way_through
from companion.music.key import Key
from companion.music.vocabulary import STEPS_PER_BEAT

FORM_DICE = 1_000_003  # beside the seed and the answer's number: other dice than those of its frames


@lru_cache(maxsize=16)
def way_of(key: Key, form: Form) -> Way:
    """Chords through a form."""
    return way_through(key, form)


@lru_cache(maxsize=64)
def form_of(dice: tuple[int, int], begin: int, drawn: tuple[int, int] | None, now: tuple[int, int] | None) -> Form:
    """The phrases of an answer, in steps whose beats lie on the multiples of four.

    dice: the seed and the answer's number.
    drawn, now: the close and the end that the answer had when it began, and those it has now; None: no end.
    """
    thrown = np.random.Generator(np.random.PCG64([*dice, FORM_DICE]))
    start = begin - begin % STEPS_PER_BEAT
    form = endless_form(start, thrown) if drawn is None else drawn_form(start, *drawn, thrown)
    return form if now in (None, drawn) else form.ending(*now)
