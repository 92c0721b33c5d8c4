"""Every choice over OSC: what a step's notes were drawn from, told as the step sounds.

An answer is fixed up to two steps before it sounds; it waits here until its step has come, so that pictures are in time
with the sound. What is heard from the player is told when it is fixed. Nothing is worked out before it is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from companion.clock.addresses import Addresses
from companion.generation.generator import Frame
from companion.generation.improviser import Planned
from companion.io.choice_messages import attention, choice
from companion.io.osc_messages import Message
from companion.model.runtime import Model

MOST_A_SECOND = 50.0  # steps that are told; at 400 beats a minute there are 27
MOST_TOGETHER = 8  # steps that may be told together, after a jump or when a phrase is heard anew
_ON_THE_LINE = 1e-6  # steps; rounding


class ChoiceStream:
    """A stream to one place; of steps that come too fast the oldest are left out."""

    def __init__(self, send: Callable[[Sequence[Message]], object], now: Callable[[], float]) -> None:
        """
        Args:
            send: takes the messages of a step.
            now: the time in seconds.
        """
        self._send, self._now = send, now
        self._addresses, self._position = Addresses(), 0.0
        self._waiting: dict[int, Frame] = {}
        self._budget, self._told_s = float(MOST_TOGETHER), now()

    def fixed(self, planned: Planned) -> None:
        self._waiting[planned.step] = planned.frame

    def taken_back(self, step: int) -> None:
        for late in [waits for waits in self._waiting if waits >= step]:
            del self._waiting[late]

    def silence(self) -> None:
        if self._waiting:
            self.taken_back(math.floor(self._position) + 1)

    def plays(self, model: Model) -> None:
        """A choice does not say whose it is."""

    def moved(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def come_to(self, position: float) -> None:
        self._position = position
        due = sorted(step for step in self._waiting if step <= position + _ON_THE_LINE)
        frames = [self._waiting.pop(step) for step in due]
        if frames:
            for frame in frames[len(frames) - self._allowed(len(frames)) :]:
                self._send(list(messages_of(frame, self._addresses.address_of(frame.step))))

    def _allowed(self, wanted: int) -> int:
        """How many of so many steps may be told now; they count as told."""
        now_s = self._now()
        self._budget = min(self._budget + (now_s - self._told_s) * MOST_A_SECOND, MOST_TOGETHER)
        self._told_s = now_s
        allowed = min(wanted, int(self._budget))
        self._budget -= allowed
        return allowed


def messages_of(frame: Frame, address_step: int) -> Iterator[Message]:
    """A choice a voice, soprano first, and what the model looked back at, where it says."""
    for voice, (pitch, one) in enumerate(zip(frame.pitches, frame.choices, strict=True)):
        shares = np.exp(one.distribution).tolist()
        yield choice(address_step, voice, pitch, one.probability, one.entropy_bits, shares)
    for voice, weights in enumerate(frame.attention):
        if len(weights):
            yield attention(address_step, voice, weights.tolist())
