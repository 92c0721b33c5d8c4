"""How loud the companion plays: as the player did, by how sure the model is, or always the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from companion.errors import BadSetting
from companion.music.song import VoiceNote

SOFTEST, LOUDEST = 48, 104  # what surprise and certainty reach under the rule "entropy"
OPEN_BITS = 3.0  # an entropy that counts as quite open
DEFAULT_VELOCITY = 80

# Voice 0..3 and the entropy of the choice in bits → velocity 1..127.
VelocityRule = Callable[[int, float], int]


def velocity_rule(name: str, played: Sequence[VoiceNote] = ()) -> VelocityRule:
    """``played``, ``entropy`` or a number 1..127; BadSetting says so."""
    if name == "played":
        return _as_played(played)
    if name == "entropy":
        return _by_entropy
    if name.isdecimal() and 1 <= int(name) <= 127:
        velocity = int(name)
        return lambda voice, bits: velocity
    raise BadSetting(f"velocity must be played, entropy or 1..127, not {name!r}")


def _as_played(notes: Sequence[VoiceNote]) -> VelocityRule:
    """Each voice as loud as the player's was on average; voices not played as loud as all of them."""
    everything = [note.velocity for note in notes] or [DEFAULT_VELOCITY]
    average = round(sum(everything) / len(everything))
    voices = []
    for voice in range(4):
        own = [note.velocity for note in notes if note.voice == voice]
        voices.append(round(sum(own) / len(own)) if own else average)
    return lambda voice, bits: voices[voice]


def _by_entropy(_: int, bits: float) -> int:
    """Sure notes loud, open ones soft."""
    return round(LOUDEST - (LOUDEST - SOFTEST) * min(bits / OPEN_BITS, 1.0))
