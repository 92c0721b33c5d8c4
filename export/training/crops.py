"""Random crops of pieces as the models read them: feature rows and targets, freshly transposed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import keras
import numpy as np

from companion.model.features import UNKEYED, FeatureRow, Place, key_id
from companion.model.told import LOOK_AHEAD, Ahead, Echo, SaidChords, stacked
from companion.music.vocabulary import (
    FIRST_STRIKE,
    HOLD,
    VOCABULARY_SIZE,
    VOICES,
    IntArray,
    excerpt,
    hide_onsets,
    sounding_tokens,
    transpose,
)
from export.data.pieces import Piece, key_of, steps_to_close, transpositions
from export.harmony.hearing import said_chords
from export.training.cuts import Cut, ahead_of, before_joins, chords_in, draw_chords, echo_in, padded
from export.training.habits import USUAL_HABITS, Habits

IGNORED = -1  # in the place of a target: padding
ENDED = VOCABULARY_SIZE  # likewise: the piece is over
SHORT_STEPS = 16  # of a short crop: what to play after next to nothing is learned from many beginnings


@dataclass(frozen=True)
class CropSettings:
    """How crops are drawn; shares are probabilities for each crop."""

    steps: int = 64  # length of a crop
    batch_size: int = 32
    from_start: float = 0.3  # share that begins with the piece
    as_written: float = 0.0  # share left in the key it is written in: some keys are commoner than others
    hidden_onsets: float = 0.3  # share that reads and predicts repeated pitches as holds
    any_order: float = 0.3  # share whose voices are decided in a random order
    closes_dropped: float = 0.5  # share that does not say when the next close comes
    keys_dropped: float = 0.5  # share that does not say the key
    known_voices: float = 0.0  # share in which some voices are given: known beforehand, decided first, not learned
    melody: float = 0.5  # share of those in which it is the soprano alone; else any one, two or three voices
    ahead_dropped: float = 0.3  # share of those in which only the frame itself is known of them
    echoes_dropped: float = 0.1  # share that does not say what came where the music was like this before
    joins: float = 0.0  # share in which the music knows, now and then, what it is to come to: as bars made anew do
    chords: float = 0.0  # share that says, from some beat on, what most beats are to be heard as
    short_every: int = 0  # of so many batches one is of short crops, as many notes in all; 0: none is

    def with_shares(self, shares: Mapping[str, Any]) -> CropSettings:
        """The same with other shares; ValueError names those there are, or what they may be."""
        known = [each.name for each in fields(self) if isinstance(each.default, float)]
        for name, value in shares.items():
            if name not in known:
                raise ValueError(f"crops have no share {name!r}; they have {', '.join(known)}")
            if not (isinstance(value, int | float) and 0 <= value <= 1):
                raise ValueError(f"{name} must be from 0 to 1, not {value!r}")
        return replace(self, **shares)

    def in_short_crops(self) -> CropSettings:
        """The same for music that begins just there: nothing before a crop is known, by echoes neither."""
        batch_size = max(self.batch_size * self.steps // SHORT_STEPS, 1)
        return replace(self, steps=SHORT_STEPS, batch_size=batch_size, echoes_dropped=1.0)

    def suiting(self, habits: Habits) -> CropSettings:
        """The same for a model of these habits: what it cannot hear is not drawn."""
        changes: dict[str, Any] = {}
        if habits.voice_order != "any":
            changes |= {"any_order": 0.0} if habits.hears_coming else {"any_order": 0.0, "known_voices": 0.0}
        if habits.needs_key:
            changes["keys_dropped"] = 0.0
        if habits.pitches_only:
            changes["hidden_onsets"] = 1.0
        if habits.is_tune:
            changes |= {"hidden_onsets": 0.0, "keys_dropped": 1.0, "echoes_dropped": 1.0}
        return replace(self, **changes)


@dataclass(frozen=True)
class Crop:
    """A stretch of a piece, ready for the features."""

    frames: IntArray  # [steps, 4] tokens
    first_step: int
    steps_to_close: IntArray  # [steps]
    rank: IntArray  # [4] turn in which each voice is decided
    onsets_known: bool
    length: int  # frames that are not padding
    echo: Echo  # [steps]
    key: int = UNKEYED  # its id
    ahead: Ahead | None = None  # [steps, 4], where voices are given
    chords: SaidChords | None = None  # [steps], where they are said
    given: tuple[int, ...] = ()  # those voices
    ended: bool = False  # it tells the end of the piece, in the first frame of its padding
    voices: int = len(VOICES)  # that are read, those of the first turns


def draw_crop(
    piece: Piece,
    settings: CropSettings,
    generator: np.random.Generator,
    habits: Habits = USUAL_HABITS,
    place: tuple[int, int] | None = None,
) -> Crop:
    """One random crop of a piece, transposed within the voices' ranges; or that of a place: a start and semitones."""
    start, semitones = place or draw_place(piece, settings, generator, habits)
    onsets_known = piece.onsets_known and generator.random() >= settings.hidden_onsets
    shuffled = generator.random() < settings.any_order
    closes = steps_to_close(piece)[start : start + settings.steps]
    if generator.random() < settings.closes_dropped:
        closes = np.full_like(closes, -1)
    order = generator.permutation(4) if shuffled else habits.rank
    key = key_of(piece) if generator.random() >= settings.keys_dropped else None
    given = draw_given(settings, generator) if generator.random() < settings.known_voices else ()
    look = generator.random() >= settings.ahead_dropped
    recalls = generator.random() >= settings.echoes_dropped
    # frames beyond the crop are only looked at, by those before them
    frames = transpose(excerpt(piece.frames, start, settings.steps + LOOK_AHEAD), semitones)
    frames = frames if onsets_known else hide_onsets(frames)
    length = min(settings.steps, len(frames))
    ahead = ahead_of(frames, given, settings.steps, look) if given else None
    if settings.joins and generator.random() < settings.joins:
        ahead = before_joins(frames, ahead or Ahead.unknown(settings.steps), given, generator)
    cut = Cut(start, settings.steps, semitones, onsets_known)
    is_said = settings.chords > 0 and generator.random() < settings.chords
    return Crop(
        padded(frames[:length], settings.steps, HOLD),
        piece.first_step + start,
        padded(closes, settings.steps, -1),
        rank_of(given) if given and habits.voice_order == "any" else order.astype(np.int32),
        onsets_known,
        length,
        echo_in(piece, cut, habits) if recalls else Echo.none(settings.steps),
        key_id(key and key.transposed(semitones)),
        ahead,
        draw_chords(piece, cut, generator) if is_said else None,
        given,
        habits.ends and length < settings.steps,
        habits.voices,
    )


def draw_place(
    piece: Piece, settings: CropSettings, generator: np.random.Generator, habits: Habits = USUAL_HABITS
) -> tuple[int, int]:
    """Where a random crop begins, and by how many semitones it is moved."""
    beyond = max(settings.steps - SHORT_STEPS, 0) if habits.ends else 0  # so often is the end met as there are ends
    last = max(len(piece.frames) + beyond - settings.steps, 0)
    start = 0 if generator.random() < settings.from_start else int(generator.integers(last + 1))
    if settings.as_written and generator.random() < settings.as_written:
        return start, 0
    return start, int(generator.choice(transpositions(piece.frames)))


def draw_given(settings: CropSettings, generator: np.random.Generator) -> tuple[int, ...]:
    """Some of the voices, never all: often the soprano alone."""
    if generator.random() < settings.melody:
        return (0,)
    subset = int(generator.integers(1, 2 ** len(VOICES) - 1))
    return tuple(voice for voice in range(len(VOICES)) if subset >> voice & 1)


def rank_of(given: Sequence[int]) -> IntArray:
    """``[4]``: the turns where given voices come first, as the companion takes them."""
    order = sorted(range(len(VOICES)), key=lambda voice: voice not in given)
    return np.argsort(order).astype(np.int32)


def targets_of(crop: Crop) -> IntArray:
    """[steps, 4, 2]: the token to predict, and another that counts as the same (or the token again).

    Where onsets are not known, holding a pitch and striking it again are one answer.
    """
    alternative = crop.frames.copy()
    if not crop.onsets_known:
        held = crop.frames == HOLD
        sounding = sounding_tokens(crop.frames)
        alternative[held & (sounding >= FIRST_STRIKE)] = sounding[held & (sounding >= FIRST_STRIKE)]
    targets = np.stack([crop.frames, alternative], axis=-1)
    targets[crop.length :] = IGNORED
    targets[:, list(crop.given)] = IGNORED
    if crop.ended:
        targets[crop.length, int(np.argmin(crop.rank))] = ENDED
    return targets


def batch_of(crops: Sequence[Crop], row: FeatureRow) -> tuple[IntArray, IntArray]:
    """ids ``[batch, notes, width]`` and targets ``[batch, notes, 2]``, notes in the order of their turns.

    Crops of one batch are read in as many voices.
    """
    frames = np.stack([crop.frames for crop in crops])
    steps = np.stack([crop.first_step + np.arange(frames.shape[1]) for crop in crops])
    keys = np.array([crop.key for crop in crops], dtype=np.int32)[:, None]
    closes, echo = np.stack([crop.steps_to_close for crop in crops]), stacked([crop.echo for crop in crops])
    ahead = stacked([crop.ahead or Ahead.unknown(len(crop.frames)) for crop in crops])
    chords = stacked([crop.chords or SaidChords.unsaid(len(crop.frames)) for crop in crops])
    place = Place.of(steps, closes, keys, ahead, echo, chords)
    rank = np.stack([np.broadcast_to(crop.rank, crop.frames.shape) for crop in crops])
    ids = row.of_pieces(frames, place, rank)
    targets = np.stack([targets_of(crop) for crop in crops])
    order = np.argsort(rank, axis=-1)[..., : crops[0].voices, None]
    notes = frames.shape[1] * crops[0].voices
    return (
        np.take_along_axis(ids, order, axis=2).reshape(len(crops), notes, row.width),
        np.take_along_axis(targets, order, axis=2).reshape(len(crops), notes, 2),
    )


class DrawnBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches drawn from pieces, the oftener the longer; batch i of an epoch depends on seed, epoch and i alone."""

    def __init__(self, lengths: Sequence[int], batches: int, seed: int, first_epoch: int):
        super().__init__()
        self.batches, self.seed, self.epoch = batches, seed, first_epoch
        self.shares = np.array(lengths, dtype=np.float64) / sum(lengths)

    def __len__(self) -> int:
        return self.batches

    def dice(self, index: int) -> np.random.Generator:
        """Of one batch."""
        return np.random.Generator(np.random.PCG64([self.seed, self.epoch, index]))

    def chosen(self, count: int, generator: np.random.Generator) -> list[int]:
        """The numbers of so many pieces."""
        numbers: list[int] = generator.choice(len(self.shares), size=count, p=self.shares).tolist()
        return numbers

    def on_epoch_end(self) -> None:
        self.epoch += 1


class CropBatches(DrawnBatches):
    """Batches of random crops of chorales or tunes."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        row: FeatureRow,
        settings: CropSettings,
        batches: int,
        seed: int,
        first_epoch: int,
        habits: Habits = USUAL_HABITS,
    ):
        super().__init__([len(piece.frames) for piece in pieces], batches, seed, first_epoch)
        self.pieces, self.row, self.settings = list(pieces), row, settings.suiting(habits)
        self.habits = habits

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        generator = self.dice(index)
        settings = self.settings.in_short_crops() if self._is_short(index) else self.settings
        chosen = self.chosen(settings.batch_size, generator)
        crops = [draw_crop(self.pieces[i], settings, generator, self.habits) for i in chosen]
        return batch_of(crops, self.row)

    def _is_short(self, index: int) -> bool:
        """The second of every group: from the first two batches Keras learns which shapes there are."""
        every = self.settings.short_every
        return every > 0 and index % every == 1 % every


class WholeCrops(keras.utils.PyDataset):  # type: ignore[misc]
    """Every piece from its start, in crops end to end and untransposed: the validation set."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        row: FeatureRow,
        steps: int,
        batch_size: int,
        habits: Habits = USUAL_HABITS,
        chords_said: bool = False,
    ):
        super().__init__()
        self.row, self.batch_size = row, batch_size
        self.crops = [
            whole_crop(piece, start, steps, habits, chords_said)
            for piece in pieces
            for start in range(0, len(piece.frames), steps)
        ]

    def __len__(self) -> int:
        return math.ceil(len(self.crops) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[IntArray, IntArray]:
        return batch_of(self.crops[index * self.batch_size : (index + 1) * self.batch_size], self.row)


def whole_crop(piece: Piece, start: int, steps: int, habits: Habits = USUAL_HABITS, chords_said: bool = False) -> Crop:
    """The crop at ``start`` as it stands: closes unsaid, onsets hidden but in tunes, the key where it is not needed."""
    frames = excerpt(piece.frames, start, steps)
    frames = frames if habits.is_tune else hide_onsets(frames)
    return Crop(
        padded(frames, steps, HOLD),
        piece.first_step + start,
        np.full(steps, -1, dtype=np.int32),
        habits.rank,
        onsets_known=habits.is_tune,
        length=len(frames),
        echo=Echo.none(steps) if habits.is_tune else echo_in(piece, Cut(start, steps), habits),
        key=key_id(key_of(piece)) if habits.needs_key else UNKEYED,
        chords=chords_in(said_chords(piece), Cut(start, steps)) if chords_said else None,
        voices=habits.voices,
    )
