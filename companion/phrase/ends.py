"""Whether a phrase is over, as somebody who sings along hears it: how long a silence after its last tone ends it.

What has been sung and how long nothing has followed tell for an end or against it, each by some nats; where they
sum to ``SURE``, the phrase is over. A long tone of the key to which the line fell, at the end of a bar or of four,
ends it at once; a tone in the midst of things is waited for.

Pure, and causal: nothing is known of what comes. The nats are a logistic regression on every 16th of silence in sung
folk songs whose phrases are marked; ``chorale-train phrases --fit`` makes them anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.character import Sung

SURE = 1.5  # nats for an end, from which on it is one: the odds are nine to two
OPENING_TONES = 3  # tones that begin a phrase and end none
FIFTH_DEGREE, THIRD_DEGREES = 7, (3, 4)  # semitones above the tonic
NEAR_BARS = 0.3  # so far from two or four bars a phrase is as long
LONG_BARS = 4.3  # what is longer is over soon
MOST_DOUBLINGS = 3.0  # of a tone's length beside the others' that still tell

# For an end (below 0 against one), in nats.
END_NATS = {
    "from the start": -2.34,
    "tonic": 1.11,
    "fifth": 0.76,
    "third": 0.27,
    "no key heard": -1.15,
    "step down": 0.40,
    "leap down": 0.26,
    "leap up": -0.84,
    "began on a bar line": -0.43,
    "began on another beat": 0.20,
    "began on any beat": -0.23,
    "two bars long": 1.18,
    "four bars long": 1.32,
    "doublings of a bar": 1.76,
    "few tones": -1.80,
    "longer than four bars": 1.05,
    "doublings of the others' length": 1.20,
    "beats since it began": -0.55,
    "two beats since it began": -0.12,
    "quarter notes of silence": 2.15,
    "quarter notes of silence, up to one": -2.04,
}


@dataclass(frozen=True)
class LastTone:
    """What is known when the last tone of a phrase has ended, and nothing sounds."""

    line: tuple[Sung, ...]  # the leading voice from the start of the phrase, at least one tone
    key: Key | None  # that is heard
    barlines: Barlines

    @property
    def end(self) -> float:
        """Where the silence begins, in steps."""
        return max(self.line[-1].end, self.line[-1].start)

    def signs(self, silence_steps: float) -> tuple[float, ...]:
        """What tells, in the order of ``END_NATS``, when nothing has sounded for so many steps."""
        return (*self._sung, *self._waiting(silence_steps))

    def odds(self, silence_steps: float) -> float:
        """Nats for an end."""
        return sum(weight * sign for weight, sign in zip(END_NATS.values(), self.signs(silence_steps), strict=True))

    @cached_property
    def _sung(self) -> tuple[float, ...]:
        """What no silence changes."""
        return (1.0, *self._tone(), *self._place(), *self._extent())

    @cached_property
    def _usual_steps(self) -> float | None:
        """From one tone to the next; None where there is only one."""
        return median(after.start - tone.start for tone, after in pairwise(self.line)) if len(self.line) > 1 else None

    def _tone(self) -> tuple[float, ...]:
        """Its degree, and how the line came to it."""
        last = self.line[-1].pitch
        degree = None if self.key is None else (last - self.key.tonic) % 12
        rise = last - self.line[-2].pitch if len(self.line) > 1 else 0
        told = (
            degree == 0,
            degree == FIFTH_DEGREE,
            degree in THIRD_DEGREES,
            degree is None,
            -2 <= rise < 0,
            rise < -2,
            rise > 2,
        )
        return tuple(map(float, told))

    def _place(self) -> tuple[float, ...]:
        """In its bar."""
        step = round(self.line[-1].start)
        on_bar, on_beat = self.barlines.bar_start(step) == step, self.barlines.next_line(step, "beat") == step
        return tuple(map(float, (on_bar, on_beat and not on_bar, on_beat)))

    def _extent(self) -> tuple[float, ...]:
        """Of the phrase so far."""
        bars = max((self.end - self.line[0].start) / self.barlines.bar_steps, 0.25)
        near = [float(abs(bars - whole) <= NEAR_BARS) for whole in (2, 4)]
        return (*near, min(math.log2(bars), 2.0), float(len(self.line) <= OPENING_TONES), float(bars > LONG_BARS))

    def _waiting(self, silence_steps: float) -> tuple[float, ...]:
        """How long it has been since the last tone began, and since it ended."""
        steps = max(self.end - self.line[-1].start + silence_steps, 1.0)
        doublings = math.log2(steps / max(self._usual_steps or steps, 1.0))
        beats, quarters = steps / self._beat_steps, silence_steps / STEPS_PER_BEAT
        return (
            max(-2.0, min(MOST_DOUBLINGS, doublings)),
            min(beats, 4.0),
            float(beats >= 2),
            quarters,
            min(quarters, 1.0),
        )

    @property
    def _beat_steps(self) -> int:
        return max(self.barlines.beats, default=STEPS_PER_BEAT)


def silence_that_ends(tone: LastTone, longest_steps: float) -> float:
    """The steps of silence after which a phrase is over: whole ones, at least one, and the longest at the most."""
    for steps in range(1, math.ceil(longest_steps)):
        if tone.odds(steps) >= SURE:
            return float(steps)
    return longest_steps
