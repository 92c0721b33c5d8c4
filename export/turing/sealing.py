"""Trials under names that tell nothing: what the page may hold, and what is right, apart from it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, notes_of_frames
from export.listening.make import BEATS_PER_MINUTE
from export.turing.answers import Answers, Question
from export.turing.trials import AUTHORS, BY_BACH, Trial

KEY_BYTES = 32
NAME_LETTERS = 16  # of a name: 64 bits, so that no two are alike


@dataclass(frozen=True)
class SealedTest:
    """Both sides of a test; only the digest and the names stand in both."""

    heard: Mapping[str, Any]  # what the page holds, to be written as JSON
    answers: Answers


def seal(trials: Sequence[Trial], key: bytes, made: Mapping[str, Any]) -> SealedTest:
    """Give all names, by which they are then ordered: neither tells who made what.

    Args:
        trials: at least one, all of the same length.
        key: KEY_BYTES that nobody can guess; with them gone the names lead nowhere.
        made: by which models and settings, for the answers.
    """
    pairs = [_sealed(trial, number, key) for number, trial in enumerate(trials)]
    rows = sorted((row for row, _ in pairs), key=lambda row: str(row["id"]))
    questions = sorted((question for _, question in pairs), key=lambda question: question.id)
    heard = {
        "steps": len(trials[0].excerpts[0].frames),
        "stepSeconds": 60 / BEATS_PER_MINUTE / STEPS_PER_BEAT,
        "beatSteps": STEPS_PER_BEAT,
        "trials": rows,
    }
    test = hashlib.sha256(json.dumps(heard, sort_keys=True).encode()).hexdigest()
    return SealedTest({"test": test, **heard}, Answers(test, made, tuple(questions)))


def _sealed(trial: Trial, number: int, key: bytes) -> tuple[dict[str, Any], Question]:
    """What is heard of a trial, and what is right of it."""
    name = _name(key, number)
    names = [_name(key, number, place) for place in range(len(trial.excerpts))]
    excerpts = [{"id": name, "notes": _notes(one.frames)} for name, one in zip(names, trial.excerpts, strict=True)]
    authors = [one.author for one in trial.excerpts]
    choices, right = (AUTHORS, authors[0]) if len(names) == 1 else (sorted(names), names[authors.index(BY_BACH)])
    row = {"id": name, "excerpts": sorted(excerpts, key=lambda one: str(one["id"]))}
    question = Question(name, trial.part, trial.model, tuple(choices), right, trial.place.piece.name, trial.place.start)
    return row, question


def _name(key: bytes, *place: int) -> str:
    return hmac.new(key, repr(place).encode(), hashlib.sha256).hexdigest()[:NAME_LETTERS]


def _notes(frames: IntArray) -> list[int]:
    """Start, steps, pitch and voice of each note, end to end."""
    notes = notes_of_frames(frames)
    return [number for note in notes for number in (note.start_step, note.steps, note.pitch, note.voice)]
