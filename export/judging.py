"""A model judged by what it plays: continuations of held-out openings, measured beside what Bach wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from companion.composer import MODEL, continue_phrase
from companion.generator import Generator
from companion.key import find_key
from companion.model import Model
from companion.phrase import Phrase
from companion.sampling import Sampling
from companion.vocabulary import IntArray, excerpt, transpose
from export import measures
from export.measures import FIFTH, OCTAVE
from export.pieces import Piece, transpositions

OPENING_STEPS = 32  # two bars of 4/4
ANSWER_BARS = 8
BAR_STEPS = 16
KEYS = (-4, -2, 0, 2, 4)  # semitones by which each opening is moved; those out of range come as near as they can

Tell = Callable[[int], None]


def openings(pieces: Sequence[Piece], count: int) -> list[IntArray]:
    """The openings of the first pieces that are long enough for their continuation to be compared."""
    longest = OPENING_STEPS + ANSWER_BARS * BAR_STEPS
    long_enough = [piece for piece in pieces if len(piece.frames) >= longest]
    return [excerpt(piece.frames, 0, longest) for piece in long_enough[:count]]


def in_keys(frames: IntArray) -> list[IntArray]:
    """The same music in each of KEYS."""
    possible = transpositions(frames)
    return [transpose(frames, min(max(semitones, possible[0]), possible[-1])) for semitones in KEYS]


def phrase_of(frames: IntArray) -> Phrase:
    """Frames as a phrase that was played."""
    return Phrase(
        frames=frames,
        given=(True, True, True, True),
        notes=(),
        ticks_per_beat=480,
        start_step=0,
        first_step=0,
        bar_steps=BAR_STEPS,
        end_place=len(frames) % BAR_STEPS,
        notices=(),
    )


def answer(model: Model, opening: IntArray, sampling: Sampling, seed: int) -> IntArray:
    """The frames with which a model goes on, ``[ANSWER_BARS · BAR_STEPS, 4]``."""
    generator = Generator(model, np.random.Generator(np.random.PCG64(seed)))
    composed = continue_phrase(generator, phrase_of(opening), ANSWER_BARS, sampling)
    return np.stack([one.frame.tokens for one in composed if one.origin == MODEL])


def measure(opening: IntArray, continuation: IntArray) -> dict[str, float]:
    """What is counted of one continuation."""
    key = find_key(opening)
    assert key is not None, "an opening in which nothing sounds"
    return {
        "in_scale": measures.share_in(continuation, key.scale),
        "changing_frames": measures.share_changing(continuation),
        "longest_note_steps": measures.longest_note(continuation),
        "out_of_range": measures.notes_out_of_range(continuation),
        "crossing": measures.share_crossing(continuation),
        "parallel_fifths": measures.parallels(continuation, FIFTH),
        "parallel_octaves": measures.parallels(continuation, OCTAVE),
    }


def judge(model: Model, sampling: Sampling, pieces: Sequence[Piece], count: int, tell: Tell) -> dict[str, Any]:
    """The object that ``chorale-train judge --json`` prints: the model beside Bach, each measure by piece.

    Every opening is answered in five keys, each with a seed of its own; tell is told how many are done.
    """
    ours, bachs = [], []
    for number, whole in enumerate(openings(pieces, count)):
        for key, frames in enumerate(in_keys(whole)):
            opening = frames[:OPENING_STEPS]
            seed = number * len(KEYS) + key
            ours.append(measure(opening, answer(model, opening, sampling, seed)))
            tell(seed + 1)
        bachs.append(measure(whole[:OPENING_STEPS], excerpt(whole, OPENING_STEPS, len(whole))))
    return {
        "model": model.contract.name,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "answers": len(ours),
        "measures": {name: {"model": _spread(ours, name), "bach": _spread(bachs, name)} for name in ours[0]},
    }


def _spread(rows: Sequence[dict[str, float]], name: str) -> dict[str, float]:
    values = [row[name] for row in rows]
    return {
        "median": round(float(np.median(values)), 4),
        "mean": round(float(np.mean(values)), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def describe(report: dict[str, Any]) -> list[str]:
    """The same as a table."""
    lines = [
        f"{report['answers']} continuations of {ANSWER_BARS} bars by {report['model']},"
        f" temperature {report['temperature']:g}, top-p {report['top_p']:g}",
        "",
        "| measure | model: median (min – max) | Bach: median (min – max) |",
        "|---|---|---|",
    ]
    for name, row in report["measures"].items():
        cells = [f"{part['median']:g} ({part['min']:g} – {part['max']:g})" for part in (row["model"], row["bach"])]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines
