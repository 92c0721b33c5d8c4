"""What is to sound: the frames as they leave the companion, with octave, mute, velocity and channel applied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What one voice does in one step."""

    pitch: int | None  # MIDI note, None for a rest
    struck: bool  # begins here; otherwise it goes on (and is struck only if it is not sounding yet)
    velocity: int  # 1..127, of the strike
    channel: int  # 0..15


@dataclass(frozen=True)
class SoundingFrame:
    """The four voices in one step, soprano first."""

    step: int  # of the music, which goes on through loops and jumps
    parts: tuple[Part, Part, Part, Part]
