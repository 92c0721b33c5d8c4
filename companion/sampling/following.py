"""Rules by which an answer takes after a phrase, and by which voices stay where they are at home."""

from __future__ import annotations

import math

import numpy as np

from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, VOCABULARY_SIZE
from companion.sampling.course import USUAL_PACE
from companion.sampling.rules import LogProbs, NoteContext, Rule

FORWARD = 4.0  # nats for each e-fold of the wanted pace over the usual one …
BACK = 14.0  # … and over the pace of late: what is still missing
LEAST_PACE = 0.02  # strikes a step that count as none
NEAR = 1  # semitones by which a motif's steps may differ: it is repeated on another degree of its scale
UNLIKEST = 6  # semitones beyond which another step is as unlike as can be
PULL = 0.06  # nats a semitone, and for each one by which a voice is away from home …
NEAR_HOME = 1.5  # … beyond this many
FARTHEST_PULLED = 24  # semitones, beyond which the pull grows no more
EDGE, REACH = 0.2, 5  # nats off for each semitone that lies farther from home than so many
GRADES = 2  # of the pull, for each semitone


def at_pace(voice: int, strikes_a_step: float) -> Rule:
    """A rule that brings a voice to a pace, the more firmly the farther it is from it of late."""
    forward = FORWARD * math.log(strikes_a_step / USUAL_PACE)
    wanted = math.log(strikes_a_step + LEAST_PACE)

    def rule(scores: LogProbs, context: NoteContext) -> None:
        if context.voice == voice:
            scores[HOLD] -= forward + BACK * (wanted - math.log(context.course.pace[voice] + LEAST_PACE))

    return rule


def as_in_motif(voice: int, rise: int | None, strikes: float, steps: float) -> Rule:
    """A rule for a step of a motif.

    rise: how far its note lies above the one before it, in semitones; None: no note begins.
    strikes: nats by which a note (or none) is likelier than else.
    steps: nats off for each semitone by which the note rises otherwise.
    """
    costs = np.zeros(2 * VOCABULARY_SIZE)  # by how far a token is above the one before
    if rise is not None:
        unlike = np.abs(np.arange(2 * VOCABULARY_SIZE) - VOCABULARY_SIZE - rise) - NEAR
        costs = steps * np.clip(unlike, 0, UNLIKEST - NEAR)

    def rule(scores: LogProbs, context: NoteContext) -> None:
        if context.voice != voice:
            return
        scores[HOLD] -= -strikes if rise is None else strikes
        before = context.history.reference[voice]
        if rise is not None and before >= FIRST_STRIKE:
            scores[FIRST_STRIKE:] -= costs[VOCABULARY_SIZE + FIRST_STRIKE - before : 2 * VOCABULARY_SIZE - before]

    return rule


def stays_home(scores: LogProbs, context: NoteContext) -> None:
    """Where a voice has gone away from home of late, discourage what leads farther; how it moves is left to it."""
    home = context.course.home[context.voice]
    _pull(scores, context, home)
    scores -= _EDGES[round(GRADES * (home - LOWEST_PITCH + FIRST_STRIKE))]


def stays_at(voice: int, centre: float, strength: float) -> Rule:
    """The same of one voice and another home, so many times as strong."""

    def rule(scores: LogProbs, context: NoteContext) -> None:
        if context.voice == voice:
            _pull(scores, context, centre, strength)

    return rule


def _pulls() -> LogProbs:
    """[grade, semitones + vocabulary]: what is taken off a rise of so many semitones; a grade is half a semitone."""
    rises = np.arange(2 * VOCABULARY_SIZE, dtype=np.float64) - VOCABULARY_SIZE
    return PULL / GRADES * np.arange(GRADES * FARTHEST_PULLED + 1)[:, None] * rises


_PULLS = _pulls()


def _edges() -> LogProbs:
    """[grade of home, vocabulary]: what is taken off notes far from it; a grade is half a semitone."""
    homes = np.arange(GRADES * VOCABULARY_SIZE)[:, None] / GRADES
    edges: LogProbs = EDGE * np.clip(np.abs(np.arange(VOCABULARY_SIZE) - homes) - REACH, 0, None)
    edges[:, :FIRST_STRIKE] = 0
    return edges


_EDGES = _edges()


def _pull(scores: LogProbs, context: NoteContext, home: float, strength: float = 1.0) -> None:
    voice = context.voice
    away = context.course.level[voice] - home
    if -NEAR_HOME <= away <= NEAR_HOME:
        return
    held = context.history.now[voice]
    if held >= FIRST_STRIKE:
        grade = min(round(strength * GRADES * (abs(away) - NEAR_HOME)), len(_PULLS) - 1)
        costs = _PULLS[grade, VOCABULARY_SIZE + FIRST_STRIKE - held : 2 * VOCABULARY_SIZE - held]
        if away > 0:
            scores[FIRST_STRIKE:] -= costs
        else:
            scores[FIRST_STRIKE:] += costs
