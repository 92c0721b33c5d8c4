"""Trace files (``chorale-trace/1``): every note with what it was chosen from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from companion.generation.composer import Composed
from companion.generation.generator import Frame
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, struck_pitch
from companion.sampling.draw import Choice

TRACE_FORMAT = "chorale-trace/1"
LEAST_PROBABILITY = 0.001  # rarer pitches are left out of a distribution


def trace_file(model: str, frames: Iterable[Composed], summary: Mapping[str, Any] | None = None) -> bytes:
    """A composition's trace.

    summary: what was heard and made, as JSON has it (see ``companion.workbench.summary``).
    """
    trace = {
        "format": TRACE_FORMAT,
        "model": model,
        "steps_per_beat": STEPS_PER_BEAT,
        "voices": list(VOICES),
        **({} if summary is None else {"summary": dict(summary)}),
        "frames": [_frame(one) for one in frames],
    }
    return (json.dumps(trace, separators=(",", ":")) + "\n").encode()


def _frame(one: Composed) -> dict[str, Any]:
    notes = []
    for voice, choice in enumerate(one.frame.choices):
        notes.append(
            {
                "voice": VOICES[voice],
                "pitch": one.frame.pitches[voice],
                "struck": choice.token >= FIRST_STRIKE,
                "probability": round(choice.probability, 6),
                "entropy_bits": round(choice.entropy_bits, 4),
                "temperature": choice.temperature,
                "distribution": _distribution(choice),
                **_attention(one.frame, voice),
            }
        )
    place = {} if one.phrase is None else {"phrase": one.phrase, "to_close": one.to_close}
    return {"step": one.frame.step, "origin": one.origin, **place, "notes": notes}


def _attention(frame: Frame, voice: int) -> dict[str, list[float]]:
    """The weights of the notes before this one and of itself, the latest last, where the model says."""
    if not frame.attention or not len(frame.attention[voice]):
        return {}
    return {"attention": [round(float(weight), 4) for weight in frame.attention[voice]]}


def _distribution(choice: Choice) -> list[list[float | int | None]]:
    """[[pitch, probability], …], likeliest first; a rest is null, a hold counts to the pitch it holds."""
    shares: dict[int | None, float] = {}
    for token, score in enumerate(choice.distribution):
        if score == -math.inf:
            continue
        pitch = _pitch(token, choice.held_pitch)
        shares[pitch] = shares.get(pitch, 0.0) + math.exp(score)
    rows = sorted(shares.items(), key=lambda row: -row[1])
    return [[pitch, round(share, 4)] for pitch, share in rows if share >= LEAST_PROBABILITY]


def _pitch(token: int, held: int | None) -> int | None:
    if token == HOLD:
        return held
    return None if token == REST else struck_pitch(token)
