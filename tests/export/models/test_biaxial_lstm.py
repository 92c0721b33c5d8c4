"""The roll's network: the chain rule by hand and by trying everything out, what keys are told, one way for a frame."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from keras import ops
from support.made_up import chorale, piece_of
from support.tiny import random_rows, stepped_in_keras, tiny_model

from companion.model.features import FeatureRow
from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, REST, IntArray, frames_of_notes, strike
from companion.music.vocabulary import Note as Written
from export.data.pieces import Piece
from export.models.biaxial_lstm import LEAST, PIANO_KEYS, VoiceDealing
from export.models.registry import build
from export.training.crops import CropSettings, batch_of, draw_crop, whole_crop
from export.training.habits import Habits
from export.training.losses import note_nll

pytestmark = pytest.mark.train

SILENT = -40.0  # a logit of a key that nobody plays
SOPRANO, ALTO, TENOR, BASS = range(4)
NOBODY = [0, 0, 0, 0]  # codes: nothing decided, nothing before


def logit(chance: float) -> float:
    return math.log(chance / (1 - chance))


def key_of(pitch: int) -> int:
    return pitch - LOWEST_PITCH


def dealt(
    played: dict[int, float],
    voice: int,
    decided: list[int] = NOBODY,
    before: list[int] = NOBODY,
    shared: float = 0.02,
    shares: Any = None,
) -> tuple[float, np.ndarray[Any, Any]]:
    """The chances of a rest and of each key, where keys are played by these chances, by pitch."""
    dealing = VoiceDealing()
    dealing.build(None)
    if shares is not None:
        dealing.shares.assign(shares)
    asked = np.full((1, PIANO_KEYS, 3), SILENT, dtype=np.float32)
    for pitch, chance in played.items():
        asked[0, key_of(pitch), 0] = logit(chance)
    asked[..., 2] = logit(shared)
    codes = [np.array([some], dtype=np.int32) for some in (decided, before)]
    rest, keys = dealing(asked, *codes, np.array([voice], dtype=np.int32))
    return float(np.exp(np.asarray(rest))[0]), np.exp(np.asarray(keys))[0]


def chances(keys: np.ndarray[Any, Any]) -> dict[int, float]:
    """By pitch, those that are above a thousandth of a thousandth."""
    return {key + LOWEST_PITCH: round(float(keys[key]), 5) for key in np.flatnonzero(keys > 1e-6)}


def test_the_bass_by_hand() -> None:
    """Half a chance, then half of what is left; the rest of it is silence. Resting outright has e^-4 to 1."""
    rest, keys = dealt({48: 0.5, 55: 0.5}, BASS)
    along = 1 / (1 + math.exp(-4))
    assert chances(keys) == {48: round(along / 2, 5), 55: round(along / 4, 5)}
    assert rest == pytest.approx(1 - along * 0.75, abs=1e-5)


def test_a_voice_above_by_hand() -> None:
    """What is below the bass's key is passed over; the key itself is shared by its own chance."""
    shares = np.full((4, 3, 2), -30.0)  # nobody rests or crosses, unless nothing is left
    decided = [0, 0, 0, strike(48)]
    rest, keys = dealt({40: 0.9, 48: 0.9, 60: 0.75, 64: 0.5}, TENOR, decided, shared=0.2, shares=shares)
    left = 0.8 * 0.25 * 0.5  # shared as resting and crossing are: even
    assert keys[key_of(48)] == pytest.approx(0.2, abs=1e-5)
    assert keys[key_of(60)] == pytest.approx(0.8 * 0.75, abs=1e-5)
    assert keys[key_of(64)] == pytest.approx(0.8 * 0.25 * 0.5, abs=1e-5)
    assert rest == pytest.approx(left / 2, abs=1e-5)
    below = keys[: key_of(48)]
    np.testing.assert_allclose(below, left / 2 / len(below), atol=1e-5)


def test_the_chain_rule_is_drawing_from_low_to_high() -> None:
    """All ways in which five keys can be played or not, one by one; a voice sings the lowest that is played."""
    played = {43: 0.3, 47: 0.6, 50: 0.2, 62: 0.55, 70: 0.9}
    expected: dict[int | None, float] = {}
    for way in itertools.product([False, True], repeat=len(played)):
        known = zip(way, played.values(), strict=True)
        share = math.prod(chance if is_played else 1 - chance for is_played, chance in known)
        lowest = next((pitch for is_played, pitch in zip(way, played, strict=True) if is_played), None)
        expected[lowest] = expected.get(lowest, 0.0) + share
    along = 1 / (1 + math.exp(-4))
    rest, keys = dealt(played, BASS)
    for pitch in played:
        assert keys[key_of(pitch)] == pytest.approx(along * expected[pitch], abs=1e-6)
    assert rest == pytest.approx(1 - along + along * expected[None], abs=1e-6)


@pytest.mark.parametrize("voice", [SOPRANO, ALTO, TENOR, BASS])
@pytest.mark.parametrize("top", [0, 1, 20, 45])
def test_what_can_come_adds_up_to_one(voice: int, top: int) -> None:
    random = np.random.default_rng(voice + 4 * top)
    decided = [0, 0, 0, 0] if voice == BASS else [0, 0, 1, FIRST_STRIKE + top]
    before = random.integers(0, PIANO_KEYS + 2, 4).tolist()
    played = {LOWEST_PITCH + key: float(random.uniform(0.01, 0.99)) for key in range(PIANO_KEYS)}
    rest, keys = dealt(played, voice, decided, before, shares=random.normal(0, 2, (4, 3, 2)))
    assert rest + keys.sum() == pytest.approx(1, abs=1e-5)


def rows_of(piece: Piece, frames: int) -> tuple[IntArray, IntArray]:
    model = build("biaxial-lstm", units=8)
    return batch_of([whole_crop(piece, 0, frames, Habits.of(model))], FeatureRow(model.features))


def test_logits_are_log_probabilities_of_what_means_something() -> None:
    model = tiny_model("biaxial-lstm")
    logits = np.asarray(model(random_rows(model.features, 24)[None]))[0]
    np.testing.assert_allclose(np.exp(logits).sum(axis=-1), 1, atol=1e-4)
    ids, _ = rows_of(piece_of("a", "train", chorale(1)), 4)
    first = np.asarray(model(ids))[0, :4]
    assert first[:, HOLD].tolist() == [LEAST] * 4  # nothing sounded before
    assert np.asarray(model(ids))[0, 4:, HOLD].min() > LEAST


def test_a_key_that_sounds_on_is_held_or_struck_by_the_chance_of_a_strike() -> None:
    """Both add up to the chance of the key, which a voice from silence strikes."""
    model = tiny_model("biaxial-lstm")
    ids, _ = rows_of(piece_of("a", "train", chorale(1)), 2)
    asked = np.random.default_rng(1).normal(size=(8, PIANO_KEYS, 3)).astype(np.float32)
    logits = np.asarray(model.logits_of(asked, ids[0]))
    row = FeatureRow(model.features)
    own = row.slot("pitches") + np.tile([3, 2, 1, 0], 2)
    codes = ids[0, np.arange(8), own] - row.offsets[own]
    others = ids[0].copy()
    others[np.arange(8), own] = row.offsets[own]
    whole = np.asarray(model.logits_of(asked, others))
    for note in range(4, 8):
        both = np.logaddexp(logits[note, HOLD], logits[note, codes[note]])
        again = asked[note, codes[note] - FIRST_STRIKE, 1]
        assert logits[note, codes[note]] - both == pytest.approx(-math.log1p(math.exp(-again)), abs=1e-4)
        assert whole[note, HOLD] == LEAST


def test_one_way_for_a_frame_is_the_way_of_each_note_where_no_voice_crosses() -> None:
    model = tiny_model("biaxial-lstm")
    ids, targets = rows_of(piece_of("a", "train", chorale(1)), 16)
    exact, once = (note_nll(ops.convert_to_tensor(targets), model(ids, training=told)) for told in (False, True))
    assert float(once) == pytest.approx(float(exact), abs=1e-4)


def test_what_a_key_is_told() -> None:
    model = build("biaxial-lstm", units=8)
    played, struck, shared, given = (np.zeros((1, 1, PIANO_KEYS), dtype=np.float32) for _ in range(4))
    for pitch in (48, 60, 64):
        played[0, 0, key_of(pitch)] = 1
    struck[0, 0, key_of(64)] = shared[0, 0, key_of(60)] = given[0, 0, key_of(72)] = 1
    voices = np.array([[[1, 0, 0, 0]]], dtype=np.float32)
    told = np.asarray(model.reading(played, struck, shared, np.array([[6]], dtype=np.int32), given, voices))[0, 0]
    assert told.shape == (PIANO_KEYS, 3 * 25 + 2 * 12 + 1 + 4 + 4 + 13)
    at = told[key_of(60)]
    near, strikes, coming = (np.flatnonzero(at[first : first + 25]) - 12 for first in (0, 25, 50))
    assert (near.tolist(), strikes.tolist(), coming.tolist()) == ([-12, 0, 4], [4], [12])
    assert at[75:87].tolist() == [2, 0, 0, 0, 1, *[0] * 7]  # two Cs and an E, from C up
    assert at[87:99].tolist() == [1, *[0] * 11]
    assert at[99:108].tolist() == [1, 0, 1, 1, 0, 1, 0, 0, 0]  # shared; 6 in binary, ones first; the soprano is given
    assert at[108:].tolist() == pytest.approx([24 / 45, 1, *[0] * 11], abs=1e-6)
    assert told[key_of(64)][75:87].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]  # from E up


def test_given_voices_are_heard_by_those_below() -> None:
    """A soprano that is known changes the bass; where it holds, its key is that which sounded."""
    model = tiny_model("biaxial-lstm")
    row, habits = FeatureRow(model.features), Habits.of(model)
    held = frames_of_notes([Written(0, voice, pitch, 8) for voice, pitch in enumerate((67, 60, 55, 48))], 8)
    plainly = CropSettings(8, 1, melody=1.0, from_start=1.0)
    crops = [
        draw_crop(piece_of("a", "train", held), replace(plainly, known_voices=share), np.random.default_rng(3), habits)
        for share in (0.0, 1.0)
    ]
    (plain, _), (told, targets) = (batch_of([crop], row) for crop in crops)
    assert [crop.rank.tolist() for crop in crops] == [[3, 2, 1, 0]] * 2
    assert (targets[0].reshape(8, 4, 2)[:, 3] == -1).all()  # the soprano is the last of each frame
    given = [np.asarray(model.inputs_of(rows[:, ::4]))[0, 4, :, 50 + 12] for rows in (plain, told)]
    assert [np.flatnonzero(keys).size for keys in given] == [0, 1]
    assert np.abs(np.asarray(model(plain)) - np.asarray(model(told)))[0, 16].max() > 1e-3


def test_dropout_is_for_training_alone() -> None:
    model = tiny_model("biaxial-lstm", dropout=0.5)
    ids = random_rows(model.features, 12)
    logits = np.asarray(model(ids[None]))
    np.testing.assert_array_equal(np.asarray(model(ids[None])), logits)
    assert np.abs(np.asarray(model(ids[None], training=True)) - logits).max() > 0.1
    np.testing.assert_allclose(stepped_in_keras(model, ids), logits[0], atol=1e-4)


def test_every_slot_is_read_at_the_first_note_or_a_later_one() -> None:
    model = tiny_model("biaxial-lstm")
    row = FeatureRow(model.features)
    ids = rows_of(piece_of("a", "train", chorale(1)), 2)[0][0]
    ids[:, row.slot("decided")] = row.offsets[row.slot("decided")] + 40  # the soprano, which is never told: it is last
    others = np.tile(ids, (row.width, 3, 1, 1))
    for slot, (first, end) in enumerate(zip(row.offsets, [*row.offsets[1:], row.rows], strict=True)):
        others[slot, :, 4:, slot] = np.array([first, first + 1, end - 1])[:, None]  # of "held" one matters: just struck
    logits, *found = np.asarray(model(np.concatenate([ids[None], others.reshape(-1, *ids.shape)])))
    changes = np.abs(np.stack(found) - logits).reshape(row.width, -1).max(axis=-1)
    assert np.flatnonzero(changes <= 1e-3).tolist() == []


def test_a_rest_is_a_rest() -> None:
    """Of silence before, and of none."""
    rest, keys = dealt({}, SOPRANO, [0, strike(60), strike(55), strike(48)], [REST + 1] * 4, shared=1e-6)
    crossing = keys[: key_of(60)].sum()
    assert rest == pytest.approx(crossing, abs=1e-4)  # even, as nothing is learned
    assert rest + crossing == pytest.approx(1, abs=1e-4)
