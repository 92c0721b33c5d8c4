"""A melody model that leads another: rows, states and logits of both, by scripted models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import ScriptedModel, random_source, sung
from support.leading import ScriptedTune, led
from support.tiny_graph import tiny_graph

from companion.controls.settings import read_command
from companion.controls.table import Choices
from companion.errors import BadModel, BadSetting, ChoraleError
from companion.generation.closes import Request
from companion.generation.generator import Generator
from companion.harmony.leading import Harmony
from companion.model import library
from companion.model.contract import ATTENTION, AsideContract
from companion.model.features import History, Place, known_before
from companion.model.leading import LedModel, split_name
from companion.music.key import Key
from companion.music.vocabulary import HOLD, REST, strike
from companion.sampling.draw import Sampling

UNDER = {(0, 1): strike(65), (0, 2): strike(60), (0, 3): strike(48), (2, 3): strike(50)}


def frames_of(model: LedModel, steps: int) -> list[list[int]]:
    generator = Generator(model, random_source())
    state, frames = generator.start(), []
    for _ in range(steps):
        frame, state = generator.frame(state, Sampling())
        frames.append(frame.tokens.tolist())
    return frames


@pytest.mark.parametrize("order", ["any", "fixed", "rising"])
def test_the_first_voice_is_the_melody_models_and_the_others_are_the_other_ones(order: str) -> None:
    model = led({0: strike(72), 2: strike(74)}, {(0, 0): strike(60), **UNDER}, order)
    expected = [[strike(72), strike(65), strike(60), strike(48)], [HOLD] * 4, [strike(74), HOLD, HOLD, strike(50)]]
    assert frames_of(model, 3) == expected
    assert model.tune.read == [0, strike(72), strike(72)]  # type: ignore[attr-defined]
    turns = [0, 1, 2, 3] if order != "rising" else [3, 2, 1, 0]
    assert model.under.asked == [(frame, voice) for frame in range(3) for voice in turns]  # type: ignore[attr-defined]


def test_the_other_model_hears_the_tune() -> None:
    model = led({0: strike(72)}, UNDER)
    frames_of(model, 2)
    row, seen = model.under.row, model.under.seen  # type: ignore[attr-defined]
    slot = row.slot("decided")
    assert [int(ids[slot] - row.offsets[slot]) for ids in seen[:4]] == [0, *[strike(72)] * 3]


def test_where_the_tune_is_given_it_is_heard_and_goes_on() -> None:
    model = led({0: strike(72), 1: strike(74)}, UNDER)
    generator = Generator(model, random_source())
    frame, state = generator.frame(generator.start(), Sampling(), {0: strike(69)})
    assert frame.tokens.tolist() == [strike(69), strike(65), strike(60), strike(48)]
    after, _ = generator.frame(state, Sampling())
    assert after.tokens.tolist() == [strike(74), HOLD, HOLD, HOLD]
    assert model.tune.read == [0, strike(69)]  # type: ignore[attr-defined]


def test_a_state_is_a_value() -> None:
    """Stepping from one state twice gives the same twice, and the older one is as it was."""
    model = led({0: strike(72), 1: strike(74)}, UNDER)
    ids = model.row.ids(known_before(History(), Place.of(0, None)), 0)
    start = model.initial_state()
    first, again = model.step(ids, start), model.step(ids, start)
    np.testing.assert_array_equal(first[0], again[0])
    assert set(start) == {"tune steps", "notes"} == set(first[1])
    assert [int(np.asarray(each["tune steps"])[0]) for each in (start, first[1])] == [0, 1]


def test_a_row_is_the_voice_and_both_rows_live_and_of_whole_pieces() -> None:
    model = led({}, {})
    frames = np.array([[strike(72), strike(65), REST, strike(48)], [HOLD, strike(64), REST, HOLD]], dtype=np.int32)
    place = Place.of(np.arange(2), None)
    ids = model.row.of_pieces(frames, place, np.broadcast_to(np.arange(4), frames.shape))
    assert ids.shape == (2, 4, model.row.width)
    assert ids[..., 0].tolist() == [[0, 1, 2, 3]] * 2
    history = History().advance(frames[0].tolist())
    live = model.row.ids(known_before(history, Place.of(1, None)), 0)
    np.testing.assert_array_equal(live, ids[1, 0])
    tune = model.tune.row.ids(known_before(history, Place.of(1, None)), 0)
    np.testing.assert_array_equal(ids[1, :, model.row.of_tune], np.stack([tune] * 4))
    slot = model.row.slot("voice")
    assert (ids[..., slot] - model.row.offsets[slot]).tolist() == [[0, 1, 2, 3]] * 2


def test_the_contract_is_of_both() -> None:
    model = led({}, {}, asides=(AsideContract(ATTENTION, 3),))
    contract = model.contract
    assert (contract.name, contract.kind, contract.voice_order) == ("tune+scripted", "led", "any")
    assert [state.name for state in contract.states] == ["tune steps"]
    assert contract.asides == (AsideContract(ATTENTION, 3),)
    assert (model.digest, model.is_stranger) == ("d1+d2", True)


def test_what_the_melody_model_says_beside_comes_with_its_note_alone() -> None:
    model = led({}, UNDER, asides=(AsideContract(ATTENTION, 3),))
    generator = Generator(model, random_source())
    frame, state = generator.frame(generator.start(), Sampling())
    assert [len(looked) for looked in frame.attention] == [3, 0, 0, 0]
    later, _ = generator.frame(state, Sampling())
    assert later.attention[0].tolist() == [1.0, 1.0, 1.0]


def test_the_chord_of_a_beat_is_found_for_the_tune() -> None:
    """The tune comes first, so a chord that lacks its note is not drawn, however likely it were without it."""
    model = led({0: strike(71)}, {(0, voice): token for voice, token in ((1, HOLD), (2, HOLD), (3, HOLD))})
    generator = Generator(model, random_source())
    harmony = Harmony(Key.of_name("C major"))
    for seed in range(20):
        generator.random = random_source(seed)
        frame, state = Request(Sampling(harmony=1.0), harmony=harmony).made(generator, generator.start())
        assert frame.tokens[0] == strike(71)
        assert state.chord is not None
        assert 71 % 12 in harmony.named(state.chord).tones
        assert frame.choices[0].probability == pytest.approx(1.0)


def test_a_model_that_cannot_lead_or_follow_is_told() -> None:
    tune = ScriptedTune({})
    chorale: Any = ScriptedModel(sung({}))
    with pytest.raises(BadModel, match="scripted sings all four voices and leads no other; melody models do"):
        LedModel(chorale, chorale)
    with pytest.raises(BadModel, match="tune sings the tune alone and follows no other; models of chorales do"):
        LedModel(tune, tune)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("bach", ("bach",)),
        ("a+b", ("a", "b")),
        ("my+file.onnx", ("my+file.onnx",)),
        ("my+file.onnx+bach", ("my+file.onnx", "bach")),
        ("a+my+file.onnx", ("a", "my+file.onnx")),
        ("nothing+bach", ("nothing", "bach")),
    ],
)
def test_names_of_two(name: str, parts: tuple[str, ...]) -> None:
    assert split_name(name, {"a", "b", "bach", "my+file.onnx"}.__contains__) == parts


def tune_file(folder: Path) -> Path:
    """A tiny melody model."""
    made = tiny_graph()
    made.replace("kind", by="melody")
    made.replace("name", by="mine")
    return made.save(folder)


@pytest.mark.train
def test_a_melody_file_leads_the_usual_model_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = tune_file(tmp_path)
    for name, led_by_it in ((str(path), "bach"), (f"{path}+gru", "gru")):
        model = library.open_model(name)
        assert isinstance(model, LedModel)
        assert model.contract.name == f"mine+{led_by_it}"
        frame, _ = Generator(model, random_source()).frame(Generator(model, random_source()).start(), Sampling())
        assert frame.tokens.shape == (4,)


@pytest.mark.train
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gru+bach", "gru sings all four voices and leads no other; melody models do"),
        ("{tune}+{tune}", "mine sings the tune alone and follows no other; models of chorales do"),
        ("{tune}+grru", "unknown model 'grru' (did you mean gru?); known: "),
        ("nobody+bach", "unknown model 'nobody'; known: "),
    ],
)
def test_names_of_two_that_cannot_be(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(ChoraleError) as caught:
        library.open_model(name.format(tune=tune_file(tmp_path)))
    assert str(caught.value).startswith(says)


def test_what_is_said_under_a_tune_goes_into_the_name() -> None:
    assert library.led_name("melody-lookback", "gru") == "melody-lookback+gru"
    with pytest.raises(BadSetting, match=r"the model 'a\+bach' names already what sings under the tune: leave"):
        library.led_name("a+bach", "gru")
    with pytest.raises(BadSetting, match="unknown model 'grru'"):
        library.led_name("melody-lookback", "grru")


def test_controls_take_names_of_two_that_are_known() -> None:
    choices = Choices(models=("bach", "gru", "tune"))
    assert read_command("model", ("tune+gru",), choices).arguments == ("tune+gru",)
    for name in ("tune+nobody", "tune+gru+bach", "+", "tune+"):
        with pytest.raises(BadSetting, match="model must be one of bach, gru, tune"):
            read_command("model", (name,), choices)
