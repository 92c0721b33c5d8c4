"""What is said of choices: what each note was drawn from, and what a model looked back at, for whoever makes pictures.

They go in bundles, to a place of their own (``--choices-out``); the Max device has no use for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from companion.controls.kinds import Sent
from companion.music.vocabulary import VOCABULARY_SIZE

MOST_WEIGHTS = 128  # of an attention, the latest: no message is larger than a datagram may be
NO_PITCH = -1  # a rest

_CHOICE, _ATTENTION = "/chorale/choice", "/chorale/attention"
CHOICE_SAID = (
    (
        _CHOICE,
        f"step voice pitch probability entropy p0…p{VOCABULARY_SIZE - 1}",
        "what a voice does in a step that begins, and what that was drawn from",
    ),
    (_ATTENTION, "step voice w0…", "what the model looked back at for it, the latest last; of some models alone"),
)


def choice(
    address_step: int,
    voice: int,
    pitch: int | None,
    probability: float,
    entropy_bits: float,
    shares: Sequence[float],
) -> tuple[str, tuple[Sent, ...]]:
    """A voice (0..3) at one of the song's steps.

    probability: of just this token.
    shares: of every token, as ``companion.music.vocabulary`` numbers them.
    """
    told = (float(probability), float(entropy_bits), *map(float, shares))
    return _CHOICE, (address_step, voice + 1, NO_PITCH if pitch is None else pitch, *told)


def attention(address_step: int, voice: int, weights: Sequence[float]) -> tuple[str, tuple[Sent, ...]]:
    """What was looked back at for a voice (0..3), the latest last; of many weights the latest."""
    return _ATTENTION, (address_step, voice + 1, *map(float, weights[-MOST_WEIGHTS:]))
