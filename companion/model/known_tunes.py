"""Tunes that a model knows by heart: how the soprano went on where a tune it has learned from was like this.

Tunes are compared by their moves, at any transposition: the semitones from note to note, how long each note sounds
and on which step of the beat it begins; a pitch that is struck again is one note. What is heard so far is a value,
which hearing more never changes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import LONGEST_PAST, NOTHING, UNDECIDED
from companion.music.vocabulary import FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOCABULARY_SIZE, IntArray, sounding_tokens

LEAST_MOVES = 3  # of a known tune that were alike before it is recalled
LONGEST_NOTE = 255  # steps; a longer one counts as this

_Places = NDArray[np.intp]  # notes of the known tunes, by their numbers
_Turn = tuple[int, ...]  # where a note begins in the beat, and the moves that led to it with the steps between
_NO_PLACES: _Places = np.zeros(0, dtype=np.intp)


class KnownTune(NamedTuple):
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

    def __init__(self, tunes: Sequence[KnownTune]) -> None:
        self.tunes = tuple(tunes)
        self.moves = [move for tune in self.tunes for move in tune.moves]
        self.steps = [steps for tune in self.tunes for steps in tune.steps]
        self.goes_on = [at + 1 < len(tune.moves) for tune in self.tunes for at in range(len(tune.moves))]
        self._moves, self._steps = (np.array(numbers, dtype=np.int16) for numbers in (self.moves, self.steps))
        found: dict[_Turn, list[int]] = defaultdict(list)
        for turn, place in self._turns():
            found[turn].append(place)
        self._places = {turn: np.array(at, dtype=np.intp) for turn, at in found.items()}
        self._usual: dict[tuple[_Turn, int], int | None] = {}

    def _turns(self) -> Iterator[tuple[_Turn, int]]:
        """Every note to which so many moves lead, and its number."""
        first = 0
        for tune in self.tunes:
            begins = list(accumulate(tune.steps, initial=tune.begins))
            for at in range(LEAST_MOVES, len(tune.moves)):
                led = zip(tune.steps[at - LEAST_MOVES : at], tune.moves[at - LEAST_MOVES + 1 : at + 1], strict=True)
                yield _turn(begins[at] % STEPS_PER_BEAT, tuple(led)), first + at
            first += len(tune.moves)

    def after(self, turn: _Turn, held: int, move: int) -> list[int]:
        """The notes to which a move leads from where a turn stands, after notes of so many steps."""
        following = self._places.get(turn, _NO_PLACES) + 1
        following = following[following < len(self._moves)]
        is_led = (self._steps[following - 1] == held) & (self._moves[following] == move)
        return [place for place in following[is_led].tolist() if self.goes_on[place - 1]]

    def next_move(self, place: int, held: int) -> int | None:
        """Semitones to the note after one that has sounded for so long; 0 where it goes on; None: it is not known."""
        left = self.steps[place] - held
        if left > 0:
            return 0
        return self.moves[place + 1] if left == 0 and self.goes_on[place] else None

    def usual_move(self, turn: _Turn, held: int) -> int | None:
        """What most of the notes say at which a turn stands; it is asked often, and remembered."""
        if turn not in self._places:  # nor noted: no end of such turns may be heard
            return None
        if (turn, held) not in self._usual:
            moves = (self.next_move(place, held) for place in self._places[turn].tolist())
            said = Counter(move for move in moves if move is not None)
            self._usual[turn, held] = said.most_common(1)[0][0] if said else None
        return self._usual[turn, held]

    def __deepcopy__(self, _: object) -> KnownTunes:
        return self  # but for what it remembers of questions it never changes

    def start(self, step: int) -> Recollection:
        """Nothing is heard yet of music that begins at a step."""
        return Recollection(self, step)


def _turn(step: int, led: Sequence[tuple[int, int]]) -> _Turn:
    """How long the note before the first move was is no matter."""
    (_, first), *others = led
    return (step, first, *chain.from_iterable(others))


@dataclass(frozen=True)
class Recollection:
    """What was heard of a tune so far, and the places in known tunes that it was like."""

    known: KnownTunes
    step: int  # of the frame to come
    code: int = NOTHING  # what sounds
    held: int = 0  # steps since it began
    led: tuple[tuple[int, int], ...] = ()  # of the last moves: how long the note before was, and semitones
    turn: _Turn = ()  # by which it is looked for; () after fewer moves
    longer: tuple[tuple[int, int], ...] = ()  # notes to which more moves led as to this one, and how many

    def advance(self, code: int) -> Recollection:
        """After one more frame, in which the soprano sounds this."""
        if code == self.code:
            held = min(self.held + 1, LONGEST_NOTE)
            return Recollection(self.known, self.step + 1, code, held, self.led, self.turn, self.longer)
        if code < FIRST_STRIKE or self.code < FIRST_STRIKE:
            return Recollection(self.known, self.step + 1, code, 1)
        move = code - self.code
        led = (*self.led, (self.held, move))[-LEAST_MOVES:]
        turn = _turn(self.step % STEPS_PER_BEAT, led) if len(led) == LEAST_MOVES else ()
        before = dict(self.longer)
        longer = tuple(
            (place, min(before.get(place - 1, LEAST_MOVES) + 1, LONGEST_PAST))
            for place in (self.known.after(self.turn, self.held, move) if self.turn else ())
        )
        return Recollection(self.known, self.step + 1, code, 1, led, turn, longer)

    def recall(self) -> Recall:
        """What comes next where most moves led alike: what most such places say."""
        most, said = 0, list[int]()
        for place, moves in self.longer:
            move = self.known.next_move(place, self.held) if moves >= most else None
            if move is not None:
                said = [*said, move] if moves == most else [move]
                most = moves
        if said:
            return self._recall(max(said, key=said.count), most)
        return self._recall(self.known.usual_move(self.turn, self.held), LEAST_MOVES) if self.turn else NOTHING_RECALLED

    def _recall(self, move: int | None, moves: int) -> Recall:
        token = UNDECIDED if move is None else HOLD if move == 0 else self.code + move
        return Recall(token, moves) if token == HOLD or FIRST_STRIKE <= token < VOCABULARY_SIZE else NOTHING_RECALLED


def tunes_of(frames: IntArray, first_step: int) -> list[KnownTune]:
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


def _tune(notes: Sequence[tuple[int, int, int]]) -> KnownTune:
    codes, places, steps = zip(*notes, strict=True)
    moves = (0, *(int(after - before) for before, after in pairwise(codes)))
    return KnownTune(places[0], moves, tuple(min(count, LONGEST_NOTE) for count in steps))
