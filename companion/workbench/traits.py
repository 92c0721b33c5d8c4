"""What can be counted in what was composed: closes, density, surprise, dominants, faults, compass."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from companion.generation.composer import Composed
from companion.generation.job import Job
from companion.harmony.chords import PERFECT_TRIADS, Chord, heard_chord
from companion.harmony.progressions import PhrasePlace, tables
from companion.music import partwriting as writing
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH, STEPS_PER_BEAT, IntArray

_AUTHENTIC, _HALF, _PLAGAL, _DECEPTIVE = "authentic", "half", "plagal", "deceptive"
_FIFTH, _FOURTH, _LEADING = 7, 5, 11  # semitones above the tonic
_MAJOR, _MINOR = PERFECT_TRIADS
_LEADS = (_MAJOR, 3)  # qualities that lead on from a fifth above: a major triad, a dominant seventh
_DIMINISHED = (2, 6, 7)  # qualities that lead on from the leading tone
_BEATS_BEFORE = 3  # of a close, among which the chord is looked for from which it comes
_UNKNOWN_NATS = 9.0  # where no two chords are known


class PhraseClose(NamedTuple):
    """The end of a phrase."""

    bar: int
    kind: str  # "authentic", "half", …, with its key where that is another one; else the chord


class Faults(NamedTuple):
    """Of part-writing."""

    parallels: int  # fifths and octaves
    hidden: int  # fifths and octaves of the outer voices
    overlaps: int
    crossings: int  # for so many steps
    wide: int  # spacings of upper voices, for so many steps


@dataclass(frozen=True)
class Traits:
    """Of a composition: of the steps to which something was added."""

    closes: tuple[PhraseClose, ...]
    notes: int  # that were added
    density: float  # of these a beat
    surprise_bits: float  # of one of these, as the model expected it
    dominants: int  # how often the dominant goes to the tonic
    chord_nats: float  # of the chord of a beat after the one before it, as the chorales go on
    changes: int  # of chord, among which faults are counted
    faults: Faults
    lowest: int  # pitches that were added; 0 where there is none
    highest: int


def traits_of(job: Job, composed: Sequence[Composed]) -> Traits:
    """Count everything."""
    touched = [one for one in composed if any(one.chosen)]
    chosen = [(one, voice) for one in touched for voice, own in enumerate(one.chosen) if own]
    nats = -sum(float(one.frame.choices[voice].scores[one.frame.tokens[voice]]) for one, voice in chosen)
    struck = struck_pitches(composed)
    pitches = np.array([[pitch or 0 for pitch in one.frame.pitches] for one in touched], dtype=np.int32).reshape(-1, 4)
    chords = chords_of_beats(pitches, touched[0].frame.step if touched else 0)
    return Traits(
        closes=closes_of(job, composed),
        notes=len(struck),
        density=len(struck) * STEPS_PER_BEAT / max(len(touched), 1),
        surprise_bits=nats / math.log(2) / max(len(struck), 1),
        dominants=sum(_is_dominant(before, after, job.key) for before, after in pairwise(chords)),
        chord_nats=chord_nats(chords, job.key),
        changes=writing.chord_changes(pitches),
        faults=faults_of(pitches),
        lowest=min(struck, default=0),
        highest=max(struck, default=0),
    )


def struck_pitches(composed: Sequence[Composed]) -> list[int]:
    """Of the notes that were added."""
    return [
        pitch
        for one in composed
        for token, pitch, chosen in zip(one.frame.tokens.tolist(), one.frame.pitches, one.chosen, strict=True)
        if chosen and token >= FIRST_STRIKE and pitch is not None
    ]


def kinds_of(closes: Sequence[PhraseClose]) -> str:
    """ "2 authentic, half": the most frequent first."""
    counted = Counter(close.kind for close in closes).most_common()
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in counted)


def faults_of(pitches: IntArray) -> Faults:
    """Of pitches ``[steps, 4]``, 0 for silence."""
    return Faults(
        sum(writing.parallel_motions(pitches, interval) for interval in (writing.FIFTHS, writing.OCTAVES)),
        writing.hidden_motions(pitches),
        writing.overlapping_motions(pitches),
        int(writing.crossed_neighbours(pitches).sum()),
        int(writing.wide_neighbours(pitches).sum()),
    )


def chords_of_beats(pitches: IntArray, first_step: int = 0) -> list[Chord]:
    """The chord of each whole beat on which anything sounds.

    pitches: ``[steps, 4]``, 0 for silence.
    first_step: of these; beats lie on multiples of four.
    """
    starts = range(-first_step % STEPS_PER_BEAT, len(pitches) - STEPS_PER_BEAT + 1, STEPS_PER_BEAT)
    chords = (_chord(pitches[start : start + STEPS_PER_BEAT]) for start in starts)
    return [chord for chord in chords if chord is not None]


def chord_nats(chords: Sequence[Chord], key: Key | None) -> float:
    """How unlikely each chord is after the one before it, on average, as counted in the training chorales."""
    if key is None:
        return _UNKNOWN_NATS
    chain = tables().of_key(key)
    states = (chain.of_chord(chord.transposed(-key.tonic)) for chord in chords)
    following = chain.following[PhrasePlace.INSIDE]
    pairs = [(one, other) for one, other in pairwise(states) if one is not None and other is not None]
    nats = [-math.log(following[pair]) for pair in pairs]
    return sum(nats) / len(nats) if nats else _UNKNOWN_NATS


def closes_of(job: Job, composed: Sequence[Composed]) -> tuple[PhraseClose, ...]:
    """The closes that were planned, as they came out."""
    planned = [(at, one.frame.step - job.phrase.first_step) for at, one in enumerate(composed) if one.to_close == 0]
    return tuple(
        PhraseClose(job.phrase.bar_of_step(step), _kind_of_close(composed, at, job.key)) for at, step in planned
    )


def _kind_of_close(composed: Sequence[Composed], at: int, key: Key | None) -> str:
    last = _chord_at(composed, at, 1)
    if last is None:
        return "silent"
    before = _chord_before(composed, at, last)
    if key is not None and last.root == (key.tonic + _FIFTH) % OCTAVE and last.quality == _MAJOR:
        return _HALF
    if _leads(before, last):
        at_home = key is None or last.root == key.tonic
        return _AUTHENTIC if at_home else f"{_AUTHENTIC} in {_named(last)}"
    if key is not None and before is not None:
        if last.root == key.tonic and (before.root - last.root) % OCTAVE == _FOURTH:
            return _PLAGAL
        if _is_dominant(before, Chord(key.tonic, _MAJOR, key.tonic), key):
            return _DECEPTIVE
    return f"on {_named(last)}"


def _chord_before(composed: Sequence[Composed], at: int, last: Chord) -> Chord | None:
    """The nearest other chord on the beats before a close."""
    for beats in range(1, _BEATS_BEFORE + 1):
        start = at - beats * STEPS_PER_BEAT
        chord = _chord_at(composed, start, STEPS_PER_BEAT) if start >= 0 else None
        if chord is not None and chord.root != last.root:
            return chord
    return None


def _is_dominant(before: Chord, after: Chord, key: Key | None) -> bool:
    return key is not None and after.root == key.tonic and _leads(before, after)


def _leads(before: Chord | None, to: Chord) -> bool:
    """A dominant and its tonic, a triad; what has the leading tone as its root counts as the dominant."""
    if before is None or to.quality not in PERFECT_TRIADS:
        return False
    above = (before.root - to.root) % OCTAVE
    return (above == _FIFTH and before.quality in _LEADS) or (above == _LEADING and before.quality in _DIMINISHED)


def _named(chord: Chord) -> str:
    minor = chord.quality == _MINOR
    return Key(chord.root, minor).tonic_name + "m" * minor


def _chord_at(composed: Sequence[Composed], at: int, steps: int) -> Chord | None:
    rows = [[pitch or 0 for pitch in one.frame.pitches] for one in composed[at : at + steps]]
    return _chord(np.array(rows, dtype=np.int32))


def _chord(pitches: IntArray) -> Chord | None:
    codes = np.where(pitches > 0, pitches - LOWEST_PITCH + FIRST_STRIKE, 0)
    return heard_chord(codes.tolist())
