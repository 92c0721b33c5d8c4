"""``melody-lookback``: the same, told what came one and two bars ago (after Magenta's Lookback RNN)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops

from companion.model.contract import REPEATS
from companion.model.features import BAR_PLACES
from export.models.layers import ModelState, Tensor
from export.models.melodies.melody_basic import EVENTS, NO_EVENT, TUNE_FEATURES, MelodyBasicModel, one_hot

BARS_AGO = (1, 2)  # bars of 4/4
PAST_EVENTS = max(BARS_AGO) * BAR_PLACES  # events before the last one
_LEAST = 1e-9  # of a probability, whose logarithm is then finite


class MelodyLookbackModel(MelodyBasicModel):
    """It may say, in the place of an event: as one bar ago, as two bars ago.

    What that is worth goes to the event that it means, within the graph.
    """

    architecture = "melody-lookback"
    features = ("bar", *TUNE_FEATURES)

    def __init__(self, units: int = 256, depth: int = 2, dropout: float = 0.5):
        super().__init__(units, depth, dropout, labels=EVENTS + len(BARS_AGO))

    @property
    def asides(self) -> dict[str, int]:
        """What it says beside its logits."""
        return {REPEATS: len(BARS_AGO)}

    @property
    def states(self) -> list[ModelState]:
        return [*super().states, ModelState("events", (PAST_EVENTS, 1), "int32", update="append")]

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        """ids ``[batch, steps, width]`` of the first voice → logits ``[batch, steps, vocabulary]``."""
        last = self.reader.last_event(ids)
        was, comes = ([_earlier(last, steps) for steps in each] for each in _DISTANCES)
        x = self.in_time(self._told(ids, last, was, comes), training)
        return self.head.tokens(_as_events(self.head(x), comes)[0], self.reader.sounds(ids))

    def step(self, ids: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One step: ids ``[1, width]`` and every state → logits ``[1, vocabulary]``, the next states, the repeats."""
        last, past = self.reader.last_event(ids), states["events"]
        was, comes = ([past[PAST_EVENTS - steps] for steps in each] for each in _DISTANCES)
        x, following = self.step_in_time(self._told(ids, last, was, comes), states)
        events, repeats = _as_events(self.head(x), comes)
        following = {**following, "events": ops.expand_dims(last, -1), REPEATS: repeats}
        return self.head.tokens(events, self.reader.sounds(ids)), following

    def _told(self, ids: Tensor, last: Tensor, was: Sequence[Tensor], comes: Sequence[Tensor]) -> Tensor:
        """What the LSTMs read, ``[..., inputs]``: also whether the last event was as it was so many bars before."""
        repeated = ops.stack([ops.cast(last == each, "float32") for each in was], axis=-1)
        return ops.concatenate([*map(one_hot, (last, *comes)), repeated, self.reader.place(ids)], axis=-1)


# Steps back from the last event: to where it stood bars ago, and to where the event to come did.
_DISTANCES = [[bars * BAR_PLACES - later for bars in BARS_AGO] for later in (0, 1)]


def _earlier(events: Tensor, steps: int) -> Tensor:
    """Events ``[batch, steps]`` so many steps before each, NO_EVENT where there was none."""
    length = events.shape[1]
    before = ops.pad(events, [[0, 0], [steps, 0]], constant_values=NO_EVENT)
    return before[:, :length]


def _as_events(labels: Tensor, comes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Logits of labels → those of events, ``[..., EVENTS]``, and the probabilities of the repeats."""
    likely = ops.softmax(labels, axis=-1)
    events, repeats = likely[..., :EVENTS], likely[..., EVENTS:]
    for number, event in enumerate(comes):
        events = events + repeats[..., number : number + 1] * one_hot(event)
    return ops.log(events + np.float32(_LEAST)), repeats
