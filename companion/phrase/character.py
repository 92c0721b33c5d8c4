"""What a phrase is like, for an answer that listens: how lively, how high, how loud, how detached, and how it begins.

Pure: the same notes are of the same character, whether a hand plays them or a file holds them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from companion.music.vocabulary import STEPS_PER_BEAT, notes_of_frames
from companion.phrase.seed import Phrase
from companion.phrase.voicing import heard_pitch

LATELY_STEPS = 128  # of a longer phrase so much of the end tells its character, but for the motif
HEAD_STEPS = 16  # the motif: what begins in so many steps
FEWEST_HEAD_NOTES = 3  # fewer are no motif
LONGEST_SPACING = 8  # steps between two notes, beyond which there is a rest between them, whatever the touch
OVERLAP = 0.5  # steps for which a note may sound into the next one, as in legato
DETACHED = 0.75  # notes that sound for a smaller share of the way to the next one are played detached
FEWEST_SPACES = 3  # and there are at least so many of them
LEAST_SWELL = 10  # velocities from one end of a phrase to the other; less is a hand's unevenness …
MOST_SWELL = 48  # … and more than this is not answered


class Sung(NamedTuple):
    """A note of the leading voice, in steps."""

    start: float
    end: float
    pitch: int  # as it was played
    velocity: int


class HeadNote(NamedTuple):
    """A note of a motif."""

    at: int  # steps since the motif began
    rise: int  # semitones above the note before; 0 for the first


@dataclass(frozen=True)
class Character:
    """What a phrase is like, by its leading voice."""

    voice: int  # that led, 0 soprano … 3 bass
    pace: float  # its onsets a step
    centre: float  # its mean pitch as a model hears it, by length
    spacing: float  # steps between two of its notes, as a rule
    gate: float  # for which share of that they sound, 0..1; 1 where they are not detached
    swell: float  # velocities by which it grows (below 0: fades) in its course
    steps: float  # its length
    head: tuple[HeadNote, ...]  # its motif; empty where it has none

    def __hash__(self) -> int:  # as it is asked for with every frame
        return hash((self.pace, self.centre, self.swell))

    @classmethod
    def of(cls, notes: Sequence[Sung], voice: int, head_start: float) -> Character:
        """Of a voice's notes, at least one, in order of time; it ends with the beat in which the last one does.

        head_start: where its motif begins, see ``head_start_of``.
        """
        sung = max(note.end for note in notes) - head_start
        end = head_start + STEPS_PER_BEAT * math.ceil(sung / STEPS_PER_BEAT)
        lately = [note for note in notes if note.start >= end - LATELY_STEPS] or notes[-1:]
        steps = max(end - lately[0].start, 1.0)
        spacing, gate = _touch(lately)
        return cls(
            voice=voice,
            pace=min(len(lately) / steps, 1.0),
            centre=_centre(lately, voice),
            spacing=spacing,
            gate=gate,
            swell=_swell(lately),
            steps=steps,
            head=_head(notes, head_start),
        )


def head_start_of(start: float, place: float, bar_steps: int) -> float:
    """Where the motif of a phrase begins: after a pickup of half a bar at most, else with the beat of the first note.

    start: of the first note, in steps.
    place: the same, counted from the beginning of its bar.
    """
    if 0 < bar_steps - place <= bar_steps / 2:
        return start + bar_steps - place
    return start - place % STEPS_PER_BEAT


def character_of(phrase: Phrase) -> Character | None:
    """What a file's phrase is like; None where nothing is played."""
    voice = phrase.given.index(True)
    notes = _played(phrase, voice) or _heard(phrase, voice)
    if not notes:
        return None
    start = notes[0].start
    place = (phrase.first_step + start) % phrase.bar_steps
    return Character.of(notes, voice, head_start_of(start, place, phrase.bar_steps))


def _played(phrase: Phrase, voice: int) -> list[Sung]:
    own = [note for note in phrase.notes if note.voice == voice]
    starts, ends = (phrase.positions([note[at] for note in own]).tolist() for at in (1, 2))
    return [Sung(start, end, note.pitch, note.velocity) for start, end, note in zip(starts, ends, own, strict=True)]


def _heard(phrase: Phrase, voice: int) -> list[Sung]:
    """As far as frames tell, where the notes themselves are not known."""
    own = [note for note in notes_of_frames(phrase.frames) if note.voice == voice]
    return [Sung(note.start_step, note.start_step + note.steps, note.pitch, 0) for note in own]


def _centre(notes: Sequence[Sung], voice: int) -> float:
    lengths = [max(note.end - note.start, 0.25) for note in notes]
    heard = [heard_pitch(note.pitch, voice) * length for note, length in zip(notes, lengths, strict=True)]
    return sum(heard) / sum(lengths)


def _touch(notes: Sequence[Sung]) -> tuple[float, float]:
    """The median space between notes that follow one another, and the share of it for which they sound."""
    near = [(note, after.start - note.start) for note, after in pairwise(notes)]
    near = [(note, space) for note, space in near if 0 < space <= LONGEST_SPACING]
    if len(near) < FEWEST_SPACES:
        return float(STEPS_PER_BEAT), 1.0
    gate = median((note.end - note.start) / space for note, space in near)
    return median(space for _, space in near), gate if gate < DETACHED else 1.0


def _swell(notes: Sequence[Sung]) -> float:
    """By how much the line grows that lies nearest to the velocities."""
    starts = [note.start for note in notes]
    middle, loudness = fmean(starts), fmean(note.velocity for note in notes)
    spread = sum((start - middle) ** 2 for start in starts)
    if len(notes) < FEWEST_HEAD_NOTES or spread == 0:
        return 0.0
    slope = sum((note.start - middle) * (note.velocity - loudness) for note in notes) / spread
    swell = slope * (starts[-1] - starts[0])
    return 0.0 if abs(swell) < LEAST_SWELL else max(-MOST_SWELL, min(MOST_SWELL, swell))


def _head(notes: Sequence[Sung], start: float) -> tuple[HeadNote, ...]:
    """The motif: its onsets on steps, the later of two on one step left out."""
    head: list[HeadNote] = []
    before: int | None = None
    for note in notes:
        at = round(note.start - start)
        if at < 0 or (head and at <= head[-1].at):
            continue
        if at >= HEAD_STEPS:
            break
        head.append(HeadNote(at, 0 if before is None else note.pitch - before))
        before = note.pitch
    return tuple(head) if len(head) >= FEWEST_HEAD_NOTES else ()


def skyline(notes: Sequence[Sung]) -> list[Sung]:
    """The notes over which no other sounds when they begin, in order of time: what leads where hands play chords."""
    line: list[Sung] = []
    sounding: list[Sung] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        sounding = [other for other in sounding if note.start == other.start or note.start < other.end - OVERLAP]
        if all(other.pitch <= note.pitch for other in sounding):
            line.append(note)
        sounding.append(note)
    return line
