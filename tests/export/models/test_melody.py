"""What melody models read and say, in numbers that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from support.tiny import tiny_model

from companion.model.contract import ATTENTION, REPEATS
from companion.model.features import FeatureRow, Place
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, IntArray, strike
from export.models.melodies.melody_basic import (
    EVENTS,
    FIRST_PITCH,
    NO_EVENT,
    NOTE_OFF,
    UNSAYABLE,
    EventHead,
    TuneReader,
)
from export.models.melodies.melody_lookback import _as_events, _earlier

pytestmark = pytest.mark.train

FEATURES = ("bar", "own_pitch", "own_held", "pitches")


def rows_of(tune: list[int], first_step: int = 0) -> IntArray:
    frames = np.full((len(tune), 4), REST, dtype=np.int32)
    frames[:, 0] = tune
    place = Place.of(first_step + np.arange(len(tune)), None)
    return FeatureRow(FEATURES).of_pieces(frames, place, np.broadcast_to(np.arange(4, dtype=np.int32), frames.shape))[
        :, 0
    ]


def pitch(number: int) -> int:
    return FIRST_PITCH + number - 48


def test_the_last_event_is_read_out_of_what_sounds() -> None:
    tune = [REST, strike(60), HOLD, strike(60), strike(48), REST, REST, strike(81), HOLD]
    reader = TuneReader(FeatureRow(FEATURES))
    rows = rows_of(tune)
    before_each = [NO_EVENT, NO_EVENT, pitch(60), NO_EVENT, pitch(60), pitch(48), NOTE_OFF, NO_EVENT, pitch(81)]
    assert np.asarray(reader.last_event(rows)).tolist() == before_each
    sounds = [False, False, True, True, True, True, False, False, True]
    assert np.asarray(reader.sounds(rows))[:, 0].tolist() == sounds


def test_pitches_below_the_events_are_read_an_octave_higher() -> None:
    reader = TuneReader(FeatureRow(FEATURES))
    assert np.asarray(reader.last_event(rows_of([strike(47), strike(36), HOLD]))).tolist() == [0, pitch(59), pitch(48)]


def test_the_place_in_the_bar_is_a_binary_counter() -> None:
    reader = TuneReader(FeatureRow(FEATURES))
    found = np.asarray(reader.place(rows_of([REST] * 3, first_step=14)))
    assert found.tolist() == [[-1, 1, 1, 1], [1, 1, 1, 1], [-1, -1, -1, -1]]


def test_events_become_tokens() -> None:
    """What sounds can be held or ended; in silence to end and to go on are one, and nothing can be held."""
    head = EventHead()
    head(np.zeros((1, 3), np.float32))
    events = np.log(np.arange(1, EVENTS + 1, dtype=np.float32))[None]
    sounding, silent = (np.asarray(head.tokens(events, np.array([[sounds]])))[0] for sounds in (True, False))
    np.testing.assert_allclose(np.exp([sounding[REST], sounding[HOLD]]), [2, 1], rtol=1e-5)
    np.testing.assert_allclose(np.exp(silent[REST]), 3, rtol=1e-5)
    assert silent[HOLD] == UNSAYABLE
    for logits in (sounding, silent):
        assert logits.shape == (VOCABULARY_SIZE,)
        assert (logits[strike(36) : strike(48)] == UNSAYABLE).all()
        np.testing.assert_allclose(np.exp(logits[strike(48) :]), np.arange(3, 37), rtol=1e-5)


def test_a_repeat_is_worth_as_much_to_the_event_that_it_means() -> None:
    labels = np.zeros((1, EVENTS + 2), np.float32)
    labels[0, -2:] = np.log([10, 20])
    events, repeats = _as_events(labels, [np.array([pitch(60)]), np.array([NO_EVENT])])
    total = EVENTS + 30
    np.testing.assert_allclose(np.asarray(repeats)[0], np.array([10, 20]) / total, rtol=1e-5)
    likely = np.exp(np.asarray(events))[0]
    np.testing.assert_allclose(likely[[NO_EVENT, NOTE_OFF, pitch(60)]], np.array([21, 1, 11]) / total, rtol=1e-4)
    assert likely.sum() == pytest.approx(1, abs=1e-4)


def test_earlier_events() -> None:
    events = np.arange(1, 6, dtype=np.int32)[None]
    assert np.asarray(_earlier(events, 2)).tolist() == [[NO_EVENT, NO_EVENT, 1, 2, 3]]
    assert np.asarray(_earlier(events, 9)).tolist() == [[NO_EVENT] * 5]


def test_the_step_looks_back_one_and_two_bars() -> None:
    """With all but the repeats made unlikely, it says what came a bar ago, two bars ago."""
    model = tiny_model("melody-lookback")
    tune = [strike(48 + step) if step % 2 else HOLD for step in range(34)]
    tune[0] = strike(48)
    rows = rows_of(tune)
    for label, ago in ((EVENTS, 16), (EVENTS + 1, 32)):
        bias = np.zeros(EVENTS + 2, np.float32)
        bias[label] = 50.0
        model.head.labels.kernel.assign(np.zeros(model.head.labels.kernel.shape))
        model.head.labels.bias.assign(bias)
        said = np.asarray(model(rows[None]))[0].argmax(axis=-1)
        assert said[ago:].tolist() == tune[: len(tune) - ago]


def test_what_they_say_beside() -> None:
    asides = {name: tiny_model(name).asides for name in ("melody-lookback", "melody-attention")}
    assert asides == {"melody-lookback": {REPEATS: 2}, "melody-attention": {ATTENTION: 16}}


def test_the_weights_of_the_attention_are_of_what_was() -> None:
    model = tiny_model("melody-attention")
    states = {state.name: np.zeros(state.shape, state.dtype) for state in model.states}
    row = rows_of([strike(60)])
    _, after = model.step(row, states)
    assert np.asarray(after[ATTENTION])[0].tolist() == [0.0] * 15 + [1.0]  # nothing was before
    states["seen"] = np.array([3], np.int32)
    _, after = model.step(row, states)
    weights = np.asarray(after[ATTENTION])[0]
    assert (weights[:12] == 0).all()
    assert (weights[12:] > 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-5)
