"""The key that chorales are in where they sound like this: by their tones, their first note and their last."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from companion.harmony.leading import Harmony
from companion.harmony.progressions import Likelihoods, PhrasePlace, tables
from companion.harmony.symbols import AskedChord
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import CODE_PITCH_CLASS, FIRST_STRIKE, REST, IntArray, sounding_pitches
from companion.sampling.harmony import MAJOR, MINOR, PitchClasses, becoming
from companion.sampling.rules import Rule

_TOP, _BOTTOM = 0, 3
EVERY_KEY = tuple(Key(tonic, minor) for minor in (False, True) for tonic in range(OCTAVE))
_PER_STEP = 0.2  # how much a step tells, of what it would if no step were like the one before
_UNHEARD = 0.002  # the share of a tone that was never heard in a key
_NO_CHORD = 1e-4  # how likely a chord is that a key has not
_PER_CHORD = 0.3  # how much one tells after the other: a minor piece is in major for a while, and the other way round
_ENDS_AWAY = 3.0  # nats off where the last chord is on another degree than the tonic
_STAYS = 3.0  # nats by which another key must be likelier than the one that was heard before


def likeliest_key(
    frames: IntArray, ended: bool = False, before: Key | None = None, chords: Sequence[AskedChord] = ()
) -> Key | None:
    """The key of some music; None where nothing sounds.

    frames: ``[steps, 4]`` tokens.
    ended: its last note is the last of a piece.
    before: the key heard so far, which is kept where another is hardly likelier.
    chords: that are asked for in it, one after another.
    """
    pitches = sounding_pitches(frames)
    sings = pitches > 0
    if not sings.any():
        return None
    voices = sings.sum(axis=1)
    weights = np.zeros(OCTAVE)
    steps, who = np.nonzero(sings)
    np.add.at(weights, pitches[steps, who] % OCTAVE, _PER_STEP / voices[steps])
    lone = bool(voices.max() == 1)
    nats = _tones(lone) @ weights + _first(pitches, sings)
    if ended:
        top = pitches[steps[-1]]
        nats = nats + _edge("last", _TOP)[:, top[top > 0].max() % OCTAVE]
    if chords:
        nats = nats + _following_one_another(chords)
    likeliest = EVERY_KEY[int(nats.argmax())]
    if before is not None and nats.max() < nats[EVERY_KEY.index(before)] + _STAYS:
        return before
    return likeliest


def opening_in_some_key(given: Mapping[int, int]) -> Rule:
    """A rule for the first chord of what has no key yet: the triad of a tonic, as likely as given notes begin in it.

    given: voice → code.
    """
    nats = np.zeros(len(EVERY_KEY))
    for voice in (_TOP, _BOTTOM):
        if (code := given.get(voice, REST)) >= FIRST_STRIKE:
            nats = nats + _edge("first", voice)[:, CODE_PITCH_CLASS[code]]
    return becoming(
        frozenset((_tonic_triad(key), float(lost)) for key, lost in zip(EVERY_KEY, nats.max() - nats, strict=True))
    )


def _tonic_triad(key: Key) -> PitchClasses:
    return frozenset((key.tonic + tone) % OCTAVE for tone in (MINOR if key.minor else MAJOR))


def _following_one_another(chords: Sequence[AskedChord]) -> Likelihoods:
    """[keys] nats of chords that are asked for; an end on the tonic tells as much as in the chorales."""
    return np.array([_in_one_key(Harmony(key), chords) for key in EVERY_KEY])


def _in_one_key(harmony: Harmony, chords: Sequence[AskedChord]) -> float:
    chain = harmony.progressions
    states = [harmony.state_of(chord) for chord in chords]
    likely = [chain.openings]
    likely += [chain.openings if one is None else chain.following[PhrasePlace.INSIDE, one] for one in states[:-1]]
    first, *others = (
        math.log(_NO_CHORD if state is None else max(shares[state], _NO_CHORD))
        for state, shares in zip(states, likely, strict=True)
    )
    ends_at_home = states[-1] is not None and chain.on_tonic[states[-1]]
    return first + _PER_CHORD * sum(others) - (0.0 if ends_at_home else _ENDS_AWAY)


def _first(pitches: IntArray, sings: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Likelihoods:
    """What the first note tells: of the bass, else of the soprano."""
    at = int(sings.any(axis=1).argmax())
    for voice in (_BOTTOM, _TOP):
        if sings[at, voice]:
            return _edge("first", voice)[:, pitches[at, voice] % OCTAVE]
    return np.zeros(len(EVERY_KEY))


@functools.cache
def _tones(lone: bool) -> Likelihoods:
    """[keys, 12] nats of each tone, of a soprano alone or of all voices."""
    counts = tables().tones[:, 0 if lone else 1]
    return _in_all_keys(np.log(counts / counts.sum(axis=-1, keepdims=True) + _UNHEARD))


@functools.cache
def _edge(end: str, voice: int) -> Likelihoods:
    """[keys, 12] nats of the first or last note of a voice."""
    row = {("first", _TOP): 0, ("first", _BOTTOM): 1, ("last", _TOP): 2}[end, voice]
    counts = tables().edges[:, row] + 0.5
    return _in_all_keys(np.log(counts / counts.sum(axis=-1, keepdims=True)))


def _in_all_keys(by_mode: Likelihoods) -> Likelihoods:
    """[2, 12] from the tonic of each mode → [24, 12] of all keys."""
    return np.array([np.roll(by_mode[int(key.minor)], key.tonic) for key in EVERY_KEY])
