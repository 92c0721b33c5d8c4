"""The organ in a browser: its script, and the numbers that it is told, so that it sounds as the companion's does.

A page has the script after ``const ORGAN = …`` with these numbers.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from companion.audio.organ import (
    ATTACK_SAMPLES,
    BRIGHTNESS_HZ,
    CEILING,
    LEVEL,
    LIFT_SECONDS,
    PANS,
    RANKS,
    RELEASE_SAMPLES,
    SAMPLE_RATE,
    Room,
    velocity_gain,
)


def organ_script() -> str:
    """JavaScript: pipes, touch and room."""
    return files("companion.audio").joinpath("organ.js").read_text("utf-8")


def organ_numbers(velocity: int) -> dict[str, Any]:
    """What the script is told, of notes of one velocity."""
    return {
        "sampleRate": SAMPLE_RATE,
        "ranks": [{"ratio": rank.ratio, "harmonics": rank.harmonics} for rank in RANKS],
        "brightnessHz": BRIGHTNESS_HZ,
        "level": LEVEL * velocity_gain(velocity),
        "attackSeconds": ATTACK_SAMPLES / SAMPLE_RATE,
        "releaseSeconds": RELEASE_SAMPLES / SAMPLE_RATE,
        "liftSeconds": LIFT_SECONDS,
        "pans": PANS.astype(float).tolist(),
        "room": {
            "delays": Room.DELAYS[:, 0].tolist(),
            "decaySeconds": Room.DECAY_SECONDS,
            "wet": Room.WET,
            "damping": Room.DAMPING,
        },
        "ceiling": CEILING,
    }
