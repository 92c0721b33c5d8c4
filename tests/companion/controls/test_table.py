"""Controls: what they take, what they refuse, and the settings they make."""

from __future__ import annotations

import math
import pickle
import subprocess
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.any_settings import settings

from companion.controls.kinds import NetworkAddress, NetworkPlace, shown
from companion.controls.settings import (
    Command,
    Settings,
    VoiceSettings,
    change,
    drawing_words,
    find_control,
    read_command,
    settled,
    state_changes,
    state_items,
)
from companion.controls.table import (
    ACTION,
    ACTIONS,
    CONTROL,
    CONTROLS,
    IN_FILES_ALONE,
    VOICE_CONTROL,
    Choices,
    StyleDefaults,
)
from companion.errors import BadSetting
from companion.generation.velocity import velocity_rule
from companion.music.key import Key
from companion.sampling.draw import HIGHEST_TEMPERATURE, Sampling

CHOICES = Choices(("gru", "transformer"), (StyleDefaults("bach", 0.8, 0.95), StyleDefaults("wild", 1.4, 1.0)))

NAMES = [
    "mode", "go", "stop", "cadence", "undo", "keep", "panic", "tap", "temperature", "top_p", "density", "follow", "key",
    "style", "seed", "model", "velocity", "bars", "grid", "phrase_end", "rest", "click",
    "click_channel", "count_in", "transpose", "voice/lock", "voice/mute", "voice/octave",
    "voice/velocity", "voice/channel", "voice/program", "voice/bank",
]  # fmt: skip


def test_table_has_these_controls() -> None:
    assert [control.name for control in CONTROLS] == NAMES
    assert ACTIONS == ("go", "stop", "cadence", "undo", "keep", "panic", "tap")
    assert find_control("temperature").usage == "value [voice]"
    assert find_control("voice/lock").usage == "voice on"
    assert find_control("go").usage == "[bars]"
    assert find_control("panic").usage == ""


def test_every_field_of_the_settings_has_a_control_and_every_control_a_field() -> None:
    of_all = {control.field for control in CONTROLS if control.group == CONTROL}
    of_a_voice = {control.field for control in CONTROLS if control.group == VOICE_CONTROL or control.voice_too}
    of_all |= {control.field for control in IN_FILES_ALONE.values()}
    assert of_all == {field.name for field in fields(Settings)} - {"voices"}
    assert of_a_voice == {field.name for field in fields(VoiceSettings)}


def test_defaults() -> None:
    assert Settings() == Settings(
        mode="continue",
        style="bach",
        model="bach",
        temperature=None,
        top_p=None,
        threshold=None,
        density=0.0,
        follow=0.67,
        key=None,
        seed=0,
        velocity="played",
        bars=4,
        grid="beat",
        phrase_end="sense",
        rest_beats=2.0,
        click=False,
        click_channel=10,
        count_in=0,
        transpose=0,
        voices=tuple(VoiceSettings(False, False, 0, None, channel, None, None, None) for channel in (1, 2, 3, 4)),
    )


@pytest.mark.parametrize(
    ("name", "arguments", "field", "value"),
    [
        ("mode", ("duet",), "mode", "duet"),
        ("mode", ("Listen",), "mode", "listen"),
        ("temperature", (0,), "temperature", 0.0),
        ("temperature", (10.0,), "temperature", 10.0),
        ("temperature", (0.800000011920929,), "temperature", 0.8),  # 0.8 as 32 bits hold it
        ("temperature", ("auto",), "temperature", None),
        ("top_p", (1,), "top_p", 1.0),
        ("top_p", ("AUTO",), "top_p", None),
        ("density", (-4,), "density", -4.0),
        ("follow", (1,), "follow", 1.0),
        ("key", ("C major",), "key", "C major"),
        ("key", ("a minor",), "key", "A minor"),
        ("key", ("f# minor",), "key", "F# minor"),
        ("key", ("Eb major",), "key", "Eb major"),
        ("key", ("bb  MAJOR",), "key", "Bb major"),
        ("key", ("b minor",), "key", "B minor"),
        ("key", ("E♭ minor",), "key", "Eb minor"),
        ("key", ("g", "minor"), "key", "G minor"),  # two words in Max
        ("key", ("auto",), "key", None),
        ("key", ("",), "key", None),
        ("style", ("wild",), "style", "wild"),
        ("seed", (2147483647,), "seed", 2147483647),
        ("seed", (7.0,), "seed", 7),
        ("model", ("transformer",), "model", "transformer"),
        ("velocity", ("entropy",), "velocity", "entropy"),
        ("velocity", (80.0,), "velocity", "80"),
        ("velocity", ("080",), "velocity", "80"),
        ("bars", (64,), "bars", 64),
        ("grid", ("bar",), "grid", "bar"),
        ("phrase_end", ("Rest",), "phrase_end", "rest"),
        ("rest", (0.25,), "rest_beats", 0.25),
        ("click", (1,), "click", True),
        ("click_channel", (16,), "click_channel", 16),
        ("count_in", (4.0,), "count_in", 4),
        ("transpose", (-24.0,), "transpose", -24),
    ],
)
def test_a_control_sets_its_field(name: str, arguments: tuple[Any, ...], field: str, value: Any) -> None:
    expected = replace(Settings(), **{field: value})
    changed = change(Settings(), name, arguments, CHOICES)
    assert changed == expected
    assert type(getattr(changed, field)) is type(value)


@pytest.mark.parametrize(
    ("name", "arguments", "voice", "field", "value"),
    [
        ("voice/lock", (1, 1), 0, "lock", True),
        ("voice/lock", ("bass", 1.0), 3, "lock", True),
        ("voice/mute", (2.0, True), 1, "mute", True),
        ("voice/octave", ("Tenor", -3), 2, "octave", -3),
        ("voice/velocity", ("4", 127), 3, "velocity", 127),
        ("voice/velocity", (1, 0), 0, "velocity", None),
        ("voice/velocity", (1, "auto"), 0, "velocity", None),
        ("voice/channel", (1, 16), 0, "channel", 16),
        ("voice/program", ("soprano", 53.0), 0, "program", 53),
        ("voice/program", (4, 0), 3, "program", None),
        ("voice/bank", (2, 16384), 1, "bank", 16384),
        ("temperature", (1.5, 2), 1, "temperature", 1.5),
        ("temperature", (1.5, "alto"), 1, "temperature", 1.5),
        ("temperature", ("auto", 3), 2, "temperature", None),
    ],
)
def test_a_voice_control_sets_it_for_one_voice(
    name: str, arguments: tuple[Any, ...], voice: int, field: str, value: Any
) -> None:
    before = Settings()
    after = change(before, name, arguments)
    voices = list(before.voices)
    voices[voice] = replace(voices[voice], **{field: value})
    assert after == replace(before, voices=tuple(voices))
    assert type(getattr(after.voices[voice], field)) is type(value)


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("temprature", (1,), "unknown control 'temprature'; did you mean temperature?"),
        ("xyz", (), f"unknown control 'xyz'; there are {', '.join(NAMES)}"),
        ("mode", (), "mode takes name, not 0 arguments"),
        ("temperature", (1, 2, 3), "temperature takes value [voice], not 3 arguments"),
        ("voice/lock", (1,), "voice/lock takes voice on, not 1 argument"),
        ("temperature", (10.5,), "temperature must be from 0 to 10 or auto, not 10.5"),
        ("temperature", (math.nan,), "temperature must be from 0 to 10 or auto, not nan"),
        ("temperature", (math.inf,), "temperature must be from 0 to 10 or auto, not inf"),
        ("temperature", ("hot",), "temperature must be from 0 to 10 or auto, not 'hot'"),
        ("temperature", ("1",), "temperature must be from 0 to 10 or auto, not '1'"),
        ("temperature", (True,), "temperature must be from 0 to 10 or auto, not True"),
        ("temperature", (10**400,), None),
        ("temperature", (1, 5), "voice must be 1 to 4 or soprano, alto, tenor, bass, not 5"),
        ("temperature", (1, 1.5), "voice must be 1 to 4 or soprano, alto, tenor, bass, not 1.5"),
        ("top_p", (0,), "top_p must be above 0 to 1 or auto, not 0"),
        ("top_p", (1e-9,), "top_p must be above 0 to 1 or auto, not 1e-09"),
        ("density", (4.5,), "density must be from -4 to 4, not 4.5"),
        ("density", ("auto",), "density must be from -4 to 4, not 'auto'"),
        ("follow", (1.01,), "follow must be from 0 to 1, not 1.01"),
        ("follow", (-0.1,), "follow must be from 0 to 1, not -0.1"),
        ("follow", ("auto",), "follow must be from 0 to 1, not 'auto'"),
        (
            "key",
            ("Q major",),
            "key must be a key such as C major, f# minor, Em or D dorian, or auto, not 'Q major'",
        ),
        ("key", (5,), "key must be a key such as C major, f# minor, Em or D dorian, or auto, not 5"),
        ("key", ("c",), "key must be a key such as C major, f# minor, Em or D dorian, or auto, not 'c'"),
        ("style", ("jazz",), "style must be one of bach, wild, not 'jazz'"),
        ("model", ("gpt",), "model must be one of gru, transformer, not 'gpt'"),
        ("model", (1,), "model must be one of gru, transformer, not 1"),
        ("seed", (-1,), "seed must be a whole number from 0 to 2147483647, not -1"),
        ("seed", (1.5,), "seed must be a whole number from 0 to 2147483647, not 1.5"),
        ("velocity", ("loud",), "velocity must be played, entropy or 1 to 127, not 'loud'"),
        ("velocity", (0,), "velocity must be played, entropy or 1 to 127, not 0"),
        ("velocity", ("9" * 5000,), None),
        ("bars", (65,), "bars must be a whole number from 1 to 64, not 65"),
        ("grid", ("tick",), "grid must be one of step, beat, bar, not 'tick'"),
        ("phrase_end", ("breath",), "phrase_end must be one of sense, rest, not 'breath'"),
        ("click", ("on",), "click must be 0 or 1, not 'on'"),
        ("click_channel", (0,), "click_channel must be a whole number from 1 to 16, not 0"),
        ("count_in", (5,), "count_in must be a whole number from 0 to 4, not 5"),
        ("rest", (0,), "rest must be from 0.25 to 16, not 0"),
        ("voice/lock", (1, 2), "voice/lock must be 0 or 1, not 2"),
        ("voice/lock", (1, "on"), "voice/lock must be 0 or 1, not 'on'"),
        ("voice/mute", ("sopran", 1), "voice must be 1 to 4 or soprano, alto, tenor, bass, not 'sopran'"),
        ("voice/mute", (None, 1), "voice must be 1 to 4 or soprano, alto, tenor, bass, not a NoneType"),
        ("voice/octave", (1, 4), "voice/octave must be a whole number from -3 to 3, not 4"),
        ("voice/velocity", (1, 128), "voice/velocity must be a whole number from 0 to 127, not 128"),
        ("transpose", (25,), "transpose must be a whole number from -24 to 24, not 25"),
        ("voice/program", (1, 129), "voice/program must be a whole number from 0 to 128, not 129"),
        ("voice/bank", (1, -1), "voice/bank must be a whole number from 0 to 16384, not -1"),
        ("voice/channel", (1, 0), "voice/channel must be a whole number from 1 to 16, not 0"),
        ("voice/channel", (1, b"x"), "voice/channel must be a whole number from 1 to 16, not a bytes"),
        ("panic", (), "panic is an action, and sets nothing"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(name: str, arguments: tuple[Any, ...], line: str | None) -> None:
    with pytest.raises(BadSetting) as fault:
        change(Settings(), name, arguments, CHOICES)
    assert "\n" not in str(fault.value)
    assert line is None or str(fault.value) == line


def test_what_is_shown_of_a_value_is_short() -> None:
    assert shown("x" * 60) == f"'{'x' * 46}..."
    assert shown([1]) == "a list"


@pytest.mark.parametrize("field", ["temperature", "bars", "mode"])
def test_settings_are_checked_when_made(field: str) -> None:
    with pytest.raises(BadSetting, match=f"{field} must be"):
        Settings(**{field: -1})
    with pytest.raises(BadSetting, match="voice/octave must be"):
        VoiceSettings(octave=9)
    with pytest.raises(ValueError, match="four voices, not 1"):
        Settings(voices=(VoiceSettings(),))


def test_settings_travel_between_processes() -> None:
    settings = change(Settings(), "voice/lock", (2, 1))
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_commands_are_brought_into_one_form() -> None:
    assert read_command("voice/lock", ("alto", True)) == Command("voice/lock", (2, 1))
    assert read_command("temperature", (1,)) == Command("temperature", (1.0,))
    assert read_command("temperature", ("Auto", "bass")) == Command("temperature", ("auto", 4))
    assert read_command("voice/velocity", (1, "auto")) == Command("voice/velocity", (1, 0))
    assert read_command("key", ("g", "minor")) == Command("key", ("G minor",))
    assert read_command("go") == Command("go")
    assert read_command("go", (8.0,)) == Command("go", (8,))
    assert read_command("panic") == Command("panic", ())
    with pytest.raises(BadSetting, match="go must be a whole number from 1 to 64, not 0"):
        read_command("go", (0,))
    with pytest.raises(BadSetting, match="panic takes no arguments, not 1 argument"):
        read_command("panic", (1,))


def test_state_says_every_control_as_it_is_set() -> None:
    settings = change(change(Settings(), "temperature", (1.2, "alto")), "voice/mute", (4, 1))
    assert state_items(settings) == [
        ("mode", ("continue",)),
        ("temperature", ("auto",)),
        ("temperature", ("auto", 1)),
        ("temperature", (1.2, 2)),
        ("temperature", ("auto", 3)),
        ("temperature", ("auto", 4)),
        ("top_p", ("auto",)),
        ("density", (0.0,)),
        ("follow", (0.67,)),
        ("key", ("auto",)),
        ("style", ("bach",)),
        ("seed", (0,)),
        ("model", ("bach",)),
        ("velocity", ("played",)),
        ("bars", (4,)),
        ("grid", ("beat",)),
        ("phrase_end", ("sense",)),
        ("rest", (2.0,)),
        ("click", (0,)),
        ("click_channel", (10,)),
        ("count_in", (0,)),
        ("transpose", (0,)),
        *(("voice/lock", (voice, 0)) for voice in (1, 2, 3, 4)),
        *(("voice/mute", (voice, int(voice == 4))) for voice in (1, 2, 3, 4)),
        *(("voice/octave", (voice, 0)) for voice in (1, 2, 3, 4)),
        *(("voice/velocity", (voice, 0)) for voice in (1, 2, 3, 4)),
        *(("voice/channel", (voice, voice)) for voice in (1, 2, 3, 4)),
        *((name, (voice, 0)) for name in ("voice/program", "voice/bank") for voice in (1, 2, 3, 4)),
    ]


def test_state_gives_the_numbers_that_count_where_the_styles_are_known() -> None:
    settings = change(Settings(style="wild"), "temperature", (0.5, 3))
    items = dict.fromkeys(state_items(settings, CHOICES))
    assert [item for item in items if item[0] in ("temperature", "top_p")] == [
        ("temperature", (1.4,)),
        ("temperature", (1.4, 1)),
        ("temperature", (1.4, 2)),
        ("temperature", (0.5, 3)),
        ("temperature", (1.4, 4)),
        ("top_p", (1.0,)),
    ]


def test_what_changed_is_said_and_nothing_else() -> None:
    before = change(Settings(), "temperature", (0.5, 3))
    after = change(before, "style", ("wild",))
    assert state_changes(before, after, CHOICES) == [
        ("temperature", (1.4,)),
        ("temperature", (1.4, 1)),
        ("temperature", (1.4, 2)),
        ("temperature", (1.4, 4)),
        ("top_p", (1.0,)),
        ("style", ("wild",)),
    ]
    assert state_changes(before, change(before, "bars", (4.0,)), CHOICES) == []


def test_a_style_decides_what_the_player_leaves_open() -> None:
    own = Settings(style="wild", temperature=1.1)
    assert settled(own, CHOICES) == replace(
        own, top_p=1.0, voices=tuple(replace(voice, temperature=1.1) for voice in own.voices)
    )
    unknown = Settings(style="mine")
    assert settled(unknown, CHOICES) == unknown


@given(settings())
def test_setting_all_that_the_state_says_gives_the_same_settings(wanted: Settings) -> None:
    made = Settings()
    for name, arguments in state_items(wanted):
        made = change(made, name, arguments)
    assert made == wanted


@given(settings())
def test_settings_are_in_their_normal_form_once_made(wanted: Settings) -> None:
    assert replace(wanted) == wanted


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=3),
    st.sampled_from(["auto", "played", "C major", "soprano", "continue"]),
    st.lists(st.integers(), max_size=2),
)


@given(st.sampled_from(NAMES) | st.text(max_size=6), st.lists(ANYTHING, max_size=4))
def test_anything_is_taken_or_refused_in_one_line(name: str, arguments: list[Any]) -> None:
    try:
        command = read_command(name, arguments, CHOICES)
        assert read_command(name, command.arguments, CHOICES) == command
        if find_control(name).group != ACTION:
            assert change(Settings(), name, command.arguments) == change(Settings(), name, arguments)
    except BadSetting as fault:
        assert str(fault).isprintable()


def test_ranges_agree_with_those_who_use_the_values() -> None:
    highest = change(Settings(), "temperature", (HIGHEST_TEMPERATURE,)).temperature
    assert highest is not None
    assert Sampling(temperature=highest).temperature == HIGHEST_TEMPERATURE
    for rule in ("played", "entropy", "1", "127"):
        assert velocity_rule(change(Settings(), "velocity", (rule,)).velocity)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("c MAJOR", Key(0, False)),
        ("f# minor", Key(6, True)),
        ("Cb major", Key(11, False)),
        ("b♯ minor", Key(0, True)),
        ("bb major", Key(10, False)),
    ],
)
def test_keys_are_those_that_the_music_knows(name: str, key: Key) -> None:
    written = change(Settings(), "key", (name,)).key
    assert written is not None
    assert Key.of_name(written) == key


@pytest.mark.parametrize(
    ("given", "place", "sent"),
    [
        (7401, NetworkAddress("127.0.0.1", 7401), 7401),
        ("7401", NetworkAddress("127.0.0.1", 7401), 7401),
        ("0.0.0.0:7401", NetworkAddress("0.0.0.0", 7401), "0.0.0.0:7401"),
        ("studio-mac.local:80", NetworkAddress("studio-mac.local", 80), "studio-mac.local:80"),
        ("[::1]:7401", NetworkAddress("::1", 7401), "[::1]:7401"),
    ],
)
def test_places_in_the_network(given: Any, place: NetworkAddress, sent: Any) -> None:
    kind = NetworkPlace()
    assert kind.read(given) == place == kind.read(kind.sent(place)) == kind.read(place)
    assert kind.sent(place) == sent


@pytest.mark.parametrize("given", [0, 65536, "host", ":1", "a b:1", "1:2:3", None, True, 1.5])
def test_places_that_are_none(given: Any) -> None:
    with pytest.raises(ValueError):
        NetworkPlace().read(given)


def test_controls_load_nothing_heavy(fresh_python: list[str]) -> None:
    names = "companion.controls.table, companion.controls.knobs, companion.controls.rig"
    code = f"import sys, {names}; print({{'numpy', 'onnxruntime'}} & set(sys.modules))"
    done = subprocess.run([*fresh_python, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"


def test_what_the_music_is_drawn_with() -> None:
    styles = Choices(styles=(StyleDefaults("bach", 0.8, 0.95),))
    plain = ("bach", "bach", "temperature 0.8", "top-p 0.95", "density 0", "follow 0.67")
    assert drawing_words(Settings(), styles) == plain
    asked = Settings(model="gru", temperature=1.25, key="E minor", velocity="90", seed=7)
    words = ("gru", "bach", "temperature 1.25", "top-p 0.95", "density 0", "follow 0.67", "key E minor", "seed 7")
    assert drawing_words(asked, styles) == (*words, "velocity 90")
