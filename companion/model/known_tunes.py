"""Tunes that a model knows by heart: how the soprano went on where a tune it has learned from was like this.

Tunes are compared by their moves, at any transposition: the semitones from note to note, how long each note sounds
and on which step of the beat it begins; a pitch that is struck again is one note. What is heard so far is a value,
which hearing more never changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import LONGEST_PAST, NOTHING, UNDECIDED
from companion.music.vocabulary import FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOCABULARY_SIZE, IntArray, sounding_tokens

LEAST_MOVES = 3  # of a known tune that were alike before it is recalled
LONGEST_NOTE = 255  # steps; a longer one counts as this

_Places = NDArray[np.intp]  # notes of the known tunes, by their numbers
_MOVES = 2 * VOCABULARY_SIZE  # a move is less than so many, upwards from −VOCABULARY_SIZE
_NOWHERE = -1  # in the place of a turn: fewer moves led here


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
        self._moves = np.array([move for tune in self.tunes for move in tune.moves], dtype=np.int64)
        self._steps = np.array([steps for tune in self.tunes for steps in tune.steps], dtype=np.int64)
        lengths = np.array([len(tune.moves) for tune in self.tunes], dtype=np.intp)
        firsts = np.cumsum(lengths) - lengths
        place = np.arange(len(self._moves)) - np.repeat(firsts, lengths)  # of each note in its tune
        self.moves, self.steps = self._moves.tolist(), self._steps.tolist()
        self.goes_on = (place + 1 < np.repeat(lengths, lengths)).tolist()

        before = np.cumsum(self._steps) - self._steps  # steps of all notes before each
        begins = np.array([tune.begins for tune in self.tunes], dtype=np.intp)
        begins = before + np.repeat(begins - before[firsts], lengths)
        reached = np.flatnonzero(place >= LEAST_MOVES)
        turns = self._turns(reached, begins[reached] % STEPS_PER_BEAT)
        order = np.argsort(turns, kind="stable")
        self._sorted, self._places = turns[order], reached[order]
        self._usual: dict[tuple[int, int], int | None] = {}

    def _turns(self, notes: _Places, steps: _Places) -> NDArray[np.int64]:
        """Where the notes stand to which so many moves lead, which begin on these steps of the beat."""
        before = range(LEAST_MOVES - 1, -1, -1)
        turns: NDArray[np.int64] = _turn(
            steps, [(self._steps[notes - 1 - back], self._moves[notes - back]) for back in before]
        )
        return turns

    def _standing(self, turn: int) -> _Places:
        """The notes at which a turn stands, in their order."""
        first, end = np.searchsorted(self._sorted, (turn, turn + 1))
        return self._places[first:end]

    def after(self, turn: int, held: int, move: int) -> list[int]:
        """The notes to which a move leads from where a turn stands, after notes of so many steps."""
        following = self._standing(turn) + 1
        following = following[following < len(self._moves)]
        is_led = (self._steps[following - 1] == held) & (self._moves[following] == move)
        return [place for place in following[is_led].tolist() if self.goes_on[place - 1]]

    def next_move(self, place: int, held: int) -> int | None:
        """Semitones to the note after one that has sounded for so long; 0 where it goes on; None: it is not known."""
        left = self.steps[place] - held
        if left > 0:
            return 0
        return self.moves[place + 1] if left == 0 and self.goes_on[place] else None

    def usual_move(self, turn: int, held: int) -> int | None:
        """What most of the notes say at which a turn stands; it is asked often, and remembered."""
        if (turn, held) not in self._usual:
            standing = self._standing(turn).tolist()
            if not standing:  # not noted: no end of such turns may be heard
                return None
            moves = (self.next_move(place, held) for place in standing)
            said = Counter(move for move in moves if move is not None)
            self._usual[turn, held] = said.most_common(1)[0][0] if said else None
        return self._usual[turn, held]

    def __deepcopy__(self, _: object) -> KnownTunes:
        return self  # but for what it remembers of questions it never changes

    def start(self, step: int) -> Recollection:
        """Nothing is heard yet of music that begins at a step."""
        return Recollection(self, step)


def _turn(step: Any, led: Sequence[tuple[Any, Any]]) -> Any:
    """One number, or an array of them, for where a note begins in the beat and for the moves that led to it.

    Before each move stands how long the note before it was; before the first that is no matter.
    """
    (_, first), *others = led
    number = step * _MOVES + first + VOCABULARY_SIZE
    for held, move in others:
        number = (number * (LONGEST_NOTE + 1) + held) * _MOVES + move + VOCABULARY_SIZE
    return number


@dataclass(frozen=True)
class Recollection:
    """What was heard of a tune so far, and the places in known tunes that it was like."""

    known: KnownTunes
    step: int  # of the frame to come
    code: int = NOTHING  # what sounds
    held: int = 0  # steps since it began
    led: tuple[tuple[int, int], ...] = ()  # of the last moves: how long the note before was, and semitones
    turn: int = _NOWHERE  # by which it is looked for
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
        turn = _turn(self.step % STEPS_PER_BEAT, led) if len(led) == LEAST_MOVES else _NOWHERE
        before = dict(self.longer)
        longer = tuple(
            (place, min(before.get(place - 1, LEAST_MOVES) + 1, LONGEST_PAST))
            for place in (self.known.after(self.turn, self.held, move) if self.turn != _NOWHERE else ())
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
        if self.turn == _NOWHERE:
            return NOTHING_RECALLED
        return self._recall(self.known.usual_move(self.turn, self.held), LEAST_MOVES)

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
