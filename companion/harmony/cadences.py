"""Cadences that are asked for by name, as the chords of their last two beats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from companion.harmony.symbols import AskedChord
from companion.harmony.voicings import go_in_parallel
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.sampling.harmony import MAJOR, MINOR

CADENCE_KINDS = ("authentic", "half", "deceptive", "plagal")
_FIFTH, _FOURTH, _SECOND = 7, 5, 2
_SEVENTH = 10
Chords = tuple[AskedChord, ...]


class AskedCadence(NamedTuple):
    """The chords of which the last one and the one before it are each one."""

    before: Chords
    last: Chords
    tonic: int  # pitch class, of the key that it is in


def cadence_of(kind: str, key: Key, sung: int | None = None, sung_before: int | None = None) -> AskedCadence | None:
    """A cadence of a kind; None where what is sung is in none.

    An authentic or half one that is not possible in the key itself is in a near one.

    kind: one of CADENCE_KINDS.
    sung: the pitch class that the tune has on its last chord; sung_before: a beat before.
    """
    for found in _of_kind(kind, key):
        last = tuple(chord for chord in found.last if sung is None or sung in chord.tones)
        if last:
            return found._replace(before=_without_parallels(found.before, last[0], sung_before, sung), last=last)
    return None


def _without_parallels(before: Chords, last: AskedChord, sung_before: int | None, sung: int | None) -> Chords:
    """Those from which bass and tune go on in no fifths or octaves; where there are none, on their thirds."""
    if sung is None or sung_before in (None, sung):
        return before
    turned = tuple(chord._replace(slash=(chord.root + chord.above[0]) % OCTAVE) for chord in before)

    def is_free(chord: AskedChord) -> bool:
        return not go_in_parallel((sung_before, sung), (chord.basses[0], last.basses[0]))

    return tuple(filter(is_free, before)) or tuple(filter(is_free, turned)) or before


def _of_kind(kind: str, key: Key) -> Iterator[AskedCadence]:
    if kind == "authentic":
        for near in (key, *_near(key)):
            yield AskedCadence(_dominants(near), _tonics(near, home=near == key), near.tonic)
    elif kind == "half":
        for near in (key, *_near(key)[:-1]):  # that of the fourth degree is the tonic
            yield AskedCadence(_before_dominant(near), (_half(near),), near.tonic)
    elif kind == "deceptive":
        yield AskedCadence(_dominants(key), (_triad(key, 8 if key.minor else 9, minor=not key.minor),), key.tonic)
    else:
        yield AskedCadence((_scale_triad(key, _FOURTH),), _tonics(key, home=True), key.tonic)


def _near(key: Key) -> tuple[Key, ...]:
    """Where phrases close that do not close at home, the likeliest first, and on the fourth degree last."""
    if key.minor:
        return (_at(key, 3, False), _at(key, 7, True), _at(key, 10, False), _at(key, 5, True))
    return (_at(key, 7, False), _at(key, 9, True), _at(key, 2, True), _at(key, 5, False))


def _at(key: Key, semitones: int, minor: bool) -> Key:
    return Key((key.tonic + semitones) % OCTAVE, minor)


def _triad(key: Key, degree: int, minor: bool) -> AskedChord:
    return AskedChord((key.tonic + degree) % OCTAVE, (MINOR if minor else MAJOR)[1:])


def _scale_triad(key: Key, degree: int) -> AskedChord:
    """Minor or major as the scale has it."""
    root = (key.tonic + degree) % OCTAVE
    return AskedChord(root, (MAJOR if {(root + tone) % OCTAVE for tone in MAJOR} <= key.scale else MINOR)[1:])


def _tonics(key: Key, home: bool) -> Chords:
    """A minor piece may end in major."""
    own = _triad(key, 0, key.minor)
    return (own, _triad(key, 0, minor=False)) if key.minor and home else (own,)


def _half(key: Key) -> AskedChord:
    """The dominant; in phrygian, which has none, the fourth degree."""
    return _scale_triad(key, _FOURTH if key.church_mode == "phrygian" else _FIFTH)


def _dominants(key: Key) -> Chords:
    """With and without seventh; in phrygian what leads down to the tonic."""
    if key.church_mode == "phrygian":
        return (_triad(key, 10, minor=True), _triad(key, 10, minor=True)._replace(slash=(key.tonic + 1) % OCTAVE))
    triad = _scale_triad(key, _FIFTH)
    return (triad, triad._replace(above=(triad.above[0], _SEVENTH, triad.above[1])))


def _before_dominant(key: Key) -> Chords:
    """The tonic, the fourth and the second degree, each on its root or its third."""
    tonic, fourth = _scale_triad(key, 0), _scale_triad(key, _FOURTH)
    second = AskedChord((key.tonic + _SECOND) % OCTAVE, (3, 6 if key.minor else 7))
    first_inversion = tuple(
        chord._replace(slash=(chord.root + chord.above[0]) % OCTAVE) for chord in (tonic, fourth, second)
    )
    return (tonic, fourth, *(() if key.minor else (second,)), *first_inversion)
