"""Tunes that a model knows by heart: how the soprano went on where a tune it has learned from was like this.

Tunes are compared by their moves, at any transposition: the semitones from note to note, how long each note sounds
and on which step of the beat it begins; a pitch that is struck again is one note. What is heard so far is a value,
which hearing more never changes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import LONGEST_PAST, NOTHING, UNDECIDED
from companion.music.vocabulary import FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOCABULARY_SIZE, IntArray, sounding_tokens

LEAST_MOVES = 3  # of a known tune that were alike before it is recalled
LONGEST_NOTE = 255  # steps; a longer one counts as this

_Notes = NDArray[np.int16]
_Places = NDArray[np.intp]  # notes of the known tunes, by their numbers
_NO_PLACES: _Places = np.zeros(0, dtype=np.intp)


def _nowhere() -> _Places:
    return _NO_PLACES


class Tune(NamedTuple):
    """Notes one after another without a rest."""

    begins: int  # the step of the beat on which the first one does
    moves: tuple[int, ...]  # semitones to each note from the one before; 0 to the first
    steps: tuple[int, ...]  # how long each sounds


class Recall(NamedTuple):
    """How a known tune goes on."""

    token: int  # HOLD or a strike; UNDECIDED where none is recalled
    moves: int  # how many led up to there as they lead up to now


NOTHING_RECALLED = Recall(UNDECIDED, 0)


class KnownTunes:
    """Tunes side by side, each note with a number, and where any three moves stand in them."""

    def __init__(self, tunes: Sequence[Tune]) -> None:
        self.tunes = tuple(tunes)
        self.moves: _Notes = np.array([move for tune in self.tunes for move in tune.moves], dtype=np.int16)
        self.steps: _Notes = np.array([steps for tune in self.tunes for steps in tune.steps], dtype=np.int16)
        self.goes_on = np.ones(len(self.moves), dtype=bool)  # whether its tune has a note after it
        self.goes_on[np.cumsum([len(tune.moves) for tune in self.tunes], dtype=np.intp) - 1] = False
        found: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for key, place in self._turns():
            found[key].append(place)
        self.places = {key: np.array(at, dtype=np.intp) for key, at in found.items()}

    def _turns(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Where each note begins in the beat, and the moves that lead to it with the steps between; and its number."""
        first = 0
        for tune in self.tunes:
            begins = list(accumulate(tune.steps, initial=tune.begins))
            for at in range(LEAST_MOVES, len(tune.moves)):
                led = zip(tune.steps[at - LEAST_MOVES : at], tune.moves[at - LEAST_MOVES + 1 : at + 1], strict=True)
                yield _turn(begins[at] % STEPS_PER_BEAT, tuple(led)), first + at
            first += len(tune.moves)

    def __deepcopy__(self, _: object) -> KnownTunes:
        return self  # it never changes

    def start(self, step: int) -> Hearing:
        """Nothing is heard yet of music that begins at a step."""
        return Hearing(self, step)


def _turn(step: int, led: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The step of the beat, and moves and the steps between; how long the note before the first was is no matter."""
    (_, first), *others = led
    return (step, first, *chain.from_iterable(others))


@dataclass(frozen=True, eq=False)
class Hearing:
    """What was heard of a tune so far, and the places in known tunes that it was like."""

    known: KnownTunes
    step: int  # of the frame to come
    code: int = NOTHING  # what sounds
    held: int = 0  # steps since it began
    led: tuple[tuple[int, int], ...] = ()  # of the last moves: how long the note before was, and semitones
    places: _Places = field(default_factory=_nowhere)  # notes of known tunes that may be what sounds now
    alike: _Places = field(default_factory=_nowhere)  # how many moves led to each as they led to now

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hearing):
            return NotImplemented
        return _plain(self) == _plain(other)

    __hash__ = None  # type: ignore[assignment]

    def advance(self, code: int) -> Hearing:
        """After one more frame, in which the soprano sounds this."""
        if code == self.code:
            held = min(self.held + 1, LONGEST_NOTE)
            return Hearing(self.known, self.step + 1, code, held, self.led, self.places, self.alike)
        if code < FIRST_STRIKE or self.code < FIRST_STRIKE:
            return Hearing(self.known, self.step + 1, code, 1)
        known, move = self.known, code - self.code
        led = (*self.led, (self.held, move))[-LEAST_MOVES:]
        places = known.places.get(_turn(self.step % STEPS_PER_BEAT, led), _NO_PLACES)
        alike = np.full(len(places), LEAST_MOVES, dtype=np.intp)
        if len(places) and len(self.places):
            follows = known.goes_on[self.places] & (known.steps[self.places] == self.held)
            before, counts = self.places[follows], self.alike[follows]
            follows = known.moves[before + 1] == move
            alike[np.searchsorted(places, before[follows] + 1)] = np.minimum(counts[follows] + 1, LONGEST_PAST)
        return Hearing(known, self.step + 1, code, 1, led, places, alike)

    def recall(self) -> Recall:
        """What comes next where most moves led alike: what most such places say."""
        known, places = self.known, self.places
        if not len(places):
            return NOTHING_RECALLED
        left = known.steps[places] - self.held
        says = (left > 0) | ((left == 0) & known.goes_on[places])
        if not says.any():
            return NOTHING_RECALLED
        most = int(self.alike[says].max())
        best = says & (self.alike == most)
        tokens = [
            HOLD if rest else self.code + int(known.moves[place + 1])
            for place, rest in zip(places[best].tolist(), left[best].tolist(), strict=True)
        ]
        token = Counter(tokens).most_common(1)[0][0]
        return Recall(token, most) if token == HOLD or FIRST_STRIKE <= token < VOCABULARY_SIZE else NOTHING_RECALLED


def _plain(hearing: Hearing) -> tuple[object, ...]:
    """All that it is, in what can be compared."""
    known, *numbers, places, alike = (getattr(hearing, each.name) for each in fields(hearing))
    return (id(known), *numbers, places.tolist(), alike.tolist())


def tunes_of(frames: IntArray, first_step: int) -> list[Tune]:
    """The soprano of a piece, ``[steps, 4]`` tokens, from rest to rest; a note alone is no tune."""
    codes = sounding_tokens(frames)[:, 0].tolist()
    notes: list[tuple[int, int, int]] = []  # code, step of the beat, steps
    for step, code in enumerate(codes, start=first_step):
        if notes and notes[-1][0] == code:
            notes[-1] = (code, notes[-1][1], notes[-1][2] + 1)
        else:
            notes.append((code, step % STEPS_PER_BEAT, 1))
    tunes: list[list[tuple[int, int, int]]] = [[]]
    for note in notes:
        if note[0] < FIRST_STRIKE:
            tunes.append([])
        else:
            tunes[-1].append(note)
    return [_tune(tune) for tune in tunes if len(tune) > 1]


def _tune(notes: Sequence[tuple[int, int, int]]) -> Tune:
    codes, places, steps = zip(*notes, strict=True)
    moves = (0, *(int(after - before) for before, after in pairwise(codes)))
    return Tune(places[0], moves, tuple(min(count, LONGEST_NOTE) for count in steps))
