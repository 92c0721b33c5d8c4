"""How loud the companion plays: as the player did, by how sure the model is, or always the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from companion.errors import BadSetting
from companion.generation.following import Lead
from companion.music.song import VoiceNote

SOFTEST, LOUDEST = 48, 104  # what surprise and certainty reach under the rule "entropy"
OPEN_BITS = 3.0  # an entropy that counts as quite open
DEFAULT_VELOCITY = 80
PLAYED = "played"

# Voice 0..3, the entropy of the choice in bits, and the steps since the answer began → velocity 1..127.
VelocityRule = Callable[[int, float, int], int]


def velocity_rule(name: str, played: Sequence[VoiceNote] = (), lead: Lead | None = None) -> VelocityRule:
    """``played``, ``entropy`` or a number 1..127; BadSetting says so.

    lead: what is as played grows and fades as the phrase did.
    """
    if name == PLAYED:
        return _as_played(played, lead)
    if name == "entropy":
        return _by_entropy
    if name.isdecimal() and 1 <= int(name) <= 127:
        velocity = int(name)
        return lambda voice, bits, since: velocity
    raise BadSetting(f"velocity must be played, entropy or 1..127, not {name!r}")


def as_there(voices: Sequence[int], steps: Sequence[float], velocities: Sequence[int]) -> VelocityRule:
    """As loud as the voice was there, or between its notes before and after; a voice without notes as loud as all.

    voices, steps, velocities: of notes, in order of time.
    """
    lines = [(step, velocity, voice) for voice, step, velocity in zip(voices, steps, velocities, strict=True)]
    everyone = lines or [(0, DEFAULT_VELOCITY, 0)]
    own = [[line for line in lines if line[2] == voice] or everyone for voice in range(4)]
    courses = [np.array(line, dtype=np.float64).T for line in own]
    return lambda voice, bits, since: round(float(np.interp(since, courses[voice][0], courses[voice][1])))


def _as_played(notes: Sequence[VoiceNote], lead: Lead | None) -> VelocityRule:
    """Each voice as loud as the player's was on average; voices not played as loud as all of them."""
    everything = [note.velocity for note in notes] or [DEFAULT_VELOCITY]
    average = round(sum(everything) / len(everything))
    voices = []
    for voice in range(4):
        own = [note.velocity for note in notes if note.voice == voice]
        voices.append(round(sum(own) / len(own)) if own else average)
    if lead is None:
        return lambda voice, bits, since: voices[voice]
    return lambda voice, bits, since: lead.velocity(voices[voice], since)


def _by_entropy(voice: int, bits: float, since: int) -> int:
    """Sure notes loud, open ones soft."""
    del voice, since
    return round(LOUDEST - (LOUDEST - SOFTEST) * min(bits / OPEN_BITS, 1.0))
