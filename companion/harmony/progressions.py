"""Which chord follows which, and what the voices sing in each, as counted in the training chorales.

A mode's chords are the *states* of a chain, counted from its tonic. What is likely next depends on where in its
phrase a beat lies: on the close, just before it, at the beginning, or inside; there on a strong or on a weak beat,
since chords change onto strong ones.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from companion.harmony.chords import DOMINANTS, PERFECT_TRIADS, Chord, chord_of_tones
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.sampling.harmony import FIFTH

TABLES_FILE = "chorales.npz"
TABLES_FORMAT = "chorale-harmony/3"

Likelihoods = NDArray[np.float64]


class PhrasePlace(IntEnum):
    """Where in its phrase a beat lies."""

    CLOSE = 0  # its last chord is struck
    LAST = 1  # a beat before
    LAST_BUT_ONE = 2
    LAST_BUT_TWO = 3
    BEGIN = 4  # the first beat after a close
    STRONG = 5  # farther inside, on a beat as strong as the close
    WEAK = 6
    INSIDE = 7  # one of these two, where nobody knows which


class Closing(IntEnum):
    """Which close of a piece."""

    FIRST = 0
    EARLY = 1  # of the others those in the first half …
    LATE = 2  # … and in the second
    LAST_BUT_ONE = 3  # which leaves it to the last to come home
    FINAL = 4
    BEFORE_FINAL = 5  # the beat before the final chord
    INNER = 6  # any but the first and the final one, where nobody knows how long the piece will be


_LED_TO = (1.4, 2.0)  # so much likelier is a close that its dominant leads to, at home and elsewhere
_TRUST = 4.0  # so many counts weigh as much as what is likely in general
_TRUST_IN_QUALITY = 6.0  # likewise of what a voice sings in chords of one quality
_OUT_OF_MODE = 0.02  # how much less likely a chord is that a church mode has not
_SELDOM = 0.02  # of a count, for what was never seen
_STRONGEST = (-2.5, 3.0)  # nats that a note can lose or win by its chord
_ABOVE = np.add.outer(range(OCTAVE), range(OCTAVE)) % OCTAVE  # [tones, 12]: those above each one, from itself on


@dataclass(frozen=True, eq=False)
class ChordChain:
    """The chords of a mode, counted from the tonic; likelihoods are of sum 1 along their last axis."""

    chords: tuple[Chord, ...]
    openings: Likelihoods  # [chords]
    following: Likelihoods  # [places, chords, chords]: after each, which
    closing: Likelihoods  # [closings, chords]: how much likelier than there in any phrase
    singing: Likelihoods  # [voices, 2 (on the beat, off it), chords, 12]: which tone above the tonic
    leaning: Likelihoods  # the same of tones that are struck, in nats above what the voice strikes in any chord
    holding: Likelihoods  # [voices, chords, 12]: the same of tones that are held into the beat, suspensions among them

    def of_chord(self, chord: Chord | None) -> int | None:
        """The state that a chord is; None where it is none of them, however it is inverted."""
        if chord is None:
            return None
        found = self._numbers.get(chord)
        return self._numbers.get(chord._replace(bass=chord.root)) if found is None else found

    def going_with(self, sung: Mapping[int, int], when: int) -> Likelihoods:
        """[chords]: how well each goes with what voices sing, voice → tone above the tonic, on the beat or off it."""
        fits = np.ones(len(self.chords))
        for voice, tone in sung.items():
            fits *= self.singing[voice, when, :, tone]
        return fits

    @functools.cached_property
    def _numbers(self) -> dict[Chord, int]:
        return {chord: number for number, chord in enumerate(self.chords)}

    @functools.cached_property
    def triads(self) -> NDArray[np.bool_]:
        """[chords]: which are major or minor triads in root position."""
        return np.array([chord.quality in PERFECT_TRIADS and chord.inversion == 0 for chord in self.chords])

    def having(self, tones: Iterable[int]) -> NDArray[np.bool_]:
        """[chords]: which have all of some tones above the tonic."""
        wanted = frozenset(tones)
        return np.array([wanted <= tones for tones in self._tones])

    @functools.cached_property
    def _tones(self) -> list[frozenset[int]]:
        return [frozenset(chord.tones) for chord in self.chords]

    def after(self, place: PhrasePlace) -> Likelihoods:
        """[chords, chords]: how well each is followed by which on a beat of a place that is known.

        Dominants lead to closes oftener than was counted: not all of those that are meant are heard as such.
        """
        return self._to_closes if place == PhrasePlace.CLOSE else np.asarray(self.following[place])

    @functools.cached_property
    def _to_closes(self) -> Likelihoods:
        roots = np.array([chord.root for chord in self.chords])
        dominants = np.array([chord.quality in DOMINANTS and chord.inversion == 0 for chord in self.chords])
        falls = (roots[:, None] - roots) % OCTAVE == FIFTH
        likelier = np.where(dominants[:, None] & self.triads & falls, np.where(self.on_tonic, *_LED_TO), 1.0)
        return np.asarray(self.following[PhrasePlace.CLOSE] * likelier)

    @functools.cached_property
    def on_tonic(self) -> NDArray[np.bool_]:
        """[chords]: which are built on the tonic."""
        return np.array([chord.root == 0 for chord in self.chords])


@dataclass(frozen=True, eq=False)
class Counts:
    """What was counted in the chorales of one mode; chords and tones from the tonic."""

    chords: NDArray[np.intp]  # [chords, 3]: root, quality, bass
    openings: Likelihoods  # [chords]
    following: Likelihoods  # [places up to INSIDE, chords, chords]
    closing: Likelihoods  # [closings up to BEFORE_FINAL, chords]
    singing: Likelihoods  # [voices, 2, chords, 12]
    holding: Likelihoods  # [voices, chords, 12]: of those on the beat the ones that began before it

    def progressions(self) -> ChordChain:
        """Likelihoods, of what was seldom counted by what is alike."""
        struck = self.singing.copy()
        struck[:, 0] -= self.holding
        return ChordChain(
            tuple(Chord(*map(int, chord)) for chord in self.chords),
            _shares(self.openings + _SELDOM),
            self._following(),
            self._closing(),
            self._filled(self.singing),
            self._leaning(struck),
            self._leaning(self.holding[:, None])[:, 0],
        )

    def _leaning(self, sung: Likelihoods) -> Likelihoods:
        usual = _shares(sung.sum(axis=2, keepdims=True) + 1.0)
        return np.asarray(np.clip(np.log(self._filled(sung)) - np.log(usual), *_STRONGEST))

    def _following(self) -> Likelihoods:
        in_all = self.following.sum(axis=0)
        anywhere = _shares(in_all.sum(axis=0) + 0.5)
        after = _blend(in_all, anywhere)
        by_place = []
        for counts in self.following[: PhrasePlace.STRONG]:
            here = _shares(counts.sum(axis=0) + _SELDOM / 2)
            by_place.append(_blend(counts, (after + here) / 2))
        stressed = self.following[[PhrasePlace.STRONG, PhrasePlace.WEAK]]
        inside = _blend(stressed.sum(axis=0), after)
        return np.stack([*by_place, *(self._as_roots_move(counts, stressed, inside) for counts in stressed), inside])

    def _as_roots_move(self, here: Likelihoods, stressed: Likelihoods, inside: Likelihoods) -> Likelihoods:
        """[chords, chords]: what follows inside, as much likelier as roots move so on beats of one stress."""
        roots = self.chords[:, 0]
        motions = (roots[None, :] - roots[:, None]) % OCTAVE
        counts = (here, stressed.sum(axis=0))
        counted = [np.bincount(motions.ravel(), some.ravel(), OCTAVE).astype(np.float64) for some in counts]
        shares = [_shares(some + 1.0) for some in counted]
        likelier: Likelihoods = (shares[0] / shares[1])[motions]
        return _shares(inside * likelier)

    def _closing(self) -> Likelihoods:
        closes = self.closing[: Closing.BEFORE_FINAL].sum(axis=0)
        inner = self.closing[Closing.EARLY : Closing.FINAL].sum(axis=0, keepdims=True)
        usual = np.stack([closes] * len(Closing))
        usual[Closing.BEFORE_FINAL] = self.following[PhrasePlace.LAST].sum(axis=0)
        counted = np.concatenate([self.closing, inner])
        return (_shares(counted + _SELDOM) / _shares(usual + _SELDOM)).clip(0.05, 20.0)

    def _filled(self, sung: Likelihoods) -> Likelihoods:
        """What is sung in chords, ``[voices, …, chords, 12]``: of seldom ones by those of their kind on other roots."""
        kinds: dict[tuple[int, int], Likelihoods] = {}
        for number, (root, quality, bass) in enumerate(self.chords.tolist()):
            kind = quality, (bass - root) % OCTAVE
            from_root = sung[:, :, number].take(_ABOVE[root], axis=-1)
            kinds[kind] = kinds.get(kind, np.full_like(from_root, 0.3)) + from_root
        filled = sung.copy()
        for number, (root, quality, bass) in enumerate(self.chords.tolist()):
            alike = _shares(kinds[quality, (bass - root) % OCTAVE])
            filled[:, :, number] += _TRUST_IN_QUALITY * alike.take(_ABOVE[-root], axis=-1)
        return _shares(filled)


def _shares(counts: Likelihoods) -> Likelihoods:
    shares: Likelihoods = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _blend(counts: Likelihoods, prior: Likelihoods) -> Likelihoods:
    blended: Likelihoods = (counts + _TRUST * prior) / (counts.sum(axis=-1, keepdims=True) + _TRUST)
    return blended


@dataclass(frozen=True, eq=False)
class Tables:
    """All that was learned of harmony and phrases."""

    major: ChordChain
    minor: ChordChain
    completing: Likelihoods  # [qualities, inversions, decided, tones]: see companion.harmony.doubling
    phrases: NDArray[np.intp]  # [in threes or not, lengths, held]: how often phrases of so many beats end so long held
    tones: Likelihoods  # [modes, 2 (the soprano, all voices), 12]: for how many steps each sounds, from the tonic
    edges: (
        Likelihoods  # [modes, 3 (first of the soprano, first of the bass, last of the soprano), 12]: in how many pieces
    )

    def of_key(self, key: Key) -> ChordChain:
        """The chords of a key's mode."""
        if key.church_mode:
            return _in_church_mode(key.minor, key.church_mode)
        return self.minor if key.minor else self.major


@functools.cache
def _in_church_mode(minor: bool, church_mode: str) -> ChordChain:
    """The chords of minor or major as a church mode has them: their tones outside of it are moved into it."""
    plain, own = Key(0, minor).scale, Key(0, minor, church_mode).scale
    chain = tables().of_key(Key(0, minor))
    moved = np.zeros((len(chain.chords),) * 2)  # [chords of the key, chords of the mode]
    for number, chord in enumerate(chain.chords):
        image = chain.of_chord(_moved(chord, plain, own))
        moved[number, number if image is None else image] = 1.0
    moved += _OUT_OF_MODE * np.eye(len(moved))
    moved *= [1.0 if not (plain - own) & set(chord.tones) else _OUT_OF_MODE for chord in chain.chords]
    following = _shares(moved.T @ chain.following @ moved + _SELDOM / len(moved) ** 2)
    return replace(chain, openings=_shares(chain.openings @ moved + _SELDOM / len(moved)), following=following)


def _moved(chord: Chord, plain: frozenset[int], own: frozenset[int]) -> Chord | None:
    """A chord whose tones outside of the mode are a semitone lower, or higher where the mode's own tone lies there."""
    near = {}
    for tone in plain - own:
        lower, higher = (tone - 1) % OCTAVE, (tone + 1) % OCTAVE
        near[tone] = higher if higher in own - plain else lower
    tones = frozenset(near.get(tone, tone) for tone in chord.tones)
    return chord_of_tones(tones, near.get(chord.root, chord.root), near.get(chord.bass, chord.bass))


@functools.cache
def tables() -> Tables:
    """What ships with the companion; read once."""
    content = resources.files("companion.harmony").joinpath(TABLES_FILE).read_bytes()
    with np.load(io.BytesIO(content)) as archive:
        assert str(archive["format"]) == TABLES_FORMAT
        major, minor = (
            Counts(
                *(
                    archive[f"{mode}_{what}"].astype(np.intp if what == "chords" else float)  # what is stored is small
                    for what in ("chords", "openings", "following", "closing", "singing", "holding")
                )
            ).progressions()
            for mode in ("major", "minor")
        )
        return Tables(
            major,
            minor,
            archive["completing"].astype(float),
            archive["phrases"],
            archive["tones"].astype(float),
            archive["edges"].astype(float),
        )
