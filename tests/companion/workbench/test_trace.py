"""The trace: every note, and what it was chosen from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, random_source

from companion.generation.composer import MODEL, SEED, Composed
from companion.generation.generator import Frame, Generator
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import Choice, Sampling
from companion.workbench.trace import trace_file


def choice(token: int, held: int | None = None, **shares: float) -> Choice:
    """A choice from rest, hold and pitches named like p60."""
    probabilities = np.zeros(VOCABULARY_SIZE)
    for name, share in shares.items():
        probabilities[{"rest": REST, "hold": HOLD}[name] if name in ("rest", "hold") else strike(int(name[1:]))] = share
    with np.errstate(divide="ignore"):
        return Choice(token, float(probabilities[token]), 1.23456789, np.log(probabilities), held)


def written(frames: list[Composed]) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(trace_file("gru", frames), parse_constant=refuse)


def test_complete() -> None:
    choices = (
        choice(strike(72), p72=0.5, p74=0.4995, p76=0.0005),
        choice(HOLD, 67, hold=0.25, p67=0.25, p69=0.5),
        choice(REST, rest=1.0),
        choice(strike(48), 48, hold=0.1, p48=0.2, rest=0.7),
    )
    tokens = np.array([one.token for one in choices], dtype=np.int32)
    frame = Frame(-4, tokens, (72, 67, None, 48), choices, 0.8)
    assert written([Composed(frame, SEED, (False,) * 4)]) == {
        "format": "chorale-trace/1",
        "model": "gru",
        "steps_per_beat": 4,
        "voices": ["soprano", "alto", "tenor", "bass"],
        "frames": [
            {
                "step": -4,
                "origin": "seed",
                "notes": [
                    note("soprano", 72, True, 0.5, [[72, 0.5], [74, 0.4995]]),
                    note("alto", 67, False, 0.25, [[67, 0.5], [69, 0.5]]),
                    note("tenor", None, False, 1.0, [[None, 1.0]]),
                    note("bass", 48, True, 0.2, [[None, 0.7], [48, 0.3]]),
                ],
            }
        ],
    }


def note(voice: str, pitch: int | None, struck: bool, probability: float, distribution: Any) -> dict[str, Any]:
    return {
        "voice": voice,
        "pitch": pitch,
        "struck": struck,
        "probability": probability,
        "entropy_bits": 1.2346,
        "temperature": 1.0,  # that of the note, not of all
        "distribution": distribution,
    }


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(0), Sampling(2.0, 0.5)], ids=["plain", "greedy", "narrow"])
def test_distributions(sampling: Sampling) -> None:
    """Each sums to about 1, is sorted, and holds what sounds."""
    generator = Generator(Babbler(level=1.0), random_source())  # type: ignore[arg-type]
    state, frames = generator.start(), []
    for _ in range(12):
        frame, state = generator.frame(state, sampling)
        frames.append(Composed(frame, MODEL, (True,) * 4))
    trace = written(frames)
    assert [frame["step"] for frame in trace["frames"]] == list(range(12))
    for row in (note for frame in trace["frames"] for note in frame["notes"]):
        shares = [share for _, share in row["distribution"]]
        assert sum(shares) == pytest.approx(1, abs=0.02)
        assert shares == sorted(shares, reverse=True)
        pitches = [pitch for pitch, _ in row["distribution"]]
        assert len(set(pitches)) == len(pitches)
        assert row["pitch"] in pitches
        assert 0 < row["probability"] <= 1
        assert row["struck"] <= (row["pitch"] is not None)
