"""Where the phrases of a given tune end: on its long notes, before its rests, as far apart as phrases are."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from companion.harmony.form import PHRASE_BEATS, SHORTEST_LAST, Form, Span, beats_apart
from companion.harmony.progressions import tables
from companion.music.vocabulary import FIRST_STRIKE, REST, STEPS_PER_BEAT, IntArray

# Nats for a close on a note, by its length in beats up to the next: how much likelier one of that length has a
# fermata than any other, in the sopranos of the training chorales.
_BY_BEATS = {1: -0.5, 2: 1.0, 3: 3.7, 4: 3.9}
_BEFORE_A_REST = 4.0
_NO_PHRASE = math.log(1e-4)  # for a length that no phrase of the chorales has
LONG_BEATS, LED_ON = 3, 0.4  # under so many last notes of so many beats other voices move on the last beat, as in Bach
ALIKE_STEPS, ALIKE_NOTES = 24, 4  # so long, and of so many notes, is what a tune comes back to at least
_LIKE_THE_OTHERS = 1.0  # how much the length of a phrase counts beside its last note


class _Note(NamedTuple):
    beat: int
    beats: int  # up to the next note; 0 where that is on the same beat
    rests: bool  # there is silence before the next note


def tune_form(tune: IntArray, in_threes: bool = False, closes: Collection[int] = ()) -> Form:
    """The phrases of a tune, of which some come back; the last one ends on its last note.

    tune: ``[steps]`` tokens of one voice, from a beat on.
    closes: steps of notes on which phrases end that are asked for (see close_in); between two of them no other ends
        that would not make a phrase too long.
    """
    notes = _notes(tune)
    if not notes:
        return Form((Span(0, max(len(tune) - STEPS_PER_BEAT, 0) // STEPS_PER_BEAT * STEPS_PER_BEAT, len(tune)),))
    asked = [number for number, note in enumerate(notes) if note.beat * STEPS_PER_BEAT in closes]
    lengths = _length_scores(in_threes)
    ends = _ends(notes, lengths, asked)
    if returning := _returning(notes, ends, tune):
        ends = _ends(notes, lengths, asked, returning)
    return Form(_spans(notes, ends, tune), apart=beats_apart(in_threes))


def led_on(form: Form, dice: np.random.Generator) -> Form:
    """The same where under some long last notes other voices lead on to the next phrase, a beat before the tune does.

    What comes back, and what it comes back to, stays as long as it is.
    """
    spans = list(form.spans)
    returning = {span.repeats for span in spans}
    for number, (span, following) in enumerate(pairwise(spans)):
        comes_back = following.repeats is not None or following.start in returning
        if span.held == LONG_BEATS and not comes_back and dice.random() < LED_ON:
            end = span.end - STEPS_PER_BEAT
            spans[number : number + 2] = replace(spans[number], end=end), replace(following, start=end)
    return replace(form, spans=tuple(spans))


def close_in(tune: IntArray, first: int, last: int) -> int | None:
    """The step from one to another, the last left out, of the note that could end a phrase best; None: none begins.

    tune: ``[steps]`` tokens of one voice, from a beat on.
    """
    notes = _notes(tune)
    typical = _typical(notes)
    here = [note for note in notes if first <= note.beat * STEPS_PER_BEAT < last]
    best = max(here, key=lambda note: (_odds(note, typical), note.beats, note.beat), default=None)
    return None if best is None else best.beat * STEPS_PER_BEAT


def _notes(tune: IntArray) -> list[_Note]:
    """Those that are struck on a beat."""
    struck = np.flatnonzero(tune >= FIRST_STRIKE).tolist()
    notes = []
    for step, following in zip(struck, [*struck, len(tune)][1:], strict=True):
        if step % STEPS_PER_BEAT == 0:
            beats = max(round((following - step) / STEPS_PER_BEAT), 1) if following - step >= STEPS_PER_BEAT else 0
            notes.append(_Note(step // STEPS_PER_BEAT, beats, bool((tune[step:following] == REST).any())))
    return notes


def _length_scores(in_threes: bool) -> dict[int, float]:
    counts = tables().phrases[int(in_threes)].sum(axis=1) + 0.05
    return {beats: math.log(share) for beats, share in zip(PHRASE_BEATS, counts / counts.sum(), strict=True)}


def _typical(notes: Sequence[_Note]) -> float:
    return max(float(np.median([note.beats for note in notes])), 1.0) if notes else 1.0


def _returning(notes: Sequence[_Note], ends: Sequence[int], tune: IntArray) -> list[int]:
    """The notes on which phrases end where the tune is as before, and those on which they ended there."""
    number_at = {note.beat * STEPS_PER_BEAT: number for number, note in enumerate(notes)}
    closes = {notes[number].beat * STEPS_PER_BEAT for number in ends[:-1]}
    found: set[int] = set()
    for start, stop, back in _as_before(tune):
        there = {close for close in closes if start - back <= close < stop - back and close + back in number_at}
        closes = {close for close in closes if not start <= close < stop} | {close + back for close in there}
        found |= {number_at[step] for close in there for step in (close, close + back)}
    return sorted(found)


def _as_before(tune: IntArray) -> Iterator[tuple[int, int, int]]:
    """Stretches of a tune that were there before: first step, end, and how many steps before.

    What goes round and round is none: its phrases end as those of any tune do.
    """
    known: dict[bytes, int] = {}
    step = 0
    while step + ALIKE_STEPS <= len(tune):
        heard = tune[step : step + ALIKE_STEPS]
        before = known.setdefault(heard.tobytes(), step)
        stop = step + STEPS_PER_BEAT
        if before + ALIKE_STEPS <= step and (heard >= FIRST_STRIKE).sum() >= ALIKE_NOTES:
            differs = np.flatnonzero(tune[step:] != tune[before : before + len(tune) - step])
            stop = step + int(differs[0]) if len(differs) else len(tune)
            if stop - step <= step - before:
                yield step, stop, step - before
        step = stop + -stop % STEPS_PER_BEAT


def _ends(
    notes: Sequence[_Note], lengths: dict[int, float], asked: Sequence[int] = (), returning: Sequence[int] = ()
) -> list[int]:
    """The notes that end phrases, as numbers: the likeliest; the last one, and those that are asked for, among them.

    returning: others that do, whether or not there are more between them.
    """
    typical, whole = _typical(notes), _whole(notes, asked)
    needed = sorted({*asked, *returning} - whole)
    best: list[tuple[float, int]] = []  # to each note: how likely a phrase ends there, and where the one before did
    for number, note in enumerate(notes):
        own = _odds(note, typical)
        begin = notes[0].beat
        at = bisect_left(needed, number)
        nearest = needed[at - 1] if at else -1
        found = (_length(begin, notes, number, lengths) + own, -1) if nearest < 0 else (-math.inf, nearest)
        for before in range(number - 1, max(nearest, 0) - 1, -1):
            begin = notes[before + 1].beat
            if _begin_to_begin(begin, notes, number) > PHRASE_BEATS[-1]:
                break  # those before are farther still: a long tune takes no longer a note than a short one
            if before in whole or (note.beat - begin < SHORTEST_LAST and before != nearest):
                continue  # what is but its last chord is no phrase
            found = max(found, (best[before][0] + _length(begin, notes, number, lengths) + own, before))
        best.append(found)
    ends = [len(notes) - 1]
    while (before := best[ends[-1]][1]) >= 0:
        ends.append(before)
    return ends[::-1]


def _whole(notes: Sequence[_Note], asked: Sequence[int]) -> set[int]:
    """The notes between closes that are asked for, where these are not too far apart for a phrase."""
    within: set[int] = set()
    for before, close in zip([-1, *asked], asked, strict=False):
        if _begin_to_begin(notes[before + 1].beat, notes, close) <= PHRASE_BEATS[-1]:
            within.update(range(before + 1, close))
    return within


def _odds(note: _Note, typical: float) -> float:
    beats = min(round(note.beats / typical), max(_BY_BEATS))
    return (_BY_BEATS.get(beats, 4 * _BY_BEATS[1])) + (_BEFORE_A_REST if note.rests else 0.0)


def _begin_to_begin(begin: int, notes: Sequence[_Note], last: int) -> int:
    return (notes[last + 1].beat if last + 1 < len(notes) else notes[last].beat + max(notes[last].beats, 1)) - begin


def _length(begin: int, notes: Sequence[_Note], last: int, lengths: dict[int, float]) -> float:
    beats = _begin_to_begin(begin, notes, last)
    too_many = max(beats / PHRASE_BEATS[-1], 1.0)  # so that no tune, however even, is one phrase from end to end
    return _LIKE_THE_OTHERS * lengths.get(beats, _NO_PHRASE * too_many)


def _spans(notes: Sequence[_Note], ends: Sequence[int], tune: IntArray) -> tuple[Span, ...]:
    spans: list[Span] = []
    known: dict[bytes, int] = {}
    start = 0
    for number in ends:
        last = number + 1 >= len(notes)
        close, stop = (
            notes[number].beat * STEPS_PER_BEAT,
            len(tune) if last else notes[number + 1].beat * STEPS_PER_BEAT,
        )
        sung = tune[start : close + 1].tobytes()
        spans.append(Span(start, close, stop, known.get(sung)))
        known.setdefault(sung, start)
        start = stop
    return tuple(spans)
