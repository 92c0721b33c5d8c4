"""What training makes small: nats a note, of the notes that came and of what teachers expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from export.models.layers import Tensor

ANSWERS = 2  # the first columns of targets: the tokens that are right; behind them may stand what teachers expect


def note_nll(targets: Tensor, logits: Tensor) -> Tensor:
    """Mean nats a note; a note with two accepted tokens scores their sum, padding nothing."""
    return _mean(_own(targets, logits), targets)


def _own(targets: Tensor, logits: Tensor) -> Tensor:
    """What each note costs, whatever others expected of it."""
    scores = ops.log_softmax(logits, axis=-1)
    tokens = ops.cast(ops.maximum(targets, 0), "int32")
    each = ops.take_along_axis(scores, tokens, axis=-1)
    second = ops.where(tokens[..., 1] == tokens[..., 0], -1e9, each[..., 1])
    return -ops.logaddexp(each[..., 0], second)


def _mean(each: Tensor, targets: Tensor) -> Tensor:
    """Over the notes that are no padding."""
    counted = ops.cast(targets[..., 0] >= 0, each.dtype)
    return ops.sum(each * counted) / ops.maximum(ops.sum(counted), 1.0)


def taught_nll(share: float) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss: so much of it is the cross-entropy with the teachers, the rest is the note's own (Hinton et al., 2015).

    A note of which no teacher was asked, all of whose expectations are zero, costs its own alone. Targets without
    teachers, as those of the validation, cost what note_nll says.
    """

    def loss(targets: Tensor, logits: Tensor) -> Any:
        own = _own(ops.cast(targets[..., :ANSWERS], "int32"), logits)
        if targets.shape[-1] == ANSWERS:
            return _mean(own, targets)
        expected = targets[..., ANSWERS:]
        theirs = -ops.sum(expected * ops.log_softmax(logits, axis=-1), axis=-1)
        asked = share * ops.cast(ops.any(expected > 0, axis=-1), theirs.dtype)
        return _mean(asked * theirs + (1 - asked) * own, targets)

    return loss
