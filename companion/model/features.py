"""What a model may read: integer ids computed from the music so far.

Before each note the model sees one row of ids, a few *slots* for each feature it names. Every slot
has its own span of rows in one common table, so that a model needs a single input and a single
lookup. The same lookups serve one live note and whole pieces with any leading axes.

All that is *known* before a note is one row of numbers; a slot names two of them, and the table that
gives an id for the two.

Pure: no I/O, no clock, standard library and numpy. Training and playing share this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import (
    ABOVE_OF,
    ABOVES,
    CODE_OF,
    CODES,
    ECHO_OF,
    ECHOES,
    HELD_OF,
    HELDS,
    INTERVAL_OF,
    INTERVALS,
    LONGEST_HELD,
    MOTION_OF,
    MOTIONS,
    NOTHING,
    SAID_KINDS,
    SAID_ROOTS,
    SILENCE,
    UNDECIDED,
)
from companion.model.told import LOOK_AHEAD, Ahead, Echo, SaidChords
from companion.music.key import Key
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    STEPS_PER_BEAT,
    VOCABULARY_SIZE,
    VOICES,
    IntArray,
)

CLOSE_STEPS = 32  # steps to the close counted one by one up to here: two bars of 4/4
CLOSES = CLOSE_STEPS + 3
UNKEYED = 0  # in the place of a key's id: not said
KEYS = 1 + 2 * 12
BAR_PLACES = 4 * STEPS_PER_BEAT
COMINGS = 1 + VOCABULARY_SIZE  # not known, or a token
LATER_STEPS = 1 + LOOK_AHEAD


@dataclass(frozen=True)
class Conditions:
    """What the player asks of the music to come; None leaves it to the model."""

    steps_to_close: int | None = None  # steps until a closing chord is struck; 0 is now
    key: Key | None = None  # that the music is in
    ahead: Ahead | None = None  # what given voices will do
    chords: SaidChords | None = None  # what its beat is to be heard as

    def __post_init__(self) -> None:
        if self.steps_to_close is not None and self.steps_to_close < 0:
            raise ValueError(f"steps_to_close must be 0 or more, not {self.steps_to_close}")


class History(NamedTuple):
    """What the four voices have done before a frame, soprano first."""

    now: tuple[int, ...] = (NOTHING,) * len(VOICES)  # code of what sounds at the end of the frame before
    reference: tuple[int, ...] = (NOTHING,) * len(VOICES)  # code of the last pitch struck, NOTHING before the first
    before: tuple[int, ...] = (NOTHING,) * len(VOICES)  # code of the pitch before that, where it was another one
    held: tuple[int, ...] = (0,) * len(VOICES)  # steps since the last strike or since silence began; 0: nothing yet

    def advance(self, frame: Sequence[int]) -> History:
        """The history after one more frame of four tokens."""
        now, reference, before, held = zip(*map(_advanced, frame, *self), strict=True)
        return History(now, reference, before, held)


def _advanced(token: int, now: int, reference: int, before: int, held: int) -> tuple[int, int, int, int]:
    """What a History says of one voice, after one more token."""
    if token >= FIRST_STRIKE:
        return token, token, before if token == reference else reference, 1
    goes_on = token == HOLD or now == SILENCE
    return now if token == HOLD else SILENCE, reference, before, min(held + 1, LONGEST_HELD) if goes_on else 1


def histories_of(frames: IntArray) -> IntArray:
    """The history before each frame of ``[..., steps, 4]``: ``[..., steps, 4, 4]``, what History says in its order."""
    *leading, steps, voices = frames.shape
    rows = []
    for piece in frames.reshape(-1, steps, voices).tolist():
        history = History()
        for frame in piece:
            rows.append(history)
            history = history.advance(frame)
    return np.array(rows, dtype=np.int32).reshape(*leading, steps, len(History._fields), voices)


def key_id(key: Key | None) -> int:
    """UNKEYED, then the major keys from C upwards, then the minor ones."""
    return UNKEYED if key is None else 1 + 12 * key.minor + key.tonic


@dataclass(frozen=True)
class Place:
    """Where a frame stands: its step (any integer; 0 lies on a beat), and what is asked and known of it, as ids."""

    bar: NDArray[np.integer] | int  # [...] step within a bar of 4/4
    close: NDArray[np.integer] | int  # [...] 0 unspecified, 1 + steps up to CLOSE_STEPS, then one class for farther
    key: NDArray[np.integer] | int  # [...] see key_id
    ahead: Ahead | None  # [..., 4], None where nothing is known
    echo: Echo | None  # [...], None where the music was never so before
    chords: SaidChords | None = None  # [...], None where no chord is said

    @classmethod
    def of(
        cls,
        step: NDArray[np.integer] | int,
        steps_to_close: NDArray[np.integer] | int | None,
        key: NDArray[np.integer] | int = UNKEYED,
        ahead: Ahead | None = None,
        echo: Echo | None = None,
        chords: SaidChords | None = None,
    ) -> Place:
        """From absolute steps, steps to the close (None or −1: unspecified) and keys by their ids, of one shape."""
        steps = -1 if steps_to_close is None else steps_to_close
        return cls(step % BAR_PLACES, np.minimum(steps, CLOSE_STEPS + 1) + 1, key, ahead, echo, chords)


# What is known before a note, column by column: four numbers, one for each voice, or one alone.
VOICE, NOW, REFERENCE, BEFORE, HELD, COMING, LATER, LATER_AT, ECHO, DECIDED, SOUNDING = (
    slice(start, start + len(VOICES)) for start in range(0, 44, len(VOICES))
)
BEAT, CLOSE, KEY, ECHO_LENGTH, TUNE, TUNE_LENGTH, KNOWN_TOKEN, KNOWN_LENGTH, TURN, ZERO, BAR = range(44, 55)
ROOT, KIND, THEN_ROOT, THEN_KIND, KNOWN = range(55, 60)
PAST = slice(NOW.start, HELD.stop)  # all that a History says

KnownRow = NDArray[np.intp]  # [..., KNOWN]


def _nothing_known() -> KnownRow:
    """Before the first frame, of which nothing is said."""
    known = np.zeros(KNOWN, dtype=np.intp)
    known[VOICE] = range(len(VOICES))
    for tokens in (COMING, ECHO, DECIDED, TUNE, KNOWN_TOKEN):
        known[tokens] = UNDECIDED
    return known


_NOTHING_KNOWN = _nothing_known()


def known_before(history: History | IntArray, place: Place) -> KnownRow:
    """All that is known before the first note of a frame, ``[..., KNOWN]``.

    history: of one frame, or of as many as the place is of, as histories_of gives them.
    """
    said = np.asarray(history)
    known = np.empty((*said.shape[:-2], KNOWN), dtype=np.intp)
    known[...] = _NOTHING_KNOWN
    known[..., PAST] = said.reshape(*said.shape[:-2], -1)
    known[..., BAR], known[..., BEAT] = place.bar, place.bar % STEPS_PER_BEAT
    known[..., CLOSE], known[..., KEY] = place.close, place.key
    if (ahead := place.ahead) is not None:
        known[..., COMING], known[..., LATER], known[..., LATER_AT] = ahead.now, ahead.later, ahead.steps
    if (echo := place.echo) is not None:
        known[..., ECHO], known[..., ECHO_LENGTH] = echo.tokens, echo.chords
        known[..., TUNE], known[..., TUNE_LENGTH] = echo.tune, echo.notes
        known[..., KNOWN_TOKEN], known[..., KNOWN_LENGTH] = echo.known, echo.moves
    if (chords := place.chords) is not None:
        known[..., ROOT], known[..., KIND] = chords.root, chords.kind
        known[..., THEN_ROOT], known[..., THEN_KIND] = chords.then_root, chords.then_kind
    return known


def decide(known: KnownRow, voice: int, token: int, code: int) -> None:
    """Write down what one voice does in this frame, and what that sounds."""
    known[DECIDED.start + voice], known[SOUNDING.start + voice] = token, code
    known[TURN] += 1


def sounding_code(token: int, now: int) -> int:
    """What a token sounds where ``now`` sounded before it."""
    return now if token == HOLD else int(CODE_OF[token + 1])


Columns = NDArray[np.intp]
_COLUMNS: Columns = np.arange(KNOWN)


def _one(column: int) -> Columns:
    """[1]: that column alone."""
    return _COLUMNS[column : column + 1]


def _each(four: slice) -> Columns:
    """[4]: one after another, of every voice."""
    return _COLUMNS[four]


def _own(four: slice) -> Columns:
    """[4 voices, 1]: to each voice its own."""
    return _COLUMNS[four][:, None]


_PLAIN: IntArray = np.arange(64, dtype=np.int32)[:, None]  # a number that is an id already


@dataclass(frozen=True, eq=False)
class Feature:
    """A named group of slots: each holds the id, below ``rows``, that a table gives for two of the numbers known."""

    name: str
    rows: int
    table: IntArray  # [number, other number] → id
    numbers: Columns  # [slots], or [4 voices, slots] where each voice looks elsewhere
    others: Columns = field(default_factory=lambda: _one(ZERO))
    least: int = 0  # the number that stands first in the table

    @property
    def slots(self) -> int:
        """How many ids it has in a row."""
        return int(np.broadcast(self.numbers, self.others).shape[-1])


# Every feature there is, in the order in which a model sees those it names.
FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("voice", len(VOICES), _PLAIN, _own(VOICE)),
        Feature("beat", STEPS_PER_BEAT, _PLAIN, _one(BEAT)),
        Feature("bar", BAR_PLACES, _PLAIN, _one(BAR)),
        Feature("close", CLOSES, _PLAIN, _one(CLOSE)),
        Feature("own_pitch", CODES, _PLAIN, _own(REFERENCE)),
        Feature("own_held", HELDS, HELD_OF[:, None], _own(HELD)),
        Feature("pitches", CODES, _PLAIN, _each(NOW)),
        Feature("held", HELDS, HELD_OF[:, None], _each(HELD)),
        Feature("moves", MOTIONS, MOTION_OF[1:], _each(REFERENCE), _each(BEFORE)),
        Feature("intervals", INTERVALS, INTERVAL_OF, _each(NOW), _own(REFERENCE)),
        # each upper voice above the bass: the harmony, in whatever key
        Feature("chord", INTERVALS, INTERVAL_OF, _each(NOW)[:-1], _each(NOW)[-1:]),
        Feature("key", KEYS, _PLAIN, _one(KEY)),
        Feature("coming", COMINGS, _PLAIN, _each(COMING), least=UNDECIDED),
        Feature("later", CODES, _PLAIN, _each(LATER)),
        Feature("later_steps", LATER_STEPS, _PLAIN, _each(LATER_AT)),
        # how each voice moved where the music was like this, from what it sounds here
        Feature("own_echo", MOTIONS, MOTION_OF, _own(ECHO), _own(REFERENCE), least=UNDECIDED),
        Feature("echo", MOTIONS, MOTION_OF, _each(ECHO), _each(REFERENCE), least=UNDECIDED),
        Feature("echo_chords", ECHOES, ECHO_OF[:, None], _one(ECHO_LENGTH)),
        Feature("tune", MOTIONS, MOTION_OF, _one(TUNE), _each(REFERENCE)[:1], least=UNDECIDED),
        Feature("tune_notes", ECHOES, ECHO_OF[:, None], _one(TUNE_LENGTH)),
        # and how the soprano moved in a tune that the model knows by heart
        Feature("known_tune", MOTIONS, MOTION_OF, _one(KNOWN_TOKEN), _each(REFERENCE)[:1], least=UNDECIDED),
        Feature("known_notes", ECHOES, ECHO_OF[:, None], _one(KNOWN_LENGTH)),
        # the chord that the beat is to be heard as, its root also above the voice's own last pitch, and the next beat's
        Feature("root", SAID_ROOTS, _PLAIN, _one(ROOT)),
        Feature("kind", SAID_KINDS, _PLAIN, _one(KIND)),
        Feature("root_above", ABOVES, ABOVE_OF, _one(ROOT), _own(REFERENCE)),
        Feature("then_root", SAID_ROOTS, _PLAIN, _one(THEN_ROOT)),
        Feature("then_kind", SAID_KINDS, _PLAIN, _one(THEN_KIND)),
        Feature("then_above", ABOVES, ABOVE_OF, _one(THEN_ROOT), _own(REFERENCE)),
        # from here on they tell of the notes already decided in this frame
        Feature("decided", CODES, _PLAIN, _each(SOUNDING)),
        Feature("motions", MOTIONS, MOTION_OF, _each(DECIDED), _each(REFERENCE), least=UNDECIDED),
        Feature("decided_intervals", INTERVALS, INTERVAL_OF, _each(SOUNDING), _own(REFERENCE)),
        Feature("turn", len(VOICES), _PLAIN, _one(TURN)),
    )
}

KNOWN_TUNE = "known_tune"  # the feature by which a model reads tunes that it knows
# those that read Place.echo
ECHO_FEATURES = frozenset({"own_echo", "echo", "echo_chords", "tune", "tune_notes", KNOWN_TUNE, "known_notes"})
SAID_CHORD = "root"  # by which it reads chords, and those that read Place.chords
CHORD_FEATURES = frozenset({SAID_CHORD, "kind", "root_above", "then_root", "then_kind", "then_above"})

# All but the place in a bar, which is often wrong in music that is played: what the best models read …
WITHOUT_BARS = tuple(name for name in FEATURES if name != "bar")
WITHOUT_CHORDS = tuple(name for name in WITHOUT_BARS if name not in CHORD_FEATURES)  # … and what they read at first


class FeatureRow:
    """Lays the features a model names side by side in one row of ids into one table."""

    def __init__(self, names: Sequence[str]) -> None:
        """KeyError-free: an unknown or repeated name, or none at all, is a ValueError that lists what exists."""
        unknown = [name for name in names if name not in FEATURES]
        if unknown or len(set(names)) != len(names):
            raise ValueError(f"unknown or repeated features {unknown or list(names)}; there are {', '.join(FEATURES)}")
        if not names:
            raise ValueError(f"no features; there are {', '.join(FEATURES)}")
        chosen = [feature for name, feature in FEATURES.items() if name in names]
        self.names = tuple(feature.name for feature in chosen)
        sizes = [feature.rows for feature in chosen for _ in range(feature.slots)]
        self.offsets: IntArray = np.cumsum([0, *sizes[:-1]]).astype(np.int32)  # [width] first row of each slot
        self.width = len(sizes)  # ids in a row
        self.rows = sum(sizes)  # rows of the common table
        self._lay(chosen, [feature.slots for feature in chosen])

    def _lay(self, chosen: Sequence[Feature], slots: Sequence[int]) -> None:
        """All tables end to end; where those of each slot begin, ``[width]``, and which numbers they are asked for."""
        tables = [feature.table for feature in chosen]
        self._table = np.concatenate([table.ravel() for table in tables])
        begins = np.cumsum([0, *(table.size for table in tables[:-1])])
        zeros = [-feature.least * feature.table.shape[1] for feature in chosen]  # how far on number 0 stands
        self._starts = np.repeat(begins + zeros, slots)
        self._strides = np.repeat([table.shape[1] for table in tables], slots)
        self._numbers = _for_each_voice([feature.numbers for feature in chosen], slots)
        self._others = _for_each_voice([feature.others for feature in chosen], slots)

    def slot(self, name: str) -> int:
        """Index in the row of a feature's first slot."""
        start = 0
        for other in self.names:
            if other == name:
                return start
            start += FEATURES[other].slots
        raise ValueError(f"feature {name!r} is not among {', '.join(self.names)}")

    def ids(self, known: KnownRow, voice: int) -> IntArray:
        """The row of one voice, ``[..., width]``, from what is known and decided so far, ``[..., KNOWN]``."""
        number, other = known.take(self._numbers[voice], axis=-1), known.take(self._others[voice], axis=-1)
        found: IntArray = self._table.take(number * self._strides + other + self._starts) + self.offsets
        return found

    def of_pieces(self, frames: IntArray, place: Place, rank: IntArray) -> IntArray:
        """Ids of every note of whole pieces.

        frames: tokens ``[..., steps, 4]``; place: of shape ``[..., steps]``; rank: ``[..., steps, 4]``,
        the turn (0–3) in which each voice is decided. Returns ``[..., steps, 4 voices, width]``.
        """
        known = known_before(histories_of(frames), place)
        sounding = np.where(frames == HOLD, known[..., NOW], CODE_OF[frames + 1])
        rows = []
        for voice in range(len(VOICES)):
            decided = rank < rank[..., voice, None]
            known[..., DECIDED] = np.where(decided, frames, UNDECIDED)
            known[..., SOUNDING] = np.where(decided, sounding, NOTHING)
            known[..., TURN] = decided.sum(axis=-1)
            rows.append(self.ids(known, voice))
        return np.stack(rows, axis=-2)


def _for_each_voice(columns: Sequence[Columns], slots: Sequence[int]) -> tuple[Columns, ...]:
    """Columns of features side by side: [4 voices] of [width]."""
    spread = [np.broadcast_to(some, (len(VOICES), count)) for some, count in zip(columns, slots, strict=True)]
    return tuple(np.concatenate(spread, axis=1))
