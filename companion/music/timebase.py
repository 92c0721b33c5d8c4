"""Steps and seconds: a straight line between the two."""

from __future__ import annotations

from dataclasses import dataclass

from companion.music.vocabulary import STEPS_PER_BEAT


@dataclass(frozen=True)
class Timebase:
    """At ``time_s`` (of one monotonic clock) the music stands at ``step`` and goes on at ``step_seconds`` a step."""

    step: float
    time_s: float
    step_seconds: float

    def __post_init__(self) -> None:
        if not self.step_seconds > 0:
            raise ValueError(f"step_seconds must be above 0, not {self.step_seconds}")

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return 60 / (self.step_seconds * STEPS_PER_BEAT)

    def step_at(self, time_s: float) -> float:
        """The position at a time."""
        return self.step + (time_s - self.time_s) / self.step_seconds

    def time_of(self, step: float) -> float:
        """When a position is reached, in seconds."""
        return self.time_s + (step - self.step) * self.step_seconds

    def shifted(self, steps: float) -> Timebase:
        """The same line, counted from elsewhere."""
        return Timebase(self.step + steps, self.time_s, self.step_seconds)


def step_seconds(bpm: float) -> float:
    """The length of a step at a tempo."""
    return 60 / (bpm * STEPS_PER_BEAT)
