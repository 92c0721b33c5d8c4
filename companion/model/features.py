"""What a model may read: integer ids computed from the music so far.

Before each note the model sees one row of ids, a few *slots* for each feature it names. Every slot
has its own span of rows in one common table, so that a model needs a single input and a single
lookup. The same functions serve one live note and whole pieces with any leading axes.

Two kinds of feature: those that stand for a whole frame (computed once, for the four voices
together) and those that also read the notes already decided in this frame.

Pure: no I/O, no clock, standard library and numpy. Training and playing share this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.model.codes import (
    CODE_OF,
    CODES,
    ECHO_CLASSES,
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
    SILENCE,
    UNDECIDED,
)
from companion.music.key import Key
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    REST,
    STEPS_PER_BEAT,
    VOCABULARY_SIZE,
    VOICES,
    IntArray,
)

CLOSE_STEPS = 32  # steps to the close counted one by one up to here: two bars of 4/4
CLOSES = CLOSE_STEPS + 3
UNKEYED = 0  # in the place of a key's id: not said
KEYS = 1 + 2 * 12
COMINGS = 1 + VOCABULARY_SIZE  # not known, or a token
LOOK_AHEAD = 16  # steps: how far ahead a given voice's next strike is told
LATER_STEPS = 1 + LOOK_AHEAD


@dataclass(frozen=True, eq=False)
class Ahead:
    """What is known of a frame before it is chosen, as of voices that are given; every array has shape ``[..., 4]``."""

    now: IntArray  # token in this frame, UNDECIDED where it is not known
    later: IntArray  # code of the pitch struck next after this frame, SILENCE where none is in sight, NOTHING unknown
    steps: IntArray  # steps until then, 0 where none is known

    @classmethod
    def unknown(cls, *leading: int) -> Ahead:
        """Nothing is known, with any leading axes."""
        nothing = np.zeros((*leading, len(VOICES)), dtype=np.int32)
        return cls(nothing + UNDECIDED, nothing, nothing)

    @classmethod
    def of_frames(cls, known: IntArray) -> Ahead:
        """What each frame of ``[..., steps, 4]`` may know: tokens, UNDECIDED where they are not known."""
        last = known.shape[-2]
        at = np.arange(last)[:, None]
        strikes = np.where(known >= FIRST_STRIKE, at, last + LOOK_AHEAD)
        following = np.flip(np.minimum.accumulate(np.flip(strikes, -2), axis=-2), -2)[
            ..., 1:, :
        ]  # after each but the last
        following = np.concatenate([following, np.full_like(known[..., :1, :], last + LOOK_AHEAD)], axis=-2)
        seen = following - at <= LOOK_AHEAD
        codes = np.take_along_axis(known, np.minimum(following, last - 1), axis=-2)
        is_known = np.zeros(known.shape, dtype=bool)
        is_known[..., :-1, :] = known[..., 1:, :] != UNDECIDED
        later = np.where(seen, codes, np.where(is_known, SILENCE, NOTHING))
        return cls(known.astype(np.int32), later.astype(np.int32), np.where(seen, following - at, 0).astype(np.int32))

    def at(self, step: int) -> Ahead:
        """What one frame of ``[..., steps, 4]`` may know."""
        return Ahead(self.now[..., step, :], self.later[..., step, :], self.steps[..., step, :])


@dataclass(frozen=True, eq=False)
class Echo:
    """What came earlier in the piece where the music was most like what was just heard; see companion.model.echoes."""

    tokens: IntArray  # [..., 4] the frame that came there, UNDECIDED where there is none
    chords: IntArray  # [...] how many chords up to there were as those up to now, 0 where there is none
    tune: IntArray  # [...] the soprano's token where its tune was most like this one, UNDECIDED where there is none
    notes: IntArray  # [...] how many notes of the tune were alike

    @classmethod
    def none(cls, *leading: int) -> Echo:
        """The music was never so before, with any leading axes."""
        nowhere, nothing = (
            np.full((*leading, len(VOICES)), UNDECIDED, dtype=np.int32),
            np.zeros(leading, dtype=np.int32),
        )
        return cls(nowhere, nothing, nothing + UNDECIDED, nothing)

    @classmethod
    def stack(cls, echoes: Sequence[Echo]) -> Echo:
        """Many as one, along a new first axis."""
        return cls(
            np.stack([echo.tokens for echo in echoes]),
            np.stack([echo.chords for echo in echoes]),
            np.stack([echo.tune for echo in echoes]),
            np.stack([echo.notes for echo in echoes]),
        )


@dataclass(frozen=True)
class Conditions:
    """What the player asks of the music to come; None leaves it to the model."""

    steps_to_close: int | None = None  # steps until a closing chord is struck; 0 is now
    key: Key | None = None  # that the music is in
    ahead: Ahead | None = None  # what given voices will do

    def __post_init__(self) -> None:
        if self.steps_to_close is not None and self.steps_to_close < 0:
            raise ValueError(f"steps_to_close must be 0 or more, not {self.steps_to_close}")


@dataclass(frozen=True)
class History:
    """What the four voices have done before a frame; every array has shape ``[..., 4]``."""

    now: IntArray  # code of what sounds at the end of the frame before
    reference: IntArray  # code of the last pitch struck, NOTHING before the first
    before: IntArray  # code of the pitch before that, where it was another one
    held: IntArray  # steps since the last strike, or since silence began; 0 before the first frame

    @classmethod
    def empty(cls, *leading: int) -> History:
        """Nothing heard yet, with any leading axes."""
        nothing = np.zeros((*leading, len(VOICES)), dtype=np.int32)
        return cls(nothing, nothing, nothing, nothing)

    def advance(self, frame: IntArray) -> History:
        """The history after one more frame of tokens ``[..., 4]``."""
        strikes = frame >= FIRST_STRIKE
        now = np.where(frame == HOLD, self.now, np.where(strikes, frame, SILENCE))
        moved = strikes & (frame != self.reference)
        goes_on = (frame == HOLD) | ((frame == REST) & (self.now == SILENCE))
        return History(
            now.astype(np.int32),
            np.where(strikes, frame, self.reference).astype(np.int32),
            np.where(moved, self.reference, self.before).astype(np.int32),
            np.where(goes_on, np.minimum(self.held + 1, LONGEST_HELD), 1).astype(np.int32),
        )

    @classmethod
    def of_frames(cls, frames: IntArray) -> History:
        """The history before each frame of ``[..., steps, 4]``, stacked along the steps."""
        history = cls.empty(*frames.shape[:-2])
        rows = []
        for step in range(frames.shape[-2]):
            rows.append(history)
            history = history.advance(frames[..., step, :])
        return cls(
            np.stack([row.now for row in rows], axis=-2),
            np.stack([row.reference for row in rows], axis=-2),
            np.stack([row.before for row in rows], axis=-2),
            np.stack([row.held for row in rows], axis=-2),
        )


def key_id(key: Key | None) -> int:
    """UNKEYED, then the major keys from C upwards, then the minor ones."""
    return UNKEYED if key is None else 1 + 12 * key.minor + key.tonic


@dataclass(frozen=True)
class Place:
    """Where a frame stands: its step (any integer; 0 lies on a beat), and what is asked and known of it, as ids."""

    beat: IntArray  # [...] step within the beat
    close: IntArray  # [...] 0 unspecified, 1 + steps up to CLOSE_STEPS, then one class for farther
    key: IntArray  # [...] see key_id
    ahead: Ahead  # [..., 4]
    echo: Echo  # [...]

    @classmethod
    def of(
        cls,
        step: NDArray[np.integer] | int,
        steps_to_close: NDArray[np.integer] | int | None,
        key: NDArray[np.integer] | int = UNKEYED,
        ahead: Ahead | None = None,
        echo: Echo | None = None,
    ) -> Place:
        """From absolute steps, steps to the close (None or −1: unspecified) and keys by their ids, of one shape."""
        steps = np.asarray(-1 if steps_to_close is None else steps_to_close, dtype=np.int32)
        close = np.minimum(steps, CLOSE_STEPS + 1) + 1
        beat = np.asarray(step, dtype=np.int32) % STEPS_PER_BEAT
        return cls(
            beat,
            np.broadcast_to(close, beat.shape).astype(np.int32),
            np.broadcast_to(key, beat.shape).astype(np.int32),
            Ahead.unknown(*beat.shape) if ahead is None else ahead,
            Echo.none(*beat.shape) if echo is None else echo,
        )


@dataclass(frozen=True)
class Feature:
    """A named group of slots; each slot holds an id below ``rows``."""

    name: str
    slots: int
    rows: int


@dataclass(frozen=True)
class FrameFeature(Feature):
    """Read once a frame: gives ids ``[..., 4 voices, slots]``."""

    read: Callable[[History, Place], IntArray]


@dataclass(frozen=True)
class NoteFeature(Feature):
    """Read at each note, from the tokens decided so far in this frame ``[..., 4]``, the codes they
    sound, the history and the reference of the voice to predict ``[..., 1]``: ids ``[..., slots]``."""

    read: Callable[[IntArray, IntArray, History, IntArray], IntArray]


def _each_voice(row: IntArray) -> IntArray:
    """[..., slots] seen alike by every voice: [..., 4 voices, slots]."""
    return np.broadcast_to(row[..., None, :], (*row.shape[:-1], len(VOICES), row.shape[-1]))


def _four_times(column: IntArray) -> IntArray:
    """[...] seen alike by every voice: [..., 4 voices, 1]."""
    return np.broadcast_to(column[..., None, None], (*column.shape, len(VOICES), 1))


def _voices(history: History, _: Place) -> IntArray:
    numbers = np.arange(len(VOICES), dtype=np.int32)[:, None]
    return np.broadcast_to(numbers, (*history.now.shape, 1))


def _intervals(history: History, _: Place) -> IntArray:
    return INTERVAL_OF[history.now[..., None, :], history.reference[..., :, None]]


def _moves(history: History, _: Place) -> IntArray:
    return _each_voice(MOTION_OF[history.reference + 1, history.before])


def _chord(history: History, _: Place) -> IntArray:
    """Each upper voice above the bass: the harmony, in whatever key."""
    return _each_voice(INTERVAL_OF[history.now[..., :-1], history.now[..., -1:]])


def _echo(history: History, place: Place) -> IntArray:
    """How each voice moved there, from what it sounds here."""
    return _each_voice(MOTION_OF[place.echo.tokens + 1, history.reference])


def _own_echo(history: History, place: Place) -> IntArray:
    return MOTION_OF[place.echo.tokens + 1, history.reference][..., None]


def _echo_chords(_: History, place: Place) -> IntArray:
    return _four_times(ECHO_OF[np.minimum(place.echo.chords, ECHO_CLASSES[-1])])


def _tune(history: History, place: Place) -> IntArray:
    return _four_times(MOTION_OF[place.echo.tune + 1, history.reference[..., 0]])


def _tune_notes(_: History, place: Place) -> IntArray:
    return _four_times(ECHO_OF[np.minimum(place.echo.notes, ECHO_CLASSES[-1])])


def _turn(tokens: IntArray) -> IntArray:
    decided: IntArray = np.sum(tokens != UNDECIDED, axis=-1, dtype=np.int32, keepdims=True)
    return decided


# Every feature there is, in the order in which a model sees those it names.
FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        FrameFeature("voice", 1, len(VOICES), _voices),
        FrameFeature("beat", 1, STEPS_PER_BEAT, lambda _, place: _four_times(place.beat)),
        FrameFeature("close", 1, CLOSES, lambda _, place: _four_times(place.close)),
        FrameFeature("own_pitch", 1, CODES, lambda history, _: history.reference[..., None]),
        FrameFeature("own_held", 1, HELDS, lambda history, _: HELD_OF[history.held][..., None]),
        FrameFeature("pitches", 4, CODES, lambda history, _: _each_voice(history.now)),
        FrameFeature("held", 4, HELDS, lambda history, _: _each_voice(HELD_OF[history.held])),
        FrameFeature("moves", 4, MOTIONS, _moves),
        FrameFeature("intervals", 4, INTERVALS, _intervals),
        FrameFeature("chord", 3, INTERVALS, _chord),
        FrameFeature("key", 1, KEYS, lambda _, place: _four_times(place.key)),
        FrameFeature("coming", 4, COMINGS, lambda _, place: _each_voice(place.ahead.now + 1)),
        FrameFeature("later", 4, CODES, lambda _, place: _each_voice(place.ahead.later)),
        FrameFeature("later_steps", 4, LATER_STEPS, lambda _, place: _each_voice(place.ahead.steps)),
        FrameFeature("own_echo", 1, MOTIONS, _own_echo),
        FrameFeature("echo", 4, MOTIONS, _echo),
        FrameFeature("echo_chords", 1, ECHOES, _echo_chords),
        FrameFeature("tune", 1, MOTIONS, _tune),
        FrameFeature("tune_notes", 1, ECHOES, _tune_notes),
        NoteFeature("decided", 4, CODES, lambda tokens, codes, history, own: codes),
        NoteFeature(
            "motions", 4, MOTIONS, lambda tokens, codes, history, own: MOTION_OF[tokens + 1, history.reference]
        ),
        NoteFeature("decided_intervals", 4, INTERVALS, lambda tokens, codes, history, own: INTERVAL_OF[codes, own]),
        NoteFeature("turn", 1, len(VOICES), lambda tokens, codes, history, own: _turn(tokens)),
    )
}

ECHO_FEATURES = frozenset({"own_echo", "echo", "echo_chords", "tune", "tune_notes"})  # those that read Place.echo


def sounding_codes(tokens: IntArray, history: History) -> IntArray:
    """What decided tokens ``[..., 4]`` sound, as codes; NOTHING for the undecided."""
    return np.where(tokens == HOLD, history.now, CODE_OF[tokens + 1])


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
        self._frame_features = [feature for feature in chosen if isinstance(feature, FrameFeature)]
        self._note_features = [feature for feature in chosen if isinstance(feature, NoteFeature)]
        sizes = [feature.rows for feature in chosen for _ in range(feature.slots)]
        self.offsets: IntArray = np.cumsum([0, *sizes[:-1]]).astype(np.int32)  # [width] first row of each slot
        self.width = len(sizes)  # ids in a row
        self.rows = sum(sizes)  # rows of the common table
        self._frame_width = sum(feature.slots for feature in self._frame_features)

    def slot(self, name: str) -> int:
        """Index in the row of a feature's first slot."""
        start = 0
        for other in self.names:
            if other == name:
                return start
            start += FEATURES[other].slots
        raise ValueError(f"feature {name!r} is not among {', '.join(self.names)}")

    def frame_ids(self, history: History, place: Place) -> IntArray:
        """Ids of the frame features, ``[..., 4 voices, frame slots]``."""
        if not self._frame_features:
            return np.zeros((*history.now.shape, 0), dtype=np.int32)
        parts = [feature.read(history, place) for feature in self._frame_features]
        return np.concatenate(parts, axis=-1) + self.offsets[: self._frame_width]

    def note_ids(self, tokens: IntArray, history: History, voice: int, codes: IntArray | None = None) -> IntArray:
        """Ids of the note features for one voice, from the tokens ``[..., 4]`` decided so far.

        codes: what they sound, where that is known already (see sounding_codes).
        """
        if not self._note_features:
            return np.zeros((*tokens.shape[:-1], 0), dtype=np.int32)
        codes = sounding_codes(tokens, history) if codes is None else codes
        own = history.reference[..., voice, None]
        parts = [feature.read(tokens, codes, history, own) for feature in self._note_features]
        return np.concatenate(parts, axis=-1) + self.offsets[self._frame_width :]

    def of_pieces(self, frames: IntArray, place: Place, rank: IntArray) -> IntArray:
        """Ids of every note of whole pieces.

        frames: tokens ``[..., steps, 4]``; place: of shape ``[..., steps]``; rank: ``[..., steps, 4]``,
        the turn (0–3) in which each voice is decided. Returns ``[..., steps, 4 voices, width]``.
        """
        history = History.of_frames(frames)
        note_rows = []
        for voice in range(len(VOICES)):
            decided = np.where(rank < rank[..., voice, None], frames, UNDECIDED)
            note_rows.append(self.note_ids(decided, history, voice))
        return np.concatenate([self.frame_ids(history, place), np.stack(note_rows, axis=-2)], axis=-1)
