"""Which key does what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.controls.keymap import KEY_ROWS, Local, Scene, Strokes, command, key_help, local
from companion.controls.settings import (
    Command,
    Settings,
    change,
    read_command,
)
from companion.controls.table import ACTIONS, Choices, StyleDefaults
from companion.music.vocabulary import VOICES
from companion.screen.rows import foot_text

CHOICES = Choices(
    ("bach", "bach-large", "transformer"), (StyleDefaults("bach", 0.8, 0.95), StyleDefaults("free", 1.0, 1.0))
)
EVERY = sorted({stroke for key in KEY_ROWS for stroke in (*key.strokes, *key.also)})
MUSICAL = [stroke for stroke in EVERY if local(stroke) is None]


def scene(answering: bool = False, choices: Choices = CHOICES, **settings: object) -> Scene:
    return Scene(Settings(**settings), answering, choices)  # type: ignore[arg-type]


def with_voice(number: int, **given: object) -> Scene:
    voices = list(Settings().voices)
    voices[number] = replace(voices[number], **given)  # type: ignore[arg-type]
    return scene(voices=tuple(voices))


@pytest.mark.parametrize(
    ("stroke", "before", "name", "arguments"),
    [
        ("space", scene(), "go", ()),
        ("space", scene(answering=True), "stop", ()),
        ("c", scene(), "cadence", ()),
        ("u", scene(), "undo", ()),
        ("k", scene(), "keep", ()),
        ("p", scene(), "panic", ()),
        ("!", scene(), "panic", ()),
        ("m", scene(), "mode", ("respond",)),
        ("M", scene(), "mode", ("listen",)),
        ("m", scene(mode="loop"), "mode", ("listen",)),
        ("M", scene(mode="listen"), "mode", ("loop",)),
        ("1", scene(), "mode", ("listen",)),
        ("4", scene(), "mode", ("harmonise",)),
        ("6", scene(), "mode", ("loop",)),
        ("T", scene(), "temperature", (0.9,)),  # from the style's 0.8
        ("t", scene(), "temperature", (0.7,)),
        ("up", scene(style="free"), "temperature", (1.1,)),
        ("down", scene(temperature=0.83), "temperature", (0.8,)),
        ("T", scene(temperature=0.83), "temperature", (0.9,)),
        ("t", scene(temperature=0.1), "temperature", (0.0,)),
        ("t", scene(temperature=3.0), "temperature", (2.9,)),
        (".", scene(), "top_p", (1.0,)),
        (",", scene(), "top_p", (0.9,)),
        ("D", scene(), "density", (0.5,)),
        ("left", scene(density=0.5), "density", (0.0,)),
        ("+", scene(), "bars", (5,)),
        ("-", scene(), "bars", (3,)),
        ("l 1", scene(), "voice/lock", (1, 1)),
        ("l a", with_voice(1, lock=True), "voice/lock", (2, 0)),
        ("x 4", scene(), "voice/mute", (4, 1)),
        ("x b", with_voice(3, mute=True), "voice/mute", (4, 0)),
        ("[ 3", scene(), "voice/octave", (3, -1)),
        ("] t", with_voice(2, octave=1), "voice/octave", (3, 2)),
        ("g", scene(), "grid", ("bar",)),
        ("g", scene(grid="bar"), "grid", ("step",)),
        ("s", scene(), "style", ("free",)),
        ("s", scene(style="free"), "style", ("bach",)),
        ("n", scene(), "model", ("bach-large",)),
        ("n", scene(model="/my/own.onnx"), "model", ("bach",)),
        ("v", scene(), "velocity", ("entropy",)),
        ("v", scene(velocity="entropy"), "velocity", ("80",)),
        ("v", scene(velocity="101"), "velocity", ("played",)),
        ("b", scene(), "tap", ()),
        ("B", scene(), "click", (1,)),
        ("B", scene(click=True), "click", (0,)),
        ("i", scene(), "count_in", (1,)),
        ("i", scene(count_in=4), "count_in", (0,)),
        ("r", scene(seed=4), "seed", (5,)),
        ("r", scene(seed=2**31 - 1), "seed", (0,)),
    ],
)
def test_what_a_stroke_tells(stroke: str, before: Scene, name: str, arguments: tuple[object, ...]) -> None:
    assert command(stroke, before) == Command(name, arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stroke", "before"),
    [
        ("T", scene(temperature=2.0)),
        ("T", scene(temperature=5.0)),
        ("t", scene(temperature=0.0)),
        (".", scene(top_p=1.0)),
        (",", scene(top_p=0.05)),
        ("D", scene(density=4.0)),
        ("d", scene(density=-4.0)),
        ("+", scene(bars=64)),
        ("-", scene(bars=1)),
        ("[ 1", with_voice(0, octave=-3)),
        ("] 1", with_voice(0, octave=3)),
        ("n", scene(choices=Choices(("bach",)))),
        ("n", scene(choices=Choices())),
        ("s", scene(choices=Choices())),
        ("?", scene()),
        ("q q", scene()),
        ("z", scene()),
    ],
)
def test_what_tells_nothing(stroke: str, before: Scene) -> None:
    assert command(stroke, before) is None


def test_a_key_pressed_twice_counts_twice() -> None:
    settings = Settings()
    for _ in range(2):
        told = command("T", Scene(settings, choices=CHOICES))
        assert told is not None
        settings = change(settings, told.name, told.arguments, CHOICES)
    assert settings.temperature == 1.0


@given(st.lists(st.sampled_from(MUSICAL), max_size=60), st.booleans())
def test_every_stroke_keeps_to_what_the_controls_allow(strokes: list[str], answering: bool) -> None:
    settings = Settings()
    for stroke in strokes:
        told = command(stroke, Scene(settings, answering, CHOICES))
        if told is not None:
            assert read_command(told.name, told.arguments, CHOICES) == told
            if told.name not in ACTIONS:
                settings = change(settings, told.name, told.arguments, CHOICES)


def test_strokes_of_the_view() -> None:
    assert {stroke: local(stroke) for stroke in EVERY if local(stroke)} == {
        "?": Local.HELP,
        "h": Local.HELP,
        "ctrl-l": Local.REPAINT,
        "q q": Local.QUIT,
    }
    assert local("z") is None


def pressed(*keys: str) -> list[str]:
    strokes = Strokes()
    return [stroke for key in keys if (stroke := strokes.press(key)) is not None]


def test_two_keys_make_a_stroke() -> None:
    assert pressed("l", "1", "x", "b", "c", "q", "q") == ["l 1", "x b", "c", "q q"]


@pytest.mark.parametrize("other", ["p", "!", "space", "?"])
def test_a_key_that_does_not_go_on_counts_for_itself(other: str) -> None:
    assert pressed("l", other) == [other]
    assert pressed("q", other) == [other]


def test_what_was_begun_can_be_left() -> None:
    assert pressed("l", "escape", "1", "q", "z", "q", "l", "x", "2", "z") == ["1", "x 2"]


def test_prompts() -> None:
    strokes = Strokes()
    told = []
    for key in ("c", "l", "1", "[", "q", "z"):
        strokes.press(key)
        told.append(strokes.prompt)
    assert told == [
        "",
        "lock or free which voice? 1 soprano  2 alto  3 tenor  4 bass",
        "",
        "an octave lower: which voice? 1 soprano  2 alto  3 tenor  4 bass",
        "q again to leave",
        "",
    ]


def test_no_stroke_has_two_meanings() -> None:
    every = [stroke for key in KEY_ROWS for stroke in (*key.strokes, *key.also)]
    assert sorted(every) == EVERY
    begun = {stroke.split()[0] for stroke in every if " " in stroke}
    assert not begun & set(every)


def test_other_strokes_of_a_row_mean_the_same() -> None:
    for key in KEY_ROWS:
        for one, other in zip(key.strokes, key.also, strict=False):
            if local(one) is None:
                assert command(one, scene()) == command(other, scene())
            else:
                assert local(one) is local(other)


def test_the_help_finds_room() -> None:
    """Two columns in place of the score, one line at the foot, at a width of 80."""
    keys = key_help()
    assert len(keys) <= 30
    assert all(len(key.keys) <= 10 and len(key.text) <= 26 for key in keys)
    assert len(foot_text(keys, 79)) <= 79
    assert foot_text(keys, 79).isascii()
    asked = [key.ask for key in KEY_ROWS if key.label.endswith("1-4")]
    assert asked and all(name in ask for ask in asked for name in VOICES)
